import Postgres

/// What a test said in the runs so far.
public struct TestHistory: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public let runID: Int64
    /// As the server writes a timestamp.
    public let testedAt: String
    public let status: String
    public let failures: Int64?
    public let message: String?
  }

  public let test: String
  /// Newest first.
  public let entries: [Entry]

  /// - Parameters:
  ///   - test: one test's name; nil for all.
  ///   - runs: how many of the newest runs to look back over.
  public static func read(test: String?, runs: Int, from connection: Connection) async throws -> [TestHistory]
  {
    let result = try await connection.query(
      """
      select r.test, r.run_id, to_char(r.tested_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), r.status, r.failures, r.message
      from monitoring.test_results r
      where r.run_id in (select run_id from monitoring.runs order by run_id desc limit $1::bigint)
        and ($2::text is null or r.test = $2)
      order by r.test, r.run_id desc
      """, [.integer(Int64(runs)), Bind(test)])
    var histories: [TestHistory] = []
    for row in result.rows {
      let entry = Entry(
        runID: row.integer(1) ?? 0, testedAt: row[2] ?? "", status: row[3] ?? "", failures: row.integer(4),
        message: row[5])
      if let last = histories.last, last.test == row[0] {
        histories[histories.count - 1] = TestHistory(test: last.test, entries: last.entries + [entry])
      } else {
        histories.append(TestHistory(test: row[0] ?? "", entries: [entry]))
      }
    }
    return histories
  }

  /// What every test said last, by its name. Empty where the database has no run log.
  static func latest(from connection: Connection) async throws -> [String: ModelPage.Result] {
    let exists = try await connection.query("select to_regclass('monitoring.test_results') is not null")
    guard exists.first?.boolean(0) == true else { return [:] }
    let result = try await connection.query(
      """
      select distinct on (test) test, run_id, extract(epoch from tested_at)::float8, status, failures, message
      from monitoring.test_results order by test, run_id desc
      """)
    var latest: [String: ModelPage.Result] = [:]
    for row in result.rows {
      guard let test = row[0], let status = row[3].flatMap(TestResult.Status.init(rawValue:)) else {
        continue
      }
      latest[test] = ModelPage.Result(
        runID: row.integer(1) ?? 0, testedAt: row.double(2) ?? 0, status: status, failures: row.integer(4),
        message: row[5])
    }
    return latest
  }
}
