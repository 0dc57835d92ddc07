import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("The dummyjson source over HTTP")
struct DummyJSONAPITests {
  static let users = (1...5).map(HTTPStubShop.user)
  static let carts = (1...5).map { HTTPStubShop.cart($0, user: $0) }

  /// The pauses that were asked for; nobody waits in these tests.
  final class Pauses: Sendable {
    let seconds = Mutex<[Double]>([])
    var all: [Double] { seconds.withLock { $0 } }
  }

  /// A source over the stub with pages of two records, whose pauses end at once.
  static func source(
    _ stub: HTTPStub, pauses: Pauses = Pauses(), limits: HTTPLimits = HTTPLimits()
  ) throws -> DummyJSONAPI {
    try DummyJSONAPI(baseURL: stub.baseURL, pageSize: 2) {
      HTTPFetch(
        transport: CurlTransport(limits: limits),
        sleep: { seconds in pauses.seconds.withLock { $0.append(seconds) } }, jitter: { 0.5 })
    }
  }

  /// Runs `body` with a stub that answers by `respond`, and by the small shop where that gives nil.
  static func withStub<Answer>(
    _ respond: @escaping @Sendable (HTTPStub.Request, Int) -> HTTPStub.Answer? = { _, _ in nil },
    _ body: (HTTPStub) async throws -> Answer
  ) async throws -> Answer {
    let stub = try HTTPStub { request, count in
      respond(request, count) ?? HTTPStubShop.answer(request, users: users, carts: carts)
    }
    defer { stub.stop() }
    return try await body(stub)
  }

  /// The error that reading everything ends with.
  static func failure(
    _ source: DummyJSONAPI, _ location: SourceLocation = #_sourceLocation
  ) async -> ExtractError? {
    await #expect(throws: ExtractError.self, sourceLocation: location) { try await Collected(source) }
  }

  @Test("pages are asked for until the announced total, with a User-Agent and without secret fields")
  func paging() async throws {
    try await Self.withStub { stub in
      let shop = try await Collected(Self.source(stub))
      #expect(shop.customers.map(\.id) == [1, 2, 3, 4, 5])
      #expect(
        shop.lines.map(\.orderID) == [1_001, 1_002, 2_001, 2_002, 3_001, 3_002, 4_001, 4_002, 5_001, 5_002])
      #expect(shop.lines.reduce(0) { $0 + $1.lineTotal.units } == 5 * 4_558)
      #expect(shop.products.map(\.category) == ["groceries", "home"])
      #expect(shop.rejects == [])
      let asked = stub.requests.filter { $0.path == "/users" }
      #expect(asked.map { $0.query["skip"] } == ["0", "2", "4"])
      #expect(
        asked.allSatisfy {
          $0.query["limit"] == "2" && $0.headers["user-agent"]?.contains("riskdeck") == true
        })
      #expect(asked.allSatisfy { $0.query["select"]?.contains("password") == false })
    }
  }

  @Test("a 429 with Retry-After is waited for as long as it says, and heals")
  func retryAfter() async throws {
    let pauses = Pauses()
    try await Self.withStub({ request, count in
      request.path == "/carts" && count == 0 ? .status(429, headers: ["Retry-After": "7"]) : nil
    }) { stub in
      let shop = try await Collected(Self.source(stub, pauses: pauses))
      #expect(shop.lines.count == 10)
      #expect(pauses.all == [7])
    }
  }

  @Test("a Retry-After beyond two minutes ends the run instead of holding it")
  func retryAfterTooLong() async throws {
    let pauses = Pauses()
    try await Self.withStub({ _, _ in .status(429, headers: ["Retry-After": "3600"]) }) { stub in
      let error = try await Self.failure(Self.source(stub, pauses: pauses))
      #expect(error?.code == .status)
      #expect(error?.description.contains("3600 s") == true)
      #expect(pauses.all == [])
    }
  }

  @Test("a 503 that heals is retried with growing, jittered pauses")
  func heals() async throws {
    let pauses = Pauses()
    try await Self.withStub({ request, count in
      request.path == "/users" && count < 2 ? .status(503) : nil
    }) { stub in
      let shop = try await Collected(Self.source(stub, pauses: pauses))
      #expect(shop.customers.count == 5)
      #expect(pauses.all == [0.375, 0.75])
    }
  }

  @Test("a 500 that stays is given up after three retries, with one clear line", arguments: [500, 502, 504])
  func staysBroken(status: Int) async throws {
    let pauses = Pauses()
    try await Self.withStub({ request, _ in request.path == "/users" ? .status(status) : nil }) { stub in
      let error = try await Self.failure(Self.source(stub, pauses: pauses))
      #expect(error?.code == .status)
      #expect(error?.description.contains("HTTP \(status) after 3 retries") == true)
      #expect(error?.description.contains("\(stub.baseURL)/users?") == true)
      #expect(pauses.all.count == 3)
      #expect(stub.requests.count { $0.path == "/users" } == 4)
    }
  }

  @Test("a 404 is not retried")
  func notFound() async throws {
    let pauses = Pauses()
    try await Self.withStub({ _, _ in .status(404) }) { stub in
      let error = try await Self.failure(Self.source(stub, pauses: pauses))
      #expect(error?.description.contains("check --base-url") == true)
      #expect(pauses.all == [])
    }
  }

  @Test("a hanging server is a timeout after three retries")
  func hangs() async throws {
    try await Self.withStub({ request, _ in request.path == "/users" ? .hang : nil }) { stub in
      let error = try await Self.failure(Self.source(stub, limits: HTTPLimits(timeout: 150)))
      #expect(error?.code == .timeout)
      #expect(stub.requests.count { $0.path == "/users" } == 4)
    }
  }

  @Test("a hanging server does not hold a cancelled run")
  func cancelled() async throws {
    try await Self.withStub({ _, _ in .hang }) { stub in
      let source = try Self.source(stub)
      let task = Task { try await Collected(source) }
      while stub.requests.isEmpty { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test("an answer that is cut on the way is fetched again")
  func cut() async throws {
    try await Self.withStub({ request, count in
      guard request.path == "/users", count == 1 else { return nil }
      var answer = HTTPStubShop.answer(request, users: Self.users, carts: [])
      answer.cutAfter = 40
      return answer
    }) { stub in
      let shop = try await Collected(Self.source(stub))
      #expect(shop.customers.map(\.id) == [1, 2, 3, 4, 5])
    }
  }

  @Test("a server that is not there is a clear error")
  func nobody() async throws {
    let stub = try HTTPStub { _, _ in .hang }
    stub.stop()
    let error = try await Self.failure(Self.source(stub))
    #expect(error?.code == .connection)
    #expect(error?.description.contains("after 3 retries") == true)
  }

  @Test(
    "truncated JSON, HTML and other answers are one clear error each",
    arguments: [
      (#"{"users":[{"id":1},{"id":2"#, ExtractError.Code.truncated),
      ("<!DOCTYPE html><html>Sign in</html>", .notJSON), ("  \n<html>", .notJSON), ("", .truncated),
      ("hello", .notJSON), (#"{"people":[]}"#, .notJSON), (#"{"users":[{"id":1}],}"#, .malformed),
      (#"{"users":[{"id":1}]} {}"#, .malformed), (#"{"users":[{"id":1} {"id":2}]}"#, .malformed),
      (#"{"users":[{"id":1},]}"#, .malformed), (String(repeating: "[", count: 100), .tooLarge),
    ])
  func unusable(body: String, code: ExtractError.Code) async throws {
    try await Self.withStub({ request, _ in request.path == "/users" ? .json(body) : nil }) { stub in
      let error = try await Self.failure(Self.source(stub))
      #expect(error?.code == code)
      #expect(error?.description.hasPrefix("\(stub.baseURL)/users?") == true)
      #expect(stub.requests.count { $0.path == "/users" } == 1)
    }
  }

  @Test("pages that end before the announced total are an error, not half of the data")
  func incomplete() async throws {
    try await Self.withStub({ request, _ in
      request.path == "/users" && request.query["skip"] == "2" ? .json(#"{"users":[],"total":5}"#) : nil
    }) { stub in
      let error = try await Self.failure(Self.source(stub))
      #expect(error?.code == .incomplete)
      #expect(error?.description.contains("2 of 5 users") == true)
    }
  }

  @Test("a server without totals is read until a page is short")
  func noTotal() async throws {
    try await Self.withStub({ request, _ in
      guard request.path == "/users" else { return nil }
      let skip = Int(request.query["skip"] ?? "") ?? 0
      return .json("{\"users\":[\(Self.users.dropFirst(skip).prefix(2).joined(separator: ","))]}")
    }) { stub in
      let shop = try await Collected(Self.source(stub))
      #expect(shop.customers.count == 5)
    }
  }

  @Test("an answer beyond the size limit is refused while it arrives")
  func tooLarge() async throws {
    try await Self.withStub({ request, _ in
      request.path == "/users" ? .json(String(repeating: " ", count: 100_000)) : nil
    }) { stub in
      let error = try await Self.failure(Self.source(stub, limits: HTTPLimits(bodyBytes: 10_000)))
      #expect(error?.code == .bodyTooLarge)
      #expect(stub.requests.count { $0.path == "/users" } == 1)
    }
  }

  @Test("redirects within the server are followed, to elsewhere refused, in a circle given up")
  func redirects() async throws {
    try await Self.withStub({ request, count in
      request.path == "/users" && count == 0 ? .redirect(to: "/users?limit=2&skip=0") : nil
    }) { stub in
      let shop = try await Collected(Self.source(stub))
      #expect(shop.customers.count == 5)
    }
    for location in [
      "http://localhost:1/users", "https://127.0.0.1/users", "file:///etc/passwd", "//other.example/",
    ] {
      try await Self.withStub({ _, _ in .redirect(to: location) }) { stub in
        let error = try await Self.failure(Self.source(stub))
        #expect(error?.code == .redirect, "\(location)")
        #expect(stub.requests.count == 1)
      }
    }
    try await Self.withStub({ _, _ in .redirect(to: "/users") }) { stub in
      let error = try await Self.failure(Self.source(stub))
      #expect(error?.code == .redirect)
    }
  }

  @Test("a user without an id and malformed carts become rejects with their reasons")
  func rejects() async throws {
    let users = [
      #"{"firstName":"Nobody"}"#, #"{"id":"7"}"#, "null", #"{"id":2,"email":}"#, HTTPStubShop.user(3),
    ]
    let carts = [
      #"{"id":1}"#, #"{"id":2,"userId":3,"products":7}"#, #"{"userId":3,"products":[]}"#,
      #"{"id":4,"userId":3,"products":[{"id":1,"price":1,"quantity":1.5,"discountedTotal":1},5,{"quantity":1,"price":1}]}"#,
      HTTPStubShop.cart(5, user: 3),
    ]
    try await Self.withStub({ request, _ in HTTPStubShop.answer(request, users: users, carts: carts) }) {
      stub in
      let shop = try await Collected(Self.source(stub))
      #expect(shop.customers.map(\.id) == [3])
      #expect(shop.lines.map(\.orderID) == [5_001, 5_002])
      #expect(
        shop.rejects == [
          Reject(entity: .customer, record: "users[0]", reason: "has no id that is a whole number above 0"),
          Reject(entity: .customer, record: "users[1]", reason: "has no id that is a whole number above 0"),
          Reject(entity: .customer, record: "users[2]", reason: "is no object"),
          Reject(entity: .customer, record: "customer 2", reason: "is no valid JSON at byte 16"),
          Reject(entity: .order, record: "cart 1", reason: "names no user"),
          Reject(entity: .order, record: "cart 2", reason: "has no list of products"),
          Reject(entity: .order, record: "carts[2]", reason: "has no id that is a whole number above 0"),
          Reject(entity: .order, record: "cart 4, line 1", reason: "has no whole-number quantity"),
          Reject(entity: .order, record: "cart 4, line 2", reason: "is no object"),
          Reject(
            entity: .order, record: "cart 4, line 3",
            reason: "has no discountedTotal, or one beyond 12 digits"),
        ])
    }
  }

  @Test(
    "addresses that are none, other schemes and addresses with a password are refused",
    arguments: [
      "", "dummyjson.com:x", "ftp://dummyjson.com", "file:///etc", "https://user:secret@dummyjson.com",
      "http://",
      "https://dummyjson.com?x=1",
    ])
  func badURL(url: String) {
    let error = #expect(throws: ExtractError.self) { try DummyJSONAPI(baseURL: url) }
    #expect(error?.code == .badSpecification)
    #expect(error?.description.contains("secret") == false)
  }

  @Test("a certificate that nobody vouches for ends the run at once")
  func untrusted() async throws {
    guard let server = try SelfSignedServer() else {
      print("notice: the program openssl is not here, its test is skipped")
      return
    }
    defer { server.stop() }
    let pauses = Pauses()
    let source = try DummyJSONAPI(baseURL: "https://127.0.0.1:\(server.port)", pageSize: 2) {
      HTTPFetch(
        transport: CurlTransport(), sleep: { seconds in pauses.seconds.withLock { $0.append(seconds) } })
    }
    let error = await Self.failure(source)
    #expect(error?.code == .tls)
    #expect(pauses.all == [])
  }
}
