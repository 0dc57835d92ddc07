import Pipeline

/// The rows that broke a data test, read as one moves down.
struct FailingRowsScreen: PanelScreen, LoadingScreen {
  let runID: Int64
  let test: String
  private(set) var total: Int64 = 0
  /// Rows that broke the test; not all may be kept.
  private(set) var failures: Int64 = 0
  private(set) var hasData = false
  private var reads = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  init(runID: Int64, test: String) {
    self.runID = runID
    self.test = test
  }

  var place: Place { .failingRows(runID: runID, test: test) }
  var title: String { "Rows that break \(test)" }
  var contexts: [KeyContext] { [.rows, .everywhere] }
  var publication: Publication? { nil }

  // MARK: Data

  private var lastRow: Int64 {
    guard let grid = deck.focused?.grid, let number = grid.table.columnIndex(FailingRows.numberColumn),
      case .integer(let last)? = grid.table.rows.last?[number]
    else { return 0 }
    return last
  }

  func loadEffect(_ request: RequestID) -> Effect {
    .loadPipeline(
      .failingRows(runID: runID, test: test, after: reads ? lastRow : 0), request: request)
  }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .pipeline(.failingRows(let rows)) = answer else { return }
    total = rows.total
    failures = rows.failures
    let wasReading = reads
    reads = false
    if wasReading, rows.after > 0 {
      deck.withFocused { panel in
        panel.grid.append(rows.table.rows)
      }
    } else {
      let columns = rows.table.columns.map { column in
        Column(name: column.name, kind: column.kind, isVisible: column.name != FailingRows.numberColumn)
      }
      deck.update([
        Panel(
          id: test, title: test,
          grid: Grid(table: rows.table, columns: columns, keyColumn: FailingRows.numberColumn))
      ])
    }
    hasData = true
  }

  /// Reads on where the selection comes near the last row read.
  private mutating func readAhead(_ turn: inout Turn) {
    guard hasData, pending.isEmpty, let grid = deck.focused?.grid, lastRow < total,
      grid.selected >= grid.count - grid.page * 2
    else { return }
    reads = true
    refresh(&turn)
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .table, .zoom, .nextCard, .previousCard: "there is one table here"
    case .open: deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    default: panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) {
      readAhead(&turn)
      return
    }
    guard action == .open, let grid = deck.focused?.grid else { return }
    if case .integer(let id)? = grid.value(grid.selected, "customer_id") {
      turn.moves.append(.open(CustomerScreen(id: id)))
    } else {
      turn.overlay = Popup.of(grid.selectedCells, title: title, text: turn.text).map { .popup($0) }
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    var notes = ["run \(runID)"]
    if lastRow < total {
      notes.append(
        "\(painter.text.number(Double(lastRow), as: .integer)) of "
          + "\(painter.text.number(Double(total), as: .integer)) rows read")
    }
    if total < failures {
      notes.append(
        "the first \(painter.text.number(Double(total), as: .integer)) of "
          + "\(painter.text.number(Double(failures), as: .integer)) are kept")
    }
    return notes
  }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading the rows…")
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["reading"])
  }
}
