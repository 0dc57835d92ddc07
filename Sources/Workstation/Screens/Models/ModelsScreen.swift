import Pipeline

/// The models, seeds and sources of the project as a tree: under each what reads it.
struct ModelsScreen: PanelScreen, LoadingScreen {
  private(set) var pages: [ModelPage] = []
  private(set) var hasData = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  var place: Place { .models }
  var title: String { "Models" }
  var contexts: [KeyContext] { [.models, .everywhere] }
  var publication: Publication? { nil }

  func loadEffect(_ request: RequestID) -> Effect { .loadModels(request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .models(let pages) = answer else { return }
    hasData = true
    self.pages = pages
    deck.update([Panel(id: "models", title: "Models", grid: Self.grid(pages))], marksChanges: false)
  }

  private static func grid(_ pages: [ModelPage]) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "model", kind: .text), ValueColumn(name: "name", kind: .text),
      ValueColumn(name: "kind", kind: .text), ValueColumn(name: "tests", kind: .text),
      ValueColumn(name: "columns", kind: .number), ValueColumn(name: "description", kind: .text),
      ValueColumn(name: "file", kind: .text),
    ]
    let rows = ModelTree.lines(pages).map { line -> [Value] in
      let page = line.page
      return [
        .text(line.text), .text(page.name), .text(page.kind), .text(testsText(page)),
        .integer(Int64(page.columns.count)),
        .text(String(page.description.prefix { !$0.isNewline })), .text(page.file),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "model", kind: .text, width: .fit(minimum: 16, maximum: 48)),
        Column(name: "kind", kind: .text, width: .fit(minimum: 5, maximum: 11)),
        Column(name: "tests", kind: .text, width: .fit(minimum: 7, maximum: 20)),
        Column(name: "description", kind: .text, width: .fit(minimum: 10, maximum: 120)),
        Column(name: "columns", kind: .number, format: .integer, isVisible: false),
        Column(name: "file", kind: .text, width: .fit(minimum: 10, maximum: 50), isVisible: false),
        Column(name: "name", kind: .text, isVisible: false),
      ], keyColumn: "model")
  }

  /// How the tests of a node did last: `12 pass`, `2 of 12 fail`, or how many there are where none was asked yet.
  static func testsText(_ page: ModelPage) -> String {
    let tests = page.allTests
    guard !tests.isEmpty else { return "none" }
    let results = tests.compactMap(\.lastResult?.status)
    let bad = results.filter { $0 == .fail || $0 == .error }.count
    if bad > 0 { return "\(bad) of \(tests.count) fail" }
    let warned = results.filter { $0 == .warn }.count
    if warned > 0 { return "\(warned) of \(tests.count) warn" }
    return results.isEmpty ? "\(tests.count) not run" : "\(tests.count) pass"
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .table, .zoom, .nextCard, .previousCard: "there is one table here"
    case .open: deck.focused?.grid.isEmpty ?? true ? "there are no models" : nil
    case .models: "this is the list of models"
    default: panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    guard action == .open, let grid = deck.focused?.grid,
      case .text(let name)? = grid.value(grid.selected, "name")
    else { return }
    turn.moves.append(.open(ModelScreen(name: name, pages: pages)))
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading the models…")
  }

  func lines(_ text: ValueText) -> [String] {
    [title] + (failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["reading"])
  }
}

/// The lineage of a project as lines: what is read stands above what reads it, one step to the left.
enum ModelTree {
  struct Line: Sendable {
    let text: String
    let page: ModelPage
  }

  /// A node that several others stand above is followed once; elsewhere it is named with `...`.
  static func lines(_ pages: [ModelPage]) -> [Line] {
    let byID = Dictionary(pages.map { ($0.id, $0) }) { first, _ in first }
    var seen: Set<String> = []
    var lines: [Line] = []
    func visit(_ page: ModelPage, prefix: String, branch: String, below: String) {
      let isFollowed = seen.insert(page.id).inserted
      let children = page.downstream.compactMap { byID[$0.id] }
      let mark = isFollowed || children.isEmpty ? "" : " ..."
      lines.append(Line(text: prefix + branch + page.name + mark, page: page))
      guard isFollowed else { return }
      for (index, child) in children.enumerated() {
        let isLast = index == children.count - 1
        visit(
          child, prefix: prefix + below, branch: isLast ? "└─ " : "├─ ", below: isLast ? "   " : "│  ")
      }
    }
    for page in pages where page.upstream.allSatisfy({ byID[$0.id] == nil }) {
      visit(page, prefix: "", branch: "", below: "")
    }
    return lines
  }
}
