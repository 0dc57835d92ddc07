import Postgres

/// How a replica that screens read from stands.
public enum ReplicaStanding: Sendable, Hashable {
  /// It answers; seconds by which it is behind its primary, nil where it is no standby.
  case answering(lag: Double?)
  /// It does not answer, for the reason given: the primary is read instead.
  case unreachable(reason: String)
}

/// Reads from a replica, and from the primary where that cannot answer.
///
/// A replica that failed is left alone for a while, so that no screen waits for it again and again.
public actor ReadReplica {
  /// Seconds to connect at most, where the replica's address says nothing of it.
  public static let connectSeconds = 3

  private let replica: DeskConnections
  private let primary: DeskConnections
  private let pause: Duration
  private var triedAgainAt: ContinuousClock.Instant?
  /// nil: it has not been asked yet.
  public private(set) var standing: ReplicaStanding?

  /// - Parameters:
  ///   - database: the replica, as ``Connection/open(_:applicationName:)`` takes it.
  ///   - primary: what answers where the replica does not; closed by its owner.
  ///   - pause: how long a replica that failed is left alone.
  public init(database: String, primary: DeskConnections, pause: Duration = .seconds(10)) {
    replica = DeskConnections(
      database: ConnectionTarget.adding("connect_timeout", "\(Self.connectSeconds)", to: database))
    self.primary = primary
    self.pause = pause
  }

  /// Runs `body` on a connection to the replica, or to the primary.
  /// - Throws: what `body` throws; ``PostgresError`` where neither answers.
  public func answer<Answer: Sendable>(
    _ question: Int, _ body: @Sendable (Connection) async throws -> Answer
  ) async throws -> Answer {
    if let triedAgainAt, triedAgainAt > .now { return try await primary.answer(question, body) }
    do {
      let (answer, lag) = try await replica.answer(question) { connection in
        let answer = try await body(connection)
        return (answer, try await Self.lag(connection))
      }
      note(.answering(lag: lag))
      return answer
    } catch let error as PostgresError where Self.isConflict(error) {
      // The standby gave the query up for what it has to replay: it is well.
      return try await primary.answer(question, body)
    } catch let error as PostgresError where Self.isUnreachable(error) {
      note(.unreachable(reason: "\(error)"))
      return try await primary.answer(question, body)
    }
  }

  /// Asks for the lag; the standing tells what came of it.
  public func check() async {
    do { try await answer(0) { _ in } } catch {
      // Then the primary does not answer either, which the screens tell by themselves.
    }
  }

  /// Waits until the replica shows a publication, so that what is read next is not older than what was announced; gives up
  /// where it does not answer or is too far behind.
  public func follow(run: Int64, for longest: Duration = .seconds(10)) async {
    let end = ContinuousClock.now + longest
    while ContinuousClock.now < end, triedAgainAt.map({ $0 <= .now }) ?? true {
      let newest = try? await answer(0) { connection in
        try await connection.query("select max(run_id) from monitoring.publications").first?.integer(0)
      }
      if let newest, newest >= run { return }
      do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
    }
  }

  /// Cancels a question that waits for the replica or runs on it.
  public func cancel(_ question: Int) async { await replica.cancel(question) }

  public func close() async { await replica.close() }

  /// Seconds since the newest change that a standby has replayed, 0 where it has replayed all it received; nil where the
  /// server is no standby.
  public static func lag(_ connection: Connection) async throws -> Double? {
    try await connection.query(
      """
      select case when pg_is_in_recovery() then
        case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
          else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) end
        end::float8
      """
    ).first?.double(0)
  }

  private func note(_ standing: ReplicaStanding) {
    self.standing = standing
    if case .unreachable = standing { triedAgainAt = .now + pause } else { triedAgainAt = nil }
  }

  /// The server does not answer: gone, shut down or starting, or without the schema.
  public static func isUnreachable(_ error: PostgresError) -> Bool {
    error.code == .connectionFailed || error.code == .connectionLost
      || ["57P01", "57P02", "57P03", "3D000", "42P01", "3F000"].contains(error.sqlState ?? "")
  }

  private static func isConflict(_ error: PostgresError) -> Bool {
    ["40001", "40P01"].contains(error.sqlState ?? "")
  }
}
