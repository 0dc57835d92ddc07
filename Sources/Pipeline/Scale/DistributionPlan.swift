import Postgres

/// Where each table of the schema belongs on Citus, and the statements that put it there.
///
/// Distributed tables are cut by customer_id and lie together, so that what belongs to one customer is on one node.
/// Marts are made anew by each run and stay on the coordinator.
public struct DistributionPlan: Sendable, Hashable {
  /// A table as the database has it.
  public struct Table: Sendable, Hashable {
    public let schema: String
    public let name: String
    /// True where Citus has placed it already.
    public let isPlaced: Bool

    public init(schema: String, name: String, isPlaced: Bool = false) {
      self.schema = schema
      self.name = name
      self.isPlaced = isPlaced
    }

    var dotted: String { schema + "." + name }
  }

  public enum Placement: Sendable, Hashable {
    /// In parts, by customer_id.
    case distributed
    /// Whole, on every node.
    case reference
    /// On the coordinator alone.
    case local(reason: String)
  }

  public struct Step: Sendable, Hashable {
    public let table: Table
    /// To be sent by itself: Citus takes one statement a call.
    public let statement: String
  }

  /// The first distributed table; the others lie with it.
  private static let first = "staging.raw_customers"

  private static let placements: [String: Placement] = [
    first: .distributed,
    "staging.raw_orders": .distributed,
    "staging.raw_labels": .distributed,
    "staging.fraud_scores": .distributed,
    "staging.changed_customers": .distributed,
    "staging.touched_customers": .distributed,
    "analytics.risk_history": .distributed,
    "restricted.identities": .distributed,
    "staging.raw_products": .reference,
    "restricted.forgotten": .local(reason: "loads delete from the incoming tables by it"),
    "analytics.newest_movers": .local(reason: "some thousand rows that dashboards read beside the marts"),
  ]

  /// Where a table belongs; nil for one that is no part of the schema's customer data.
  /// - Parameter name: schema.table.
  public static func placement(of name: String) -> Placement? {
    if name.hasPrefix("desk.") {
      return .local(reason: "taking the next free case locks a row of many, which Citus refuses")
    }
    if name.hasPrefix("staging.incoming_") {
      return .local(reason: "a run fills it and empties it")
    }
    return placements[name]
  }

  public let steps: [Step]

  /// - Parameter tables: those of the database; what is placed already is left alone.
  /// - Throws: `PostgresError` where a name cannot be quoted.
  public init(tables: [Table]) throws(PostgresError) {
    var steps: [Step] = []
    // The one that the others are put beside comes first.
    let inOrder = tables.sorted {
      ($0.dotted == Self.first ? "" : $0.dotted) < ($1.dotted == Self.first ? "" : $1.dotted)
    }
    for table in inOrder where !table.isPlaced {
      let name = try Self.literal(table)
      switch Self.placement(of: table.dotted) {
      case .distributed:
        let companion =
          table.dotted == Self.first
          ? "'none'" : try Self.literal(Table(schema: "staging", name: "raw_customers"))
        steps.append(
          Step(
            table: table,
            statement:
              "select create_distributed_table(\(name), 'customer_id', colocate_with => \(companion))"))
      case .reference:
        steps.append(Step(table: table, statement: "select create_reference_table(\(name))"))
      case .local, nil: continue
      }
    }
    self.steps = steps
  }

  private static func literal(_ table: Table) throws(PostgresError) -> String {
    try quotedLiteral(try quotedIdentifier(table.schema) + "." + quotedIdentifier(table.name))
  }
}
