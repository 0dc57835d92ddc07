import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Scoring the customers that changed")
struct ChangedScoringTests {
  typealias ListSource = RawLoadFailureTests.ListSource

  /// Enough orders for a fit.
  static func world() async throws -> ListSource {
    let collected = try await Collected(DemoSource(DemoSettings(customers: 800, seed: 11)))
    return ListSource(
      productList: collected.products, customerList: collected.customers, lineList: collected.lines)
  }

  /// The same world a little later.
  static func changed(_ world: ListSource) throws -> ListSource {
    var later = world
    let newest = later.lineList.map(\.orderedAt).max() ?? 0
    // An order grows, one is gone, one comes.
    later.lineList[10].lineTotal = Hundredths(units: later.lineList[10].lineTotal.units * 40)
    later.lineList.remove(at: 400)
    var line = later.lineList[700]
    line.orderID += 90_000_000
    line.cartID += 90_000_000
    line.orderedAt = newest + 3_600_000_000
    line.category = "a category nobody knew"
    later.lineList.append(line)
    // A customer leaves, and is forgotten by those that shared the device; two others share one now.
    later.customerList[20].device = later.customerList[21].device
    later.customerList[30].ip = later.customerList[31].ip
    let gone = later.customerList[40].id
    later.customerList.remove(at: 40)
    later.lineList.removeAll { $0.customerID == gone }
    later.customerList[50].country = nil
    later.customerList[50].countryCode = nil
    return later
  }

  static func score(
    _ connection: Connection, _ url: String, runID: Int64, extent: DatabaseScoring.Extent, threads: Int = 2,
    rules: String = DatabaseScoringTests.rules
  ) async throws -> ScoringEngine.Summary {
    let reader = try await Connection.open(url)
    do {
      let summary = try await DatabaseScoring.scoreDatabase(
        connection, reader: reader, rulesetDirectory: rules, runID: runID, threads: threads, extent: extent)
      await reader.close()
      return summary
    } catch {
      await reader.close()
      throw error
    }
  }

  static func load(_ source: ListSource, _ connection: Connection, runID: Int64) async throws {
    _ = try await RawLoad(source: source, masking: DatabaseScoringTests.masking, runID: runID).run(
      on: connection)
  }

  /// All scores and their history, without which run wrote them and when.
  static func digest(_ connection: Connection) async throws -> [String] {
    var digests: [String] = []
    for (table, left) in [("staging.fraud_scores", "run_id"), ("analytics.risk_history", "scored_at")] {
      let found = try await connection.query(
        """
        select count(*) || ' ' || md5(string_agg(row, '|' order by row collate "C"))
        from (select (to_jsonb(t) - '\(left)')::text as row from \(table) t) rows
        """)
      digests.append(found.first?[0] ?? "")
    }
    return digests
  }

  /// Scores a world, then what became of it, in the ways given; returns what the tables hold then.
  static func scored(
    _ world: ListSource, then later: ListSource, extent: DatabaseScoring.Extent, threads: Int = 2,
    inParts: Bool = false
  ) async throws -> (summary: ScoringEngine.Summary, digest: [String]) {
    try await TestCluster.withSchema { connection, url in
      if inParts { try await HashPartitions.apply(to: connection) }
      try await load(world, connection, runID: 1)
      _ = try await score(connection, url, runID: 1, extent: .changed, threads: threads)
      try await load(later, connection, runID: 2)
      let summary = try await score(connection, url, runID: 2, extent: extent, threads: threads)
      return (summary, try await digest(connection))
    }
  }

  @Test("gives the scores of a full scoring, in parts or not, on one thread or eight")
  func equal() async throws {
    let world = try await Self.world()
    let later = try Self.changed(world)
    let everyone = try await Self.scored(world, then: later, extent: .everyone)
    #expect(everyone.summary.scored == 799)
    for (threads, inParts) in [(2, false), (1, false), (8, true)] {
      let changed = try await Self.scored(
        world, then: later, extent: .changed, threads: threads, inParts: inParts)
      #expect(changed.digest == everyone.digest)
      #expect(changed.summary.customers == 799)
      #expect(changed.summary.levels == everyone.summary.levels)
      let scored = try #require(changed.summary.scored)
      #expect(scored >= 7 && scored < 60)
    }
  }

  @Test("an unchanged world costs nobody's score")
  func unchanged() async throws {
    let world = try await Self.world()
    let changed = try await Self.scored(world, then: world, extent: .changed)
    #expect(changed.summary.scored == 0)
    let everyone = try await Self.scored(world, then: world, extent: .everyone)
    #expect(changed.digest == everyone.digest)
  }

  @Test(
    "what is usual is learnt anew where much changed, where time went on, and where rules or outcomes changed"
  )
  func anew() async throws {
    let world = try await Self.world()
    var much = world
    for place in much.lineList.indices where much.lineList[place].customerID % 5 == 0 {
      much.lineList[place].lineTotal = Hundredths(units: much.lineList[place].lineTotal.units + 100)
    }
    #expect(try await Self.scored(world, then: much, extent: .changed).summary.scored == nil)
    var late = world
    late.lineList[3].orderedAt = (late.lineList.map(\.orderedAt).max() ?? 0) + 8 * 86_400_000_000
    #expect(try await Self.scored(world, then: late, extent: .changed).summary.scored == nil)
    try await TestCluster.withSchema { connection, url in
      try await Self.load(world, connection, runID: 1)
      func scored() async throws -> Int? {
        try await Self.score(connection, url, runID: 1, extent: .changed).scored
      }
      #expect(try await scored() == nil)
      #expect(try await scored() == 0)
      let customer = world.customerList[0].id
      try await connection.query(
        """
        insert into desk.list_entries (kind, value, list, reason, made_by, made_at, customer_id)
        values ('customer', $1, 'block', 'known', 'ana', now(), 0)
        """, [.text("\(customer)")])
      #expect(try await scored() == nil)
      #expect(try await scored() == 0)
      try await connection.query(
        """
        insert into desk.cases (customer_id, state, outcome, outcome_reason, opened_at, due_at, changed_at, closed_at, run_id,
          priority, score, composite, level, action, rule_hits, evidences)
        values ($1, 'closed', 'confirmed_fraud', 'seen', now(), now(), now(), now(), 1, 1, 1, 0.9, 'high', 'x', '{}', '[]')
        """, [.integer(customer)])
      #expect(try await scored() == nil)
      #expect(try await scored() == nil)
    }
  }

  @Test("a level set by hand stays until it ends, and then is the score's again")
  func overrides() async throws {
    let world = try await Self.world()
    try await TestCluster.withSchema { connection, url in
      try await Self.load(world, connection, runID: 1)
      _ = try await Self.score(connection, url, runID: 1, extent: .changed)
      let before = try await Self.digest(connection)
      let customer = world.customerList[7].id
      try await connection.query(
        """
        insert into desk.level_overrides (customer_id, level, until, reason, made_by, made_at)
        values ($1, 'critical', now() + interval '1 day', 'seen', 'ana', now())
        """, [.integer(customer)])
      for _ in 1...2 {
        _ = try await Self.score(connection, url, runID: 1, extent: .changed)
        let level = try await connection.query(
          "select risk_level from staging.fraud_scores where customer_id = $1", [.integer(customer)])
        #expect(level.first?[0] == "critical")
      }
      try await connection.execute("delete from desk.level_overrides")
      let summary = try await Self.score(connection, url, runID: 1, extent: .changed)
      #expect(summary.scored ?? 0 > 0)
      #expect(try await Self.digest(connection) == before)
    }
  }

  @Test("who shared a device with a forgotten customer is scored without that one")
  func forgotten() async throws {
    let world = try await Self.world()
    try await TestCluster.withSchema { connection, url in
      try await Self.load(world, connection, runID: 1)
      _ = try await Self.score(connection, url, runID: 1, extent: .changed)
      _ = try await Erasure.forget(world.customerList[9].id, origin: "ana@desk", on: connection)
      let summary = try await Self.score(connection, url, runID: 2, extent: .changed)
      #expect(summary.scored == nil)
      #expect(summary.customers == 799)
    }
  }

  @Test("what is kept of a scoring comes back to the last bit")
  func stored() async throws {
    let world = try await Self.world()
    try await TestCluster.withSchema { connection, url in
      try await Self.load(world, connection, runID: 1)
      _ = try await Self.score(connection, url, runID: 1, extent: .anew)
      let ground = try await connection.query("select ground, usual from staging.scoring_baseline").first
      let kept = try #require(try await ScoringBaseline.read(connection, ground: ground?[0] ?? ""))
      try await kept.store(connection, overridden: [])
      let again = try #require(try await ScoringBaseline.read(connection, ground: kept.ground))
      #expect(again.usual.reference == kept.usual.reference)
      #expect(again.usual.population.hourShare == kept.usual.population.hourShare)
      #expect(again.usual.population.lastTime == kept.usual.population.lastTime)
      #expect(try await ScoringBaseline.read(connection, ground: "another") == nil)
    }
  }
}
