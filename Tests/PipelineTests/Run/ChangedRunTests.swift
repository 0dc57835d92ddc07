import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// Runs that follow a change: they leave what a run over everything leaves, and do not write what did not change.
@Suite("Runs in proportion to change")
struct ChangedRunTests {
  typealias ListSource = RawLoadFailureTests.ListSource

  static let marts = [
    "stg_customer_metrics", "customer_segmentation", "fraud_analytics", "high_value_customers",
    "dashboard_segments", "dashboard_risk", "dashboard_cohorts",
  ]

  static func project(_ connection: Connection, threads: Int = 2) async throws -> Project {
    let database = try await connection.query("select current_database()").first?[0] ?? ""
    return try Project.read(
      Repository.path("queries"), target: ModelTarget(database: database, threads: threads), environment: [:])
  }

  static func run(
    _ source: any Source, _ url: String, _ connection: Connection, threads: Int = 2,
    selection: TaskSelection = .all, isFullRefresh: Bool = false
  ) async throws -> RunReport {
    let pipeline = PipelineRun(
      database: try ConnectionTarget.acting(url, as: Role.pipeline.name),
      project: try await project(connection, threads: threads), projectFolder: Repository.path("queries"),
      rulesetFolder: Repository.path("queries/risk"), source: source, masking: DatabaseScoringTests.masking,
      scoringThreads: threads)
    let runID = try await pipeline.execute(
      RunSettings(source: source.name, startedBy: "ana@desk", processID: 1, version: "test"),
      selection: selection, isFullRefresh: isFullRefresh)
    return try #require(try await RunReportReader.run(runID, from: connection))
  }

  /// Every row of the models and of what they are made from.
  static func digests(_ connection: Connection) async throws -> [String: String] {
    var digests: [String: String] = [:]
    for table in marts.map({ "analytics." + $0 })
      + ["staging.raw_customers", "staging.raw_orders", "staging.fraud_scores"]
    {
      digests[table] =
        try await connection.query(
          """
          select count(*) || ' ' || coalesce(md5(string_agg(row, '|' order by row collate "C")), '')
          from (select to_jsonb(t)::text as row from \(table) t) rows
          """
        ).first?[0] ?? ""
    }
    return digests
  }

  /// How many rows of a table the body leaves as they lie.
  static func untouched(
    _ table: String, _ connection: Connection, _ body: () async throws -> Void
  ) async throws -> Int64 {
    // SQL-safe: a constant of the tests.
    try await connection.execute(
      "drop table if exists places; create temporary table places as select ctid as place, xmin::text as written, tableoid as part from \(table)"
    )
    try await body()
    return try await connection.query(
      // SQL-safe: as above.
      "select count(*) from \(table) t join places p on p.place = t.ctid and p.written = t.xmin::text and p.part = t.tableoid"
    ).first?.integer(0) ?? -1
  }

  struct Outcome: Equatable {
    var status: String
    var failures: Int64?
  }

  /// Builds and tests everything whole beside what is published, and puts it in its place.
  static func rebuild(_ url: String, _ connection: Connection) async throws -> [String: Outcome] {
    let build = try await ShadowBuild.begin(
      try await project(connection), database: try ConnectionTarget.acting(url, as: Role.pipeline.name),
      isFullRefresh: true)
    let made = try await build.materialise()
    #expect(made.allSatisfy { $0.status == .success && !$0.message.hasPrefix("INSERT") })
    let results = try await build.test()
    try await build.publish()
    return Dictionary(
      uniqueKeysWithValues: results.map {
        ($0.name, Outcome(status: $0.status.rawValue, failures: $0.failures))
      })
  }

  static func outcomes(_ report: RunReport, _ connection: Connection) async throws -> [String: Outcome] {
    let rows = try await connection.query(
      "select test, status, failures from monitoring.test_results where run_id = $1",
      [.integer(report.runID)]
    ).rows
    return Dictionary(
      uniqueKeysWithValues: rows.map { ($0[0] ?? "", Outcome(status: $0[1] ?? "", failures: $0.integer(2))) })
  }

  // MARK: - What happens at the source

  /// The states of a source, one after the other, by what happened.
  static func history() async throws -> [(String, ListSource)] {
    var world = try await ChangedScoringTests.world()
    // The last day is not over, so that a change within it is possible.
    let newest = world.lineList.map(\.orderedAt).max() ?? 0
    var states: [(String, ListSource)] = []
    for place in stride(from: 3, to: world.lineList.count, by: world.lineList.count / 8) {
      world.lineList[place].lineTotal = Hundredths(units: world.lineList[place].lineTotal.units + 25_000)
      world.lineList[place].price = Hundredths(units: world.lineList[place].price.units + 25_000)
    }
    world.customerList[12].city = "Porto"
    states.append(("1 % changed", world))
    let (order, gone) = (world.lineList[500].cartID, world.customerList[70].id)
    world.lineList.removeAll { $0.cartID == order || $0.customerID == gone }
    world.customerList.remove(at: 70)
    states.append(("rows deleted", world))
    var customer = world.customerList[5]
    customer.id = 900_001
    customer.fullName = "Nia Newcomer"
    customer.device = nil
    customer.ip = nil
    world.customerList.append(customer)
    for number in Int64(1)...3 {
      var line = world.lineList[200 + Int(number)]
      line.customerID = customer.id
      line.orderID = 90_000_000 + number
      line.cartID = 90_000_000 + number
      world.lineList.append(line)
    }
    states.append(("a customer added", world))
    let moved = world.lineList[900].cartID
    for place in world.lineList.indices where world.lineList[place].cartID == moved {
      world.lineList[place].customerID = world.customerList[9].id
    }
    states.append(("an order moved", world))
    var late = world.lineList[30]
    late.orderID = 91_000_000
    late.cartID = 91_000_000
    late.orderedAt = newest + 86_400_000_000
    world.lineList.append(late)
    states.append(("a day later", world))
    return states
  }

  /// Runs through the history and compares after every step.
  /// - Returns: what the tables hold at the end.
  @discardableResult
  static func check(threads: Int) async throws -> [String: String] {
    let first = try await ChangedScoringTests.world()
    let history = try await history()
    return try await TestCluster.withSchema { connection, url in
      let report = try await run(first, url, connection, threads: threads)
      #expect(report.state == .success, "\(report.reason ?? "")")
      for (event, world) in history {
        var later: RunReport?
        let kept = try await untouched("analytics.customer_segmentation", connection) {
          later = try await run(world, url, connection, threads: threads)
        }
        let report = try #require(later)
        #expect(report.state == .success, "\(event): \(report.reason ?? "")")
        // A day later every row has another day count.
        #expect(event == "a day later" ? kept == 0 : kept > 700, "\(event): \(kept) rows were left alone")
        #expect(try await ValidationCounts.kept(connection) != nil, "\(event)")
        let validated = try await RawValidation.run(on: connection, runID: report.runID)
        try await ValidationCounts.forget(connection)
        #expect(try await RawValidation.run(on: connection, runID: report.runID) == validated, "\(event)")
        let published = try await digests(connection)
        let tested = try await outcomes(report, connection)
        let whole = try await rebuild(url, connection)
        #expect(tested == whole, "\(event)")
        let rebuilt = try await digests(connection)
        for (table, digest) in rebuilt { #expect(published[table] == digest, "\(event): \(table)") }
      }
      return try await digests(connection)
    }
  }

  @Test("where a source hands out what is there already, nothing is done behind the load")
  func nothingNew() async throws {
    let world = try await ChangedScoringTests.world()
    try await TestCluster.withSchema { connection, url in
      _ = try await Self.run(world, url, connection)
      for _ in 1...2 {
        let again = try await Self.run(world, url, connection)
        #expect(again.state == .success)
        let done = again.tasks.filter { $0.state == .success }.map(\.task)
        #expect(Set(done) == Set(TaskSelection.extractions + ["load"]), "\(done)")
      }
      // A change is seen after runs that saw none.
      var later = world
      later.customerList[3].city = "Faro"
      let report = try await Self.run(later, url, connection)
      #expect(report.tasks.allSatisfy { $0.state == .success })
      let city = try await connection.query(
        "select city from analytics.customer_segmentation where customer_id = $1",
        [.integer(later.customerList[3].id)])
      #expect(city.first?[0] == "Faro")
    }
  }

  @Test("a full refresh reads everything again from a source that says what changed")
  func refreshReadsAll() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(ChangedExtractionTests.tables)
      let source = try ChangedExtractionTests.source(url)
      func lines(isFullRefresh: Bool) async throws -> Int64? {
        let report = try await Self.run(source, url, connection, isFullRefresh: isFullRefresh)
        return report.tasks.first { $0.task == "extract-orders" }?.rowsOut
      }
      #expect(try await lines(isFullRefresh: false) == 300)
      #expect(try await lines(isFullRefresh: false) == 1)
      #expect(try await lines(isFullRefresh: true) == 300)
    }
  }

  @Test("one connection and one thread leave what several do")
  func threads() async throws {
    #expect(try await Self.check(threads: 1) == (try await Self.check(threads: 4)))
  }

  @Test("tables that other SQL made, and those of a full refresh, are made whole")
  func whole() async throws {
    let world = try await ChangedScoringTests.world()
    try await TestCluster.withSchema { connection, url in
      _ = try await Self.run(world, url, connection)
      let all = try await connection.query("select count(*) from analytics.fraud_analytics").first?.integer(0)
      var later = world
      later.customerList[3].city = "Faro"
      let kept = try await Self.untouched("analytics.fraud_analytics", connection) {
        _ = try await Self.run(later, url, connection)
      }
      #expect(kept == (all ?? 0) - 1)
      try await connection.execute("comment on table analytics.fraud_analytics is 'made by somebody else'")
      later.customerList[4].city = "Faro"
      #expect(
        try await Self.untouched("analytics.fraud_analytics", connection) {
          _ = try await Self.run(later, url, connection)
        } == 0)
      later.customerList[5].city = "Faro"
      #expect(
        try await Self.untouched("analytics.fraud_analytics", connection) {
          _ = try await Self.run(later, url, connection, isFullRefresh: true)
        } == 0)
    }
  }

  @Test("after a run that failed behind the load, the next one publishes what that one loaded")
  func afterFailure() async throws {
    let world = try await ChangedScoringTests.world()
    try await TestCluster.withSchema { connection, url in
      _ = try await Self.run(world, url, connection)
      var later = world
      later.customerList[3].city = "Faro"
      later.lineList[40].lineTotal = Hundredths(units: later.lineList[40].lineTotal.units + 100)
      // What depends on a mart keeps it from being replaced, and its key from being changed.
      try await connection.execute(
        "create function public.stop() returns trigger language plpgsql as $$ begin raise 'stopped'; end $$; "
          + "create trigger stop before insert on analytics.fraud_analytics for each row execute function public.stop()"
      )
      #expect(try await Self.run(later, url, connection).state == .failed)
      try await connection.execute("drop trigger stop on analytics.fraud_analytics")
      later.customerList[9].city = "Faro"
      #expect(try await Self.run(later, url, connection).state == .success)
      let published = try await Self.digests(connection)
      _ = try await Self.rebuild(url, connection)
      #expect(try await Self.digests(connection) == published)
    }
  }

  @Test("after each kind of change the tables and test results are those of a build of everything")
  func equality() async throws {
    try await Self.check(threads: 2)
  }
}
