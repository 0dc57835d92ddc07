import Pipeline
import Testing

@testable import Workstation

/// The Pipeline screen, the page of a task and the rows that break a test, by keys.
@Suite struct PipelineScreenTests {
  private static let large = Size(width: 200, height: 60)

  private func screen(_ session: Session) -> PipelineScreen? { session.state.screen as? PipelineScreen }

  private func section(_ session: Session) -> PipelineScreen.Section? {
    screen(session).flatMap { $0.section($0.deck.focus) }
  }

  @Test("on a large terminal every section is on the screen; on a small one Tab leads through them")
  func sections() throws {
    let large = try Session(size: Self.large)
    for title in [
      "Task graph", "Run 42", "Log of run 42", "Data tests: 29 of 30 pass", "Last 13 runs",
      "Validation of raw data", "Schedules", "Hooks",
    ] {
      #expect(large.shows("─ \(title) "), "\(title)")
    }
    var small = try Session()
    var seen: [PipelineScreen.Section] = []
    for _ in PipelineScreen.Section.allCases {
      if let section = section(small) { seen.append(section) }
      try small.press("Tab")
    }
    #expect(seen == [.tasks, .log, .tests, .runs, .checks, .schedules, .hooks, .graph])
    #expect(section(small) == .tasks)
    try small.press("[")
    #expect(section(small) == .graph)
    try small.press("z")
    #expect(!small.shows("Run 42 "))
  }

  @Test("the graph stands beside the tasks of the run; its tasks are walked and opened")
  func graph() throws {
    var session = try Session()
    #expect(session.shows("extract-products ─┬─✓ load"))
    try session.press("[ G")
    #expect(screen(session)?.selectedTask == "open-cases")
    try session.press("h Enter")
    #expect(session.state.place == .task(runID: 42, task: "publish"))
    try session.press("Esc")
    #expect(screen(session)?.selectedTask == "publish")
  }

  @Test("Enter on a task opens its attempts: state, retries, rows, bytes and log; Esc leads back")
  func task() throws {
    var session = try Session(size: Self.large)
    try session.press("j j Enter")
    #expect(session.state.place == .task(runID: 42, task: "extract-orders"))
    for text in [
      "extract-orders, attempt 2", "success, 4.0 s", "Retries", "5,003", "1.3k rows/s", "1,250,000",
      "server closed the connection", "page 20 of 20",
    ] {
      #expect(session.shows(text), "\(text) \(session.text)")
    }
    try session.press("L / \"page 7\" Enter")
    #expect(
      session.deck?.focused?.grid.selectedCells.contains { $0.value == .text("page 7 of 20: 250 orders") }
        ?? false)
    try session.press("Esc Esc")
    #expect(session.state.place == .pipeline)
  }

  @Test("a run that failed begins at the task that failed, whose log says why")
  func failedTask() throws {
    var session = try Session()
    try session.press("Tab Tab Tab / \"35\" Enter Enter")
    #expect(screen(session)?.run?.runID == 35)
    #expect(session.shows("Run 35"))
    try session.press("L")
    #expect(session.shows("1 of 30 data tests failed"))
    #expect(session.shows("error"))
  }

  @Test("L shows the log of the run over the whole screen; search, n, N and filter work in it")
  func log() throws {
    var session = try Session()
    try session.press("L")
    #expect(section(session) == .log)
    #expect(session.deck?.isZoomed == true)
    #expect(session.deck?.focused?.grid.selected == 20, "it stands at its end")
    try session.press("/ \"page 1\" Enter")
    let first = session.deck?.focused?.grid.selected
    #expect(first == 0)
    try session.press("n")
    #expect(session.deck?.focused?.grid.selected == 9)
    try session.press("N")
    #expect(session.deck?.focused?.grid.selected == 0)
    try session.press("f \"level:warning\" Enter")
    #expect(session.deck?.focused?.grid.count == 1)
    #expect(session.shows("3 records were rejected"))
    try session.press("F L")
    #expect(section(session) == .tasks)
    #expect(session.deck?.isZoomed == false)
  }

  @Test("while a run is at work the log asks for what is new, and follows it from its end alone")
  func following() throws {
    var session = try Session()
    try session.press("L")
    session.answersLate = true
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    guard case .loadPipeline(.log(43, after: 0), let request)? = session.unanswered.first else {
      Issue.record("the log was not asked for")
      return
    }
    func lines(_ range: ClosedRange<Int64>) -> [LogLine] {
      range.map {
        LogLine(
          line: $0, task: "load", attempt: 1, loggedAt: Fixtures.now, level: "info", message: "row \($0)")
      }
    }
    session.send(
      .pipelineLoaded(
        .log(LogPage(runID: 43, after: 0, lines: lines(1...40), isLast: true)), request: request))
    #expect(session.shows("row 40"))
    session.send(.tick(Fixtures.now + 2))
    guard case .loadPipeline(.log(43, after: 40), let next)? = session.unanswered.last else {
      Issue.record("the new lines were not asked for")
      return
    }
    try session.press("g")
    session.send(
      .pipelineLoaded(
        .log(LogPage(runID: 43, after: 40, lines: lines(41...50), isLast: true)), request: next))
    #expect(!session.shows("row 50"), "who reads above is left there")
    #expect(session.deck?.focused?.grid.count == 50)
    #expect(!session.shows("cancels"), "reading on is no wait")
    try session.press("G")
    #expect(session.shows("row 50"))
  }

  @Test("Enter on a test that did not pass opens all of its rows, read as one goes down")
  func failingRows() throws {
    var session = try Session()
    try session.press("Tab Tab")
    #expect(session.shows("! not_null_stg_orders_column_7"))
    try session.press("Enter")
    #expect(
      session.state.place == .failingRows(runID: 42, test: "not_null_stg_orders_column_7"))
    #expect(session.shows("500 of 640 rows read"))
    try session.press("G")
    #expect(session.deck?.focused?.grid.count == 640)
    try session.press("G Enter")
    #expect(session.state.place == .customer(1_920))
    try session.press("Esc Esc j Enter")
    #expect(session.state.place == .pipeline, "a test that passed has no rows")
    #expect(session.shows("Status"))
  }

  @Test("rows that are not kept are told in one line")
  func missingRows() throws {
    let session = try Session("failing-rows/12/unique_customer")
    #expect(session.shows("the rows are not kept"))
  }

  @Test("the grid of past runs chooses a run, and the task of the column")
  func history() throws {
    var session = try Session(size: Self.large)
    try session.press("Tab Tab Tab")
    #expect(section(session) == .runs)
    try session.press("' 7 l")
    #expect(session.shows("build-staging ─"))
    try session.press("j j Enter")
    #expect(screen(session)?.run?.runID == 40)
    #expect(section(session) == .tasks)
    #expect(screen(session)?.selectedTask == "build-staging")
    #expect(
      session.effects.contains { effect in
        if case .loadPipeline(.log(40, 0), _) = effect { return true }
        return false
      })
  }

  @Test("a run again from a task shows what will run and asks; y starts exactly that")
  func rerun() throws {
    var session = try Session()
    try session.press("/ \"score\" Enter R")
    #expect(session.shows("Run again from score"))
    #expect(session.shows("Runs 5 of 14 tasks: score, build-marts, test-marts"))
    try session.press("Esc")
    #expect(!session.effects.contains(.startRun(.from("score"))))
    try session.press("R y")
    #expect(session.effects.contains(.startRun(.from("score"))))
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    try session.press("R")
    #expect(session.shows("run 43 is under way"))
    #expect(session.state.overlay == nil)
  }

  @Test("tests are never run again without what they test; an extraction brings all of them along")
  func rerunPreview() throws {
    var session = try Session()
    try session.press("/ \"test-marts\" Enter R")
    #expect(session.shows("Runs 4 of 14 tasks: build-marts, test-marts, publish"))
    try session.press("n g R")
    #expect(session.shows("Runs 14 of 14 tasks"))
  }

  @Test("a failed run is gone on with; after one that succeeded there is nothing to resume")
  func resume() throws {
    var session = try Session()
    try session.press("o")
    #expect(session.shows("run 42 succeeded; there is nothing to resume"))
    session.send(.runChanged(Fixtures.run(43, state: .failed, done: 9)))
    try session.press("o")
    #expect(session.shows("Resume run 43"))
    #expect(session.shows("Runs 7 of 14 tasks: build-staging, test-staging, score,"))
    try session.press("y")
    #expect(session.effects.contains(.startRun(.resume(43))))
  }

  @Test("c cancels a run after a question, and nothing where none is at work")
  func cancel() throws {
    var session = try Session()
    try session.press("c")
    #expect(session.shows("no run is under way"))
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    try session.press("c Esc")
    #expect(!session.effects.contains(.cancelRun(runID: 43)))
    try session.press("c y")
    #expect(session.effects.contains(.cancelRun(runID: 43)))
  }

  @Test("schedules show their next and last runs, limits beside them; a hook is tried by a key")
  func timetable() throws {
    var session = try Session()
    try session.press("x")
    #expect(session.shows("select a hook first"))
    try session.press("[ [ [")
    #expect(section(session) == .schedules)
    #expect(session.shows("2026-11-25 06:00  2026-11-24 06:00  success"))
    #expect(session.shows("paused"))
    #expect(session.shows("run at most 15 min 00 s"))
    try session.press("Tab x")
    #expect(session.effects.contains(.testHook(name: "chat")))
    #expect(session.shows("telling chat"))
    try session.press("Enter")
    #expect(session.shows("the address answered 503"))
  }

  @Test("schedules, hooks and limits that somebody changes are read again at once, and asked for once")
  func timetableChanged() throws {
    var session = try Session()
    func asked() -> Int {
      session.unanswered.count { effect in
        if case .loadPipeline(.timetable, _) = effect { true } else { false }
      }
    }
    session.answersLate = true
    #expect(asked() == 0)
    session.send(.serviceLevelsChanged(try ServiceLevels(runSeconds: 60)))
    session.send(.serviceLevelsChanged(try ServiceLevels(runSeconds: 90)))
    #expect(asked() == 1)
  }

  @Test("a running run says how far it is, how fast, and when it will end by what the last ones took")
  func estimate() throws {
    var session = try Session(size: Self.large)
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 9)))
    #expect(session.shows("running 9/13"))
    #expect(session.shows("about 1.3 s left"), "\(session.text)")
  }

  @Test("late runs and stale data are marked on every screen")
  func late() throws {
    var session = try Session("fraud", size: Self.large)
    session.send(.serviceLevelsChanged(Fixtures.levels))
    #expect(!session.shows("STALE"))
    session.send(.tick(Fixtures.now + 27 * 3_600))
    #expect(session.lines[0].contains("STALE"))
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    #expect(session.lines[0].contains("RUN IS LATE"))
    #expect(accessibleText(session.state).contains { $0.hasPrefix("Late: the data of run 42") })
  }
}
