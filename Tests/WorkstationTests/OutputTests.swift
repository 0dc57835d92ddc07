import Foundation
import Pipeline
import Testing

@testable import Workstation

@Suite struct OutputTests {
  @Test(
    "a screen becomes a well-formed picture in the theme's colours",
    arguments: ["pipeline", "segmentation", "fraud", "vip", "customers", "customer/42"],
    ["dark", "light", "mono"])
  func picture(_ place: String, _ theme: String) throws {
    let session = try Session(place, size: Size(width: 120, height: 36), setup: Fixtures.setup(theme: theme))
    let picture = svg(session.state, session.state.size)
    #expect(picture.hasPrefix("<svg "))
    #expect(picture.contains("viewBox=\"0 0 \(120 * 9 + 24) \(36 * 19 + 24)\""))
    let parser = XMLCheck()
    #expect(parser.accepts(picture), "\(parser.problem ?? "")")
    if theme == "light" { #expect(picture.contains("fill=\"#ffffff\"")) }
    #expect(picture.contains("Segmentation"))
  }

  @Test("letters that mean something to XML are written as such")
  func escapes() {
    var screen = ScreenBuffer(size: Size(width: 20, height: 1))
    screen.write("<a & \"b\">", at: 0, 0)
    let picture = screen.svg(title: "a < b", ink: .rgb(0, 0, 0), ground: .rgb(255, 255, 255))
    #expect(picture.contains("&lt;a &amp; &quot;b&quot;&gt;"))
    #expect(picture.contains("<title>a &lt; b</title>"))
  }

  @Test("bars, lines and braille dots are shapes, not letters")
  func shapes() throws {
    let picture = svg(
      try Session("vip", size: Size(width: 120, height: 36)).state, Size(width: 120, height: 36))
    for character in ["█", "─", "│", "╭", "⠊"] { #expect(!picture.contains(character)) }
  }

  @Test(
    "a screen as text for screen readers has no drawing, says where one is and what is selected",
    arguments: ["pipeline", "segmentation", "fraud", "vip", "customers", "customer/42", "query/chargebacks"])
  func accessible(_ place: String) throws {
    var session = try Session(place)
    let lines = accessibleText(session.state)
    #expect(lines.contains { $0.hasPrefix("Selected: ") })
    for line in lines {
      #expect(!line.contains { "─│╭╮╰╯█▏░▸┃".contains($0) }, "\(line)")
      #expect(printable(line) == line)
    }
    try session.press("?")
    #expect(accessibleText(session.state).contains { $0.hasPrefix("q, ctrl-c: Leave") })
  }

  @Test("the text for screen readers tells synthetic times, unmasked data, runs and notices")
  func accessibleStatus() throws {
    var session = try Session("fraud")
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    session.send(.notice("wrote rows.csv", tone: .good))
    let text = accessibleText(session.state).joined(separator: "\n")
    #expect(text.contains("Data of run 42, published 2026-11-24 19:56 UTC, source demo, times are synthetic"))
    #expect(text.contains("Run 43 is under way, 5 of 13 tasks done"))
    #expect(text.contains("Notice: wrote rows.csv"))
    try session.press("s")
    #expect(accessibleText(session.state).contains { $0.hasPrefix("Selected: ") })
  }

  @Test("with ASCII alone the text for screen readers is ASCII")
  func accessibleASCII() throws {
    let session = try Session("customers", setup: Fixtures.setup(isASCII: true))
    #expect(accessibleText(session.state).allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
  }

  @Test("a snapshot is driven by keys with answers from outside")
  func snapshot() async throws {
    let start = State(setup: try Fixtures.setup(), size: Size(width: 100, height: 30), now: Fixtures.now)
    let state = await Snapshot.drive(start, place: .dashboard("fraud"), keys: try keyScript("[ [ Enter s")) {
      Fixtures.answer($0)
    }
    let text = view(state, state.size).plainText
    #expect(text.contains("Sort by"))
    #expect(text.split(separator: "\n").allSatisfy { $0.last != " " })
  }
}

/// Whether a text is well-formed XML, as far as the pictures need it: tags open and close in order, no bare `&`.
private final class XMLCheck {
  private(set) var problem: String?

  func accepts(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "<") {
      guard check(rest[..<start]) else { return false }
      guard let end = rest[start...].firstIndex(of: ">") else { return fail("a tag is not closed") }
      let tag = rest[rest.index(after: start)..<end]
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return fail("\(tag) closes nothing") }
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { $0 != " " && $0 != "\n" })
      }
      guard tag.filter({ $0 == "\"" }).count % 2 == 0 else { return fail("quotes of \(tag)") }
      rest = rest[rest.index(after: end)...]
    }
    return open.isEmpty || fail("\(open) not closed")
  }

  private func check(_ text: Substring) -> Bool {
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
      guard ["amp;", "lt;", "gt;", "quot;"].contains(where: { part.hasPrefix($0) }) else {
        return fail("bare &")
      }
    }
    return true
  }

  private func fail(_ reason: String) -> Bool {
    problem = reason
    return false
  }
}
