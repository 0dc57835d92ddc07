import Testing

@testable import Pipeline

/// SQL that makes one data test fail: at least one statement for each test of the shipped project.
struct PlantedFaults {
  let project: Project

  /// The statements, each of which alone must make the test fail; empty: no fault is known for a test of this kind.
  func statements(for test: DataTest) throws -> [String] {
    guard case .generic(let kind, _, _) = test.kind else { return Self.singular[test.name] ?? [] }
    guard let table = test.attachedNode.flatMap({ project.relation($0)?.description }) else { return [] }
    let column = test.columnName ?? ""
    let oneRow = "where ctid = (select ctid from \(table) limit 1)"
    let arguments = try ProjectRenderer(project).arguments(of: test)
    switch kind {
    case "not_null": return ["update \(table) set \(column) = null \(oneRow)"]
    case "unique", "unique_combination_of_columns":
      return ["insert into \(table) select * from \(table) limit 1"]
    case "accepted_values": return ["update \(table) set \(column) = 'planted' \(oneRow)"]
    case "relationships":
      return [
        "update \(table) set \(column) = -1 where ctid = (select ctid from \(table) where \(column) > 0 limit 1)"
      ]
    case "accepted_range":
      let step = column == "ordered_at" ? "interval '1 second'" : "1"
      let below = arguments["min_value"].map { "\($0.text) - \(step)" }
      let above = arguments["max_value"].map { "\($0.text) + \(step)" }
      return [below, above].compactMap { $0 }.map { "update \(table) set \(column) = \($0) \(oneRow)" }
    case "equal_row_count":
      return ["delete from \(table) \(oneRow)", "insert into \(table) select * from \(table) limit 1"]
    case "has_rows": return ["delete from \(table)"]
    case "constant_within":
      return [
        """
        update \(table) set \(column) = \(column) + interval '1 hour' where order_id = (
          select max(order_id) from \(table) group by cart_id having count(*) > 1 limit 1)
        """
      ]
    case "expression_is_true":
      return (Self.expressions[test.name] ?? []).map { "update \(table) set \($0) \(oneRow)" }
    default: return []
    }
  }

  /// Assignments to one row, by the name of the test.
  private static let expressions: [String: [String]] = [
    "raw_customers_masked_names_are_masked": ["full_name = 'Jane Doe'"],
    "raw_customers_masked_emails_are_masked": ["email = 'jane@example.com'"],
    "raw_customers_masked_phones_show_four_digits": ["phone = '+1 555 123 4567'"],
    "raw_customers_home_has_both_coordinates": [
      "home_latitude = null, home_longitude = 1", "home_latitude = 1, home_longitude = null",
    ],
    "raw_customers_country_code_is_alpha_2": ["country_code = 'usa'", "country_code = 'us'"],
    "raw_orders_line_total_follows_from_price": ["line_total = line_total + 1"],
    "raw_orders_place_has_both_coordinates": ["latitude = 1", "longitude = 1"],
    "rejects_reason_is_told": ["reason = ''"],
    "fraud_scores_high_risk_calls_for_action": [
      "risk_level = 'high', action_required = 'STANDARD'",
      "risk_level = 'critical', action_required = 'STANDARD'",
    ],
    "fraud_scores_evidences_are_a_list": ["evidences = '{}'"],
    "fraud_scores_ruleset_version_is_told": ["ruleset_version = ''"],
    "stg_customer_profiles_email_is_not_blank": ["email = ''"],
    "stg_customer_profiles_email_domain_is_lower_case": ["email_domain = 'Example.com'"],
    "stg_customer_profiles_phone_is_not_blank": ["phone = ''"],
    "stg_customer_profiles_country_code_is_alpha_2": ["country_code = 'u'"],
    "stg_orders_line_total_is_at_most_gross_total": ["line_total = gross_total + 1"],
    "stg_orders_category_is_lower_case": ["category = 'Tools'"],
    "stg_customer_metrics_first_order_is_not_after_last": [
      "first_order_at = '2026-06-02', last_order_at = '2026-06-01'"
    ],
    "stg_customer_metrics_no_orders_means_no_dates": [
      "total_orders = 0, last_order_at = '2026-06-01'", "total_orders = 1, last_order_at = null",
    ],
    "stg_customer_metrics_orders_hold_lines": ["total_lines = total_orders - 1"],
    "stg_customer_metrics_average_times_orders_is_total": [
      "total_spent = avg_order_value * total_orders + 1000"
    ],
    "customer_segmentation_last_order_is_not_after_as_of": ["last_order_at = as_of + interval '1 second'"],
    "customer_segmentation_vip_spent_more_than_standard": ["value_tier = 'VIP', total_spent = 1"],
    "customer_segmentation_no_orders_has_its_status": [
      "retention_status = 'No Orders', total_orders = 1", "retention_status = 'Stable', total_orders = 0",
    ],
    "customer_segmentation_tier_and_spending_agree": [
      "customer_tier = null, total_spent = 9999", "customer_tier = 'Tier 1 - VIP', total_spent = 1",
    ],
    "fraud_analytics_score_means_evidence": ["score = 5, evidences = '[]'"],
    "high_value_customers_at_risk_ordered_long_ago": [
      "retention_status = 'At Risk Customer', days_since_last_order = 1"
    ],
  ]

  private static let singular: [String: [String]] = [
    "revenue_reconciles": [
      "update staging.raw_orders set line_total = line_total + 0.01 where order_id = 1",
      "update analytics.customer_segmentation set total_spent = total_spent - 0.01 where customer_id = 1",
      "delete from analytics.fraud_analytics where customer_id = 2",
      "insert into analytics.dashboard_segments select * from analytics.dashboard_segments limit 1",
      "update analytics.dashboard_risk set total_spent = total_spent * 2",
    ],
    "high_value_customers_are_complete": [
      "delete from analytics.high_value_customers where customer_id = 30",
      "update analytics.high_value_customers set customer_tier = 'Tier 3 - Gold' where customer_id = 30",
      "insert into analytics.high_value_customers (customer_id, customer_tier) values (40, 'Tier 3 - Gold')",
    ],
  ]
}
