import Postgres

/// Answers dashboards out of the published marts.
public enum DashboardReader {
  /// Answers all cards in one read-only transaction that keeps a publication from happening in between, so that every
  /// number belongs to the same run. A card whose query fails carries the reason; the others are answered.
  /// - Parameter filters: values of the dashboard's linked filters by name; the others are sent as NULL.
  public static func content(
    of definition: DashboardDefinition, filters: [String: String] = [:], from connection: Connection
  ) async throws -> DashboardContent {
    try await reading(connection) { connection in
      let publication = try await PublicationReader.current(connection)
      var cards: [CardContent] = []
      for card in definition.cards {
        cards.append(CardContent(card: card, result: try await answer(card, filters, connection)))
      }
      return DashboardContent(definition: definition, cards: cards, publication: publication)
    }
  }

  /// Answers a card's drill: the rows behind one of its rows.
  /// - Parameter values: binds by name, the row's columns and the linked filters; the others are sent as NULL.
  public static func drill(
    _ sql: String, values: [String: String], from connection: Connection
  ) async throws -> ValueTable {
    let query = NamedBinds(sql)
    do {
      return try await reading(connection) { connection in
        ValueTable(try connection.query(query.sql, query.names.map { Bind(values[$0]) }))
      }
    } catch let error as PostgresError where error.isMissingRelation {
      throw DeskError.nothingPublished
    }
  }

  private static func answer(
    _ card: CardDefinition, _ filters: [String: String], _ connection: isolated Connection
  ) async throws -> Result<ValueTable, CardFailure> {
    let query = NamedBinds(card.sql)
    try connection.execute("savepoint card")
    do {
      let result = try connection.query(query.sql, query.names.map { Bind(filters[$0]) })
      return .success(ValueTable(result))
    } catch let error as PostgresError where error.code == .server {
      try connection.execute("rollback to savepoint card")
      let reason = error.isMissingRelation ? DeskError.nothingPublished.description : error.description
      return .failure(CardFailure(message: reason))
    }
  }

  /// Runs `body` in a read-only transaction during which nothing is published.
  static func reading<Answer: Sendable>(
    _ connection: Connection, _ body: @Sendable (isolated Connection) async throws -> Answer
  ) async throws -> Answer {
    try await connection.transaction("read only") { connection in
      try connection.query("select pg_advisory_xact_lock_shared($1, $2)", AdvisoryLock.publication.binds)
      return try await body(connection)
    }
  }
}

/// Which run's data readers see.
public enum PublicationReader {
  /// The last publication; nil where there is none yet.
  public static func current(_ connection: isolated Connection) async throws -> Publication? {
    let exists = try connection.query("select to_regclass('monitoring.publications') is not null")
    guard exists.first?.boolean(0) == true else { return nil }
    let found = try connection.query(
      """
      select run_id, extract(epoch from published_at)::float8, source, has_synthetic_times, is_masked
      from monitoring.publications order by published_at desc, run_id desc limit 1
      """)
    guard let row = found.first, let runID = row.integer(0), let publishedAt = row.double(1),
      let source = row[2]
    else { return nil }
    return Publication(
      runID: runID, publishedAt: publishedAt, source: source, hasSyntheticTimes: row.boolean(3) ?? false,
      isMasked: row.boolean(4) ?? false)
  }
}
