import Postgres

/// Answers an analyst's own query without letting it change anything.
public enum ReadOnlyQuery {
  /// One statement, with `:name` parameters as binds, in a read-only transaction.
  /// - Parameter keepsTimeText: leave dates and times as the server writes them, instead of as seconds since 1970.
  /// - Throws: ``DeskError`` where a parameter has no value, ``PostgresError`` for what the server says.
  public static func answer(
    _ text: String, parameters: [String: String] = [:], keepsTimeText: Bool = false,
    from connection: Connection
  ) async throws -> ValueTable {
    let query = NamedBinds(text)
    for name in query.names where parameters[name] == nil {
      throw DeskError(
        .missingParameter, "the query's parameter :\(name) has no value; give it with --set \(name)=VALUE")
    }
    // The extended protocol takes one statement only, so a text cannot end this transaction and begin another.
    return try await DashboardReader.reading(connection) { connection in
      ValueTable(
        try connection.query(query.sql, query.names.map { Bind(parameters[$0]) }),
        keepsTimeText: keepsTimeText)
    }
  }
}
