import Postgres

/// The table a test with `store_failures` leaves its failing rows in.
struct StoredFailures: Sendable {
  let relation: Relation
  /// Makes the schema, drops the table of the last run and fills a new one.
  let statements: [String]
  /// The query that counts them, in place of the test's own.
  let sql: String

  init(_ test: DataTest, sql: String, _ target: ModelTarget) throws {
    let kind = test.configuration["store_failures_as"]?.string ?? "table"
    guard kind == "table" else {
      throw ModelError(
        .unsupported, "`store_failures_as: \(kind)` is not supported; use table", at: test.position)
    }
    let schema = DataTest.failuresSchema(of: test, target)
    relation = try Relation(database: target.database, schema: schema, identifier: test.alias)
    let limit = test.limit.map { "\nlimit \($0)" } ?? ""
    // SQL-safe: quoted names and the test's own SQL, out of the project.
    statements = [
      "create schema if not exists \(try quotedIdentifier(schema))",
      "drop table if exists \(relation)",
      // SQL-safe: as above.
      "create table \(relation) as (\n\(SQLScan(sql).withoutTrailingSemicolon())\(limit)\n)",
    ]
    // SQL-safe: a quoted relation.
    self.sql = "select * from \(relation)"
  }
}
