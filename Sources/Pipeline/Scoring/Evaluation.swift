/// Measures a ruleset on events whose frauds are known: what is usual is learned from a first stretch of time, without
/// labels, and the last days are ranked. Labels never enter a score, unless outcomes are asked for: then those older than
/// the ruleset's delay do.
public struct Evaluation: Sendable {
  public struct Settings: Sendable {
    /// Days at the beginning that are too young to be typical.
    public var warmUpDays = 30.0
    /// Days at the end that are ranked.
    public var testDays = 50.0
    public var usesOutcomes = false
    /// Customers a day that can be looked at.
    public var dailyCapacity = 100
    public var threads = 2

    public init() {}

    /// Why nothing can be measured with these numbers; nil: it can.
    public var problem: String? {
      guard (1...36_500).contains(testDays) else { return "the ranked days must be from 1 to 36,500" }
      guard (0...36_500).contains(warmUpDays) else { return "the days to warm up must be from 0 to 36,500" }
      return dailyCapacity >= 1 ? nil : "the capacity must be at least 1 customer a day"
    }
  }

  /// One event of the ranked days.
  struct Scored: Sendable {
    var customer: Int64
    var day: Int
    var score: Double
    var composite: Double
    var standing: Double
    var factors: InlineArray<6, Double>
    var isFraud: Bool
    var kind: String?
  }

  public let settings: Settings
  public let files: RulesetFiles
  let data: EventFiles.Loaded
  private let referenceFrom: Double
  /// Nothing after this moment teaches what is usual.
  private let referenceUntil: Double
  private let testFrom: Double
  /// With outcomes where they are used.
  private let events: EventsInMemory

  /// - Throws: ``ScoringError`` where there are no labels, or too few days.
  public init(_ data: EventFiles.Loaded, files: RulesetFiles, settings: Settings) throws(ScoringError) {
    if let problem = settings.problem { throw ScoringError(.data, problem) }
    guard data.hasLabels else {
      throw ScoringError(.data, "the mapping names no label column, so there is nothing to measure against")
    }
    var first = Double.infinity
    var last = -Double.infinity
    for batch in data.events.batches {
      for event in batch.events {
        first = min(first, event.time)
        last = max(last, event.time)
      }
    }
    let day = EventWindow.day
    guard last > first else { throw ScoringError(.data, "there are no events to evaluate") }
    testFrom = ((last / day).rounded(.down) + 1 - settings.testDays) * day
    referenceUntil = testFrom - Double(files.ruleset.feedback.delayDays) * day
    referenceFrom = ((first / day).rounded(.down) + settings.warmUpDays) * day
    guard referenceUntil > referenceFrom + 7 * day else {
      throw ScoringError(
        .data,
        "\(Int((last - first) / day)) days are too few: \(Int(settings.warmUpDays)) to warm up, a week to learn, "
          + "\(files.ruleset.feedback.delayDays) of delay and \(Int(settings.testDays)) to rank")
    }
    self.settings = settings
    self.files = files
    self.data = data
    events = settings.usesOutcomes ? Self.withOutcomes(data) : data.events
  }

  private static func withOutcomes(_ data: EventFiles.Loaded) -> EventsInMemory {
    EventsInMemory(
      batches: data.events.batches.map { batch in
        var known = batch
        for place in known.events.indices where data.frauds[known.events[place].id] != nil {
          known.events[place].outcome = .fraud
        }
        return known
      }, categoryNames: data.events.categoryNames)
  }

  private func engine(_ ruleset: Ruleset) -> ScoringEngine {
    ScoringEngine(
      ruleset: ruleset, priors: files.priors, threads: settings.threads, usesOutcomes: settings.usesOutcomes)
  }

  /// A scorer that has seen the reference days alone, besides outcomes, which are told to each event by its own time.
  func scorer(_ ruleset: Ruleset) async throws -> Scorer {
    var counter = PopulationCounter()
    var outcomes = CounterpartyOutcomes(settings: ruleset.feedback)
    for batch in events.batches {
      for customer in batch.customers {
        let early = batch.events[customer.events].prefix { $0.time < referenceUntil }
        if !early.isEmpty { counter.add(customer.profile, early) }
      }
      if settings.usesOutcomes { outcomes.add(batch.events[...]) }
    }
    outcomes.finish()
    let population = counter.population(categoryNames: events.categoryNames)
    let unscored = Scorer(ruleset: ruleset, reference: files.priors, population: population)
    var sample = ReferenceSample(population: population, from: referenceFrom, until: referenceUntil)
    let empty = sample
    var reader = events.reader()
    try await engine(ruleset).mapInOrder(&reader) { batch in
      var part = empty
      var workspace = Scorer.Workspace()
      for customer in batch.customers where part.takes(customer.profile.id) {
        unscored.observe(customer.profile, batch.events[customer.events], &workspace) { part.add($0) }
      }
      return part
    } receive: {
      sample.add($0)
    }
    return Scorer(
      ruleset: ruleset, reference: sample.fit(ruleset: ruleset, priors: files.priors), population: population,
      outcomes: outcomes)
  }

  /// The events of the ranked days, customer by customer, and the assessment of each customer as of the last day.
  func score(_ scorer: Scorer) async throws -> (events: [Scored], customers: [CustomerAssessment]) {
    var scored: [Scored] = []
    var assessments: [CustomerAssessment] = []
    let frauds = data.frauds
    let testFrom = testFrom
    var reader = events.reader()
    try await engine(scorer.ruleset).mapInOrder(&reader) { batch in
      var part: [Scored] = []
      var workspace = Scorer.Workspace()
      let assessments = batch.customers.map { customer in
        scorer.assess(customer.profile, batch.events[customer.events], &workspace) { facts, score in
          guard facts.time >= testFrom else { return }
          let kind = frauds[facts.id]
          part.append(
            Scored(
              customer: customer.profile.id, day: CalendarMoment(facts.time).day,
              score: score.score,
              composite: score.composite, standing: score.standing, factors: score.factors,
              isFraud: kind != nil,
              kind: kind))
        }
      }
      return (part, assessments)
    } receive: { (part, customers) in
      scored += part
      assessments += customers
    }
    return (scored, assessments)
  }

  /// Ranks the last days by the ruleset as it stands.
  public func run() async throws -> EvaluationReport {
    let scorer = try await scorer(files.ruleset)
    let scored = try await score(scorer)
    return EvaluationReport(
      name: files.ruleset.version, scored.events, dailyCapacity: settings.dailyCapacity,
      ruleset: files.ruleset,
      card: nil)
  }

  /// Fits a scorecard to the reference days' outcomes and compares it with the ruleset on the ranked days.
  /// - Returns: nil with fewer than 50 known frauds in the reference days.
  public func calibrate() async throws -> Calibration? {
    let before = try await scorer(files.ruleset)
    let frauds = data.frauds
    let (from, until) = (referenceFrom, referenceUntil)
    var sample = ScorecardSample()
    var reader = events.reader()
    try await engine(files.ruleset).mapInOrder(&reader) { batch in
      var part = ScorecardSample()
      var workspace = Scorer.Workspace()
      for customer in batch.customers {
        _ = before.assess(customer.profile, batch.events[customer.events], &workspace) { facts, score in
          guard facts.time >= from, facts.time < until else { return }
          part.add(facts, score, isFraud: frauds[facts.id] != nil, by: before)
        }
      }
      return part
    } receive: {
      sample.add($0)
    }
    guard let card = sample.fit() else { return nil }
    let candidate = card.applied(to: files.ruleset, sample)
    let after = Scorer(
      ruleset: candidate, reference: before.reference, population: before.population,
      outcomes: before.outcomes)
    let unit = sample.unit(of: card, in: files.ruleset)
    return Calibration(
      card: card, ruleset: candidate,
      before: EvaluationReport(
        name: "before", try await score(before).events, dailyCapacity: settings.dailyCapacity,
        ruleset: files.ruleset, card: nil),
      after: EvaluationReport(
        name: "after", try await score(after).events, dailyCapacity: settings.dailyCapacity,
        ruleset: candidate,
        card: (card, unit)))
  }

  /// Scores the same events by two rulesets.
  public func backtest(against other: RulesetFiles) async throws -> Backtest {
    let first = try await score(try await scorer(files.ruleset))
    let second = try await score(try await scorer(other.ruleset))
    let capacity = settings.dailyCapacity
    var fraudulent: Set<Int64> = []
    for batch in data.events.batches {
      for customer in batch.customers
      where batch.events[customer.events].contains(where: { data.frauds[$0.id] != nil }) {
        fraudulent.insert(customer.profile.id)
      }
    }
    return Backtest(
      reports: [
        EvaluationReport(
          name: files.ruleset.version, first.events, dailyCapacity: capacity, ruleset: files.ruleset,
          card: nil),
        EvaluationReport(
          name: other.ruleset.version, second.events, dailyCapacity: capacity, ruleset: other.ruleset,
          card: nil),
      ],
      Backtest.moves(first.customers, second.customers, fraudulent: fraudulent))
  }
}

/// What a scorecard would change; nothing is switched on by it.
public struct Calibration: Sendable {
  public let card: Scorecard
  /// The ruleset with the scorecard's weights.
  public let ruleset: Ruleset
  public let before: EvaluationReport
  public let after: EvaluationReport
}

/// Two rulesets on the same events.
public struct Backtest: Sendable {
  public struct Move: Sendable {
    public let customer: Int64
    public let before: RiskLevel
    public let after: RiskLevel
    public let scoreBefore: Double
    public let scoreAfter: Double
    public let isFraud: Bool
  }

  public let reports: [EvaluationReport]
  /// Customers whose level changes, the largest change of score first.
  public let moves: [Move]

  init(reports: [EvaluationReport], _ moves: [Move]) {
    self.reports = reports
    self.moves = moves
  }

  static func moves(
    _ before: [CustomerAssessment], _ after: [CustomerAssessment], fraudulent: Set<Int64>
  ) -> [Move] {
    zip(before, after).filter { $0.level != $1.level }
      .map {
        Move(
          customer: $0.customerID, before: $0.level, after: $1.level, scoreBefore: $0.score,
          scoreAfter: $1.score,
          isFraud: fraudulent.contains($0.customerID))
      }
      .sorted {
        (abs($1.scoreAfter - $1.scoreBefore), $0.customer) < (
          abs($0.scoreAfter - $0.scoreBefore), $1.customer
        )
      }
  }
}
