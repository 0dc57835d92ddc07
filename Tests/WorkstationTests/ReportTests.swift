import Foundation
import Pipeline
import TestSupport
import Testing

@testable import Workstation

@Suite("Dashboard report")
struct ReportTests {
  /// Every kind of chart, with texts that try to be markup.
  static func everything() -> DashboardContent {
    let cards = Fixtures.segmentation().cards + Fixtures.fraud().cards + Fixtures.vip().cards
    let nasty = "<script>alert(1)</script><img src=http://example.com/x onerror=alert(2)>\"'&"
    let table = Fixtures.table(
      [("label", .text), ("value", .number)], [[.text(nasty), .number(3)], [.text("b"), .null]])
    var kinds: [CardContent] = []
    for chart in ChartKind.allCases {
      kinds.append(
        Fixtures.card(
          "k_\(chart.rawValue)", "\(chart.rawValue) \(nasty)", chart, table,
          roles: ["label": "label", "value": "value", "row": "label", "column": "label", "part": "label"],
          goal: 2))
    }
    let failed = CardContent(card: kinds[0].card, result: .failure(CardFailure(message: "no <table>")))
    let empty = Fixtures.card(
      "none", "No rows", .bars, Fixtures.table([("label", .text), ("value", .number)], []))
    return Fixtures.dashboard("all", "All & <everything>", cards + kinds + [failed, empty])
  }

  static let page = dashboardReport(
    everything(), filters: ["segment": "<b>"], now: Fixtures.now)

  @Test("every card is there with its chart, its numbers and where they come from")
  func content() {
    let page = Self.page
    #expect(page.components(separatedBy: "<svg").count - 1 == 16)
    #expect(page.components(separatedBy: "<section").count - 1 == Self.everything().cards.count)
    #expect(
      page.contains("Data of run 42, source demo, published 2026-11-24 19:56 UTC. Times are synthetic."))
    #expect(page.contains("Customers by segment"))
    #expect(page.contains("<td class=\"number\">2,911</td>"))
    #expect(page.contains("no &lt;table&gt;"))
    #expect(page.contains("Only segment = &lt;b&gt;"))
  }

  @Test("nothing of the data becomes markup, and nothing points elsewhere")
  func escaped() {
    // What stands within tags is ours; the texts of the data are between them.
    let tags = Self.page.split(separator: "<").map { $0.prefix { $0 != ">" } }
    for tag in tags {
      let name = tag.prefix { !$0.isWhitespace }.lowercased()
      #expect(!["script", "img", "b", "iframe", "object", "link", "a", "base", "form"].contains(name))
      for attribute in [" src=", " href=", " srcdoc=", " onload=", " onclick="] {
        #expect(!tag.contains(attribute) || tag.contains("aria-label"), "\(tag)")
      }
    }
    for mark in ["url(", "@import", "javascript:"] { #expect(!Self.page.contains(mark), "\(mark)") }
  }

  @Test("a dashboard before the first run is a page too")
  func nothing() {
    let content = DashboardContent(
      definition: Fixtures.fraud().definition, cards: [], publication: nil)
    #expect(dashboardReport(content, now: Fixtures.now).contains("Nothing was published yet."))
  }

  /// Writes the page to a file for a program that reads it.
  private func withPage<Answer>(_ page: String, _ body: (String) throws -> Answer) throws -> Answer {
    let path = NSTemporaryDirectory() + "riskdeck-report-\(UUID().uuidString).html"
    try Data(page.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.pollUntilExit()
    return (process.terminationStatus, text)
  }

  /// The program of a Debian package; nil, with a notice, where it is not installed.
  private static func tool(_ name: String) -> String? {
    let path = "/usr/bin/" + name
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    print("notice: \(name) is not installed, the report is not tested with it")
    return nil
  }

  @Test("HTML Tidy finds no error and nothing to warn of")
  func valid() throws {
    guard let tidy = Self.tool("tidy") else { return }
    try withPage(Self.page) { path in
      let answer = try run(tidy, ["-quiet", "-errors", "--drop-empty-elements", "no", path])
      #expect(answer.status == 0, "\(answer.output)")
    }
  }

  @Test("headless Chromium shows the charts, runs nothing and asks for nothing")
  func browser() throws {
    guard let program = Self.tool("chromium") else { return }
    try withPage(Self.page) { path in
      let log = path + "-net.json"
      defer { try? FileManager.default.removeItem(atPath: log) }
      let answer = try chromium(
        program,
        [
          "--window-size=400,900", "--log-net-log=\(log)", "--enable-logging=stderr", "--dump-dom",
          "file://\(path)",
        ])
      #expect(answer.status == 0)
      #expect(answer.output.components(separatedBy: "<svg").count - 1 == 16)
      #expect(!answer.output.contains("CONSOLE"), "\(answer.output.prefix(2_000))")
      let requests = String(
        decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
      #expect(!requests.isEmpty)
      #expect(!requests.contains("example.com"))
    }
  }

  /// Chromium without a window; its profile goes with the answer.
  private func chromium(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let folder = NSTemporaryDirectory() + "riskdeck-chromium-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try run(
      program,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)",
        "--disable-background-networking", "--disable-component-update", "--no-first-run",
      ] + arguments)
  }

  @Test(
    "400 pixels wide the page is not wider than the window, and what is wider scrolls within its own frame")
  func narrow() throws {
    guard let program = Self.tool("chromium") else { return }
    // A report runs no script; this copy carries one that measures it, in a frame: a window has at least 500 pixels.
    let measuring = """
      <script>addEventListener("load", () => {
        const root = document.documentElement, wide = [];
        for (const part of document.querySelectorAll("h1, h2, p, section, svg")) {
          if (part.getBoundingClientRect().right > root.clientWidth + 1) wide.push(part.tagName);
        }
        parent.postMessage(root.clientWidth + " " + root.scrollWidth + " [" + wide + "]", "*");
      });</script></body>
      """
    let copy = Self.page.replacing("</body>", with: measuring)
      .replacing("default-src 'none'", with: "default-src 'none'; script-src 'unsafe-inline'")
    try withPage(copy) { inner in
      let frame = """
        <!DOCTYPE html><title>frame</title>
        <script>onmessage = event => document.documentElement.setAttribute("data-measured", event.data)</script>
        <iframe width=400 height=900 src="file://\(inner)"></iframe>
        """
      let answer = try withPage(frame) { try chromium(program, ["--dump-dom", "file://\($0)"]) }
      #expect(answer.status == 0)
      let measured = answer.output.firstMatch(of: /data-measured="(\d+) (\d+) \[(.*?)\]"/)
      let (_, width, scrolled, wide) = try #require(measured).output
      #expect(Int(width).map { $0 <= 400 } == true, "the window is \(width) wide")
      #expect(width == scrolled && wide.isEmpty, "\(scrolled) of \(width) pixels; wider: \(wide)")
    }
  }

  @Test("printed, the page keeps every card with its title and its numbers")
  func printed() throws {
    guard let program = Self.tool("chromium"), let reader = Self.tool("pdftotext") else { return }
    try withPage(Self.page) { path in
      let pdf = path + ".pdf"
      defer { try? FileManager.default.removeItem(atPath: pdf) }
      #expect(
        try chromium(program, ["--no-pdf-header-footer", "--print-to-pdf=\(pdf)", "file://\(path)"]).status
          == 0)
      let text = try run(reader, ["-layout", pdf, "-"]).output
      for card in Fixtures.segmentation().cards + Fixtures.fraud().cards {
        #expect(text.contains(card.card.title), "\(card.card.title)")
      }
      #expect(text.contains("2,911"))
    }
  }
}
