import Foundation
import Testing

@testable import Workstation

/// Every screen at three sizes against Tests/Snapshots. After a wanted change write them anew with
/// `RISKDECK_RECORD=1 swift test --filter GoldenScreenTests` and read the difference.
@Suite struct GoldenScreenTests {
  struct Shot: Sendable, CustomTestStringConvertible {
    let name: String
    let place: String
    let keys: String
    var testDescription: String { name }
  }

  static let shots = [
    Shot(name: "pipeline", place: "pipeline", keys: ""),
    Shot(name: "segmentation", place: "segmentation", keys: ""),
    Shot(name: "fraud", place: "fraud", keys: ""),
    Shot(name: "vip", place: "vip", keys: ""),
    Shot(name: "customers", place: "customers", keys: ""),
    Shot(name: "customer", place: "customer/42", keys: ""),
    Shot(name: "saved-query", place: "query/chargebacks", keys: ""),
    Shot(name: "query", place: "query", keys: ""),
    Shot(name: "query-typing", place: "query", keys: "\"select cu\" Tab"),
    Shot(name: "query-rows", place: "query", keys: "\"select * from big\" Enter \"order by 1\" ctrl-r"),
    Shot(name: "query-chart", place: "query", keys: "\"select * from tiers\" ctrl-r b s Enter"),
    Shot(name: "query-plan", place: "query", keys: "\"select * from big\" ctrl-x"),
    Shot(name: "query-parameters", place: "query/new device and country", keys: ""),
    Shot(name: "what-if", place: "what-if", keys: "j j j j j j j j j Tab Tab Tab"),
    Shot(name: "what-if-changed", place: "what-if", keys: "j ' 2 0 -"),
    Shot(name: "export", place: "fraud", keys: "e"),
    Shot(name: "help", place: "fraud", keys: "?"),
    Shot(name: "commands", place: "fraud", keys: ": \"cust\""),
    Shot(name: "sort", place: "customers", keys: "s"),
    Shot(name: "columns", place: "customers", keys: "c j Space"),
    Shot(name: "run-question", place: "pipeline", keys: "r"),
    Shot(name: "value", place: "customer/42", keys: "Tab Tab v"),
    Shot(name: "table", place: "segmentation", keys: "t z"),
    Shot(name: "pipeline-log", place: "pipeline", keys: "L / \"page 1\" Enter"),
    Shot(name: "pipeline-runs", place: "pipeline", keys: "Tab Tab Tab"),
    Shot(name: "pipeline-tests", place: "pipeline", keys: "Tab Tab"),
    Shot(name: "pipeline-schedules", place: "pipeline", keys: "[ [ ["),
    Shot(name: "pipeline-again", place: "pipeline", keys: "/ \"score\" Enter R"),
    Shot(name: "task", place: "task/42/extract-orders", keys: ""),
    Shot(name: "failing-rows", place: "failing-rows/42/not_null_stg_orders_column_7", keys: ""),
    Shot(name: "models", place: "models", keys: "j"),
    Shot(name: "model", place: "model/stg_orders", keys: ""),
    Shot(name: "model-sql", place: "model/stg_orders", keys: "[ z"),
    Shot(name: "cases", place: "cases", keys: ""),
    Shot(name: "case", place: "case/12", keys: ""),
    Shot(name: "case-close", place: "case/12", keys: "x Tab \"stolen card\""),
    Shot(name: "case-help", place: "case/99", keys: "?"),
    Shot(name: "case-filter", place: "cases", keys: "d"),
    Shot(name: "audit", place: "audit", keys: ""),
    Shot(name: "audit-entry", place: "audit", keys: "j j j Enter"),
    Shot(name: "filter-error", place: "customers", keys: "f \"color:red\" Enter"),
  ]

  static let sizes = [
    Size(width: 80, height: 24), Size(width: 160, height: 48), Size(width: 240, height: 60),
  ]

  @Test("a screen looks as recorded", arguments: shots, sizes)
  func screen(_ shot: Shot, _ size: Size) throws {
    try compare("\(shot.name)-\(size.width)x\(size.height)", shot, size, Fixtures.setup())
  }

  @Test("a screen drawn with ASCII alone looks as recorded", arguments: shots, sizes)
  func ascii(_ shot: Shot, _ size: Size) throws {
    let name = "\(shot.name)-ascii-\(size.width)x\(size.height)"
    let text = try compare(name, shot, size, Fixtures.setup(isASCII: true))
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
  }

  /// The screens one meets first, in Spanish and at the size with the least room.
  static let spanish = shots.filter {
    [
      "pipeline", "segmentation", "fraud", "vip", "customers", "customer", "cases", "case", "help",
      "run-question",
      "case-close", "commands", "filter-error", "what-if",
    ].contains($0.name)
  }

  @Test("a screen in Spanish looks as recorded", arguments: spanish)
  func inSpanish(_ shot: Shot) throws {
    var setup = try Fixtures.setup()
    setup.text.language = try Fixtures.spanish()
    try compare("\(shot.name)-es-80x24", shot, Size(width: 80, height: 24), setup)
  }

  /// The screens in four themes each.
  static let themed = shots.prefix(6).flatMap { shot in
    ["dark", "light", "16-colours", "mono"].map { (shot: shot, theme: $0) }
  }

  @Test("a screen has the colours recorded for a theme", arguments: themed, sizes)
  func styles(_ themed: (shot: Shot, theme: String), _ size: Size) throws {
    var session = try Session(themed.shot.place, size: size, setup: Fixtures.setup(theme: themed.theme))
    try session.press(themed.shot.keys)
    let name = "\(themed.shot.name)-\(themed.theme)-\(size.width)x\(size.height).styles"
    try Self.check(name, Self.styles(session.screen))
  }

  @discardableResult
  private func compare(_ name: String, _ shot: Shot, _ size: Size, _ setup: Setup) throws -> String {
    var session = try Session(shot.place, size: size, setup: setup)
    try session.press(shot.keys)
    let text = session.text
    try Self.check(name, text)
    return text
  }

  /// The styles of a screen: each line as runs of columns of one style.
  private static func styles(_ screen: ScreenBuffer) -> String {
    (0..<screen.size.height).map { y in
      var runs: [String] = []
      var start = 0
      for x in 1...screen.size.width
      where x == screen.size.width || screen[x, y].style != screen[start, y].style {
        let style = screen[start, y].style
        runs.append(
          "\(start):\(code(style.foreground))/\(code(style.background))/\(style.attributes.rawValue)")
        start = x
      }
      return runs.joined(separator: " ") + "\n"
    }.joined()
  }

  private static func code(_ color: Color) -> String {
    switch color {
    case .default: "-"
    case .palette(let index): "\(index)"
    case .rgb(let red, let green, let blue):
      [red, green, blue].map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    }
  }

  private static func check(_ name: String, _ text: String) throws {
    let file = Fixtures.root.appending(path: "Tests/Snapshots/\(name).screen")
    if ProcessInfo.processInfo.environment["RISKDECK_RECORD"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    let (old, new) = (
      recorded.split(separator: "\n", omittingEmptySubsequences: false),
      text.split(separator: "\n", omittingEmptySubsequences: false)
    )
    let difference = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(
      recorded == text,
      "\(name) differs at line \((difference?.offset ?? 0) + 1):\n\(difference?.element.0 ?? "")\n\(difference?.element.1 ?? "")"
    )
  }
}
