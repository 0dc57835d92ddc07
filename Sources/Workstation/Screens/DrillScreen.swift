import Pipeline

/// The rows behind a row of a card, as the card's drill query answers them.
struct DrillScreen: PanelScreen, LoadingScreen {
  let dashboard: String
  let card: String
  let title: String
  /// The selected row's columns and the linked filters, by name.
  let values: [String: String]
  var reading = Reading()
  var isStale = false
  private(set) var hasData = false
  var deck = PanelDeck([])

  init(dashboard: String, card: String, title: String, values: [String: String]) {
    self.dashboard = dashboard
    self.card = card
    self.title = title
    self.values = values
  }

  var place: Place { .drill(dashboard: dashboard, card: card, values: values) }
  var contexts: [KeyContext] { [.rows, .everywhere] }
  var publication: Publication? { nil }

  func loadEffect(_ request: RequestID) -> Effect {
    .runDrill(dashboard: dashboard, card: card, values: values, request: request)
  }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .table(let table) = answer else { return }
    hasData = true
    deck.update([Panel(id: card, title: title, grid: Grid(table: table))])
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
    drawPanels(on: &painter, in: area, before: "reading the rows behind \(title)…")
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["reading"])
  }
}

extension Grid {
  /// Opens what the selected row stands for: its customer, or else the row itself in a window.
  func openRow(title: String, _ turn: inout Turn) {
    if case .integer(let id)? = value(selected, "customer_id") {
      turn.moves.append(.open(CustomerScreen(id: id)))
    } else {
      turn.overlay = Popup.of(selectedCells, title: title, text: turn.text).map { .popup($0) }
    }
  }
}
