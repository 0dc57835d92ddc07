import Pipeline

/// The runs of the pipeline: tasks over time, tests, checks of the raw data, past runs.
struct PipelineScreen: PanelScreen, LoadingScreen {
  /// Newest first.
  private(set) var runs: [RunReport] = []
  /// The run shown; nil: the newest.
  private(set) var chosenRun: Int64?
  private(set) var hasRuns = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  enum Section: String, Sendable, CaseIterable {
    case tasks = "Tasks"
    case runs = "Runs"
    case tests = "Data tests"
    case validations = "Validation"
  }

  /// Runs read for the list.
  private static let runCount = 30

  var place: Place { .pipeline }
  var title: String { "Pipeline" }
  var contexts: [KeyContext] { [.pipeline, .everywhere] }
  var publication: Publication? { nil }

  var run: RunReport? { runs.first { $0.runID == chosenRun } ?? runs.first }
  var runningRun: RunReport? { runs.first { $0.state == .running } }

  // MARK: Data

  var hasData: Bool { hasRuns }

  func loadEffect(_ request: RequestID) -> Effect { .loadRuns(limit: Self.runCount, request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .runs(let runs) = answer else { return }
    hasRuns = true
    self.runs = Array(runs.sorted { $0.runID > $1.runID }.prefix(Self.runCount))
    rebuild()
  }

  mutating func runChanged(_ run: RunReport) {
    if let known = runs.firstIndex(where: { $0.runID == run.runID }) {
      runs[known] = run
    } else {
      // A run that just began is what one wants to see.
      chosenRun = nil
      runs = Array(([run] + runs).sorted { $0.runID > $1.runID }.prefix(Self.runCount))
    }
    rebuild()
  }

  private mutating func rebuild() {
    let title = run.map { "Run \($0.runID)" } ?? "Tasks"
    deck.update(
      [
        Panel(id: Section.tasks.rawValue, title: title, grid: Self.taskGrid(run)),
        Panel(id: Section.runs.rawValue, title: "Runs", grid: Self.runGrid(runs)),
        Panel(id: Section.tests.rawValue, title: Self.testTitle(run), grid: Self.testGrid(run)),
        Panel(
          id: Section.validations.rawValue, title: "Validation of raw data", grid: Self.validationGrid(run)),
      ], marksChanges: false)
  }

  private static func testTitle(_ run: RunReport?) -> String {
    guard let tests = run?.tests, !tests.isEmpty else { return "Data tests" }
    let passed = tests.filter { $0.status == "pass" }.count
    return "Data tests: \(passed) of \(tests.count) pass"
  }

  private static func taskGrid(_ run: RunReport?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "task", kind: .text), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "started_at", kind: .timestamp), ValueColumn(name: "seconds", kind: .number),
      ValueColumn(name: "rows_in", kind: .number), ValueColumn(name: "rows_out", kind: .number),
      ValueColumn(name: "attempt", kind: .number), ValueColumn(name: "message", kind: .text),
    ]
    let rows = (run?.tasks ?? []).map { task -> [Value] in
      let seconds = task.startedAt.flatMap { start in task.endedAt.map { Value.number($0 - start) } }
      return [
        .text(task.task), .text(task.state.rawValue), task.startedAt.map { .number($0) } ?? .null,
        seconds ?? .null, task.rowsIn.map { .integer($0) } ?? .null,
        task.rowsOut.map { .integer($0) } ?? .null,
        .integer(task.attempt), .text(task.message ?? ""),
      ]
    }
    return Grid(table: ValueTable(columns: columns, rows: rows), keyColumn: "task")
  }

  private static func runGrid(_ runs: [RunReport]) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "run", kind: .number), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "started_at", kind: .timestamp), ValueColumn(name: "seconds", kind: .number),
      ValueColumn(name: "tasks", kind: .text), ValueColumn(name: "source", kind: .text),
      ValueColumn(name: "started_by", kind: .text),
      ValueColumn(name: "reason", kind: .text),
    ]
    let rows = runs.map { run -> [Value] in
      [
        .integer(run.runID), .text(run.state.rawValue), .number(run.startedAt),
        run.endedAt.map { .number($0 - run.startedAt) } ?? .null,
        .text(run.tasks.map(\.state.mark).joined()), .text(run.source), .text(run.startedBy),
        .text(run.reason ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "run", kind: .number, format: .plain), Column(name: "state", kind: .text),
        Column(name: "started_at", title: "Started", kind: .timestamp, width: .fixed(16)),
        Column(name: "seconds", title: "Seconds", kind: .number, format: .decimal),
        Column(name: "tasks", kind: .text, width: .fit(minimum: 5, maximum: 24)),
        Column(name: "source", kind: .text, width: .fit(minimum: 6, maximum: 24)),
        Column(name: "started_by", title: "By", kind: .text, width: .fit(minimum: 4, maximum: 20)),
        Column(name: "reason", kind: .text, width: .fit(minimum: 8, maximum: 60)),
      ], keyColumn: "run")
  }

  private static func testGrid(_ run: RunReport?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "status", kind: .text), ValueColumn(name: "test", kind: .text),
      ValueColumn(name: "node", kind: .text), ValueColumn(name: "layer", kind: .text),
      ValueColumn(name: "failures", kind: .number), ValueColumn(name: "message", kind: .text),
    ]
    // What failed comes first.
    let ranks = ["error": 0, "fail": 1, "warn": 2, "skipped": 3]
    let tests = (run?.tests ?? []).enumerated().sorted { left, right in
      let (first, second) = (ranks[left.element.status] ?? 4, ranks[right.element.status] ?? 4)
      return first == second ? left.offset < right.offset : first < second
    }
    let rows = tests.map { _, test -> [Value] in
      [
        .text(test.status), .text(test.test), .text(test.node ?? ""), .text(test.layer),
        test.failures.map { .integer($0) } ?? .null, .text(test.message ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "status", kind: .text, width: .fixed(7)),
        Column(name: "test", kind: .text, width: .fit(minimum: 12, maximum: 70)),
        Column(name: "failures", title: "Rows", kind: .number, width: .fixed(6), format: .integer),
        Column(name: "layer", kind: .text, width: .fit(minimum: 5, maximum: 10)),
        Column(name: "node", kind: .text, width: .fit(minimum: 8, maximum: 30)),
        Column(name: "message", kind: .text, width: .fit(minimum: 8, maximum: 60)),
      ], keyColumn: "test")
  }

  private static func validationGrid(_ run: RunReport?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "result", kind: .text), ValueColumn(name: "check", kind: .text),
      ValueColumn(name: "failures", kind: .number), ValueColumn(name: "checked", kind: .number),
      ValueColumn(name: "severity", kind: .text), ValueColumn(name: "message", kind: .text),
    ]
    let rows = (run?.validations ?? []).map { check -> [Value] in
      [
        .text(check.failures == 0 ? "pass" : check.severity), .text(check.name), .integer(check.failures),
        .integer(check.checked), .text(check.severity), .text(check.message),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "result", kind: .text, width: .fixed(8)),
        Column(name: "check", kind: .text, width: .fit(minimum: 12, maximum: 40)),
        Column(name: "failures", title: "Rows", kind: .number, width: .fixed(6), format: .integer),
        Column(
          name: "checked", title: "Of", kind: .number, width: .fit(minimum: 5, maximum: 12), format: .integer),
        Column(name: "message", kind: .text, width: .fit(minimum: 8, maximum: 80)),
        Column(name: "severity", kind: .text, isVisible: false),
      ], keyColumn: "check")
  }

  // MARK: Actions

  func section(_ panel: Int) -> Section? {
    deck.panels.indices.contains(panel) ? Section(rawValue: deck.panels[panel].id) : nil
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .table: return section(deck.focus) == .tasks ? nil : "this section is a table already"
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no sections yet" : nil
    case .cancelRun: return runningRun == nil ? "no run is under way" : nil
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    switch action {
    case .open:
      guard let grid = deck.focused?.grid else { return }
      if section(deck.focus) == .runs, case .integer(let run)? = grid.value(grid.selected, "run") {
        chosenRun = run
        rebuild()
      } else {
        turn.overlay = Popup.of(grid.selectedCells, title: deck.focused?.title ?? title, text: turn.text).map
        { .popup($0) }
      }
    case .cancelRun:
      guard let run = runningRun else { return }
      turn.overlay = .confirm(
        Confirmation(
          title: "Cancel run \(run.runID)",
          question: "The run stops and its work is rolled back. What was published last stays as it is.",
          verb: "cancel the run", effect: .cancelRun(runID: run.runID)))
    default: return
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] {
    if deck.isZoomed { return single(deck.focus, in: area) }
    let tiles = deck.panels.map { _ in Tiling.Tile(bandHeight: nil, weight: 1) }
    return Tiling.place(tiles, focus: deck.focus, in: area, leastHeight: 8)
  }

  func page(of panel: Int, in box: Rect) -> Int {
    max(1, box.height - 3)
  }

  func draw(on painter: inout Painter, in area: Rect) {
    if !runs.isEmpty {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty(
        hasRuns ? "the pipeline has not run yet; r runs it" : "reading the run log…", on: &painter, in: area)
    }
  }

  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool {
    guard section(panel) == .tasks, !deck.panels[panel].showsTable, let run else { return false }
    painter.gantt(run, deck.panels[panel].grid, in: area, panel: panel, isFocused: isFocused)
    return true
  }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    switch section(panel) {
    case .tasks:
      guard let run else { return [] }
      let length = (run.endedAt ?? max(painter.now, run.startedAt)) - run.startedAt
      let progress = run.state == .running ? " \(run.tasksDone)/\(run.tasks.count)" : ""
      return ["\(run.state.rawValue)\(progress), \(durationText(length))"]
    case .runs:
      // How long the last runs took, the newest at the right.
      let lengths = runs.reversed().compactMap { run in run.endedAt.map { $0 - run.startedAt } }
      return lengths.count > 2 ? [painter.sparkText(lengths, width: 16)] : []
    default: return []
    }
  }

  func noteRole(of panel: Int) -> Role {
    section(panel) == .tasks ? run.map { Self.role($0.state) } ?? .muted : .muted
  }

  static func role(_ state: RunReport.State) -> Role {
    switch state {
    case .running: .accent
    case .success: .good
    case .failed, .crashed: .danger
    case .cancelled: .warning
    }
  }

  func lines(_ text: ValueText) -> [String] {
    guard let run else {
      return [failure ?? (hasRuns ? "the pipeline has not run yet" : "reading the run log")]
    }
    var lines = ["Run \(run.runID) of \(run.source): \(run.state.rawValue)"]
    if let reason = run.reason { lines.append("Reason: \(reason)") }
    for panel in deck.panels { lines += ["", panel.title] + panel.grid.lines(text) }
    return lines
  }
}

extension TaskReport.State {
  /// One character for the grid of past runs.
  fileprivate var mark: String {
    switch self {
    case .success: "✓"
    case .failed, .crashed: "✗"
    case .running: "▸"
    case .queued: "○"
    case .skipped, .cancelled: "–"
    }
  }
}

extension RunReport {
  /// Tasks that need no more work.
  var tasksDone: Int { tasks.filter { $0.state == .success || $0.state == .skipped }.count }
}
