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
  ///   - connection: not inside a transaction.
  ///   - rulesetDirectory: holds `ruleset.yml` and what it names; a `reference.yml` beside it is used where it was
  ///     fitted with this very ruleset.
  ///   - runID: written into each row.
  ///   - threads: customers scored side by side.
  ///   - progress: told how many customers are scored.
  /// - Throws: ``ScoringError`` for a mistake in the rules, `PostgresError` otherwise.
  public static func scoreDatabase(
    _ connection: Connection, rulesetDirectory: String, runID: Int64, threads: Int,
    progress: @Sendable (Int64) async throws -> Void = { _ in }
  ) async throws -> ScoringEngine.Summary {
    let files = try RulesetFiles.read(rulesetDirectory)
    let reference = try fittedReference(rulesetDirectory, version: files.ruleset.version)
    try await connection.execute("begin isolation level repeatable read")
    do {
      let summary = try await score(
        connection, files: files, reference: reference, runID: runID, threads: threads, progress: progress)
      try await connection.execute("commit")
      return summary
    } catch {
      // The first error is the one to report; a rollback fails only with the connection, which ends the transaction too.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }

  private static func score(
    _ connection: Connection, files: RulesetFiles, reference: Reference?, runID: Int64, threads: Int,
    progress: @Sendable (Int64) async throws -> Void
  ) async throws -> ScoringEngine.Summary {
    let source = DatabaseEvents(connection: connection)
    let engine = ScoringEngine(
      ruleset: files.ruleset, priors: files.priors, reference: reference, threads: threads)
    let prepared = try await engine.prepare(source)
    // A connection copies in one direction at a time: the rows, about a kilobyte a customer, wait for the reading to end.
    var rows: [[UInt8]] = []
    var scored: Int64 = 0
    let summary = try await engine.score(prepared, source) { assessments in
      var piece: [UInt8] = []
      for assessment in assessments {
        piece.append(
          contentsOf: FraudScoreRow.line(assessment, version: files.ruleset.version, runID: runID).utf8)
      }
      rows.append(piece)
      scored += Int64(assessments.count)
      try await progress(scored)
    }
    try await connection.execute("delete from staging.fraud_scores")
    try await connection.beginCopyIn("copy staging.fraud_scores (\(FraudScoreRow.columns)) from stdin")
    for piece in rows { try await connection.copyWrite(piece) }
    try await connection.copyFinish()
    return summary
  }

  /// The reference beside the ruleset; nil where there is none.
  static func fittedReference(_ directory: String, version: String) throws -> Reference? {
    let file = directory + "/reference.yml"
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
        escaped("{" + assessment.ruleHits.map { quoted($0) }.joined(separator: ",") + "}"), version,
        "\(runID)",
      ]
    return fields.joined(separator: "\t") + "\n"
  }

  static func json(_ evidences: [Evidence]) -> String {
    "["
      + evidences.map { evidence in
        let time = evidence.time.map { quoted(UTCTime.text($0)) } ?? "null"
        return "{\"factor\":\(quoted(evidence.factor.rawValue)),\"name\":\(quoted(evidence.name)),"
          + "\"contribution\":\(evidence.contribution),\"text\":\(quoted(evidence.text)),\"at\":\(time)}"
      }.joined(separator: ",") + "]"
  }

  /// A JSON string, which is also an element of an array literal.
  static func quoted(_ text: String) -> String {
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
