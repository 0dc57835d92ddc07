import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The station of the pipeline between the raw tables and the marts.
public enum DatabaseScoring {
  /// Scores all customers of the raw tables and replaces `staging.fraud_scores`, in one transaction: readers see all old
  /// scores or all new ones.
  /// - Parameters:
  ///   - connection: writes the scores; not inside a transaction.
  ///   - reader: another connection to the same database, not inside a transaction. It reads while the scores are written:
  ///     a connection copies in one direction at a time, and the rows of all customers would fill the memory.
  ///   - rulesetDirectory: holds `ruleset.yml` and what it names; a `reference.yml` beside it is used where it was
  ///     fitted with this very ruleset.
  ///   - runID: written into each row.
  ///   - threads: customers scored side by side.
  ///   - now: seconds since 1970, for what expires; nil: the server's clock.
  ///   - progress: told how many customers are scored.
  /// - Throws: ``ScoringError`` for a mistake in the rules, `PostgresError` otherwise.
  public static func scoreDatabase(
    _ connection: Connection, reader: Connection, rulesetDirectory: String, runID: Int64, threads: Int,
    now: Double? = nil, progress: @Sendable (Int64) async throws -> Void = { _ in }
  ) async throws -> ScoringEngine.Summary {
    // A version of the database has no fitted reference: it learns what is usual from what it scores.
    let isKept = try await RulesetStore.activeVersion(connection) != nil
    let files = try await RulesetStore.active(rules: rulesetDirectory, connection)
    let reference =
      isKept ? nil : try fittedReference(beside: rulesetDirectory, version: files.ruleset.version)
    return try await inTransaction(connection, "begin") {
      try await inTransaction(reader, "begin isolation level repeatable read, read only") {
        try await score(
          connection, reader: reader, files: files, reference: reference, runID: runID, threads: threads,
          now: now, progress: progress)
      }
    }
  }

  private static func inTransaction<Answer>(
    _ connection: Connection, _ begin: String, _ body: () async throws -> Answer
  ) async throws -> Answer {
    try await connection.execute(begin)
    do {
      let answer = try await body()
      try await connection.execute("commit")
      return answer
    } catch {
      // The first error is the one to report; a rollback fails only with the connection, which ends the transaction too.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }

  private static func score(
    _ connection: Connection, reader: Connection, files: RulesetFiles, reference: Reference?, runID: Int64,
    threads: Int, now: Double?, progress: @Sendable (Int64) async throws -> Void
  ) async throws -> ScoringEngine.Summary {
    let desk = try await DeskKnowledge.read(reader, now: now)
    var ruleset = files.ruleset
    ruleset.blockList.formUnion(desk.blockList)
    let source = DatabaseEvents(
      connection: reader, outcomes: try await CaseOutcomes.read(reader), allowed: desk.allowed)
    let engine = ScoringEngine(
      ruleset: ruleset, priors: files.priors, reference: reference, threads: threads,
      usesOutcomes: !source.outcomes.isEmpty)
    let prepared = try await engine.prepare(source)
    try await connection.execute("delete from staging.fraud_scores")
    try await connection.beginCopyIn("copy staging.fraud_scores (\(FraudScoreRow.columns)) from stdin")
    var summary: ScoringEngine.Summary
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
    try await connection.query(historyStatement, [.integer(runID)])
    summary.notes += desk.notes
    let overridden = try await DeskKnowledge.applyOverrides(connection, now: now)
    if overridden > 0 { summary.notes.append("\(overridden) levels set by hand") }
    return summary
  }

  /// The customers and orders of the raw tables in memory, with the orders that closed cases call fraud, for measuring.
  /// - Throws: ``ScoringError`` where no case has been closed as a confirmed fraud.
  public static func known(_ connection: Connection) async throws -> EventFiles.Loaded {
    try await inTransaction(connection, "begin isolation level repeatable read, read only") {
      let source = DatabaseEvents(
        connection: connection, outcomes: try await CaseOutcomes.read(connection))
      var reader = try await source.reader()
      var batches: [EventBatch] = []
      var known = EventFiles.Loaded(events: EventsInMemory(batches: [], categoryNames: [""]))
      known.hasLabels = true
      while var batch = try await reader.next() {
        for place in batch.events.indices {
          // A cart's number may come again with another customer.
          batch.events[place].id = Int64(known.eventCount)
          known.eventCount += 1
          if batch.events[place].outcome == .fraud { known.frauds[batch.events[place].id] = "case" }
          batch.events[place].outcome = .unknown
        }
        known.customerCount += batch.customers.count
        batches.append(batch)
      }
      guard !known.frauds.isEmpty else {
        throw ScoringError(
          .data,
          "no case has been closed as a confirmed fraud, so there is nothing to measure against; close cases, or name --source files:DIR"
        )
      }
      known.events = EventsInMemory(batches: batches, categoryNames: reader.categoryNames)
      return known
    }
  }

  /// Keeps what changed since the run of the same source before; a run that scores again replaces its own rows. Two
  /// sources may call different people by the same id, so they are not compared.
  private static let historyStatement = """
    insert into analytics.risk_history
      (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, ruleset_version, evidences)
    select scores.customer_id, scores.run_id, now(), scores.score, scores.composite_risk_score, scores.risk_level,
      scores.ruleset_version, case when scores.composite_risk_score >= 0.15 then scores.evidences end
    from staging.fraud_scores scores
    left join (
      select distinct on (customer_id) customer_id, score, risk_level
      from analytics.risk_history
      left join monitoring.runs using (run_id)
      where run_id < $1 and runs.source is not distinct from (select source from monitoring.runs where run_id = $1)
      order by customer_id, run_id desc
    ) former using (customer_id)
    where former.score is distinct from scores.score or former.risk_level is distinct from scores.risk_level
    on conflict (customer_id, run_id) do update set
      scored_at = excluded.scored_at, score = excluded.score, composite_risk_score = excluded.composite_risk_score,
      risk_level = excluded.risk_level, ruleset_version = excluded.ruleset_version, evidences = excluded.evidences
    """

  /// Learns what is usual from the raw tables.
  public static func fit(_ connection: Connection, _ engine: ScoringEngine) async throws -> Reference {
    try await inTransaction(connection, "begin isolation level repeatable read, read only") {
      try await engine.prepare(DatabaseEvents(connection: connection)).scorer.reference
    }
  }

  /// The stored score of a customer with its reasons; nil where there is none.
  public static func explanation(of customer: Int64, _ connection: Connection) async throws -> Explanation? {
    let scores = try await connection.query(
      """
      select score, composite_risk_score, risk_level, action_required, investigation_priority, ruleset_version,
        array_to_string(rule_hits, ','), velocity_score, geographic_score, behavioural_score, profile_score,
        amount_score, temporal_score
      from staging.fraud_scores where customer_id = $1
      """, [.integer(customer)])
    guard let row = scores.first else { return nil }
    let reasons = try await connection.query(
      """
      select e ->> 'factor', (e ->> 'contribution')::float8, e ->> 'text', e ->> 'at'
      from staging.fraud_scores, jsonb_array_elements(evidences) with ordinality as t (e, place)
      where customer_id = $1 order by place
      """, [.integer(customer)])
    return Explanation(
      customerID: customer, score: row.double(0) ?? 0, composite: row.double(1) ?? 0, level: row[2] ?? "",
      action: row[3] ?? "", priority: row.integer(4) ?? 0, rulesetVersion: row[5] ?? "",
      factors: Factor.allCases.map { .init(name: $0.rawValue, score: row.double(7 + $0.index)) },
      evidences: reasons.rows.map {
        .init(factor: $0[0] ?? "", contribution: $0.double(1) ?? 0, text: $0[2] ?? "", time: $0[3])
      },
      ruleHits: (row[6] ?? "").split(separator: ",").map(String.init))
  }

  /// The reference beside the ruleset; nil where there is none.
  /// - Parameter rules: the folder of the rules, or the ruleset's file in it.
  /// - Throws: ``ScoringError`` where it was fitted with another ruleset.
  public static func fittedReference(beside rules: String, version: String) throws -> Reference? {
    let folder =
      rules.hasSuffix(".yml")
      ? rules.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      : rules
    let file = (folder.isEmpty ? "." : folder) + "/reference.yml"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let fitted = try ReferenceFile.read(file)
    guard fitted.rulesetVersion == version else {
      throw ScoringError(
        .reference, place: file,
        "fitted with ruleset \(fitted.rulesetVersion ?? "?"), not \(version): run `riskdeck risk fit` again or delete it"
      )
    }
    return fitted.reference
  }
}

/// A row of `staging.fraud_scores` as COPY text.
enum FraudScoreRow {
  static let columns = """
    customer_id, score, composite_risk_score, risk_level, action_required, investigation_priority, \
    primary_risk_factor, velocity_score, geographic_score, behavioural_score, profile_score, amount_score, \
    temporal_score, evidences, rule_hits, ruleset_version, run_id
    """

  static func line(_ assessment: CustomerAssessment, version: String, runID: Int64) -> String {
    let null = "\\N"
    // In the order of the columns, not of the factors.
    let factors = [Factor.velocity, .geographic, .behavioural, .profile, .amount, .temporal]
      .map { assessment.factorScores[$0.index].map { "\($0)" } ?? null }
    let fields =
      [
        "\(assessment.customerID)", "\(assessment.score)", "\(assessment.composite)",
        assessment.level.rawValue, assessment.level.action, "\(assessment.priority)",
        assessment.primaryFactor?.rawValue ?? null,
      ] + factors + [
        escaped(json(assessment.evidences)),
        escaped("{" + assessment.ruleHits.map(arrayElement).joined(separator: ",") + "}"), version,
        "\(runID)",
      ]
    return fields.joined(separator: "\t") + "\n"
  }

  static func json(_ evidences: [Evidence]) -> String {
    "["
      + evidences.map { evidence in
        let time = evidence.time.map { JSONText.quoted(UTCTime.text($0)) } ?? "null"
        return
          "{\"factor\":\(JSONText.quoted(evidence.factor.rawValue)),\"name\":\(JSONText.quoted(evidence.name)),"
          + "\"contribution\":\(evidence.contribution),\"text\":\(JSONText.quoted(evidence.text)),\"at\":\(time)}"
      }.joined(separator: ",") + "]"
  }

  /// An element of an array literal; PostgreSQL knows no other escapes in one.
  static func arrayElement(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        quoted += "\\"
        quoted.unicodeScalars.append(scalar)
      case _ where scalar.value < 32: quoted += " "
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// COPY's own escape.
  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    return text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
  }
}
