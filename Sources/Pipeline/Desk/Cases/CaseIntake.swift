/// A customer of a published run as the decision about a case sees it.
struct CaseCandidate: Sendable {
  var customerID: Int64
  var score: Double
  /// As published: an override that held at the scoring is in it.
  var level: RiskLevel
  var priority: Int
  var ruleHits: [String]
  /// An override that holds now, and when it was made.
  var override: (level: RiskLevel, madeAt: Double)?
  var isBlocked = false
  var isAllowed = false
  /// Names of rules and statistics that are snoozed now.
  var snoozed: Set<String> = []
  /// What the evidences of the snoozed ones contribute to the score.
  var snoozedScore = 0.0
  /// An open case exists.
  var isOpen = false
  /// How the customer stood when the newest case was closed; nil: none was.
  var closed: Closed?

  struct Closed: Sendable, Hashable {
    var at: Double
    var score: Double
    var level: RiskLevel
    var ruleHits: [String]
  }
}

/// Decides whom the analysts have to look at after a run. Pure.
struct CaseIntake: Sendable {
  /// Scores from which customers of this run are high and critical; nil: none was.
  var highFrom: Double?
  var criticalFrom: Double?

  /// A case that was closed opens again when the score is at least so much higher than at the closing.
  static let reopeningGrowth = 1.1

  enum Decision: Sendable, Hashable {
    /// Open a case, or refresh the open one, with this priority.
    case open(priority: Int)
    case leave
  }

  func decision(_ candidate: CaseCandidate) -> Decision {
    let level = effectiveLevel(candidate)
    let priority =
      candidate.override.map { $0.level.usualPriority } ?? min(candidate.priority, level.usualPriority)
    if candidate.isOpen { return .open(priority: priority) }
    if let override = candidate.override {
      // A person's word goes before scores, rules and lists; once the case is closed, it has been dealt with.
      let isDealtWith = candidate.closed.map { $0.at >= override.madeAt } ?? false
      return override.level >= .high && !isDealtWith ? .open(priority: priority) : .leave
    }
    if candidate.isAllowed, !candidate.isBlocked { return .leave }
    let hits = candidate.ruleHits.filter { !candidate.snoozed.contains($0) }
    guard level >= .high || !hits.isEmpty else { return .leave }
    if let closed = candidate.closed {
      let isNew =
        level > closed.level || !Set(hits).isSubset(of: closed.ruleHits)
        || candidate.score - candidate.snoozedScore > closed.score * Self.reopeningGrowth
      guard isNew else { return .leave }
    }
    return .open(priority: priority)
  }

  /// The level without what is snoozed.
  private func effectiveLevel(_ candidate: CaseCandidate) -> RiskLevel {
    guard candidate.snoozedScore > 0 else { return candidate.level }
    let score = candidate.score - candidate.snoozedScore
    if let criticalFrom, score >= criticalFrom { return candidate.level }
    if let highFrom, score >= highFrom { return min(candidate.level, .high) }
    return min(candidate.level, .medium)
  }
}

extension RiskLevel: Comparable {
  /// Low comes first.
  public static func < (left: RiskLevel, right: RiskLevel) -> Bool { left.rank < right.rank }

  /// The priority of a case where nothing but the level is known, 1 (first) to 5.
  var usualPriority: Int {
    switch self {
    case .critical: 1
    case .high: 2
    case .medium: 3
    case .low: 5
    }
  }

  private var rank: Int {
    switch self {
    case .low: 0
    case .medium: 1
    case .high: 2
    case .critical: 3
    }
  }
}
