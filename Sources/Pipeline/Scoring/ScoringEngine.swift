/// Two or three passes over a source: what is usual, then the scores. The same bits come out with any number of threads.
public struct ScoringEngine: Sendable {
  public let ruleset: Ruleset
  public let priors: Reference
  /// A reference fitted before; nil: this reading is fitted to itself.
  public let reference: Reference?
  /// Batches scored side by side.
  public let threads: Int
  /// True: outcomes of earlier events count. Costs memory for each counterparty and day.
  public let usesOutcomes: Bool
  /// Seconds since 1970: scores speak of the newest event, and of a day after this moment at the latest; nil: no bound.
  public let now: Double?

  /// Data up to so many events are kept from the first pass instead of being read again.
  private static let keptEvents = 200_000

  public init(
    ruleset: Ruleset, priors: Reference, reference: Reference? = nil, threads: Int,
    usesOutcomes: Bool = false, now: Double? = nil
  ) {
    self.now = now
    self.ruleset = ruleset
    self.priors = priors
    self.reference = reference
    self.threads = max(1, threads)
    self.usesOutcomes = usesOutcomes
  }

  /// What was scored and on what ground.
  public struct Summary: Sendable {
    public var customers = 0
    /// How many of them were scored now; nil: all.
    public var scored: Int?
    public var events = 0
    /// Customers by level, in the order of ``RiskLevel``.
    public var levels = [Int](repeating: 0, count: RiskLevel.allCases.count)
    /// Customers of whom a factor could not be evaluated, in the order of ``Factor``.
    public var unevaluated = [Int](repeating: 0, count: Factor.allCases.count)
    public var rulesetVersion = ""
    /// What the scores rest on, and what was left out: one line each, for people.
    public var notes: [String] = []

    /// One line for the run log.
    public var description: String {
      let counts = zip(RiskLevel.allCases, levels).map { "\($1) \($0.rawValue)" }.joined(separator: ", ")
      let extent =
        scored.map { "\($0) of \(customers) customers scored" }
        ?? "\(customers) customers, \(events) orders"
      return (["\(extent): \(counts)"] + notes).joined(separator: "; ")
    }

    mutating func count(_ assessment: CustomerAssessment) {
      customers += 1
      levels[RiskLevel.allCases.firstIndex(of: assessment.level) ?? 0] += 1
      for index in unevaluated.indices where assessment.factorScores[index] == nil { unevaluated[index] += 1 }
    }
  }

  /// Everything the scoring of a source needs, made from its first passes.
  public struct Prepared: Sendable {
    public let scorer: Scorer
    public var summary: Summary
    /// The batches where they were kept.
    let kept: EventsInMemory?
    /// Customer rules that are left out.
    var suspendedRules: [String] = []
  }

  /// Counts the population, and fits the reference where none is given.
  public func prepare(_ source: some EventSource) async throws -> Prepared {
    var reader = try await source.reader()
    var counter = PopulationCounter()
    var outcomes = CounterpartyOutcomes(settings: ruleset.feedback)
    var ruleHolders = [Int](repeating: 0, count: ruleset.rules.count)
    var kept: [EventBatch]? = []
    while let batch = try await reader.next() {
      for customer in batch.customers {
        counter.add(customer.profile, batch.events[customer.events])
      }
      if usesOutcomes { outcomes.add(batch.events[...]) }
      kept?.append(batch)
      if counter.eventCount > Self.keptEvents { kept = nil }
      try Task.checkCancellation()
    }
    outcomes.finish()
    var counted = counter.population(categoryNames: reader.categoryNames)
    if let now, let last = counted.lastTime { counted.lastTime = min(last, now + EventWindow.day) }
    let population = counted
    let memory = kept.map { EventsInMemory(batches: $0, categoryNames: reader.categoryNames) }

    var summary = Summary()
    summary.rulesetVersion = ruleset.version
    summary.events = counter.eventCount
    if counter.syntheticCount > 0 {
      summary.notes.append(
        counter.syntheticCount == counter.eventCount
          ? "order times are made up: velocity, temporal and behavioural factors not evaluated"
          : "\(counter.syntheticCount) orders have made-up times, which no factor of time evaluates")
    }

    var fitted = reference
    let unscored = Scorer(ruleset: ruleset, reference: reference ?? priors, population: population)
    if fitted == nil || ruleset.rules.contains(where: { $0.scope == .customer && $0.largestShare < 1 }) {
      var sample = ReferenceSample(population: population)
      if let memory {
        try await fit(memory, unscored, &sample, &ruleHolders)
      } else {
        try await fit(source, unscored, &sample, &ruleHolders)
      }
      if fitted == nil {
        let own = sample.fit(ruleset: ruleset, priors: priors)
        summary.notes.append(sample.description(of: own))
        fitted = own
      }
    }
    var suspended: Set<String> = []
    for (rule, holders) in zip(ruleset.rules, ruleHolders) where rule.scope == .customer {
      guard Double(holders) > rule.largestShare * Double(max(1, counter.customerCount)) else { continue }
      suspended.insert(rule.name)
      summary.notes.append(
        "rule \(rule.name) holds for \(EvidenceWords.count(holders, "customer")), more than \(EvidenceWords.number(100 * rule.largestShare)) %: left out"
      )
    }
    func scorer(_ ruleset: Ruleset) -> Scorer {
      Scorer(
        ruleset: ruleset, reference: fitted ?? priors, population: population, outcomes: outcomes,
        suspendedRules: suspended)
    }
    guard let memory, reference == nil, counter.eventCount < ReferenceSample.trusted else {
      return Prepared(
        scorer: scorer(ruleset), summary: summary, kept: memory, suspendedRules: suspended.sorted())
    }
    var relative = ruleset
    relative.customerScale = Self.relativeScale(memory, scorer(ruleset))
    if relative.customerScale != ruleset.customerScale {
      summary.notes.append(
        "few data: medium and high are the most unusual tenth and thirtieth of the customers")
    }
    return Prepared(
      scorer: scorer(relative), summary: summary, kept: memory, suspendedRules: suspended.sorted())
  }

  /// Where data are too few for evidence to pile up, medium and high go by rank, so that there is something to look at
  /// first. Critical still takes the evidence the ruleset asks for.
  private static func relativeScale(_ memory: EventsInMemory, _ scorer: Scorer) -> CompositeScale {
    var workspace = Scorer.Workspace()
    var scores: [Double] = []
    for batch in memory.batches {
      for customer in batch.customers {
        scores.append(scorer.assess(customer.profile, batch.events[customer.events], &workspace).score)
      }
    }
    return relativeScale(of: scores, beside: scorer.ruleset.customerScale)
  }

  /// The scale at which the most unusual tenth of the scores is medium and the most unusual thirtieth high, where the given
  /// scale would ask for more.
  static func relativeScale(of scores: [Double], beside scale: CompositeScale) -> CompositeScale {
    let scores = scores.sorted()
    guard let last = scores.last, last > 0 else { return scale }
    var knots = scale.knots
    for (place, share) in [(0, 0.9), (1, 0.97)] {
      knots[place] = min(knots[place], max(0.2, scores[Int(Double(scores.count - 1) * share)]))
    }
    return CompositeScale(knots: knots)
  }

  private func fit(
    _ source: some EventSource, _ scorer: Scorer, _ sample: inout ReferenceSample, _ ruleHolders: inout [Int]
  ) async throws {
    var reader = try await source.reader()
    let empty = sample
    let ruleCount = ruleHolders.count
    try await mapInOrder(&reader) { batch in
      var part = empty
      var holders = [Int](repeating: 0, count: ruleCount)
      var workspace = Scorer.Workspace()
      for customer in batch.customers {
        let events = batch.events[customer.events]
        let facts = ProfileFacts(
          customer.profile, events: events, in: scorer.population, ruleset: scorer.ruleset)
        for (number, rule) in scorer.ruleset.rules.enumerated() where rule.scope == .customer {
          if rule.condition.holds(facts.value) { holders[number] += 1 }
        }
        guard part.takes(customer.profile.id) else { continue }
        part.add(profile: facts.statistics)
        scorer.observe(customer.profile, events, &workspace) { part.add($0) }
      }
      return (part, holders)
    } receive: { (part, holders) in
      sample.add(part)
      for number in ruleHolders.indices { ruleHolders[number] += holders[number] }
    }
  }

  /// Scores all customers of a prepared source, in the source's order.
  /// - Parameter receive: called with the assessments of one batch after another.
  public func score(
    _ prepared: Prepared, _ source: some EventSource,
    _ receive: ([CustomerAssessment]) async throws -> Void
  ) async throws -> Summary {
    if let kept = prepared.kept {
      return try await scoreAll(prepared, kept.reader(), receive)
    }
    return try await scoreAll(prepared, try await source.reader(), receive)
  }

  private func scoreAll(
    _ prepared: Prepared, _ reader: some EventReader, _ receive: ([CustomerAssessment]) async throws -> Void
  ) async throws -> Summary {
    var reader = reader
    var summary = prepared.summary
    let scorer = prepared.scorer
    try await mapInOrder(&reader) { batch in
      var workspace = Scorer.Workspace()
      return batch.customers.map { scorer.assess($0.profile, batch.events[$0.events], &workspace) }
    } receive: { (assessments: [CustomerAssessment]) in
      for assessment in assessments { summary.count(assessment) }
      try await receive(assessments)
    }
    for (factor, count) in zip(Factor.allCases, summary.unevaluated)
    where count == summary.customers && count > 0 {
      summary.notes.append("\(factor.rawValue): no data")
    }
    return summary
  }

  /// Works on batches side by side and hands the results on in the order of the batches.
  func mapInOrder<Reader: EventReader, Result: Sendable>(
    _ reader: inout Reader, _ transform: @escaping @Sendable (EventBatch) -> Result,
    receive: (Result) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var started = 0
      var handedOn = 0
      var waiting: [Int: Result] = [:]
      var isRead = false
      while true {
        while !isRead, started - handedOn < threads * 2 {
          guard let batch = try await reader.next() else {
            isRead = true
            break
          }
          let number = started
          started += 1
          group.addTask { (number, transform(batch)) }
        }
        guard let (number, result) = try await group.next() else { break }
        waiting[number] = result
        while let next = waiting.removeValue(forKey: handedOn) {
          handedOn += 1
          try await receive(next)
        }
        try Task.checkCancellation()
      }
    }
  }
}
