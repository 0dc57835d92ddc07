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
    let (sql, binds) = try prepared(text, parameters)
    return try await DashboardReader.reading(connection) { connection in
      ValueTable(try connection.query(sql, binds), keepsTimeText: keepsTimeText)
    }
  }

  /// As ``answer(_:parameters:keepsTimeText:from:)``, written row by row as the rows arrive.
  /// - Returns: How many rows there were.
  public static func export(
    _ text: String, parameters: [String: String] = [:], as formatter: any TableFormatter,
    from connection: Connection, write: @escaping @Sendable (String) throws -> Void
  ) async throws -> Int64 {
    let (sql, binds) = try prepared(text, parameters)
    return try await DashboardReader.reading(connection) { connection in
      try RowExport.run(sql, binds, as: formatter, on: connection, write: write)
    }
  }

  /// The statement with numbered binds and their values.
  ///
  /// Sent by the extended protocol, which takes one statement only, a text cannot end its transaction and begin another.
  static func prepared(
    _ text: String, _ parameters: [String: String]
  ) throws(DeskError) -> (sql: String, binds: [Bind]) {
    guard isQuestion(text) else {
      throw DeskError(
        .notAQuestion, "only questions are answered here: select, with, values, table, show or explain")
    }
    let query = NamedBinds(text)
    for name in query.names where parameters[name] == nil {
      throw DeskError(
        .missingParameter, "the query's parameter :\(name) has no value; give it with --set \(name)=VALUE")
    }
    return (query.sql, query.names.map { Bind(parameters[$0]) })
  }

  /// True where the first word begins a statement that only asks. A read-only transaction still lets COPY write files and
  /// DO run what it likes.
  static func isQuestion(_ text: String) -> Bool {
    var rest = text[...]
    while let first = rest.first {
      if first.isWhitespace || first == "(" {
        rest.removeFirst()
      } else if rest.hasPrefix("--") {
        rest = rest.drop { !$0.isNewline }
      } else if rest.hasPrefix("/*"), let end = rest.firstRange(of: "*/") {
        rest = rest[end.upperBound...]
      } else {
        break
      }
    }
    let word = rest.prefix { $0.isLetter }.lowercased()
    return ["select", "with", "values", "table", "show", "explain"].contains(word)
  }
}
