import Postgres
import Synchronization

/// Reads the reasons of all published scores.
public enum WhatIfReader {
  /// - Parameters:
  ///   - rules: the folder of the ruleset's files.
  /// - Throws: ``DeskError`` where nothing was scored, ``ScoringError`` where the ruleset of the scores is not kept any more,
  ///   `PostgresError` otherwise.
  public static func read(rules: String, from connection: Connection) async throws -> WhatIf {
    let facts = try await connection.query(
      """
      select (select ruleset_version from staging.fraud_scores limit 1), to_regclass('desk.cases') is not null
      """)
    guard let version = facts.first?[0] else { throw DeskError.nothingPublished }
    let files = try await RulesetStore.files(version: version, rules: rules, connection)
    let builder = Mutex(WhatIf.Builder(ruleset: files.ruleset))
    let hasCases = facts.first?.boolean(1) == true
    // SQL-safe: one of two fixed texts.
    try await connection.stream(
      """
      select s.customer_id, s.risk_level, s.score,
        coalesce((select string_agg((e ->> 'name') || ' ' || (e ->> 'contribution'), ' ' order by place)
          from jsonb_array_elements(s.evidences) with ordinality as t (e, place)), ''),
        \(hasCases ? "known.is_fraud" : "null::boolean"),
        s.composite_risk_score, s.scored_level is not null
      from staging.fraud_scores s
      \(hasCases ? outcomes : "")
      """
    ) { row in
      builder.withLock {
        $0.add(
          customer: row.integer(0) ?? 0, level: row[1] ?? "", score: row.double(2) ?? 0,
          composite: row.double(5),
          evidences: Substring(row[3] ?? ""), isFraud: row.boolean(4),
          isSetByHand: row.boolean(6) ?? false)
      }
    }
    return builder.withLock { $0.finish() }
  }

  /// What the newest closed case of a customer found.
  private static let outcomes = """
    left join (
      select distinct on (customer_id) customer_id, outcome = 'confirmed_fraud' as is_fraud
      from desk.cases where outcome in ('confirmed_fraud', 'false_positive')
      order by customer_id, closed_at desc, case_id desc
    ) known on known.customer_id = s.customer_id
    """
}
