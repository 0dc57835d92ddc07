/// The queries that a `postgres:` source reads, out of a mapping file:
///
///     customers: select id as customer_id, name as full_name, email from crm.people
///     orders: |
///       select id as order_id, person as customer_id, paid_at as ordered_at, amount as line_total
///       from shop.payments
///
/// `products` may be given too. Each query names its columns as `QueryColumn` lists them.
public struct QueryMapping: Sendable, Hashable {
  public var customers: String
  public var orders: String
  public var products: String?

  public init(customers: String, orders: String, products: String? = nil) {
    self.customers = customers
    self.orders = orders
    self.products = products
  }

  /// - Throws: `ExtractError` with the file, and the line where one is known.
  public init(file path: String) throws {
    let file = try ByteFile(path)
    var bytes: [UInt8] = []
    while let piece = try file.next() {
      bytes += piece
      guard bytes.count <= 1 << 20 else {
        throw QueryMapping.problem(path, "is longer than 1 MB")
      }
    }
    try self.init(yaml: String(decoding: bytes, as: UTF8.self), path: path)
  }

  init(yaml: String, path: String) throws {
    var queries: [String: String] = [:]
    for (key, value) in try DashboardNode.compose(yaml: yaml, file: path).pairs(of: "the mapping") {
      let name = key.node.string ?? ""
      let mark = key.node.mark
      let place = "\(path):\(mark?.line ?? 1):\(mark?.column ?? 1)"
      guard ["customers", "orders", "products"].contains(name) else {
        throw QueryMapping.problem(place, "\"\(name)\" is not known")
      }
      guard let query = value.node.scalar?.string, !query.allSatisfy(\.isWhitespace) else {
        throw QueryMapping.problem(place, "\"\(name)\" holds no query")
      }
      queries[name] = query
    }
    guard let customers = queries["customers"], let orders = queries["orders"] else {
      throw QueryMapping.problem(path, "a query is missing")
    }
    self.init(customers: customers, orders: orders, products: queries["products"])
  }

  private static func problem(_ place: String, _ problem: String) -> ExtractError {
    ExtractError(
      .badSpecification, place: place, problem: problem,
      advice: "give a query for customers and one for orders, see docs/sources.md")
  }
}

/// A column that a query of the mapping may have, and the type it is asked for in.
struct QueryColumn: Sendable, Hashable {
  enum Kind: Sendable, Hashable { case integer, text, amount, number, time, flag }

  let name: String
  let kind: Kind
  var isRequired = false

  /// The column as a select item; times as microseconds since 1970.
  var expression: String {
    switch kind {
    case .integer: "\(name)::bigint as \(name)"
    case .text: "\(name)::text as \(name)"
    case .amount: "round(\(name)::numeric, 2) as \(name)"
    case .number: "\(name)::double precision as \(name)"
    case .flag: "coalesce(\(name)::boolean, false)::integer as \(name)"
    case .time:
      // Neither infinity nor what lies far off fits the column.
      """
      case when \(name)::timestamptz >= '1900-01-01 00:00+00' and \(name)::timestamptz < '10000-01-01 00:00+00'
      then (extract(epoch from \(name)::timestamptz) * 1000000)::bigint end as \(name)
      """
    }
  }

  static let customers: [QueryColumn] =
    [QueryColumn(name: "customer_id", kind: .integer, isRequired: true)]
    + columns(
      .text,
      "full_name email phone bank_country ip_country birth_date gender city state country device ip")
    + columns(.number, "home_latitude home_longitude") + columns(.time, "signed_up_at changed_at")
    + columns(.flag, "deleted")

  static let orders: [QueryColumn] =
    [
      QueryColumn(name: "order_id", kind: .integer, isRequired: true),
      QueryColumn(name: "customer_id", kind: .integer, isRequired: true),
      QueryColumn(name: "ordered_at", kind: .time, isRequired: true),
      QueryColumn(name: "line_total", kind: .amount, isRequired: true),
    ]
    + columns(.integer, "cart_id product_id quantity") + columns(.amount, "price discount")
    + columns(.text, "product category counterparty region place device ip")
    + columns(.number, "latitude longitude") + columns(.time, "changed_at") + columns(.flag, "deleted")

  static let products: [QueryColumn] =
    [QueryColumn(name: "product_id", kind: .integer, isRequired: true)]
    + columns(.text, "title category brand") + columns(.amount, "price rating") + columns(.integer, "stock")

  private static func columns(_ kind: Kind, _ names: String) -> [QueryColumn] {
    names.split(separator: " ").map { QueryColumn(name: String($0), kind: kind) }
  }
}
