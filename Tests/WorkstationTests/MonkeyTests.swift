import Foundation
import Pipeline
import TestSupport
import Testing

@testable import Workstation

/// Random input over the pure core.
@Suite struct MonkeyTests {
  /// Sessions of one run; each has its own size, theme and seed. RISKDECK_MONKEY sets another count of events.
  static let sessions = 50
  static var eventsPerSession: Int {
    let total = ProcessInfo.processInfo.environment["RISKDECK_MONKEY"].flatMap(Int.init) ?? 100_000
    return max(1, total / sessions)
  }

  @Test("100,000 random events break no invariant", arguments: 0..<sessions)
  func monkey(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) &* 7_919 &+ 1)
    var setup = try Fixtures.setup(isASCII: seed % 5 == 0)
    setup.preferences.place =
      [
        "pipeline", "fraud", "vip", "customers", "customer/7", "query", "what-if", "cases", "case/12",
        "models",
      ][seed % 10]
    setup.preferences.theme = ["dark", "mono", "16-colours"][seed % 3]
    var state = State(setup: setup, size: Size(width: 80, height: 24), now: Fixtures.now)
    var waiting = state.start()
    for step in 0..<Self.eventsPerSession {
      let event = nextEvent(&random, &waiting, state)
      waiting += state.handle(event).filter { $0.requestID != nil }
      if waiting.count > 40 { waiting.removeFirst(waiting.count - 40) }
      try check(state, step: step, event: event, random: &random)
    }
  }

  private static let keys: [Key] =
    "jkhlgGzts/nNfFcuSdevyY#RoLxM123456789{}r:?Tm'q xX!>=\"é王🙂\u{301}".map { .character($0) } + [
      .enter, .enter, .enter, .escape, .escape, .escape, .tab, .backTab, .up, .down, .left, .right, .home,
      .end,
      .pageUp, .pageDown, .backspace, .delete, .insert, .function(1), .function(5), .control("r"),
      .control("z"),
      .control("l"), .control("w"), .control("u"), .down, .down, .up, .character("]"), .character("["),
    ]

  private func nextEvent(
    _ random: inout SeededGenerator, _ waiting: inout [Effect], _ state: State
  ) -> Event {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<62: return .input(.key(Self.keys[Int.random(in: 0..<Self.keys.count, using: &random)]))
    case 62..<80:
      // Answers come late, in any order, some of them never.
      guard !waiting.isEmpty else { return .tick(state.now + 1) }
      let effect = waiting.remove(at: Int.random(in: 0..<waiting.count, using: &random))
      if Int.random(in: 0..<12, using: &random) == 0, let request = effect.requestID {
        return .failed(
          QueryFailure(message: "canceling statement", isUnasked: .random(using: &random)), request: request)
      }
      return Fixtures.answer(effect, customers: 700).first ?? .tick(state.now)
    case 80..<86:
      let size = Size(
        width: Int.random(in: 0...130, using: &random), height: Int.random(in: 0...50, using: &random))
      return .input(.resize(size))
    case 86..<92:
      let position = Point(
        x: Int.random(in: -2...130, using: &random), y: Int.random(in: -2...50, using: &random))
      let action: MouseEvent.Action =
        [.press(.left), .wheelUp, .wheelDown, .release(.left)][Int.random(in: 0..<4, using: &random)]
      return .input(.mouse(MouseEvent(action: action, position: position)))
    case 92: return .input(.paste("pasted\n\u{1B}[31m \u{202E}text"))
    case 93..<96: return .tick(state.now + Double.random(in: 0...90, using: &random))
    case 96:
      let run = Int64.random(in: 41...44, using: &random)
      let done = Int.random(in: 0..<11, using: &random)
      return .runChanged(Fixtures.run(run, state: RunReport.State.allCases[done % 5], done: done))
    case 97: return .published
    case 98:
      return .connectionChanged(problem: Bool.random(using: &random) ? "server closed the connection" : nil)
    default: return .notice("wrote /tmp/\u{7}rows.csv", tone: .good)
    }
  }

  // MARK: Invariants

  private func check(_ state: State, step: Int, event: Event, random: inout SeededGenerator) throws {
    if let fault = Self.fault(of: state) {
      try #require(Bool(false), "\(fault), step \(step) \(event)")
    }
    // Drawing after each event would take most of the time.
    guard step % 40 == 0 else { return }
    let size =
      step % 80 == 0
      ? state.size
      : Size(width: Int.random(in: 0...170, using: &random), height: Int.random(in: 0...50, using: &random))
    let buffer = view(state, size)
    try #require(buffer.size == size, "the buffer has the size asked for, step \(step)")
    if let cursor = buffer.cursor {
      try #require(Rect(size).contains(cursor), "the cursor is on the screen, step \(step)")
    }
    for (y, line) in buffer.lines.enumerated() {
      try #require(
        displayWidth(line) == size.width, "line \(y) is \(displayWidth(line)) wide, step \(step): \(line)")
      try #require(
        line.unicodeScalars.allSatisfy {
          $0.value >= 0x20 && $0.value != 0x7F && !(0x202A...0x202E).contains($0.value)
        },
        "every cell is printable, step \(step)")
      if state.setup.isASCII {
        try #require(line.utf8.allSatisfy { $0 < 0x80 }, "ASCII alone, step \(step): \(line)")
      }
    }
    try checkOverlay(state, buffer, step: step, event: event)
  }

  /// What is wrong with a state without drawing it; nil: nothing. Plain tests, as they run after every event.
  private static func fault(of state: State) -> String? {
    for grid in grids(of: state.screen) {
      if grid.selected < 0 || grid.selected >= max(1, grid.count) { return "selection out of range" }
      if grid.top < 0 || grid.top > max(0, grid.count - 1) { return "scrolled out of range" }
      if !grid.isEmpty, grid.selected < grid.top || grid.selected >= grid.top + grid.page {
        return "the selected row is not on the screen"
      }
      if grid.table.rows.count > CustomersScreen.windowSize { return "too many rows are kept" }
    }
    if let deck = (state.screen as? any PanelScreen)?.deck, !deck.panels.isEmpty {
      if !deck.panels.indices.contains(deck.focus) { return "focus out of range" }
    }
    if let overlay = state.overlay, !belongs(overlay, to: state.screen) {
      return "an overlay of another screen"
    }
    return state.trail.count > 24 ? "too many screens are kept" : nil
  }

  /// Whether what lies over the screen can be about that screen.
  private static func belongs(_ overlay: Overlay, to screen: any Screen) -> Bool {
    switch overlay {
    case .help, .palette, .confirm, .popup: true
    case .prompt(let prompt):
      switch prompt.kind {
      case .search: screen is any Searchable
      case .filter: screen is any Filterable
      case .linkedFilters: screen is DashboardScreen
      }
    case .picker(let picker):
      switch picker.kind {
      case .sort: screen is any Sortable
      case .columns: screen is any HasColumns
      case .savedQuery, .chart: screen is QueryScreen
      case .export: screen is any Exportable
      case .theme: true
      }
    case .form:
      screen is any TakesForm || screen is CasesScreen || screen is CaseScreen || screen is CustomerScreen
    }
  }

  /// An overlay on the screen is the one of the state: none is left behind.
  private func checkOverlay(_ state: State, _ buffer: ScreenBuffer, step: Int, event: Event) throws {
    guard buffer.size.width >= leastSize.width, buffer.size.height >= leastSize.height else { return }
    let text = buffer.plainText
    let isHelp = if case .help = state.overlay { true } else { false }
    let isPalette = if case .palette = state.overlay { true } else { false }
    try #require(text.contains(" Keys: ") == isHelp, "stale help, step \(step) \(event)")
    try #require(
      text.contains("─ Commands ") == (isPalette && !state.setup.isASCII), "stale palette, step \(step)")
    if case .picker(let picker) = state.overlay {
      try #require(picker.items.indices.contains(picker.selected), "selection of the list, step \(step)")
    }
    if case .palette(let palette) = state.overlay, !palette.found.isEmpty {
      try #require(palette.found.indices.contains(palette.selected), "selection of the palette, step \(step)")
    }
  }

  private static func grids(of screen: any Screen) -> [Grid] {
    if let customers = screen as? CustomersScreen { return [customers.grid] }
    return (screen as? any PanelScreen)?.deck.panels.map(\.grid) ?? []
  }
}
