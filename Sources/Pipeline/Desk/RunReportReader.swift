import Postgres

/// Reads the run log for screens and commands.
public enum RunReportReader {
  /// The newest runs with their tasks, validations and tests, newest first.
  /// A run that says it is at work while nobody holds the run lock is shown as crashed: its process died.
  public static func latest(_ count: Int, from connection: Connection) async throws -> [RunReport] {
    try await reports(newest: count, only: nil, connection)
  }

  /// One run, or nil where there is none of that number.
  public static func run(_ runID: Int64, from connection: Connection) async throws -> RunReport? {
    try await reports(newest: 1, only: runID, connection).first
  }

  /// Log lines of a run, oldest first.
  /// - Parameters:
  ///   - task: nil: of all tasks.
  ///   - after: only lines behind the one of this number.
  ///   - limit: the most lines that are read; nil: all.
  public static func logLines(
    of runID: Int64, task: String? = nil, after: Int64 = 0, limit: Int? = nil, from connection: Connection
  ) async throws -> [LogLine] {
    let result = try await connection.query(
      """
      select line, task, attempt, extract(epoch from logged_at)::float8, level, message
      from monitoring.log_lines
      where run_id = $1 and ($2::text is null or task = $2) and line > $3::bigint
      order by line limit $4::bigint
      """, [.integer(runID), Bind(task), .integer(after), Bind(limit.map(Int64.init))])
    return result.rows.map { row in
      LogLine(
        line: row.integer(0) ?? 0, task: row[1] ?? "", attempt: row.integer(2) ?? 1,
        loggedAt: row.double(3) ?? 0, level: row[4] ?? "", message: row[5] ?? "")
    }
  }

  /// Every attempt of a task of a run, oldest first.
  public static func attempts(
    of task: String, runID: Int64, from connection: Connection
  ) async throws -> [TaskReport] {
    let result = try await connection.query(
      """
      select run_id, task, attempt, state, extract(epoch from started_at)::float8,
        extract(epoch from ended_at)::float8, rows_in, rows_out, rows_expected, message, seconds, bytes
      from monitoring.task_attempts where run_id = $1 and task = $2 order by attempt
      """, [.integer(runID), .text(task)])
    return result.rows.map { self.task($0, isDead: false) }
  }

  private static func reports(
    newest count: Int, only runID: Int64?, _ connection: Connection
  ) async throws -> [RunReport] {
    let exists = try await connection.query("select to_regclass('monitoring.runs') is not null")
    guard exists.first?.boolean(0) == true else { return [] }
    let lockHeld = try await connection.query(
      """
      select exists (select 1 from pg_locks where locktype = 'advisory' and granted and objsubid = 2
        and classid::bigint = $1 and objid::bigint = $2
        and database = (select oid from pg_database where datname = current_database()))
      """, AdvisoryLock.run.binds)
    let isAtWork = lockHeld.first?.boolean(0) ?? false
    let runs = try await connection.query(
      """
      select run_id, source, state, reason, extract(epoch from started_at)::float8,
        extract(epoch from ended_at)::float8, started_by, seconds
      from monitoring.runs where $2::bigint is null or run_id = $2 order by run_id desc limit $1
      """, [.integer(Int64(count)), Bind(runID)])
    let binds: [Bind] = [.text("{" + runs.rows.compactMap { $0[0] }.joined(separator: ",") + "}")]
    let tasks = try await connection.query(
      """
      select distinct on (run_id, position, task) run_id, task, attempt, state,
        extract(epoch from started_at)::float8, extract(epoch from ended_at)::float8, rows_in, rows_out,
        rows_expected, message, seconds, bytes
      from monitoring.task_attempts where run_id = any($1::bigint[]) order by run_id, position, task, attempt desc
      """, binds)
    let validations = try await connection.query(
      """
      select run_id, name, severity, failures, checked, message from monitoring.validation_results
      where run_id = any($1::bigint[]) order by run_id, name
      """, binds)
    let tests = try await connection.query(
      """
      select run_id, test, node, layer, status, failures, message from monitoring.test_results
      where run_id = any($1::bigint[]) order by run_id, layer, node, test
      """, binds)
    return runs.rows.map { row in
      let runID = row.integer(0) ?? 0
      let written = row[2].flatMap(RunReport.State.init(rawValue:)) ?? .crashed
      let isDead = written == .running && !isAtWork
      return RunReport(
        runID: runID, source: row[1] ?? "", state: isDead ? .crashed : written,
        reason: isDead ? "the process of the run died" : row[3], startedAt: row.double(4) ?? 0,
        endedAt: row.double(5), seconds: row.double(7), startedBy: row[6] ?? "",
        tasks: tasks.rows.filter { $0.integer(0) == runID }.map { task($0, isDead: isDead) },
        validations: validations.rows.filter { $0.integer(0) == runID }.map { row in
          ValidationReport(
            name: row[1] ?? "", severity: row[2] ?? "", failures: row.integer(3) ?? 0,
            checked: row.integer(4) ?? 0,
            message: row[5] ?? "")
        },
        tests: tests.rows.filter { $0.integer(0) == runID }.map { row in
          TestReport(
            test: row[1] ?? "", node: row[2], layer: row[3] ?? "", status: row[4] ?? "",
            failures: row.integer(5),
            message: row[6])
        })
    }
  }

  private static func task(_ row: Row, isDead: Bool) -> TaskReport {
    let written = row[3].flatMap(TaskReport.State.init(rawValue:)) ?? .crashed
    return TaskReport(
      task: row[1] ?? "", attempt: row.integer(2) ?? 1,
      state: isDead && written == .running ? .crashed : isDead && written == .queued ? .skipped : written,
      startedAt: row.double(4), endedAt: row.double(5), seconds: row.double(10), rowsIn: row.integer(6),
      rowsOut: row.integer(7), rowsExpected: row.integer(8), bytes: row.integer(11), message: row[9])
  }
}

/// One line of a task's log.
public struct LogLine: Sendable, Hashable {
  /// Its place in the log; rises from line to line.
  public let line: Int64
  public let task: String
  public let attempt: Int64
  /// Seconds since 1970, UTC.
  public let loggedAt: Double
  /// debug, info, warning or error.
  public let level: String
  public let message: String

  public init(line: Int64, task: String, attempt: Int64, loggedAt: Double, level: String, message: String) {
    self.line = line
    self.task = task
    self.attempt = attempt
    self.loggedAt = loggedAt
    self.level = level
    self.message = message
  }
}
