import Postgres

/// The right to be forgotten: everything about one customer goes, and later loads pass the customer over.
public enum Erasure {
  /// A table and how many of its rows went.
  public struct Erased: Sendable, Hashable {
    public let table: String
    public let rows: Int64
  }

  /// Erases a customer from raw data, models, scores and history, in one transaction. The texts of cases are blanked, so that
  /// what was decided can still be counted.
  /// - Parameter origin: user@host, for the audit log.
  /// - Throws: ``AccessError`` where there is no such customer, `PostgresError`; nothing is changed then.
  public static func forget(
    _ customerID: Int64, origin: String, on connection: Connection
  ) async throws -> [Erased] {
    try await connection.transaction { connection in
      // A run at work would bring back what it has read already.
      let isFree = try connection.query(
        "select pg_try_advisory_xact_lock($1, $2)", AdvisoryLock.run.binds)
      guard isFree.first?.boolean(0) == true else {
        throw AccessError(
          .invalid, "a run is at work and may hold the customer's data; try again when it has ended")
      }
      try connection.query(
        """
        insert into restricted.forgotten (customer_id, forgotten_at) values ($1, now())
        on conflict (customer_id) do nothing
        """, [.integer(customerID)])
      let erased = try erase(customerID, connection)
      guard !erased.isEmpty else {
        throw AccessError(.notFound, "there is no customer \(customerID) in any table; nothing was changed")
      }
      // What tasks last worked on is not what is there now, and others may have shared a device with the customer.
      try connection.execute("delete from monitoring.task_inputs")
      try ScoringBaseline.forget(connection)
      try ValidationCounts.forget(connection)
      try await AuditLog.append(
        .forget, subject: "customer \(customerID)",
        detail: Dictionary(
          erased.map { ($0.table, "\($0.rows) rows") }, uniquingKeysWith: { first, _ in first }),
        origin: origin, on: connection)
      return erased
    }
  }

  private static func erase(_ customerID: Int64, _ connection: isolated Connection) throws -> [Erased] {
    var erased = try CaseErasure.blank(customerID, connection)
    for table in try tables(connection) {
      let name = "\(try quotedIdentifier(table.schema)).\(try quotedIdentifier(table.name))"
      // SQL-safe: quoted names.
      let rows = try connection.query(
        "delete from \(name) where \(try quotedIdentifier("customer_id")) = $1", [.integer(customerID)]
      ).affectedRows
      if rows > 0 { erased.append(Erased(table: "\(table.schema).\(table.name)", rows: rows)) }
    }
    return erased
  }

  /// Every table of the data that names customers: also those of models that were added.
  private static func tables(_ connection: isolated Connection) throws -> [(schema: String, name: String)] {
    try connection.query(
      """
      select n.nspname, c.relname from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'customer_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relispartition
        and pg_catalog.pg_has_role(c.relowner, 'usage')
        and n.nspname not in ('pg_catalog', 'information_schema', 'monitoring', 'audit', 'desk')
        and (n.nspname, c.relname) <> ('restricted', 'forgotten')
      order by n.nspname, c.relname
      """
    ).rows.map { ($0[0] ?? "", $0[1] ?? "") }
  }
}
