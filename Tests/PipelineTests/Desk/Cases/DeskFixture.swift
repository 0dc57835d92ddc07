import Foundation
import Postgres
import TestSupport

@testable import Pipeline

/// Cases and scores made up for the tests of the desk.
enum DeskFixture {
  /// A published mart of scores, and nothing else of the models.
  static let marts = """
    create table analytics.fraud_analytics as select customer_id, score, composite_risk_score, risk_level,
      action_required, investigation_priority, primary_risk_factor, evidences, rule_hits, ruleset_version, run_id,
      0::numeric as total_spent, 'Standard' as value_tier
    from staging.fraud_scores
    """

  /// What a keyed hash of an e-mail address looks like, another one a number.
  static func hash(_ number: Int64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 64 - digits.count) + digits
  }

  static func score(
    _ connection: Connection, customer: Int64, score: Double, level: RiskLevel, hits: [String] = [],
    evidences: String = "[]", run: Int64 = 1
  ) async throws {
    let exists = try await connection.query("select to_regclass('analytics.fraud_analytics') is not null")
    if exists.first?.boolean(0) != true { try await connection.execute(marts) }
    try await connection.query(
      "delete from analytics.fraud_analytics where customer_id = $1", [.integer(customer)])
    try await connection.query(
      """
      insert into analytics.fraud_analytics values ($1, $2, least($2::float8 / 50, 1), $3, $4, $5, 'velocity',
        $6::jsonb, $7::text[], 'test', $8, 100, 'VIP')
      """,
      [
        .integer(customer), .double(score), .text(level.rawValue), .text(level.action),
        .integer(Int64(level.usualPriority)), .text(evidences),
        .text("{" + hits.joined(separator: ",") + "}"),
        .integer(run),
      ])
  }

  /// Opens new cases by rows, numbers 1 to `count`, of customers of the same number.
  static func cases(_ count: Int, _ connection: Connection) async throws {
    try await connection.query(
      """
      insert into desk.cases (customer_id, case_id, state, opened_at, due_at, changed_at, run_id, priority, score,
        composite, level, action, primary_factor, rule_hits, evidences)
      select c, c, 'new', now(), now() + interval '4 hours', now(), 1, 1 + c % 2, 100.0 + c % 37, .9,
        (array['critical', 'high'])[1 + c % 2], 'BLOCK_IMMEDIATELY', 'velocity', '{}', '[]'
      from generate_series(1, $1::integer) c
      """, [.integer(Int64(count))])
  }

  static func desk(_ connection: Connection, _ name: String, at time: Double? = nil) -> CaseDesk {
    let actor = CaseActor(name: name, origin: "\(name)@test")
    guard let time else { return CaseDesk(connection: connection, actor: actor) }
    return CaseDesk(connection: connection, actor: actor, clock: { time })
  }

  static func error(_ body: () async throws -> Void) async -> CaseError? {
    do {
      try await body()
      return nil
    } catch { return error as? CaseError }
  }
}
