import Pipeline

/// The rows of a saved query.
struct SavedQueryScreen: PanelScreen, Refreshable {
  let name: String
  private(set) var pending: [Pending] = []
  private(set) var failure: String?
  private(set) var hasRows = false
  var deck = PanelDeck([])

  init(name: String) {
    self.name = name
  }

  var place: Place { .savedQuery(name) }
  var title: String { "Query \(name)" }
  var contexts: [KeyContext] { [.savedQuery, .everywhere] }
  var publication: Publication? { nil }

  mutating func open(_ turn: inout Turn) {
    if !hasRows, pending.isEmpty { refresh(&turn) }
  }

  mutating func refresh(_ turn: inout Turn) {
    turn.cancel(pending)
    let name = name
    pending = [turn.request { .runSavedQuery(name: name, request: $0) }]
  }

  mutating func forgetPending() { pending = [] }

  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn) {
    pending.removeAll { $0.id == request }
    switch answer {
    case .table(let table):
      failure = nil
      hasRows = true
      deck.update([Panel(id: name, title: title, grid: Grid(table: table))])
    case .failure(let reason): failure = reason.message
    case .dashboard, .customers, .count, .customer, .runs: return
    }
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
    guard action == .open, let grid = deck.focused?.grid else { return }
    if case .integer(let id)? = grid.value(grid.selected, "customer_id") {
      turn.moves.append(.open(CustomerScreen(id: id)))
    } else {
      turn.overlay = Popup.of(grid.selectedCells, title: title).map { .popup($0) }
    }
  }

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    let grid = deck.focused?.grid ?? .empty
    let note = grid.isEmpty ? "" : "\(grid.selected + 1) of \(grid.count)"
    painter.target(area, .panel(0))
    let inner = painter.box(area, title: title, note: note, isFocused: true)
    if let failure {
      painter.emptyNote(failure, in: inner, .danger)
    } else if grid.isEmpty {
      painter.emptyNote(hasRows ? "no rows" : "running \(name)…", in: inner)
    } else {
      painter.grid(grid, in: inner, panel: 0, isFocused: true)
      painter.scrollMark(area, total: grid.count, top: grid.top, page: grid.page)
    }
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["running"])
  }
}
