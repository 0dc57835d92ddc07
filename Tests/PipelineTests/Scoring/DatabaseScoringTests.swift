import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Scoring the raw tables")
struct DatabaseScoringTests {
  static let rules = Repository.path("queries/risk")
  static let masking = Masking(key: MaskingKey(bytes: Array("a key of the tests".utf8)))

  @Test("the sample data, whose times are made up, are scored on amounts and profiles alone, and say so")
  func sampleData() async throws {
    guard let users = Repository.testData("dummyjson/users.json") else { return }
    try await TestCluster.withSchema { connection, _ in
      let source = JSONFiles(folder: String(users.dropLast("/users.json".count)))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      let summary = try await DatabaseScoring.scoreDatabase(
        connection, rulesetDirectory: Self.rules, runID: 1, threads: 2)
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
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      var answers: [String] = []
      for threads in [1, 8] {
        _ = try await DatabaseScoring.scoreDatabase(
          connection, rulesetDirectory: Self.rules, runID: 1, threads: threads)
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
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      func score(_ run: Int64) async throws -> [Int64?] {
        _ = try await DatabaseScoring.scoreDatabase(
          connection, rulesetDirectory: Self.rules, runID: run, threads: 1)
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
    try await TestCluster.withSchema { connection, _ in
      let source = DemoSource(DemoSettings(customers: 20, seed: 5))
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      _ = try await DatabaseScoring.scoreDatabase(
        connection, rulesetDirectory: Self.rules, runID: 1, threads: 1)
      await #expect(throws: ScoringError.self) {
        try await DatabaseScoring.scoreDatabase(
          connection, rulesetDirectory: "/nowhere", runID: 2, threads: 1)
      }
      let count = try await connection.query("select count(*) from staging.fraud_scores where run_id = 1")
      #expect(count.first?.integer(0) == 20)
    }
  }

  @Test("the frauds injected into the demo rise to the upper levels")
  func demoFrauds() async throws {
    let source = DemoSource(DemoSettings(customers: 2_000, seed: 3))
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      let summary = try await DatabaseScoring.scoreDatabase(
        connection, rulesetDirectory: Self.rules, runID: 1, threads: 2)
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
}
