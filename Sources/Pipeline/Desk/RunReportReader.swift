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
  /// - Parameter task: nil: of all tasks.
  public static func logLines(
    of runID: Int64, task: String? = nil, from connection: Connection
  ) async throws -> [LogLine] {
    let result = try await connection.query(
      """
      select task, attempt, extract(epoch from logged_at)::float8, level, message from monitoring.log_lines
      where run_id = $1 and ($2::text is null or task = $2) order by line
      """, [.integer(runID), Bind(task)])
    return result.rows.map { row in
      LogLine(
        task: row[0] ?? "", attempt: row.integer(1) ?? 1, loggedAt: row.double(2) ?? 0, level: row[3] ?? "",
        message: row[4] ?? "")
    }
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
        extract(epoch from ended_at)::float8, started_by
      from monitoring.runs where $2::bigint is null or run_id = $2 order by run_id desc limit $1
      """, [.integer(Int64(count)), Bind(runID)])
    let binds: [Bind] = [.text("{" + runs.rows.compactMap { $0[0] }.joined(separator: ",") + "}")]
    let tasks = try await connection.query(
      """
      select distinct on (run_id, position, task) run_id, task, attempt, state,
        extract(epoch from started_at)::float8, extract(epoch from ended_at)::float8, rows_in, rows_out,
        rows_expected, message
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
        endedAt: row.double(5), startedBy: row[6] ?? "",
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
      state: isDead && (written == .running || written == .queued) ? .crashed : written,
      startedAt: row.double(4), endedAt: row.double(5), rowsIn: row.integer(6), rowsOut: row.integer(7),
      rowsExpected: row.integer(8), message: row[9])
  }
}

/// One line of a task's log.
public struct LogLine: Sendable, Hashable {
  public let task: String
  public let attempt: Int64
  /// Seconds since 1970, UTC.
  public let loggedAt: Double
  public let level: String
  public let message: String
}
