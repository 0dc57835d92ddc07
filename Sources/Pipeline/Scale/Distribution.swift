import Postgres

/// Puts the tables of a database on the nodes of its Citus cluster.
public enum Distribution {
  /// What was done.
  public enum Outcome: Sendable, Hashable {
    /// The server has no such extension in this database; nothing was changed.
    case notInstalled
    /// The tables placed now; none where all were placed before.
    case placed([String])
  }

  /// Places what is not placed, in one transaction.
  /// - Throws: `PostgresError`; nothing is changed then.
  public static func apply(on connection: Connection) async throws -> Outcome {
    let extensions = try await connection.query(
      "select 1 from pg_catalog.pg_extension where extname = 'citus'")
    guard extensions.rowCount > 0 else { return .notInstalled }
    let placed = Set(
      try await connection.query("select logicalrelid::oid::bigint from pg_catalog.pg_dist_partition").rows
        .compactMap { $0.integer(0) })
    let plan = try DistributionPlan(tables: try await tables(of: connection, placed: placed))
    return try await connection.transaction { connection in
      for step in plan.steps { try connection.query(step.statement) }
      return .placed(plan.steps.map(\.table.dotted))
    }
  }

  /// The tables of the schema.
  /// - Parameter placed: those that Citus knows, by oid.
  static func tables(
    of connection: Connection, placed: Set<Int64> = []
  ) async throws -> [DistributionPlan.Table] {
    try await connection.query(
      """
      select n.nspname, c.relname, c.oid::bigint from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('staging', 'analytics', 'restricted', 'desk') and c.relkind in ('r', 'p')
      order by n.nspname, c.relname
      """
    ).rows.map { row in
      DistributionPlan.Table(
        schema: row[0] ?? "", name: row[1] ?? "", isPlaced: row.integer(2).map(placed.contains) ?? false)
    }
  }
}
