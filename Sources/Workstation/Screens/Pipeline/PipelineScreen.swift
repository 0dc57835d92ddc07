import Pipeline

/// The runs of the pipeline: the graph of tasks, the tasks of one run over time, its log and tests, past runs, and
/// when the next ones are due.
struct PipelineScreen: PanelScreen, Refreshable, Following {
  /// Newest first.
  private(set) var runs: [RunReport] = []
  /// The run shown; nil: the newest.
  private(set) var chosenRun: Int64?
  private(set) var hasRuns = false
  private(set) var log = RunLogWindow()
  private(set) var timetable: Timetable?
  private(set) var failure: String?
  private var asked: [Asked] = []
  private var logAskedAt = 0.0
  var isStale = false
  var deck = PanelDeck([])
  /// The task of the grid of past runs that left and right choose, by its place in the graph.
  private(set) var historyColumn = 0
  private var focusBeforeLog = 0
  /// The run the sections were filled for.
  private var shownRun: Int64?
  let graph: TaskGraph

  enum Section: String, Sendable, CaseIterable {
    case graph = "Graph"
    case tasks = "Tasks"
    case log = "Log"
    case tests = "Data tests"
    case runs = "Runs"
    case checks = "Validation"
    case schedules = "Schedules"
    case hooks = "Hooks"
  }

  /// A request and what it asks for; nil: the runs.
  private struct Asked: Sendable {
    let pending: Pending
    let question: PipelineQuestion?
  }

  /// Runs read for the list.
  static let runCount = 30

  /// - Parameter graph: the tasks and what they wait for.
  init(graph: TaskGraph? = try? PipelineRun.graph()) {
    // A graph without tasks is one that cannot be wrong.
    self.graph = graph ?? TaskGraph.none
  }

  var place: Place { .pipeline }
  var title: String { "Pipeline" }
  var contexts: [KeyContext] { [.pipeline, .everywhere] }
  var publication: Publication? { nil }
  var pending: [Pending] { asked.map(\.pending) }

  var run: RunReport? { runs.first { $0.runID == chosenRun } ?? runs.first }
  var runningRun: RunReport? { runs.first { $0.state == .running } }

  // MARK: Reading

  mutating func open(_ turn: inout Turn) {
    if !hasRuns, asked.isEmpty { refresh(&turn) }
  }

  mutating func refresh(_ turn: inout Turn) {
    turn.cancel(pending)
    asked = [
      Asked(pending: turn.request { .loadRuns(limit: Self.runCount, request: $0) }, question: nil)
    ]
    ask(.timetable, &turn)
  }

  mutating func forgetPending() { asked = [] }

  private mutating func ask(_ question: PipelineQuestion, _ turn: inout Turn) {
    let pending = turn.request(isQuiet: true) { .loadPipeline(question, request: $0) }
    asked.append(Asked(pending: pending, question: question))
  }

  /// Asks for what the log lacks.
  private mutating func readLog(_ turn: inout Turn) {
    guard let run else { return }
    let isAsked = asked.contains { asked in
      if case .log(run.runID, _) = asked.question { return true }
      return false
    }
    guard !isAsked else { return }
    logAskedAt = turn.now
    ask(.log(runID: run.runID, after: log.runID == run.runID ? log.lastLine : 0), &turn)
  }

  /// New lines, and at the end of a run what it means for the schedules.
  mutating func follow(_ turn: inout Turn) {
    readLog(&turn)
    if run?.state != .running { schedulesChanged(&turn) }
  }

  /// Somebody changed schedules, hooks or limits, or a run that belongs to one has ended.
  mutating func schedulesChanged(_ turn: inout Turn) {
    if !asked.contains(where: { $0.question == .timetable }) { ask(.timetable, &turn) }
  }

  mutating func tick(_ turn: inout Turn) {
    // Lines come between the news of a run.
    if run?.state == .running, turn.now - logAskedAt >= 1 || turn.now < logAskedAt { readLog(&turn) }
    let isDue = timetable?.entries.contains { $0.next.map { $0 < turn.now } ?? false } ?? false
    if isDue, hasRuns, asked.isEmpty, turn.now - timetableAt >= 60 { ask(.timetable, &turn) }
  }

  private var timetableAt = 0.0

  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn) {
    let question = asked.first { $0.pending.id == request }?.question
    asked.removeAll { $0.pending.id == request }
    switch answer {
    case .runs(let runs):
      failure = nil
      hasRuns = true
      self.runs = Array(runs.sorted { $0.runID > $1.runID }.prefix(Self.runCount))
      rebuild()
      readLog(&turn)
    case .pipeline(.log(let page)):
      guard page.runID == run?.runID else { return }
      log.take(page, zone: turn.text.zone)
      rebuild()
      if !page.isLast { readLog(&turn) }
    case .pipeline(.timetable(let timetable)):
      self.timetable = timetable
      timetableAt = turn.now
      rebuild()
    case .failure(let reason):
      if question == nil { failure = reason.message }
      if hasRuns { turn.say(reason.message, .danger) }
    default: return
    }
  }

  mutating func runChanged(_ run: RunReport) {
    let wasRunning = runs.first { $0.runID == run.runID }?.state == .running
    if let known = runs.firstIndex(where: { $0.runID == run.runID }) {
      runs[known] = run
    } else {
      // A run that just began is what one wants to see.
      chosenRun = nil
      runs = Array(([run] + runs).sorted { $0.runID > $1.runID }.prefix(Self.runCount))
    }
    rebuild()
    // What failed is what one looks for.
    if wasRunning, run.state == .failed || run.state == .crashed, run.runID == self.run?.runID {
      selectEventful()
    }
  }

  /// Selects the task one looks for first: the one that failed, or is at work.
  private mutating func selectEventful() {
    guard let run,
      let task = run.tasks.first(where: { $0.state == .failed || $0.state == .crashed })
        ?? run.tasks.first(where: { $0.state == .running })
    else { return }
    for section in [Section.graph, .tasks] { select(task.task, in: section) }
  }

  private mutating func select(_ task: String, in section: Section) {
    guard let panel = index(of: section) else { return }
    let grid = deck.panels[panel].grid
    guard let position = (0..<grid.count).first(where: { grid.value($0, "task") == .text(task) }) else {
      return
    }
    deck.panels[panel].grid.select(position)
  }

  private mutating func choose(_ runID: Int64, _ turn: inout Turn) {
    chosenRun = runID
    rebuild()
    readLog(&turn)
  }

  private mutating func rebuild() {
    if log.runID != run?.runID { log = RunLogWindow(runID: run?.runID) }
    let isFirst = deck.panels.isEmpty
    let logPanel = deck.panels.first { $0.id == Section.log.rawValue }?.grid
    // At its end the log follows what is added; elsewhere one is reading.
    let follows = logPanel.map { $0.selected >= $0.count - 1 } ?? true
    // What failed stands first and comes to be known during the run: who looks at the first test looks for that.
    let isAtFirstTest = index(of: .tests).map { deck.panels[$0].grid.selected == 0 } ?? true
    let isAnotherRun = shownRun != run?.runID
    shownRun = run?.runID
    deck.update(PipelinePanels.all(self), marksChanges: false)
    if isFirst { deck.focus = index(of: .tasks) ?? 0 }
    if isAnotherRun { selectEventful() }
    if isAnotherRun || isAtFirstTest, let panel = index(of: .tests) { deck.panels[panel].grid.select(0) }
    if follows, let panel = index(of: .log) { deck.panels[panel].grid.select(.max) }
  }

  // MARK: Actions

  func section(_ panel: Int) -> Section? {
    deck.panels.indices.contains(panel) ? Section(rawValue: deck.panels[panel].id) : nil
  }

  func index(of section: Section) -> Int? { deck.panels.firstIndex { $0.id == section.rawValue } }

  /// The task the keys mean: that of the section one is in, else the one selected among the tasks.
  var selectedTask: String? {
    if section(deck.focus) == .runs, !(deck.focused?.showsTable ?? true),
      graph.tasks.indices.contains(historyColumn)
    {
      return graph.tasks[historyColumn].name
    }
    let panel = section(deck.focus) == .graph ? deck.focus : index(of: .tasks)
    guard let panel,
      case .text(let task)? = deck.panels[panel].grid.value(deck.panels[panel].grid.selected, "task")
    else { return nil }
    return task
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .table:
      switch section(deck.focus) {
      case .graph, .tasks, .tests, .runs: return nil
      default: return "this section is a table already"
      }
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no sections yet" : nil
    case .log: return run == nil ? "there is no run yet" : nil
    case .testHook:
      if timetable?.hooks.isEmpty ?? true { return "there are no hooks; riskdeck hook add makes one" }
      return section(deck.focus) == .hooks ? nil : "select a hook first"
    case .cancelRun, .rerun, .resumeRun:
      return RunPreview.reasonDisabled(action, runs: runs, task: selectedTask)
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if action == .left || action == .right, deck.focused?.showsTable == false {
      let step = (action == .left ? -1 : 1) * (count ?? 1)
      switch section(deck.focus) {
      case .runs:
        historyColumn = max(0, min(graph.tasks.count - 1, historyColumn + step))
        return
      case .graph:
        deck.withFocused { $0.grid.move(by: step) }
        return
      default: break
      }
    }
    if performOnPanels(action, count: count) { return }
    switch action {
    case .open: openSelected(&turn)
    case .log: toggleLog()
    case .cancelRun, .rerun, .resumeRun:
      turn.overlay = RunPreview.confirmation(action, runs: runs, task: selectedTask, graph: graph).map {
        .confirm($0)
      }
    case .testHook:
      guard let grid = deck.focused?.grid, case .text(let name)? = grid.value(grid.selected, "name") else {
        return
      }
      turn.ask(.testHook(name: name))
      turn.say("telling \(name)")
      ask(.timetable, &turn)
    default: return
    }
  }

  private mutating func openSelected(_ turn: inout Turn) {
    guard let grid = deck.focused?.grid, let run else { return }
    switch section(deck.focus) {
    case .graph, .tasks:
      guard let task = selectedTask else { return }
      guard run.tasks.contains(where: { $0.task == task }) else {
        turn.say("\(task) is not part of run \(run.runID)", .warning)
        return
      }
      turn.moves.append(.open(TaskScreen(runID: run.runID, task: task)))
    case .runs:
      guard case .integer(let runID)? = grid.value(grid.selected, "run") else { return }
      let task = selectedTask
      choose(runID, &turn)
      deck.focus = index(of: .tasks) ?? deck.focus
      if let task { select(task, in: .tasks) }
    case .tests:
      guard case .text(let test)? = grid.value(grid.selected, "test"),
        case .text(let status)? = grid.value(grid.selected, "status"), status == "fail" || status == "warn"
      else { fallthrough }
      turn.moves.append(.open(FailingRowsScreen(runID: run.runID, test: test)))
    default:
      turn.overlay = Popup.of(grid.selectedCells, title: deck.focused?.title ?? title, text: turn.text).map {
        .popup($0)
      }
    }
  }

  private mutating func toggleLog() {
    guard let panel = index(of: .log) else { return }
    deck.remember()
    if deck.focus == panel, deck.isZoomed {
      deck.isZoomed = false
      deck.focus = min(focusBeforeLog, deck.panels.count - 1)
    } else {
      focusBeforeLog = deck.focus == panel ? index(of: .tasks) ?? 0 : deck.focus
      deck.focus = panel
      deck.isZoomed = true
    }
  }

  func lines(_ text: ValueText) -> [String] {
    guard let run else {
      return [failure ?? (hasRuns ? "the pipeline has not run yet" : "reading the run log")]
    }
    var lines = ["Run \(run.runID) of \(run.source): \(run.state.rawValue)"]
    if let reason = run.reason { lines.append("Reason: \(reason)") }
    for panel in deck.panels where panel.id != Section.graph.rawValue {
      lines += ["", panel.title] + panel.grid.lines(text)
    }
    return lines
  }
}

/// The lines of a run's log that are kept.
struct RunLogWindow: Sendable {
  private(set) var runID: Int64?
  private(set) var lines: [LogLine] = []
  /// Lines before the first that are not kept any more.
  private(set) var dropped = 0
  /// The zone its times are shown in.
  private(set) var zone = DisplayZone.utc

  /// More lines than any run of a healthy pipeline writes.
  private static let most = 20_000

  init(runID: Int64? = nil) {
    self.runID = runID
  }

  var lastLine: Int64 { lines.last?.line ?? 0 }

  mutating func take(_ page: LogPage, zone: DisplayZone) {
    if page.runID != runID || page.after == 0 {
      self = RunLogWindow(runID: page.runID)
    }
    self.zone = zone
    lines += page.lines.drop { $0.line <= lastLine }
    let excess = max(0, lines.count - Self.most)
    lines.removeFirst(excess)
    dropped += excess
  }
}
