import Pipeline

/// The analyst's own queries: an editor above, the rows below.
struct QueryScreen: PanelScreen, Refreshable, Typing, TakesForm {
  /// The saved query it was opened with.
  let saved: SavedQuery?
  private(set) var editor: TextEditor
  private(set) var isEditing: Bool
  private(set) var completion: QueryCompletion?
  private(set) var catalogue: QueryCatalogue?
  private(set) var parameters: [String: String] = [:]
  private(set) var result: Result?
  private(set) var chart = ChartKind.bars
  private(set) var pending: [Pending] = []
  private(set) var failure: String?
  var isStale = false
  var deck = PanelDeck([])
  var publication: Publication? { nil }

  /// What there is to choose from.
  var queries: [SavedQuery]
  private var history: QueryHistory
  /// The place in the history that is shown; nil: the analyst's own text.
  private var historyPlace: Int?
  private var draft = ""
  /// What the request under way asks for.
  private var asked: Asked?
  /// The analyst's last question, which there was no server to ask.
  private var unasked: Asked?
  private var isOpened = false

  /// A query that was answered.
  struct Result: Sendable {
    let sql: String
    let parameters: [String: String]
    let id: Int
    let total: Int
    /// Rows of the result before those held here.
    var offset: Int
    var isPlan = false
  }

  private struct Asked {
    let sql: String
    let parameters: [String: String]
    let isPlan: Bool
  }

  /// Rows of a read, and the most that are held here.
  static let pageSize = 200
  static let windowSize = 1_000

  init(saved: SavedQuery? = nil, queries: [SavedQuery] = [], history: QueryHistory = QueryHistory()) {
    self.saved = saved
    self.queries = queries
    self.history = history
    editor = TextEditor(saved?.sql ?? "")
    isEditing = saved == nil
    if let saved { parameters = Self.defaults(of: saved) }
  }

  private static func defaults(of query: SavedQuery) -> [String: String] {
    var values: [String: String] = [:]
    for parameter in query.parameters { values[parameter.name] = parameter.defaultValue }
    return values
  }

  var place: Place { saved.map { .savedQuery($0.name) } ?? .query }
  var title: String { saved.map { "Query \($0.name)" } ?? "Query" }
  var contexts: [KeyContext] { [.query, .everywhere] }
  /// Only the analyst runs a query: by itself it goes out where there was no server when it was asked.
  var refreshesByItself: Bool { unasked != nil && unasked?.sql == editor.text }
  /// All rows of the result are held here.
  var isWhole: Bool { result.map { $0.total <= deck.panels.first?.grid.table.rows.count ?? 0 } ?? true }

  // MARK: Asking

  mutating func open(_ turn: inout Turn) {
    if catalogue == nil, pending.isEmpty {
      pending.append(turn.request { .query(.catalogue, request: $0) })
    }
    guard !isOpened else { return }
    isOpened = true
    if saved != nil { refresh(&turn) }
  }

  mutating func refresh(_ turn: inout Turn) {
    if let unasked, refreshesByItself { send(unasked, &turn) } else { ask(isPlan: false, &turn) }
  }

  /// Runs or explains what is in the editor, and asks for its parameters first.
  private mutating func ask(isPlan: Bool, _ turn: inout Turn) {
    guard !editor.isEmpty else {
      turn.say("there is no query to run", .warning)
      return
    }
    let names = NamedBinds(editor.text).names
    guard !names.isEmpty else { return send(isPlan: isPlan, &turn) }
    let known = (saved.map { [$0] } ?? []) + queries
    let described = known.first { $0.sql == editor.text }?.parameters ?? []
    let fields = names.map { name in
      let parameter = described.first { $0.name == name }
      return Form.Field.line(
        name, parameters[name] ?? parameter?.defaultValue ?? "", hint: parameter?.meaning ?? "")
    }
    let verb = isPlan ? "explain" : "run"
    turn.overlay = .form(.lines(verb, title: "Parameters", verb: verb, fields))
  }

  mutating func submit(_ form: String, _ values: [String: String], _ turn: inout Turn) {
    parameters.merge(values) { $1 }
    send(isPlan: form == "explain", &turn)
  }

  private mutating func send(isPlan: Bool, _ turn: inout Turn) {
    let sql = editor.text
    let names = NamedBinds(sql).names
    let values = parameters.filter { names.contains($0.key) }
    send(Asked(sql: sql, parameters: values, isPlan: isPlan), &turn)
    isEditing = false
    completion = nil
    history.add(sql)
    historyPlace = nil
    if saved?.sql != sql { turn.ask(.rememberQuery(sql)) }
  }

  private mutating func send(_ question: Asked, _ turn: inout Turn) {
    let (sql, values) = (question.sql, question.parameters)
    turn.cancel(pending)
    asked = question
    unasked = nil
    pending = [
      turn.request {
        .query(question.isPlan ? .explain(sql, values) : .run(sql, values, limit: Self.pageSize), request: $0)
      }
    ]
    failure = nil
  }

  mutating func forgetPending() {
    pending = []
    asked = nil
  }

  /// Reads on where the selection comes near an end of the rows held here.
  private mutating func readAhead(_ turn: inout Turn) {
    guard let result, !result.isPlan, pending.isEmpty, let grid = deck.panels.first?.grid, !grid.isEmpty
    else {
      return
    }
    let margin = min(100, grid.page * 2)
    let end = result.offset + grid.table.rows.count
    if end < result.total, grid.selected >= grid.count - margin {
      fetch(from: end, result, &turn)
    } else if result.offset > 0, grid.selected < margin {
      fetch(from: max(0, result.offset - Self.pageSize), result, &turn)
    }
  }

  private mutating func fetch(from start: Int, _ result: Result, _ turn: inout Turn) {
    pending = [
      turn.request { .query(.rows(of: result.id, from: start, limit: Self.pageSize), request: $0) }
    ]
  }

  // MARK: Answers

  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn) {
    pending.removeAll { $0.id == request }
    switch answer {
    case .query(.catalogue(let found)): catalogue = found
    case .query(.plan(let table)): show(table, total: table.rows.count, id: 0, isPlan: true)
    case .query(.page(let page, let id)):
      let table = ValueTable(columns: page.columns, rows: page.rows)
      if asked != nil {
        show(table, total: page.total, id: id, isPlan: false)
      } else {
        take(page, id)
      }
      readAhead(&turn)
    case .failure(let reason):
      if asked != nil || result == nil { failure = reason.message }
      if reason.isUnasked { unasked = asked }
      if asked != nil { isEditing = saved == nil || editor.text != saved?.sql }
      asked = nil
      turn.say(reason.message, .danger)
    default: return
    }
  }

  private mutating func show(_ table: ValueTable, total: Int, id: Int, isPlan: Bool) {
    guard let asked else { return }
    self.asked = nil
    failure = nil
    result = Result(
      sql: asked.sql, parameters: asked.parameters, id: id, total: total, offset: 0, isPlan: isPlan)
    // Names may stand twice in a query's answer, and a table knows its columns by name.
    let rows = Self.withDistinctNames(table)
    let isSame = deck.panels.first?.grid.table.columns == rows.columns
    let showsTable = isSame ? deck.panels.first?.showsTable ?? true : true
    var panel = Panel(id: isPlan ? "plan" : "rows", title: isPlan ? "Plan" : "Rows", grid: Grid(table: rows))
    panel.showsTable = showsTable
    deck = PanelDeck([panel])
  }

  private static func withDistinctNames(_ table: ValueTable) -> ValueTable {
    var names: Set<String> = []
    let columns = table.columns.map { column in
      var name = column.name
      var number = 2
      while !names.insert(name).inserted {
        name = "\(column.name)_\(number)"
        number += 1
      }
      return ValueColumn(name: name, kind: column.kind)
    }
    return ValueTable(columns: columns, rows: table.rows)
  }

  /// Takes further rows of the result, or those around a place that was jumped to.
  private mutating func take(_ page: QuerySession.Page, _ id: Int) {
    guard let result, result.id == id else { return }
    let held = deck.panels.first?.grid.table.rows.count ?? 0
    let end = result.offset + held
    var offset = result.offset
    deck.withFocused { panel in
      if page.start == end {
        offset += panel.grid.extend(with: page.rows, atEnd: true, limit: Self.windowSize)
      } else if page.start < offset, page.start + page.rows.count >= offset {
        let before = Array(page.rows.prefix(offset - page.start))
        _ = panel.grid.extend(with: before, atEnd: false, limit: Self.windowSize)
        offset = page.start
      } else {
        let columns = panel.grid.table.columns
        panel.grid.replace(ValueTable(columns: columns, rows: page.rows), marksChanges: false)
        offset = page.start
        panel.grid.select(page.start == 0 ? 0 : panel.grid.count - 1)
      }
    }
    self.result?.offset = offset
  }

  // MARK: Typing

  mutating func type(_ key: Key, _ turn: inout Turn) -> Bool {
    guard isEditing else { return false }
    switch key {
    case .escape:
      completion = nil
      // Also without rows: the next Escape goes back, and the number keys lead to the other screens.
      isEditing = false
      return true
    case .control("r"), .function(5): ask(isPlan: false, &turn)
    case .control("x"): ask(isPlan: true, &turn)
    case .control("o"): chooseSaved(&turn)
    case .control("p"): recall(by: -1)
    case .control("n"): recall(by: 1)
    case .tab: complete(by: 1)
    case .backTab: complete(by: -1)
    default:
      guard editor.handle(key) else { return false }
      completion = nil
    }
    return true
  }

  mutating func paste(_ text: String) -> Bool {
    guard isEditing else { return false }
    completion = nil
    editor.insert(text)
    return true
  }

  private mutating func complete(by step: Int) {
    if var current = completion {
      let length = current.length
      current.step(by: step)
      editor.replace(last: length, with: current.candidates[current.selected])
      completion = current
      return
    }
    let before = editor.beforeCursor
    let word = QueryCompletion.word(before)
    guard !word.isEmpty else {
      editor.insert("  ")
      return
    }
    guard
      let found = QueryCompletion(
        before: before, text: editor.text, catalogue: catalogue ?? QueryCatalogue(tables: []))
    else { return }
    editor.replace(last: word.count, with: found.candidates[found.selected])
    completion = found
  }

  private mutating func recall(by step: Int) {
    let count = history.texts.count
    guard count > 0 else { return }
    let next = (historyPlace ?? count) + step
    guard next >= 0, next <= count else { return }
    if historyPlace == nil { draft = editor.text }
    historyPlace = next == count ? nil : next
    editor = TextEditor(next == count ? draft : history.texts[next])
    completion = nil
  }

  private func chooseSaved(_ turn: inout Turn) {
    guard !queries.isEmpty else {
      turn.say("there are no saved queries in queries/saved", .warning)
      return
    }
    turn.overlay = .picker(
      Picker(
        kind: .savedQuery, title: "Saved queries",
        items: queries.map { Picker.Item(name: $0.name, title: $0.title) }, selected: 0))
  }

  /// Puts a saved query into the editor and runs it.
  mutating func take(savedQuery name: String, _ turn: inout Turn) {
    guard let query = queries.first(where: { $0.name == name }) else { return }
    editor = TextEditor(query.sql)
    parameters = Self.defaults(of: query)
    refresh(&turn)
  }

  mutating func take(chart kind: ChartKind) {
    chart = kind
    deck.withFocused { $0.showsTable = false }
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .table, .chartKind:
      if deck.focused?.grid.isEmpty ?? true { return "there are no rows here" }
      return result?.isPlan == true ? "a plan has no chart" : nil
    case .zoom, .nextCard, .previousCard: return "there is one table here"
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .explain: return editor.isEmpty ? "there is no query to explain" : nil
    case .savedQueries: return queries.isEmpty ? "there are no saved queries in queries/saved" : nil
    case .sort, .reverseSort, .filter, .search, .nextMatch, .previousMatch:
      guard isWhole else { return "not all rows are held here; order and narrow them in the query" }
      return panelReason(action)
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    switch action {
    case .edit: isEditing = true
    case .explain: ask(isPlan: true, &turn)
    case .savedQueries: chooseSaved(&turn)
    case .chartKind:
      let kinds: [ChartKind] = [
        .bars, .columns, .line, .sparkline, .histogram, .gauges, .stackedBars, .heatmap,
      ]
      turn.overlay = .picker(
        Picker(
          kind: .chart, title: "Chart of the rows held",
          items: kinds.map { Picker.Item(name: $0.rawValue, title: Self.title(of: $0)) },
          selected: kinds.firstIndex(of: chart) ?? 0))
    case .top: jump(to: (count ?? 1) - 1, &turn)
    case .bottom: jump(to: count.map { $0 - 1 } ?? (result?.total ?? 1) - 1, &turn)
    case .open: openRow(&turn)
    default:
      _ = performOnPanels(action, count: count)
      readAhead(&turn)
    }
  }

  private static func title(of kind: ChartKind) -> String {
    switch kind {
    case .bars: "Bars: first text by first number"
    case .columns: "Columns, in the order of the rows"
    case .line: "Line, in the order of the rows"
    case .sparkline: "Sparkline"
    case .histogram: "Histogram of the first number"
    case .gauges: "Gauges, of scores from 0 to 1"
    case .stackedBars: "Stacked bars: first text by second text"
    case .heatmap: "Heat map: first text by second text"
    case .table: "Table"
    case .figures: "Figures"
    }
  }

  private mutating func jump(to row: Int, _ turn: inout Turn) {
    guard let result, let grid = deck.focused?.grid else { return }
    let row = max(0, min(row, result.total - 1))
    let held = result.offset..<(result.offset + grid.table.rows.count)
    // Rows that are filtered or sorted here have places of their own.
    let isWhole = isWhole
    guard !isWhole, !held.contains(row) else {
      deck.withFocused { $0.grid.select(row - (isWhole ? 0 : result.offset)) }
      readAhead(&turn)
      return
    }
    turn.cancel(pending)
    // The row asked for is the last of those read, or the first of all.
    fetch(from: row == 0 ? 0 : max(0, row - Self.pageSize + 1), result, &turn)
  }

  private func openRow(_ turn: inout Turn) {
    guard let grid = deck.focused?.grid else { return }
    if case .integer(let id)? = grid.value(grid.selected, "customer_id") {
      turn.moves.append(.open(CustomerScreen(id: id)))
    } else {
      turn.overlay = Popup.of(grid.selectedCells, title: title, text: turn.text).map { .popup($0) }
    }
  }

  mutating func select(_ target: HitTarget.Part) {
    switch target {
    case .panel(let panel): isEditing = panel == Self.editorPanel
    case .row(_, let position):
      isEditing = false
      deck.withFocused { $0.grid.select(position) }
    case .tab, .item: return
    }
  }

  static let editorPanel = 1

  var exportName: String { saved.map { "query-" + $0.name } ?? "query" }

  var exportContent: ExportOrder.Content {
    guard let result, !isWhole, !result.isPlan else { return .table(exportTable) }
    return .query(result.sql, parameters: result.parameters)
  }
}
