#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Postgres

/// Reads everything about one customer.
public enum CustomerPageReader {
  /// Order lines shown at most; the page says where there are more.
  static let mostOrderLines = 500
  static let peerCount = 5

  /// - Throws: ``DeskError`` where there is no such customer or nothing was published.
  public static func page(_ customerID: Int64, from connection: Connection) async throws -> CustomerPage {
    do {
      return try await DashboardReader.reading(connection) { connection in
        try read(customerID, connection)
      }
    } catch let error as PostgresError where error.isMissingRelation {
      throw DeskError.nothingPublished
    }
  }

  private static func read(_ customerID: Int64, _ connection: isolated Connection) throws -> CustomerPage {
    let id = Bind.integer(customerID)
    let mart = ValueTable(
      try connection.query("select * from analytics.customer_segmentation where customer_id = $1", [id]))
    guard let row = mart.rows.first else {
      throw DeskError(.notFound, "there is no customer \(customerID) in the published data")
    }
    let lines = try orderLines(id, connection)
    return CustomerPage(
      customerID: customerID,
      facts: facts.compactMap { fact in
        mart.columnIndex(fact.column).map {
          .init(caption: fact.caption, value: row[$0], format: fact.format)
        }
      },
      score: try score(id, connection), orders: Array(lines.prefix(mostOrderLines)),
      hasMoreOrders: lines.count > mostOrderLines, scoreHistory: try scoreHistory(id, connection),
      peers: try peers(id, connection), sections: try CaseReader.sections(of: customerID, connection),
      override: try CaseReader.override(of: id, connection))
  }

  /// The last fifty published scores that differ from the one before, of the source that is published now: another may
  /// call somebody else by the same id.
  static func scoreHistory(
    _ id: Bind, _ connection: isolated Connection
  ) throws -> [CustomerPage.ScorePoint] {
    let result = try connection.query(
      """
      select run_id, extract(epoch from published_at)::float8, composite_risk_score
      from analytics.risk_history inner join monitoring.publications using (run_id)
      where customer_id = $1
        and source = (select source from monitoring.publications order by run_id desc limit 1)
      order by run_id desc limit 50
      """, [id])
    return result.rows.reversed().compactMap { row in
      guard let runID = row.integer(0), let publishedAt = row.double(1), let composite = row.double(2) else {
        return nil
      }
      return CustomerPage.ScorePoint(runID: runID, publishedAt: publishedAt, composite: composite)
    }
  }

  private static let facts: [(column: String, caption: String, format: ValueFormat)] = [
    ("full_name", "Name", .plain), ("email", "E-mail", .plain), ("city", "City", .plain),
    ("country", "Country", .plain),
    ("customer_segment", "Segment", .plain), ("value_tier", "Value tier", .plain),
    ("customer_tier", "VIP tier", .plain), ("retention_status", "Retention", .plain),
    ("lifecycle_stage", "Lifecycle", .plain), ("customer_activity_score", "Activity", .decimal),
    ("activity_level", "Activity level", .plain), ("profile_completeness", "Profile completeness", .percent),
    ("total_spent", "Total spent", .currency), ("total_orders", "Orders", .integer),
    ("avg_order_value", "Average order", .currency), ("first_order_at", "First order", .date),
    ("last_order_at", "Last order", .date), ("days_since_last_order", "Days since", .integer),
    ("recency_score", "Recency (1-5)", .integer), ("frequency_score", "Frequency (1-5)", .integer),
    ("monetary_score", "Monetary (1-5)", .integer),
  ]

  private static func orderLines(
    _ id: Bind, _ connection: isolated Connection
  ) throws -> [CustomerPage.OrderLine] {
    let result = try connection.query(
      """
      select cart_id, extract(epoch from ordered_at)::float8, is_synthetic_time, product, category, quantity,
        line_total::float8
      from staging.raw_orders where customer_id = $1 order by ordered_at desc, order_id desc limit $2
      """, [id, .integer(Int64(mostOrderLines + 1))])
    return result.rows.map { row in
      CustomerPage.OrderLine(
        cartID: row.integer(0) ?? 0, orderedAt: row.double(1) ?? 0, isSyntheticTime: row.boolean(2) ?? false,
        product: row[3], category: row[4], quantity: row.integer(5) ?? 0, lineTotal: row.double(6) ?? 0)
    }
  }

  private static func peers(_ id: Bind, _ connection: isolated Connection) throws -> ValueTable {
    // Each branch walks the index on (total_spent, customer_id) from this customer outward and stops early.
    ValueTable(
      try connection.query(
        """
        with self as (
          select customer_id, customer_segment, total_spent from analytics.customer_segmentation where customer_id = $1
        ), nearby as (
          (select other.* from self join lateral (
            select * from analytics.customer_segmentation c
            where (c.total_spent, c.customer_id) > (self.total_spent, self.customer_id)
              and c.customer_segment = self.customer_segment
            order by c.total_spent, c.customer_id limit $2) other on true)
          union all
          (select other.* from self join lateral (
            select * from analytics.customer_segmentation c
            where (c.total_spent, c.customer_id) < (self.total_spent, self.customer_id)
              and c.customer_segment = self.customer_segment
            order by c.total_spent desc, c.customer_id desc limit $2) other on true)
        )
        select nearby.customer_id, nearby.full_name, nearby.country, nearby.total_orders, nearby.total_spent,
          nearby.customer_activity_score, nearby.risk_level, nearby.composite_risk_score,
          coalesce((to_jsonb(nearby) ->> 'level_set_by_hand')::boolean, false) as level_set_by_hand
        from nearby cross join self
        order by abs(nearby.total_spent - self.total_spent), nearby.customer_id limit $2
        """, [id, .integer(Int64(peerCount))]))
  }

  private static func score(_ id: Bind, _ connection: isolated Connection) throws -> CustomerScore? {
    let result = try connection.query(
      """
      select score, composite_risk_score, risk_level, action_required, investigation_priority, primary_risk_factor,
        velocity_score, geographic_score, behavioural_score, profile_score, amount_score, temporal_score,
        evidences::text, ruleset_version, to_jsonb(f) ->> 'scored_level', to_jsonb(f) ->> 'level_set_by',
        extract(epoch from (to_jsonb(f) ->> 'level_set_until')::timestamptz)::float8
      from analytics.fraud_analytics f where customer_id = $1
      """, [id])
    guard let row = result.first, let score = row.double(0), let composite = row.double(1),
      let level = row[2],
      let action = row[3]
    else { return nil }
    let factors = RiskFactorName.allCases.enumerated().map { index, factor in
      CustomerScore.FactorScore(factor: factor.rawValue, score: row.double(6 + index))
    }
    return CustomerScore(
      score: score, composite: composite, level: level, action: action,
      investigationPriority: row.integer(4) ?? 5, primaryFactor: row[5], factors: factors,
      evidences: try evidences(row[12] ?? "[]"), rulesetVersion: row[13] ?? "",
      setting: LevelSetting(row[14], row[15], row.double(16)))
  }

  static func evidences(_ json: String) throws -> [CustomerScore.ShownEvidence] {
    struct Stored: Decodable {
      let factor: String
      let name: String
      let contribution: Double
      let text: String
    }
    return try JSONDecoder().decode([Stored].self, from: Data(json.utf8)).map {
      CustomerScore.ShownEvidence(
        factor: $0.factor, name: $0.name, contribution: $0.contribution, text: $0.text)
    }
  }
}

/// The six factors in the order screens show them and the score columns stand.
enum RiskFactorName: String, CaseIterable {
  case velocity, geographic, behavioural, profile, amount, temporal
}
