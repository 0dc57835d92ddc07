import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("rows that broke a data test")
struct FailingRowsTests {
  @Test("of many rows the first ones are kept, and the answer says how many there were")
  func many() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await connection.execute(
        """
        insert into monitoring.runs (run_id, source, state, started_at, started_by, process_id, version, settings)
        values (1, 'a test', 'success', now(), 'a test', 1, '', '{}');
        insert into monitoring.test_results (run_id, test, layer, status, failures, seconds, tested_at)
        values (1, 'much', 'source', 'warn', 10007, 0, now()), (1, 'little', 'source', 'warn', 7, 0, now())
        """)
      for (test, rows) in [("much", 10_007), ("little", 7)] {
        // SQL-safe: a number of this test.
        try await FailingRowStore.keep(
          "select n from generate_series(1, \(rows)) as n", test: test, alias: test, runID: 1, connection)
      }
      let much = try await FailingRowStore.page(of: "much", runID: 1, after: 9_900, connection)
      #expect(much.table.rows.count == 100)
      #expect(much.total == 10_000)
      #expect(much.failures == 10_007)
      let little = try await FailingRowStore.page(of: "little", runID: 1, after: 0, connection)
      #expect(little.table.rows.count == 7)
      #expect(little.total == 7)
      #expect(little.failures == 7)
    }
  }
}
