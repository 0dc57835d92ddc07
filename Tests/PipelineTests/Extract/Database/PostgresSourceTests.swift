import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("An existing database as a source")
struct PostgresSourceTests {
  static let tables = """
    create table people (id int, name text, mail text, born date, land text, secret text);
    insert into people values (1, 'Ada Stone', 'ada@shop.example', '1980-02-03', 'Spain', 'x'),
      (2, 'Bob Hill', null, null, null, 'x'), (null, 'Nobody', null, null, null, 'x');
    create table payments (id int, person int, paid_at timestamptz, amount numeric, lat float, lng float);
    insert into payments values (1, 1, '2025-06-01 12:00:00.5+02', 12.345, 40.4, -3.7), (2, 1, null, 1, null, null),
      (3, 2, '2025-06-02 00:00+00', 1e13, null, null), (4, 2, '2025-06-02 00:00+00', 7, null, null),
      (5, 2, '2025-06-02 00:00+00', -7, null, null), (6, 2, 'infinity', 7, null, null),
      (7, 2, '2062-06-02 00:00+00', 7, null, null);
    """
  static let mapping = QueryMapping(
    customers:
      "select id as customer_id, name as full_name, mail as email, born as birth_date, land as country from people;",
    orders:
      """
      select id as order_id, person as customer_id, paid_at as ordered_at, amount as line_total, lat as latitude,
        lng as longitude from payments -- the end
      """)

  static func withShop<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute(tables)
      await connection.close()
      return try await body(url)
    }
  }

  @Test("customers and orders come through the two queries; unusable rows become rejects")
  func reads() async throws {
    try await Self.withShop { url in
      let shop = try await Collected(
        PostgresSource(target: url, mapping: Self.mapping, now: 1_772_452_800))
      #expect(
        shop.customers == [
          CustomerRecord(
            id: 1, fullName: "Ada Stone", email: "ada@shop.example", birthYear: 1980, country: "Spain",
            countryCode: "ES"),
          CustomerRecord(id: 2, fullName: "Bob Hill"),
        ])
      let total = Hundredths(units: 1_235)
      let seven = Hundredths(units: 700)
      #expect(
        shop.lines == [
          OrderLineRecord(
            orderID: 1, cartID: 1, customerID: 1, quantity: 1, price: total, discount: .zero,
            lineTotal: total,
            orderedAt: 1_748_772_000_500_000, isSyntheticTime: false,
            coordinates: Coordinates(latitude: 40.4, longitude: -3.7)),
          OrderLineRecord(
            orderID: 4, cartID: 4, customerID: 2, quantity: 1, price: seven, discount: .zero,
            lineTotal: seven,
            orderedAt: 1_748_822_400_000_000, isSyntheticTime: false),
        ])
      #expect(
        shop.rejects.map { "\($0.entity.rawValue) \($0.record) \($0.reason)" } == [
          "customer row 3 has no customer_id above 0",
          "order row 2 has no ordered_at of the years 1900 to 9999",
          "order row 3 has no line_total of at most 12 digits",
          "order row 5 has a negative line_total or price",
          "order row 6 has no ordered_at of the years 1900 to 9999",
          "order row 7 has an ordered_at in the future",
        ])
    }
  }

  @Test("more rows than a page come in several", .timeLimit(.minutes(15)))
  func pages() async throws {
    try await Self.withShop { url in
      var mapping = Self.mapping
      mapping.orders =
        "select n as order_id, 1 as customer_id, timestamptz '2025-01-01' as ordered_at, 1 as line_total from generate_series(1, 4500) n"
      let shop = try await Collected(PostgresSource(target: url, mapping: mapping))
      #expect(shop.lines.map(\.orderID) == Array(1...4_500))
    }
  }

  @Test(
    "a query that writes, holds two statements, an unknown or no needed column fails with one clear line",
    arguments: [
      ("select id as customer_id, secret from people", "column secret that is not known"),
      ("select name as full_name from people", "no column customer_id"),
      ("select id as customer_id from nowhere", "does not exist"),
      ("select id as customer_id from people) source; drop table people; --", "syntax error"),
      (
        "select id as customer_id from people) source; drop table people; select * from (select 1",
        "multiple commands"
      ),
      ("with gone as (delete from people returning id) select id as customer_id from gone", "WITH clause"),
      ("select 'x' as customer_id", "wrong form"), ("drop table people", "syntax error"),
      ("", "syntax error"),
      ("select id as customer_id, id as customer_id from people", "two columns"),
    ])
  func refused(query: String, problem: String) async throws {
    try await Self.withShop { url in
      let mapping = QueryMapping(customers: query, orders: Self.mapping.orders)
      let error = await #expect(throws: ExtractError.self) {
        try await Collected(PostgresSource(target: url, mapping: mapping))
      }
      #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
      let connection = try await Connection.open(url)
      let count = try await connection.query("select count(*) from people").first?.integer(0)
      #expect(count == 3)
      await connection.close()
    }
  }

  @Test(
    "an address with a password is refused, one without is not",
    arguments: [
      ("postgresql://ada:secret@host/db", true), ("host=x password=secret", true),
      ("postgresql://host/db?password=x", true),
      ("postgresql://ada@host:5432/db", false), ("host=x user=ada", false), ("service=shop", false),
    ])
  func password(target: String, isRefused: Bool) {
    let source = Result { try PostgresSource(target: target, mapping: Self.mapping) }
    switch source {
    case .success: #expect(!isRefused)
    case .failure(let error):
      #expect(isRefused)
      #expect(!"\(error)".contains("secret"))
    }
  }

  @Test("a mapping file holds the queries")
  func mappingFile() throws {
    let mapping = try QueryMapping(
      yaml: "customers: select 1\norders: |\n  select 2\n  from x\n", path: "m.yml")
    #expect(mapping == QueryMapping(customers: "select 1", orders: "select 2\nfrom x\n"))
  }

  @Test(
    "a broken mapping is one clear line with its place",
    arguments: [
      ("customers: select 1\n", "m.yml: a query is missing"), ("", "m.yml: the file is empty"),
      ("- a\n", "m.yml:1:1: the mapping must be a mapping"),
      ("customers: select 1\norders: [1]\n", "m.yml:2:1: \"orders\" holds no query"),
      ("customers: select 1\norders: select 2\nsecrets: select 3\n", "m.yml:3:1: \"secrets\" is not known"),
      ("customers: \"\n", "m.yml:2:1: not YAML"),
    ])
  func brokenMapping(yaml: String, line: String) {
    let error = #expect(throws: (any Error).self) { try QueryMapping(yaml: yaml, path: "m.yml") }
    let description = error.map { "\($0)" }
    #expect(description?.hasPrefix(line) == true, "\(String(describing: error))")
    #expect(description?.contains("\n") == false)
  }
}
