/// Scores customers: a pure function of ruleset, reference, population and the customer's own events. Knows nothing of
/// files, databases or clocks; any number of customers can be scored side by side.
public struct Scorer: Sendable {
  public let ruleset: Ruleset
  public let reference: Reference
  public let population: Population
  let outcomes: CounterpartyOutcomes?
  /// Per statistic of an event: the value up to which it counts nothing.
  private let quiet: [Double]
  private let eventRules: [Int]
  private let customerRules: [Int]
  private let asOf: Double?

  /// Slots of contributions: the statistics of an event, two feedbacks, then the hard rules.
  static let counterpartySlot = Statistic.eventCount
  static let customerSlot = Statistic.eventCount + 1
  static let firstRuleSlot = Statistic.eventCount + 2

  /// What is less than this is neither shown nor counted.
  private static let leastContribution = 0.05

  /// - Parameters:
  ///   - suspendedRules: customer rules that hold for too many customers to tell anyone apart.
  ///   - asOf: the moment the scores speak of, seconds since 1970; nil: the population's newest event.
  public init(
    ruleset: Ruleset, reference: Reference, population: Population, outcomes: CounterpartyOutcomes? = nil,
    suspendedRules: Set<String> = [], asOf: Double? = nil
  ) {
    self.ruleset = ruleset
    self.reference = reference
    self.population = population
    self.outcomes = outcomes.flatMap { $0.isEmpty ? nil : $0 }
    self.asOf = asOf ?? population.lastTime
    quiet = reference.curves.map { $0.knot(atEvidence: ruleset.evidenceThreshold) }
    eventRules = ruleset.rules.indices.filter { ruleset.rules[$0].scope == .event }
    customerRules = ruleset.rules.indices.filter {
      ruleset.rules[$0].scope == .customer && !suspendedRules.contains(ruleset.rules[$0].name)
    }
  }

  /// Memory for one customer at a time; make one for each thread.
  public struct Workspace: Sendable {
    var state = CustomerState()
    var current: [Double] = []
    var carried: [Double] = []
    /// Of each slot, the event that put most into what is carried.
    var carriedFacts: [EventFacts] = []
    var carriedStrength: [Double] = []
    var peak: [Double] = []
    var peakFacts: [EventFacts] = []
    var ruleFired: [Double] = []
    /// Of each rule, the age weight of the firing that counts most, and its event.
    var ruleWeight: [Double] = []
    var ruleFacts: [EventFacts] = []

    public init() {}

    mutating func reset(slots: Int, rules: Int) {
      state.reset()
      current = Array(repeating: 0, count: slots)
      carried = current
      carriedStrength = current
      peak = current
      if carriedFacts.count != slots {
        carriedFacts = Array(repeating: EventFacts(), count: slots)
        peakFacts = carriedFacts
      }
      ruleFired = Array(repeating: -.infinity, count: rules)
      ruleWeight = Array(repeating: 0, count: rules)
      if ruleFacts.count != rules { ruleFacts = Array(repeating: EventFacts(), count: rules) }
    }
  }

  /// Scores one customer.
  /// - Parameters:
  ///   - events: ordered by time.
  ///   - onEvent: called for each event with its facts and score, in order.
  public func assess(
    _ profile: CustomerProfile, _ events: ArraySlice<ScoringEvent>, _ workspace: inout Workspace,
    onEvent: (EventFacts, EventScore) -> Void = { _, _ in }
  ) -> CustomerAssessment {
    workspace.reset(slots: Self.firstRuleSlot + ruleset.rules.count, rules: ruleset.rules.count)
    var evaluated: UInt8 = 0
    var eventCarried = 0.0
    var customerCarried = 0.0
    var lastTime = 0.0
    var bestScore = 0.0
    var bestWeight = 1.0
    var isSettled = false
    let isBlockListed = ruleset.blockList.concernsEvents

    for place in events.indices {
      let event = events[place]
      if !isSettled, workspace.state.isSettled(at: event) {
        isSettled = true
        if bestScore > 0 { bestScore = settle(&workspace) }
      }
      var facts = workspace.state.observe(event, of: profile, in: population, feedback: ruleset.feedback)
      if let outcomes, event.counterparty != 0, event.hasRealTime {
        facts.counterpartyFeedback = outcomes.evidence(event.counterparty, at: event.time)
      }
      // Made-up times tell nothing of what came soon after what.
      let pause = event.hasRealTime ? event.time - lastTime : .infinity
      if eventCarried > 0 { eventCarried *= ruleset.eventCarry.decay(seconds: pause) }
      if customerCarried > 0 {
        let decay = ruleset.customerCarry.decay(seconds: pause)
        // Below a millionth the rest is forgotten, so that a quiet customer costs nothing.
        customerCarried = customerCarried * decay < 1e-6 ? 0 : customerCarried * decay
        for slot in workspace.carried.indices {
          workspace.carried[slot] *= customerCarried > 0 ? decay : 0
          workspace.carriedStrength[slot] *= decay
        }
      }
      lastTime = event.time

      var factors = InlineArray<6, Double>(repeating: 0)
      var known = evaluatedFactors(facts)
      var own = statisticContributions(facts, &workspace.current, &factors)
      let counterpartyPart = ruleset.counterpartyFeedbackWeight * facts.counterpartyFeedback
      let customerPart = ruleset.customerFeedbackWeight * facts.customerFeedback
      workspace.current[Self.counterpartySlot] = counterpartyPart
      workspace.current[Self.customerSlot] = customerPart
      factors[Factor.behavioural.index] += counterpartyPart
      factors[Factor.profile.index] += customerPart
      let feedback = counterpartyPart + customerPart
      own += feedback
      let blocked = isBlockListed && ruleset.blockList.contains(event)
      for number in eventRules {
        let rule = ruleset.rules[number]
        var points = 0.0
        if event.time - workspace.ruleFired[number] >= rule.rearmHours * 3600,
          rule.condition.holds({ facts.value($0, isBlockListed: blocked) })
        {
          workspace.ruleFired[number] = event.time
          points = rule.points
          factors[rule.factor.index] += points
          let weight = ageWeight(event)
          if weight >= workspace.ruleWeight[number] {
            workspace.ruleWeight[number] = weight
            workspace.ruleFacts[number] = facts
          }
        }
        workspace.current[Self.firstRuleSlot + number] = points
        own += points
      }

      for index in 0..<6 where factors[index] > 0 { known |= 1 << UInt8(index) }
      evaluated |= known
      let carried = ruleset.eventCarry.weight * eventCarried
      let score = own + carried
      let standing = own + ruleset.customerCarry.weight * customerCarried
      onEvent(
        facts,
        EventScore(
          id: event.id, customerID: profile.id, time: event.time, own: own, score: score,
          composite: reference.eventScale.composite(score), standing: standing, factors: factors,
          carried: carried, evaluated: known))
      // Outcomes come again with every event by themselves: carried on as well, they would count twice.
      let fresh = own - feedback
      eventCarried += max(0, fresh - ruleset.eventCarry.threshold)

      if standing > bestScore * bestWeight {
        let weight = ageWeight(event)
        if standing * weight > bestScore * bestWeight {
          let (peak, peakFacts) = (workspace.peak, workspace.peakFacts)
          remember(facts, &workspace)
          let score = isSettled ? settle(&workspace) : standing
          if score * weight > bestScore * bestWeight {
            bestScore = score
            bestWeight = weight
          } else {
            workspace.peak = peak
            workspace.peakFacts = peakFacts
          }
        }
      }
      if fresh > ruleset.customerCarry.threshold {
        let excess = fresh - ruleset.customerCarry.threshold
        for slot in workspace.current.indices
        where workspace.current[slot] > 0 && slot != Self.counterpartySlot && slot != Self.customerSlot {
          let added = workspace.current[slot] * excess / fresh
          workspace.carried[slot] += added
          if added >= workspace.carriedStrength[slot] {
            workspace.carriedStrength[slot] = added
            workspace.carriedFacts[slot] = facts
          }
        }
        customerCarried += excess
      }
    }
    return conclude(profile, events, workspace, weight: bestWeight, evaluated: evaluated)
  }

  /// Computes the statistics alone, without scoring.
  func observe(
    _ profile: CustomerProfile, _ events: ArraySlice<ScoringEvent>, _ workspace: inout Workspace,
    onEvent: (EventFacts) -> Void
  ) {
    workspace.state.reset()
    for event in events {
      onEvent(workspace.state.observe(event, of: profile, in: population, feedback: ruleset.feedback))
    }
  }

  /// Old peaks count less: nothing has happened since.
  private func ageWeight(_ event: ScoringEvent) -> Double {
    guard event.hasRealTime, let asOf, asOf > event.time else { return 1 }
    return Mathematics.powerOfTwo(-(asOf - event.time) / (ruleset.ageHalfLifeDays * EventWindow.day))
  }

  private func statisticContributions(
    _ facts: borrowing EventFacts, _ current: inout [Double], _ factors: inout InlineArray<6, Double>
  ) -> Double {
    let parts = excess(facts.statistics)
    var sum = 0.0
    for index in 0..<Statistic.eventCount {
      let part = ruleset.weights[index] * parts[index]
      current[index] = part
      guard part > 0 else { continue }
      factors[Int(Self.factorOfStatistic[index])] += part
      sum += part
    }
    return sum
  }

  /// The factors the event has data for, a bit each.
  private func evaluatedFactors(_ facts: borrowing EventFacts) -> UInt8 {
    var known: UInt8 = facts.travelKilometres.isNaN ? 0 : 1 << UInt8(Factor.geographic.index)
    for index in 0..<Statistic.eventCount where !facts.statistics[index].isNaN {
      known |= 1 << Self.factorOfStatistic[index]
    }
    return known
  }

  /// What of one statistic exceeds the usual, before weights.
  func excess(_ statistic: Statistic, _ value: Double) -> Double {
    reference.curves[statistic.rawValue].excess(
      value, threshold: ruleset.evidenceThreshold, knot: quiet[statistic.rawValue], cap: ruleset.evidenceCap)
  }

  /// What of each statistic of an event exceeds the usual, before weights; of a family the strongest alone.
  @inline(__always)
  func excess(_ values: StatisticValues) -> InlineArray<18, Double> {
    var parts = InlineArray<18, Double>(repeating: 0)
    var isQuiet = true
    for index in 0..<Statistic.eventCount where values[index] > quiet[index] {
      isQuiet = false
      parts[index] = reference.curves[index].excess(
        values[index], threshold: ruleset.evidenceThreshold, knot: quiet[index], cap: ruleset.evidenceCap)
    }
    if !isQuiet { ruleset.keepStrongest(&parts) }
    return parts
  }

  private static let factorOfStatistic: [UInt8] = Statistic.allCases.map { UInt8($0.factor.index) }

  private func remember(_ facts: borrowing EventFacts, _ workspace: inout Workspace) {
    for slot in workspace.current.indices {
      let carried = ruleset.customerCarry.weight * workspace.carried[slot]
      let own = workspace.current[slot]
      workspace.peak[slot] = own + carried
      if own > 0, own >= ruleset.customerCarry.weight * workspace.carriedStrength[slot] {
        workspace.peakFacts[slot] = copy facts
      } else if carried > 0 {
        workspace.peakFacts[slot] = workspace.carriedFacts[slot]
      }
    }
  }

  private func conclude(
    _ profile: CustomerProfile, _ events: ArraySlice<ScoringEvent>, _ workspace: borrowing Workspace,
    weight: Double, evaluated: UInt8
  ) -> CustomerAssessment {
    var evaluated = evaluated
    // What is named is what counts.
    var hits: Set<Int> = []
    var evidences: [Evidence] = []
    let words = EvidenceWords(population: population)
    for slot in workspace.peak.indices {
      var facts = workspace.peakFacts[slot]
      var contribution = workspace.peak[slot] * weight
      if slot >= Self.firstRuleSlot {
        // A rule is evidence by itself: it counts wherever it fired, not at the worst order alone.
        let number = slot - Self.firstRuleSlot
        let alone = ruleset.rules[number].points * workspace.ruleWeight[number]
        if alone > contribution {
          contribution = alone
          facts = workspace.ruleFacts[number]
        }
        if contribution > Self.leastContribution { hits.insert(number) }
      }
      guard contribution > Self.leastContribution else { continue }
      let time = facts.hasRealTime ? facts.time : nil
      switch slot {
      case ..<Statistic.eventCount:
        let statistic = Statistic.allCases[slot]
        evidences.append(
          Evidence(
            factor: statistic.factor, name: statistic.name, contribution: contribution,
            text: words.text(statistic, facts), time: time))
      case Self.counterpartySlot:
        evidences.append(
          Evidence(
            factor: .behavioural, name: "counterparty_outcomes", contribution: contribution,
            text: words.counterpartyOutcomes(facts), time: time))
      case Self.customerSlot:
        evidences.append(
          Evidence(
            factor: .profile, name: "customer_outcomes", contribution: contribution,
            text: words.customerOutcomes(facts), time: time))
      default:
        let rule = ruleset.rules[slot - Self.firstRuleSlot]
        evidences.append(
          Evidence(
            factor: rule.factor, name: rule.name, contribution: contribution,
            text: EvidenceWords.fill(rule.text) { facts.value($0, isBlockListed: true) }, time: time))
      }
    }

    let facts = ProfileFacts(profile, events: events, in: population, ruleset: ruleset)
    for index in Statistic.eventCount..<Statistic.count where !facts.statistics[index].isNaN {
      let statistic = Statistic.allCases[index]
      evaluated |= 1 << UInt8(Factor.profile.index)
      let part = ruleset.weights[index] * excess(statistic, facts.statistics[index])
      guard part > Self.leastContribution else { continue }
      evidences.append(
        Evidence(
          factor: .profile, name: statistic.name, contribution: part, text: words.text(statistic, facts),
          time: nil))
    }
    if facts.isDisposable != nil { evaluated |= 1 << UInt8(Factor.profile.index) }
    for number in customerRules {
      let rule = ruleset.rules[number]
      guard rule.points > Self.leastContribution, rule.condition.holds(facts.value) else { continue }
      hits.insert(number)
      evaluated |= 1 << UInt8(rule.factor.index)
      evidences.append(
        Evidence(
          factor: rule.factor, name: rule.name, contribution: rule.points,
          text: EvidenceWords.fill(rule.text, facts.value), time: nil))
    }

    evidences.sort { ($1.contribution, $0.name) < ($0.contribution, $1.name) }
    let score = evidences.reduce(0) { $0 + $1.contribution }
    let composite = ruleset.customerScale.composite(score)
    let level = ruleset.level(composite)
    var byFactor = [Double](repeating: 0, count: Factor.allCases.count)
    for evidence in evidences { byFactor[evidence.factor.index] += evidence.contribution }
    var primary: Factor?
    for factor in Factor.allCases
    where byFactor[factor.index] > (primary.map { byFactor[$0.index] } ?? 0) { primary = factor }
    return CustomerAssessment(
      customerID: profile.id, score: score, composite: composite, level: level,
      priority: level.priority(composite: composite, mediumBound: ruleset.levelBounds[0]),
      primaryFactor: primary,
      factorScores: Factor.allCases.map { factor in
        evaluated & (1 << UInt8(factor.index)) == 0
          ? nil : ruleset.customerScale.composite(byFactor[factor.index])
      },
      evidences: evidences, ruleHits: hits.sorted().map { ruleset.rules[$0].name })
  }
}

extension Factor {
  /// The place in ``allCases``.
  @inline(__always) var index: Int {
    switch self {
    case .velocity: 0
    case .geographic: 1
    case .behavioural: 2
    case .profile: 3
    case .amount: 4
    case .temporal: 5
    }
  }
}
