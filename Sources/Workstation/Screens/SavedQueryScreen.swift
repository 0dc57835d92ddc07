import Pipeline

/// The rows of a saved query.
struct SavedQueryScreen: PanelScreen, LoadingScreen {
  let name: String
  var reading = Reading()
  var isStale = false
  private(set) var hasData = false
  var deck = PanelDeck([])

  init(name: String) {
    self.name = name
  }

  var place: Place { .savedQuery(name) }
  var title: String { "Query \(name)" }
  var contexts: [KeyContext] { [.savedQuery, .everywhere] }
  var publication: Publication? { nil }

  func loadEffect(_ request: RequestID) -> Effect { .runSavedQuery(name: name, request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .table(let table) = answer else { return }
    hasData = true
    deck.update([Panel(id: name, title: title, grid: Grid(table: table))])
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .table, .zoom, .nextCard, .previousCard: "there is one table here"
    case .open: deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    default: panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    if action == .open { deck.focused?.grid.openRow(title: title, &turn) }
  }

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    if hasData {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty("running \(name)…", on: &painter, in: area)
    }
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["running"])
  }
}
