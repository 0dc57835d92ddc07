/// The scores of a source as CSV (RFC 4180).
public struct ScoreTables: Sendable {
  /// One line an event: the score, its composite, the own evidence of each factor, and what earlier events carry: together the score.
  public internal(set) var events: String
  /// One line a customer and UTC day: the highest event.
  public internal(set) var days: String
  /// One line a customer.
  public internal(set) var customers: String
  public internal(set) var summary: ScoringEngine.Summary
}

extension ScoringEngine {
  /// Scores everything and keeps it as text.
  public func tables(of source: EventsInMemory) async throws -> ScoreTables {
    let prepared = try await prepare(source)
    let scorer = prepared.scorer
    let factorNames = Factor.allCases.map(\.rawValue).joined(separator: ",")
    var tables = ScoreTables(
      events: "event_id,customer_id,at,score,composite,\(factorNames),carried\n",
      days: "customer_id,day,score,composite,events\n",
      customers:
        "customer_id,score,composite,level,action,priority,primary_factor,\(factorNames),rules,reasons\n",
      summary: prepared.summary)
    var reader = source.reader()
    try await mapInOrder(&reader) { batch in
      var piece = (events: "", days: "", customers: "", assessments: [CustomerAssessment]())
      var workspace = Scorer.Workspace()
      for customer in batch.customers {
        var day: (day: Int, score: Double, composite: Double, count: Int)?
        func closeDay() {
          guard let day else { return }
          piece.days +=
            "\(customer.profile.id),\(UTCTime.day(day.day)),\(day.score),\(day.composite),\(day.count)\n"
        }
        let assessment = scorer.assess(customer.profile, batch.events[customer.events], &workspace) {
          facts, score in
          let factors = Factor.allCases.map { factor in score[factor].map { "\($0)" } ?? "" }
            .joined(separator: ",")
          let at = facts.hasRealTime ? UTCTime.text(score.time) : ""
          piece.events +=
            "\(score.id),\(score.customerID),\(at),\(score.score),\(score.composite),\(factors),\(score.carried)\n"
          let number = CalendarMoment(score.time).day
          if day?.day != number {
            closeDay()
            day = (number, 0, 0, 0)
          }
          day?.count += 1
          if score.score >= day?.score ?? 0 {
            day?.score = score.score
            day?.composite = score.composite
          }
        }
        closeDay()
        piece.customers += assessment.csvLine
        piece.assessments.append(assessment)
      }
      return piece
    } receive: { piece in
      tables.events += piece.events
      tables.days += piece.days
      tables.customers += piece.customers
      for assessment in piece.assessments { tables.summary.count(assessment) }
    }
    return tables
  }
}

extension Scorer {
  /// The assessment of one customer of a source; nil where there is no such customer.
  public func assess(_ customerID: Int64, in source: EventsInMemory) -> CustomerAssessment? {
    for batch in source.batches {
      guard let customer = batch.customers.first(where: { $0.profile.id == customerID }) else { continue }
      var workspace = Workspace()
      return assess(customer.profile, batch.events[customer.events], &workspace)
    }
    return nil
  }
}

extension CustomerAssessment {
  fileprivate var csvLine: String {
    let factors = factorScores.map { score in score.map { "\($0)" } ?? "" }.joined(separator: ",")
    let reasons = evidences.prefix(5).map(\.text).joined(separator: "; ")
      .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
    return "\(customerID),\(score),\(composite),\(level.rawValue),\(level.action),\(priority),"
      + "\(primaryFactor?.rawValue ?? ""),\(factors),\(ruleHits.joined(separator: " ")),\"\(reasons)\"\n"
  }

  /// The assessment with its reasons.
  public func explanation(rulesetVersion: String) -> Explanation {
    Explanation(
      customerID: customerID, score: score, composite: composite, level: level.rawValue, action: level.action,
      priority: Int64(priority), rulesetVersion: rulesetVersion,
      factors: zip(Factor.allCases, factorScores).map { .init(name: $0.rawValue, score: $1) },
      evidences: evidences.map {
        .init(
          factor: $0.factor.rawValue, contribution: $0.contribution, text: $0.text,
          time: $0.time.map(UTCTime.text))
      }, ruleHits: ruleHits)
  }
}

/// A customer's score with its reasons.
public struct Explanation: Sendable, Encodable {
  public struct FactorScore: Sendable, Encodable {
    public let name: String
    /// 0 to 1; nil: not evaluated.
    public let score: Double?
  }

  public struct Reason: Sendable, Encodable {
    public let factor: String
    public let contribution: Double
    public let text: String
    public let time: String?
  }

  public let customerID: Int64
  public let score: Double
  public let composite: Double
  public let level: String
  public let action: String
  public let priority: Int64
  public let rulesetVersion: String
  public let factors: [FactorScore]
  /// They add up to the score.
  public let evidences: [Reason]
  public let ruleHits: [String]

  /// Laid out for a terminal.
  public var text: String {
    var text = "customer \(customerID): \(level), \(action), priority \(priority)\n"
    text +=
      "score \(EvidenceWords.number(score)), composite \(EvidenceWords.number(composite)), ruleset \(rulesetVersion)\n"
    text += "\nfactors\n"
    for factor in factors {
      let share = factor.score.map { Int(($0 * 20).rounded()) } ?? 0
      let value = factor.score.map { EvidenceWords.number($0) } ?? "not evaluated"
      text += "  \(padded(factor.name, 14)) \(padded(value, 13)) \(String(repeating: "█", count: share))\n"
    }
    text += evidences.isEmpty ? "\nno evidence\n" : "\nevidence, adding up to the score\n"
    for evidence in evidences {
      text += "  \(right(EvidenceWords.number(evidence.contribution), 7))  \(padded(evidence.factor, 12)) "
      text += evidence.text + (evidence.time.map { " (\($0))" } ?? "") + "\n"
    }
    if !ruleHits.isEmpty { text += "\nrules: \(ruleHits.joined(separator: ", "))\n" }
    return text
  }
}
