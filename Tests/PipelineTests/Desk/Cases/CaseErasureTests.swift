import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Erasing a customer who has cases")
struct CaseErasureTests {
  @Test(
    "no text about the customer is left in cases, events and lists; that there was a case and how it ended is"
  )
  func forget() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(3, connection)
      try await connection.execute(
        """
        insert into staging.raw_customers (customer_id, full_name, email_hash, is_masked, source)
        values (1, 'K*** K***', '\(DeskFixture.hash(1))', true, 'test'),
          (2, 'S*** S***', '\(DeskFixture.hash(2))', true, 'test')
        """)
      let start = Date().timeIntervalSince1970
      let ann = DeskFixture.desk(connection, "ann", at: start)
      for number in [Int64(1), 2] {
        let text = number == 1 ? "kept" : "secret"
        try await ann.snooze("burst", of: .fraudCase(number), until: start + 86_400, reason: "\(text) snooze")
        try await ann.override(.low, of: .customer(number), until: start + 3_600, reason: "\(text) level")
        try await ann.list(
          .emailHash, DeskFixture.hash(number), on: .block, until: nil, reason: "\(text) list", for: .nobody)
        try await ann.list(
          .counterparty, "\(text)-shop", on: .block, until: nil, reason: "\(text) shop",
          for: .fraudCase(number))
        try await ann.take(.take, on: number)
        try await ann.take(.note("\(text) note"), on: number)
        try await ann.take(.close(.confirmedFraud, reason: "\(text) reason"), on: number)
      }
      let erased = try await Erasure.forget(2, origin: "ann@test", on: connection)
      #expect(
        Set(erased.map(\.table)) == [
          "desk.list_entries", "desk.rule_snoozes", "desk.level_overrides", "desk.case_events", "desk.cases",
          "staging.raw_customers",
        ])

      // Whole rows as text: no column is forgotten by this test.
      for (table, kept) in [
        ("cases", true), ("case_events", true), ("list_entries", true), ("rule_snoozes", true),
        ("level_overrides", true),
      ] {
        let texts = try await connection.query("select t::text from desk.\(table) t").rows.compactMap {
          $0[0]
        }
        #expect(
          !texts.contains {
            ($0.contains("secret") || $0.contains(DeskFixture.hash(2))) && !$0.contains("ann@test")
          },
          "\(table): \(texts)")
        #expect(texts.contains { $0.contains("kept") } == kept, "\(table): \(texts)")
      }
      let page = try await CaseReader.page(2, from: connection)
      #expect(page.fraudCase.workflow.outcome == .confirmedFraud)
      #expect(page.fraudCase.workflow.outcomeReason == "erased")
      #expect(page.events.contains { $0.kind == .closed && $0.actor == "ann" })
      #expect(
        try await CaseReader.page(1, from: connection).fraudCase.workflow.outcomeReason == "kept reason")

      // A second time there is nothing that says more than the first.
      await #expect(throws: AccessError.self) {
        try await Erasure.forget(4, origin: "ann@test", on: connection)
      }
    }
  }
}
