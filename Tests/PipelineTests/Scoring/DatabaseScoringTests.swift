import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Scoring the raw tables")
struct DatabaseScoringTests {
  static let rules = Repository.path("queries/risk")
  static let masking = Masking(key: MaskingKey(bytes: Array("a key of the tests".utf8)))

  private static func score(
    _ connection: Connection, _ url: String, rules: String = Self.rules, runID: Int64 = 1, threads: Int = 2
  ) async throws -> ScoringEngine.Summary {
    let reader = try await Connection.open(url)
    do {
      let summary = try await DatabaseScoring.scoreDatabase(
        connection, reader: reader, rulesetDirectory: rules, runID: runID, threads: threads)
      await reader.close()
      return summary
    } catch {
      await reader.close()
      throw error
    }
  }

  @Test("the sample data, whose times are made up, are scored on amounts and profiles alone, and say so")
  func sampleData() async throws {
    guard let users = Repository.testData("dummyjson/users.json") else { return }
    try await TestCluster.withSchema { connection, url in
      let source = JSONFiles(folder: String(users.dropLast("/users.json".count)))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      let summary = try await Self.score(connection, url, rules: Self.rules, runID: 1, threads: 2)
      #expect(summary.customers == 208)
      #expect(summary.events == 208)
      #expect(summary.notes.contains { $0.contains("made up") })
      #expect(summary.notes.contains { $0.contains("priors") })
      let rows = try await connection.query(
        """
        select count(*), count(velocity_score), count(temporal_score), count(behavioural_score), count(amount_score),
          count(distinct risk_level), count(distinct run_id)
        from staging.fraud_scores
        """)
      let row = try #require(rows.first)
      #expect((0..<5).map { row.integer($0) } == [208, 0, 0, 0, 208])
      #expect((row.integer(5) ?? 0) >= 2)
    }
  }

  @Test("a score is the sum of its evidences, row by row, and the bits do not depend on the threads")
  func sumsAndThreads() async throws {
    let source = DemoSource(DemoSettings(customers: 400, seed: 5))
    try await TestCluster.withSchema { connection, url in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      var answers: [String] = []
      for threads in [1, 8] {
        _ = try await Self.score(connection, url, rules: Self.rules, runID: 1, threads: threads)
        let answer = try await connection.query(
          "select md5(string_agg(fraud_scores::text, '|' order by customer_id)) from staging.fraud_scores")
        answers.append(answer.first?[0] ?? "")
      }
      #expect(answers[0] == answers[1])
      #expect(answers[0] != "")
      let wrong = try await connection.query(
        """
        select customer_id from staging.fraud_scores
        where abs(score - coalesce((select sum((e ->> 'contribution')::float8)
          from jsonb_array_elements(evidences) e), 0)) > 1e-9 * greatest(1, score)
        """)
      #expect(wrong.rowCount == 0)
    }
  }

  @Test("the history keeps a score where it changed, and scoring a run again adds nothing")
  func history() async throws {
    let source = DemoSource(DemoSettings(customers: 50, seed: 5))
    try await TestCluster.withSchema { connection, url in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      func score(_ run: Int64) async throws -> [Int64?] {
        _ = try await Self.score(connection, url, rules: Self.rules, runID: run, threads: 1)
        let rows = try await connection.query(
          "select run_id, count(*) from analytics.risk_history group by 1 order by 1")
        return rows.rows.flatMap { [$0.integer(0), $0.integer(1)] }
      }
      #expect(try await score(1) == [1, 50])
      #expect(try await score(1) == [1, 50])
      #expect(try await score(2) == [1, 50])
      try await connection.execute(
        """
        update analytics.risk_history set score = score + 1
        where customer_id = (select min(customer_id) from staging.raw_customers)
        """)
      #expect(try await score(3) == [1, 50, 3, 1])
    }
  }

  @Test("a ruleset with a mistake leaves the scores as they were")
  func mistake() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 20, seed: 5))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      _ = try await Self.score(connection, url, rules: Self.rules, runID: 1, threads: 1)
      await #expect(throws: ScoringError.self) {
        try await Self.score(connection, url, rules: "/nowhere", runID: 2, threads: 1)
      }
      let count = try await connection.query("select count(*) from staging.fraud_scores where run_id = 1")
      #expect(count.first?.integer(0) == 20)
    }
  }

  @Test("the frauds injected into the demo rise to the upper levels")
  func demoFrauds() async throws {
    let source = DemoSource(DemoSettings(customers: 2_000, seed: 3))
    try await TestCluster.withSchema { connection, url in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      let summary = try await Self.score(connection, url, rules: Self.rules, runID: 1, threads: 2)
      #expect(summary.customers == 2_000)
      #expect(!summary.notes.contains { $0.contains("priors") })
      let levels = try await connection.query(
        """
        select
          count(*) filter (where risk_level = 'critical'),
          count(*) filter (where risk_level = 'critical' and is_fraud),
          count(*) filter (where risk_level in ('high', 'critical') and is_fraud),
          count(*) filter (where is_fraud)
        from (select *, customer_id in (select customer_id from staging.raw_labels) as is_fraud
          from staging.fraud_scores) s
        """)
      let row = try #require(levels.first)
      let counts = (0..<4).map { Double(row.integer($0) ?? 0) }
      #expect(counts[3] >= 20)
      #expect(counts[1] >= 0.8 * counts[0])
      #expect(counts[2] >= 0.6 * counts[3])
    }
  }

  @Test("a scoring that fails while scores are being written leaves the old ones")
  func failureMidway() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 60, seed: 5))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      _ = try await Self.score(connection, url)
      let reader = try await Connection.open(url)
      struct Stop: Error {}
      await #expect(throws: Stop.self) {
        try await DatabaseScoring.scoreDatabase(
          connection, reader: reader, rulesetDirectory: Self.rules, runID: 2, threads: 2
        ) { _ in throw Stop() }
      }
      await reader.close()
      let count = try await connection.query("select count(*) from staging.fraud_scores where run_id = 1")
      #expect(count.first?.integer(0) == 60)
    }
  }

  @Test("closed cases make later orders at the same counterparty and of the same customer riskier")
  func caseOutcomes() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 300, seed: 5))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      func scores() async throws -> [Int64: Double] {
        _ = try await Self.score(connection, url)
        let rows = try await connection.query("select customer_id, score from staging.fraud_scores").rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.integer(0) ?? 0, $0.double(1) ?? 0) })
      }
      let before = try await scores()
      // Whatever the migrations hold, the contract is this relation with these five columns.
      try await connection.execute(
        """
        create schema if not exists desk;
        drop view if exists desk.case_outcomes;
        create view desk.case_outcomes as
        select customer_id, 'confirmed_fraud'::text as outcome, closed_at, closed_at as opened_at,
          array(
            select distinct orders.ordered_at from staging.raw_orders orders
            where orders.customer_id = o.customer_id
              and orders.ordered_at between closed_at - interval '30 days' and closed_at) as moments
        from (select customer_id, min(ordered_at) as first, max(ordered_at) as last from staging.raw_orders group by 1) o,
          generate_series(first + interval '30 days', last - interval '8 days', interval '30 days') closed_at
        where customer_id % 5 = 0
        """)
      let outcomes = try await CaseOutcomes.read(connection)
      #expect(!outcomes.isEmpty)
      let after = try await scores()
      #expect(after.values.reduce(0, +) > before.values.reduce(0, +))
      let named = try await connection.query(
        "select count(*) from staging.fraud_scores where evidences::text like '%_outcomes%'")
      #expect((named.first?.integer(0) ?? 0) > 0)
      let known = try await DatabaseScoring.known(connection)
      #expect(known.frauds.count > 50)
      #expect(known.customerCount == 300)
    }
  }

  @Test("without a case closed as fraud there is nothing to measure against")
  func noOutcomes() async throws {
    try await TestCluster.withSchema { connection, _ in
      _ = await #expect(throws: ScoringError.self) { try await DatabaseScoring.known(connection) }
    }
  }

  @Test("runs of two sources are not compared with each other")
  func sources() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 20, seed: 5))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      try await connection.execute(
        """
        insert into monitoring.runs (source, state, started_at, started_by, process_id, version, settings)
        select source, 'success', now(), 'me', 1, '1', '{}' from unnest(array['demo', 'other', 'demo']) as source
        """)
      for run in [1, 2, 3] as [Int64] {
        // The other source knows the same customers by other scores.
        if run == 2 {
          try await connection.execute("update staging.raw_orders set line_total = line_total + quantity")
        }
        if run == 3 {
          try await connection.execute("update staging.raw_orders set line_total = line_total - quantity")
        }
        _ = try await Self.score(connection, url, runID: run)
      }
      let kept = try await connection.query(
        "select run_id, count(*) from analytics.risk_history group by 1 order by 1")
      #expect(kept.rows.map { $0.integer(0) } == [1, 2])
    }
  }
}
