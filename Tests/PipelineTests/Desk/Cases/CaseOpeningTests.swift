import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Cases after a run")
struct CaseOpeningTests {
  private static func open(_ connection: Connection, run: Int64 = 1) async throws -> [Int64] {
    let summary = try #require(try await CaseOpening.run(connection, runID: run, origin: "ana@desk"))
    return [summary.opened, summary.rescored]
  }

  @Test("runs open cases, later ones bring them up to date, and the same run again changes nothing")
  func runs() async throws {
    try await TestCluster.withSchema { connection, _ in
      for (customer, score, level) in [(1, 60, RiskLevel.critical), (2, 30, .high), (3, 10, .medium)] {
        try await DeskFixture.score(connection, customer: Int64(customer), score: Double(score), level: level)
      }
      try await DeskFixture.score(connection, customer: 4, score: 15, level: .low, hits: ["disposable_email"])
      #expect(try await Self.open(connection) == [3, 0])
      #expect(try await Self.open(connection) == [0, 0])
      let queue = try await CaseReader.queue(CaseFilter(), from: connection)
      #expect(queue.cases.map(\.customerID) == [1, 2, 4])
      #expect(
        queue.cases.map { ($0.workflow.dueAt - $0.openedAt).rounded() } == [4, 24, 336].map { $0 * 3_600 })

      try await DeskFixture.score(connection, customer: 2, score: 70, level: .critical, run: 2)
      try await DeskFixture.score(connection, customer: 1, score: 5, level: .low, run: 2)
      #expect(try await Self.open(connection, run: 2) == [0, 2])
      let page = try await CaseReader.page(
        try #require(try await CaseReader.newestCase(of: 2, from: connection)), from: connection)
      #expect(page.fraudCase.standing.level == .critical)
      #expect(page.fraudCase.standing.priority == 1)
      #expect(page.fraudCase.workflow.dueAt < page.fraudCase.openedAt + 5 * 3_600)
      #expect(page.fraudCase.version == 2)
      #expect(page.events.map(\.kind) == [.opened, .rescored])
      #expect(page.events[1].old["level"] == .some("high"))
      #expect(page.events[1].new["level"] == .some("critical"))
      #expect(page.events[1].actor == "run 2")
    }
  }

  @Test("a closed case comes back for something new and not for the same again")
  func afterClosing() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.score(connection, customer: 1, score: 30, level: .high)
      #expect(try await Self.open(connection) == [1, 0])
      let ann = DeskFixture.desk(connection, "ann")
      let first = try #require(try await ann.takeNext())
      try await ann.take(.close(.falsePositive, reason: "holidays"), on: first.caseID)
      #expect(try await Self.open(connection, run: 2) == [0, 0])
      try await DeskFixture.score(connection, customer: 1, score: 32, level: .high, hits: ["burst"], run: 3)
      #expect(try await Self.open(connection, run: 3) == [1, 0])
      let blocked = await DeskFixture.error { try await ann.take(.reopen(reason: "x"), on: first.caseID) }
      #expect(blocked?.description.contains("another open case") == true)
      let page = try await CaseReader.page(
        try #require(try await CaseReader.newestCase(of: 1, from: connection)), from: connection)
      #expect(page.others.map(\.caseID) == [first.caseID])
    }
  }

  @Test("snoozes, overrides and the allow list keep customers out, and a level set by hand brings one in")
  func settings() async throws {
    try await TestCluster.withSchema { connection, _ in
      let ann = DeskFixture.desk(connection, "ann")
      let later = Date().timeIntervalSince1970 + 3_600
      let evidences = #"[{"factor": "profile", "name": "disposable_email", "contribution": 15, "text": "t"}]"#
      for customer in Int64(1)...5 {
        try await connection.query(
          "insert into staging.raw_customers (customer_id, email_hash, is_masked, source) values ($1, $2, true, 't')",
          [.integer(customer), .text(DeskFixture.hash(customer))])
      }
      try await DeskFixture.score(
        connection, customer: 1, score: 15, level: .low, hits: ["disposable_email"], evidences: evidences)
      try await DeskFixture.score(connection, customer: 2, score: 60, level: .critical)
      try await DeskFixture.score(connection, customer: 3, score: 60, level: .critical)
      try await DeskFixture.score(connection, customer: 4, score: 1, level: .low)
      try await DeskFixture.score(
        connection, customer: 5, score: 65, level: .critical, hits: ["disposable_email"], evidences: evidences
      )
      try await ann.snooze("disposable_email", of: .customer(1), until: later, reason: "x")
      try await ann.snooze("disposable_email", of: .customer(5), until: later, reason: "x")
      try await ann.override(.low, of: .customer(2), until: later, reason: "the owner")
      try await ann.list(
        .emailHash, DeskFixture.hash(3), on: .allow, until: later, reason: "our own test account")
      try await ann.override(.high, of: .customer(4), until: later, reason: "the bank called")
      // High begins at 60 here: without the snoozed 15 customer 5 is 50.
      #expect(try await Self.open(connection) == [1, 0])
      let queue = try await CaseReader.queue(CaseFilter(), from: connection)
      #expect(queue.cases.map(\.customerID) == [4])
      #expect(queue.cases.first?.level == .high)
      #expect(queue.cases.first?.standing.level == .low)
      #expect(queue.cases.first?.standing.priority == 2)
      try await ann.wake("disposable_email", of: .customer(1))
      try await ann.unlist(.emailHash, DeskFixture.hash(3))
      #expect(try await Self.open(connection) == [2, 0])
    }
  }

  @Test("a case keeps what the scoring said apart from the level a person set, also once that has ended")
  func setByHand() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.score(connection, customer: 1, score: 60, level: .critical)
      #expect(try await Self.open(connection) == [1, 0])
      try await connection.execute(
        """
        alter table analytics.fraud_analytics add scored_level text, add level_set_by text,
          add level_set_until timestamptz;
        update analytics.fraud_analytics set risk_level = 'medium', scored_level = 'critical', level_set_by = 'ana',
          level_set_until = now() - interval '1 minute'
        """)
      #expect(try await Self.open(connection, run: 2) == [0, 1])
      #expect(try await Self.open(connection, run: 3) == [0, 0])
      let fraudCase = try #require(try await CaseReader.queue(CaseFilter(), from: connection).cases.first)
      #expect(fraudCase.level == .medium)
      #expect(fraudCase.standing.scoredLevel == .critical)
      #expect(fraudCase.isLevelSet)
      let words = fraudCase.levelWords(at: Date().timeIntervalSince1970) { _ in "T" }
      #expect(words == ["medium set by ana, expired T", "counts until the next run", "scored critical"])
      let events = try await CaseReader.page(fraudCase.caseID, from: connection).events
      #expect(events.last?.new["scored_level"] == .some("critical"))
    }
  }

  @Test("a level set for the next run says so, one in force says who set it and what was scored")
  func words() {
    let override = LevelOverride(level: .medium, until: 100, reason: "x", madeBy: "ana")
    let setting = LevelSetting(scored: .critical, setBy: "ana", until: 100)
    func words(
      _ setting: LevelSetting?, _ published: RiskLevel, _ override: LevelOverride?, now: Double = 50
    ) -> [String] {
      LevelSetting.words(setting, published: published, override: override, now: now) { "\(Int($0))" }
    }
    #expect(words(nil, .low, nil).isEmpty)
    #expect(
      words(nil, .critical, override) == [
        "set to medium by ana until 100", "from the next run on", "scored critical",
      ])
    #expect(words(setting, .medium, override) == ["set by ana until 100", "scored critical"])
    #expect(
      words(setting, .medium, nil) == [
        "medium set by ana, ended since", "counts until the next run", "scored critical",
      ])
  }

  @Test("without published scores there is nothing to do")
  func nothingPublished() async throws {
    try await TestCluster.withSchema { connection, _ in
      let summary = try await CaseOpening.run(connection, runID: 1, origin: "x")
      #expect(summary == nil)
      let queue = try await CaseReader.queue(CaseFilter(), from: connection)
      #expect(queue.cases.isEmpty)
    }
  }
}
