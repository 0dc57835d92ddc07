import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Loading what changed")
struct RawChangesTests {
  typealias ListSource = RawLoadFailureTests.ListSource

  static let clear = Masking(key: MaskingKey(bytes: Array("a key of the tests".utf8)), isEnabled: false)

  /// Thirty customers with two carts of two lines each; lines have their category from the products.
  static func shop() -> ListSource {
    var source = ListSource()
    source.productList = (1...4).map { ProductRecord(id: $0, title: "Tea \($0)", category: "tea") }
    source.customerList = (1...30).map {
      CustomerRecord(id: $0, fullName: "Ada Stone", email: "ada\($0)@shop.example", city: "Leeds")
    }
    for customer in Int64(1)...30 {
      for number in Int64(1)...4 {
        source.lineList.append(
          RawLoadFailureTests.line(
            customer * 10 + number, cart: customer * 2 + number % 2, customer: customer, product: number))
      }
    }
    source.labelList = [LabelRecord(customerID: 3, orderID: 31, kind: "stolen")]
    return source
  }

  /// Every row of the raw tables.
  static func rows(_ connection: Connection) async throws -> [String: [String]] {
    var rows: [String: [String]] = [:]
    for table in [
      "staging.raw_customers", "staging.raw_orders", "staging.raw_products", "staging.raw_labels",
      "restricted.identities",
    ] {
      rows[table] = try await connection.query("select t::text from \(table) t order by 1").rows.map {
        $0[0] ?? ""
      }
    }
    return rows
  }

  /// Rows of the orders that the last load did not write.
  static func untouched(_ connection: Connection, _ body: () async throws -> Void) async throws -> Int64 {
    try await connection.execute(
      """
      drop table if exists places;
      create temporary table places as select tableoid as part, ctid as place, xmin::text as written from staging.raw_orders
      """)
    try await body()
    return try await connection.query(
      """
      select count(*) from staging.raw_orders o
      join places p on p.part = o.tableoid and p.place = o.ctid and p.written = o.xmin::text
      """
    ).first?.integer(0) ?? -1
  }

  static func load(
    _ source: ListSource, _ connection: Connection, runID: Int64 = 1, masking: Masking = RawLoadTests.masking,
    rewrites: Bool = false
  ) async throws -> LoadSummary {
    try await RawLoad(source: source, masking: masking, runID: runID, rewrites: rewrites).run(on: connection)
  }

  struct Loaded: Equatable {
    var rows: [String: [String]] = [:]
    var rejects: [String] = []
    var summary: LoadSummary
  }

  /// What a load into empty tables leaves.
  static func fresh(
    _ source: ListSource, masking: Masking = RawLoadTests.masking, forgotten: [Int64] = []
  ) async throws -> Loaded {
    try await TestCluster.withSchema { connection, _ in
      try await forget(forgotten, connection)
      let summary = try await load(source, connection, runID: 2, masking: masking)
      return Loaded(
        rows: try await rows(connection),
        rejects: try await RawLoadFailureTests.rejects(connection, runID: 2), summary: summary)
    }
  }

  static func forget(_ customers: [Int64], _ connection: Connection) async throws {
    for customer in customers {
      try await connection.query(
        "insert into restricted.forgotten (customer_id, forgotten_at) values ($1, now())",
        [.integer(customer)])
    }
  }

  /// Loads one state of a source over another and compares with a load of the second alone.
  /// - Returns: what the second load did, and how many lines it left alone.
  @discardableResult
  static func check(
    _ first: ListSource, then second: ListSource, masking: Masking = RawLoadTests.masking,
    forgotten: [Int64] = [], inParts: Bool = false
  ) async throws -> (summary: LoadSummary, untouched: Int64) {
    let fresh = try await fresh(second, masking: masking, forgotten: forgotten)
    return try await TestCluster.withSchema { connection, _ in
      if inParts { try await HashPartitions.apply(to: connection) }
      _ = try await load(first, connection)
      try await forget(forgotten, connection)
      var summary: LoadSummary?
      let untouched = try await untouched(connection) {
        summary = try await load(second, connection, runID: 2, masking: masking)
      }
      var loaded = Loaded(
        rows: try await rows(connection),
        rejects: try await RawLoadFailureTests.rejects(connection, runID: 2),
        summary: try #require(summary))
      let answer = loaded.summary
      loaded.summary.written = fresh.summary.written
      #expect(loaded == fresh)
      return (answer, untouched)
    }
  }

  @Test("the same data again write nothing")
  func unchanged() async throws {
    let (summary, untouched) = try await Self.check(Self.shop(), then: Self.shop())
    #expect(summary.written == 0)
    #expect(untouched == 120)
  }

  @Test("only rows that differ are written: new, changed and gone ones", arguments: [false, true])
  func few(inParts: Bool) async throws {
    var changed = Self.shop()
    changed.customerList[4].city = "York"
    changed.customerList.removeLast()
    changed.customerList.append(CustomerRecord(id: 31, fullName: "Bo Hill", email: "bo@shop.example"))
    changed.lineList.removeAll { $0.customerID == 30 || $0.orderID == 12 }
    changed.lineList[0].quantity = 3
    changed.lineList.append(RawLoadFailureTests.line(311, cart: 99, customer: 31))
    changed.labelList = [
      LabelRecord(customerID: 3, orderID: 31, kind: "lent"), .init(customerID: 5, orderID: 0, kind: "x"),
    ]
    let (summary, untouched) = try await Self.check(Self.shop(), then: changed, inParts: inParts)
    #expect(untouched == 120 - 6)
    #expect(summary.lines == 116)
    // Customers 5, 30 and 31; lines of 30, two of 1 and one of 31; both labels.
    #expect(summary.written == 2 + 6 + 2)
  }

  @Test("a product's new category reaches the lines that have none of their own")
  func category() async throws {
    var changed = Self.shop()
    changed.productList[0].category = "coffee"
    let (summary, _) = try await Self.check(Self.shop(), then: changed)
    // Every customer has such a line, so all lines are written.
    #expect(summary.written == 1 + 120)
  }

  @Test("many differing rows are written as a whole")
  func many() async throws {
    var changed = Self.shop()
    for place in changed.lineList.indices where place % 2 == 0 { changed.lineList[place].quantity = 2 }
    let (summary, untouched) = try await Self.check(Self.shop(), then: changed)
    #expect(untouched == 0)
    #expect(summary.written == 120)
  }

  @Test("repeated keys and unknown customers are rejected as in empty tables", arguments: [false, true])
  func rejected(inParts: Bool) async throws {
    var changed = Self.shop()
    changed.customerList.append(changed.customerList[0])
    changed.customerList.append(CustomerRecord(id: 2, city: "another"))
    changed.productList.append(changed.productList[0])
    changed.lineList.append(changed.lineList[0])
    var other = changed.lineList[8]
    other.quantity = 9
    changed.lineList.insert(other, at: 0)
    changed.lineList.append(RawLoadFailureTests.line(777, cart: 77, customer: 77))
    changed.labelList.append(LabelRecord(customerID: 3, orderID: 31, kind: "again"))
    let (summary, untouched) = try await Self.check(Self.shop(), then: changed, inParts: inParts)
    #expect(summary.rejects == 7)
    #expect(untouched == 119)
    // The line that came first with another quantity, and the label: two for one are many.
    #expect(summary.written == 2)
    // The repeated rows are there again: they are rejected again, and only the label is written.
    let (again, _) = try await Self.check(changed, then: changed, inParts: inParts)
    #expect(again.written == 1)
    #expect(again.rejects == 7)
  }

  @Test("forgotten customers go, and stay away")
  func forgotten() async throws {
    let (summary, untouched) = try await Self.check(Self.shop(), then: Self.shop(), forgotten: [3, 9])
    #expect(summary.customers == 28)
    #expect(untouched == 112)
  }

  @Test("clear identities follow masking, and their own changes")
  func masking() async throws {
    let (summary, _) = try await Self.check(Self.shop(), then: Self.shop(), masking: Self.clear)
    #expect(summary.written == 60, "customers say whether they are masked; lines have nothing to mask here")
    var changed = Self.shop()
    changed.customerList[0].phone = "+44 20 7946 0101"
    changed.customerList[1].email = nil
    try await TestCluster.withSchema { connection, _ in
      _ = try await Self.load(Self.shop(), connection, masking: Self.clear)
      let summary = try await Self.load(changed, connection, runID: 2, masking: Self.clear)
      #expect(summary.written == 4)
      let fresh = try await Self.fresh(changed, masking: Self.clear)
      #expect(try await Self.rows(connection) == fresh.rows)
      _ = try await Self.load(changed, connection, runID: 3)
      let left = try await connection.query("select count(*) from restricted.identities").first?.integer(0)
      #expect(left == 0)
    }
  }

  @Test("a rewrite writes everything")
  func rewrite() async throws {
    try await TestCluster.withSchema { connection, _ in
      let first = try await Self.load(Self.shop(), connection)
      let second = try await Self.load(Self.shop(), connection, runID: 2, rewrites: true)
      #expect(second == first)
      #expect(second.written == 30 + 4 + 120 + 1)
    }
  }

  @Test("any walk from state to state ends where loads into empty tables end", arguments: 1...4)
  func walk(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    var source = Self.shop()
    try await TestCluster.withSchema { connection, _ in
      _ = try await Self.load(source, connection)
      for run in 2...5 {
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
          let place = Int.random(in: source.lineList.indices, using: &generator)
          switch Int.random(in: 0..<6, using: &generator) {
          case 0: source.lineList[place].quantity += 1
          case 1: source.lineList.remove(at: place)
          case 2: source.lineList.append(source.lineList[place])
          case 3: source.lineList[place].customerID = Int64.random(in: 1...40, using: &generator)
          case 4:
            source.customerList.remove(at: Int.random(in: source.customerList.indices, using: &generator))
          default: source.lineList.shuffle(using: &generator)
          }
        }
        let summary = try await Self.load(source, connection, runID: Int64(run))
        var fresh = try await Self.fresh(source)
        fresh.summary.written = summary.written
        #expect(fresh.summary == summary)
        #expect(try await Self.rows(connection) == fresh.rows)
        let rejects = try await RawLoadFailureTests.rejects(connection, runID: Int64(run))
        #expect(rejects == fresh.rejects)
      }
    }
  }
}
