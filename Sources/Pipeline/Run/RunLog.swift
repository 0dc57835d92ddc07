import Postgres

/// Writes one run into `monitoring` over the connection that also holds the run lock: while lines arrive here, no other
/// run is at work, and when this connection dies, the run is known to be dead.
///
/// The server's clock says when the run began. Every later moment is that one plus what the program's monotonic clock
/// counted since, so that no clock that is set, on either machine, puts an end before its beginning.
public actor RunLog {
  /// What a task attempt ended with.
  enum AttemptState: String, Sendable {
    case success, failed, skipped, cancelled
  }

  public nonisolated let runID: Int64
  private let connection: Connection
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  /// When the run began, in seconds since 1970 by the server's clock.
  private let startedAt: Double
  private var attemptBegins: [String: ContinuousClock.Instant] = [:]
  private var lastProgress: [String: ContinuousClock.Instant] = [:]

  /// The channel screens listen on; the payload is the run's number.
  public static let channel = "riskdeck_run"
  /// The channel a run listens on; the payload is `cancel RUN WHO`.
  public static let controlChannel = "riskdeck_control"
  /// Progress is written and told no more often than this.
  private static let progressInterval = Duration.milliseconds(100)

  private init(connection: Connection, runID: Int64, startedAt: Double) {
    self.connection = connection
    self.runID = runID
    self.startedAt = startedAt
    begin = clock.now
  }

  /// This moment for a `to_timestamp`.
  private var moment: Bind { .double(startedAt + begin.duration(to: clock.now).inSeconds) }

  /// Takes the run lock, marks runs whose process died as crashed, and opens the run with all its tasks queued.
  /// - Parameter waiting: told once who holds the lock where `settings` say to wait.
  /// - Throws: ``RunError`` with ``RunError/Code/busy`` where another run holds the lock and `settings` do not wait;
  ///   `CancellationError` where the task is cancelled while it waits; ``PostgresError``.
  static func open(
    database: String, settings: RunSettings, graph: TaskGraph, waiting: (String) -> Void = { _ in }
  ) async throws -> RunLog {
    let connection = try await Connection.open(database, applicationName: "riskdeck run")
    do {
      // What the run log says may lag a crash of the whole server by a moment; what is published may not.
      try await connection.execute("set synchronous_commit = off")
      try await takeLock(connection, waits: settings.waits, waiting)
      try await markCrashed(connection)
      let (runID, startedAt) = try await connection.transaction { connection -> (Int64, Double) in
        let inserted = try connection.query(
          """
          insert into monitoring.runs (source, state, started_at, started_by, process_id, version, settings)
          values ($1, 'running', clock_timestamp(), $2, $3, $4, $5::jsonb)
          returning run_id, extract(epoch from started_at)::float8
          """,
          [
            .text(settings.source), .text(settings.startedBy), .integer(Int64(settings.processID)),
            .text(settings.version), .text(settings.settingsJSON),
          ])
        guard let row = inserted.first, let runID = row.integer(0), let startedAt = row.double(1) else {
          throw PostgresError(code: .protocolMisuse, message: "the new run has no number")
        }
        for (position, task) in graph.tasks.enumerated() {
          try connection.query(
            """
            insert into monitoring.task_attempts (run_id, task, attempt, position, state)
            values ($1, $2, 1, $3, 'queued')
            """, [.integer(runID), .text(task.name), .integer(Int64(position))])
        }
        try connection.query("select pg_notify($1, $2)", [.text(channel), .text(String(runID))])
        return (runID, startedAt)
      }
      return RunLog(connection: connection, runID: runID, startedAt: startedAt)
    } catch {
      await AdvisoryLock.release(connection)
      throw error
    }
  }

  private static func takeLock(
    _ connection: Connection, waits: Bool, _ waiting: (String) -> Void
  ) async throws {
    var isTold = false
    while true {
      let taken = try await connection.query(
        "select pg_try_advisory_lock($1, $2)", AdvisoryLock.run.binds)
      if taken.first?.boolean(0) == true { return }
      let who = try await holder(connection)
      guard waits else {
        throw RunError(
          .busy, "\(who) is at work on this database; wait for it with --wait or end it with riskdeck cancel")
      }
      if !isTold { waiting("waiting for \(who) to end") }
      isTold = true
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  private static func holder(_ connection: Connection) async throws -> String {
    let holder = try await connection.query(
      """
      select run_id, started_by, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
      from monitoring.runs where state = 'running' order by run_id desc limit 1
      """)
    return holder.first.map { "run \($0[0] ?? "?") of \($0[1] ?? "?"), since \($0[2] ?? "?") UTC," }
      ?? "another process"
  }

  /// True where the connection that holds the lock has ended.
  var isLost: Bool {
    get async { await connection.isEnded }
  }

  /// Who asked the run to end; nil: nobody who may. A notification alone proves nothing: every session may send one.
  func canceller() async throws -> String? {
    try await connection.query(
      "select cancelled_by from monitoring.runs where run_id = $1", [.integer(runID)]
    ).first?[0]
  }

  /// With the lock held, whatever still says "running" has lost its process.
  private static func markCrashed(_ connection: Connection) async throws {
    try await connection.execute(
      """
      with crashed as (
        update monitoring.task_attempts set state = 'crashed', message = 'the process of the run died'
        where state = 'running' and run_id in (select run_id from monitoring.runs where state = 'running')
        returning run_id, task, attempt
      )
      insert into monitoring.log_lines (run_id, task, attempt, logged_at, level, message)
      select run_id, task, attempt, clock_timestamp(), 'error', 'the process of the run died' from crashed;
      update monitoring.task_attempts set state = 'skipped', message = 'the process of the run died before'
      where state = 'queued' and run_id in (select run_id from monitoring.runs where state = 'running');
      update monitoring.runs set state = 'crashed', reason = 'the process of the run died'
      where state = 'running'
      """)
  }

  // MARK: - Tasks

  func started(_ task: String, attempt: Int, position: Int) async throws {
    attemptBegins[task] = clock.now
    try await write(
      """
      insert into monitoring.task_attempts (run_id, task, attempt, position, state, started_at)
      values ($1, $2, $3, $4, 'running', to_timestamp($5))
      on conflict (run_id, task, attempt) do update set state = excluded.state, started_at = excluded.started_at
      """, [.integer(runID), .text(task), .integer(Int64(attempt)), .integer(Int64(position)), moment])
  }

  /// Tells how far a task is; dropped where the last word is less than a tenth of a second old.
  func progress(_ task: String, attempt: Int, rows: Int64, expected: Int64?) async throws {
    let now = clock.now
    if let last = lastProgress[task], now - last < Self.progressInterval { return }
    lastProgress[task] = now
    try await write(
      """
      update monitoring.task_attempts set rows_out = $4, rows_expected = coalesce($5, rows_expected)
      where run_id = $1 and task = $2 and attempt = $3
      """, [.integer(runID), .text(task), .integer(Int64(attempt)), .integer(rows), Bind(expected)])
  }

  func ended(
    _ task: String, attempt: Int, state: AttemptState, message: String?, outcome: TaskOutcome = TaskOutcome()
  ) async throws {
    try await write(
      """
      update monitoring.task_attempts
      set state = $4, ended_at = to_timestamp($10), seconds = $5, rows_in = $6, rows_out = coalesce($7, rows_out),
        bytes = $8, message = $9
      where run_id = $1 and task = $2 and attempt = $3
      """,
      [
        .integer(runID), .text(task), .integer(Int64(attempt)), .text(state.rawValue),
        Bind(attemptBegins[task].map { ($0.duration(to: clock.now)).inSeconds }), Bind(outcome.rowsIn),
        Bind(outcome.rowsOut), Bind(outcome.bytes), Bind(message), moment,
      ])
  }

  /// A line of a task's log.
  func line(_ task: String, attempt: Int, level: LogLevel, _ message: String) async throws {
    try await write(
      """
      insert into monitoring.log_lines (run_id, task, attempt, logged_at, level, message)
      values ($1, $2, $3, to_timestamp($6), $4, $5)
      """,
      [
        .integer(runID), .text(task), .integer(Int64(attempt)), .text(level.rawValue), .text(message), moment,
      ],
      notifies: false)
  }

  // MARK: - Results

  func validations(_ reports: [ValidationReport]) async throws {
    for report in reports {
      try await write(
        """
        insert into monitoring.validation_results (run_id, name, severity, failures, checked, message)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (run_id, name) do update set severity = excluded.severity, failures = excluded.failures,
          checked = excluded.checked, message = excluded.message
        """,
        [
          .integer(runID), .text(report.name), .text(report.severity), .integer(report.failures),
          .integer(report.checked), .text(report.message),
        ], notifies: false)
    }
  }

  func tests(_ results: [TestResult]) async throws {
    for result in results {
      try await write(
        """
        insert into monitoring.test_results (run_id, test, node, layer, status, failures, message, seconds, tested_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9))
        on conflict (run_id, test) do update set status = excluded.status, failures = excluded.failures,
          message = excluded.message, seconds = excluded.seconds, tested_at = excluded.tested_at
        """,
        [
          .integer(runID), .text(result.name), Bind(result.node), .text(result.layer.rawValue),
          .text(result.status.rawValue), Bind(result.failures), Bind(result.message), .double(result.seconds),
          moment,
        ], notifies: false)
    }
  }

  // MARK: - End

  func finish(_ outcome: RunMachine.Outcome) async throws {
    let (state, reason): (RunReport.State, String?) =
      switch outcome {
      case .success: (.success, nil)
      case .failed(let reason): (.failed, reason)
      case .cancelled(let reason): (.cancelled, reason)
      }
    try await write(
      """
      update monitoring.runs set state = $2, reason = $3, ended_at = to_timestamp($5), seconds = $4 where run_id = $1
      """,
      [
        .integer(runID), .text(state.rawValue), Bind(reason),
        .double((begin.duration(to: clock.now)).inSeconds), moment,
      ])
  }

  private func write(_ sql: String, _ binds: [Bind], notifies: Bool = true) async throws {
    try await connection.query(sql, binds)
    if notifies {
      try await connection.query("select pg_notify($1, $2)", [.text(Self.channel), .text(String(runID))])
    }
  }

  /// Lets go of the lock.
  func close() async {
    await AdvisoryLock.release(connection)
  }
}

extension Duration {
  /// The length in seconds, for columns and messages.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// How much a log line matters.
public enum LogLevel: String, Sendable, Hashable, CaseIterable {
  case debug, info, warning, error
}
