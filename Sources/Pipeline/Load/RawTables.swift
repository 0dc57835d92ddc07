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
    incomingColumns: RawRows.identityColumns + [RawRows.deletionColumn], entity: .customer, key: "customer_id"
  )
  static let orders = Table(
    incoming: "incoming_orders", columns: RawRows.orderColumns, incomingColumns: [RawRows.deletionColumn],
    entity: .order, key: "customer_id, order_id")
  static let products = Table(
    incoming: "incoming_products", columns: RawRows.productColumns, entity: .product, key: "product_id")
  static let labels = Table(
    incoming: "incoming_labels", columns: RawRows.labelColumns, entity: .label, key: "customer_id, order_id")

  /// Brings the raw tables to what the incoming ones hold, and lists in `staging.rejects` what does not fit.
  /// The connection is in the load's transaction.
  /// - Parameters:
  ///   - keepsIdentities: true where the incoming customers carry clear identities.
  ///   - rewrites: write every row anew, also those that are as they were.
  ///   - changes: the kinds of which the incoming tables hold what changed alone.
  ///   - former: of the load before, where it read the same source.
  static func replace(
    _ connection: Connection, runID: Int64, tally: LoadTally, keepsCartsTogether: Bool, keepsIdentities: Bool,
    rewrites: Bool, changes kinds: Set<RawLoad.Kind> = [], former: LoadCursors = LoadCursors()
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
    var changes = RawChanges(
      connection, runID: runID, rewrites: rewrites, changes: kinds, highestOrder: former.highestOrder)
    let customerCount = try await changes.bring(.customers)
    if keepsIdentities {
      try await changes.bring(.identities)
    } else {
      try await connection.execute("truncate restricted.identities")
    }
    let productCount = try await changes.bring(.products)
    let isWhole = kinds.isDisjoint(with: [.customers, .orders])
    let lineCount = try await changes.bring(isWhole ? .orders : .ordersAmongStored)
    let labelCount = try await changes.bring(.labels)
    let unknown =
      isWhole && lineCount == tally.lines
      ? 0
      : try await rejectUnknownCustomers(
        connection, runID: runID, known: isWhole ? "staging.incoming_customers" : "staging.raw_customers")
    let orders: Int64
    if kinds.contains(.orders), let carts = former.carts {
      orders = carts + changes.moreCarts
    } else if isWhole, keepsCartsTogether, unknown == 0, changes.repeated == 0 {
      orders = tally.carts
    } else {
      orders = try await countCarts(connection)
    }
    return LoadSummary(
      customers: customerCount, orders: orders, lines: lineCount, products: productCount, labels: labelCount,
      rejects: tally.rejectCount + changes.repeated + unknown, hasSyntheticTimes: tally.hasSyntheticTimes,
      digest: tally.digest.hex(), written: changes.written,
      unknown: unknown)
  }

  /// Keeps the first of the rows that share a key, in the order of the source (`ctid` of a table that was just filled).
  static func rejectRepeated(
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
  private static func rejectUnknownCustomers(
    _ connection: Connection, runID: Int64, known: String
  ) async throws -> Int64 {
    // SQL-safe: the table is one of two constants.
    return try await connection.query(
      """
      insert into staging.rejects (run_id, entity, record, reason, rejected_at)
      select $1, 'order', 'cart ' || l.cart_id || ', order ' || l.order_id,
        'its customer ' || l.customer_id || ' is unknown', now()
      from staging.incoming_orders l
      where not l.is_deleted and not exists (select from \(known) c where c.customer_id = l.customer_id)
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
