import Postgres

/// How far the source of the raw tables was read, in `staging.source_cursors`.
struct LoadCursors: Sendable, Hashable {
  var cursors = SourceCursors()
  /// Carts in the raw tables; nil where nobody counted.
  var carts: Int64?
  /// The highest id of an order line since the table was last written as a whole; nil where nobody looked.
  var highestOrder: Int64?
  /// True where orders were left out because their customer was not known.
  var hasUnknown = false

  /// - Parameter ground: of the source, see ``ChangeSource/ground``; nil: it tells of no changes.
  static func read(_ ground: String?, _ connection: Connection) async throws -> LoadCursors {
    guard let ground else { return LoadCursors() }
    var found = LoadCursors()
    let rows = try await connection.query(
      "select kind, newest, carts, has_unknown, highest_order from staging.source_cursors where ground = $1",
      [.text(ground)]
    )
    for row in rows.rows {
      switch row[0].flatMap(RawLoad.Kind.init(rawValue:)) {
      case .customers: found.cursors.customers = row.integer(1)
      case .orders:
        found.cursors.orders = row.integer(1)
        found.carts = row.integer(2)
        found.hasUnknown = row.boolean(3) ?? false
        found.highestOrder = row.integer(4)
      case .products, .labels, nil: continue
      }
    }
    return found
  }

  /// True where orders that did not change have another row now: a product they take their category from has another one, or a
  /// customer came whose orders were left out.
  func needsAllOrders(_ connection: Connection) async throws -> Bool {
    let found = try await connection.query(
      """
      select exists (
        select from staging.incoming_products i full join staging.raw_products r on r.product_id = i.product_id
        where i.category is distinct from r.category
      ) or $1 and exists (
        select from staging.incoming_customers i left join staging.raw_customers r on r.customer_id = i.customer_id
        where r.customer_id is null and not i.is_deleted
      )
      """, [.boolean(hasUnknown)])
    return found.first?.boolean(0) ?? true
  }

  /// The cursors after a load.
  /// - Parameter changes: the kinds of which what changed alone was read.
  func advanced(by tally: LoadTally, _ changes: Set<RawLoad.Kind>, _ summary: LoadSummary) -> LoadCursors {
    // Where nobody looked at the stored lines, those that changed do not tell.
    let highest =
      changes.contains(.orders)
      ? highestOrder.map { max($0, tally.highestOrder ?? $0) } : tally.highestOrder
    func newest(_ kind: RawLoad.Kind, _ stage: LoadProgress.Stage, _ former: Int64?) -> Int64? {
      let moments = [changes.contains(kind) ? former : nil, tally.newest[stage]]
      return moments.compactMap { $0 }.max()
    }
    return LoadCursors(
      cursors: SourceCursors(
        customers: newest(.customers, .customers, cursors.customers),
        orders: newest(.orders, .orders, cursors.orders)), carts: summary.orders,
      highestOrder: highest,
      hasUnknown: summary.unknown > 0 || changes.contains(.orders) && hasUnknown)
  }

  /// Puts them in the place of all others, in the load's transaction.
  func store(_ ground: String?, _ connection: Connection) async throws {
    try await connection.execute("delete from staging.source_cursors")
    guard let ground else { return }
    for (kind, newest) in [(RawLoad.Kind.customers, cursors.customers), (.orders, cursors.orders)] {
      guard let newest else { continue }
      try await connection.query(
        """
        insert into staging.source_cursors (kind, ground, newest, carts, has_unknown, highest_order)
        values ($1, $2, $3, $4, $5, $6)
        """,
        [
          .text(kind.rawValue), .text(ground), .integer(newest), carts.map { .integer($0) } ?? .null,
          .boolean(hasUnknown), highestOrder.map { .integer($0) } ?? .null,
        ])
    }
  }
}
