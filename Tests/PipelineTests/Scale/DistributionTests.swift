import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Distributing the tables")
struct DistributionTests {
  private static func table(_ name: String, isPlaced: Bool = false) -> DistributionPlan.Table {
    let parts = name.split(separator: ".").map(String.init)
    return DistributionPlan.Table(schema: parts[0], name: parts[1], isPlaced: isPlaced)
  }

  @Test("customers come first, the others lie with them, small tables are on every node")
  func statements() throws {
    let plan = try DistributionPlan(
      tables: ["analytics.risk_history", "staging.raw_customers", "staging.raw_products"].map {
        Self.table($0)
      })
    #expect(
      plan.steps.map(\.statement) == [
        #"select create_distributed_table('"staging"."raw_customers"', 'customer_id', colocate_with => 'none')"#,
        #"select create_distributed_table('"analytics"."risk_history"', 'customer_id', "#
          + #"colocate_with => '"staging"."raw_customers"')"#,
        #"select create_reference_table('"staging"."raw_products"')"#,
      ])
  }

  @Test("marts, incoming tables, cases and what is placed already are left alone")
  func leftAlone() throws {
    let plan = try DistributionPlan(
      tables: ["analytics.customer_segmentation", "staging.incoming_orders", "desk.cases"].map {
        Self.table($0)
      }
        + [Self.table("staging.raw_orders", isPlaced: true)])
    #expect(plan.steps.isEmpty)
  }

  @Test("every table of the schema that holds customer_id has its place, and a key that allows it")
  func everyTable() async throws {
    try await TestCluster.withSchema { connection, _ in
      let keys = try await connection.query(
        """
        select n.nspname || '.' || c.relname, coalesce((
          select bool_and(k.attnum = any(i.indkey::smallint[])) from pg_index i
          where i.indrelid = c.oid and i.indisunique), true)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute k on k.attrelid = c.oid and k.attname = 'customer_id'
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
        """)
      #expect(keys.rowCount >= 7)
      for row in keys.rows {
        let name = row[0] ?? ""
        let placement = DistributionPlan.placement(of: name)
        #expect(placement != nil, "\(name)")
        if placement == .distributed { #expect(row.boolean(1) == true, "\(name)") }
      }
    }
  }

  @Test("a database without the extension is not changed")
  func withoutExtension() async throws {
    try await TestCluster.withSchema { connection, _ in
      let before = try await Distribution.tables(of: connection)
      let outcome = try await Distribution.apply(on: connection)
      #expect(outcome == .notInstalled)
      let after = try await Distribution.tables(of: connection)
      #expect(after == before)
    }
  }
}
