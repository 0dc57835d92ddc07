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
