import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("The models of queries/")
struct ModelsTests {
  private static func segmentation(_ columns: String, _ id: Int, _ connection: Connection) async throws
    -> [String?]
  {
    try await QueriesFixture.rows(
      "select \(columns) from analytics.customer_segmentation where customer_id = \(id)", connection)[0]
  }

  @Test("every customer is in the marts, those without orders too, and no cent is lost")
  func completeness() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let totals = try await QueriesFixture.rows(
        """
        select (select count(*) from analytics.customer_segmentation), (select count(*) from analytics.fraud_analytics),
          (select sum(total_spent) from analytics.customer_segmentation)
            = (select sum(line_total) from staging.raw_orders),
          (select sum(customers) from analytics.dashboard_segments), (select sum(customers) from analytics.dashboard_risk),
          (select sum(customers) from analytics.dashboard_cohorts)
            = (select count(*) from analytics.customer_segmentation where first_order_at is not null)
        """, connection)
      #expect(totals == [["40", "40", "t", "40", "40", "t"]])
      let idle = try await Self.segmentation(
        """
        total_orders, total_spent, avg_order_value, customer_activity_score, retention_status, lifecycle_stage,
        customer_segment, value_tier, recency_score, last_order_at
        """, 40, connection)
      #expect(
        idle == ["0", "0.00", "0.00", "0.0", "No Orders", "0 - Prospect", "new", "Standard", "1", nil])
    }
  }

  @Test("an order is a cart, however many lines it has")
  func ordersAreCarts() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      // Customer 5: six carts of 1 + (5 + o) % 3 lines of 50 each.
      let row = try await Self.segmentation(
        "total_orders, total_lines, total_items, total_spent, avg_order_value, largest_order", 5, connection)
      #expect(row == ["6", "12", "24", "600.00", "100.00", "150.00"])
    }
  }

  @Test("recency counts from the latest order in the data, or from the variable as_of, never from the clock")
  func recency() async throws {
    try await QueriesFixture.withMarts { connection, url in
      let days = "days_since_last_order, retention_status"
      #expect(try await Self.segmentation(days, 1, connection) == ["0", "New Customer"])
      #expect(try await Self.segmentation(days, 11, connection) == ["50", "At Risk Customer"])
      #expect(try await Self.segmentation(days, 30, connection) == ["145", "Lost Customer"])
      try await QueriesFixture.build(
        connection, url: url, variables: ["as_of": .string("2026-12-31 12:00+00")])
      #expect(try await Self.segmentation(days, 1, connection) == ["184", "Lost Customer"])
    }
  }

  @Test("building the same data twice gives the same tables")
  func repeatable() async throws {
    try await QueriesFixture.withMarts { connection, url in
      var digests: [[[String?]]] = []
      for _ in 0..<2 {
        try await QueriesFixture.build(connection, url: url)
        for table in [
          "customer_segmentation", "fraud_analytics", "high_value_customers", "dashboard_segments",
          "dashboard_risk", "dashboard_cohorts",
        ] {
          digests.append(
            try await QueriesFixture.rows(
              "select md5(string_agg(t::text, '|' order by t::text)) from analytics.\(table) t", connection))
        }
      }
      #expect(Array(digests.prefix(6)) == Array(digests.suffix(6)))
    }
  }

  @Test("blank text counts as missing, and an unnamed customer is named by the id")
  func blanks() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let row = try await QueriesFixture.rows(
        "select full_name, email, has_name, has_email, profile_completeness from analytics.stg_customer_profiles where customer_id in (1, 39) order by customer_id",
        connection)
      #expect(
        row == [
          ["A*** B***", "a***@Example.com", "t", "t", "1.00"], ["Customer 39", nil, "f", "f", "0.00"],
        ])
    }
  }

  @Test("customers who are equal score equal, and the scores use their whole range")
  func scores() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let unequal = try await QueriesFixture.rows(
        """
        select total_orders from analytics.customer_segmentation
        group by total_orders having count(distinct frequency_score) > 1
        """, connection)
      #expect(unequal.isEmpty)
      let range = try await QueriesFixture.rows(
        """
        select min(recency_score), max(recency_score), min(frequency_score), max(frequency_score),
          min(monetary_score), max(monetary_score) from analytics.customer_segmentation
        """, connection)
      #expect(range == [["1", "5", "1", "5", "1", "5"]])
    }
  }

  @Test("where every customer is alike, nobody scores above the lowest")
  func alike() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(
        """
        insert into staging.raw_customers (customer_id, is_masked, source) select c, true, 'test' from generate_series(1, 9) c;
        insert into staging.raw_orders (order_id, cart_id, customer_id, quantity, price, discount, line_total, ordered_at,
          is_synthetic_time) select c, c, c, 1, 5, 0, 5, '2026-06-30', false from generate_series(1, 9) c
        """)
      try await QueriesFixture.build(connection, url: url)
      let scores = try await QueriesFixture.rows(
        "select distinct recency_score, frequency_score, monetary_score from analytics.customer_segmentation",
        connection)
      #expect(scores == [["1", "1", "1"]])
    }
  }

  @Test("thresholds are variables of the project")
  func variables() async throws {
    try await QueriesFixture.withMarts { connection, url in
      #expect(try await Self.segmentation("value_tier", 5, connection) == ["Standard"])
      try await QueriesFixture.build(
        connection, url: url, variables: ["vip_spent": .integer(600), "premium_spent": .integer(600)])
      #expect(
        try await Self.segmentation("value_tier, customer_segment", 5, connection) == ["VIP", "premium"])
    }
  }

  @Test("high value customers are those above the lowest tier, each with its tier")
  func highValue() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let wrong = try await QueriesFixture.rows(
        """
        select customer_id from analytics.high_value_customers
        where customer_tier <> case when total_spent >= 10000 then 'Tier 1 - VIP' when total_spent >= 5000
          then 'Tier 2 - Premium' else 'Tier 3 - Gold' end
        """, connection)
      #expect(wrong.isEmpty)
      let counts = try await QueriesFixture.rows(
        """
        select (select count(*) from analytics.high_value_customers),
          (select count(*) from analytics.customer_segmentation where total_spent >= 2000)
        """, connection)
      #expect(counts[0][0] == counts[0][1] && counts[0][0] != "0")
    }
  }

  @Test("a customer without a score shows none, never the lowest")
  func unscored() async throws {
    try await QueriesFixture.withMarts { connection, url in
      try await connection.execute(
        "delete from staging.fraud_scores where customer_id = 7; insert into staging.touched_customers values (7)"
      )
      try await QueriesFixture.build(connection, url: url)
      #expect(
        try await Self.segmentation("risk_level, composite_risk_score, score", 7, connection) == [
          nil, nil, nil,
        ])
      let summary = try await QueriesFixture.rows(
        "select sum(customers), sum(scored) from analytics.dashboard_risk", connection)
      #expect(summary == [["40", "39"]])
    }
  }

  @Test("an empty database builds to empty tables")
  func empty() async throws {
    try await TestCluster.withSchema { connection, url in
      try await QueriesFixture.build(connection, url: url)
      let counts = try await QueriesFixture.rows(
        "select count(*) from analytics.customer_segmentation union all select count(*) from analytics.dashboard_risk",
        connection)
      #expect(counts == [["0"], ["0"]])
    }
  }

  @Test("every column of every model is described, and every described column exists")
  func documentation() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let project = try await QueriesFixture.project(connection)
      for model in project.models {
        let columns = try await connection.query("select * from \(model.relation) limit 0").columns.map(
          \.name)
        #expect(model.documentation.columns.map(\.name) == columns, "\(model.name)")
        #expect(model.documentation.columns.allSatisfy { !$0.description.isEmpty }, "\(model.name)")
        #expect(model.documentation.description.contains("One row per"), "\(model.name)")
      }
    }
  }

  @Test("every column the customer list sorts by has an index that ends with customer_id")
  func indexes() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let indexed = try await QueriesFixture.rows(
        """
        select pg_get_indexdef(indexrelid) from pg_index
        where indrelid = 'analytics.customer_segmentation'::regclass
        """, connection
      ).compactMap { $0[0] }
      for field in CustomerListFields.all where field.name != "customer_id" {
        #expect(indexed.contains { $0.hasSuffix("(\(field.name), customer_id)") }, "\(field.name)")
      }
      #expect(indexed.contains { $0.contains("UNIQUE") && $0.hasSuffix("(customer_id)") })
    }
  }
}
