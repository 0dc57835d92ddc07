/// What the scoring concludes of one customer.
public struct CustomerAssessment: Sendable, Hashable {
  public let customerID: Int64
  /// Unbounded, for ordering: exactly the sum of `evidences`' contributions, added in their order.
  public let score: Double
  /// 0 to 1.
  public let composite: Double
  public let level: RiskLevel
  /// 1 (first) to 5.
  public let priority: Int
  /// The factor with the largest contribution; nil where there is no evidence.
  public let primaryFactor: Factor?
  /// In the order of ``Factor``: 0 to 1, nil: not evaluated for want of data.
  public let factorScores: [Double?]
  /// Largest first.
  public let evidences: [Evidence]
  /// Names of the hard rules among the evidences, in the order of the ruleset.
  public let ruleHits: [String]
}

/// One reason for a score.
public struct Evidence: Sendable, Hashable {
  public let factor: Factor
  /// Of the statistic, feedback or hard rule.
  public let name: String
  /// Nats; positive.
  public let contribution: Double
  /// The numbers in words.
  public let text: String
  /// Seconds since 1970 of the event that shows it best; nil for the profile and for made-up times.
  public let time: Double?
}

/// The score of one event, from what was known before it.
public struct EventScore: Sendable, Hashable {
  public let id: Int64
  public let customerID: Int64
  public let time: Double
  /// The event's own evidence: statistics, feedback and hard rules.
  public let own: Double
  /// `own` and what the customer's earlier events carry on to it; unbounded, for ordering.
  public let score: Double
  /// 0 to 1.
  public let composite: Double
  /// How the customer stands with this event: `own` and all that is carried for the customer. The largest standing,
  /// aged, is what the customer's score is made of.
  public let standing: Double
  /// The own evidence by factor, in the order of ``Factor``. With `carried` it adds up to the score.
  public let factors: InlineArray<6, Double>
  /// What earlier events of the customer put into the score.
  public let carried: Double
  /// The factors the event has data for, a bit each.
  let evaluated: UInt8

  /// The own evidence of a factor; nil: not evaluated for want of data.
  public subscript(factor: Factor) -> Double? {
    evaluated & (1 << UInt8(factor.index)) == 0 ? nil : factors[factor.index]
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.id == right.id && left.customerID == right.customerID && left.time == right.time
      && left.own == right.own && left.score == right.score && left.composite == right.composite
      && left.standing == right.standing && left.carried == right.carried && left.evaluated == right.evaluated
      && (0..<6).allSatisfy { left.factors[$0] == right.factors[$0] }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(customerID)
    hasher.combine(score)
  }
}
