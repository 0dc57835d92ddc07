import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// What closed cases and lists do to later scores, with a fixed clock.
@Suite("What analysts tell the scoring")
struct DeskKnowledgeTests {
  private static let rules = Repository.path("queries/risk")
  /// 2026-06-01 12:00 UTC.
  private static let start = 1_780_315_200.0
  private static let day = 86_400.0

  /// Forty customers with an order a week at shops of their own; customers 1 and 2 also at the shop `corner`, 1 ten days
  /// before 2; customer 3 there five days after 1, sooner than the delay.
  private static func world(_ connection: Connection) async throws {
    try await connection.query(
      """
      insert into staging.raw_customers (customer_id, full_name, email_hash, device, ip, is_masked, source)
      select c, 'A***', lpad(c::text, 64, '0'), lpad(c::text, 32, 'd'), lpad(c::text, 32, 'a'), true, 'test' from generate_series(1, 40) c
      """)
    try await connection.query(
      """
      insert into staging.raw_orders (order_id, cart_id, customer_id, category, counterparty, quantity, price, discount,
        line_total, ordered_at, is_synthetic_time, device, ip)
      select row_number() over (order by c, w), c * 1000 + w, c, 'tools', 'shop ' || c, 1, 20 + c % 5 + w % 3, 0,
        20 + c % 5 + w % 3, to_timestamp($1::float8) - make_interval(days => 7 * w, hours => c % 12), false,
        lpad(c::text, 32, 'd'), lpad(c::text, 32, 'a')
      from generate_series(1, 40) c, generate_series(4, 12) w
      """, [.double(start)])
    for (order, customer, days) in [(100_001, 1, -10.0), (100_002, 2, 0.0), (100_003, 3, -5.0)] {
      try await connection.query(
        """
        insert into staging.raw_orders (order_id, cart_id, customer_id, category, counterparty, quantity, price, discount,
          line_total, ordered_at, is_synthetic_time, device, ip)
        values ($1, $1, $2::bigint, 'tools', 'corner', 1, 21, 0, 21, to_timestamp($3::float8), false,
          lpad($2::bigint::text, 32, 'd'), lpad($2::bigint::text, 32, 'a'))
        """, [.integer(Int64(order)), .integer(Int64(customer)), .double(start + days * day)])
    }
  }

  private static func url(_ connection: Connection) async throws -> String {
    let database = try await connection.query("select current_database()").first?[0] ?? ""
    return try await TestCluster.server().url(database: database)
  }

  private static func score(_ connection: Connection, now: Double) async throws -> [Int64: (Double, String)] {
    let reader = try await Connection.open(try await url(connection))
    _ = try await DatabaseScoring.scoreDatabase(
      connection, reader: reader, rulesetDirectory: rules, runID: 1, threads: 1, now: now)
    await reader.close()
    let rows = try await connection.query(
      "select customer_id, score, evidences::text, risk_level, action_required from staging.fraud_scores")
    return Dictionary(
      uniqueKeysWithValues: rows.rows.map { row in
        (row.integer(0) ?? 0, (row.double(1) ?? 0, "\(row[2] ?? "") \(row[3] ?? "") \(row[4] ?? "")"))
      })
  }

  /// Opens and closes a case of customer 1 that speaks of the order at the corner shop.
  private static func close(_ connection: Connection, _ outcome: CaseOutcome, at time: Double) async throws {
    try await DeskFixture.score(
      connection, customer: 1, score: 60, level: .critical,
      evidences: """
        [{"factor": "amount", "name": "amount_over_own", "contribution": 60, "text": "t",
          "at": "\(UTCTime.text(start - 10 * day))"}]
        """)
    _ = try await CaseOpening.run(connection, runID: 1, origin: "test", now: time - 60)
    let ann = DeskFixture.desk(connection, "ann", at: time)
    let taken = try #require(try await ann.takeNext())
    try await ann.take(.close(outcome, reason: "the bank says so"), on: taken.caseID)
  }

  @Test("confirmed fraud raises who buys at the same counterparty later, once the delay is over")
  func confirmedFraud() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.world(connection)
      let before = try await Self.score(connection, now: Self.start + Self.day)
      #expect(before[2]?.1.contains("counterparty_outcomes") == false)
      try await Self.close(connection, .confirmedFraud, at: Self.start - 9 * Self.day)

      let later = try await Self.score(connection, now: Self.start + Self.day)
      #expect(later[2]?.1.contains("counterparty_outcomes") == true)
      #expect((later[2]?.0 ?? 0) > (before[2]?.0 ?? 0) + 1)
      // Customer 3 came sooner than the delay, the others never.
      func rise(_ customer: Int64) -> Double { (later[customer]?.0 ?? 0) - (before[customer]?.0 ?? 0) }
      for other in Int64(3)...40 { #expect(rise(2) > rise(other) + 0.5, "\(other)") }
    }
  }

  @Test("a false positive raises nobody, and reopening a confirmed fraud takes its effect back")
  func falsePositive() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.world(connection)
      let before = try await Self.score(connection, now: Self.start + Self.day)
      try await Self.close(connection, .falsePositive, at: Self.start - 9 * Self.day)
      #expect(try await Self.score(connection, now: Self.start + Self.day)[2]?.0 == before[2]?.0)
      let ann = DeskFixture.desk(connection, "ann", at: Self.start - 9 * Self.day + 120)
      let number = try #require(try await CaseReader.newestCase(of: 1, from: connection))
      try await ann.take(.reopen(reason: "x"), on: number)
      try await ann.take(.close(.confirmedFraud, reason: "x"), on: number)
      #expect(try await Self.score(connection, now: Self.start + Self.day)[2]?.0 != before[2]?.0)
      try await ann.take(.reopen(reason: "x"), on: number)
      #expect(try await Self.score(connection, now: Self.start + Self.day)[2]?.0 == before[2]?.0)
    }
  }

  @Test("an entry of the block list fires the hard rule until it expires", arguments: ListEntry.Kind.allCases)
  func blockList(kind: ListEntry.Kind) async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.world(connection)
      let value =
        switch kind {
        case .customer: "7"
        case .emailHash: DeskFixture.hash(7)
        case .device: String(repeating: "d", count: 31) + "7"
        case .ip: String(repeating: "a", count: 31) + "7"
        case .counterparty: "shop 7"
        }
      let ann = DeskFixture.desk(connection, "ann", at: Self.start)
      try await ann.list(kind, value, on: .block, until: Self.start + Self.day, reason: "x")
      let scores = try await Self.score(connection, now: Self.start + 60)
      #expect(scores[7]?.1.contains("block list") == true)
      #expect(scores[8]?.1.contains("block list") == false)
      let expired = try await Self.score(connection, now: Self.start + 2 * Self.day)
      #expect(expired[7]?.1.contains("block list") == false)
    }
  }

  @Test("an allowed counterparty tells nothing against anyone")
  func allowList() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.world(connection)
      try await Self.close(connection, .confirmedFraud, at: Self.start - 9 * Self.day)
      let before = try await Self.score(connection, now: Self.start + Self.day)
      let ann = DeskFixture.desk(connection, "ann", at: Self.start)
      try await ann.list(.counterparty, "corner", on: .allow, until: nil, reason: "the canteen")
      let after = try await Self.score(connection, now: Self.start + Self.day)
      #expect((after[2]?.0 ?? 0) < (before[2]?.0 ?? 0) - 0.5)
    }
  }

  @Test("a level set by hand stands in the scores until it expires, the score itself stays")
  func override() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.world(connection)
      let before = try await Self.score(connection, now: Self.start)
      let ann = DeskFixture.desk(connection, "ann", at: Self.start)
      try await ann.override(.critical, of: .customer(9), until: Self.start + Self.day, reason: "x")
      let during = try await Self.score(connection, now: Self.start + 60)
      #expect(during[9]?.1.hasSuffix("critical BLOCK_IMMEDIATELY") == true)
      #expect(during[9]?.0 == before[9]?.0)
      let kept = try await connection.query(
        """
        select s.scored_level, s.level_set_by, extract(epoch from s.level_set_until)::float8, h.risk_level, h.scored_level
        from staging.fraud_scores s
        inner join analytics.risk_history h on h.customer_id = s.customer_id where s.customer_id = 9
        """)
      let scored = try #require(kept.first?[0])
      #expect(before[9]?.1.contains(" \(scored) ") == true)
      #expect(kept.first?[1] == "ann")
      #expect(kept.first?.double(2) == Self.start + Self.day)
      // The history, and with it the movers, speaks of the level in force, and knows the score's.
      #expect(kept.first?[3] == "critical")
      #expect(kept.first?[4] == scored)
      let model = try await WhatIfReader.read(rules: Self.rules, from: connection)
      #expect(model.outcome(RulesetTuning()).movers.isEmpty)
      var tuning = RulesetTuning()
      tuning.set(RulesetNumber(.levels, "critical"), to: 0.999, in: model.ruleset)
      #expect(!model.outcome(tuning).movers.contains { $0.customer == 9 })
      let after = try await Self.score(connection, now: Self.start + 2 * Self.day)
      #expect(after[9]?.1 == before[9]?.1)
    }
  }

  @Test("the digest changes with every decision that the scoring would hear of, also by time passing alone")
  func digest() async throws {
    try await TestCluster.withSchema { connection, _ in
      func digest(_ days: Double) async throws -> String {
        try await DeskKnowledge.digest(connection, now: Self.start + days * Self.day)
      }
      let empty = try await digest(0)
      try await Self.close(connection, .confirmedFraud, at: Self.start)
      let counted = try await digest(7.1)
      #expect(counted != empty)
      let ann = DeskFixture.desk(connection, "ann", at: Self.start)
      try await ann.list(
        .ip, String(repeating: "1", count: 32), on: .allow, until: Self.start + 8 * Self.day, reason: "x")
      #expect(try await digest(7.1) != counted)
      #expect(try await digest(8.1) == counted)
      try await ann.override(.low, of: .customer(1), until: Self.start + 10 * Self.day, reason: "x")
      #expect(try await digest(8.1) != counted)
    }
  }
}
