import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// The whole pipeline and what screens read, on plain tables and on tables cut by customer: the results are the same.
@Suite("The pipeline on tables in parts")
struct TableLayoutTests {
  private static let masking = Masking(key: MaskingKey(bytes: Array("a key of the tests".utf8)))
  private static let customers: Int64 = 120

  /// What a person sees of one database.
  private struct Seen: Equatable {
    var digests: [String: String] = [:]
    var cards: [String: ValueTable] = [:]
    var lists: [String: [[Value]]] = [:]
    var pages: [CustomerPage] = []
  }

  private static func run(_ url: String, _ connection: Connection) async throws -> RunReport {
    let database = try await connection.query("select current_database()").first?[0] ?? ""
    let pipeline = PipelineRun(
      database: try ConnectionTarget.acting(url, as: Role.pipeline.name),
      project: try Project.read(
        Repository.path("queries"), target: ModelTarget(database: database), environment: [:]),
      projectFolder: Repository.path("queries"), rulesetFolder: Repository.path("queries/risk"),
      source: DemoSource(DemoSettings(customers: customers)), masking: masking)
    let runID = try await pipeline.execute(
      RunSettings(source: "demo", startedBy: "ana@desk", processID: 1, version: "test"), isFullRefresh: true)
    return try #require(try await RunReportReader.run(runID, from: connection))
  }

  private static func see(_ connection: Connection) async throws -> Seen {
    var seen = Seen()
    // The order of the digest is the rows' own text, so that it needs no key; times of the runs are left out.
    let tables = [
      "staging.raw_customers", "staging.raw_orders", "staging.raw_labels", "staging.fraud_scores",
      "analytics.risk_history", "analytics.customer_segmentation", "analytics.fraud_analytics",
      "analytics.high_value_customers", "analytics.dashboard_segments", "analytics.dashboard_risk",
      "analytics.dashboard_cohorts",
    ]
    for table in tables {
      seen.digests[table] =
        try await connection.query(
          """
          select count(*) || ' ' || md5(string_agg(row, '|' order by row collate "C"))
          from (select (to_jsonb(t) - 'scored_at')::text as row from \(table) t) rows
          """
        ).first?[0] ?? ""
    }
    // Trends and movers tell of runs and their times, which differ from database to database.
    for dashboard in try DashboardFiles.read(at: Repository.path("queries/dashboards")).dashboards
    where !["trends", "movers"].contains(dashboard.name) {
      for card in try await DashboardReader.content(of: dashboard, from: connection).cards {
        seen.cards[dashboard.name + "/" + card.card.id] = try card.result.get()
      }
    }
    for field in CustomerListFields.all.map(\.name) {
      for isDescending in [true, false] {
        let request = CustomerListRequest(
          sort: CustomerListSort(field: field, isDescending: isDescending), limit: 50)
        seen.lists["\(field) \(isDescending)"] =
          try await CustomerListReader.page(request, from: connection).rows
      }
    }
    for id in [1, 2, 17, customers] {
      let page = try await CustomerPageReader.page(id, from: connection)
      // When a run published, and when it opened a case, differs from database to database.
      seen.pages.append(
        CustomerPage(
          customerID: page.customerID, facts: page.facts, score: page.score, orders: page.orders,
          hasMoreOrders: page.hasMoreOrders, scoreHistory: [], peers: page.peers, sections: []))
    }
    return seen
  }

  /// Runs twice, so that the second finds the rows of the first, and returns what is seen then.
  private static func seenAfterRuns(_ url: String, _ connection: Connection) async throws -> Seen {
    for _ in 1...2 {
      let report = try await run(url, connection)
      #expect(report.state == .success, "\(report.reason ?? "")")
      #expect(report.tests.allSatisfy { $0.status == "pass" || $0.status == "warn" })
    }
    return try await see(connection)
  }

  private static func compare(_ seen: Seen, with plain: Seen) {
    #expect(plain.digests.count == 11 && plain.cards.count > 10)
    for (name, digest) in plain.digests { #expect(seen.digests[name] == digest, "\(name)") }
    for (name, card) in plain.cards { #expect(seen.cards[name] == card, "\(name)") }
    for (name, list) in plain.lists { #expect(seen.lists[name] == list, "customers by \(name)") }
    #expect(seen.pages == plain.pages)
  }

  @Test("load, models, tests, scores, marts, cards, lists and customer pages are those of plain tables")
  func hashPartitions() async throws {
    let plain = try await TestCluster.withSchema { try await Self.seenAfterRuns($1, $0) }
    let parts = try await TestCluster.withSchema { connection, url in
      try await HashPartitions.apply(to: connection)
      let seen = try await Self.seenAfterRuns(url, connection)
      let spread = try await connection.query(
        "select count(distinct tableoid) from staging.raw_orders")
      #expect(spread.first?.integer(0) == Int64(HashPartitions.count))
      return seen
    }
    Self.compare(parts, with: plain)
  }

  @Test("on Citus they are those of plain tables as well")
  func citus() async throws {
    guard let url = ProcessInfo.processInfo.environment["RISKDECK_TEST_CITUS_URL"] else {
      print("notice: RISKDECK_TEST_CITUS_URL is not set, the pipeline on Citus is not tested")
      return
    }
    let plain = try await TestCluster.withSchema { try await Self.seenAfterRuns($1, $0) }
    let connection = try await Connection.open(url)
    // The database is the tests' own: what a test before left there goes.
    for schema in [
      "staging", "analytics", "restricted", "monitoring", "audit", "desk", "analytics__build",
      "riskdeck_schema",
    ] {
      try await connection.execute("drop schema if exists \(try quotedIdentifier(schema)) cascade")
    }
    try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
    guard case .placed(let tables) = try await Distribution.apply(on: connection) else {
      Issue.record("the database of RISKDECK_TEST_CITUS_URL has no extension citus")
      return
    }
    #expect(tables.contains("staging.raw_orders"))
    #expect(try await Distribution.apply(on: connection) == .placed([]))
    Self.compare(try await Self.seenAfterRuns(url, connection), with: plain)
    await connection.close()
  }
}
