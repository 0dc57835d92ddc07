import Pipeline

/// A screen: what it holds, how it answers actions and data, how it is drawn.
protocol Screen: Sendable {
  var place: Place { get }
  /// For the trail at the top and the palette.
  var title: String { get }
  /// Where its keys are looked up, the most particular first.
  var contexts: [KeyContext] { get }
  /// Requests that have no answer yet.
  var pending: [Pending] { get }
  /// The data shown, nil before any came.
  var publication: Publication? { get }
  /// A run has replaced the data since they were read.
  var isStale: Bool { get set }

  /// Why there is nothing to show, one line; nil: there is, or it is being read.
  var emptiness: String? { get }

  /// Asks for the data where there are none yet.
  mutating func open(_ turn: inout Turn)
  /// Forgets the requests under way, so that their answers are dropped.
  mutating func forgetPending()
  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn)
  /// Why the action does nothing here at this moment; nil: it does.
  func reasonDisabled(_ action: Action) -> String?
  /// Takes the answer to one of its requests.
  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn)
  /// Takes news about runs and published data; does nothing where they do not matter.
  mutating func runChanged(_ run: RunReport)
  /// Time passed.
  mutating func tick(_ turn: inout Turn)
  /// Fits scrolling to the area the screen is drawn in.
  mutating func settle(in area: Rect)
  mutating func select(_ target: HitTarget.Part)
  func draw(on painter: inout Painter, in area: Rect)
  /// The content as lines in reading order, without any drawing, for screen readers.
  func lines(_ text: ValueText) -> [String]
}

extension Screen {
  var emptiness: String? { nil }
  mutating func runChanged(_ run: RunReport) {}
  mutating func tick(_ turn: inout Turn) {}
  mutating func select(_ target: HitTarget.Part) {}
}

/// Rows can be searched for a text.
protocol Searchable {
  var searchText: String { get }
  /// Selects the first match from the selected row on.
  /// - Returns: False where there is none.
  mutating func search(_ text: String, shown: ValueText) -> Bool
  mutating func selectMatch(isForward: Bool, shown: ValueText) -> Bool
}

/// Rows can be narrowed by a filter line.
protocol Filterable {
  var filterText: String { get }
  /// Puts the filter in force; an empty line lifts it.
  mutating func filter(_ text: String, _ turn: inout Turn) throws(FilterError)
}

/// Rows can be put in another order.
protocol Sortable {
  var sortOrder: SortOrder? { get }
  mutating func sort(by order: SortOrder, _ turn: inout Turn)
}

/// Columns can be hidden and reordered.
protocol HasColumns {
  /// In the order shown; hidden ones included.
  var columns: [Column] { get }
  mutating func setColumns(_ columns: [Column])
}

/// The rows shown can leave the program.
protocol Exportable {
  /// A short name for the file.
  var exportName: String { get }
  /// What the rows are, for people.
  var exportTitle: String { get }
  /// What is exported; the rows shown where a screen names nothing else.
  var exportContent: ExportOrder.Content { get }
  var exportTable: ValueTable { get }
  /// The selected row, its columns as shown.
  var selectedCells: [(column: Column, value: Value)] { get }
}

/// The data can be read again.
protocol Refreshable {
  /// It is read again when a run published and when the connection is back; else only on request.
  var refreshesByItself: Bool { get }
  mutating func refresh(_ turn: inout Turn)
}

extension Refreshable {
  var refreshesByItself: Bool { true }
}

/// News about runs make the screen ask for more of what it shows.
protocol Following {
  /// Called after ``Screen/runChanged(_:)`` where the screen is the one shown.
  mutating func follow(_ turn: inout Turn)
}

/// Changes of the view can be taken back.
protocol Undoable {
  var canUndo: Bool { get }
  mutating func undo(_ turn: inout Turn)
}
