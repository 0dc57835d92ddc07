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
    return try await asking(connection) { connection in
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
    return try await asking(connection) { connection in
      try RowExport.run(sql, binds, as: formatter, on: connection, write: write)
    }
  }

  /// Runs `body` in a read-only transaction of bounded time that comes to nothing where it wrote after all.
  private static func asking<Answer: Sendable>(
    _ connection: Connection, _ body: @Sendable (isolated Connection) async throws -> Answer
  ) async throws -> Answer {
    try await DashboardReader.reading(connection) { connection in
      try restrict(connection)
      let answer = try await body(connection)
      try refuseWrites(on: connection)
      return answer
    }
  }

  /// Bounds the time of the transaction's statements, whatever an earlier query set, and steps down to the role that may
  /// only read where the login may more than an analyst's.
  ///
  /// A superuser could step up again from within a query; give people logins of their own.
  static func restrict(
    _ connection: isolated Connection, longestSeconds: Int = QuerySession.longestSeconds
  ) throws {
    // SQL-safe: a number of seconds.
    try connection.execute("set local statement_timeout = '\(longestSeconds)s'")
    let found = try connection.query(
      """
      select rolsuper or exists (
          select from pg_catalog.pg_roles p
          where p.rolname = 'riskdeck_pipeline' and pg_catalog.pg_has_role(r.oid, p.oid, 'member')),
        exists (select from pg_catalog.pg_roles where rolname = 'riskdeck_viewer')
      from pg_catalog.pg_roles r where r.rolname = current_user
      """)
    guard found.first?.boolean(0) == true, found.first?.boolean(1) == true else { return }
    try connection.execute("set local role riskdeck_viewer")
  }

  /// A read-only transaction forbids no function to write large objects before PostgreSQL 16. Whatever writes takes a
  /// transaction number.
  static func refuseWrites(on connection: isolated Connection) throws {
    let written = try connection.query("select pg_current_xact_id_if_assigned() is not null").first
    if written?.boolean(0) != false {
      throw DeskError(
        .notAQuestion, "the query wrote something, which was undone: only questions are answered here")
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
    ["select", "with", "values", "table", "show", "explain"].contains(firstWord(text))
  }

  /// True where the answer may be large: not of SHOW and EXPLAIN.
  static func returnsRowsOfTables(_ text: String) -> Bool {
    ["select", "with", "values", "table"].contains(firstWord(text))
  }

  /// Blanks and comments are what PostgreSQL takes for them, byte by byte: comments nest, and LF or CR alone ends a line. What
  /// is read otherwise here would hide the first word from this check.
  private static func firstWord(_ text: String) -> String {
    var rest = text.utf8[...]
    while let first = rest.first {
      let second = rest.dropFirst().first
      switch (first, second) {
      case (9, _), (10, _), (12, _), (13, _), (32, _), (UInt8(ascii: "("), _): rest = rest.dropFirst()
      case (UInt8(ascii: "-"), UInt8(ascii: "-")?): rest = rest.drop { $0 != 10 && $0 != 13 }
      case (UInt8(ascii: "/"), UInt8(ascii: "*")?): rest = afterComment(rest)
      default: return word(rest)
      }
    }
    return ""
  }

  /// Nothing is left of a comment without end.
  private static func afterComment(_ text: Substring.UTF8View) -> Substring.UTF8View {
    var rest = text
    var depth = 0
    while let first = rest.first {
      switch (first, rest.dropFirst().first) {
      case (UInt8(ascii: "/"), UInt8(ascii: "*")?):
        depth += 1
        rest = rest.dropFirst(2)
      case (UInt8(ascii: "*"), UInt8(ascii: "/")?):
        depth -= 1
        rest = rest.dropFirst(2)
        if depth == 0 { return rest }
      default: rest = rest.dropFirst()
      }
    }
    return rest
  }

  /// The keyword in lower case; empty for a name, which may hold more than letters.
  private static func word(_ text: Substring.UTF8View) -> String {
    let name = text.prefix { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
        true
      default: byte >= 0x80
      }
    }
    return Substring(name).lowercased()
  }
}
