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

  @Test("a level set by hand is seen before the next run, is marked after it, and the scored one stays known")
  func levelSetByHand() async throws {
    try await TestCluster.withDatabase { url in
      func riskdeck(_ arguments: String...) throws -> CommandTests.Answer {
        try CommandTests.riskdeck(arguments, database: url, environment: ["RISKDECK_AS": "ann"])
      }
      #expect(try riskdeck("run", "--source", "demo", "--customers", "300").status == 0)
      let queue = try Self.object(riskdeck("cases", "list", "--level", "critical", "--json").output)
      let first = try #require((queue["cases"] as? [[String: Any]])?.first)
      let customer = String(try #require(first["customer_id"] as? Int))
      let number = String(try #require(first["case"] as? Int))
      let set = try riskdeck(
        "cases", "override", "medium", "--customer", customer, "--until", "7d", "--reason", "known")
      #expect(set.status == 0, "\(set.errors)")

      let pending = try Self.object(riskdeck("customer", customer, "--json").output)
      let override = try #require(pending["override"] as? [String: Any])
      #expect(override["level"] as? String == "medium")
      #expect(override["by"] as? String == "ann")
      #expect(override["reason"] as? String == "known")
      #expect((override["until"] as? String)?.hasSuffix("Z") == true)
      #expect((pending["score"] as? [String: Any])?["level"] as? String == "critical")
      #expect(try riskdeck("customer", customer).output.contains("set to medium by ann until"))
      #expect(try riskdeck("snapshot", "customer/\(customer)").output.contains("from the next run on"))

      #expect(try riskdeck("run", "--source", "demo", "--customers", "300").status == 0)
      let after = try Self.object(riskdeck("customer", customer, "--json").output)
      let score = try #require(after["score"] as? [String: Any])
      #expect(score["level"] as? String == "medium")
      #expect(score["scored_level"] as? String == "critical")
      #expect(score["level_set_by"] as? String == "ann")
      let text = try riskdeck("customer", customer).output
      #expect(text.contains("medium*,"))
      #expect(text.contains("scored critical"))
      #expect(try riskdeck("cases", "show", number).output.contains("medium (set by ann until"))
      let shown = try Self.object(riskdeck("cases", "show", number, "--json").output)
      #expect((shown["case"] as? [String: Any])?["scored_level"] as? String == "critical")
      #expect(try riskdeck("snapshot", "customer/\(customer)").output.contains("MEDIUM*"))
      #expect(try riskdeck("snapshot", "customers").output.contains("medium*"))
      #expect(try riskdeck("snapshot", "fraud", "--size", "240x60").output.contains("medium*"))
      let movers = try riskdeck("export", "--card", "movers/levels", "--format", "csv").output
      #expect(movers.contains("critical,medium,1"))
    }
  }

  @Test(
    "names, values, customers and rules that cannot be meant are refused in one line without raw controls")
  func refusals() async throws {
    try await TestCluster.withDatabase { url in
      func riskdeck(_ arguments: [String], as name: String = "ann") throws -> CommandTests.Answer {
        let answer = try CommandTests.riskdeck(arguments, database: url, environment: ["RISKDECK_AS": name])
        #expect(!(answer.errors + answer.output).contains("\u{1b}"), "\(arguments)")
        return answer
      }
      func refused(_ arguments: [String], _ status: Int32, _ words: String) throws {
        let answer = try riskdeck(arguments)
        #expect(answer.status == status, "\(arguments) \(answer.errors)")
        #expect(answer.errors.contains(words), "\(arguments) \(answer.errors)")
        #expect(answer.output.isEmpty)
      }
      #expect(try riskdeck(["run", "--source", "demo", "--customers", "100"]).status == 0)
      let long = String(repeating: "x", count: 65)
      for name in ["", "  ", long, "an\u{1b}[31ma", "a\u{7}", "run 7", "Run 12"] {
        try refused(["cases", "next", "--as", name], 64, "work under")
      }
      try refused(
        ["cases", "override", "low", "--until", "7d", "--reason", "x"], 64, "Usage: riskdeck cases override")
      try refused(["cases", "list", "--level", "\u{1b}[31mred"], 64, "Usage: riskdeck cases list")
      for options in [["--limit", "0"], ["--older-than", "1e9"], ["--factor", "nope"]] {
        try refused(["cases", "list"] + options, 64, "Usage: riskdeck cases list")
      }
      let until = ["--until", "7d", "--reason", "x"]
      try refused(
        ["cases", "override", "low", "--customer", "999999"] + until, 1, "there is no customer 999999")
      try refused(
        ["cases", "snooze", "burst", "--customer", "999999"] + until, 1, "there is no customer 999999")
      try refused(
        ["cases", "lists", "add", "block", "customer", "999999", "--reason", "x"], 1,
        "there is no customer 999999")
      try refused(["cases", "snooze", "brust", "--customer", "1"] + until, 64, "did you mean burst")

      let mail = ["cases", "lists", "add", "block", "email-hash", "Jane@Example.com", "--reason", "x"]
      try refused(mail, 64, "64 hexadecimal digits")
      try refused(
        ["cases", "lists", "add", "block", "ip", "10.0.0.1", "--reason", "x"], 64, "32 hexadecimal digits")
      #expect(try riskdeck(["cases", "lists"]).output == "the lists are empty\n")
      let added = try Self.object(riskdeck(mail + ["--hash", "--json"]).output)
      let hash = try #require(added["value"] as? String)
      #expect(hash.count == 64 && !hash.contains("@"))
      #expect(added["list"] as? String == "block")
      try refused(
        ["cases", "lists", "add", "allow", "email-hash", hash, "--reason", "x"], 1, "take it off first")
      let removed = try Self.object(
        riskdeck(["cases", "lists", "remove", "email-hash", hash, "--json"]).output)
      #expect(removed["removed"] as? Bool == true)

      let set = try Self.object(
        riskdeck(["cases", "override", "low", "--customer", "1", "--json"] + until).output)
      #expect(set["level"] as? String == "low")
      #expect((set["until"] as? String)?.hasSuffix("Z") == true)
      let ended = try Self.object(
        riskdeck(["cases", "override", "--end", "--customer", "1", "--json"]).output)
      #expect(ended["ended"] as? Bool == true)
      let taken = try Self.object(riskdeck(["cases", "next", "--json"]).output)
      #expect(taken["name"] as? String != nil)
      let customer = try Self.object(riskdeck(["customer", "1", "--json"]).output)
      let first = try #require((customer["facts"] as? [String: Any])?["First order"] as? String)
      #expect(first.hasSuffix("Z") && first.contains("T"))
    }
  }

  @Test("options of an export that do not apply are refused, and a full output is one line")
  func exports() async throws {
    try await TestCluster.withDatabase { url in
      func riskdeck(_ arguments: String...) throws -> CommandTests.Answer {
        try CommandTests.riskdeck(arguments, database: url, environment: ["RISKDECK_AS": "ana"])
      }
      #expect(try riskdeck("run", "--source", "demo", "--customers", "60").status == 0)
      #expect(try riskdeck("export", "--table", "fraud_analytics", "--filter", "level=high").status == 64)
      #expect(try riskdeck("export", "--query", "select 1", "--filter", "level=high").status == 64)
      #expect(try riskdeck("export", "--table", "fraud_analytics", "--set", "a=1").status == 64)
      let excel = try riskdeck("export", "--table", "fraud_analytics", "--out", "x.xlsx")
      #expect(excel.status == 64)
      #expect(excel.errors.contains("nothing is written as .xlsx"))
      let full = try CommandTests.riskdeck(
        ["export", "--table", "fraud_analytics"], database: url, after: "exec > /dev/full")
      #expect(full.status == 1)
      #expect(full.errors == "riskdeck: standard output cannot be written: No space left on device\n")
      let twice = try riskdeck("query", "select 1 as a, 2 as b, 3 as a", "--format", "ndjson").output
      #expect(twice == "{\"a\": 1, \"b\": 2, \"a_2\": 3}\n")

      let saved = try riskdeck(
        "risk", "rulesets", "save", "--set", "hard_rules.burst.points=31", "--note", "try")
      #expect(saved.status == 0, "\(saved.errors)")
      #expect(try riskdeck("risk", "rulesets", "list", "--json").output.contains("\"saved_by\": \"ana\""))
      let audit = try await Connection.open(url)
      let by = try await audit.query(
        "select detail ->> 'by' from audit.entries where subject like 'ruleset %' order by entry desc limit 1"
      )
      #expect(by.first?[0] == "ana")
      await audit.close()
    }
  }
}
