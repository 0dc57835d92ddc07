import Postgres

/// The raw tables, the incoming ones that an extraction fills first, and the way from these into those.
enum RawTables {
  struct Table {
    let incoming: String
    let columns: [String]
    /// Columns of the incoming table alone, behind the others.
    var incomingColumns: [String] = []
    let entity: Reject.Entity
    let key: String

    var copy: String {
      "copy staging.\(incoming) (\((columns + incomingColumns).joined(separator: ", "))) from stdin with (format binary)"
    }
  }

  static let customers = Table(
    incoming: "incoming_customers", columns: RawRows.customerColumns,
    incomingColumns: RawRows.identityColumns, entity: .customer, key: "customer_id")
  static let orders = Table(
    incoming: "incoming_orders", columns: RawRows.orderColumns, entity: .order, key: "customer_id, order_id")
  static let products = Table(
    incoming: "incoming_products", columns: RawRows.productColumns, entity: .product, key: "product_id")
  static let labels = Table(
    incoming: "incoming_labels", columns: RawRows.labelColumns, entity: .label, key: "customer_id, order_id")

  /// Fills the raw tables from the incoming ones, and `staging.rejects` with what does not fit.
  /// The connection is in the load's transaction.
  static func replace(
    _ connection: Connection, runID: Int64, tally: LoadTally, keepsCartsTogether: Bool
  ) async throws -> LoadSummary {
    try await connection.query("delete from staging.rejects where run_id = $1", [.integer(runID)])
    try await insert(tally.rejects, connection, runID: runID)
    // Without statistics the planner sorts all lines by customer instead of hashing the customers' ids.
    try await connection.execute(
      """
      analyze staging.incoming_customers (customer_id), staging.incoming_orders (customer_id, product_id),
        staging.incoming_products (product_id)
      """)
    for table in [customers, orders, labels] {
      // SQL-safe: tables are constants.
      try await connection.execute(
        "delete from staging.\(table.incoming) i using restricted.forgotten f where f.customer_id = i.customer_id"
      )
    }
    // From here on readers wait until the new rows are whole.
    try await connection.execute(
      "truncate staging.raw_orders, staging.raw_customers, staging.raw_products, staging.raw_labels, restricted.identities"
    )
    var repeated: Int64 = 0
    // SQL-safe: tables and columns are constants of this program, here and below.
    let customerCount = try await insert(
      customers, connection, runID: runID, &repeated,
      """
      insert into staging.raw_customers (\(list(customers))) select \(list(customers)) from staging.incoming_customers
      """)
    try await connection.execute(
      """
      insert into restricted.identities (customer_id, full_name, email, phone)
      select customer_id, clear_name, clear_email, clear_phone from staging.incoming_customers
      where num_nonnulls(clear_name, clear_email, clear_phone) > 0
      """)
    // SQL-safe: constants.
    let productCount = try await insert(
      products, connection, runID: runID, &repeated,
      "insert into staging.raw_products (\(list(products))) select \(list(products)) from staging.incoming_products"
    )
    // SQL-safe: constants.
    let lineCount = try await insert(
      orders, connection, runID: runID, &repeated,
      """
      insert into staging.raw_orders (\(list(orders)))
      select \(orders.columns.map { $0 == "category" ? "coalesce(l.category, p.category)" : "l.\($0)" }
      .joined(separator: ", "))
      from staging.incoming_orders l
      join staging.incoming_customers c on c.customer_id = l.customer_id
      left join staging.incoming_products p on p.product_id = l.product_id
      """)
    // SQL-safe: constants.
    let labelCount = try await insert(
      labels, connection, runID: runID, &repeated,
      "insert into staging.raw_labels (\(list(labels))) select \(list(labels)) from staging.incoming_labels")
    let unknown = lineCount == tally.lines ? 0 : try await rejectUnknownCustomers(connection, runID: runID)
    try await connection.execute(
      "analyze staging.raw_customers, staging.raw_orders, staging.raw_products")
    let hasAllCarts = keepsCartsTogether && unknown == 0 && repeated == 0
    return LoadSummary(
      customers: customerCount, orders: hasAllCarts ? tally.carts : try await countCarts(connection),
      lines: lineCount, products: productCount, labels: labelCount,
      rejects: tally.rejectCount + repeated + unknown, hasSyntheticTimes: tally.hasSyntheticTimes,
      digest: tally.digest.hex())
  }

  private static func list(_ table: Table) -> String {
    table.columns.joined(separator: ", ")
  }

  /// Runs the insert; where a key exists twice, rejects all but the first of each and runs it again. The usual case
  /// of unique keys costs no pass of its own.
  private static func insert(
    _ table: Table, _ connection: Connection, runID: Int64, _ repeated: inout Int64, _ statement: String
  ) async throws -> Int64 {
    try await connection.execute("savepoint unique_keys")
    do {
      let count = try await connection.query(statement).affectedRows
      try await connection.execute("release savepoint unique_keys")
      return count
    } catch let error as PostgresError where error.sqlState == "23505" {
      try await connection.execute("rollback to savepoint unique_keys")
      repeated += try await rejectRepeated(table, connection, runID: runID)
      return try await connection.query(statement).affectedRows
    }
  }

  /// Keeps the first of the rows that share a key, in the order of the source (`ctid` of a table that was just filled).
  private static func rejectRepeated(
    _ table: Table, _ connection: Connection, runID: Int64
  ) async throws -> Int64 {
    let name =
      table.columns.contains("order_id")
      ? "'order ' || order_id || ' of customer ' || customer_id"
      : "'\(table.entity.rawValue) ' || \(table.key)"
    // SQL-safe: tables, keys and the name's expression are constants.
    return try await connection.query(
      """
      with ranked as (
        select ctid as row, row_number() over (partition by \(table.key) order by ctid) as occurrence
        from staging.\(table.incoming)
      ), removed as (
        delete from staging.\(table.incoming) t using ranked
        where ranked.row = t.ctid and ranked.occurrence > 1
        returning \(table.key)
      )
      insert into staging.rejects (run_id, entity, record, reason, rejected_at)
      select $1, $2, \(name), 'its key exists twice; the first one is kept', now() from removed
      """, [.integer(runID), .text(table.entity.rawValue)]
    ).affectedRows
  }

  /// Lists the lines of customers that the source does not know.
  private static func rejectUnknownCustomers(_ connection: Connection, runID: Int64) async throws -> Int64 {
    return try await connection.query(
      """
      insert into staging.rejects (run_id, entity, record, reason, rejected_at)
      select $1, 'order', 'cart ' || l.cart_id || ', order ' || l.order_id,
        'its customer ' || l.customer_id || ' is unknown', now()
      from staging.incoming_orders l
      where not exists (select from staging.incoming_customers c where c.customer_id = l.customer_id)
      """, [.integer(runID)]
    ).affectedRows
  }

  private static func countCarts(_ connection: Connection) async throws -> Int64 {
    let carts = try await connection.query(
      """
      select count(*) from (select distinct customer_id, cart_id from staging.raw_orders) carts
      """)
    return carts.first?.integer(0) ?? 0
  }

  private static func insert(_ rejects: [Reject], _ connection: Connection, runID: Int64) async throws {
    guard !rejects.isEmpty else { return }
    var copy = BinaryCopy()
    let now = try await connection.query("select (extract(epoch from now()) * 1000000)::bigint").first?
      .integer(0)
    try await connection.beginCopyIn(
      "copy staging.rejects (run_id, entity, record, reason, rejected_at) from stdin with (format binary)")
    for reject in rejects {
      copy.beginRow(columns: 5)
      copy.append(runID)
      copy.append(reject.entity.rawValue)
      copy.append(PrintableText.clean(reject.record))
      copy.append(PrintableText.clean(reject.reason))
      copy.append(timestamp: now)
      if copy.isWorthSending { try await connection.copyWrite(copy.take()) }
    }
    try await connection.copyWrite(copy.takeLast())
    try await connection.copyFinish()
  }
}
