import Pipeline

@testable import Workstation

/// Made-up cases.
enum CaseFixtures {
  private static let now = Fixtures.now

  static func fraudCase(
    _ id: Int64, customer: Int64? = nil, state: CaseState = .new, assignee: String? = nil,
    outcome: CaseOutcome? = nil, level: RiskLevel = .critical, score: Double = 61.3, dueIn hours: Double = 3,
    rules: [String] = [], override: LevelOverride? = nil, version: Int64 = 1
  ) -> FraudCase {
    FraudCase(
      caseID: id, customerID: customer ?? 4_000 + id,
      workflow: CaseWorkflow(
        state: state, assignee: assignee, outcome: outcome,
        outcomeReason: outcome.map { _ in "bank confirms" },
        dueAt: now + hours * 3_600, closedAt: outcome.map { _ in now - 600 }),
      standing: CaseStanding(
        runID: 42, priority: level == .critical ? 1 : 2, score: score, composite: 0.87, level: level,
        action: level.action, primaryFactor: "velocity", ruleHits: rules),
      openedAt: now - 86_400, changedAt: now - 300, version: version, dueHours: 4, override: override,
      name: "M**** de la C***", country: "France")
  }

  static let cases = [
    fraudCase(11, dueIn: -2, rules: ["burst", "impossible_travel"]),
    fraudCase(12, state: .inReview, assignee: "ann", score: 58, version: 4),
    fraudCase(13, state: .escalated, score: 44.25, dueIn: 1),
    fraudCase(
      14, level: .high, score: 31,
      override: LevelOverride(level: .medium, until: now + 86_400, reason: "known", madeBy: "lea")),
    fraudCase(15, state: .inReview, assignee: "bob", level: .high, score: 24.5, dueIn: 20),
  ]

  static func queue(_ filter: CaseFilter) -> CaseQueue {
    var shown = cases
    if case .named(let name) = filter.assignee { shown = shown.filter { $0.workflow.assignee == name } }
    if !filter.levels.isEmpty { shown = shown.filter { filter.levels.contains($0.standing.level) } }
    if filter.isLateOnly { shown = shown.filter { $0.isLate(at: now) } }
    return CaseQueue(filter: filter, cases: shown, total: Int64(shown.count), open: 5, free: 2, late: 1)
  }

  /// Case 99 is closed, 404 does not exist.
  static func page(_ id: Int64) -> CasePage? {
    if id == 404 { return nil }
    let subject =
      cases.first { $0.caseID == id }
      ?? fraudCase(id, state: .closed, assignee: "bob", outcome: .falsePositive, version: 6)
    return CasePage(
      fraudCase: subject,
      evidences: [
        .init(factor: "velocity", name: "burst", contribution: 20, text: "9 orders in 1 h, usual 0.2 a day"),
        .init(factor: "geographic", name: "impossible_travel", contribution: 30, text: "1,920 km in 41 min"),
        .init(factor: "amount", name: "amount_over_own", contribution: 8, text: "480.00, 12 times the usual"),
      ],
      events: [
        event(1, .opened, by: "run 42", ago: 86_400, new: ["level": "critical", "score": "61.30"]),
        event(
          2, .taken, by: "ann", ago: 4_000, old: ["state": "new", "assignee": nil],
          new: ["state": "in_review", "assignee": "ann"]),
        event(3, .noted, by: "ann", ago: 300, note: "phone does not answer"),
      ],
      snoozes: [
        RuleSnooze(rule: "disposable_email", until: now + 86_400, reason: "a student", madeBy: "bob")
      ],
      entries: [
        ListEntry(list: .block, kind: .device, value: "ab12", until: nil, reason: "farm", madeBy: "lea")
      ],
      others: [fraudCase(3, state: .closed, assignee: "bob", outcome: .inconclusive)],
      identifiers: [
        .init(kind: .customer, value: "\(subject.customerID)"), .init(kind: .device, value: "ab12"),
      ])
  }

  private static func event(
    _ id: Int64, _ kind: CaseEvent.Kind, by actor: String, ago: Double, old: [String: String?] = [:],
    new: [String: String?] = [:], note: String? = nil
  ) -> CaseEvent {
    CaseEvent(
      eventID: id, caseID: 12, customerID: 4_012, kind: kind, at: now - ago, actor: actor,
      databaseRole: "riskdeck", origin: "\(actor)@desk, workstation", old: old, new: new, note: note,
      undoes: nil)
  }
}
