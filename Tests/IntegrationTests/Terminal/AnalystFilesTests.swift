import Foundation
import Glibc
import TestSupport
import Testing

/// What is an analyst's own: a dashboard written as a file, what is remembered, the configuration, the time zone.
@Suite("an analyst's own files and settings on a pty", .serialized)
struct AnalystFilesTests {
  @Test("a dashboard written as a file: its filters are bound in every card, a row leads to its SQL")
  func ownDashboard() async throws {
    let prepared = try await PreparedWorkstation.ready()
    let project = prepared.folder + "/own-dashboard"
    let files = FileManager.default
    try files.createDirectory(atPath: project, withIntermediateDirectories: true)
    for folder in ["queries", "themes"] {
      try files.copyItem(atPath: Repository.path(folder), toPath: project + "/" + folder)
    }
    let dashboards = project + "/queries/dashboards"
    try """
    title: Countries
    position: 10
    filters:
      - {name: segment, title: Segment, field: customer_segment, options: [premium, regular, new]}
    cards:
      - id: segments
        title: Segments found
        sql: countries/segments.sql
        chart: table
        drill:
          sql: countries/behind.sql
      - id: everybody
        title: How many
        sql: countries/count.sql
        chart: figures

    """.write(toFile: dashboards + "/countries.yml", atomically: true, encoding: .utf8)
    try files.createDirectory(atPath: dashboards + "/countries", withIntermediateDirectories: true)
    let condition = "where :segment::text is null or customer_segment = :segment"
    let queries = [
      "segments": """
      select customer_segment, count(*) as customers from analytics.customer_segmentation
      \(condition) group by 1 order by 1
      """,
      "count": "select 'n=' || count(*) as found from analytics.customer_segmentation \(condition)",
      "behind": """
      select 'behind ' || :customer_segment as what, coalesce(:segment, 'all') as only_segment,
        count(*) as customers
      from analytics.customer_segmentation where customer_segment = :customer_segment
      """,
    ]
    for (name, sql) in queries {
      try sql.write(toFile: dashboards + "/countries/\(name).sql", atomically: true, encoding: .utf8)
    }
    let program = try prepared.open("countries", environment: ["RISKDECK_PROJECT_DIR": project])
    try #require(program.wait { $0.text.contains("Segments found") && $0.text.contains("n=300") })
    // No value of the filter is one that it does not list; what is wrong is said where it is typed.
    program.send("dsegment:nobody\r")
    #expect(program.wait(for: "segment is one of premium, regular, new"), "\(program.screen.text)")
    program.send("\u{15}segment:premium\r")
    #expect(
      program.wait {
        $0.text.contains("Only") && !$0.text.contains("n=300") && !$0.text.contains("regular")
      }, "\(program.screen.text)")
    program.send("\r")
    #expect(
      program.wait { $0.text.contains("behind premium") && $0.text.contains("Only segment") },
      "\(program.screen.text)")
    #expect(program.screen.lines.contains { $0.contains("behind premium") && !$0.contains(" all ") })
    // Back, lifted, and the row leads to what is behind it without the filter.
    program.send("\u{1B}")
    try #require(program.wait(for: "Segments found"))
    program.send("d\u{15}\r")
    #expect(program.wait(for: "n=300"), "\(program.screen.text)")
    program.send("G\r")
    #expect(
      program.wait { screen in screen.lines.contains { $0.contains("behind regular") && $0.contains("all") }
      },
      "\(program.screen.text)")
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }

  @Test("what is on screen is remembered in the state folder; the configuration is never written")
  func preferences() async throws {
    let prepared = try await PreparedWorkstation.ready()
    let home = prepared.folder + "/remembers"
    let configuration = home + "/config/riskdeck"
    try FileManager.default.createDirectory(atPath: configuration, withIntermediateDirectories: true)
    // Comments and odd spacing, as people write.
    let text = "# mine\nkeys:\n    zoom:   [ctrl-f]   # z is taken\n"
    try text.write(toFile: configuration + "/config.yml", atomically: true, encoding: .utf8)
    let before = try status(configuration + "/config.yml")
    let folders = ["XDG_STATE_HOME": home + "/state", "XDG_CONFIG_HOME": home + "/config"]
    let first = try prepared.open("pipeline", width: 160, environment: folders)
    try #require(first.wait(for: "Data tests"))
    first.send("5")
    try #require(first.wait(for: "1 of about 300"))
    // The columns' list: the second column is hidden; the order's list: the first column.
    first.send("cj \r")
    first.settle()
    first.send("sg\r")
    first.settle()
    first.send("T")
    try #require(first.wait(for: "Theme"))
    first.send("j\r")
    first.settle()
    let header = first.screen.lines[2]
    let colours = first.screen.graphics
    first.send("q")
    #expect(first.waitForEnd() == .exited(0))

    let second = try PtyProgram(
      PreparedWorkstation.executable, [], width: 160, height: 36,
      environment: prepared.environment.merging(folders) { $1 })
    try #require(second.wait(for: "1 of about 300"), "\(second.screen.text)")
    second.settle()
    #expect(second.screen.lines[2] == header)
    #expect(!second.screen.graphics.isDisjoint(with: colours))
    // The key of the configuration is in force.
    second.send("2")
    try #require(second.wait(for: "Revenue by value tier"))
    second.send("\u{6}")
    #expect(second.wait { !$0.text.contains("Revenue by value tier") }, "\(second.screen.text)")
    second.send("q")
    #expect(second.waitForEnd() == .exited(0))
    #expect(try String(contentsOfFile: configuration + "/config.yml", encoding: .utf8) == text)
    #expect(try status(configuration + "/config.yml") == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: configuration) == ["config.yml"])
    let state = home + "/state/riskdeck/workstation.json"
    var found = stat()
    #expect(stat(state, &found) == 0 && found.st_mode & 0o077 == 0)
  }

  /// The file itself and when it was last written.
  private func status(_ path: String) throws -> [Int] {
    var found = stat()
    guard stat(path, &found) == 0 else { throw PtyProgram.Failure(description: "no \(path)") }
    return [Int(found.st_ino), found.st_mtim.tv_sec, found.st_mtim.tv_nsec]
  }

  @Test("times are shown in the analyst's zone", arguments: ["UTC", "Asia/Kolkata", "America/St_Johns"])
  func zone(name: String) async throws {
    let prepared = try await PreparedWorkstation.ready()
    let sql =
      "select timestamptz '2026-07-01 12:00:00+00' as summer, timestamptz '2026-01-01 12:00:00+00' as winter"
    let program = try prepared.open("query", width: 160, environment: ["TZ": name])
    try #require(program.wait(for: "ctrl-r runs the query"))
    program.send(sql + "\u{12}")
    let expected: [String: [String]] = [
      "UTC": ["2026-07-01 12:00", "2026-01-01 12:00"],
      "Asia/Kolkata": ["2026-07-01 17:30", "2026-01-01 17:30"],
      "America/St_Johns": ["2026-07-01 09:30", "2026-01-01 08:30"],
    ]
    for text in expected[name] ?? [] {
      #expect(program.wait(for: text), "\(program.screen.text)")
    }
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }
}
