import Foundation
import Postgres
import TestSupport
import Testing

/// `riskdeck score` and `riskdeck risk` on files of a few thousand events, as a user calls them.
@Suite("the scoring commands")
struct RiskCommandTests {
  /// A folder with 40 customers, 125 days of one order a day and frauds of eight times the usual amount.
  private struct Fixture {
    let folder: String

    static let mapping = """
      time_zone: UTC
      customers:
        file: customers.csv
        id: customer
      events:
        file: transactions.csv
        id: number
        time: at
        time_format: unix_seconds
        customer: customer
        amount: amount
        counterparty: shop
        label: is_fraud
        label_kind: kind

      """

    init() throws {
      folder = FileManager.default.temporaryDirectory.path + "/riskdeck-risk-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var random = SeededGenerator(seed: 11)
      var events = "number,at,customer,amount,shop,is_fraud,kind\n"
      var labels = "number,is_fraud,kind\n"
      var number = 0
      for day in 0..<125 {
        for customer in 1...40 {
          number += 1
          let isFraud = Int.random(in: 0..<30, using: &random) == 0
          let time = 1_700_006_400 + day * 86_400 + 28_800 + Int.random(in: 0..<40_000, using: &random)
          let amount = Double(20 + customer + Int.random(in: 0..<20, using: &random)) * (isFraud ? 8 : 1)
          let shop = 1 + Int.random(in: 0..<25, using: &random)
          events +=
            "\(number),\(time),\(customer),\(amount),\(shop),\(isFraud ? 1 : 0),\(isFraud ? "large" : "")\n"
          labels += "\(number),\(isFraud ? 1 : 0),\(isFraud ? "told" : "")\n"
        }
      }
      try write(events, "transactions.csv")
      try write(labels, "labels.csv")
      try write("customer\n" + (1...40).map { "\($0)\n" }.joined(), "customers.csv")
      try write(Self.mapping, "mapping.yml")
    }

    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
  }

  private static func with(_ body: (Fixture) throws -> Void) throws {
    let fixture = try Fixture()
    defer { try? FileManager.default.removeItem(atPath: fixture.folder) }
    try body(fixture)
  }

  /// Files need no database, so there is none.
  private static func riskdeck(_ arguments: [String]) throws -> CommandTests.Answer {
    try CommandTests.riskdeck(arguments, database: "postgresql://x@/y?host=/nonexistent")
  }

  private static func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("score writes a line an event, a day and a customer, the same with one thread and two")
  func score() throws {
    try Self.with { fixture in
      let folder = fixture.folder
      var outputs: [String] = []
      for threads in ["1", "2"] {
        let answer = try Self.riskdeck([
          "score", "--source", "files:\(folder)", "--mapping", "\(folder)/mapping.yml", "--out",
          "\(folder)/scores.csv", "--days", "\(folder)/days.csv", "--customers", "\(folder)/people.csv",
          "--json",
          "--threads", threads,
        ])
        #expect(answer.status == 0, "\(answer.errors)")
        let summary = try Self.json(answer.output)
        #expect(summary["customers"] as? Int == 40)
        #expect(summary["events"] as? Int == 5_000)
        outputs.append(["scores.csv", "days.csv", "people.csv"].map { fixture.text($0) ?? "" }.joined())
      }
      #expect(outputs[0] == outputs[1])
      let scores = try #require(fixture.text("scores.csv")).split(separator: "\n")
      #expect(
        scores.first
          == "event_id,customer_id,at,score,composite,velocity,geographic,behavioural,profile,amount,temporal,carried"
      )
      #expect(scores.count == 5_001)
      for line in scores.dropFirst() {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        let sum = fields[5...].reduce(0) { $0 + (Double($1) ?? 0) }
        #expect(abs(sum - (Double(fields[3]) ?? .nan)) < 1e-9)
        // No places: not evaluated, which is not 0.
        #expect(fields[6].isEmpty && fields[9].isEmpty == false)
      }
      #expect(fixture.text("people.csv")?.split(separator: "\n").count == 41)
      #expect(!fixture.files.contains { $0.hasSuffix(".tmp") })
    }
  }

  @Test("an output that cannot be written leaves the others as they were")
  func unwritable() throws {
    try Self.with { fixture in
      try fixture.write("old\n", "scores.csv")
      let answer = try Self.riskdeck([
        "score", "--source", "files:\(fixture.folder)", "--out", "\(fixture.folder)/scores.csv", "--days",
        "\(fixture.folder)/nowhere/days.csv",
      ])
      #expect(answer.status != 0)
      #expect(answer.errors.contains("nowhere/days.csv: cannot be written: No such file or directory"))
      #expect(fixture.text("scores.csv") == "old\n")
      #expect(!fixture.files.contains { $0.hasSuffix(".tmp") })
    }
  }

  @Test("evaluate ranks the frauds of the mapping, or of a labels file")
  func evaluate() throws {
    try Self.with { fixture in
      let events = ["--events", "files:\(fixture.folder)"]
      let text = try Self.riskdeck(["risk", "evaluate"] + events)
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.output.contains("precision by level"))
      let own = try Self.json(try Self.riskdeck(["risk", "evaluate", "--json"] + events).output)
      let ranking = try #require(own["events"] as? [String: Any])
      #expect((ranking["areaUnderCurve"] as? Double ?? 0) > 0.95)
      #expect((ranking["frauds"] as? Int ?? 0) > 40)
      // Composite against the true share, by bins that hold every event once.
      #expect(text.output.contains("reliability: composite of the event"))
      let bins = try #require(own["reliability"] as? [[String: Any]])
      #expect(bins.count == 11)
      #expect(bins.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == ranking["count"] as? Int)
      #expect(bins.reduce(0) { $0 + ($1["frauds"] as? Int ?? 0) } == ranking["frauds"] as? Int)
      let labels = ["--labels", "\(fixture.folder)/labels.csv"]
      let told = try Self.json(try Self.riskdeck(["risk", "evaluate", "--json"] + events + labels).output)
      let toldRanking = try #require(told["events"] as? [String: Any])
      #expect(toldRanking["areaUnderCurve"] as? Double == ranking["areaUnderCurve"] as? Double)
      #expect((told["scenarios"] as? [[String: Any]])?.first?["name"] as? String == "told")
      // Without labels there is nothing to measure.
      try fixture.write(
        Fixture.mapping.split(separator: "\n").filter { !$0.contains("label") }.joined(separator: "\n"),
        "plain.yml")
      let plain = try Self.riskdeck(
        ["risk", "evaluate", "--mapping", "\(fixture.folder)/plain.yml"] + events)
      #expect(plain.status != 0)
      #expect(plain.errors.contains("names no label column"))
    }
  }

  @Test("calibrate shows before and after, writes weights, and changes no ruleset")
  func calibrate() throws {
    try Self.with { fixture in
      let answer = try Self.riskdeck([
        "risk", "calibrate", "--source", "files:\(fixture.folder)", "--out", "\(fixture.folder)/weights.yml",
        "--json",
      ])
      #expect(answer.status == 0, "\(answer.errors)")
      let report = try Self.json(answer.output)
      #expect((report["frauds"] as? Int ?? 0) >= 50)
      let weights = try #require(report["weights"] as? [String: Double])
      #expect(weights.values.allSatisfy { $0 >= 0 })
      #expect((weights["amount_over_own"] ?? 0) + (weights["amount_over_all"] ?? 0) > 0)
      #expect(report["before"] != nil && report["after"] != nil)
      #expect(fixture.text("weights.yml")?.hasPrefix("weights:\n") == true)
    }
  }

  @Test("backtest takes two rulesets and says who moves")
  func backtest() throws {
    try Self.with { fixture in
      let rules = Repository.path("queries/risk")
      for name in ["priors.yml", "disposable-email-domains.txt"] {
        try fixture.write(try String(contentsOfFile: "\(rules)/\(name)", encoding: .utf8), name)
      }
      let ruleset = try String(contentsOfFile: "\(rules)/ruleset.yml", encoding: .utf8)
      try fixture.write(
        ruleset.replacingOccurrences(of: "scale: [12, 22, 35, 60]", with: "scale: [1, 2, 3, 4]"),
        "ruleset.yml")
      let answer = try Self.riskdeck([
        "risk", "backtest", "--source", "files:\(fixture.folder)", "--ruleset", rules, "--ruleset",
        fixture.folder,
        "--json",
      ])
      #expect(answer.status == 0, "\(answer.errors)")
      let backtest = try Self.json(answer.output)
      #expect((backtest["reports"] as? [Any])?.count == 2)
      #expect((backtest["moves"] as? [Any])?.isEmpty == false)
      let one = try Self.riskdeck(["risk", "backtest", "--source", "files:\(fixture.folder)"])
      #expect(one.status == 64)
      #expect(one.errors.contains("--ruleset A --ruleset B"))
    }
  }

  @Test("fit writes a reference of the ruleset's version; explain adds up, and knows who is unknown")
  func fitAndExplain() throws {
    try Self.with { fixture in
      let source = ["--source", "files:\(fixture.folder)"]
      let fit = try Self.riskdeck(
        ["risk", "fit", "--out", "\(fixture.folder)/reference.yml", "--json"] + source)
      #expect(fit.status == 0, "\(fit.errors)")
      let report = try Self.json(fit.output)
      #expect(report["file"] as? String == "\(fixture.folder)/reference.yml")
      #expect((report["curves"] as? Int ?? 0) > (report["priors"] as? Int ?? 99))
      #expect(fixture.text("reference.yml")?.contains("amount_over_own") == true)
      let answer = try Self.riskdeck(["risk", "explain", "7", "--json"] + source)
      #expect(answer.status == 0, "\(answer.errors)")
      let explanation = try Self.json(answer.output)
      let parts = try #require(explanation["evidences"] as? [[String: Any]])
      let sum = parts.reduce(0) { $0 + ($1["contribution"] as? Double ?? 0) }
      #expect(abs(sum - (explanation["score"] as? Double ?? -1)) < 1e-9)
      let unknown = try Self.riskdeck(["risk", "explain", "4711"] + source)
      #expect(unknown.status == 1)
      #expect(unknown.errors.contains("customer 4711 has no score"))
    }
  }

  @Test("mistakes in mapping and ruleset are told with file, line and column; bad rows are counted")
  func mistakes() throws {
    try Self.with { fixture in
      try fixture.write(
        Fixture.mapping.replacingOccurrences(of: "amount: amount", with: "amuont: amount"), "bad.yml")
      let out = ["--out", "\(fixture.folder)/scores.csv"]
      let source = ["--source", "files:\(fixture.folder)"]
      let mapping = try Self.riskdeck(["score", "--mapping", "\(fixture.folder)/bad.yml"] + source + out)
      #expect(mapping.status != 0)
      #expect(mapping.errors.contains("bad.yml:11:3"), "\(mapping.errors)")

      let rules = Repository.path("queries/risk/ruleset.yml")
      let text = try String(contentsOfFile: rules, encoding: .utf8)
      try fixture.write(text.replacingOccurrences(of: "  cap: 9", with: "  cap: nine"), "ruleset.yml")
      let line =
        1
        + (text.split(separator: "\n", omittingEmptySubsequences: false)
          .firstIndex { $0.hasPrefix("  cap: 9") } ?? 0)
      let ruleset = try Self.riskdeck(["score", "--ruleset", fixture.folder] + source + out)
      #expect(ruleset.status != 0)
      #expect(ruleset.errors.contains("ruleset.yml:\(line):8"), "\(ruleset.errors)")
      #expect(fixture.text("scores.csv") == nil)

      try fixture.write((fixture.text("transactions.csv") ?? "") + "9999,soon,1,5,1,0,\n", "transactions.csv")
      let rejected = try Self.riskdeck(["score"] + source + out)
      #expect(rejected.status == 0)
      #expect(rejected.errors.contains("transactions.csv:5002: rejected"))
      #expect(rejected.errors.contains("1 rows rejected") || rejected.errors.contains("1 row rejected"))
    }
  }

  @Test(
    "days and capacities that are none are one clear line",
    arguments: [
      (["--test-days", "nan"], "the ranked days must be from 1 to 36,500"),
      (["--test-days", "inf"], "the ranked days must be from 1 to 36,500"),
      (["--test-days", "1e300"], "the ranked days must be from 1 to 36,500"),
      (["--test-days=-5"], "the ranked days must be from 1 to 36,500"),
      (["--warm-up-days", "1e300"], "the days to warm up must be from 0 to 36,500"),
      (["--warm-up-days=-1"], "the days to warm up must be from 0 to 36,500"),
      (["--capacity=-1"], "the capacity must be at least 1 customer a day"),
    ])
  func impossibleSettings(options: [String], line: String) throws {
    let answer = try Self.riskdeck(["risk", "evaluate", "--source", "files:/nowhere"] + options)
    #expect(answer.status != 0 && answer.status < 128)
    #expect(answer.errors.contains(line), "\(answer.errors)")
  }

  @Test("all rejected rows can be had as CSV and JSON; where no row is left, the command fails")
  func rejects() throws {
    try Self.with { fixture in
      let bad = (0..<35).map { "x\($0),1700006400,1,5,1,0,\n" }.joined()
      try fixture.write((fixture.text("transactions.csv") ?? "") + bad, "transactions.csv")
      let command = ["score", "--source", "files:\(fixture.folder)", "--out", "\(fixture.folder)/scores.csv"]
      let rejects = ["--rejects", "\(fixture.folder)/rejects.csv", "--json"]
      let answer = try Self.riskdeck(command + rejects)
      #expect(answer.status == 0, "\(answer.errors)")
      let lines = try #require(fixture.text("rejects.csv")).split(separator: "\n")
      #expect(lines.count == 36)
      #expect(lines[0] == "file,line,reason")
      #expect(lines[35].hasSuffix("transactions.csv\",5036,\"id is missing or no whole number\""))
      #expect((try Self.json(answer.output)["rejected"] as? [Any])?.count == 35)

      try fixture.write("number,at,customer,amount,shop,is_fraud,kind\n" + bad, "transactions.csv")
      let none = try Self.riskdeck(command)
      #expect(none.status != 0)
      #expect(none.errors.contains("not one event could be read: all rows were rejected"))
    }
  }

  @Test(
    "customers without orders have a line; explain of files heeds the rules named and the fitted reference")
  func customersAndRules() throws {
    try Self.with { fixture in
      let source = ["--source", "files:\(fixture.folder)"]
      try fixture.write((fixture.text("customers.csv") ?? "") + "41\n", "customers.csv")
      let people = ["--out", "\(fixture.folder)/scores.csv", "--customers", "\(fixture.folder)/people.csv"]
      #expect(try Self.riskdeck(["score"] + source + people).status == 0)
      let lines = try #require(fixture.text("people.csv")).split(separator: "\n")
      #expect(lines.count == 42)
      #expect(lines.last?.hasPrefix("41,0.0,0.0,low,") == true)

      for name in ["ruleset.yml", "priors.yml", "disposable-email-domains.txt"] {
        let text = try String(contentsOfFile: Repository.path("queries/risk/\(name)"), encoding: .utf8)
        try fixture.write(text.replacingOccurrences(of: "  cap: 9", with: "  cap: 8"), name)
      }
      let rules = ["--ruleset", fixture.folder]
      func score(_ options: [String]) throws -> Double? {
        try Self.json(try Self.riskdeck(["risk", "explain", "7", "--json"] + source + options).output)[
          "score"]
          as? Double
      }
      let usual = try score([])
      let capped = try score(rules)
      #expect(usual != nil && capped != nil && usual != capped)
      // A reference of another version is refused, here as in a scoring.
      try fixture.write(
        try String(contentsOfFile: Repository.path("queries/risk/priors.yml"), encoding: .utf8)
          + "\nruleset_version: \"0123456789ab\"\n", "reference.yml")
      let refused = try Self.riskdeck(["risk", "explain", "7"] + source + rules)
      #expect(refused.status != 0)
      #expect(refused.errors.contains("fitted with ruleset 0123456789ab"), "\(refused.errors)")
    }
  }

  @Test("without files, evaluate and calibrate read the orders and closed cases of the database")
  func database() async throws {
    try await TestCluster.withDatabase { url in
      let run = try CommandTests.riskdeck(["run", "--source", "demo", "--customers", "300"], database: url)
      #expect(run.status == 0, "\(run.errors)")
      let none = try CommandTests.riskdeck(["risk", "evaluate"], database: url)
      #expect(none.status == 1)
      #expect(none.errors.contains("no case has been closed as a confirmed fraud"))
      let connection = try await Connection.open(url)
      try await connection.execute(
        """
        create schema if not exists desk;
        drop view if exists desk.case_outcomes;
        create view desk.case_outcomes as
        select customer_id, 'confirmed_fraud'::text as outcome, closed_at, closed_at as opened_at,
          array(
            select distinct orders.ordered_at from staging.raw_orders orders
            where orders.customer_id = customers.customer_id
              and orders.ordered_at between closed_at - interval '30 days' and closed_at) as moments
        from (select distinct customer_id from staging.raw_orders) customers,
          (select min(ordered_at) as first, max(ordered_at) as last from staging.raw_orders) days,
          generate_series(first, last, interval '30 days') closed_at
        where customer_id % 2 = 0
        """)
      await connection.close()
      for command in ["evaluate", "calibrate"] {
        let answer = try CommandTests.riskdeck(["risk", command, "--json"], database: url)
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(try Self.json(answer.output).isEmpty == false)
      }
      let explained = try CommandTests.riskdeck(["risk", "explain", "1", "--json"], database: url)
      #expect(explained.status == 0, "\(explained.errors)")
    }
  }
}
