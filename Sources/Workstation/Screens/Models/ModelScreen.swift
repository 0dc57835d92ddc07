import Pipeline

/// The page of a model, seed or source: what it means, its columns, its tests, what it reads and who reads it, its SQL.
struct ModelScreen: PanelScreen, LoadingScreen {
  let name: String
  private var pages: [ModelPage]
  private(set) var page: ModelPage?
  private(set) var hasData = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  enum Section: String, Sendable, CaseIterable {
    case about = "About"
    case columns = "Columns"
    case tests = "Tests"
    case lineage = "Lineage"
    case sql = "SQL"
  }

  /// - Parameter pages: of the whole project where they were read already.
  init(name: String, pages: [ModelPage] = []) {
    self.name = name
    self.pages = pages
    if !pages.isEmpty { show(pages) }
  }

  var place: Place { .model(name) }
  var title: String { "Model \(name)" }
  var contexts: [KeyContext] { [.models, .everywhere] }
  var publication: Publication? { nil }

  // MARK: Data

  func loadEffect(_ request: RequestID) -> Effect { .loadModels(request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .models(let pages) = answer else { return }
    show(pages)
  }

  private mutating func show(_ pages: [ModelPage]) {
    self.pages = pages
    hasData = true
    page = pages.first { $0.name == name }
    deck.update(page.map(Self.panels) ?? [], marksChanges: false)
  }

  private static func panels(_ page: ModelPage) -> [Panel] {
    func panel(_ section: Section, _ title: String, _ grid: Grid) -> Panel {
      Panel(id: section.rawValue, title: title, grid: grid)
    }
    return [
      panel(.about, page.name, aboutGrid(page)),
      panel(.columns, "\(page.columns.count) columns", columnGrid(page)),
      panel(.tests, "Tests: \(ModelsScreen.testsText(page))", testGrid(page)),
      panel(.lineage, "Lineage", lineageGrid(page)), panel(.sql, "SQL", sqlGrid(page)),
    ]
  }

  private static func aboutGrid(_ page: ModelPage) -> Grid {
    func names(_ neighbours: [ModelPage.Neighbour]) -> String {
      neighbours.isEmpty ? "nothing" : neighbours.map(\.name).joined(separator: ", ")
    }
    // Paragraphs of a description keep their lines.
    let paragraphs = page.description.split(separator: "\n").map(String.init)
    let described = paragraphs.enumerated().map { [$0.offset == 0 ? "Description" : "", $0.element] }
    let facts =
      described + [
        ["Kind", page.kind], ["Relation", page.relation ?? "none"], ["File", page.file],
        ["Reads", names(page.upstream)], ["Read by", names(page.downstream)],
        ["Tags", page.tags.isEmpty ? "none" : page.tags.joined(separator: ", ")],
      ]
    let columns = [ValueColumn(name: "fact", kind: .text), ValueColumn(name: "value", kind: .text)]
    return Grid(
      table: ValueTable(columns: columns, rows: facts.map { [.text($0[0]), .text($0[1])] }),
      columns: [
        Column(name: "fact", kind: .text, width: .fixed(11)),
        Column(name: "value", kind: .text, width: .fit(minimum: 20, maximum: 400)),
      ])
  }

  private static func columnGrid(_ page: ModelPage) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "column", kind: .text), ValueColumn(name: "type", kind: .text),
      ValueColumn(name: "description", kind: .text), ValueColumn(name: "tests", kind: .text),
    ]
    let rows = page.columns.map { column -> [Value] in
      let tests = column.tests.map { $0.label + ($0.lastResult.map { " \(mark($0.status))" } ?? "") }
      return [
        .text(column.name), column.type.map { .text($0) } ?? .null, .text(column.description),
        .text(tests.joined(separator: ", ")),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "column", kind: .text, width: .fit(minimum: 8, maximum: 30)),
        Column(name: "type", kind: .text, width: .fit(minimum: 4, maximum: 24)),
        Column(name: "tests", kind: .text, width: .fit(minimum: 8, maximum: 40)),
        Column(name: "description", kind: .text, width: .fit(minimum: 12, maximum: 200)),
      ], keyColumn: "column")
  }

  private static func mark(_ status: TestResult.Status) -> String {
    switch status {
    case .pass: "✓"
    case .warn: "!"
    case .fail, .error: "✗"
    case .skipped: "–"
    }
  }

  private static func testGrid(_ page: ModelPage) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "status", kind: .text), ValueColumn(name: "test", kind: .text),
      ValueColumn(name: "column", kind: .text), ValueColumn(name: "failures", kind: .number),
      ValueColumn(name: "run", kind: .number), ValueColumn(name: "tested_at", kind: .timestamp),
      ValueColumn(name: "message", kind: .text), ValueColumn(name: "name", kind: .text),
    ]
    let all =
      page.columns.flatMap { column in column.tests.map { (test: $0, column: column.name) } }
      + page.tests.map { (test: $0, column: "") }
    let rows = all.map { test, column -> [Value] in
      let result = test.lastResult
      return [
        .text(result?.status.rawValue ?? "not run"), .text(test.label), .text(column),
        result?.failures.map { .integer($0) } ?? .null, result.map { .integer($0.runID) } ?? .null,
        result.map { .number($0.testedAt) } ?? .null, .text(result?.message ?? test.description),
        .text(test.name),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "status", kind: .text, width: .fixed(7)),
        Column(name: "test", kind: .text, width: .fit(minimum: 10, maximum: 50)),
        Column(name: "column", kind: .text, width: .fit(minimum: 6, maximum: 30)),
        Column(name: "failures", title: "Rows", kind: .number, width: .fixed(6), format: .integer),
        Column(name: "run", kind: .number, format: .plain),
        Column(name: "tested_at", title: "Tested", kind: .timestamp, width: .fixed(16)),
        Column(name: "message", kind: .text, width: .fit(minimum: 8, maximum: 80)),
        Column(name: "name", kind: .text, isVisible: false),
      ], keyColumn: "name")
  }

  private static func lineageGrid(_ page: ModelPage) -> Grid {
    let columns = [ValueColumn(name: "lineage", kind: .text), ValueColumn(name: "name", kind: .text)]
    let rows = page.lineage.map { line -> [Value] in
      let label = line.drop { " │├└─".contains($0) }
      // Headings of the two trees are words without a kind behind them.
      let name = label.contains("(") ? String(label.prefix { $0 != " " }) : ""
      return [.text(line), .text(name)]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "lineage", kind: .text, width: .fit(minimum: 20, maximum: 120)),
        Column(name: "name", kind: .text, isVisible: false),
      ])
  }

  private static func sqlGrid(_ page: ModelPage) -> Grid {
    let columns = [ValueColumn(name: "line", kind: .number), ValueColumn(name: "sql", kind: .text)]
    var lines = page.sql.split(separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return Grid(
      table: ValueTable(
        columns: columns,
        rows: lines.enumerated().map { [.integer(Int64($0.offset + 1)), .text(String($0.element))] }),
      columns: [
        Column(name: "line", title: "", kind: .number, width: .fixed(4), format: .plain),
        Column(name: "sql", title: "SQL", kind: .text, width: .fit(minimum: 20, maximum: 400)),
      ], keyColumn: "line")
  }

  // MARK: Actions

  func section(_ panel: Int) -> Section? {
    deck.panels.indices.contains(panel) ? Section(rawValue: deck.panels[panel].id) : nil
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .table: return "this section is a table already"
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no sections yet" : nil
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    guard action == .open, let grid = deck.focused?.grid else { return }
    func text(_ column: String) -> String {
      if case .text(let text)? = grid.value(grid.selected, column) { return text }
      return ""
    }
    switch section(deck.focus) {
    case .lineage:
      if pages.contains(where: { $0.name == text("name") }), text("name") != name {
        turn.moves.append(.open(ModelScreen(name: text("name"), pages: pages)))
      }
    case .tests:
      guard ["fail", "warn"].contains(text("status")),
        case .integer(let run)? = grid.value(grid.selected, "run")
      else { fallthrough }
      turn.moves.append(.open(FailingRowsScreen(runID: run, test: text("name"))))
    default:
      turn.overlay = Popup.of(grid.selectedCells, title: deck.focused?.title ?? title, text: turn.text).map {
        .popup($0)
      }
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] {
    guard !deck.isZoomed, deck.panels.count == Section.allCases.count, area.height >= 16 else {
      return single(deck.focus, in: area)
    }
    let about = min(deck.panels[0].grid.count + 3, area.height / 2)
    if area.width < 120 {
      // What it is stands with where it stands; everything else needs the width.
      guard deck.focus == 0 || deck.focus == 3 else { return single(deck.focus, in: area) }
      let below = Rect(x: area.x, y: area.y + about, width: area.width, height: area.height - about)
      return [Rect(x: area.x, y: area.y, width: area.width, height: about), nil, nil, below, nil]
    }
    let left = area.width / 2
    let right = area.width - left
    let rest = area.height - about
    let columns = area.height * 3 / 5
    return [
      Rect(x: area.x, y: area.y, width: left, height: about),
      Rect(x: area.x + left, y: area.y, width: right, height: columns),
      Rect(x: area.x + left, y: area.y + columns, width: right, height: area.height - columns),
      Rect(x: area.x, y: area.y + about, width: left, height: rest / 3),
      Rect(x: area.x, y: area.y + about + rest / 3, width: left, height: rest - rest / 3),
    ]
  }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    if page != nil {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else if hasData {
      drawEmpty("there is no model, seed or source \(name)", .danger, on: &painter, in: area)
    } else {
      drawEmpty("reading \(name)…", on: &painter, in: area)
    }
  }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    if grid.filter != nil { return ("no row passes the filter", .muted) }
    return (section(panel) == .sql ? "a \(page?.kind ?? "source") has no SQL" : "none", .muted)
  }

  func lines(_ text: ValueText) -> [String] {
    guard let page else { return [failure ?? (hasData ? "no model \(name)" : "reading \(name)")] }
    return page.lines + deck.panels.dropFirst(2).flatMap { ["", $0.title] + $0.grid.lines(text) }
  }
}
