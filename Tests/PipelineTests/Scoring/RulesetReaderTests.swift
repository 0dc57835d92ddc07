import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("Reading the rules")
struct RulesetReaderTests {
  private static let yaml: String = {
    (try? String(contentsOfFile: Repository.path("queries/risk/ruleset.yml"), encoding: .utf8)) ?? ""
  }()

  private func problem(_ old: String, _ new: String) -> String? {
    guard let range = Self.yaml.range(of: old) else { return nil }
    do {
      _ = try RulesetReader(yaml: Self.yaml.replacingCharacters(in: range, with: new), file: "ruleset.yml")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("the shipped rules, priors and domains are read, and their version follows their content")
  func shipped() throws {
    let files = try RulesetFiles.read(Repository.path("queries/risk"))
    #expect(files.ruleset.rules.map(\.name).contains("impossible_travel"))
    #expect(files.ruleset.disposableDomains.contains("mailinator.com"))
    #expect(files.ruleset.disposableDomains.count > 5_000)
    #expect(!files.ruleset.disposableDomains.contains { $0.hasPrefix("#") })
    #expect(files.ruleset.version.count == 12)
    #expect(files.priors.priorCount == Statistic.allCases.count)
  }

  @Test(
    "a mistake is told with its line and what would be right",
    arguments: [
      ("orders_1h: 1", "orders_1h: -1", "ruleset.yml:10:14: orders_1h must be from 0 to 1,000"),
      ("orders_1h: 1", "orders_2h: 1", "ruleset.yml:10:3: weights knows no key 'orders_2h'"),
      ("travel_speed_kmh > 900", "speed > 900", "no feature 'speed'"),
      ("travel_speed_kmh > 900", "travel_speed_kmh => 900", "no comparison '=>'"),
      ("travel_speed_kmh > 900", "travel_speed_kmh > fast", "'fast' is no number"),
      ("travel_speed_kmh > 900", "travel_speed_kmh", "a comparison reads 'feature >= number'"),
      ("travel_speed_kmh > 900", "block_listed == 1", "features of the order or of the customer, not both"),
      ("name: burst", "name: impossible_travel", "'impossible_travel' is taken already"),
      ("scale: [12, 22, 35, 60]", "scale: [12, 10, 35, 60]", "scale must rise, from above 0 on"),
      (
        "scale: [12, 22, 35, 60]", "scale: [0, 0, 0, 0]",
        "ruleset.yml:44:11: scale must rise, from above 0 on"
      ),
      ("scale: [12, 22, 35, 60]", "scale: [-3, 22, 35, 60]", "scale must rise, from above 0 on"),
      ("scale: [12, 22, 35, 60]", "scale: [12, 22, 22, 60]", "scale must rise, from above 0 on"),
      ("delay_days: 7", "delay_days: 7.5", "ruleset.yml:48:15: delay_days must be a whole number"),
      ("{orders_1h} orders", "{order_1h} orders", "no feature 'order_1h' to fill in"),
      ("{orders_1h} orders", "{orders_1h orders", "no feature 'orders_1h orders in 1 h, usual ' to fill in"),
      ("{orders_1h} orders", "{missing_details} orders", "no feature 'missing_details' to fill in"),
      ("scale: [12, 22, 35, 60]", "scale: [12]", "scale needs 4 numbers, not 1"),
      ("high: 0.6", "high: 0.2", "levels must rise"),
      ("[spend_24h, amount_day]", "[spend_24h, orders_1h]", "'orders_1h' is in a family already"),
      ("factor: velocity", "factor: speed", "factor cannot be 'speed'"),
      ("priors: priors.yml", "", "the ruleset needs the key 'priors'"),
    ])
  func mistakes(old: String, new: String, expected: String) throws {
    let problem = try #require(self.problem(old, new))
    #expect(problem.hasPrefix("ruleset.yml:"))
    #expect(problem.contains(expected))
  }

  @Test("all, any and not combine comparisons; what is not known satisfies none, negated neither")
  func conditions() {
    let above = RuleCondition.compare(.amount, .above, 10)
    let unknown = RuleCondition.compare(.travelSpeed, .notEqual, 0)
    let value: (RuleFeature) -> Double = { $0 == .amount ? 11 : .nan }
    #expect(above.holds(value))
    #expect(!unknown.holds(value))
    #expect(!RuleCondition.all([above, unknown]).holds(value))
    #expect(RuleCondition.any([above, unknown]).holds(value))
    #expect(!RuleCondition.not(unknown).holds(value))
    #expect(!RuleCondition.not(.any([unknown, .not(above)])).holds(value))
    #expect(RuleCondition.not(.all([unknown, .not(above)])).holds(value))
  }

  @Test("a customer rule that holds for most tells nobody apart and is left out, which is said")
  func suspended() async throws {
    let files = try RulesetFiles.read(Repository.path("queries/risk"))
    var batch = EventBatch()
    for id in 1...20 {
      var profile = ScoringWorld.profile(Int64(id))
      if id > 5 { profile.emailDomain = "mailinator.com" }
      batch.append(profile, events: ScoringWorld.calm(id: Int64(id)))
    }
    let source = EventsInMemory(batches: [batch], categoryNames: ScoringWorld.categories)
    let engine = ScoringEngine(ruleset: files.ruleset, priors: files.priors, threads: 1)
    let prepared = try await engine.prepare(source)
    let summary = try await engine.score(prepared, source) { assessments in
      #expect(assessments.allSatisfy { $0.ruleHits == [] })
    }
    #expect(summary.notes.contains { $0.contains("rule disposable_email holds for 15 customers") })
  }

  @Test("a fitted reference is written and read to the last bit, and refused beside another ruleset")
  func reference() async throws {
    let files = try RulesetFiles.read(Repository.path("queries/risk"))
    var batch = EventBatch()
    for id in 1...60 {
      batch.append(ScoringWorld.profile(Int64(id)), events: ScoringWorld.calm(id: Int64(id)))
    }
    let engine = ScoringEngine(ruleset: files.ruleset, priors: files.priors, threads: 1)
    let fitted = try await engine.prepare(
      EventsInMemory(batches: [batch], categoryNames: ScoringWorld.categories)
    )
    .scorer.reference
    #expect(fitted.priorCount < Statistic.allCases.count)
    let file = ReferenceFile(reference: fitted, rulesetVersion: "abc")
    let read = try ReferenceFile.parse(file.yaml, file: "reference.yml")
    #expect(read.reference == fitted)
    #expect(read.rulesetVersion == "abc")
  }
}
