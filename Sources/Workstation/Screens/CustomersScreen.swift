import Pipeline

/// The customer list: a window of rows that slides over the whole list by keyset reads.
struct CustomersScreen: Screen, Searchable, Filterable, Sortable, HasColumns, Exportable, Refreshable,
  Undoable
{
  /// Conditions a drill came with.
  private(set) var drillFilters: [CustomerListFilter]
  /// The title of the card the drill came from.
  let origin: String?
  private(set) var filter: RowFilter?
  private(set) var order: CustomerListSort
  private(set) var grid: Grid
  private(set) var pending: [Pending] = []
  private(set) var failure: String?
  var isStale = false
  var publication: Publication? { nil }

  private var hasRows = false
  private var isAtStart = true
  private var isAtEnd = false
  /// Rows of the list before the window; nil: not known after a jump to the end.
  private var offset: Int? = 0
  /// The row just before the window where it is known.
  private var predecessor: CustomerListPosition?
  private(set) var estimatedTotal: Int64?
  private(set) var exactTotal: Int64?
  private var countRequest: RequestID?
  private var reload: RequestID?
  /// Where a list is to be read from that was asked for and has not come; nil: the rows held are those asked for.
  private var wanted: CustomerListRequest.Start? = .first
  /// A count was asked for and has not come.
  private var wantsCount = false
  private var history: [View] = []

  /// Rows of a read, and the most the window holds.
  static let pageSize = 200
  static let windowSize = 1_000

  private struct View: Sendable, Hashable {
    let drillFilters: [CustomerListFilter]
    let filter: RowFilter?
    let order: CustomerListSort
    let columns: [Column]
  }

  init(
    drillFilters: [CustomerListFilter] = [], origin: String? = nil,
    order: CustomerListSort = CustomerListRequest().sort, visibleColumns: [String] = []
  ) {
    self.drillFilters = drillFilters
    self.origin = origin
    self.order = order
    grid = Self.grid([], order, CustomerListFields.columns(visible: visibleColumns))
  }

  /// Takes order and columns from the preferences.
  mutating func adopt(_ preferences: Preferences) {
    guard !hasRows else { return }
    order = preferences.customerSort
    grid = Self.grid([], order, CustomerListFields.columns(visible: preferences.customerColumns))
  }

  private static func grid(_ rows: [[Value]], _ order: CustomerListSort, _ columns: [Column]) -> Grid {
    Grid(
      table: ValueTable(columns: CustomerListFields.rows, rows: rows), columns: columns,
      keyColumn: "customer_id",
      isServed: true, sort: SortOrder(column: order.field, isDescending: order.isDescending))
  }

  var place: Place { .customers }
  var contexts: [KeyContext] { [.customers, .everywhere] }

  var title: String {
    let conditions = drillFilters.map(\.words).joined(separator: ", ")
    return conditions.isEmpty ? "Customers" : "Customers: \(conditions)"
  }

  // MARK: Reading

  /// All conditions: the drill's and those of the filter line.
  var filters: [CustomerListFilter] {
    drillFilters
      + (filter?.conditions ?? []).map { condition in
        if let column = condition.column {
          return CustomerListFilter(field: column, comparison: condition.comparison, value: condition.value)
        }
        // A bare number is an id, a bare word part of a name.
        if condition.comparison == .contains, case .text(let text) = condition.value, let id = Int64(text) {
          return CustomerListFilter(field: "customer_id", comparison: .equals, value: .integer(id))
        }
        return CustomerListFilter(
          field: "full_name", comparison: condition.comparison, value: condition.value)
      }
  }

  func request(_ start: CustomerListRequest.Start, limit: Int = pageSize) -> CustomerListRequest {
    CustomerListRequest(sort: order, filters: filters, start: start, limit: limit)
  }

  mutating func open(_ turn: inout Turn) {
    if let wanted, pending.isEmpty { restart(&turn, from: wanted) }
  }

  /// Reads from the first row, or from another place.
  private mutating func restart(_ turn: inout Turn, from start: CustomerListRequest.Start = .first) {
    wanted = start
    let request = request(start)
    replaceRead(with: turn.request { .loadCustomers(request, request: $0) }, &turn)
    reload = nil
  }

  /// A count under way goes on beside the rows.
  private mutating func replaceRead(with read: Pending, _ turn: inout Turn) {
    turn.cancel(pending.filter { $0.id != countRequest })
    pending = [read] + pending.filter { $0.id == countRequest }
  }

  private mutating func askCount(_ turn: inout Turn) {
    dropCount(&turn)
    let filters = filters
    let asked = turn.request { .countCustomers(filters: filters, request: $0) }
    pending.append(asked)
    countRequest = asked.id
    wantsCount = true
  }

  /// What was counted is not this list any more.
  private mutating func dropCount(_ turn: inout Turn) {
    turn.cancel(pending.filter { $0.id == countRequest })
    pending.removeAll { $0.id == countRequest }
    countRequest = nil
    exactTotal = nil
    wantsCount = false
  }

  mutating func refresh(_ turn: inout Turn) {
    if wantsCount { askCount(&turn) } else { exactTotal = nil }
    if let wanted { return restart(&turn, from: wanted) }
    var start = CustomerListRequest.Start.first
    if !isAtStart, let before = predecessor ?? position(ofRow: 0) { start = .after(before) }
    let request = request(start, limit: max(Self.pageSize, min(Self.windowSize, grid.count)))
    let asked = turn.request { .loadCustomers(request, request: $0) }
    replaceRead(with: asked, &turn)
    reload = asked.id
  }

  mutating func forgetPending() {
    pending = []
    countRequest = nil
    wantsCount = false
  }

  /// Reads on where the selection comes near an end of the window.
  private mutating func readAhead(_ turn: inout Turn) {
    guard wanted == nil, pending.allSatisfy({ $0.id == countRequest }), !grid.isEmpty else { return }
    let margin = min(100, grid.page * 2)
    if !isAtEnd, grid.selected >= grid.count - margin, let last = position(ofRow: grid.count - 1) {
      let request = request(.after(last))
      replaceRead(with: turn.request { .loadCustomers(request, request: $0) }, &turn)
    } else if !isAtStart, grid.selected < margin, let first = position(ofRow: 0) {
      let request = request(.before(first))
      replaceRead(with: turn.request { .loadCustomers(request, request: $0) }, &turn)
    }
  }

  private func position(ofRow row: Int) -> CustomerListPosition? {
    guard let value = grid.value(row, order.field), case .integer(let id)? = grid.value(row, "customer_id")
    else {
      return nil
    }
    return CustomerListPosition(sortValue: value, customerID: id)
  }

  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn) {
    pending.removeAll { $0.id == request }
    switch answer {
    case .customers(let page):
      failure = nil
      estimatedTotal = page.estimatedTotal
      take(page, isReload: reload == request)
      hasRows = true
      wanted = nil
      readAhead(&turn)
    case .count(let count) where countRequest == request:
      exactTotal = count
      countRequest = nil
      wantsCount = false
    case .failure(let reason) where countRequest == request:
      countRequest = nil
      wantsCount = reason.isUnasked
      turn.say(reason.message, .danger)
    case .failure(let reason):
      failure = reason.message
      if hasRows { turn.say(reason.message, .danger) }
    default: return
    }
  }

  private mutating func take(_ page: CustomerListPage, isReload: Bool) {
    let table = ValueTable(columns: CustomerListFields.rows, rows: page.rows)
    if isReload {
      grid.replace(table)
      isAtEnd = page.isLast
      return
    }
    switch page.request.start {
    case .first:
      grid.replace(table, marksChanges: false)
      grid.select(0)
      (isAtStart, isAtEnd, offset, predecessor) = (true, page.isLast, 0, nil)
    case .last:
      grid.replace(table, marksChanges: false)
      grid.select(grid.count - 1)
      (isAtStart, isAtEnd, offset, predecessor) = (page.isLast, true, page.isLast ? 0 : nil, nil)
    case .after:
      let before = grid
      let dropped = grid.extend(with: page.rows, atEnd: true, limit: Self.windowSize)
      isAtEnd = page.isLast
      if dropped > 0 {
        isAtStart = false
        offset = offset.map { $0 + dropped }
        predecessor = Self.position(in: before, row: dropped - 1, order)
      }
    case .before:
      let dropped = grid.extend(with: page.rows, atEnd: false, limit: Self.windowSize)
      if dropped > 0 { isAtEnd = false }
      isAtStart = page.isLast
      offset = isAtStart ? 0 : offset.map { max(0, $0 - page.rows.count) }
      predecessor = nil
    }
  }

  private static func position(in grid: Grid, row: Int, _ order: CustomerListSort) -> CustomerListPosition? {
    guard let value = grid.value(row, order.field), case .integer(let id)? = grid.value(row, "customer_id")
    else {
      return nil
    }
    return CustomerListPosition(sortValue: value, customerID: id)
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open, .value, .copy, .copyRow, .export, .search:
      return grid.isEmpty ? "there are no rows here" : nil
    case .nextMatch, .previousMatch: return grid.search.isEmpty ? "search for a text first" : nil
    case .clearFilters: return filters.isEmpty ? "there is no filter" : nil
    case .undo: return canUndo ? nil : "there is nothing to undo"
    case .exactCount: return countRequest == nil ? nil : "counting already"
    default: return nil
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    let step = count ?? 1
    switch action {
    case .up: grid.move(by: -step)
    case .down: grid.move(by: step)
    case .left: grid.scrollColumns(by: -step)
    case .right: grid.scrollColumns(by: step)
    case .pageUp: grid.move(by: -grid.page * min(step, 1_000))
    case .pageDown: grid.move(by: grid.page * min(step, 1_000))
    case .top: jump(toRow: count, orEnd: false, &turn)
    case .bottom: jump(toRow: count, orEnd: true, &turn)
    case .open:
      guard case .integer(let id)? = grid.value(grid.selected, "customer_id") else { return }
      turn.moves.append(.open(CustomerScreen(id: id)))
    case .clearFilters:
      remember()
      filter = nil
      drillFilters = []
      dropCount(&turn)
      restart(&turn)
    case .exactCount: askCount(&turn)
    default: return
    }
    readAhead(&turn)
  }

  private mutating func jump(toRow row: Int?, orEnd isEnd: Bool, _ turn: inout Turn) {
    if let row {
      guard let offset, row > offset, row <= offset + grid.count else {
        turn.say("row \(row) is not among the rows read", .warning)
        return
      }
      grid.select(row - 1 - offset)
    } else if isEnd {
      if isAtEnd { grid.select(grid.count - 1) } else { restart(&turn, from: .last) }
    } else if isAtStart {
      grid.select(0)
    } else {
      restart(&turn)
    }
  }

  mutating func settle(in area: Rect) { grid.setPage(area.height - 3) }

  mutating func select(_ target: HitTarget.Part) {
    if case .row(_, let position) = target { grid.select(position) }
  }

  // MARK: Capabilities

  var searchText: String { grid.search }

  mutating func search(_ text: String, shown: ValueText) -> Bool {
    grid.search = text
    return grid.selectMatch(isForward: true, includesSelected: true, shown: shown)
  }

  mutating func selectMatch(isForward: Bool, shown: ValueText) -> Bool {
    grid.selectMatch(isForward: isForward, shown: shown)
  }

  var filterText: String { filter?.text ?? "" }

  mutating func filter(_ text: String, _ turn: inout Turn) throws(FilterError) {
    let new = try RowFilter(text, columns: CustomerListFields.filterColumns, shown: turn.text)
    remember()
    filter = new.isEmpty ? nil : new
    dropCount(&turn)
    restart(&turn)
  }

  var sortOrder: SortOrder? { grid.sort }

  mutating func sort(by order: SortOrder, _ turn: inout Turn) {
    guard CustomerListFields.all.contains(where: { $0.name == order.column }) else { return }
    remember()
    self.order = CustomerListSort(field: order.column, isDescending: order.isDescending)
    grid.setSort(order)
    restart(&turn)
  }

  var columns: [Column] { grid.columns }

  mutating func setColumns(_ columns: [Column]) {
    remember()
    grid.columns = columns
  }

  var exportName: String { "customers" }
  var exportTable: ValueTable { grid.shownTable }
  var exportContent: ExportOrder.Content { .customers(request(.first)) }
  var selectedCells: [(column: Column, value: Value)] { grid.selectedCells }

  // MARK: Undo

  var canUndo: Bool { !history.isEmpty }

  private mutating func remember() {
    history.append(View(drillFilters: drillFilters, filter: filter, order: order, columns: grid.columns))
    if history.count > 50 { history.removeFirst() }
  }

  mutating func undo(_ turn: inout Turn) {
    guard let last = history.popLast() else { return }
    let isCountedAnew = last.drillFilters != drillFilters || last.filter != filter
    let isOtherList = isCountedAnew || last.order != order
    (drillFilters, filter, order) = (last.drillFilters, last.filter, last.order)
    grid.columns = last.columns
    grid.setSort(SortOrder(column: order.field, isDescending: order.isDescending))
    if isCountedAnew { dropCount(&turn) }
    if isOtherList { restart(&turn) }
  }

  // MARK: Drawing

  /// `row 1,204 of about 1,000,000`
  func positionText(_ text: ValueText) -> String {
    guard hasRows else { return "" }
    let total: String
    if let exactTotal {
      total = text.number(Double(exactTotal), as: .integer)
    } else if isAtEnd, let offset {
      total = text.number(Double(offset + grid.count), as: .integer)
    } else {
      total = "about " + text.number(Double(max(estimatedTotal ?? 0, Int64(grid.count))), as: .integer)
    }
    guard !grid.isEmpty else { return "0 of \(total)" }
    guard let offset else { return "near the end of \(total)" }
    return "\(text.number(Double(offset + grid.selected + 1), as: .integer)) of \(total)"
  }

  func draw(on painter: inout Painter, in area: Rect) {
    painter.target(area, .panel(0))
    let note = [filter.map { "filter \($0.text)" }, positionText(painter.text)].compactMap { $0 }
      .filter { !$0.isEmpty }.map { painter.language($0) }.joined(separator: "  ")
    let inner = painter.box(area, title: title, note: note, isFocused: true)
    if grid.isEmpty {
      let reason = failure ?? (hasRows ? "no customer passes the filter" : "reading customers…")
      painter.emptyNote(reason, in: inner, failure == nil ? .muted : .danger)
      return
    }
    painter.grid(grid, in: inner, panel: 0, isFocused: true)
    let total = Int(clamping: exactTotal ?? estimatedTotal ?? 0)
    painter.scrollMark(
      area, total: max(total, grid.count), top: (offset ?? max(0, total - grid.count)) + grid.top,
      page: grid.page)
  }

  func lines(_ text: ValueText) -> [String] {
    // The place comes last: what a step changes is read out alone.
    (failure.map { [$0] } ?? grid.lines(text)) + [positionText(text)]
  }
}

extension CustomerListFilter {
  /// `level = high`, for titles.
  var words: String {
    let title = CustomerListFields.filterColumns.first { $0.name == field }?.title ?? field
    let operand = value == .null ? "NULL" : ValueText().text(value, as: .plain)
    switch comparison {
    case .equals: return "\(title) = \(operand)"
    case .notEquals: return "\(title) is not \(operand)"
    case .contains: return "\(title) holds \(operand)"
    case .notContains: return "\(title) holds no \(operand)"
    case .matches: return "\(title) matches /\(operand)/"
    case .notMatches: return "\(title) does not match /\(operand)/"
    case .atLeast: return "\(title) >= \(operand)"
    case .atMost: return "\(title) <= \(operand)"
    case .above: return "\(title) > \(operand)"
    case .below: return "\(title) < \(operand)"
    case .isNull: return "\(title) is NULL"
    }
  }
}
