import Pipeline

/// The audit log, newest first, read as one moves down. The filter asks the server: it finds in all entries.
struct AuditScreen: PanelScreen, LoadingScreen {
  private(set) var hasData = false
  private(set) var filterText = ""
  private var conditions: [AuditLog.Condition] = []
  private var isLast = false
  /// The request that is made at this moment asks for older entries.
  private var reads = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  var place: Place { .audit }
  var title: String { "Audit log" }
  var contexts: [KeyContext] { [.rows, .everywhere] }
  var publication: Publication? { nil }
  /// Runs change nothing here, and what was read on stays.
  var refreshesByItself: Bool { false }
  var exportName: String { "audit-log" }

  // MARK: Data

  private var oldest: Int64? {
    guard case .integer(let number)? = deck.focused?.grid.table.rows.last?.first else { return nil }
    return number
  }

  func loadEffect(_ request: RequestID) -> Effect {
    .loadAudit(AuditLog.Question(before: reads ? oldest : nil, conditions: conditions), request: request)
  }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .audit(let page) = answer else { return }
    isLast = page.isLast
    hasData = true
    let rows = page.entries.map(Self.row)
    if page.question.before != nil {
      deck.withFocused { $0.grid.append(rows) }
    } else {
      deck.update([Panel(id: "audit", title: title, grid: Self.grid(rows))], marksChanges: false)
    }
    readAhead(&turn)
  }

  private static func row(_ entry: AuditLog.Entry) -> [Value] {
    [.integer(entry.number), .number(entry.happenedAt)]
      + [entry.action, entry.subject, entry.login, entry.role, entry.origin, entry.detail, entry.hash].map {
        .text($0)
      }
  }

  private static func grid(_ rows: [[Value]]) -> Grid {
    let texts = ["action", "subject", "login", "role", "origin", "detail", "hash"]
    return Grid(
      table: ValueTable(
        columns: [ValueColumn(name: "entry", kind: .number), ValueColumn(name: "at", kind: .timestamp)]
          + texts.map { ValueColumn(name: $0, kind: .text) }, rows: rows),
      columns: [
        Column(name: "entry", kind: .number, width: .fit(minimum: 5, maximum: 10), format: .plain),
        Column(name: "at", kind: .timestamp, width: .fixed(16)),
        Column(name: "action", kind: .text, width: .fit(minimum: 8, maximum: 15)),
        Column(name: "subject", kind: .text, width: .fit(minimum: 10, maximum: 36)),
        Column(name: "login", kind: .text, width: .fit(minimum: 5, maximum: 16)),
        Column(name: "role", kind: .text, width: .fit(minimum: 5, maximum: 17)),
        Column(name: "origin", kind: .text, width: .fit(minimum: 6, maximum: 24)),
        Column(name: "detail", kind: .text, width: .rest(minimum: 10)),
        Column(name: "hash", kind: .text, isVisible: false),
      ], keyColumn: "entry")
  }

  /// Reads on where the selection comes near the last entry read.
  private mutating func readAhead(_ turn: inout Turn) {
    guard hasData, !isLast, pending.isEmpty, let grid = deck.focused?.grid, grid.sort == nil,
      grid.selected >= grid.count - grid.page * 2
    else { return }
    reads = true
    refreshQuietly(&turn)
    reads = false
  }

  // MARK: Filter

  mutating func filter(_ text: String, _ turn: inout Turn) throws(FilterError) {
    let searched = AuditLog.Condition.Field.allCases.map { Column(name: $0.rawValue, kind: .text) }
    let filter = try RowFilter(text, columns: searched, shown: turn.text)
    var conditions: [AuditLog.Condition] = []
    for condition in filter.conditions {
      guard case .text(let wanted) = condition.value,
        condition.comparison == .contains || condition.comparison == .notContains
      else {
        throw FilterError(
          code: .badPattern, description: "the audit log is filtered by text, !text and column:text")
      }
      conditions.append(
        AuditLog.Condition(
          field: condition.column.flatMap { AuditLog.Condition.Field(rawValue: $0) }, text: wanted,
          isNegated: condition.comparison == .notContains))
    }
    filterText = conditions.isEmpty ? "" : text
    self.conditions = conditions
    deck.withFocused { $0.grid.select(0) }
    refresh(&turn)
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: deck.focused?.grid.isEmpty ?? true ? "there are no entries here" : nil
    case .filter: nil
    case .auditLog: "this is the audit log"
    default: panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return readAhead(&turn) }
    guard action == .open, let grid = deck.focused?.grid else { return }
    turn.overlay = Popup.of(grid.selectedCells, title: "Entry of the audit log", text: turn.text).map {
      .popup($0)
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    let count = painter.text.number(Double(deck.focused?.grid.table.rows.count ?? 0), as: .integer)
    let all = count == "1" ? "1 entry" : "\(count) entries"
    return (filterText.isEmpty ? [] : [filterText]) + [isLast ? all : "\(count) entries read"]
  }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    guard let grid = deck.focused?.grid, grid.isEmpty else { return nil }
    return (filterText.isEmpty ? "nothing was noted yet" : "no entry passes the filter", .muted)
  }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading the audit log…")
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["reading"])
  }
}
