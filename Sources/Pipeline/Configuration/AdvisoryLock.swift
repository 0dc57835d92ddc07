import Postgres

/// The advisory locks of one RiskDeck database, as the two-key form of PostgreSQL's lock functions.
///
/// Advisory locks belong to a database, so two RiskDeck databases of one server do not hinder each other.
public struct AdvisoryLock: Sendable, Hashable {
  /// "RISK" in ASCII: the first key of all of them.
  public static let namespace: Int32 = 0x5249_534B
  public let key: Int32

  /// Held for the length of a run: one run at a time.
  public static let run = AdvisoryLock(key: 1)
  /// Held for a moment while the schema is brought up to date.
  public static let migration = AdvisoryLock(key: 2)
  /// Readers of several published tables take it shared for their transaction, the publishing transaction takes it
  /// alone: nobody reads a mixture of two runs.
  public static let publication = AdvisoryLock(key: 3)
  /// Held by the one process that starts scheduled runs.
  public static let scheduler = AdvisoryLock(key: 4)
  /// Held by the one build of models that owns the shadow schemas.
  public static let build = AdvisoryLock(key: 5)

  /// The two keys as binds `$1` and `$2`.
  public var binds: [Bind] { [.integer(Int64(Self.namespace)), .integer(Int64(key))] }

  /// Lets go of all locks of a session and ends it. The server ends a closed session a moment later, and whoever comes
  /// in that moment would find the locks still held.
  static func release(_ connection: Connection) async {
    // A connection that is gone holds no lock.
    _ = try? await connection.execute("select pg_advisory_unlock_all()")
    await connection.close()
  }
}
