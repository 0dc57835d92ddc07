import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("What the queue follows from")
struct QueueInputsTests {
  @Test("a run leaves the queue alone only where nothing was published, decided, set or has expired since")
  func unchanged() async throws {
    try await TestCluster.withSchema { connection, _ in
      func lastRun() async throws -> Int64? {
        try await QueueInputs.take(connection).lastRun(connection)
      }
      func look(_ run: Int64) async throws {
        let inputs = try await QueueInputs.take(connection)
        _ = try await CaseOpening.run(connection, runID: run, origin: "ana@desk")
        try await inputs.note(runID: run, connection)
      }
      try await DeskFixture.score(connection, customer: 1, score: 60, level: .critical)
      try await DeskFixture.score(connection, customer: 2, score: 60, level: .critical)
      #expect(try await lastRun() == nil)
      try await look(1)
      // Cases that the run opened are its own doing.
      #expect(try await lastRun() == 1)

      let ann = DeskFixture.desk(connection, "ann")
      let later = Date().timeIntervalSince1970 + 3_600
      let steps: [(String, () async throws -> Void)] = [
        ("a case taken", { _ = try await ann.takeNext() }),
        (
          "a case closed",
          {
            let newest = try #require(try await CaseReader.newestCase(of: 1, from: connection))
            try await ann.take(.close(.falsePositive, reason: "holidays"), on: newest)
          }
        ),
        ("a rule snoozed", { try await ann.snooze("burst", of: .customer(2), until: later, reason: "x") }),
        ("a level set", { try await ann.override(.high, of: .customer(2), until: later, reason: "x") }),
        (
          "a list entry",
          { try await ann.list(.emailHash, DeskFixture.hash(3), on: .allow, until: later, reason: "x") }
        ),
        (
          "the time they end",
          {
            for table in ["rule_snoozes", "level_overrides", "list_entries"] {
              // SQL-safe: a constant of the test.
              try await connection.execute("update desk.\(table) set until = clock_timestamp()")
            }
          }
        ),
        (
          "a publication",
          {
            try await connection.execute(
              """
              insert into monitoring.runs (run_id, source, state, started_at, started_by, process_id, version, settings)
              overriding system value values (9, 't', 'success', now(), 't', 1, '', '{}');
              insert into monitoring.publications (run_id, published_at, source, has_synthetic_times, is_masked, scoring_notes)
              values (9, now(), 't', false, true, '{}')
              """)
          }
        ),
      ]
      for (place, (name, step)) in steps.enumerated() {
        try await step()
        #expect(try await lastRun() == nil, "\(name)")
        try await look(Int64(place + 2))
        #expect(try await lastRun() == Int64(place + 2), "\(name)")
      }
    }
  }

  @Test("the lists of Movers kept with a publication are those of the history")
  func movers() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.score(connection, customer: 1, score: 60, level: .critical)
      try await connection.execute(
        """
        insert into analytics.risk_history
          (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, ruleset_version)
        select n, 1, now(), n % 70, 0.5, case when n % 70 > 50 then 'high' else 'low' end, 'v'
        from generate_series(1, 2500) as n
        """)
      _ = try await CaseOpening.run(connection, runID: 1, origin: "t")
      let first = try await lists(connection)
      #expect(first["up"] == 1000 && first["new_in_high"] == 665 && first["down"] == nil)
      try await connection.execute(
        """
        insert into analytics.risk_history
          (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, ruleset_version)
        values (1, 2, now(), 55, 0.9, 'high', 'v'), (69, 2, now(), 2, 0.1, 'low', 'v')
        """)
      #expect(try await lists(connection) == first)
      _ = try await CaseOpening.run(connection, runID: 2, origin: "t")
      #expect(try await lists(connection) == ["up": 1, "down": 1, "new_in_high": 1, "levels": 2])
      // A day is answered out of the history.
      let since = try await connection.query(
        "select list, count(*) from analytics.movers(date '2000-01-01') group by list order by list")
      #expect(since.rows.map { $0[0] ?? "" } == ["levels", "new_in_high", "up"])
      let difference = try await connection.query(
        """
        (select * from analytics.movers(null) except all select * from analytics.movers_of_history(null))
        union all
        (select * from analytics.movers_of_history(null) except all select * from analytics.movers(null))
        """)
      #expect(difference.rows.isEmpty)
    }
  }

  private func lists(_ connection: Connection) async throws -> [String: Int64] {
    let rows = try await connection.query(
      "select list, count(*) from analytics.movers(null) group by list"
    ).rows
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0.integer(1) ?? 0) })
  }
}
