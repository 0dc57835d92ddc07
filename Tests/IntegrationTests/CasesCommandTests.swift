import Foundation
import Postgres
import TestSupport
import Testing

/// `riskdeck cases` and `riskdeck customer` as scripts use them.
@Suite("the cases of the command line")
struct CasesCommandTests {
  private static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("a run opens cases; a script takes, notes, closes, undoes and reopens one, and reads it as JSON")
  func wholeWay() async throws {
    try await TestCluster.withDatabase { url in
      func riskdeck(_ arguments: String..., as name: String = "ann") throws -> CommandTests.Answer {
        try CommandTests.riskdeck(arguments, database: url, environment: ["RISKDECK_AS": name])
      }
      let run = try riskdeck("run", "--source", "demo", "--customers", "300")
      #expect(run.output.contains("cases opened"), "\(run.output)\(run.errors)")
      let queue = try Self.object(riskdeck("cases", "list", "--json").output)
      #expect((queue["open"] as? Int ?? 0) > 0)

      let taken = try Self.object(riskdeck("cases", "next", "--json").output)
      let number = String(try #require(taken["case"] as? Int))
      #expect(taken["assignee"] as? String == "ann")
      #expect(try riskdeck("cases", "take", number, as: "bob").status == 1)
      #expect(try riskdeck("cases", "note", number, "called, no answer").status == 0)
      let early = try riskdeck("cases", "close", number, "--outcome", "false-positive", "--reason", " ")
      #expect(early.status == 64)
      let old = try riskdeck(
        "cases", "close", number, "--outcome", "false-positive", "--reason", "hers", "--seen", "1")
      #expect(old.status == 75)
      #expect(old.errors.contains("ann was faster"))
      let close = try riskdeck(
        "cases", "close", number, "--outcome", "false-positive", "--reason", "hers")
      #expect(close.status == 0, "\(close.errors)")
      #expect(try riskdeck("cases", "undo").output.contains("undone"))
      #expect(
        try riskdeck("cases", "close", number, "--outcome", "confirmed-fraud", "--reason", "not hers")
          .status == 0)
      #expect(try riskdeck("cases", "note", number, "late").errors.contains("is closed (confirmed fraud)"))
      let snooze = try riskdeck(
        "cases", "snooze", "burst", "--customer", "1", "--until", "7d", "--reason", "sale")
      #expect(snooze.status == 0, "\(snooze.errors)")
      let block = try riskdeck(
        "cases", "lists", "add", "block", "customer", "1", "--until", "2099-01-01", "--reason", "x")
      #expect(block.status == 0, "\(block.errors)")
      #expect(try riskdeck("cases", "lists").output.contains("block list: customer 1"))
      #expect(
        try riskdeck("cases", "override", "low", "--customer", "1", "--until", "soon", "--reason", "x").status
          == 64)

      let page = try Self.object(riskdeck("cases", "show", number, "--json").output)
      let events = try #require(page["events"] as? [[String: Any]])
      #expect(
        events.map { $0["kind"] as? String }
          == ["opened", "taken", "noted", "closed", "undone", "closed"])
      #expect(events.dropFirst().allSatisfy { $0["actor"] as? String == "ann" })
      #expect(events.allSatisfy { ($0["origin"] as? String)?.contains("@") == true })
      let customer = String(try #require((page["case"] as? [String: Any])?["customer_id"] as? Int))
      let person = try Self.object(riskdeck("customer", customer, "--json").output)
      #expect(((person["case"] as? [String: Any])?["events"] as? [Any])?.count == 6)
      #expect(try riskdeck("customer", customer).output.contains("what happened"))
      #expect(try riskdeck("cases", "reopen", number, "--reason", "again").status == 0)
      #expect(try riskdeck("cases", "show", "999999").status == 1)
      let viewer = try CommandTests.riskdeck(
        ["cases", "next", "--role", "viewer"], database: url, environment: [:])
      #expect(viewer.status == 77)
      #expect(viewer.errors.contains("riskdeck_analyst"))
    }
  }
}
