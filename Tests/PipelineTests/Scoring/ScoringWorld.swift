import TestSupport

@testable import Pipeline

/// A quiet population to hold single histories against.
struct ScoringWorld {
  static let day = 86_400.0
  /// A Thursday, midnight.
  static let start = 1_750_000_000.0 - 1_750_000_000.0.truncatingRemainder(dividingBy: 604_800)
  static let home = (latitude: 40.4168, longitude: -3.7038)
  static let categories = ["", "groceries", "books", "jewellery"]

  let files: RulesetFiles
  let population: Population

  init(extra: [(CustomerProfile, [ScoringEvent])] = []) throws {
    files = try RulesetFiles.read(Repository.path("queries/risk"))
    var counter = PopulationCounter()
    for id in 1...60 {
      let profile = Self.profile(Int64(id))
      counter.add(profile, Self.calm(id: Int64(id))[...])
    }
    for (profile, events) in extra { counter.add(profile, events[...]) }
    population = counter.population(categoryNames: Self.categories)
  }

  func scorer(_ change: (inout Ruleset) -> Void = { _ in }) -> Scorer {
    var ruleset = files.ruleset
    change(&ruleset)
    return Scorer(ruleset: ruleset, reference: files.priors, population: population)
  }

  /// The strongest evidence of a statistic among the events from `day` on.
  func evidence(
    _ statistic: Statistic, _ events: [ScoringEvent], _ profile: CustomerProfile, from day: Double
  ) -> Double {
    var workspace = Scorer.Workspace()
    var strongest = 0.0
    scorer().observe(profile, events.sorted { $0.time < $1.time }[...], &workspace) { facts in
      guard facts.time >= Self.start + day * Self.day else { return }
      let value = facts.statistics[statistic]
      if !value.isNaN { strongest = max(strongest, files.priors.curves[statistic.rawValue].evidence(value)) }
    }
    return strongest
  }

  func assess(_ profile: CustomerProfile, _ events: [ScoringEvent]) -> CustomerAssessment {
    var workspace = Scorer.Workspace()
    return scorer().assess(profile, events.sorted { $0.time < $1.time }[...], &workspace)
  }

  static func profile(_ id: Int64 = 1_000) -> CustomerProfile {
    CustomerProfile(
      id: id, signedUpAt: start - 400 * day, homeLatitude: home.latitude, homeLongitude: home.longitude,
      addressCountry: "ES", phoneCountry: "ES", bankCountry: "ES", ipCountry: "ES",
      emailDomain: "example.org",
      device: UInt64(id) + 7, ip: UInt64(id) + 9, filledFields: 6)
  }

  static func event(
    _ id: Int64, day dayNumber: Double, hour: Double, amount: Double = 50, category: Int32 = 1,
    counterparty: UInt64 = 5, device: UInt64 = 3, kilometres: Double = 3
  ) -> ScoringEvent {
    ScoringEvent(
      id: id, time: start + dayNumber * day + hour * 3_600, amount: amount, category: category,
      counterparty: counterparty, device: device, latitude: home.latitude + kilometres / 111.2,
      longitude: home.longitude)
  }

  /// One order a day for ten weeks, between 9 and 20 o'clock, of about 50, with ten counterparties, close to home.
  static func calm(
    id: Int64 = 1_000, days: Range<Int> = 0..<70, perDay: Int = 1, amount: Double = 50,
    hours: ClosedRange<Int> = 9...20
  ) -> [ScoringEvent] {
    var random = SplitMix64(seed: UInt64(id))
    return days.flatMap { day in
      (0..<perDay).map { number in
        let hour = hours.lowerBound + random.below(hours.count)
        return event(
          id * 100_000 + Int64(day * 100 + number), day: Double(day),
          hour: Double(hour) + Double(random.below(60)) / 60,
          amount: amount * (0.8 + Double(random.below(40)) / 100), category: random.below(4) == 0 ? 2 : 1,
          counterparty: UInt64(10 + random.below(10)), kilometres: Double(1 + random.below(8)))
      }
    }
  }
}
