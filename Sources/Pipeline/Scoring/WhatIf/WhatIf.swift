/// The stored reasons of all customers' scores, laid out so that the scores can be put together again with other numbers in
/// the time between two keys.
///
/// Every contribution is a weight times an excess, or a rule's points, so that it changes in proportion. What cannot change
/// is which order was a customer's worst: the scoring itself, when it runs with the new version, may find another one. A
/// weight or rule of 0 left no contributions, so nothing is known of what it would add.
public struct WhatIf: Sendable {
  /// The ruleset the scores were made with.
  public let ruleset: Ruleset
  public let customers: [Int64]
  /// 0 to 3 by customer, in the order of ``RiskLevel``.
  let levels: [UInt8]
  let scores: [Double]
  /// Whose level a person set: no number changes it.
  let setByHand: [Bool]
  /// Of the contributions of customer i: `starts[i] ..< starts[i + 1]`.
  let starts: [Int32]
  /// What each contribution comes from: an index into ``sources``.
  let slots: [UInt8]
  let contributions: [Double]
  /// The numbers contributions are in proportion to; the last slot is for what none is known of.
  let sources: [RulesetNumber]
  /// By customer: 1 confirmed fraud, 0 false positive, 2 not known.
  let outcomes: [UInt8]
  /// Medium and high go by rank, because the data are few.
  public let isRelative: Bool

  /// Collects customers one by one.
  public struct Builder {
    private let ruleset: Ruleset
    private var isRelative = false
    private let sources: [RulesetNumber]
    private let slotOfName: [String: UInt8]
    private var customers: [Int64] = []
    private var levels: [UInt8] = []
    private var scores: [Double] = []
    private var setByHand: [Bool] = []
    private var starts: [Int32] = [0]
    private var slots: [UInt8] = []
    private var contributions: [Double] = []
    private var outcomes: [UInt8] = []

    public init(ruleset: Ruleset) {
      self.ruleset = ruleset
      sources = ruleset.numbers.filter { $0.group != .levels && $0.group != .scale }
      var slotOfName: [String: UInt8] = [:]
      for (slot, number) in sources.enumerated() {
        slotOfName[number.evidenceName] = UInt8(clamping: slot)
      }
      self.slotOfName = slotOfName
    }

    /// - Parameters:
    ///   - composite: as stored: where it is not what the scale makes of the score, the scoring went by rank; nil: it is.
    ///   - evidences: `name contribution name contribution ...`.
    ///   - isFraud: what a closed case found; nil: nothing is known.
    ///   - isSetByHand: a person set the level.
    public mutating func add(
      customer: Int64, level: String, score: Double, composite: Double? = nil, evidences: Substring,
      isFraud: Bool?, isSetByHand: Bool = false
    ) {
      if let composite, abs(composite - ruleset.customerScale.composite(score)) > 1e-6 { isRelative = true }
      customers.append(customer)
      levels.append(UInt8(RiskLevel.allCases.firstIndex { $0.rawValue == level } ?? 0))
      scores.append(score)
      setByHand.append(isSetByHand)
      outcomes.append(isFraud.map { $0 ? 1 : 0 } ?? 2)
      var words = evidences.split(separator: " ").makeIterator()
      while let name = words.next(), let word = words.next() {
        slots.append(slotOfName[String(name)] ?? UInt8(clamping: sources.count))
        contributions.append(Double(word) ?? 0)
      }
      starts.append(Int32(contributions.count))
    }

    public func finish() -> WhatIf {
      WhatIf(
        ruleset: ruleset, customers: customers, levels: levels, scores: scores, setByHand: setByHand,
        starts: starts, slots: slots,
        contributions: contributions, sources: sources, outcomes: outcomes, isRelative: isRelative)
    }
  }

  /// What the numbers come to.
  public struct Outcome: Sendable, Hashable {
    /// Customers by level, in the order of ``RiskLevel``: as stored, and with the other numbers.
    public var before: [Int]
    public var after: [Int]
    /// Customers who go to a higher and to a lower level.
    public var up = 0
    public var down = 0
    /// The customers whose level changes, the largest change of the score first.
    public var movers: [Mover] = []
    /// Of the customers with a known outcome; nil: none is known.
    public var quality: Quality?
    public var qualityBefore: Quality?

    /// High and critical: what somebody has to look at.
    public var alerts: Int { after[2] + after[3] }
    public var alertsBefore: Int { before[2] + before[3] }
  }

  public struct Mover: Sendable, Hashable {
    public let customer: Int64
    public let levelBefore: RiskLevel
    public let levelAfter: RiskLevel
    public let scoreBefore: Double
    public let scoreAfter: Double
  }

  /// How well alerts find the confirmed frauds.
  public struct Quality: Sendable, Hashable {
    public let frauds: Int
    public let alertedFrauds: Int
    public let alertedOthers: Int

    /// Nil where nobody with a known outcome is alerted.
    public var precision: Double? {
      let alerted = alertedFrauds + alertedOthers
      return alerted > 0 ? Double(alertedFrauds) / Double(alerted) : nil
    }
    public var recall: Double? { frauds > 0 ? Double(alertedFrauds) / Double(frauds) : nil }
  }

  /// What is less than this is neither shown nor counted, as in the scoring.
  private static let leastContribution = 0.05
  private static let mostMovers = 200

  /// Puts all scores together with other numbers.
  public func outcome(_ tuning: RulesetTuning) -> Outcome {
    let levelOf = Levels(tuning, ruleset)
    let after = recomposed(tuning)
    let scale = Scale(tuning, ruleset, ranked: isRelative ? after : nil)
    var outcome = Outcome(before: [0, 0, 0, 0], after: [0, 0, 0, 0])
    var moved: [(place: Int32, size: Double, level: UInt8)] = []
    var alerted = (frauds: 0, others: 0)
    var alertedBefore = (frauds: 0, others: 0)
    var frauds = 0
    for place in customers.indices {
      let old = levels[place]
      let level = setByHand[place] ? old : levelOf.level(scale.composite(after[place]))
      outcome.before[Int(old)] += 1
      outcome.after[Int(level)] += 1
      if level != old {
        if level > old { outcome.up += 1 } else { outcome.down += 1 }
        moved.append((Int32(place), abs(after[place] - scores[place]), level))
      }
      let known = outcomes[place]
      guard known < 2 else { continue }
      frauds += Int(known)
      if level >= 2 { if known == 1 { alerted.frauds += 1 } else { alerted.others += 1 } }
      if old >= 2 { if known == 1 { alertedBefore.frauds += 1 } else { alertedBefore.others += 1 } }
    }
    moved.sort { ($1.size, $0.place) < ($0.size, $1.place) }
    outcome.movers = moved.prefix(Self.mostMovers).map { mover in
      Mover(
        customer: customers[Int(mover.place)], levelBefore: RiskLevel.allCases[Int(levels[Int(mover.place)])],
        levelAfter: RiskLevel.allCases[Int(mover.level)], scoreBefore: scores[Int(mover.place)],
        scoreAfter: after[Int(mover.place)])
    }
    if outcomes.contains(where: { $0 < 2 }) {
      outcome.quality = Quality(
        frauds: frauds, alertedFrauds: alerted.frauds, alertedOthers: alerted.others)
      outcome.qualityBefore = Quality(
        frauds: frauds, alertedFrauds: alertedBefore.frauds, alertedOthers: alertedBefore.others)
    }
    return outcome
  }

  /// The score of each customer.
  private func recomposed(_ tuning: RulesetTuning) -> [Double] {
    var proportions = sources.map { number -> Double in
      let base = ruleset.value(number) ?? 0
      return base > 0 ? tuning.value(number, in: ruleset) / base : 1
    }
    proportions.append(1)
    guard proportions.contains(where: { $0 != 1 }) else { return scores }
    var sums = [Double](repeating: 0, count: customers.count)
    var next = 0
    for customer in sums.indices {
      let end = Int(starts[customer + 1])
      var sum = 0.0
      while next < end {
        let contribution = contributions[next] * proportions[Int(slots[next])]
        if contribution > Self.leastContribution { sum += contribution }
        next += 1
      }
      sums[customer] = sum
    }
    return sums
  }

  /// The bounds of the levels.
  private struct Levels {
    let medium: Double
    let high: Double
    let critical: Double

    init(_ tuning: RulesetTuning, _ ruleset: Ruleset) {
      medium = tuning.value(RulesetNumber(.levels, "medium"), in: ruleset)
      high = tuning.value(RulesetNumber(.levels, "high"), in: ruleset)
      critical = tuning.value(RulesetNumber(.levels, "critical"), in: ruleset)
    }

    func level(_ composite: Double) -> UInt8 {
      composite >= critical ? 3 : composite >= high ? 2 : composite >= medium ? 1 : 0
    }
  }

  /// From scores to composites.
  private struct Scale {
    private let scale: CompositeScale

    init(_ tuning: RulesetTuning, _ ruleset: Ruleset, ranked: [Double]?) {
      let knots = ruleset.customerScale.knots.indices.map {
        tuning.value(RulesetNumber(.scale, String($0)), in: ruleset)
      }
      scale =
        ranked.map { ScoringEngine.relativeScale(of: $0, beside: CompositeScale(knots: knots)) }
        ?? CompositeScale(knots: knots)
    }

    func composite(_ score: Double) -> Double { scale.composite(score) }
  }
}
