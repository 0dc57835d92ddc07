import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("a run")
struct RunExecutorTests {
  private static let settings = RunSettings(
    source: "test", startedBy: "ana@desk", processID: 1, version: "0")

  private static func executor(
    _ url: String, _ tasks: [TaskDefinition],
    _ body: @escaping @Sendable (TaskContext) async throws -> TaskAnswer
  ) throws -> RunExecutor {
    let graph = try TaskGraph(tasks)
    return RunExecutor(
      database: url, graph: graph,
      bodies: Dictionary(uniqueKeysWithValues: graph.tasks.map { ($0.name, body) }))
  }

  private static func states(_ connection: Connection, _ run: Int64) async throws -> [String] {
    let found = try await connection.query(
      """
      select task || ' ' || attempt || ' ' || state || coalesce(': ' || message, '')
      from monitoring.task_attempts where run_id = $1 order by position, attempt
      """, [.integer(run)])
    return found.rows.compactMap { $0[0] }
  }

  private static func run(_ connection: Connection, _ run: Int64) async throws -> (String?, String?) {
    let row = try await connection.query(
      "select state, reason from monitoring.runs where run_id = $1", [.integer(run)]
    )
    .first
    return (row?[0], row?[1])
  }

  @Test("writes each task's end, rows and log, and its own success")
  func success() async throws {
    try await TestCluster.withSchema { connection, url in
      let executor = try Self.executor(
        url, [TaskDefinition("load"), TaskDefinition("marts", after: ["load"])]
      ) {
        context in
        try await context.log(.info, "at work")
        return .done(TaskOutcome(rowsIn: 3, rowsOut: 2, message: "well done"))
      }
      let run = try await executor.run(Self.settings)
      #expect(
        try await Self.states(connection, run) == ["load 1 success: well done", "marts 1 success: well done"])
      #expect(try await Self.run(connection, run) == ("success", nil))
      let logged = try await connection.query("select task, message from monitoring.log_lines order by line")
      #expect(logged.rows.map { $0[0] } == ["load", "marts"])
      let rows = try await connection.query(
        "select sum(rows_in), sum(rows_out), count(seconds) from monitoring.task_attempts")
      #expect(rows.first?.integer(0) == 6)
      #expect(rows.first?.integer(1) == 4)
      #expect(rows.first?.integer(2) == 2)
    }
  }

  @Test("tries a passing failure again as a new attempt and keeps both in the log")
  func retry() async throws {
    try await TestCluster.withSchema { connection, url in
      let quick = RetryPolicy(attempts: 2, firstDelay: 0.001, longestDelay: 0.001)
      let executor = try Self.executor(url, [TaskDefinition("load", retry: quick)]) { context in
        if context.attempt == 1 { throw RunError(.failed, "the source was away", isTransient: true) }
        return .done(TaskOutcome())
      }
      let run = try await executor.run(Self.settings)
      #expect(
        try await Self.states(connection, run) == ["load 1 failed: the source was away", "load 2 success"])
    }
  }

  @Test("a failed task is never without a log line, and the run names it")
  func failure() async throws {
    try await TestCluster.withSchema { connection, url in
      let executor = try Self.executor(
        url, [TaskDefinition("load"), TaskDefinition("marts", after: ["load"])]
      ) { _ in
        throw RunError(.failed, "12 customers have no id")
      }
      let run = try await executor.run(Self.settings)
      #expect(
        try await Self.states(connection, run) == [
          "load 1 failed: 12 customers have no id", "marts 1 skipped: load did not succeed",
        ])
      #expect(try await Self.run(connection, run) == ("failed", "load: 12 customers have no id"))
      let logged = try await connection.query("select level, message from monitoring.log_lines")
      #expect(logged.first?[0] == "error")
      #expect(logged.first?[1] == "12 customers have no id")
    }
  }

  @Test("a second run is told who is at work and since when; with waiting it follows")
  func oneAtATime() async throws {
    try await TestCluster.withSchema { connection, url in
      let (gate, open) = AsyncStream<Void>.makeStream()
      let (running, isRunning) = AsyncStream<Void>.makeStream()
      let first = try Self.executor(url, [TaskDefinition("load")]) { _ in
        isRunning.yield()
        for await _ in gate { break }
        return .done(TaskOutcome())
      }
      let second = try Self.executor(url, [TaskDefinition("load")]) { _ in .done(TaskOutcome()) }
      let firstRun = Task { try await first.run(Self.settings) }
      for await _ in running { break }
      let error = try await #require(throws: RunError.self) { _ = try await second.run(Self.settings) }
      #expect(error.code == .busy)
      #expect(error.description.contains("run 1 of ana@desk, since "))
      let waiting = Task {
        try await second.run(
          RunSettings(source: "test", startedBy: "ben@desk", processID: 2, version: "0", waits: true))
      }
      open.yield()
      let firstID = try await firstRun.value
      let secondID = try await waiting.value
      #expect(firstID < secondID)
      #expect(try await Self.run(connection, secondID) == ("success", nil))
    }
  }

  @Test("a run whose process died is marked crashed by the next one")
  func crashed() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(
        """
        insert into monitoring.runs (run_id, source, state, started_at, started_by, process_id, version, settings)
        overriding system value values (7, 'test', 'running', now(), 'eve@desk', 1, '0', '{}');
        insert into monitoring.task_attempts (run_id, task, attempt, position, state)
        values (7, 'load', 1, 0, 'running'), (7, 'marts', 1, 1, 'queued')
        """)
      let executor = try Self.executor(url, [TaskDefinition("load")]) { _ in .done(TaskOutcome()) }
      _ = try await executor.run(Self.settings)
      #expect(try await Self.run(connection, 7) == ("crashed", "the process of the run died"))
      #expect(
        try await Self.states(connection, 7) == [
          "load 1 crashed: the process of the run died",
          "marts 1 skipped: the process of the run died before",
        ])
      let lines = try await RunReportReader.logLines(of: 7, from: connection)
      #expect(
        lines.map { "\($0.task) \($0.level) \($0.message)" } == ["load error the process of the run died"])
    }
  }

  @Test(
    "a cancel stops the statement in the server and says who asked; a notification alone, which all may send, does not"
  )
  func cancelled() async throws {
    try await TestCluster.withSchema { connection, url in
      let (running, isRunning) = AsyncStream<Int64>.makeStream()
      let executor = try Self.executor(
        url, [TaskDefinition("load"), TaskDefinition("marts", after: ["load"])]
      ) {
        context in
        _ = try await context.withConnection { connection in
          isRunning.yield(context.runID)
          try await connection.query("select pg_sleep(600)")
        }
        return .done(TaskOutcome())
      }
      let run = Task { try await executor.run(Self.settings) }
      for await id in running {
        for forged in ["cancel \(id)", "cancel \(id) eve@desk"] {
          try await connection.query(
            "select pg_notify($1, $2)", [.text(RunLog.controlChannel), .text(forged)])
        }
        // The run hears of what was sent before; it would have ended by then.
        try await connection.query("select pg_sleep(0.5)")
        #expect(try await Self.run(connection, id).0 == "running")
        try await RunControl.cancel(id, who: "ben@desk", on: connection)
        break
      }
      let id = try await run.value
      #expect(try await Self.run(connection, id) == ("cancelled", "cancelled by ben@desk"))
      let states = try await Self.states(connection, id)
      #expect(states == ["load 1 cancelled: stopped", "marts 1 skipped: cancelled by ben@desk"])
    }
  }

  @Test("a cancel is heard where the server takes no further connection")
  func cancelledOnAFullServer() async throws {
    try await TestCluster.withSchema { connection, url in
      let name = try #require(try await connection.query("select current_database()").first?[0])
      let elsewhere = try await Connection.open(url.replacing("/\(name)", with: "/postgres"))
      // SQL-safe: the test's own database.
      let admission = "alter database \(name) with allow_connections"
      let (running, isRunning) = AsyncStream<Int64>.makeStream()
      let executor = try Self.executor(url, [TaskDefinition("load")]) { context in
        _ = try await context.withConnection { connection in
          isRunning.yield(context.runID)
          try await connection.query("select pg_sleep(10)")
        }
        return .done(TaskOutcome())
      }
      let run = Task { try await executor.run(Self.settings) }
      for await id in running {
        try await elsewhere.execute("\(admission) false")
        try await RunControl.cancel(id, who: "ben@desk", on: connection)
        break
      }
      let id = try await run.value
      try await elsewhere.execute("\(admission) true")
      await elsewhere.close()
      #expect(try await Self.run(connection, id) == ("cancelled", "cancelled by ben@desk"))
    }
  }

  @Test("a cancel that came before the run listened is heard")
  func cancelledAtOnce() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(
        """
        create function ask_at_once() returns trigger language plpgsql as $$
          begin new.cancelled_by := 'ben@desk'; return new; end $$;
        create trigger ask_at_once before insert on monitoring.runs for each row execute function ask_at_once()
        """)
      let executor = try Self.executor(url, [TaskDefinition("load")]) { context in
        _ = try await context.withConnection { try await $0.query("select pg_sleep(10)") }
        return .done(TaskOutcome())
      }
      let run = try await executor.run(Self.settings)
      #expect(try await Self.run(connection, run) == ("cancelled", "cancelled by ben@desk"))
    }
  }

  @Test("a task that takes longer than it may is stopped and fails")
  func timeout() async throws {
    try await TestCluster.withSchema { connection, url in
      let executor = try Self.executor(url, [TaskDefinition("load", timeout: 0.05)]) { context in
        _ = try await context.withConnection { _ = try await $0.query("select pg_sleep(600)") }
        return .done(TaskOutcome())
      }
      let run = try await executor.run(Self.settings)
      #expect(try await Self.run(connection, run) == ("failed", "load: took longer than 0.05 s"))
    }
  }

  @Test("a run that loses its log stops its work and says so")
  func lostLog() async throws {
    try await TestCluster.withSchema { connection, url in
      let executor = try Self.executor(
        url, [TaskDefinition("load"), TaskDefinition("marts", after: ["load"])]
      ) {
        context in
        _ = try await context.withConnection { other in
          try await other.query(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'riskdeck run'
            """)
          // Another run may begin now: this one does not go on until its statement ends.
          try await other.query("select pg_sleep(600)")
        }
        return .done(TaskOutcome())
      }
      let error = await #expect(throws: PostgresError.self) { _ = try await executor.run(Self.settings) }
      #expect(error?.isTransient == true)
      #expect(error?.description.contains("run 1 was stopped") == true, "\(String(describing: error))")
      #expect(try await Self.run(connection, 1).0 == "running")
    }
  }

  @Test("a run that takes longer than it may is stopped and has failed")
  func runTimeout() async throws {
    try await TestCluster.withSchema { connection, url in
      let executor = try Self.executor(url, [TaskDefinition("load")]) { context in
        _ = try await context.withConnection { _ = try await $0.query("select pg_sleep(600)") }
        return .done(TaskOutcome())
      }
      let run = try await executor.run(
        RunSettings(source: "test", startedBy: "ana@desk", processID: 1, version: "0", timeout: 0.05))
      #expect(try await Self.run(connection, run) == ("failed", "the run took longer than 0.05 s"))
    }
  }

  @Test("who waits for another run says for whom, and ends at once when asked to")
  func stoppedWhileWaiting() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.query("select pg_advisory_lock($1, $2)", AdvisoryLock.run.binds)
      let executor = try Self.executor(url, [TaskDefinition("load")]) { _ in .done(TaskOutcome()) }
      let (reasons, stop) = AsyncStream<String>.makeStream()
      let error = await #expect(throws: RunError.self) {
        _ = try await executor.run(
          RunSettings(source: "test", startedBy: "ana@desk", processID: 1, version: "0", waits: true),
          cancellations: reasons
        ) { _ in stop.yield("stopped by SIGTERM") }
      }
      #expect(error?.description == "stopped by SIGTERM while it waited for another run")
      #expect(try await connection.query("select count(*) from monitoring.runs").first?.integer(0) == 0)
    }
  }

  @Test("forty empty tasks in a chain all succeed")
  func manyTasks() async throws {
    try await TestCluster.withSchema { connection, url in
      let tasks = (0..<40).map { TaskDefinition("task\($0)", after: $0 == 0 ? [] : ["task\($0 - 1)"]) }
      let executor = try Self.executor(url, tasks) { _ in .done(TaskOutcome()) }
      let run = try await executor.run(Self.settings)
      #expect(try await Self.states(connection, run).allSatisfy { $0.hasSuffix("success") })
    }
  }

  @Test(
    "a clock that is set back an hour in the middle of a run leaves no length below zero and no order upset")
  func clockSetBack() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      // The server's clock as everything in this database sees it, and what somebody sets it by.
      let name = try quotedIdentifier(
        try await connection.query("select current_database()").first?[0] ?? "")
      try await connection.execute(
        """
        create schema fake;
        create table fake.set_by (seconds float8);
        insert into fake.set_by values (0);
        create function fake.clock_timestamp() returns timestamptz language sql as
          $$select pg_catalog.clock_timestamp() + (select seconds from fake.set_by) * interval '1 second'$$;
        alter database \(name) set search_path = fake, pg_catalog, public
        """)
      let executor = try Self.executor(
        url,
        [
          TaskDefinition("load", retry: RetryPolicy(attempts: 2, firstDelay: 0.01, longestDelay: 0.01)),
          TaskDefinition("marts", after: ["load"]),
        ]
      ) { context in
        try await context.log(.info, "before")
        if context.task == "load", context.attempt == 1 {
          try await context.withConnection {
            try await $0.execute("update fake.set_by set seconds = -3600")
            let moved = try await $0.query(
              "select extract(epoch from clock_timestamp() - pg_catalog.clock_timestamp())::float8")
            #expect((moved.first?.double(0) ?? 0) < -3_590, "the clock was set")
          }
          throw RunError(.failed, "the source was away", isTransient: true)
        }
        try await context.log(.info, "after")
        return .done(TaskOutcome())
      }
      let run = try await executor.run(Self.settings)
      let report = try #require(try await RunReportReader.run(run, from: connection))
      #expect(report.state == .success)
      #expect((report.seconds ?? -1) >= 0)
      let attempts = try await RunReportReader.attempts(of: "load", runID: run, from: connection)
      #expect(attempts.map(\.state) == [.failed, .success])
      var moments = [report.startedAt]
      for attempt in attempts + report.tasks.filter({ $0.task == "marts" }) {
        moments += [attempt.startedAt ?? 0, attempt.endedAt ?? 0]
        #expect((attempt.seconds ?? -1) >= 0)
      }
      moments.append(report.endedAt ?? 0)
      #expect(moments == moments.sorted(), "\(moments)")
      let lines = try await RunReportReader.logLines(of: run, from: connection)
      #expect(lines.map(\.loggedAt) == lines.map(\.loggedAt).sorted())
      await connection.close()
    }
  }

  @Test("an attempt that takes longer than its task may is stopped, and says so")
  func taskTimeout() async throws {
    try await TestCluster.withSchema { connection, url in
      let graph = try TaskGraph([TaskDefinition("load"), TaskDefinition("marts", after: ["load"])])
        .limited(to: TaskTimeouts.read(["load=0.05s"]))
      let executor = RunExecutor(
        database: url, graph: graph,
        bodies: [
          "load": { context in
            _ = try await context.withConnection { try await $0.execute("select pg_sleep(60)") }
            return .done(TaskOutcome())
          }, "marts": { _ in .done(TaskOutcome()) },
        ])
      let run = try await executor.run(Self.settings)
      #expect(
        try await Self.states(connection, run) == [
          "load 1 failed: took longer than 0.05 s", "marts 1 skipped: load did not succeed",
        ])
    }
  }
}
