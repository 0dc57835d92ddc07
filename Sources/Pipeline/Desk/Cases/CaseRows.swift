import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How cases, events and entries stand in the schema `desk`.
enum CaseRows {
  /// Columns of a case, its override and its customer. Joins by customer alone.
  static let columns = """
    c.case_id, c.customer_id, c.state, c.assignee, c.outcome, c.outcome_reason, extract(epoch from c.due_at)::float8,
    extract(epoch from c.closed_at)::float8, c.run_id, c.priority, c.score, c.composite, c.level, c.action,
    c.primary_factor, array_to_string(c.rule_hits, ','), extract(epoch from c.opened_at)::float8,
    extract(epoch from c.changed_at)::float8, c.version, coalesce(h.hours, 24), o.level,
    extract(epoch from o.until)::float8, o.reason, o.made_by, c.scored_level, c.level_set_by,
    extract(epoch from c.level_set_until)::float8
    """

  /// What ``columns`` reads from, with the cases as `c`.
  static let joins = """
    left join desk.due_hours h on h.priority = c.priority
    left join desk.level_overrides o on o.customer_id = c.customer_id and o.until > clock_timestamp()
    """

  /// A row of ``columns``, followed by name and country where they were asked for.
  static func fraudCase(_ row: Row) -> FraudCase? {
    guard let caseID = row.integer(0), let customerID = row.integer(1),
      let state = row[2].flatMap(CaseState.init(rawValue:)),
      let level = row[12].flatMap(RiskLevel.init(rawValue:))
    else { return nil }
    return FraudCase(
      caseID: caseID, customerID: customerID,
      workflow: CaseWorkflow(
        state: state, assignee: row[3], outcome: row[4].flatMap(CaseOutcome.init(rawValue:)),
        outcomeReason: row[5],
        dueAt: row.double(6) ?? 0, closedAt: row.double(7)),
      standing: CaseStanding(
        runID: row.integer(8) ?? 0, priority: Int(row.integer(9) ?? 5), score: row.double(10) ?? 0,
        composite: row.double(11) ?? 0, level: level, action: row[13] ?? "", primaryFactor: row[14],
        ruleHits: (row[15] ?? "").split(separator: ",").map(String.init),
        setting: LevelSetting(row[24], row[25], row.double(26))),
      openedAt: row.double(16) ?? 0, changedAt: row.double(17) ?? 0, version: row.integer(18) ?? 0,
      dueHours: row.double(19) ?? 24,
      override: row[20].flatMap(RiskLevel.init(rawValue:)).map {
        LevelOverride(level: $0, until: row.double(21) ?? 0, reason: row[22] ?? "", madeBy: row[23] ?? "")
      },
      name: row[27], country: row[28])
  }

  static let eventColumns = """
    event_id, case_id, customer_id, kind, extract(epoch from at)::float8, actor, database_role, origin, old::text,
    new::text, note, undoes
    """

  static func event(_ row: Row) -> CaseEvent? {
    guard let eventID = row.integer(0), let customerID = row.integer(2),
      let kind = row[3].flatMap(CaseEvent.Kind.init(rawValue:))
    else { return nil }
    return CaseEvent(
      eventID: eventID, caseID: row.integer(1), customerID: customerID, kind: kind, at: row.double(4) ?? 0,
      actor: row[5] ?? "", databaseRole: row[6] ?? "", origin: row[7] ?? "", old: fields(row[8]),
      new: fields(row[9]), note: row[10], undoes: row.integer(11))
  }

  /// The fields of an event as a JSON object of texts.
  static func json(_ fields: [String: String?]) -> String {
    JSONText.object(fields.sorted { $0.key < $1.key }.map { ($0.key, JSONText($0.value)) }).text
  }

  private static func fields(_ json: String?) -> [String: String?] {
    // A value written by hand that is no text is left out of the timeline, not the event.
    (try? JSONDecoder().decode([String: String?].self, from: Data((json ?? "{}").utf8))) ?? [:]
  }

  /// The moment a step is taken: the fixed one, or the server's clock.
  static func moment(_ fixed: Double?, _ connection: isolated Connection) throws -> Double {
    let found = try connection.query(
      "select coalesce($1::float8, extract(epoch from clock_timestamp()))::float8", [Bind(fixed)])
    return found.first?.double(0) ?? 0
  }

  static let snoozeColumns = "rule, extract(epoch from until)::float8, reason, made_by"

  static func snooze(_ row: Row) -> RuleSnooze {
    RuleSnooze(rule: row[0] ?? "", until: row.double(1) ?? 0, reason: row[2] ?? "", madeBy: row[3] ?? "")
  }

  static let entryColumns = "list, kind, value, extract(epoch from until)::float8, reason, made_by"

  static func entry(_ row: Row) -> ListEntry? {
    guard let list = row[0].flatMap(ListEntry.List.init(rawValue:)),
      let kind = row[1].flatMap(ListEntry.Kind.init(rawValue:))
    else { return nil }
    return ListEntry(
      list: list, kind: kind, value: row[2] ?? "", until: row.double(3), reason: row[4] ?? "",
      madeBy: row[5] ?? "")
  }
}
