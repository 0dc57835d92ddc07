import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The station of the pipeline between the raw tables and the marts.
public enum DatabaseScoring {
  /// Whom a scoring scores, and by what.
  public enum Extent: Sendable, Hashable {
    /// The customers that changed and those whose scores follow from theirs, by what a former scoring took for usual; where that
    /// holds no longer, or much changed, ``anew``.
    case changed
    /// Everyone by what a former scoring took for usual: the same scores as by ``changed``.
    case everyone
    /// Everyone; what is usual is learnt anew.
    case anew
  }

  /// Scores the customers of the raw tables into `staging.fraud_scores`, in one transaction: readers see all old scores or
  /// all new ones.
  /// - Parameters:
  ///   - connection: writes the scores; not inside a transaction.
  ///   - reader: another connection to the same database, not inside a transaction. It reads while the scores are written:
  ///     a connection copies in one direction at a time, and the rows of all customers would fill the memory.
  ///   - rulesetDirectory: holds `ruleset.yml` and what it names; a `reference.yml` beside it is used where it was
  ///     fitted with this very ruleset.
  ///   - runID: written into each row that is scored.
  ///   - threads: customers scored side by side.
  ///   - now: seconds since 1970, for what expires; nil: the server's clock.
  ///   - progress: told how many customers are scored.
  /// - Throws: ``ScoringError`` for a mistake in the rules, `PostgresError` otherwise.
  public static func scoreDatabase(
    _ connection: Connection, reader: Connection, rulesetDirectory: String, runID: Int64, threads: Int,
    extent: Extent = .anew, now: Double? = nil,
    progress: @escaping @Sendable (Int64) async throws -> Void = { _ in }
  ) async throws -> ScoringEngine.Summary {
    // A version of the database has no fitted reference: it learns what is usual from what it scores.
    let isKept = try await RulesetStore.activeVersion(connection) != nil
    let files = try await RulesetStore.active(rules: rulesetDirectory, connection)
    let reference =
      isKept ? nil : try fittedReference(beside: rulesetDirectory, version: files.ruleset.version)
    let desk = try await DeskKnowledge.read(connection, now: now)
    let outcomes = try await CaseOutcomes.read(connection)
    let ground = self.ground(files, reference, desk)
    var scope: ScoringScope?
    // The outcome of a case concerns everyone at the counterparties of its customer.
    if extent != .anew, outcomes.isEmpty,
      let baseline = try await ScoringBaseline.read(connection, ground: ground)
    {
      scope = try await ScoringScope.find(baseline, everyone: extent == .everyone, connection)
    }
    let found = scope
    return try await inTransaction(connection, "begin") {
      try await inTransaction(reader, "begin isolation level repeatable read, read only") {
        var work = ScoringWork(
          connection: connection, reader: reader, files: files, desk: desk, outcomes: outcomes, runID: runID,
          threads: threads, now: now, progress: progress)
        if let found { return try await work.scoreChanged(found) }
        return try await work.scoreEveryone(reference, ground: ground)
      }
    }
  }

  /// A text that changes with everything that scores rest on beside the customers.
  private static func ground(_ files: RulesetFiles, _ reference: Reference?, _ desk: DeskKnowledge) -> String
  {
    let fitted =
      reference.map { ReferenceFile(reference: $0, rulesetVersion: files.ruleset.version).yaml } ?? ""
    return Crypto.sha256Hex("\(files.ruleset.version)\n\(desk.ground)\n\(fitted)")
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
