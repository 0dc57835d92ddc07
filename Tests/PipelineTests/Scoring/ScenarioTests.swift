import TestSupport
import Testing

@testable import Pipeline

/// Histories of ten calm weeks with something on day 70, and twins that look alike and must stay quiet.
@Suite("What statistics and hard rules see")
struct ScenarioTests {
  typealias World = ScoringWorld

  struct Scenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let statistic: Statistic
    let events: [ScoringEvent]
    let twin: [ScoringEvent]
    var profile = World.profile()
    var twinProfile = World.profile()
  }

  private static func burst(_ count: Int, minutes: Double, amount: Double = 50, day: Double = 70)
    -> [ScoringEvent]
  {
    (0..<count).map { number in
      World.event(
        900_000_000 + Int64(number), day: day, hour: 12 + Double(number) * minutes / 60, amount: amount,
        counterparty: UInt64(10 + number % 10))
    }
  }

  private static func nights(_ count: Int) -> [ScoringEvent] {
    (0..<count).map { World.event(900_000_000 + Int64($0), day: 70 + Double($0), hour: 3, counterparty: 12) }
  }

  private static func one(
    hour: Double = 13, amount: Double = 50, category: Int32 = 1, counterparty: UInt64 = 12,
    device: UInt64 = 3,
    kilometres: Double = 3
  ) -> [ScoringEvent] {
    [
      World.event(
        900_000_000, day: 70, hour: hour, amount: amount, category: category, counterparty: counterparty,
        device: device, kilometres: kilometres)
    ]
  }

  static let scenarios: [Scenario] = [
    Scenario(
      testDescription: "five orders within an hour, and five spread over five days", statistic: .orders1h,
      events: World.calm() + burst(5, minutes: 10), twin: World.calm(days: 0..<75)),
    Scenario(
      testDescription: "seven orders in five hours, and the same of one who orders seven a day",
      statistic: .orders6h,
      events: World.calm() + burst(7, minutes: 45), twin: World.calm(days: 0..<71, perDay: 7)),
    Scenario(
      testDescription: "ten orders a day out of nothing, and ten a day as always", statistic: .orders24h,
      events: World.calm() + burst(10, minutes: 60), twin: World.calm(days: 0..<71, perDay: 10)),
    Scenario(
      testDescription: "thirty orders in a week, and thirty a week as always", statistic: .orders7d,
      events: World.calm() + (0..<7).flatMap { burst(5, minutes: 100, day: 70 + Double($0)) },
      twin: World.calm(days: 0..<77, perDay: 4)),
    Scenario(
      testDescription: "a day's spending many times the usual, and a big spender who always was",
      statistic: .spend24h,
      events: World.calm() + burst(4, minutes: 120, amount: 400),
      twin: World.calm(days: 0..<71, perDay: 4, amount: 400)),
    Scenario(
      testDescription: "an amount eight times the own, and the same amount of a big spender",
      statistic: .amountOverOwn,
      events: World.calm() + one(amount: 400), twin: World.calm(amount: 400) + one(amount: 400)),
    Scenario(
      testDescription: "an amount far over everybody's, and one only a little over",
      statistic: .amountOverPeers,
      events: World.calm() + one(amount: 900), twin: World.calm() + one(amount: 65)),
    Scenario(
      testDescription: "an amount far over all orders, and the same of one who always spends so much",
      statistic: .amountOverAll,
      events: World.calm() + one(amount: 400), twin: World.calm(amount: 400) + one(amount: 400)),
    Scenario(
      testDescription: "a tiny amount, and an ordinary one", statistic: .smallAmount,
      events: World.calm() + one(amount: 0.5), twin: World.calm() + one(amount: 45)),
    Scenario(
      testDescription: "six dear orders in a day, and six ordinary ones", statistic: .amountDay,
      events: World.calm() + burst(6, minutes: 60, amount: 150), twin: World.calm() + burst(6, minutes: 60)),
    Scenario(
      testDescription: "an order at night, and the night-shift worker's", statistic: .rareHour,
      events: World.calm() + one(hour: 3), twin: World.calm(hours: 2...4) + one(hour: 3)),
    Scenario(
      testDescription: "groceries at night, and at noon", statistic: .rareHourForCategory,
      events: World.calm() + one(hour: 3), twin: World.calm() + one(hour: 12)),
    Scenario(
      testDescription: "four nights in a row, and four nights of one who works at night",
      statistic: .oddHours,
      events: World.calm() + nights(4), twin: World.calm(hours: 2...4) + nights(4)),
    Scenario(
      testDescription: "a category nobody buys, and the usual one", statistic: .rareCategory,
      events: World.calm() + one(category: 3), twin: World.calm() + one(category: 1)),
    Scenario(
      testDescription: "a new counterparty after seventy orders with ten, and a known one",
      statistic: .newCounterparty,
      events: World.calm() + one(counterparty: 77), twin: World.calm() + one(counterparty: 12)),
    Scenario(
      testDescription: "a new device after seventy orders from one, and the known one", statistic: .newDevice,
      events: World.calm() + one(device: 99), twin: World.calm() + one(device: 3)),
    Scenario(
      testDescription: "two hundred kilometres from home, and the market's seven",
      statistic: .distanceFromHome, events: World.calm() + one(kilometres: 200),
      twin: World.calm() + one(kilometres: 7)),
    Scenario(
      testDescription: "an hour-old account, and one of a year", statistic: .newAccount,
      events: one(), twin: one(),
      profile: {
        var profile = World.profile()
        profile.signedUpAt = World.start + 70 * World.day + 12 * 3_600
        return profile
      }()),
  ]

  @Test("an event's statistic", arguments: scenarios)
  func statistic(_ scenario: Scenario) throws {
    let world = try World()
    let fired = world.evidence(scenario.statistic, scenario.events, scenario.profile, from: 70)
    let quiet = world.evidence(scenario.statistic, scenario.twin, scenario.twinProfile, from: 70)
    #expect(fired > 3)
    #expect(quiet <= world.files.ruleset.evidenceThreshold)
  }

  @Test("every statistic of an event has its scenario")
  func completeness() {
    let tested = Set(Self.scenarios.map(\.statistic))
    #expect(tested == Set(Statistic.allCases.filter { !$0.isOfProfile }))
  }

  @Test(
    "a traveller with eight hours between Madrid and New York is no impossible one, with 41 minutes it is")
  func impossibleTravel() throws {
    let world = try World()
    func flight(minutes: Double) -> CustomerAssessment {
      let madrid = World.event(1, day: 70, hour: 8)
      var york = World.event(2, day: 70, hour: 8 + minutes / 60)
      york.latitude = 40.7128
      york.longitude = -74.006
      return world.assess(World.profile(), World.calm() + [madrid, york])
    }
    let impossible = flight(minutes: 41)
    #expect(impossible.ruleHits == ["impossible_travel"])
    let evidence = try #require(impossible.evidences.first { $0.name == "impossible_travel" })
    #expect(evidence.factor == .geographic)
    #expect(evidence.text.contains("km in 41 min"))
    #expect(flight(minutes: 480).ruleHits == [])
  }

  @Test("each rule that is named counts, wherever it fired, and the score stays the sum of what is shown")
  func namedIsCounted() throws {
    let world = try World()
    var york = World.event(2, day: 60, hour: 9)
    york.latitude = 40.7128
    york.longitude = -74.006
    let journey = [World.event(1, day: 60, hour: 8.5), york]
    let assessment = world.assess(
      World.profile(), World.calm() + journey + Self.burst(12, minutes: 2, amount: 400))
    #expect(assessment.ruleHits == ["impossible_travel", "burst"])
    #expect(Set(assessment.evidences.map(\.name)).isSuperset(of: assessment.ruleHits))
    #expect(assessment.factorScores[Factor.geographic.index] ?? 0 > 0.5)
    #expect(assessment.score == assessment.evidences.reduce(0) { $0 + $1.contribution })
  }

  @Test(
    "one who spends much from the first day on stays low once a history shows it; with a few orders nobody knows"
  )
  func steadyBigSpender() throws {
    let world = try World()
    let steady = World.calm(amount: 5_000)
    #expect(world.assess(World.profile(), steady).level == .low)
    #expect(world.assess(World.profile(), Array(steady.prefix(3))).level > .low)
    // What was unusual then and is unusual still stays: one dear order before a calm life.
    let dear = (0..<4).map { World.event(Int64($0), day: 0, hour: 12 + Double($0), amount: 2_000) }
    let calm = world.assess(World.profile(), dear + World.calm(days: 1..<70))
    #expect(calm.level > .low)
  }

  @Test("ten orders in half an hour are a burst, ten in a day are not")
  func burstRule() throws {
    let world = try World()
    let fast = world.assess(World.profile(), World.calm() + Self.burst(10, minutes: 3))
    #expect(fast.ruleHits == ["burst"])
    #expect(world.assess(World.profile(), World.calm() + Self.burst(10, minutes: 60)).ruleHits == [])
  }

  @Test("three tiny orders before a dear one are test charges, before an ordinary one they are not")
  func testCharges() throws {
    let world = try World()
    func history(last amount: Double) -> [ScoringEvent] {
      World.calm() + Self.burst(3, minutes: 8, amount: 0.9)
        + [World.event(5, day: 70, hour: 14, amount: amount)]
    }
    #expect(world.assess(World.profile(), history(last: 600)).ruleHits == ["test_charges"])
    #expect(world.assess(World.profile(), history(last: 55)).ruleHits == [])
  }

  @Test("a throw-away mailbox is told from an ordinary one")
  func disposableEmail() throws {
    let world = try World()
    var profile = World.profile()
    profile.emailDomain = "mailinator.com"
    #expect(world.assess(profile, World.calm()).ruleHits == ["disposable_email"])
    #expect(world.assess(World.profile(), World.calm()).ruleHits == [])
  }

  @Test("three countries in one identity are evidence, a foreign bank alone is not")
  func identityCountries() throws {
    let world = try World()
    var mixed = World.profile()
    mixed.phoneCountry = "BR"
    mixed.bankCountry = "IN"
    var expatriate = World.profile()
    expatriate.bankCountry = "FR"
    #expect(world.assess(mixed, World.calm()).ruleHits == ["identity_countries"])
    #expect(world.assess(expatriate, World.calm()).ruleHits == [])
  }

  @Test("the block list takes customers, and orders by device, address or counterparty")
  func blockList() throws {
    let world = try World()
    let blocking = world.scorer {
      $0.blockList.customers = [4]
      $0.blockList.devices = [99]
    }
    var workspace = Scorer.Workspace()
    let calm = World.calm()
    #expect(blocking.assess(World.profile(4), calm[...], &workspace).ruleHits == ["block_list"])
    let order = (calm + Self.one(device: 99))[...]
    #expect(blocking.assess(World.profile(), order, &workspace).ruleHits == ["block_list_order"])
    #expect(blocking.assess(World.profile(), calm[...], &workspace).ruleHits == [])
  }

  @Test("a new account with one ordinary order stays low")
  func newAccount() throws {
    let world = try World()
    var profile = World.profile()
    profile.signedUpAt = World.start + 70 * World.day + 12 * 3_600
    let assessment = world.assess(profile, Self.one())
    #expect(assessment.level == .low)
    #expect(assessment.evidences.contains { $0.name == "new_account" })
  }

  @Test("profile statistics: shared device and address, missing details, countries that disagree")
  func profileStatistics() throws {
    let gang = (1...4).map { number in
      var profile = World.profile(Int64(2_000 + number))
      profile.device = 4_242
      profile.ip = 4_343
      profile.signedUpAt = World.start + Double(number) * 60
      return profile
    }
    let world = try World(extra: gang.map { ($0, World.calm(id: $0.id)) })
    var last = gang[3]
    last.filledFields = 2
    last.phoneCountry = "BR"
    last.bankCountry = "IN"
    let names = world.assess(last, World.calm()).evidences.map(\.name)
    #expect(Set(names).isSuperset(of: ["shared_device", "shared_address", "missing_details"]))
    // Once as the statistic, once as the rule.
    #expect(names.count { $0 == "identity_countries" } == 2)
    // The first on the device was there before the others: nothing to hold against it.
    let first = Set(world.assess(gang[0], World.calm()).evidences.map(\.name))
    #expect(
      first.isDisjoint(with: ["shared_device", "shared_address", "missing_details", "identity_countries"]))
  }
}
