import Foundation
import Postgres
import TestSupport

@testable import Pipeline

/// The shipped project built on forty made-up customers that together belong to every class the marts know.
///
/// Customer 39 has nothing but an id and no name, 40 never ordered; the latest order of all is customer 1's.
enum QueriesFixture {
  static let customers = 40

  /// Raw rows. Orders of customer c: 1 to 12, each of one to three lines of 10 * c, the last one 5 * (c - 1) days
  /// before the latest of all.
  static let rows = """
    insert into staging.raw_customers (customer_id, full_name, email, email_domain, phone, city, country,
      country_code, birth_year, home_latitude, home_longitude, is_masked, source)
    select c, 'A*** B***', 'a***@Example.com', 'Example.com', '***1234', 'Springfield',
      case c % 2 when 0 then 'United States' else 'Germany' end, case c % 2 when 0 then 'US' else 'DE' end,
      1960 + c, 10 + c, 20 + c, true, 'test'
    from generate_series(1, 38) c;
    insert into staging.raw_customers (customer_id, full_name, email, is_masked, source)
    values (39, ' ', '', true, 'test'), (40, 'C*** D***', null, true, 'test');

    insert into staging.raw_products (product_id, title, category, price, rating)
    select p, 'Product ' || p, 'Tools', 10 * p, 4.5 from generate_series(1, 39) p;

    insert into staging.raw_orders (order_id, cart_id, customer_id, product_id, product, category, quantity, price,
      discount, line_total, ordered_at, is_synthetic_time)
    select row_number() over (order by c, o, l), c * 100 + o, c, c, 'Product ' || c, 'Tools', 2, 10 * c, 50, 10 * c,
      timestamptz '2026-06-30 12:00+00' - make_interval(days => 5 * (c - 1) + o - 1), true
    from generate_series(1, 39) c, generate_series(1, 1 + c % 12) o, generate_series(1, 1 + (c + o) % 3) l;
    update staging.raw_orders set line_total = 12000, price = 12000 where customer_id in (2, 13, 30) and order_id % 3 = 0;

    insert into staging.fraud_scores (customer_id, score, composite_risk_score, risk_level, action_required,
      investigation_priority, primary_risk_factor, velocity_score, geographic_score, behavioural_score, profile_score,
      amount_score, temporal_score, evidences, rule_hits, ruleset_version, run_id)
    select c, c / 2.0, c / 41.0, level, action, priority,
      (array['velocity', 'geographic', 'behavioural', 'profile', 'amount', 'temporal'])[1 + c % 6],
      .1, case when c % 3 = 0 then .2 end, .3, .4, .5, .6,
      '[{"factor": "velocity", "name": "orders_24h", "contribution": 1.5, "text": "14 orders in 24 h"}]',
      case when c > 38 then array['burst'] else '{}' end, 'test', 1
    from generate_series(1, 40) c
    cross join lateral (
      select case when c > 38 then 'critical' when c > 34 then 'high' when c > 20 then 'medium' else 'low' end,
        case when c > 38 then 'BLOCK_IMMEDIATELY' when c > 34 then 'MANUAL_REVIEW' when c > 20
          then 'ENHANCED_MONITORING' else 'STANDARD' end,
        case when c > 38 then 1 when c > 34 then 2 when c > 20 then 3 else 5 end
    ) as classes (level, action, priority);

    insert into analytics.run_trends
    select r, timestamptz '2026-06-28 12:00+00' + make_interval(days => r), level, 10, 100, 2, 50
    from generate_series(1, 2) r, unnest(array['low', 'medium', 'high', 'critical']) level;
    insert into analytics.risk_history (customer_id, run_id, scored_at, score, composite_risk_score, risk_level,
      ruleset_version, evidences)
    select c, r, timestamptz '2026-06-28 12:00+00' + make_interval(days => r), abs(c - 20 * r), .5,
      case when c > 35 and r = 2 then 'high' else 'low' end, 'test',
      jsonb_build_array(jsonb_build_object('factor', 'amount', 'name', 'amount_day', 'contribution', r, 'text', 'run ' || r))
    from generate_series(2, 40) c, generate_series(1, 2) r;
    insert into analytics.newest_movers select * from analytics.movers_of_history(null);

    insert into staging.raw_labels values (40, 0, 'burst');
    insert into staging.rejects values (1, 'order', '7', 'no such customer', '2026-06-30');
    """

  static func project(_ connection: Connection, variables: [String: ConfigurationValue] = [:]) async throws
    -> Project
  {
    let database = try await connection.query("select current_database()").first?[0] ?? ""
    return try Project.read(
      Repository.path("queries"), target: ModelTarget(database: database), variables: variables)
  }

  /// Builds and publishes all models.
  static func build(_ connection: Connection, url: String, variables: [String: ConfigurationValue] = [:])
    async throws
  {
    let build = try await ShadowBuild.begin(
      try await project(connection, variables: variables),
      // As a run does it, so that the models are readable for whom they are.
      database: try ConnectionTarget.acting(url, as: Role.pipeline.name))
    let failed = try await build.materialise().filter { $0.status != .success }
    guard failed.isEmpty else {
      await build.abandon()
      throw BuildFailure(message: failed.map { "\($0.name): \($0.message)" }.joined(separator: "\n"))
    }
    _ = try await build.publish()
  }

  struct BuildFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
  }

  /// A database with the rows above, all models built.
  static func withMarts<Answer>(_ body: (Connection, String) async throws -> Answer) async throws -> Answer {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(rows)
      try await build(connection, url: url)
      return try await body(connection, url)
    }
  }

  static func rows(_ sql: String, _ connection: Connection) async throws -> [[String?]] {
    let result = try await connection.query(sql)
    return result.rows.map { row in (0..<result.columnCount).map { row[$0] } }
  }
}
