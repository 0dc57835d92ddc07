import Postgres

/// A part of the rows that broke a data test.
public struct FailingRows: Sendable, Hashable {
  public let runID: Int64
  public let test: String
  /// The row the question named; 0: from the first.
  public let after: Int64
  /// The first column numbers the rows from 1.
  public let table: ValueTable
  /// Rows that are kept.
  public let total: Int64
  /// Rows that broke the test.
  public let failures: Int64

  public init(
    runID: Int64, test: String, after: Int64, table: ValueTable, total: Int64, failures: Int64? = nil
  ) {
    self.runID = runID
    self.test = test
    self.after = after
    self.table = table
    self.total = total
    self.failures = failures ?? total
  }

  /// The column that numbers the rows.
  public static let numberColumn = "failing_row"
}

/// Keeps the rows that broke the data tests of the newest run that tested them, so that they can be looked at when the
/// shadow they stood in is gone. A test that passes again leaves nothing.
///
/// Each table stands in the schema `failing_rows`; its comment says of which run and test it is.
enum FailingRowStore {
  private static let schema = "failing_rows"
  /// Rows that are read at once.
  static let page = 500
  /// Rows that are kept of a test: more than anyone goes through, and little to write where a test of millions of rows warns.
  static let most = 10_000

  private static func comment(_ test: String, _ runID: Int64) -> String { "run \(runID): \(test)" }

  /// Drops the rows of earlier runs of these tests.
  static func forget(_ tests: [String], _ connection: Connection) async throws {
    let kept = try await connection.query(
      """
      select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and regexp_replace(obj_description(c.oid, 'pg_class'), '^run [0-9]+: ', '') = any(
        select jsonb_array_elements_text($2::jsonb))
      """, [.text(schema), .text(JSONText.texts(tests).text)])
    for row in kept.rows {
      let table = try quotedIdentifier(schema) + "." + quotedIdentifier(row[0] ?? "")
      // SQL-safe: quoted names.
      try await connection.execute("drop table if exists \(table)")
    }
  }

  /// Stores what a test's query returns.
  /// - Parameters:
  ///   - sql: the test's own, without a semicolon at its end.
  ///   - alias: the table's name, made from the test's.
  static func keep(
    _ sql: String, test: String, alias: String, runID: Int64, _ connection: Connection
  ) async throws {
    let name = try quotedIdentifier(schema)
    let table = try name + "." + quotedIdentifier(alias)
    let number = try quotedIdentifier(FailingRows.numberColumn)
    let label = try quotedLiteral(comment(test, runID))
    // SQL-safe: quoted names and the test's own SQL, out of the project.
    let statements = [
      "create schema if not exists \(name)", "drop table if exists \(table)",
      // SQL-safe: as above.
      "create table \(table) as select row_number() over () as \(number), failing.* from (\n\(sql)\n) as failing limit \(most)",
      // SQL-safe: as above.
      "create unique index on \(table) (\(number))", "comment on table \(table) is \(label)",
    ]
    try await connection.transaction { connection in
      for statement in statements { try connection.execute(statement) }
    }
  }

  /// - Throws: ``DeskError`` where the rows were not kept.
  static func page(
    of test: String, runID: Int64, after: Int64, _ connection: Connection
  ) async throws -> FailingRows {
    let found = try await connection.query(
      """
      select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and obj_description(c.oid, 'pg_class') = $2
      """, [.text(schema), .text(comment(test, runID))])
    guard let name = found.first?[0] else {
      throw DeskError(
        .notFound,
        "the rows of \(test) in run \(runID) are not kept: only those of the newest run that tested it are")
    }
    let table = try quotedIdentifier(schema) + "." + quotedIdentifier(name)
    let number = try quotedIdentifier(FailingRows.numberColumn)
    // SQL-safe: quoted names.
    let rows = try await connection.query(
      "select * from \(table) where \(number) > $1::bigint order by \(number) limit $2::bigint",
      [.integer(after), .integer(Int64(page))])
    // SQL-safe: as above.
    let total = try await connection.query("select coalesce(max(\(number)), 0) from \(table)")
    let kept = total.first?.integer(0) ?? 0
    let failures =
      kept < most
      ? nil
      : try await connection.query(
        "select max(failures) from monitoring.test_results where run_id = $1 and test = $2",
        [.integer(runID), .text(test)]
      ).first?.integer(0)
    return FailingRows(
      runID: runID, test: test, after: after, table: ValueTable(rows), total: kept,
      failures: failures.map { max($0, kept) })
  }
}

extension ShadowBuild {
  /// Keeps the rows of the tests that did not pass where the Pipeline screen finds them, and forgets those of earlier
  /// runs of all tests named.
  /// - Returns: for each test whose rows could not be kept, why, for its log.
  func keepFailingRows(of results: [TestResult], runID: Int64) async throws -> [String] {
    let connection = await pool.first
    try await FailingRowStore.forget(results.map(\.name), connection)
    var problems: [String] = []
    for result in results where result.status == .fail || result.status == .warn {
      guard let test = project.test(result.id) else { continue }
      let sql = try await rendered { renderer in
        var renderer = renderer
        renderer.showsWholeRows = true
        return try renderer.sql(of: test)
      }
      do {
        try await FailingRowStore.keep(
          SQLScan(sql).withoutTrailingSemicolon(), test: result.name, alias: test.alias, runID: runID,
          connection)
      } catch let error as PostgresError where error.code == .server {
        // The test's verdict stands without them.
        problems.append("\(result.name): its rows are not kept: \(error)")
      }
    }
    return problems
  }
}
