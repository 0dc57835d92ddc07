import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("What a load rejects, and what a failed one leaves behind")
struct RawLoadFailureTests {
  /// Hands out what it is given, then ends with an error where there is one.
  struct ListSource: Source {
    var name = "list"
    var productList: [ProductRecord] = []
    var customerList: [CustomerRecord] = []
    var lineList: [OrderLineRecord] = []
    var labelList: [LabelRecord] = []
    var failure: ExtractError?

    func products(_ receive: PageReceiver<ProductRecord>) async throws {
      try await receive(Page(records: productList))
    }
    func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
      try await receive(Page(records: customerList))
    }
    func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
      try await receive(Page(records: lineList))
      if let failure { throw failure }
    }
    func labels(_ receive: PageReceiver<LabelRecord>) async throws {
      try await receive(Page(records: labelList))
    }
  }

  static func line(_ order: Int64, cart: Int64, customer: Int64, product: Int64 = 1) -> OrderLineRecord {
    OrderLineRecord(
      orderID: order, cartID: cart, customerID: customer, productID: product, product: "Tea", quantity: 1,
      price: Hundredths(units: 310), discount: .zero, lineTotal: Hundredths(units: 310),
      orderedAt: SyntheticTimeline.orderedAt(cartID: cart), isSyntheticTime: true)
  }

  static func load(_ source: some Source, _ connection: Connection, runID: Int64 = 1) async throws
    -> LoadSummary
  {
    try await RawLoad(source: source, masking: RawLoadTests.masking, runID: runID).run(on: connection)
  }

  static func rejects(_ connection: Connection, runID: Int64 = 1) async throws -> [String] {
    try await connection.query(
      "select entity || ': ' || record || ' ' || reason from staging.rejects where run_id = $1 order by 1",
      [.integer(runID)]
    ).rows.map { $0[0] ?? "" }
  }

  @Test("lines of an unknown customer become rejects and are counted; the others load")
  func unknownCustomer() async throws {
    let source = ListSource(
      customerList: [CustomerRecord(id: 1)],
      lineList: [Self.line(1_001, cart: 1, customer: 1), Self.line(2_001, cart: 2, customer: 9)])
    try await TestCluster.withSchema { connection, _ in
      let summary = try await Self.load(source, connection)
      #expect(summary.lines == 1)
      #expect(summary.orders == 1)
      #expect(summary.rejects == 1)
      let rejects = try await Self.rejects(connection)
      #expect(rejects == ["order: cart 2, order 2001 its customer 9 is unknown"])
    }
  }

  @Test("carts are counted once, however their lines come")
  func scatteredCarts() async throws {
    let lines = [(1, 1), (2, 2), (1, 3), (2, 4), (1, 5)].map { cart, order in
      Self.line(Int64(order), cart: Int64(cart), customer: 1)
    }
    try await TestCluster.withSchema { connection, _ in
      let summary = try await Self.load(
        ListSource(customerList: [CustomerRecord(id: 1)], lineList: lines), connection)
      #expect(summary.orders == 2)
      #expect(summary.lines == 5)
    }
  }

  @Test("of records that share a key the first is kept, the others become rejects")
  func repeatedKeys() async throws {
    let source = ListSource(
      productList: [ProductRecord(id: 1, category: "tea"), ProductRecord(id: 1, category: "coffee")],
      customerList: [
        CustomerRecord(id: 1, city: "first"), CustomerRecord(id: 2), CustomerRecord(id: 1, city: "last"),
      ],
      lineList: [
        Self.line(1_001, cart: 1, customer: 1), Self.line(1_001, cart: 1, customer: 1),
        Self.line(1_001, cart: 1, customer: 2), Self.line(7_001, cart: 7, customer: 8),
      ])
    try await TestCluster.withSchema { connection, _ in
      let summary = try await Self.load(source, connection)
      #expect(summary.customers == 2)
      #expect(summary.products == 1)
      #expect(summary.lines == 2)
      #expect(summary.rejects == 4)
      let city = try await connection.query("select city from staging.raw_customers where customer_id = 1")
        .first?[0]
      #expect(city == "first")
      let category = try await connection.query("select distinct category from staging.raw_orders").first?[0]
      #expect(category == "tea")
      let rejects = try await Self.rejects(connection)
      #expect(
        rejects == [
          "customer: customer 1 its key exists twice; the first one is kept",
          "order: cart 7, order 7001 its customer 8 is unknown",
          "order: order 1001 of customer 1 its key exists twice; the first one is kept",
          "product: product 1 its key exists twice; the first one is kept",
        ])
    }
  }

  @Test("an error of the source leaves the raw tables and the connection as they were")
  func sourceFails() async throws {
    var source = ListSource(
      customerList: [CustomerRecord(id: 1)], lineList: [Self.line(1_001, cart: 1, customer: 1)])
    try await TestCluster.withSchema { connection, _ in
      let good = try await Self.load(source, connection)
      source.customerList.append(CustomerRecord(id: 2))
      source.failure = ExtractError(.truncated, place: "carts", problem: "ends", advice: "again")
      let error = await #expect(throws: ExtractError.self) {
        try await Self.load(source, connection, runID: 2)
      }
      #expect(error?.code == .truncated)
      let count = try await connection.query("select count(*) from staging.raw_customers").first?.integer(0)
      #expect(count == 1)
      let isInTransaction = try await connection.isInTransaction
      #expect(!isInTransaction)
      source.failure = nil
      source.customerList.removeLast()
      var again = try await Self.load(source, connection, runID: 3)
      #expect(again.written == 0)
      again.written = good.written
      #expect(again == good)
    }
  }

  @Test("whatever goes wrong over HTTP, the rows of the last good load stay")
  func serverFails() async throws {
    let broken: [HTTPStub.Answer] = [
      .status(500), .json("{\"carts\":[{"), .json("<html></html>"),
      .redirect(to: "http://elsewhere.example/"), .hang,
    ]
    let fault = Mutex<HTTPStub.Answer?>(nil)
    let users = [#"{"firstName":"Nobody"}"#] + DummyJSONAPITests.users
    let carts = DummyJSONAPITests.carts + [HTTPStubShop.cart(6, user: 99)]
    let stub = try HTTPStub { request, _ in
      let answer = request.path == "/carts" ? fault.withLock { $0 } : nil
      return answer ?? HTTPStubShop.answer(request, users: users, carts: carts)
    }
    defer { stub.stop() }
    let source = try DummyJSONAPITests.source(stub, limits: HTTPLimits(timeout: 150))
    try await TestCluster.withSchema { connection, _ in
      let good = try await Self.load(source, connection)
      #expect(good.customers == 5)
      #expect(good.lines == 10)
      #expect(good.rejects == 3)
      for answer in broken {
        fault.withLock { $0 = answer }
        await #expect(throws: ExtractError.self) { try await Self.load(source, connection, runID: 2) }
        let lines = try await connection.query("select count(*) from staging.raw_orders").first?.integer(0)
        #expect(lines == 10)
      }
      fault.withLock { $0 = nil }
      var again = try await Self.load(source, connection, runID: 3)
      #expect(again.written == 0)
      again.written = good.written
      #expect(again == good)
      let rejects = try await Self.rejects(connection, runID: 3)
      #expect(
        rejects == [
          "customer: users[0] has no id that is a whole number above 0",
          "order: cart 6, order 6001 its customer 99 is unknown",
          "order: cart 6, order 6002 its customer 99 is unknown",
        ])
    }
  }

  @Test("a cancelled load ends at once and changes nothing")
  func cancelled() async throws {
    let stub = try HTTPStub { _, _ in .hang }
    defer { stub.stop() }
    let source = try DummyJSONAPITests.source(stub)
    try await TestCluster.withSchema { connection, _ in
      let task = Task { try await Self.load(source, connection) }
      while stub.requests.count < 3 { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      let isInTransaction = try await connection.isInTransaction
      #expect(!isInTransaction)
    }
  }

  @Test("an empty source loads, and validation calls it critical")
  func empty() async throws {
    try await TestCluster.withSchema { connection, _ in
      let summary = try await Self.load(ListSource(), connection)
      #expect(summary.customers == 0)
      let reports = try await RawValidation.run(on: connection, runID: 1)
      let critical = reports.filter { $0.severity == "critical" && $0.failures > 0 }.map(\.name)
      #expect(critical == ["customers_present", "orders_present"])
    }
  }

  @Test("the sample data over HTTP equal the same data out of files")
  func sampleOverHTTP() async throws {
    guard let users = Repository.testData("dummyjson/users.json") else { return }
    let folder = String(users.dropLast("/users.json".count))
    let lists = try SampleLists(folder: folder)
    let stub = try HTTPStub { request, _ in
      HTTPStubShop.answer(request, users: lists.users, carts: lists.carts, products: lists.products)
    }
    defer { stub.stop() }
    let overHTTP = try await Collected(DummyJSONAPI(baseURL: stub.baseURL))
    let outOfFiles = try await Collected(JSONFiles(folder: folder))
    #expect(overHTTP.customers == outOfFiles.customers)
    #expect(overHTTP.lines == outOfFiles.lines)
    #expect(overHTTP.products == outOfFiles.products)
    #expect(overHTTP.customers.count == 208)
    #expect(stub.requests.count == 3 + 3 + 2)
  }
}

/// The records of the sample data as texts.
private struct SampleLists {
  let users: [String]
  let carts: [String]
  let products: [String]

  init(folder: String) throws {
    func list(_ key: String) throws -> [String] {
      let file = try ByteFile("\(folder)/\(key).json")
      var splitter = JSONRecordSplitter(key: key)
      var records: [String] = []
      while let piece = try file.next() {
        try splitter.feed(piece) { records.append(String(decoding: $0, as: UTF8.self)) }
      }
      return records
    }
    users = try list("users")
    carts = try list("carts")
    products = try list("products")
  }
}
