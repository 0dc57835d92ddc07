import Pipeline

/// A task of one run: what its newest attempt did, all attempts, and what they wrote into the log.
struct TaskScreen: PanelScreen, LoadingScreen, Following {
  let runID: Int64
  let task: String
  private(set) var history: TaskHistory?
  private var zone = DisplayZone.utc
  /// The newest run, for what may be done about it.
  private var run: RunReport?
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  enum Section: String, Sendable, CaseIterable {
    case facts = "Attempt"
    case log = "Log"
    case attempts = "Attempts"
  }

  init(runID: Int64, task: String) {
    self.runID = runID
    self.task = task
  }

  var place: Place { .task(runID: runID, task: task) }
  var title: String { "\(task) of run \(runID)" }
  var contexts: [KeyContext] { [.pipeline, .everywhere] }
  var publication: Publication? { nil }
  var hasData: Bool { history != nil }

  // MARK: Data

  func loadEffect(_ request: RequestID) -> Effect {
    .loadPipeline(.task(runID: runID, task: task), request: request)
  }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .pipeline(.task(let history)) = answer else { return }
    zone = turn.text.zone
    self.history = history
    rebuild()
  }

  mutating func runChanged(_ run: RunReport) { self.run = run }

  mutating func follow(_ turn: inout Turn) {
    guard run?.runID == runID, pending.isEmpty else { return }
    // What is on screen stays until the answer is there.
    refreshQuietly(&turn)
  }

  private mutating func rebuild() {
    guard let history else { return }
    let old = deck.panels.first { $0.id == Section.log.rawValue }?.grid
    let follows = old.map { $0.selected >= $0.count - 1 } ?? true
    deck.update(
      [
        Panel(
          id: Section.facts.rawValue, title: "\(task), attempt \(history.attempts.last?.attempt ?? 1)",
          grid: Self.factGrid(history)),
        Panel(
          id: Section.log.rawValue, title: Section.log.rawValue,
          grid: PipelinePanels.logGrid(history.lines, zone: zone, showsTask: false)),
        Panel(
          id: Section.attempts.rawValue, title: Section.attempts.rawValue, grid: Self.attemptGrid(history)),
      ], marksChanges: false)
    if follows, deck.panels.indices.contains(1) { deck.panels[1].grid.select(.max) }
  }

  private static func factGrid(_ history: TaskHistory) -> Grid {
    let columns = [ValueColumn(name: "fact", kind: .text), ValueColumn(name: "value", kind: .text)]
    return Grid(
      table: ValueTable(columns: columns, rows: facts(history).map { [.text($0.0), .text($0.1)] }),
      columns: [
        Column(name: "fact", kind: .text, width: .fit(minimum: 8, maximum: 14)),
        Column(name: "value", kind: .text, width: .fit(minimum: 20, maximum: 300)),
      ], keyColumn: "fact")
  }

  private static func facts(_ history: TaskHistory) -> [(String, String)] {
    guard let attempt = history.attempts.last else { return [] }
    let text = ValueText()
    func count(_ number: Int64?) -> String? { number.map { text.number(Double($0), as: .integer) } }
    let graph = (try? PipelineRun.graph()) ?? .none
    let retries = history.attempts.count - 1
    let facts: [(String, String?)] = [
      ("State", attempt.state.rawValue), ("Message", attempt.message),
      ("Length", attempt.seconds.map(durationText)),
      ("Retries", retries == 0 ? "none" : "\(retries)"),
      ("Rows in", count(attempt.rowsIn)), ("Rows out", count(attempt.rowsOut)),
      ("Rows expected", attempt.state == .running ? count(attempt.rowsExpected) : nil),
      (
        "Rate",
        attempt.seconds == nil
          ? nil : RunEstimate.rate(attempt, now: 0).map { text.number($0, as: .compact) + " rows/s" }
      ),
      ("Bytes", count(attempt.bytes)),
      ("After", graph.task(history.task)?.dependencies.joined(separator: ", ")),
      ("Before", graph.downstream(of: history.task).dropFirst().joined(separator: ", ")),
    ]
    return facts.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
  }

  private static func attemptGrid(_ history: TaskHistory) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "attempt", kind: .number), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "started_at", kind: .timestamp), ValueColumn(name: "ended_at", kind: .timestamp),
      ValueColumn(name: "seconds", kind: .number), ValueColumn(name: "rows_in", kind: .number),
      ValueColumn(name: "rows_out", kind: .number), ValueColumn(name: "bytes", kind: .number),
      ValueColumn(name: "message", kind: .text),
    ]
    let rows = history.attempts.map { attempt -> [Value] in
      [
        .integer(attempt.attempt), .text(attempt.state.rawValue),
        attempt.startedAt.map { .number($0) } ?? .null, attempt.endedAt.map { .number($0) } ?? .null,
        attempt.seconds.map { .number($0) } ?? .null, attempt.rowsIn.map { .integer($0) } ?? .null,
        attempt.rowsOut.map { .integer($0) } ?? .null, attempt.bytes.map { .integer($0) } ?? .null,
        .text(attempt.message ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "attempt", title: "#", kind: .number, width: .fixed(2), format: .plain),
        Column(name: "state", kind: .text, width: .fit(minimum: 7, maximum: 9)),
        Column(name: "started_at", title: "Started", kind: .timestamp, width: .fixed(16)),
        Column(name: "seconds", kind: .number, format: .decimal),
        Column(name: "rows_in", kind: .number, format: .integer),
        Column(name: "rows_out", kind: .number, format: .integer),
        Column(name: "bytes", kind: .number, format: .compact),
        Column(name: "message", kind: .text, width: .fit(minimum: 12, maximum: 200)),
        Column(name: "ended_at", title: "Ended", kind: .timestamp, width: .fixed(16)),
      ], keyColumn: "attempt")
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .table: return "this section is a table already"
    case .testHook: return "hooks stand on the Pipeline screen"
    case .zoom, .nextCard, .previousCard, .log:
      return deck.panels.isEmpty ? "there are no sections yet" : nil
    case .rerun: return run?.state == .running ? "run \(run?.runID ?? 0) is under way" : nil
    case .cancelRun: return run?.state == .running ? nil : "no run is under way"
    case .resumeRun: return "o resumes a run on the Pipeline screen"
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    switch action {
    case .open:
      turn.overlay = Popup.of(
        deck.focused?.grid.selectedCells ?? [], title: deck.focused?.title ?? title, text: turn.text
      ).map { .popup($0) }
    case .log:
      deck.remember()
      let isShown = deck.focus == 1 && deck.isZoomed
      deck.focus = isShown ? 0 : 1
      deck.isZoomed = !isShown
    case .rerun, .cancelRun:
      turn.overlay = RunPreview.confirmation(
        action, runs: run.map { [$0] } ?? [], task: task, graph: (try? PipelineRun.graph()) ?? .none
      ).map { .confirm($0) }
    default: return
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] {
    guard !deck.isZoomed, deck.panels.count == 3, area.height >= 14 else {
      return single(deck.focus, in: area)
    }
    let attempts = min(3 + (history?.attempts.count ?? 1), 8)
    if area.width >= 130 {
      let left = area.width * 2 / 5
      return [
        Rect(x: area.x, y: area.y, width: left, height: area.height - attempts),
        Rect(x: area.x + left, y: area.y, width: area.width - left, height: area.height - attempts),
        Rect(x: area.x, y: area.maxY - attempts, width: area.width, height: attempts),
      ]
    }
    let facts = min(deck.panels[0].grid.count + 3, area.height / 2)
    let isNarrow = area.height < 24
    let foot = isNarrow ? 0 : attempts
    let log = Rect(x: area.x, y: area.y + facts, width: area.width, height: area.height - facts - foot)
    let below = isNarrow ? log : Rect(x: area.x, y: area.maxY - foot, width: area.width, height: foot)
    return [
      Rect(x: area.x, y: area.y, width: area.width, height: facts),
      isNarrow && deck.focus == 2 ? nil : log, isNarrow && deck.focus != 2 ? nil : below,
    ]
  }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading \(title)…")
  }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    if grid.filter != nil { return ("no row passes the filter", .muted) }
    // A task that failed always wrote why; one that ended well may have had nothing to say.
    return (history?.attempts.last?.message ?? "no lines", .muted)
  }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    guard panel == 0, let attempt = history?.attempts.last else { return [] }
    return ["\(attempt.state.rawValue), \(durationText(RunEstimate.elapsed(attempt, painter.now)))"]
  }

  func noteRole(of panel: Int) -> Role {
    guard panel == 0, let state = history?.attempts.last?.state else { return .muted }
    switch state {
    case .success: return .good
    case .failed, .crashed: return .danger
    case .running: return .accent
    case .cancelled: return .warning
    case .queued, .skipped: return .muted
    }
  }

  func lines(_ text: ValueText) -> [String] {
    guard hasData else { return [failure ?? "reading \(title)"] }
    return [title] + deck.panels.flatMap { ["", $0.title] + $0.grid.lines(text) }
  }
}
