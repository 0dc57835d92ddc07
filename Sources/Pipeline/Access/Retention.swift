import Postgres

/// How long the database remembers runs, logs and scores.
public enum Retention {
  /// What a purge removed, or would remove.
  public struct Removed: Sendable, Hashable {
    public let runs: Int64
    public let logLines: Int64
    public let scores: Int64
    public let deliveries: Int64
  }

  /// Removes runs that began before the given age with all that belongs to them, scores of the history that newer
  /// ones have replaced by then, and deliveries of hooks. What is published, what runs and the newest score of each customer stay.
  /// - Parameters:
  ///   - seconds: the age.
  ///   - isTrial: count alone; nothing is removed.
  ///   - origin: user@host, for the audit log.
  /// - Throws: ``AccessError`` for an age below a day, `PostgresError`; nothing is removed then.
  public static func purge(
    olderThan seconds: Double, isTrial: Bool, origin: String, on connection: Connection
  ) async throws -> Removed {
    guard seconds >= 86_400 else {
      throw AccessError(.invalid, "what is younger than a day is not purged; give an age such as 90d")
    }
    return try await connection.transaction { connection in
      try connection.execute("savepoint before")
      let removed = try remove(seconds, connection)
      if isTrial {
        try connection.execute("rollback to savepoint before")
      } else {
        try await AuditLog.append(
          .purge, subject: "older than \(Int64(seconds / 86_400)) days",
          detail: [
            "runs": "\(removed.runs)", "log lines": "\(removed.logLines)", "scores": "\(removed.scores)",
            "deliveries": "\(removed.deliveries)",
          ], origin: origin, on: connection)
      }
      return removed
    }
  }

  private static func remove(_ seconds: Double, _ connection: isolated Connection) throws -> Removed {
    let age: [Bind] = [.double(seconds)]
    try connection.execute(
      """
      create temporary table purged_runs on commit drop as
      select run_id, started_at from monitoring.runs r
      where state <> 'running'
        and run_id is distinct from (
          select run_id from monitoring.publications order by published_at desc, run_id desc limit 1)
      """)
    try connection.query(
      "delete from purged_runs where started_at >= now() - make_interval(secs => $1)", age)
    let lines = try connection.query(
      "select count(*) from monitoring.log_lines l join purged_runs p on p.run_id = l.run_id"
    ).first?.integer(0)
    try connection.execute(
      "delete from monitoring.publications where run_id in (select run_id from purged_runs)")
    try connection.execute(
      "delete from staging.rejects where run_id in (select run_id from purged_runs)")
    let runs = try connection.query(
      "delete from monitoring.runs where run_id in (select run_id from purged_runs)"
    ).affectedRows
    let scores = try connection.query(
      """
      delete from analytics.risk_history h
      where scored_at < now() - make_interval(secs => $1) and exists (
        select from analytics.risk_history newer where newer.customer_id = h.customer_id
          and newer.run_id > h.run_id and newer.scored_at < now() - make_interval(secs => $1))
      """, age
    ).affectedRows
    let deliveries = try connection.query(
      "delete from monitoring.hook_deliveries where claimed_at < now() - make_interval(secs => $1)", age
    ).affectedRows
    return Removed(runs: runs, logLines: lines ?? 0, scores: scores, deliveries: deliveries)
  }

  /// `90d`, `12w` or `2y` as seconds.
  /// - Throws: ``AccessError``.
  public static func age(_ text: String) throws(AccessError) -> Double {
    let days: [Character: Double] = ["d": 1, "w": 7, "y": 365]
    guard let unit = text.last.flatMap({ days[$0] }), let number = Double(text.dropLast()), number > 0,
      number < 10_000
    else {
      throw AccessError(.invalid, "an age is a number of days, weeks or years, such as 90d, 12w or 2y")
    }
    return number * unit * 86_400
  }
}
