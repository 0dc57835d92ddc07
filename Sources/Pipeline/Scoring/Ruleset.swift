/// Everything an analyst may change about the scoring, as `queries/risk/ruleset.yml` says it. A value: two equal
/// rulesets score alike.
public struct Ruleset: Sendable {
  /// One weight a statistic, in the order of ``Statistic``; at least 0.
  public var weights: [Double]
  /// Statistics that say nearly the same: of each family only the strongest counts for an event. Indices of
  /// ``Statistic``; statistics in no family stand alone.
  public var families: [[Int]]
  public var counterpartyFeedbackWeight: Double
  public var customerFeedbackWeight: Double
  /// Evidence up to this is usual and counts nothing (nats).
  public var evidenceThreshold: Double
  /// Evidence is cut here, so that no single statistic decides alone (nats).
  public var evidenceCap: Double
  /// What an event leaves behind for the score of the customer's next events, and for the customer's own score.
  public var eventCarry: Carry
  public var customerCarry: Carry
  /// The customer's highest score loses half its weight in so many days since.
  public var ageHalfLifeDays: Double
  /// Scores at which a customer's composite is 0.3, 0.6, 0.8 and 0.9.
  public var customerScale: CompositeScale
  /// Composites from which a customer is medium, high and critical.
  public var levelBounds: [Double]
  public var feedback: FeedbackSettings
  public var rules: [HardRule]
  public var blockList: BlockList
  /// Lower-case domains whose mailboxes are thrown away.
  public var disposableDomains: Set<String>
  /// SHA-256 of the files the ruleset was read from, 12 digits.
  public var version: String

  /// The risk level of a composite.
  public func level(_ composite: Double) -> RiskLevel {
    if composite >= levelBounds[2] { return .critical }
    if composite >= levelBounds[1] { return .high }
    return composite >= levelBounds[0] ? .medium : .low
  }
}

/// Evidence outlasts its event: what exceeds `threshold` (nats) is carried on, halves every `halfLifeHours` and counts
/// with `weight` in later scores.
public struct Carry: Sendable, Hashable {
  public var threshold: Double
  public var halfLifeHours: Double
  public var weight: Double

  public init(threshold: Double, halfLifeHours: Double, weight: Double) {
    self.threshold = threshold
    self.halfLifeHours = halfLifeHours
    self.weight = weight
  }

  @inline(__always) func decay(seconds: Double) -> Double {
    Mathematics.powerOfTwo(-max(0, seconds) / (halfLifeHours * 3600))
  }
}

public enum RiskLevel: String, Sendable, Hashable, CaseIterable {
  case low, medium, high, critical

  /// What is to be done, in the words of the published tables.
  public var action: String {
    switch self {
    case .low: "STANDARD"
    case .medium: "ENHANCED_MONITORING"
    case .high: "MANUAL_REVIEW"
    case .critical: "BLOCK_IMMEDIATELY"
    }
  }

  /// 1 (first) to 5; a low one in the upper half of its range comes before the rest.
  func priority(composite: Double, mediumBound: Double) -> Int {
    switch self {
    case .critical: 1
    case .high: 2
    case .medium: 3
    case .low: composite >= mediumBound / 2 ? 4 : 5
    }
  }
}

/// A condition that is evidence by itself, whatever is usual in the population.
public struct HardRule: Sendable, Hashable {
  public enum Scope: String, Sendable, Hashable, CaseIterable {
    case event, customer
  }

  public var name: String
  public var factor: Factor
  public var scope: Scope
  /// Nats added to the score.
  public var points: Double
  /// Words for people; `{feature}` stands for the feature's number.
  public var text: String
  public var condition: RuleCondition
  /// A rule that fired does not fire again for the customer within so many hours.
  public var rearmHours: Double
  /// A customer rule that holds for more than this share of all customers tells nobody apart and is left out.
  public var largestShare: Double
}

/// What must never pass: exact values, the device, address and counterparty ones as the source or masking writes them.
public struct BlockList: Sendable, Hashable {
  public var customers: Set<Int64> = []
  public var emailDomains: Set<String> = []
  /// ``stableHash(_:)`` of each.
  public var devices: Set<UInt64> = []
  public var ips: Set<UInt64> = []
  public var counterparties: Set<UInt64> = []

  public init() {}

  /// Adds the other list's values.
  mutating func formUnion(_ other: BlockList) {
    customers.formUnion(other.customers)
    emailDomains.formUnion(other.emailDomains)
    devices.formUnion(other.devices)
    ips.formUnion(other.ips)
    counterparties.formUnion(other.counterparties)
  }

  var concernsEvents: Bool { !devices.isEmpty || !ips.isEmpty || !counterparties.isEmpty }

  func contains(_ event: ScoringEvent) -> Bool {
    devices.contains(event.device) || ips.contains(event.ip) || counterparties.contains(event.counterparty)
  }

  func contains(_ profile: CustomerProfile) -> Bool {
    customers.contains(profile.id) || devices.contains(profile.device) || ips.contains(profile.ip)
      || profile.emailDomain.map { emailDomains.contains($0) } ?? false
  }
}
