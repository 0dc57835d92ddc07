import Postgres

/// What is promised to those who read the dashboards: how long a run may take, how old the data may be.
public struct ServiceLevels: Sendable, Hashable {
  /// Seconds a run may take; nil: no limit.
  public var runSeconds: Double?
  /// Hours since the data were published; nil: no limit.
  public var dataHours: Double?

  /// Nothing is promised.
  public static let none = ServiceLevels()

  private init() {}

  /// - Throws: ``ScheduleError`` for a limit that is not above 0.
  public init(runSeconds: Double? = nil, dataHours: Double? = nil) throws(ScheduleError) {
    for limit in [runSeconds, dataHours] {
      if let limit, !(limit > 0 && limit.isFinite) {
        throw ScheduleError(.invalid, "a limit is a number above 0, or none")
      }
    }
    self.runSeconds = runSeconds
    self.dataHours = dataHours
  }

  /// The database's limits; none where none were set.
  public static func read(from connection: Connection) async throws -> ServiceLevels {
    let row = try await connection.query("select run_seconds, data_hours from monitoring.service_levels")
      .first
    return try ServiceLevels(runSeconds: row?.double(0), dataHours: row?.double(1))
  }

  /// Replaces the database's limits.
  /// - Parameter who: user@host.
  public func write(who: String, on connection: Connection) async throws {
    try await connection.query(
      """
      insert into monitoring.service_levels (run_seconds, data_hours, changed_at, changed_by)
      values ($1, $2, clock_timestamp(), $3)
      on conflict (only_row) do update set run_seconds = excluded.run_seconds, data_hours = excluded.data_hours,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by
      """, [Bind(runSeconds), Bind(dataHours), .text(who)])
    try await Schedules.tell(connection)
  }

  /// What breaks a limit now.
  /// - Parameters:
  ///   - run: the newest run, at work or ended.
  ///   - now: seconds since 1970.
  public func lateness(run: RunReport?, publication: Publication?, now: Double) -> [Lateness] {
    var found: [Lateness] = []
    if let run, let limit = runSeconds, let seconds = seconds(of: run, now: now), seconds > limit {
      found.append(Lateness(kind: .run, runID: run.runID, seconds: seconds, limit: limit))
    }
    if let publication, let hours = dataHours {
      let age = now - publication.publishedAt
      if age > hours * 3_600 {
        found.append(Lateness(kind: .data, runID: publication.runID, seconds: age, limit: hours * 3_600))
      }
    }
    return found
  }

  /// When a limit will be broken unless something changes; nil where none can be.
  func nextBreach(run: RunReport?, publication: Publication?, now: Double) -> Double? {
    let slow = run.flatMap { run in run.state == .running ? runSeconds.map { run.startedAt + $0 } : nil }
    let stale = publication.flatMap { publication in dataHours.map { publication.publishedAt + $0 * 3_600 } }
    return [slow, stale].compactMap { $0 }.filter { $0 >= now }.min()
  }

  private func seconds(of run: RunReport, now: Double) -> Double? {
    if let seconds = run.seconds { return seconds }
    return run.state == .running ? now - run.startedAt : nil
  }
}

/// A limit that is broken.
public struct Lateness: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable {
    /// A run that takes, or took, longer than it may.
    case run
    /// Published data that are older than they may be.
    case data
  }

  public let kind: Kind
  /// The run that is slow, or whose data are old.
  public let runID: Int64
  /// How long it took, or how old the data are.
  public let seconds: Double
  /// Seconds.
  public let limit: Double

  public var description: String {
    switch kind {
    case .run: "run \(runID) is slow: \(words(seconds)), and it may take \(words(limit))"
    case .data: "the data of run \(runID) are stale: \(words(seconds)) old, and they may be \(words(limit))"
    }
  }

  private func words(_ seconds: Double) -> String {
    if seconds < 120 { return "\((seconds * 10).rounded() / 10) s" }
    if seconds < 7_200 { return "\((seconds / 6).rounded() / 10) min" }
    return "\((seconds / 360).rounded() / 10) h"
  }
}
