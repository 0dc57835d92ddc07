import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// The whole way from a source to published marts, on a database of its own.
@Suite("the pipeline")
struct PipelineRunTests {
  private static let masking = Masking(key: MaskingKey(bytes: Array("a key for tests".utf8)))

  /// Runs the pipeline once and returns what the run log says.
  private static func run(
    _ source: any Source, _ url: String, _ connection: Connection, selection: TaskSelection = .all,
    isFullRefresh: Bool = true
  ) async throws -> RunReport {
    let database = try await connection.query("select current_database()").first?[0] ?? ""
    let project = try Project.read(
      Repository.path("queries"), target: ModelTarget(database: database), environment: [:])
    let pipeline = PipelineRun(
      database: url, project: project, projectFolder: Repository.path("queries"),
      rulesetFolder: Repository.path("queries/risk"), source: source,
      masking: masking)
    let runID = try await pipeline.execute(
      RunSettings(source: source.name, startedBy: "ana@desk", processID: 1, version: "test"),
      selection: selection, isFullRefresh: isFullRefresh)
    return try #require(try await RunReportReader.run(runID, from: connection))
  }

  private static func api(_ stub: HTTPStub) throws -> DummyJSONAPI {
    var limits = HTTPLimits()
    limits.timeout = 2_000
    return try DummyJSONAPI(baseURL: stub.baseURL, pageSize: 2) { [limits] in
      HTTPFetch(transport: CurlTransport(limits: limits), sleep: { _ in }, jitter: { 1 })
    }
  }

  private static func one(_ sql: String, _ connection: Connection) async throws -> String? {
    try await connection.query(sql).first?[0]
  }

  /// A digest over every published mart, in a fixed order; the run's number alone is left out.
  private static func published(_ connection: Connection) async throws -> [String?] {
    var digests: [String?] = []
    for mart in ["customer_segmentation", "fraud_analytics", "high_value_customers"] {
      digests.append(
        try await one(
          "select count(*) || ' ' || coalesce(md5(string_agg((to_jsonb(m) - 'run_id')::text, '|' order by customer_id)), '') from analytics.\(mart) m",
          connection))
    }
    return digests
  }

  private static let users = (1...5).map(HTTPStubShop.user)
  private static let carts = (1...5).map { HTTPStubShop.cart($0, user: $0) }

  private static func shop(
    users: [String] = users, carts: [String] = carts,
    failing: @escaping @Sendable (HTTPStub.Request, Int) -> HTTPStub.Answer? = { _, _ in nil }
  ) throws -> HTTPStub {
    try HTTPStub { request, count in
      failing(request, count) ?? HTTPStubShop.answer(request, users: users, carts: carts)
    }
  }

  @Test("reads a server page by page, bears a full one and one that heals, and publishes")
  func overHTTP() async throws {
    let stub = try Self.shop { request, count in
      switch (request.path, count) {
      case ("/users", 0): .status(429, headers: ["Retry-After": "1"])
      case ("/carts", 1): .status(503)
      default: nil
      }
    }
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, url in
      let report = try await Self.run(try Self.api(stub), url, connection)
      #expect(report.state == .success, "\(report.reason ?? "")")
      #expect(report.tasks.allSatisfy { $0.state == .success })
      #expect(report.tests.count >= 71)
      #expect(report.tests.allSatisfy { $0.status == "pass" || $0.status == "warn" })
      #expect(
        try await Self.one("select sum(total_spent) from analytics.customer_segmentation", connection)
          == "227.90")
      #expect(
        try await Self.one("select max(run_id) from monitoring.publications", connection) == "\(report.runID)"
      )
      #expect(stub.requests.count { $0.path == "/users" } == 4)
    }
  }

  @Test("a user without an id and a cart of an unknown user become rejects; the rest is published")
  func rejects() async throws {
    let nameless = #"{"firstName":"No","lastName":"Id"}"#
    // Few enough of many: more than one record in twenty would stop the run.
    let users = (1...60).map(HTTPStubShop.user)
    let carts = (1...60).map { HTTPStubShop.cart($0, user: $0) }
    let stub = try Self.shop(users: users + [nameless], carts: carts + [HTTPStubShop.cart(99, user: 77)])
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, url in
      let report = try await Self.run(try Self.api(stub), url, connection)
      #expect(report.state == .success, "\(report.reason ?? "")")
      let reasons = try await connection.query(
        "select entity, record, reason from staging.rejects order by entity, record")
      #expect(reasons.rows.contains { $0[0] == "customer" && ($0[2] ?? "").contains("id") })
      #expect(reasons.rows.contains { $0[0] == "order" && ($0[2] ?? "").contains("customer") })
      #expect(try await Self.one("select count(*) from analytics.customer_segmentation", connection) == "60")
    }
  }

  /// What an endpoint may do wrong, and a word of the reason the run then gives.
  static let failures: [(String, @Sendable () -> HTTPStub.Answer, String)] = [
    ("a 500 that stays", { .status(500) }, "500"),
    ("a 404", { .status(404) }, "404"),
    ("truncated JSON", { .json(#"{"users":[{"id":1,"#) }, "end"),
    (
      "HTML",
      {
        var page = HTTPStub.Answer.json("<html>sorry</html>")
        page.headers = ["Content-Type": "text/html"]
        return page
      }, "JSON"
    ),
    ("a hanging server", { .hang }, "in time"),
    ("a redirect to another host", { .redirect(to: "http://localhost.example/users") }, "redirect"),
  ]

  @Test("a source that fails leaves the last good run published", arguments: failures.indices)
  func failingSource(index: Int) async throws {
    let (what, answer, word) = Self.failures[index]
    let good = try Self.shop()
    defer { good.stop() }
    try await TestCluster.withSchema { connection, url in
      let first = try await Self.run(try Self.api(good), url, connection)
      #expect(first.state == .success, "\(first.reason ?? "")")
      let before = try await Self.published(connection)
      for endpoint in ["/users", "/carts", "/products"] {
        let bad = try Self.shop { request, _ in request.path == endpoint ? answer() : nil }
        let report = try await Self.run(try Self.api(bad), url, connection)
        bad.stop()
        #expect(report.state == .failed, "\(what) at \(endpoint)")
        let reason = report.reason ?? ""
        #expect(reason.hasPrefix("extract-"), "\(reason)")
        #expect(reason.contains(word), "\(reason)")
        #expect(!reason.contains("\n"))
        #expect(try await Self.published(connection) == before)
        #expect(
          try await Self.one("select max(run_id) from monitoring.publications", connection)
            == "\(first.runID)")
      }
      // Nothing half-written is left: the raw tables are those of the good run, too.
      #expect(try await Self.one("select count(*) from staging.raw_orders", connection) == "10")
      let again = try await Self.run(try Self.api(good), url, connection)
      #expect(again.state == .success)
      #expect(try await Self.published(connection) == before)
    }
  }

  @Test("critical findings in the raw data stop the run before anything is built")
  func criticalValidation() async throws {
    let good = try Self.shop()
    // Most of the users have no id.
    let bad = try Self.shop(users: Self.users + (1...9).map { #"{"firstName":"A\#($0)","lastName":"B"}"# })
    defer {
      good.stop()
      bad.stop()
    }
    try await TestCluster.withSchema { connection, url in
      _ = try await Self.run(try Self.api(good), url, connection)
      let before = try await Self.published(connection)
      let report = try await Self.run(try Self.api(bad), url, connection)
      #expect(report.state == .failed)
      #expect(report.reason?.hasPrefix("validate: validation: ") == true, "\(report.reason ?? "")")
      #expect(report.tasks.first { $0.task == "build-staging" }?.state == .skipped)
      #expect(report.validations.contains { $0.severity == "critical" && $0.failures > 0 })
      #expect(try await Self.published(connection) == before)
    }
  }

  @Test("a data test that fails stops the run and leaves the last published data")
  func failingTest() async throws {
    let good = try Self.shop()
    defer { good.stop() }
    try await TestCluster.withSchema { connection, url in
      _ = try await Self.run(try Self.api(good), url, connection)
      let before = try await Self.published(connection)
      // A price of a product that no validation looks at, but a data test does.
      let bad = try HTTPStub { request, _ in
        HTTPStubShop.answer(
          request, users: Self.users, carts: Self.carts,
          products: HTTPStubShop.products + [
            #"{"id":3,"title":"Debt","category":"home","price":-5,"stock":1,"rating":1}"#
          ])
      }
      defer { bad.stop() }
      let report = try await Self.run(try Self.api(bad), url, connection)
      #expect(report.state == .failed)
      #expect(report.reason?.contains("data tests failed") == true, "\(report.reason ?? "")")
      #expect(report.tests.contains { $0.status == "fail" && ($0.failures ?? 0) > 0 })
      #expect(try await Self.published(connection) == before)
    }
  }

  @Test("a second run on the same data publishes the same")
  func identical() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 300, seed: 3))
      let first = try await Self.run(source, url, connection)
      #expect(first.state == .success, "\(first.reason ?? "")")
      let before = try await Self.published(connection)
      let second = try await Self.run(source, url, connection)
      #expect(second.state == .success)
      #expect(second.runID == first.runID + 1)
      #expect(try await Self.published(connection) == before)
    }
  }

  @Test("what did not change is skipped and says since when; a change reaches everything downstream")
  func unchanged() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 100, seed: 4))
      let first = try await Self.run(source, url, connection, isFullRefresh: false)
      #expect(first.tasks.allSatisfy { $0.state == .success })
      let second = try await Self.run(source, url, connection, isFullRefresh: false)
      #expect(second.state == .success)
      // The queue also follows what time alone changes, such as a snooze that ends.
      for task in second.tasks where task.task != "open-cases" {
        #expect(task.state == .skipped && task.message == "unchanged since run 1", "\(task)")
      }
      #expect(try await Self.one("select max(run_id) from monitoring.publications", connection) == "1")
      let other = try await Self.run(
        DemoSource(DemoSettings(customers: 100, seed: 5)), url, connection, isFullRefresh: false)
      #expect(other.tasks.allSatisfy { $0.state == .success })
      let whole = try await Self.run(source, url, connection, isFullRefresh: true)
      #expect(whole.tasks.allSatisfy { $0.state == .success })
    }
  }

  @Test("a run from a task on leaves what is upstream, and one task alone publishes nothing")
  func partly() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 100, seed: 4))
      _ = try await Self.run(source, url, connection)
      let before = try await Self.published(connection)
      let marts = try await Self.run(source, url, connection, selection: .from("build-marts"))
      #expect(marts.state == .success, "\(marts.reason ?? "")")
      #expect(marts.tasks.map(\.task) == ["build-marts", "test-marts", "publish", "open-cases"])
      #expect(try await Self.published(connection) == before)
      #expect(try await Self.one("select max(run_id) from monitoring.publications", connection) == "2")
      let tests = try await Self.run(source, url, connection, selection: .only("test-marts"))
      #expect(tests.state == .success, "\(tests.reason ?? "")")
      #expect(try await Self.one("select max(run_id) from monitoring.publications", connection) == "2")
      for selection in [
        TaskSelection.only("publish"), .from("nowhere"), .only("nowhere"), .resume(nil), .resume(1),
      ] {
        await #expect(throws: RunError.self) {
          try await Self.run(source, url, connection, selection: selection)
        }
      }
    }
  }

  @Test("a run that failed is resumed where it failed and ends as if it never had")
  func resumed() async throws {
    try await TestCluster.withSchema { connection, url in
      let source = DemoSource(DemoSettings(customers: 100, seed: 4))
      _ = try await Self.run(source, url, connection)
      let before = try await Self.published(connection)
      // A function of somebody else that holds on to the mart keeps it from being replaced.
      try await connection.execute(
        """
        create function mine() returns bigint language sql
        begin atomic select count(*) from analytics.fraud_analytics; end
        """)
      let failed = try await Self.run(source, url, connection)
      #expect(failed.state == .failed)
      #expect(failed.reason?.hasPrefix("publish: ") == true, "\(failed.reason ?? "")")
      #expect(try await Self.published(connection) == before)
      try await connection.execute("drop function mine")
      let resumed = try await Self.run(source, url, connection, selection: .resume(failed.runID))
      #expect(resumed.state == .success, "\(resumed.reason ?? "")")
      #expect(!resumed.tasks.contains { $0.task == "load" || $0.task == "score" })
      #expect(try await Self.published(connection) == before)
    }
  }

  @Test("the sum of money spent is the sum of the carts, to the cent")
  func money() async throws {
    guard let carts = Repository.testData("dummyjson/carts.json") else { return }
    let folder = String(carts.dropLast("/carts.json".count))
    // Another program adds the carts up, in decimal.
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    program.arguments = [
      "python3", "-c",
      """
      import json, sys
      from decimal import Decimal
      carts = json.load(open(sys.argv[1]), parse_float=Decimal)["carts"]
      print(sum(Decimal(line["discountedTotal"]) for cart in carts for line in cart["products"]))
      """, carts,
    ]
    let output = Pipe()
    program.standardOutput = output
    try program.run()
    let expected = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .dropLast()
    program.pollUntilExit()
    try await TestCluster.withSchema { connection, url in
      let report = try await Self.run(JSONFiles(folder: folder), url, connection)
      #expect(report.state == .success, "\(report.reason ?? "")")
      #expect(
        try await Self.one("select sum(total_spent) from analytics.customer_segmentation", connection)
          == String(expected))
      #expect(
        try await Self.one(
          "select count(*) || ' ' || sum(total_orders) || ' ' || sum(total_lines) from analytics.customer_segmentation",
          connection) == "208 208 800")
    }
  }

  @Test(
    "every card of every dashboard belongs to one run for twenty readers, for the length of runs, without an error"
  )
  func consistentReaders() async throws {
    try await TestCluster.withSchema { connection, url in
      let small = DemoSource(DemoSettings(customers: 120, seed: 1))
      let large = DemoSource(DemoSettings(customers: 240, seed: 2))
      // Movers and trends speak of several runs.
      let dashboards = try DashboardFiles.read(at: Repository.path("queries/dashboards")).dashboards
        .filter { !["movers", "trends"].contains($0.name) }
      #expect(dashboards.count >= 3)
      /// What all cards of all dashboards show.
      @Sendable func answers(_ reader: Connection) async throws -> [[ValueTable]] {
        var answers: [[ValueTable]] = []
        for dashboard in dashboards {
          let content = try await DashboardReader.content(of: dashboard, from: reader)
          answers.append(try content.cards.map { try $0.result.get() })
        }
        return answers
      }
      var known: [[[ValueTable]]] = []
      for source in [small, large] {
        _ = try await Self.run(source, url, connection)
        known.append(try await answers(connection))
      }
      #expect(known[0] != known[1])
      // Of each dashboard, what it shows of one run and of the other.
      let pairs = dashboards.indices.map { [known[0][$0], known[1][$0]] }
      let reading = (0..<20).map { _ in
        Task {
          var count = 0
          var seen: Set<Int> = []
          let reader = try await Connection.open(url)
          while !Task.isCancelled {
            for (index, answer) in try await answers(reader).enumerated() {
              let run = pairs[index].firstIndex(of: answer)
              #expect(run != nil, "\(dashboards[index].name) shows neither run")
              if let run { seen.insert(run) }
            }
            count += 1
          }
          await reader.close()
          return (count, seen)
        }
      }
      for source in [small, large, small] { _ = try await Self.run(source, url, connection) }
      for reader in reading { reader.cancel() }
      var seen: Set<Int> = []
      for reader in reading {
        let (count, runs) = try await reader.value
        #expect(count > 0)
        seen.formUnion(runs)
      }
      #expect(seen == [0, 1], "the runs took turns under the readers' eyes")
    }
  }
}
