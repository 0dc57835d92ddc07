import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Versions of the ruleset")
struct RulesetStoreTests {
  static let rules = Repository.path("queries/risk")

  @Test(
    "versions are saved with note and maker, activated, compared and rolled back; scores carry the one in force"
  )
  func versions() async throws {
    try await RoleTests.withLogin(.lead) { administrator, url in
      let lead = try await Connection.open(url)
      let file = try RulesetFiles.read(Self.rules).ruleset.version
      #expect(try await RulesetStore.versions(rules: Self.rules, lead).map(\.version) == [file])
      let first = try await RulesetStore.save(
        ["weights.orders_1h": "0.5", "hard_rules.burst.points": "30"], note: "less velocity",
        rules: Self.rules,
        origin: "x@y", lead)
      #expect(first != file)
      // The same numbers are the same version.
      #expect(
        try await RulesetStore.save(
          ["hard_rules.burst.points": "30", "weights.orders_1h": "0.5"], note: "again", rules: Self.rules,
          origin: "x@y", lead) == first)
      var listed = try await RulesetStore.versions(rules: Self.rules, lead)
      #expect(listed.map(\.version) == [first, file])
      #expect(listed.map(\.isActive) == [false, true])
      #expect(listed[0].note == "less velocity")
      #expect(listed[0].basedOn == file)
      #expect(listed[0].savedBy.hasPrefix("login_"))
      let (old, new) = (
        try await RulesetStore.text(version: file, rules: Self.rules, lead).text,
        try await RulesetStore.text(version: first, rules: Self.rules, lead).text
      )
      #expect(
        RulesetStore.difference(old, new)
          == ["-  orders_1h: 1", "+  orders_1h: 0.5", "-    points: 20", "+    points: 30"])

      try await RulesetStore.activate(first, rules: Self.rules, origin: "x@y", lead)
      #expect(try await RulesetStore.active(rules: Self.rules, administrator).ruleset.weights[0] == 0.5)
      listed = try await RulesetStore.versions(rules: Self.rules, lead)
      #expect(listed.first { $0.isActive }?.version == first)
      _ = try await RawLoad(
        source: DemoSource(DemoSettings(customers: 50, seed: 5)), masking: DatabaseScoringTests.masking,
        runID: 1
      ).run(on: administrator)
      let summary = try await DatabaseScoring.scoreDatabase(
        administrator, reader: try await Connection.open(url), rulesetDirectory: Self.rules, runID: 1,
        threads: 1)
      #expect(summary.customers == 50)
      #expect(
        try await administrator.query("select distinct ruleset_version from staging.fraud_scores").first?[0]
          == first)

      #expect(try await RulesetStore.rollBack(rules: Self.rules, origin: "x@y", lead) == file)
      #expect(try await RulesetStore.active(rules: Self.rules, administrator).ruleset.weights[0] == 1)
      let noted = try await lead.query(
        "select count(*) from audit.entries where action = 'ruleset change' and subject like 'ruleset %'")
      #expect(noted.first?.integer(0) == 4)
      await lead.close()
    }
  }

  @Test("an analyst may look at versions and neither save nor activate")
  func forbidden() async throws {
    try await RoleTests.withLogin(.analyst) { _, url in
      let analyst = try await Connection.open(url)
      let file = try RulesetFiles.read(Self.rules).ruleset.version
      #expect(try await RulesetStore.versions(rules: Self.rules, analyst).count == 1)
      await #expect(throws: AccessError.self) {
        try await RulesetStore.save(
          ["weights.orders_1h": "0.5"], note: "x", rules: Self.rules, origin: "x@y", analyst)
      }
      await #expect(throws: AccessError.self) {
        try await RulesetStore.activate(file, rules: Self.rules, origin: "x@y", analyst)
      }
      for statement in [
        "insert into desk.rulesets (version, rules, domains, priors, note) values ('a', '', '', '', 'x')",
        "insert into desk.ruleset_activations (version, note) values ('a', '')",
      ] {
        await #expect(throws: PostgresError.self) { try await analyst.execute(statement) }
      }
      await analyst.close()
    }
  }

  @Test("a version without a note, of a wrong number or that does not exist is refused in one line")
  func mistakes() async throws {
    try await RoleTests.withLogin(.lead) { _, url in
      let lead = try await Connection.open(url)
      for (numbers, note) in [
        (["weights.orders_1h": "0.5"], " "), (["weights.nothing": "1"], "x"),
        (["weights.orders_1h": "many"], "x"),
        (["customer.levels.medium": "0.9"], "x"),
      ] {
        await #expect(throws: ScoringError.self) {
          try await RulesetStore.save(numbers, note: note, rules: Self.rules, origin: "x@y", lead)
        }
      }
      await #expect(throws: ScoringError.self) {
        try await RulesetStore.activate("nothing", rules: Self.rules, origin: "x@y", lead)
      }
      await #expect(throws: ScoringError.self) {
        try await RulesetStore.rollBack(rules: Self.rules, origin: "x@y", lead)
      }
      await #expect(throws: ScoringError.self) {
        try await RulesetStore.save(
          text: "weights: {}", basedOn: nil, note: "x", rules: Self.rules, origin: "x@y", lead)
      }
      #expect(try await lead.query("select from desk.rulesets").rowCount == 0)
      await lead.close()
    }
  }
}
