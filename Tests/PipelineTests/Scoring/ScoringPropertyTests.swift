import TestSupport
import Testing

@testable import Pipeline

@Suite("Laws of the scoring")
struct ScoringPropertyTests {
  typealias World = ScoringWorld

  /// Customers of several habits, some with a burst.
  private static func customers(_ count: Int = 40, shift: Double = 0) -> [(CustomerProfile, [ScoringEvent])] {
    (1...count).map { number in
      var events = World.calm(id: Int64(number), perDay: 1 + number % 3, amount: Double(20 + number))
      if number.isMultiple(of: 5) {
        events += (0..<8).map {
          World.event(9_000 + Int64($0), day: 70, hour: 3 + Double($0) / 12, amount: 300, counterparty: 77)
        }
      }
      for place in events.indices { events[place].time += shift }
      var profile = World.profile(Int64(number))
      profile.signedUpAt = profile.signedUpAt.map { $0 + shift }
      return (profile, events)
    }
  }

  private static func assess(
    _ customers: [(CustomerProfile, [ScoringEvent])], threads: Int = 1, batchSize: Int = 7
  ) async throws -> [Int64: CustomerAssessment] {
    var batches = [EventBatch()]
    for (profile, events) in customers {
      if batches[batches.count - 1].customers.count == batchSize { batches.append(EventBatch()) }
      batches[batches.count - 1].append(profile, events: events)
    }
    let source = EventsInMemory(batches: batches, categoryNames: World.categories)
    let files = try RulesetFiles.read(Repository.path("queries/risk"))
    let engine = ScoringEngine(ruleset: files.ruleset, priors: files.priors, threads: threads)
    var found: [Int64: CustomerAssessment] = [:]
    let prepared = try await engine.prepare(source)
    _ = try await engine.score(prepared, source) { for one in $0 { found[one.customerID] = one } }
    return found
  }

  @Test("the order of the customers changes nothing")
  func permutation() async throws {
    let customers = Self.customers()
    let one = try await Self.assess(customers)
    let other = try await Self.assess(customers.reversed(), batchSize: 3)
    #expect(one == other)
    #expect(one.values.contains { $0.level != .low })
  }

  @Test("one thread and eight give the same bits")
  func threads() async throws {
    let one = try await Self.assess(Self.customers(), threads: 1)
    let eight = try await Self.assess(Self.customers(), threads: 8)
    #expect(one == eight)
  }

  @Test("shifting all times by whole weeks changes nothing but the times shown")
  func weeks() async throws {
    let weeks = 23 * 604_800.0
    let before = try await Self.assess(Self.customers())
    let after = try await Self.assess(Self.customers(shift: weeks))
    for (id, assessment) in before {
      let shifted = try #require(after[id])
      #expect(shifted.score == assessment.score)
      #expect(shifted.level == assessment.level)
      #expect(shifted.evidences.map(\.text) == assessment.evidences.map(\.text))
      #expect(shifted.evidences.map { $0.time.map { $0 - weeks } } == assessment.evidences.map(\.time))
    }
  }

  @Test("the score is the sum of its evidences, which are positive and ordered; ranges hold")
  func sums() async throws {
    for assessment in try await Self.assess(Self.customers()).values {
      #expect(assessment.score == assessment.evidences.reduce(0) { $0 + $1.contribution })
      #expect(assessment.evidences.allSatisfy { $0.contribution > 0 && !$0.text.isEmpty })
      #expect(
        zip(assessment.evidences, assessment.evidences.dropFirst()).allSatisfy {
          $0.contribution >= $1.contribution
        })
      #expect((0...1).contains(assessment.composite))
      #expect((1...5).contains(assessment.priority))
      #expect(assessment.factorScores.allSatisfy { ($0 ?? 0) >= 0 && ($0 ?? 0) <= 1 })
    }
  }

  @Test("an innocent customer more moves the others a little at most")
  func innocent() async throws {
    let before = try await Self.assess(Self.customers(40))
    let after = try await Self.assess(Self.customers(40) + [(World.profile(500), World.calm(id: 500))])
    for (id, assessment) in before {
      let moved = try #require(after[id]).score - assessment.score
      // The fitted curves shift by one customer in forty.
      #expect(abs(moved) <= 0.1 * assessment.score + 0.5)
    }
  }

  @Test("made-up times leave the factors of time unevaluated, not zero")
  func madeUpTimes() throws {
    let world = try World()
    let events = World.calm().map { event in
      var event = event
      event.hasRealTime = false
      return event
    }
    let assessment = world.assess(World.profile(), events)
    #expect(assessment.factorScores[Factor.velocity.index] == nil)
    #expect(assessment.factorScores[Factor.temporal.index] == nil)
    #expect(assessment.factorScores[Factor.behavioural.index] == nil)
    #expect(assessment.factorScores[Factor.amount.index] != nil)
  }

  @Test("a customer without events is assessed by the profile alone")
  func noEvents() throws {
    let assessment = try World().assess(World.profile(), [])
    #expect(assessment.score == 0)
    #expect(assessment.factorScores.map { $0 != nil } == [false, false, false, true, false, false])
  }

  @Test("the same event twice at the same instant, and huge amounts, leave every number finite")
  func extremes() throws {
    let world = try World()
    let twice = World.event(1, day: 70, hour: 10)
    let huge = World.event(2, day: 70, hour: 10, amount: 999_999_999_999)
    let assessment = world.assess(
      World.profile(), World.calm() + [twice, twice, huge, World.event(3, day: 71, hour: 1, amount: 0)])
    #expect(assessment.score.isFinite)
    #expect(assessment.evidences.allSatisfy { $0.contribution.isFinite })
  }
}
