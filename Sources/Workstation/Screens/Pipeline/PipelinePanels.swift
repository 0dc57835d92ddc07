import Pipeline

/// The rows of the Pipeline screen's sections.
enum PipelinePanels {
  typealias Section = PipelineScreen.Section

  static func all(_ screen: PipelineScreen) -> [Panel] {
    let run = screen.run
    var panels: [Panel] = []
    func add(_ section: Section, _ title: String, _ grid: Grid) {
      panels.append(Panel(id: section.rawValue, title: title, grid: grid))
    }
    if !screen.graph.tasks.isEmpty {
      add(.graph, "Task graph", graphGrid(screen.graph, run))
    }
    add(.tasks, run.map { "Run \($0.runID)" } ?? "Tasks", taskGrid(run))
    add(.log, run.map { "Log of run \($0.runID)" } ?? "Log", logGrid(screen.log.lines, zone: screen.log.zone))
    add(.tests, testTitle(run), testGrid(run))
    add(.runs, screen.runs.count > 1 ? "Last \(screen.runs.count) runs" : "Last run", runGrid(screen.runs))
    add(.checks, "Validation of raw data", validationGrid(run))
    add(.schedules, "Schedules", scheduleGrid(screen.timetable))
    add(.hooks, "Hooks", hookGrid(screen.timetable))
    return panels
  }

  private static func graphGrid(_ graph: TaskGraph, _ run: RunReport?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "task", kind: .text), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "after", kind: .text),
    ]
    let rows = graph.tasks.map { task -> [Value] in
      let state = run?.tasks.first { $0.task == task.name }?.state
      return [
        .text(task.name), state.map { .text($0.rawValue) } ?? .null,
        .text(task.dependencies.joined(separator: ", ")),
      ]
    }
    return Grid(table: ValueTable(columns: columns, rows: rows), keyColumn: "task")
  }

  private static func taskGrid(_ run: RunReport?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "task", kind: .text), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "started_at", kind: .timestamp), ValueColumn(name: "seconds", kind: .number),
      ValueColumn(name: "rows_in", kind: .number), ValueColumn(name: "rows_out", kind: .number),
      ValueColumn(name: "attempt", kind: .number), ValueColumn(name: "message", kind: .text),
    ]
    let rows = (run?.tasks ?? []).map { task -> [Value] in
      [
        .text(task.task), .text(task.state.rawValue), task.startedAt.map { .number($0) } ?? .null,
        task.seconds.map { .number($0) } ?? .null, task.rowsIn.map { .integer($0) } ?? .null,
        task.rowsOut.map { .integer($0) } ?? .null,
        .integer(task.attempt), .text(task.message ?? ""),
      ]
    }
    return Grid(table: ValueTable(columns: columns, rows: rows), keyColumn: "task")
  }

  static func logGrid(_ lines: [LogLine], zone: DisplayZone, showsTask: Bool = true) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "line", kind: .number), ValueColumn(name: "time", kind: .text),
      ValueColumn(name: "level", kind: .text), ValueColumn(name: "task", kind: .text),
      ValueColumn(name: "attempt", kind: .number), ValueColumn(name: "message", kind: .text),
    ]
    let rows = lines.map { line -> [Value] in
      [
        .integer(line.line),
        .text(CivilTime(secondsSince1970: line.loggedAt, zone: zone).clockWithSeconds), .text(line.level),
        .text(line.task),
        .integer(line.attempt), .text(line.message),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "time", kind: .text, width: .fixed(8)),
        Column(name: "level", kind: .text, width: .fixed(7)),
        Column(name: "task", kind: .text, width: .fit(minimum: 4, maximum: 18), isVisible: showsTask),
        Column(name: "attempt", kind: .number, width: .fixed(7), format: .plain, isVisible: !showsTask),
        Column(name: "message", kind: .text, width: .fit(minimum: 20, maximum: 400)),
        Column(name: "line", kind: .number, format: .plain, isVisible: false),
      ], keyColumn: "line")
  }

  private static func runGrid(_ runs: [RunReport]) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "run", kind: .number), ValueColumn(name: "state", kind: .text),
      ValueColumn(name: "started_at", kind: .timestamp), ValueColumn(name: "seconds", kind: .number),
      ValueColumn(name: "source", kind: .text), ValueColumn(name: "started_by", kind: .text),
      ValueColumn(name: "reason", kind: .text),
    ]
    let rows = runs.map { run -> [Value] in
      [
        .integer(run.runID), .text(run.state.rawValue), .number(run.startedAt),
        run.seconds.map { .number($0) } ?? .null, .text(run.source), .text(run.startedBy),
        .text(run.reason ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "run", kind: .number, format: .plain), Column(name: "state", kind: .text),
        Column(name: "started_at", title: "Started", kind: .timestamp, width: .fixed(16)),
        Column(name: "seconds", title: "Seconds", kind: .number, format: .decimal),
        Column(name: "source", kind: .text, width: .fit(minimum: 6, maximum: 24)),
        Column(name: "started_by", title: "By", kind: .text, width: .fit(minimum: 4, maximum: 20)),
        Column(name: "reason", kind: .text, width: .fit(minimum: 8, maximum: 60)),
      ], keyColumn: "run")
  }

  private static func testTitle(_ run: RunReport?) -> String {
    guard let tests = run?.tests, !tests.isEmpty else { return "Data tests" }
    let passed = tests.filter { $0.status == "pass" }.count
    return "Data tests: \(passed) of \(tests.count) pass"
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

  private static func scheduleGrid(_ timetable: Timetable?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "name", kind: .text), ValueColumn(name: "next", kind: .timestamp),
      ValueColumn(name: "last", kind: .timestamp), ValueColumn(name: "result", kind: .text),
      ValueColumn(name: "run", kind: .number), ValueColumn(name: "when", kind: .text),
      ValueColumn(name: "source", kind: .text), ValueColumn(name: "message", kind: .text),
    ]
    let rows = (timetable?.entries ?? []).map { entry -> [Value] in
      [
        .text(entry.name), entry.isPaused ? .text("paused") : entry.next.map { .number($0) } ?? .null,
        entry.last.map { .number($0.dueAt) } ?? .null, entry.last.map { .text($0.state.rawValue) } ?? .null,
        entry.last?.runID.map { .integer($0) } ?? .null, .text("\(entry.expression) \(entry.timeZone)"),
        .text(entry.source), .text(entry.last?.message ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "name", kind: .text, width: .fit(minimum: 6, maximum: 20)),
        Column(name: "next", kind: .timestamp, width: .fixed(16)),
        Column(name: "last", kind: .timestamp, width: .fixed(16)),
        Column(name: "result", kind: .text, width: .fit(minimum: 7, maximum: 10)),
        Column(name: "when", kind: .text, width: .fit(minimum: 8, maximum: 40)),
        Column(name: "source", kind: .text, width: .fit(minimum: 6, maximum: 24)),
        Column(name: "run", kind: .number, format: .plain),
        Column(name: "message", kind: .text, width: .fit(minimum: 8, maximum: 60)),
      ], keyColumn: "name")
  }

  private static func hookGrid(_ timetable: Timetable?) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "name", kind: .text), ValueColumn(name: "events", kind: .text),
      ValueColumn(name: "last", kind: .text), ValueColumn(name: "at", kind: .timestamp),
      ValueColumn(name: "about", kind: .text), ValueColumn(name: "target", kind: .text),
      ValueColumn(name: "message", kind: .text),
    ]
    let rows = (timetable?.hooks ?? []).map { hook -> [Value] in
      [
        .text(hook.name), .text(hook.events.joined(separator: ", ")),
        hook.last.map { .text($0.state) } ?? .text("never told"),
        hook.last.map { .number($0.claimedAt) } ?? .null,
        hook.last.map { .text("\($0.event) of \($0.subject)") } ?? .null, .text(hook.target),
        .text(hook.last?.message ?? ""),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "name", kind: .text, width: .fit(minimum: 6, maximum: 20)),
        Column(name: "last", title: "Last telling", kind: .text, width: .fit(minimum: 9, maximum: 12)),
        Column(name: "at", kind: .timestamp, width: .fixed(16)),
        Column(name: "events", kind: .text, width: .fit(minimum: 7, maximum: 24)),
        Column(name: "about", kind: .text, width: .fit(minimum: 6, maximum: 24)),
        Column(name: "target", kind: .text, width: .fit(minimum: 8, maximum: 40)),
        Column(name: "message", kind: .text, width: .fit(minimum: 8, maximum: 60)),
      ], keyColumn: "name")
  }
}
