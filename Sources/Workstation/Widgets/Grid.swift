import Languages
import Pipeline

/// Rows with a selection, a sort order, a filter and a search: what lies behind every list and chart.
///
/// `order` holds the rows shown, as indices into `table.rows`. Where the database sorts and filters
/// (`isServed`), the order is that of the table.
struct Grid: Sendable {
  private(set) var table: ValueTable
  /// In the order shown; hidden ones included.
  var columns: [Column]
  let isServed: Bool
  /// Whose value tells that a row of a reload is the same; nil: all of the text columns.
  let keyColumn: String?
  private(set) var order: [Int]
  private(set) var sort: SortOrder?
  private(set) var filter: RowFilter?
  var search = ""
  /// Index into `order`; 0 where there are no rows.
  private(set) var selected = 0
  /// The first row on the screen.
  private(set) var top = 0
  /// How many rows the screen holds.
  private(set) var page = 1
  /// Visible columns scrolled out at the left, after the first.
  private(set) var left = 0
  /// Cells whose value the last reload changed.
  private(set) var changed: Set<CellPlace> = []
  /// The widest value of each column of `columns`, by name.
  private(set) var widths: [String: Int] = [:]
  /// The different words of text columns that hold few, by name: other languages have them in other widths.
  private var words: [String: Set<String>] = [:]

  struct CellPlace: Sendable, Hashable {
    let row: Int
    let column: Int
  }

  init(
    table: ValueTable, columns: [Column]? = nil, keyColumn: String? = nil, isServed: Bool = false,
    sort: SortOrder? = nil
  ) {
    self.table = table
    self.columns = columns ?? table.columns.map { Column(name: $0.name, kind: $0.kind) }
    self.keyColumn = keyColumn ?? table.columns.first { $0.name == "customer_id" }?.name
    self.isServed = isServed
    self.sort = sort
    order = []
    arrange()
  }

  static let empty = Grid(table: ValueTable(columns: [], rows: []))

  var count: Int { order.count }
  var isEmpty: Bool { order.isEmpty }
  var visibleColumns: [Column] { columns.filter(\.isVisible) }

  /// The cells of the row at a place of the order.
  func row(_ position: Int) -> [Value]? {
    order.indices.contains(position) ? table.rows[order[position]] : nil
  }

  var selectedRow: [Value]? { row(selected) }

  /// A value by the place of its row in the order and the name of its column.
  func value(_ position: Int, _ column: String) -> Value? {
    guard let row = row(position), let index = table.columnIndex(column) else { return nil }
    return row[index]
  }

  /// Facts with their captions need no line of titles.
  var hasTitles: Bool { columns.contains { !$0.title.isEmpty } }

  /// A cell's text; a level that a person set ends with `*`.
  func shown(_ row: [Value], _ column: Column, _ index: Int, _ text: ValueText) -> String {
    let shown = text.text(row[index], of: column)
    guard column.isLevel, let mark = table.columnIndex(CustomerListFields.levelSetByHand),
      row.indices.contains(mark), row[mark] == .boolean(true), row[index] != .null
    else { return shown }
    return shown + "*"
  }

  func isChanged(_ position: Int, _ column: String) -> Bool {
    guard !changed.isEmpty, order.indices.contains(position), let index = table.columnIndex(column) else {
      return false
    }
    return changed.contains(CellPlace(row: order[position], column: index))
  }

  // MARK: Moving

  mutating func select(_ position: Int) {
    selected = max(0, min(position, count - 1))
    scroll()
  }

  mutating func move(by rows: Int) {
    let target = selected.addingReportingOverflow(rows)
    select(target.overflow ? (rows < 0 ? 0 : count - 1) : target.partialValue)
  }

  mutating func scrollColumns(by columns: Int) {
    left = max(0, min(left + columns, max(0, visibleColumns.count - 2)))
  }

  /// Tells how many rows the screen shows, and keeps the selected one among them.
  mutating func setPage(_ rows: Int) {
    page = max(1, rows)
    scroll()
  }

  private mutating func scroll() {
    if selected < top { top = selected }
    if selected >= top + page { top = selected - page + 1 }
    top = max(0, min(top, count - page))
  }

  // MARK: Rows

  /// Takes the rows of a reload: the selected row stays where it is still there, and changed cells are marked.
  mutating func replace(_ new: ValueTable, marksChanges: Bool = true) {
    let key = selectedRow.map(rowKey)
    let oldRows = marksChanges ? keyedRows() : [:]
    let hadColumns = table.columns
    table = new
    if hadColumns != new.columns { adoptColumns() }
    changed = []
    if marksChanges, hadColumns == new.columns, !oldRows.isEmpty {
      for (position, row) in new.rows.enumerated() {
        guard let old = oldRows[rowKey(row)] else { continue }
        for column in row.indices where row[column] != old[column] {
          changed.insert(CellPlace(row: position, column: column))
        }
      }
    }
    arrange(keeping: key)
  }

  /// Adds rows behind those that are there; the selected row stays.
  mutating func append(_ rows: [[Value]]) {
    let key = selectedRow.map(rowKey)
    table = ValueTable(columns: table.columns, rows: table.rows + rows)
    changed = []
    arrange(keeping: key)
  }

  /// Adds rows behind or before those of a served list and keeps the selected row; drops what exceeds `limit`
  /// at the other end.
  /// - Returns: How many rows were dropped.
  mutating func extend(with rows: [[Value]], atEnd: Bool, limit: Int) -> Int {
    var all = table.rows
    var dropped = 0
    var shift = 0
    if atEnd {
      all += rows
      dropped = max(0, all.count - limit)
      all.removeFirst(dropped)
      shift = -dropped
    } else {
      all = rows + all
      dropped = max(0, all.count - limit)
      all.removeLast(dropped)
      shift = rows.count
    }
    table = ValueTable(columns: table.columns, rows: all)
    order = Array(all.indices)
    changed = []
    selected = max(0, min(selected + shift, count - 1))
    top = max(0, top + shift)
    scroll()
    return dropped
  }

  private func rowKey(_ row: [Value]) -> [Value] {
    if let keyColumn, let index = table.columnIndex(keyColumn), row.indices.contains(index) {
      return [row[index]]
    }
    let texts = zip(table.columns, row).filter { $0.0.kind == .text }.map(\.1)
    return texts.isEmpty ? Array(row.prefix(1)) : texts
  }

  private func keyedRows() -> [[Value]: [Value]] {
    var keyed: [[Value]: [Value]] = [:]
    for row in table.rows { keyed[rowKey(row)] = row }
    return keyed
  }

  /// Keeps the settings of columns that are still there.
  private mutating func adoptColumns() {
    let kept = columns.filter { table.columnIndex($0.name) != nil }
    let added = table.columns.filter { column in !kept.contains { $0.name == column.name } }
    columns = kept + added.map { Column(name: $0.name, kind: $0.kind) }
  }

  // MARK: Sort, filter, search

  mutating func setSort(_ order: SortOrder?) {
    let key = selectedRow.map(rowKey)
    sort = order
    arrange(keeping: key)
  }

  mutating func setFilter(_ new: RowFilter?) {
    let key = selectedRow.map(rowKey)
    filter = new
    arrange(keeping: key)
  }

  /// Selects the next row that holds the search text, as it is or as `text` shows it, from the selected one on; wraps
  /// around.
  /// - Returns: False where no row does.
  mutating func selectMatch(isForward: Bool, includesSelected: Bool = false, shown text: ValueText) -> Bool {
    guard !search.isEmpty, count > 0 else { return false }
    let needle = search.lowercased()
    for step in (includesSelected ? 0 : 1)...count {
      let position = ((selected + (isForward ? step : -step)) % count + count) % count
      if matches(position, needle, text) {
        select(position)
        return true
      }
    }
    return false
  }

  private func matches(_ position: Int, _ needle: String, _ text: ValueText) -> Bool {
    guard let row = row(position) else { return false }
    return row.contains { $0.searchText.lowercased().holds(needle) }
      || columns.contains { column in
        guard column.isVisible, let index = table.columnIndex(column.name) else { return false }
        return shown(row, column, index, text).lowercased().holds(needle)
      }
  }

  /// Works the order of rows out anew.
  private mutating func arrange(keeping key: [Value]? = nil) {
    var rows = Array(table.rows.indices)
    if !isServed {
      if let filter { rows = rows.filter { filter.accepts(table.rows[$0], of: table.columns) } }
      if let sort, let index = table.columnIndex(sort.column) {
        rows.sort { first, second in
          let left = table.rows[first][index]
          let right = table.rows[second][index]
          if left == right { return first < second }
          // NULL stays last either way, as a reader expects of missing values.
          if left == .null || right == .null { return right == .null }
          return sort.isDescending ? right.precedes(left) : left.precedes(right)
        }
      }
    }
    order = rows
    measure()
    if let key, let position = rows.firstIndex(where: { rowKey(table.rows[$0]) == key }) {
      selected = position
    }
    select(selected)
  }

  /// Finds the widest value of each column among the first rows.
  private mutating func measure() {
    widths = [:]
    words = [:]
    let text = ValueText()
    for column in columns {
      guard let index = table.columnIndex(column.name) else { continue }
      if case .fixed = column.width { continue }
      var widest = 0
      for row in order.prefix(200) {
        widest = max(widest, displayWidth(shown(table.rows[row], column, index, text)))
      }
      widths[column.name] = widest
      if column.kind == .text { words[column.name] = words(ofColumn: index) }
    }
  }

  /// The words of a column; nil where there are more than a vocabulary has.
  private func words(ofColumn index: Int) -> Set<String>? {
    var words: Set<String> = []
    for row in order.prefix(200) {
      guard case .text(let word) = table.rows[row][index] else { continue }
      words.insert(word)
      if words.count > 16 { return nil }
    }
    return words
  }

  /// The widest value of a column as a language shows it.
  func width(of column: String, _ language: Language) -> Int {
    guard language.hasWords(in: column), let words = words[column] else { return widths[column] ?? 0 }
    return words.map { displayWidth(language.word($0, in: column)) }.max() ?? 0
  }
}

extension Value {
  /// The text a search or filter looks at; NULL has none.
  var searchText: String {
    switch self {
    case .null: ""
    case .text(let text): text
    case .integer(let integer): String(integer)
    case .number(let number): "\(number)"
    case .boolean(let truth): truth ? "yes" : "no"
    }
  }

  /// Of a time: as seconds, or as PostgreSQL writes it.
  var secondsSince1970: Double? {
    if case .text(let text) = self { return CivilTime.seconds(ofTimestamp: text) }
    return number
  }

  /// The text of a bind; nil: NULL.
  var bindText: String? {
    switch self {
    case .null: nil
    case .boolean(let truth): truth ? "true" : "false"
    default: searchText
    }
  }

  /// The order of values: numbers by size, texts without regard to case, kinds apart.
  func precedes(_ other: Value) -> Bool {
    switch (self, other) {
    case (.text(let left), .text(let right)):
      let (lowerLeft, lowerRight) = (left.lowercased(), right.lowercased())
      return lowerLeft == lowerRight ? left < right : lowerLeft < lowerRight
    case (.boolean(let left), .boolean(let right)): return !left && right
    default:
      if let left = number, let right = other.number { return left < right }
      return rank < other.rank
    }
  }

  private var rank: Int {
    switch self {
    case .boolean: 0
    case .integer, .number: 1
    case .text: 2
    case .null: 3
    }
  }
}
