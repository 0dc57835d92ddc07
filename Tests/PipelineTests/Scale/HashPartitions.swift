import Postgres
import TestSupport

@testable import Pipeline

/// The schema with its distributed tables cut by hash of customer_id, which refuses the same keys and upserts as Citus.
enum HashPartitions {
  static let count = 4

  /// Replaces the empty tables.
  static func apply(to connection: Connection) async throws {
    let tables = try await Distribution.tables(of: connection)
      .filter { DistributionPlan.placement(of: $0.dotted) == .distributed }
    for table in tables {
      let name = try quotedIdentifier(table.schema) + "." + quotedIdentifier(table.name)
      let plain = try quotedIdentifier(table.name + "_plain")
      let schema = try quotedIdentifier(table.schema)
      var script = """
        alter table \(name) rename to \(plain);
        create table \(name) (like \(schema).\(plain) including all) partition by hash (customer_id);
        alter table \(name) owner to riskdeck_pipeline;
        """
      // Identities are for few to see.
      if table.schema != "restricted" { script += "grant select on \(name) to riskdeck_viewer;" }
      for part in 0..<count {
        let partition = try quotedIdentifier("\(table.name)_\(part)")
        script += """
          create table \(schema).\(partition) partition of \(name)
            for values with (modulus \(count), remainder \(part));
          alter table \(schema).\(partition) owner to riskdeck_pipeline;
          """
      }
      script += "drop table \(schema).\(plain) cascade;"
      try await connection.execute(script)
    }
  }
}
