import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("a customer's page read from the database")
struct CustomerPageReaderTests {
  @Test("the history of scores is that of the published source; another may use the same id")
  func historyOfOneSource() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await connection.execute(
        """
        insert into monitoring.runs (source, state, started_at, started_by, process_id, version, settings)
        select source, 'success', now(), 'me', 1, '1', '{}' from unnest(array['shop', 'demo', 'shop']) as source;
        insert into monitoring.publications
        select run_id, now(), source, false, true, '{}' from monitoring.runs;
        insert into analytics.risk_history
          (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, ruleset_version)
        select 7, run_id, now(), run_id, run_id / 10.0, 'low', 'v' from monitoring.runs
        """)
      let history = try await DashboardReader.reading(connection) {
        try CustomerPageReader.scoreHistory(.integer(7), $0)
      }
      #expect(history.map(\.runID) == [1, 3])
    }
  }
}
