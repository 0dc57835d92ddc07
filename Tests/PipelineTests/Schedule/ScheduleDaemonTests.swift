import Foundation
import Glibc
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("The daemon")
struct ScheduleDaemonTests {
  /// A daemon that works in a task, with all it says.
  final class Running: Sendable {
    private let log: Log
    private let stops: AsyncStream<String>.Continuation
    private let task: Task<Void, any Error>

    final class Log: Sendable { let lines = Mutex<[String]>([]) }

    var lines: [String] { log.lines.withLock { $0 } }

    /// - Parameter script: a shell script that stands in for `riskdeck run`.
    init(_ url: String, script: String) {
      let (stream, continuation) = AsyncStream<String>.makeStream()
      let log = Log()
      let daemon = ScheduleDaemon(
        database: url, program: ["sh", "-c", script, "run"], who: "tester@here", firstPause: 0.05
      ) { line in log.lines.withLock { $0.append(line) } }
      self.log = log
      stops = continuation
      task = Task { try await daemon.run(until: stream) }
    }

    /// Waits for it to end by itself.
    func result() async throws { try await task.value }

    func end() async throws {
      stops.yield("stopped by SIGTERM")
      try await task.value
    }
  }

  /// Waits until a query answers true; the suite's time limit bounds it.
  static func until(_ sql: String, on connection: Connection) async throws {
    while try await connection.query(sql).first?.boolean(0) != true {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// A schedule whose last due time has passed and is to be made up for.
  static func addDue(
    _ name: String, catchUp: CatchUp = .one, arguments: [String] = [], on connection: Connection
  )
    async throws
  {
    _ = try await SchedulesTests.add(
      name, "0 0 1 1 *", catchUp: catchUp, arguments: arguments, on: connection)
    try await connection.query(
      "update monitoring.schedules set handled_until = clock_timestamp() - interval '1 year 1 day' where name = $1",
      [.text(name)])
    try await Schedules.tell(connection)
  }

  @Test(
    "it runs what is due, as a child with the schedule's arguments, and records the result",
    .timeLimit(.minutes(15)))
  func results() async throws {
    try await TestCluster.withSchema { connection, url in
      try await Self.addDue("good", arguments: ["fine"], on: connection)
      let daemon = Running(
        url, script: "[ \"$1\" = fine ] || { echo 'riskdeck: the source is gone' >&2; exit 78; }")
      try await Self.until("select state = 'success' from monitoring.scheduled_runs", on: connection)
      // A schedule added while it sleeps wakes it.
      try await Self.addDue("bad", arguments: ["other"], on: connection)
      try await Self.until(
        "select count(*) = 2 and bool_and(ended_at is not null) from monitoring.scheduled_runs",
        on: connection)
      let schedules = try await Schedules.all(on: connection)
      #expect(schedules.map(\.last?.state) == [.failed, .success])
      #expect(schedules[0].last?.message == "the source is gone")
      try await daemon.end()
    }
  }

  @Test("one leads, the other takes over; each due time has one run", .timeLimit(.minutes(15)))
  func takeOver() async throws {
    try await TestCluster.withSchema { connection, url in
      let first = Running(url, script: "exit 0")
      let held = """
        select exists (select 1 from pg_locks where locktype = 'advisory' and granted and objid = 4 and objsubid = 2
          and database = (select oid from pg_database where datname = current_database()))
        """
      try await Self.until(held, on: connection)
      let second = Running(url, script: "exit 0")
      let waits = held.replacing("and granted", with: "and not granted")
      try await Self.until(waits, on: connection)
      try await Self.addDue("a", on: connection)
      try await Self.until("select state = 'success' from monitoring.scheduled_runs", on: connection)
      try await first.end()
      try await Self.until("select not (\(waits.dropFirst(7)))", on: connection)
      try await Self.addDue("b", on: connection)
      try await Self.until(
        "select count(*) = 2 and bool_and(state = 'success') from monitoring.scheduled_runs", on: connection)
      // Ends also while it waits for the lock.
      let third = Running(url, script: "exit 0")
      try await Self.until(waits, on: connection)
      try await third.end()
      try await second.end()
      #expect(first.lines.contains("leading") && second.lines.contains("leading"))
      #expect(!third.lines.contains("leading"))
    }
  }

  @Test("a lost connection is mended and the run's result still recorded", .timeLimit(.minutes(15)))
  func lostConnection() async throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    try await TestCluster.withSchema { connection, url in
      try await Self.addDue("long", on: connection)
      let gate = folder.path + "/gate"
      let daemon = Running(url, script: "while ! [ -e '\(gate)' ]; do sleep 0.05; done")
      try await Self.until("select process_id is not null from monitoring.scheduled_runs", on: connection)
      let cut = try await connection.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('riskdeck daemon', 'riskdeck listener') and datname = current_database()"
      )
      #expect(cut.rowCount == 2)
      try Data().write(to: URL(fileURLWithPath: gate))
      try await Self.until("select state = 'success' from monitoring.scheduled_runs", on: connection)
      #expect(daemon.lines.contains { $0.contains("connecting again") })
      try await daemon.end()
    }
  }

  @Test("asked to end, it ends its run and writes that down", .timeLimit(.minutes(15)))
  func ending() async throws {
    try await TestCluster.withSchema { connection, url in
      try await Self.addDue("long", on: connection)
      let daemon = Running(
        url, script: "trap 'echo riskdeck: stopped by SIGTERM >&2; exit 1' TERM; while :; do sleep 0.05; done"
      )
      try await Self.until("select process_id is not null from monitoring.scheduled_runs", on: connection)
      let process = try #require(
        try await connection.query("select process_id from monitoring.scheduled_runs").first?.integer(0))
      try await daemon.end()
      let last = try await Schedules.all(on: connection).first?.last
      #expect(last?.state == .failed || last?.state == .started)
      #expect(last?.message == "stopped by SIGTERM" && last?.endedAt != nil)
      #expect(kill(pid_t(process), 0) != 0)
    }
  }

  @Test("what a dead daemon had started is settled by the run log, or as abandoned", .timeLimit(.minutes(15)))
  func settled() async throws {
    try await TestCluster.withSchema { connection, url in
      let kept = try await SchedulesTests.add("kept", on: connection)
      let lost = try await SchedulesTests.add("lost", on: connection)
      let stale = try await SchedulesTests.add("stale", catchUp: .none, on: connection)
      try await connection.execute(
        """
        insert into monitoring.runs
          (source, state, reason, started_at, ended_at, started_by, process_id, version, settings)
        values ('demo', 'failed', 'load: no', now(), now(), 'other@there', 4000001, '0', '{}')
        """)
      for (schedule, state, process) in [
        (kept, "started", 4_000_001), (lost, "started", 4_000_002), (stale, "queued", 0),
      ] {
        try await connection.query(
          """
          insert into monitoring.scheduled_runs (schedule_id, due_at, state, process_id, started_by, started_at)
          values ($1, '2020-01-01', $2, $3, 'other@there', now())
          """, [.integer(schedule.id), .text(state), .integer(Int64(process))])
      }
      let daemon = Running(url, script: "exit 0")
      try await Self.until(
        "select bool_and(state not in ('started', 'queued')) from monitoring.scheduled_runs", on: connection)
      try await daemon.end()
      let schedules = try await Schedules.all(on: connection)
      #expect(schedules.map(\.last?.state) == [.failed, .abandoned, .missed])
      #expect(schedules[0].last?.message == "load: no" && schedules[0].last?.runID != nil)
    }
  }

  @Test(
    "it tells hooks of a run that could not begin, of a crashed run and of stale data",
    .timeLimit(.minutes(15)))
  func hooks() async throws {
    let stub = try HTTPStub { _, _ in .json("{}") }
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, url in
      let hook = try Hook(
        name: "h", events: [.failure, .late], target: .post(url: stub.baseURL + "/", headers: [:]))
      try await Hooks.add(hook, who: "a@b", on: connection)
      try await ServiceLevels(dataHours: 1).write(who: "a@b", on: connection)
      // It says that it is at work, and nobody holds the run lock.
      try await connection.execute(
        """
        insert into monitoring.runs (source, state, started_at, started_by, process_id, version, settings)
        values ('demo', 'running', now() + interval '1 second', 'other@there', 4000001, '0', '{}');
        insert into monitoring.publications values (1, now() - interval '59 minutes 58 seconds', 'demo', false, true, '{}')
        """)
      try await Self.addDue("broken", on: connection)
      let daemon = Running(url, script: "exit 78")
      try await Self.until(
        "select count(*) = 3 and bool_and(state = 'delivered') from monitoring.hook_deliveries",
        on: connection)
      try await daemon.end()
      let subjects = try await connection.query(
        "select event || ': ' || split_part(subject, ' of 2', 1) from monitoring.hook_deliveries order by event, subject"
      )
      #expect(
        subjects.rows.map { $0[0] } == ["failure: run 1", "failure: schedule broken", "late: data of run 1"])
      #expect(stub.requests.count == 3)
    }
  }

  @Test("a database without the schema ends it with an error, not a loop", .timeLimit(.minutes(15)))
  func noSchema() async throws {
    try await TestCluster.withDatabase { url in
      let daemon = Running(url, script: "exit 0")
      await #expect(throws: PostgresError.self) { try await daemon.result() }
    }
  }
}
