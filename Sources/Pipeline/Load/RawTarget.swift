/// A stored table and the rows that an extraction has for it.
struct RawTarget {
  /// With its schema.
  let table: String
  let columns: [String]
  let key: [String]
  /// Where several rows belong to a customer: they are compared as a whole first.
  let isByCustomer: Bool
  let incoming: RawTables.Table
  /// What to store in each column, of the incoming row `i` and what it is joined with.
  let values: [String]
  /// The incoming rows `i` that may be stored.
  let rows: String

  /// True where scores follow from the rows.
  var concernsScores: Bool { table == Self.customers.table || table == Self.orders.table }

  var isIdentities: Bool { table == Self.identities.table }

  /// The kind of record whose changes it takes; nil where a kind comes whole at any time.
  var kind: RawLoad.Kind? {
    switch incoming.entity {
    case .customer: .customers
    case .order: .orders
    case .product, .label: nil
    }
  }

  /// Name of the temporary table of its keys whose rows differ.
  var differing: String { "differing_" + (table.split(separator: ".").last.map(String.init) ?? "") }

  var columnList: String { columns.joined(separator: ", ") }
  var valueList: String { values.joined(separator: ", ") }

  /// Equality of the keys of two rows.
  func matches(_ left: String, _ right: String) -> String {
    key.map { "\(left).\($0) = \(right).\($0)" }.joined(separator: " and ")
  }

  /// Columns of a row, for a list.
  static func list(_ columns: [String], of row: String) -> String {
    columns.map { "\(row).\($0)" }.joined(separator: ", ")
  }

  private init(
    table: String, _ incoming: RawTables.Table, key: [String], isByCustomer: Bool = false,
    columns: [String]? = nil, values: [String]? = nil, rows: String? = nil
  ) {
    self.table = table
    self.incoming = incoming
    self.key = key
    self.isByCustomer = isByCustomer
    self.columns = columns ?? incoming.columns
    self.values = values ?? incoming.columns.map { "i.\($0)" }
    self.rows = rows ?? "staging.\(incoming.incoming) i"
  }

  static let customers = RawTarget(
    table: "staging.raw_customers", RawTables.customers, key: ["customer_id"],
    rows: "(select * from staging.incoming_customers where not is_deleted) i")
  static let identities = RawTarget(
    table: "restricted.identities", RawTables.customers, key: ["customer_id"],
    columns: ["customer_id", "full_name", "email", "phone"],
    values: ["i.customer_id", "i.clear_name", "i.clear_email", "i.clear_phone"],
    rows: """
      (
        select * from staging.incoming_customers
        where num_nonnulls(clear_name, clear_email, clear_phone) > 0 and not is_deleted
      ) i
      """)
  static let products = RawTarget(table: "staging.raw_products", RawTables.products, key: ["product_id"])
  /// Lines of customers that the source does not know are left out; a line without a category takes its product's.
  static let orders = orders(of: "staging.incoming_customers")
  /// The same where not all customers are incoming ones: those that are stored by then count.
  static let ordersAmongStored = orders(of: "staging.raw_customers")

  private static func orders(of customers: String) -> RawTarget {
    RawTarget(
      table: "staging.raw_orders", RawTables.orders, key: ["customer_id", "order_id"], isByCustomer: true,
      values: RawTables.orders.columns.map {
        $0 == "category" ? "coalesce(i.category, p.category)" : "i.\($0)"
      },
      // SQL-safe: a constant.
      rows: """
        (select * from staging.incoming_orders where not is_deleted) i
        join \(customers) c on c.customer_id = i.customer_id
        left join staging.incoming_products p on p.product_id = i.product_id
        """)
  }

  static let labels = RawTarget(
    table: "staging.raw_labels", RawTables.labels, key: ["customer_id", "order_id"], isByCustomer: true)
}
