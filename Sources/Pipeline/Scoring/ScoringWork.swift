import Postgres

/// One scoring of the database at work: reads from one connection and writes to another, both in transactions.
struct ScoringWork {
  let connection: Connection
  let reader: Connection
  let files: RulesetFiles
  let desk: DeskKnowledge
  let outcomes: CaseOutcomes
  let runID: Int64
  let threads: Int
  let now: Double?
  let progress: @Sendable (Int64) async throws -> Void

  private var ruleset: Ruleset {
    var ruleset = files.ruleset
    ruleset.blockList.formUnion(desk.blockList)
    return ruleset
  }

  private func engine(_ reference: Reference?) -> ScoringEngine {
    ScoringEngine(
      ruleset: ruleset, priors: files.priors, reference: reference, threads: threads,
      usesOutcomes: !outcomes.isEmpty, now: now ?? Clock.now)
  }

  /// Scores all customers by what they show themselves to be usual, and keeps that.
  /// - Parameter reference: fitted before; nil: fitted to these customers.
  mutating func scoreEveryone(_ reference: Reference?, ground: String) async throws -> ScoringEngine.Summary {
    let source = DatabaseEvents(connection: reader, outcomes: outcomes, allowed: desk.allowed)
    let engine = engine(reference)
    let prepared = try await engine.prepare(source)
    try await TouchedCustomers.addEveryone(
      and: "select customer_id from staging.raw_orders", connection)
    try await connection.execute("delete from staging.fraud_scores")
    var summary = try await write(engine, prepared, source)
    let usual = ScoringBaseline.Usual(
      population: prepared.scorer.population, reference: prepared.scorer.reference,
      customerScale: prepared.scorer.ruleset.customerScale, suspendedRules: prepared.suspendedRules,
      notes: summary.notes)
    try await finish(&summary, among: "")
    // Few data are scored by rank among all.
    if summary.events >= ReferenceSample.trusted {
      try await ScoringBaseline(usual: usual, runID: runID, ground: ground)
        .store(connection, overridden: try await DeskKnowledge.overridden(connection, now: now))
    } else {
      try await ScoringBaseline.forget(connection)
    }
    return summary
  }

  /// Scores the customers of a scope by what a former scoring took for usual.
  mutating func scoreChanged(_ scope: ScoringScope) async throws -> ScoringEngine.Summary {
    var baseline = scope.baseline
    var usual = baseline.usual
    let names = usual.population.categories.map(\.name)
    var source = DatabaseEvents(
      connection: reader, outcomes: outcomes, allowed: desk.allowed, extent: .read, categoryNames: names)
    var counter = PopulationCounter()
    var events = try await source.reader()
    while let batch = try await events.next() {
      for customer in batch.customers {
        counter.addAccount(customer.profile, batch.events[customer.events])
      }
      try Task.checkCancellation()
    }
    usual.population.accountsByDevice = counter.accountsByDevice
    usual.population.accountsByAddress = counter.accountsByAddress
    var ruleset = ruleset
    ruleset.customerScale = usual.customerScale
    let prepared = ScoringEngine.Prepared(
      scorer: Scorer(
        ruleset: ruleset, reference: usual.reference, population: usual.population,
        suspendedRules: Set(usual.suspendedRules)), summary: ScoringEngine.Summary(), kept: nil)
    source.extent = .scored
    try await TouchedCustomers.add(
      "select customer_id from staging.changed_customers where reach < 2", connection)
    try await connection.execute(
      """
      delete from staging.fraud_scores s using staging.changed_customers c
      where c.customer_id = s.customer_id and c.reach < 2
      """)
    var summary = try await write(engine(usual.reference), prepared, source)
    summary.scored = summary.customers
    summary.rulesetVersion = files.ruleset.version
    summary.notes =
      usual.notes + ["what is usual is as run \(baseline.runID) learnt it"]
    try await countLevels(&summary)
    try await finish(&summary, among: Self.changedAlone)
    baseline.changed += scope.changed
    try await baseline.store(connection, overridden: try await DeskKnowledge.overridden(connection, now: now))
    return summary
  }

  /// Scores while what is scored is written, so that no more than a few batches are in memory.
  private func write(
    _ engine: ScoringEngine, _ prepared: ScoringEngine.Prepared, _ source: DatabaseEvents
  ) async throws -> ScoringEngine.Summary {
    try await connection.beginCopyIn("copy staging.fraud_scores (\(FraudScoreRow.columns)) from stdin")
    let summary: ScoringEngine.Summary
    do {
      var scored: Int64 = 0
      summary = try await engine.score(prepared, source) { assessments in
        var piece: [UInt8] = []
        for assessment in assessments {
          piece.append(
            contentsOf: FraudScoreRow.line(assessment, version: files.ruleset.version, runID: runID).utf8)
        }
        try await connection.copyWrite(piece)
        scored += Int64(assessments.count)
        try await progress(scored)
      }
    } catch {
      // What made it end is what to report; a connection that cannot be told is lost, and its transaction with it.
      _ = try? await connection.copyAbort("the scoring failed")
      throw error
    }
    try await connection.copyFinish()
    return summary
  }

  /// What follows the scores: the levels that people set, and the history of the levels in force.
  private func finish(_ summary: inout ScoringEngine.Summary, among filter: String) async throws {
    summary.notes += desk.notes
    let overridden = try await DeskKnowledge.applyOverrides(connection, now: now)
    try await connection.query(Self.historyStatement(filter), [.integer(runID)])
    // Whose level a person no longer sets is among the changed customers.
    try await TouchedCustomers.add("select customer_id from desk.level_overrides", connection)
    if overridden > 0 {
      summary.notes.append("\(overridden) levels set by hand")
      try await countLevels(&summary)
    }
  }

  /// Counts all customers of the database, also those that were not scored now.
  private func countLevels(_ summary: inout ScoringEngine.Summary) async throws {
    let counts = try await connection.query(
      "select risk_level, count(*) from staging.fraud_scores group by risk_level")
    summary.levels = RiskLevel.allCases.map { level in
      counts.rows.first { $0[0] == level.rawValue }.flatMap { $0.integer(1) }.map { Int($0) } ?? 0
    }
    summary.customers = summary.levels.reduce(0, +)
  }

  /// Keeps what changed since the run of the same source before; a run that scores again replaces its own rows. Two
  /// sources may call different people by the same id, so they are not compared.
  /// - Parameter filter: which customers were scored, for both of its places.
  private static func historyStatement(_ filter: String) -> String {
    // SQL-safe: the filter is one of two constants.
    """
    insert into analytics.risk_history
      (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, scored_level, ruleset_version, evidences)
    select scores.customer_id, scores.run_id, now(), scores.score, scores.composite_risk_score, scores.risk_level,
      scores.scored_level, scores.ruleset_version, case when scores.composite_risk_score >= 0.15 then scores.evidences end
    from staging.fraud_scores scores
    left join (
      select distinct on (customer_id) customer_id, score, risk_level
      from analytics.risk_history
      left join monitoring.runs using (run_id)
      where \(filter) run_id < $1 and runs.source is not distinct from (select source from monitoring.runs where run_id = $1)
      order by customer_id, run_id desc
    ) former using (customer_id)
    where \(filter)
      (former.score is distinct from scores.score or former.risk_level is distinct from scores.risk_level)
    on conflict (customer_id, run_id) do update set
      scored_at = excluded.scored_at, score = excluded.score, composite_risk_score = excluded.composite_risk_score,
      risk_level = excluded.risk_level, scored_level = excluded.scored_level, ruleset_version = excluded.ruleset_version, evidences = excluded.evidences
    """
  }

  private static let changedAlone =
    "customer_id in (select customer_id from staging.changed_customers where reach < 2) and"
}
