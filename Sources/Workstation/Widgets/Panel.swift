import Pipeline

/// A card or section of a screen: a box around rows.
struct Panel: Sendable {
  let id: String
  var title: String
  var grid: Grid
  /// A chart is shown as its rows.
  var showsTable = false
  /// The panel is a text or a drawing; there are no rows to move among.
  var isStatic = false

  /// What `undo` brings back; the data stay.
  struct View: Sendable, Hashable {
    let columns: [Column]
    let sort: SortOrder?
    let filter: RowFilter?
    let showsTable: Bool
  }

  var view: View {
    get { View(columns: grid.columns, sort: grid.sort, filter: grid.filter, showsTable: showsTable) }
    set {
      grid.columns = newValue.columns
      grid.setSort(newValue.sort)
      grid.setFilter(newValue.filter)
      showsTable = newValue.showsTable
    }
  }
}

/// The panels of a screen with the one that has the keys.
struct PanelDeck: Sendable {
  var panels: [Panel]
  var focus = 0
  var isZoomed = false
  private(set) var history: [View] = []

  struct View: Sendable, Hashable {
    let focus: Int
    let isZoomed: Bool
    let panels: [Panel.View]
  }

  /// More steps back than anyone takes.
  private static let longestHistory = 50

  init(_ panels: [Panel]) {
    self.panels = panels
  }

  var focused: Panel? { panels.indices.contains(focus) ? panels[focus] : nil }

  mutating func withFocused(_ change: (inout Panel) -> Void) {
    guard panels.indices.contains(focus) else { return }
    change(&panels[focus])
  }

  mutating func moveFocus(by step: Int) {
    guard !panels.isEmpty else { return }
    focus = ((focus + step) % panels.count + panels.count) % panels.count
  }

  /// Notes the view as it is, before a change.
  mutating func remember() {
    history.append(View(focus: focus, isZoomed: isZoomed, panels: panels.map(\.view)))
    if history.count > Self.longestHistory { history.removeFirst() }
  }

  mutating func undo() {
    guard let last = history.popLast() else { return }
    isZoomed = last.isZoomed
    focus = min(last.focus, max(0, panels.count - 1))
    for (position, view) in last.panels.enumerated() where panels.indices.contains(position) {
      if panels[position].view != view { panels[position].view = view }
    }
  }

  /// Takes new panels and keeps the view of those that were there before; their rows are replaced.
  mutating func update(_ new: [Panel], marksChanges: Bool = true) {
    if panels.map(\.id) != new.map(\.id) { history = [] }
    let focusedID = focused?.id
    panels = new.map { panel in
      guard var known = panels.first(where: { $0.id == panel.id }) else { return panel }
      known.title = panel.title
      known.isStatic = panel.isStatic
      known.grid.replace(panel.grid.table, marksChanges: marksChanges)
      return known
    }
    focus = panels.firstIndex { $0.id == focusedID } ?? min(focus, max(0, panels.count - 1))
  }
}

/// A screen made of panels.
protocol PanelScreen: Screen, Searchable, Filterable, Sortable, HasColumns, Exportable, Undoable {
  var deck: PanelDeck { get set }
  /// Where each panel stands; nil: not on the screen at this size.
  func layout(in area: Rect) -> [Rect?]
  /// The rows of a panel's grid that fit its box.
  func page(of panel: Int, in box: Rect) -> Int
  /// What stands at the right of a panel's upper border, before the filter and the position.
  func notes(of panel: Int, _ painter: Painter) -> [String]
  func noteRole(of panel: Int) -> Role
  /// The panel shows rows that may not all fit, and how far it is scrolled.
  func scrolls(_ panel: Int) -> Bool
  /// Why a panel has nothing to show; nil: it has.
  func emptyReason(of panel: Int) -> (text: String, role: Role)?
  /// Draws a panel that is not simply its rows.
  /// - Returns: False where it is; then the rows are drawn.
  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool
}

extension PanelScreen {
  /// The place of the panel alone that fills the area.
  func single(_ panel: Int, in area: Rect) -> [Rect?] {
    deck.panels.indices.map { $0 == panel ? area : nil }
  }

  mutating func settle(in area: Rect) {
    for (position, box) in layout(in: area).enumerated() {
      guard let box, deck.panels.indices.contains(position) else { continue }
      deck.panels[position].grid.setPage(page(of: position, in: box))
    }
  }

  mutating func select(_ target: HitTarget.Part) {
    switch target {
    case .panel(let panel):
      if deck.panels.indices.contains(panel) { deck.focus = panel }
    case .row(let panel, let position):
      guard deck.panels.indices.contains(panel) else { return }
      deck.focus = panel
      deck.panels[panel].grid.select(position)
    case .tab, .item: return
    }
  }

  /// The actions every screen of panels answers alike.
  /// - Returns: False where the action is not among them.
  mutating func performOnPanels(_ action: Action, count: Int?) -> Bool {
    let step = count ?? 1
    switch action {
    case .up: deck.withFocused { $0.grid.move(by: -step) }
    case .down: deck.withFocused { $0.grid.move(by: step) }
    case .left: deck.withFocused { $0.grid.scrollColumns(by: -step) }
    case .right: deck.withFocused { $0.grid.scrollColumns(by: step) }
    case .pageUp: deck.withFocused { $0.grid.move(by: -$0.grid.page * step) }
    case .pageDown: deck.withFocused { $0.grid.move(by: $0.grid.page * step) }
    case .top: deck.withFocused { $0.grid.select(count.map { $0 - 1 } ?? 0) }
    case .bottom:
      deck.withFocused { panel in panel.grid.select(count.map { $0 - 1 } ?? panel.grid.count - 1) }
    case .nextCard: deck.moveFocus(by: step)
    case .previousCard: deck.moveFocus(by: -step)
    case .zoom:
      deck.remember()
      deck.isZoomed.toggle()
    case .table:
      deck.remember()
      deck.withFocused { $0.showsTable.toggle() }
    default: return false
    }
    return true
  }

  /// The reasons that depend on the panels alone.
  func panelReason(_ action: Action) -> String? {
    switch action {
    case .sort, .reverseSort, .search, .filter, .value, .copy, .copyRow, .export, .columns:
      if deck.focused.map({ $0.isStatic || $0.grid.table.rows.isEmpty }) ?? true {
        return "there are no rows here"
      }
      return nil
    case .nextMatch, .previousMatch: return searchText.isEmpty ? "search for a text first" : nil
    case .clearFilters: return filterText.isEmpty ? "there is no filter" : nil
    case .undo: return canUndo ? nil : "there is nothing to undo"
    default: return nil
    }
  }

  // MARK: Capabilities over the focused panel

  var searchText: String { deck.focused?.grid.search ?? "" }

  mutating func search(_ text: String, shown: ValueText) -> Bool {
    var isFound = false
    deck.withFocused { panel in
      panel.grid.search = text
      isFound = panel.grid.selectMatch(isForward: true, includesSelected: true, shown: shown)
    }
    return isFound
  }

  mutating func selectMatch(isForward: Bool, shown: ValueText) -> Bool {
    var isFound = false
    deck.withFocused { isFound = $0.grid.selectMatch(isForward: isForward, shown: shown) }
    return isFound
  }

  var filterText: String { deck.focused?.grid.filter?.text ?? "" }

  mutating func filter(_ text: String, _ turn: inout Turn) throws(FilterError) {
    guard let columns = deck.focused?.grid.columns else { return }
    let filter = try RowFilter(text, columns: columns, shown: turn.text)
    deck.remember()
    deck.withFocused { $0.grid.setFilter(filter.isEmpty ? nil : filter) }
  }

  var sortOrder: SortOrder? { deck.focused?.grid.sort }

  mutating func sort(by order: SortOrder, _ turn: inout Turn) {
    deck.remember()
    deck.withFocused { $0.grid.setSort(order) }
  }

  var columns: [Column] { deck.focused?.grid.columns ?? [] }

  mutating func setColumns(_ columns: [Column]) {
    deck.remember()
    deck.withFocused { $0.grid.columns = columns }
  }

  var exportName: String { "\(place.name)-\(deck.focused?.id ?? "rows")" }

  var exportTable: ValueTable { deck.focused?.grid.shownTable ?? Grid.empty.table }

  var selectedCells: [(column: Column, value: Value)] { deck.focused?.grid.selectedCells ?? [] }

  var canUndo: Bool { !deck.history.isEmpty }

  mutating func undo(_ turn: inout Turn) { deck.undo() }
}

extension Grid {
  /// The rows and visible columns as shown.
  var shownTable: ValueTable {
    let shown = visibleColumns.compactMap { column in table.columnIndex(column.name) }
    return ValueTable(
      columns: shown.map { table.columns[$0] },
      rows: order.map { row in shown.map { table.rows[row][$0] } })
  }

  /// The selected row with all of its columns, visible ones first in their order.
  var selectedCells: [(column: Column, value: Value)] {
    guard let row = selectedRow else { return [] }
    return (visibleColumns + columns.filter { !$0.isVisible }).compactMap { column in
      table.columnIndex(column.name).map { (column, row[$0]) }
    }
  }
}
