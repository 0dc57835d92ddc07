import TestSupport
import Testing

@testable import Pipeline

@Suite("Metrics, feedback and scorecard")
struct ScorecardTests {
  @Test("AUC counts ties half, average precision takes equal scores together")
  func metrics() {
    // Worked by hand: pairs (.9 > .5), (.9 > .1), (.5 = .5), (.5 > .1) of 4, one of them half.
    let scores = [0.9, 0.5, 0.5, 0.1]
    let labels = [true, true, false, false]
    #expect(RankingMetrics.areaUnderCurve(scores, labels) == 3.5 / 4)
    // Recall .5 at precision 1, then .5 more at precision 2/3.
    #expect(abs((RankingMetrics.averagePrecision(scores, labels) ?? 0) - (0.5 + 0.5 * 2 / 3)) < 1e-12)
    #expect(RankingMetrics.areaUnderCurve([1], [true]) == nil)
    #expect(RankingMetrics.averagePrecision([1], [false]) == nil)
  }

  @Test("the negative binomial tail agrees with a sum done another way")
  func tail() {
    let law = NegativeBinomial(squarings: 3)
    // P(X >= 1) = 1 - (8 / (8 + mu))^8.
    let once = 1 - Double.pow8(8 / 8.5)
    #expect(abs(law.surprise(count: 1, mean: 0.5) + Mathematics.ln(once)) < 1e-12)
    #expect(law.surprise(count: 1, mean: 3) == 0)
    // Far out, where one minus the sum would be nothing but rounding.
    let far = law.surprise(count: 200, mean: 2)
    #expect(far > 200 && far < 700)
    #expect(law.surprise(count: 201, mean: 2) > far)
  }

  @Test("median and MAD of a ring agree with sorting, full or not")
  func ring() {
    var ring = SortedRing(capacity: 16)
    var random = SplitMix64(seed: 4)
    var last: [Double] = []
    for _ in 0..<500 {
      let value = Double(random.below(40))
      ring.append(value)
      last.append(value)
      if last.count > 16 { last.removeFirst() }
      let sorted = last.sorted()
      let median = sorted[(sorted.count - 1) / 2]
      let deviations = last.map { abs($0 - median) }.sorted()
      let found = ring.medianAndDeviation
      #expect(found.median == median)
      #expect(found.deviation == deviations[(deviations.count - 1) / 2])
    }
  }

  @Test("outcomes count once they are older than the delay, and never for their own event")
  func delay() {
    let settings = FeedbackSettings()
    var outcomes = CounterpartyOutcomes(settings: settings)
    let day = ScoringWorld.day
    var fraud = ScoringWorld.event(1, day: 0, hour: 12, counterparty: 5)
    fraud.outcome = .fraud
    outcomes.add([fraud])
    outcomes.finish()
    // Of a counterparty nobody has heard of, the usual is known; that is less than twice that of a proven one.
    let unheard = outcomes.evidence(6, at: fraud.time + 7 * day)
    #expect(unheard > 0 && unheard < Mathematics.ln(2))
    #expect(outcomes.evidence(5, at: fraud.time) == unheard)
    #expect(outcomes.evidence(5, at: fraud.time + 7 * day - 61) == unheard)
    let after = outcomes.evidence(5, at: fraud.time + 7 * day)
    #expect(after > 2)
    #expect(outcomes.evidence(5, at: fraud.time + 20 * day) < after)
    #expect(abs(outcomes.evidence(5, at: fraud.time + 400 * day) - unheard) < 0.01)

    var history = OutcomeHistory()
    #expect(history.observe(fraud, settings) == 0)
    var later = fraud
    later.time += 6 * day
    #expect(history.observe(later, settings) == 0)
    later.time += 2 * day
    #expect(history.observe(later, settings) > 0)
  }

  @Test("genuine orders prove a counterparty sound, a fraud among them says more than they do")
  func soundCounterparty() {
    let day = ScoringWorld.day
    func evidence(_ frauds: Set<Int>, at: Double = 30) -> Double {
      var outcomes = CounterpartyOutcomes(settings: FeedbackSettings())
      let events = (0..<20).map { number in
        var event = ScoringWorld.event(Int64(number), day: Double(number), hour: 12, counterparty: 5)
        if frauds.contains(number) { event.outcome = .fraud }
        return event
      }
      var elsewhere = ScoringWorld.event(99, day: 0, hour: 1, counterparty: 8)
      elsewhere.outcome = .fraud
      outcomes.add(events[...])
      outcomes.add([elsewhere])
      outcomes.finish()
      return outcomes.evidence(5, at: ScoringWorld.start + at * day)
    }
    #expect(evidence([]) < 0.3)
    #expect(evidence([19]) > evidence([12]))
    #expect(evidence([12]) > evidence([2]))
    #expect(evidence([17, 18, 19]) > evidence([19]))
    #expect(evidence([17, 18, 19]) > 3)
    // Nobody has been at it for long: back to the usual.
    #expect(evidence([], at: 90) > evidence([]))
  }

  @Test("a fraud that is known late counts from then and the delay on, and less the older it is")
  func lateOutcome() {
    let settings = FeedbackSettings()
    let day = ScoringWorld.day
    let start = ScoringWorld.start
    func evidence(knownAfter days: Double, at: Double) -> Double {
      var outcomes = CounterpartyOutcomes(settings: settings)
      var fraud = ScoringWorld.event(1, day: 0, hour: 12, counterparty: 5)
      fraud.outcome = .fraud
      fraud.outcomeKnownAt = fraud.time + days * day
      outcomes.add([fraud])
      outcomes.finish()
      return outcomes.evidence(5, at: start + at * day)
    }
    #expect(evidence(knownAfter: 20, at: 20) < Mathematics.ln(2))
    #expect(evidence(knownAfter: 20, at: 27) < Mathematics.ln(2))
    #expect(evidence(knownAfter: 20, at: 28) > Mathematics.ln(2))
    #expect(evidence(knownAfter: 2, at: 28) > Mathematics.ln(2))
    #expect(evidence(knownAfter: 60, at: 68) < evidence(knownAfter: 10, at: 18))

    var history = OutcomeHistory()
    var event = ScoringWorld.event(1, day: 0, hour: 12)
    event.outcome = .fraud
    event.outcomeKnownAt = event.time + 100 * day
    _ = history.observe(event, settings)
    event.outcome = .unknown
    for days in [8.0, 50, 99, 106] {
      event.time = start + days * day
      #expect(history.observe(event, settings) == 0)
    }
    event.time = start + 109 * day
    #expect(history.observe(event, settings) > 2)
  }

  @Test(
    "a case speaks of the orders its evidence names, whenever it is closed; one without of the last week of orders"
  )
  func spokenFor() {
    let day = ScoringWorld.day
    func marked(_ moments: [Double], opened: Double = 300) -> [Int] {
      var outcomes = CaseOutcomes()
      outcomes.add(
        7, "confirmed_fraud", openedAt: ScoringWorld.start + opened * day,
        closedAt: ScoringWorld.start + 400 * day, moments: moments.map { ScoringWorld.start + $0 * day })
      var events = (0..<70).map { ScoringWorld.event(Int64($0), day: Double($0), hour: 12) }
      outcomes.mark(&events, 0..<70, of: 7)
      #expect(
        events.allSatisfy { $0.outcome == .unknown || $0.outcomeKnownAt == ScoringWorld.start + 400 * day })
      return events.indices.filter { events[$0].outcome == .fraud }
    }
    #expect(marked([40.5]) == [39, 40])
    #expect(marked([40.5, 60.6]) == [39, 40, 60])
    #expect(marked([]) == [62, 63, 64, 65, 66, 67, 68, 69])
    #expect(marked([], opened: 10.6) == [3, 4, 5, 6, 7, 8, 9, 10])
  }

  @Test("a few frauds at a merchant where everybody buys do not tell against the others who buy there")
  func bigMerchant() {
    var outcomes = CounterpartyOutcomes(settings: FeedbackSettings())
    let events = (0..<30).flatMap { day in
      (0..<40).map { number in
        var event = ScoringWorld.event(
          Int64(day * 100 + number), day: Double(day), hour: Double(number) / 2, counterparty: 5)
        if number == 0, [5, 10, 15, 20].contains(day) {
          event.outcome = .fraud
          event.outcomeKnownAt = event.time + 2 * ScoringWorld.day
        }
        return event
      }
    }
    outcomes.add(events[...])
    outcomes.finish()
    let times = (10..<40).map { ScoringWorld.start + (Double($0) + 0.9) * ScoringWorld.day }
    #expect(times.allSatisfy { outcomes.evidence(5, at: $0) < Mathematics.ln(2) })
  }

  @Test("the scorecard finds the informative statistic and gives the misleading one no weight")
  func scorecard() throws {
    let world = try ScoringWorld()
    let scorer = world.scorer()
    var sample = ScorecardSample()
    var random = SplitMix64(seed: 9)
    let curve = world.files.priors.curves
    for number in 0..<4_000 {
      let isFraud = number.isMultiple(of: 20)
      var facts = EventFacts()
      func value(_ statistic: Statistic, _ evidence: Double) -> Double {
        curve[statistic.rawValue].knots[12] + (evidence - 3) * curve[statistic.rawValue].beta
      }
      facts.statistics[.amountOverOwn] = value(
        .amountOverOwn, isFraud ? 4 + Double(random.below(4)) : Double(3 + random.below(3)))
      facts.statistics[.newDevice] = isFraud ? 0 : value(.newDevice, Double(3 + random.below(3)))
      let score = EventScore(
        id: 0, customerID: 0, time: 0, own: 0, score: 0, composite: 0, standing: 0,
        factors: InlineArray(repeating: 0), carried: 0, evaluated: 0)
      sample.add(facts, score, isFraud: isFraud, by: scorer)
    }
    let card = try #require(sample.fit())
    #expect(card.weights[Statistic.amountOverOwn.rawValue] > 0.3)
    #expect(card.weights[Statistic.newDevice.rawValue] == 0)
    #expect(card.weights.allSatisfy { $0 >= 0 })
    // At the optimum the predicted frauds are as many as the true ones.
    let predicted = sample.rows.reduce(0) { $0 + card.probability($1) }
    #expect(abs(predicted - 200) < 1)
  }

  @Test("fewer than fifty frauds give no scorecard")
  func tooFew() throws {
    let scorer = try ScoringWorld().scorer()
    var sample = ScorecardSample()
    let score = EventScore(
      id: 0, customerID: 0, time: 0, own: 0, score: 0, composite: 0, standing: 0,
      factors: InlineArray(repeating: 0), carried: 0, evaluated: 0)
    for number in 0..<500 { sample.add(EventFacts(), score, isFraud: number < 49, by: scorer) }
    #expect(sample.fit() == nil)
  }
}

extension Double {
  fileprivate static func pow8(_ x: Double) -> Double {
    let square = x * x
    let fourth = square * square
    return fourth * fourth
  }
}
