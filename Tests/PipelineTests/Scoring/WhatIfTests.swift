import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("What if")
struct WhatIfTests {
  static let rules = Repository.path("queries/risk")

  /// Scores of demo customers in a database with all migrations.
  private func withScores(
    customers: Int64 = 400, _ body: (Connection, String) async throws -> Void
  ) async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      _ = try await RawLoad(
        source: DemoSource(DemoSettings(customers: customers, seed: 5)),
        masking: DatabaseScoringTests.masking,
        runID: 1
      ).run(on: connection)
      _ = try await DatabaseScoring.scoreDatabase(
        connection, reader: try await Connection.open(url), rulesetDirectory: Self.rules, runID: 1, threads: 2
      )
      try await body(connection, url)
      await connection.close()
    }
  }

  @Test("without a change everybody stays where they are")
  func identity() async throws {
    try await withScores { connection, _ in
      let model = try await WhatIfReader.read(rules: Self.rules, from: connection)
      #expect(model.customers.count == 400)
      let outcome = model.outcome(RulesetTuning())
      #expect(outcome.before == outcome.after)
      #expect(outcome.movers.isEmpty)
      #expect(outcome.quality == nil)
      let stored = try await connection.query(
        "select count(*) from staging.fraud_scores where risk_level = 'critical'")
      #expect(Int64(outcome.before[3]) == stored.first?.integer(0))
    }
  }

  @Test("levels, scale and points come out as the scoring itself finds them with such a ruleset")
  func agreesWithScoring() async throws {
    try await withScores { connection, url in
      let model = try await WhatIfReader.read(rules: Self.rules, from: connection)
      var tuning = RulesetTuning()
      tuning.set(RulesetNumber(.levels, "high"), to: 0.5, in: model.ruleset)
      tuning.set(RulesetNumber(.scale, "2"), to: 30, in: model.ruleset)
      tuning.set(RulesetNumber(.rules, "disposable_email"), to: 40, in: model.ruleset)
      tuning.set(RulesetNumber(.weights, "shared_device"), to: 2, in: model.ruleset)
      let expected = model.outcome(tuning)
      #expect(expected.up > 0)
      let folder = NSTemporaryDirectory() + "riskdeck-rules-\(UUID().uuidString)"
      try FileManager.default.copyItem(atPath: Self.rules, toPath: folder)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let yaml = try String(contentsOfFile: folder + "/ruleset.yml", encoding: .utf8)
      try tuning.applied(to: yaml).write(toFile: folder + "/ruleset.yml", atomically: true, encoding: .utf8)
      _ = try await DatabaseScoring.scoreDatabase(
        connection, reader: try await Connection.open(url), rulesetDirectory: folder, runID: 2, threads: 2)
      let counts = try await connection.query(
        "select risk_level, count(*) from staging.fraud_scores group by 1")
      var found = [0, 0, 0, 0]
      for row in counts.rows {
        let place = RiskLevel.allCases.firstIndex { $0.rawValue == row[0] } ?? 0
        found[place] = Int(row.integer(1) ?? 0)
      }
      #expect(found == expected.after)
    }
  }

  @Test("a weight in another proportion moves scores in that proportion, movers first by size")
  func weights() {
    let ruleset = try? RulesetFiles.read(Self.rules).ruleset
    guard let ruleset else {
      Issue.record("no ruleset")
      return
    }
    var builder = WhatIf.Builder(ruleset: ruleset)
    builder.add(customer: 1, level: "high", score: 30, evidences: "burst 20 orders_1h 10", isFraud: true)
    builder.add(customer: 2, level: "medium", score: 15, evidences: "orders_1h 15", isFraud: false)
    builder.add(customer: 3, level: "low", score: 4, evidences: "unheard_of 4", isFraud: nil)
    let model = builder.finish()
    var tuning = RulesetTuning()
    tuning.set(RulesetNumber(.weights, "orders_1h"), to: 2, in: ruleset)
    tuning.set(RulesetNumber(.rules, "burst"), to: 0, in: ruleset)
    let outcome = model.outcome(tuning)
    #expect(outcome.before == [1, 1, 1, 0])
    #expect(outcome.after == [1, 1, 1, 0])
    #expect(outcome.movers.map(\.customer) == [2, 1])
    #expect(outcome.movers.map(\.scoreAfter) == [30, 20])
    #expect(outcome.qualityBefore == WhatIf.Quality(frauds: 1, alertedFrauds: 1, alertedOthers: 0))
    #expect(outcome.quality == WhatIf.Quality(frauds: 1, alertedFrauds: 0, alertedOthers: 1))
    #expect(outcome.quality?.precision == 0)
    #expect(outcome.quality?.recall == 0)
  }

  @Test("the text of a tuned ruleset keeps its comments and reads as the numbers say")
  func text() throws {
    let yaml = try String(contentsOfFile: Self.rules + "/ruleset.yml", encoding: .utf8)
    let ruleset = try RulesetFiles.read(Self.rules).ruleset
    var tuning = RulesetTuning()
    for (index, number) in ruleset.numbers.enumerated() {
      // Each number its own value; levels and scale must rise.
      let base = ruleset.value(number) ?? 0
      tuning.set(
        number, to: number.group == .levels ? base + 0.01 : base + 1 + Double(index) / 100, in: ruleset)
    }
    let tuned = try tuning.applied(to: yaml)
    let read = try RulesetReader(yaml: tuned, file: "tuned").ruleset
    for number in ruleset.numbers {
      #expect(read.value(number) == tuning.value(number, in: ruleset), "\(number.name)")
    }
    #expect(tuned.split(separator: "\n").count == yaml.split(separator: "\n").count)
    #expect(tuned.contains("# 0 switches a statistic off"))
    #expect(try RulesetTuning().applied(to: yaml) == yaml)
  }

  @Test("numbers that make no ruleset are told")
  func problems() throws {
    let ruleset = try RulesetFiles.read(Self.rules).ruleset
    var tuning = RulesetTuning()
    tuning.set(RulesetNumber(.levels, "medium"), to: 0.7, in: ruleset)
    #expect(tuning.problem(in: ruleset)?.contains("levels") == true)
    tuning = RulesetTuning()
    tuning.set(RulesetNumber(.scale, "0"), to: 50, in: ruleset)
    #expect(tuning.problem(in: ruleset)?.contains("scale") == true)
    tuning.set(RulesetNumber(.scale, "0"), to: ruleset.customerScale.knots[0], in: ruleset)
    #expect(tuning.isEmpty)
    tuning.set(RulesetNumber(.weights, "orders_1h"), to: -5, in: ruleset)
    #expect(tuning.value(RulesetNumber(.weights, "orders_1h"), in: ruleset) == 0)
  }
}
