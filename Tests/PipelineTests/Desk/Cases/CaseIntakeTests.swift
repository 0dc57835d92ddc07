import Testing

@testable import Pipeline

@Suite("Who becomes a case after a run")
struct CaseIntakeTests {
  private static let intake = CaseIntake(highFrom: 20, criticalFrom: 35)

  private static func candidate(
    _ level: RiskLevel, score: Double, hits: [String] = [], priority: Int = 2
  ) -> CaseCandidate {
    CaseCandidate(customerID: 1, score: score, level: level, priority: priority, ruleHits: hits)
  }

  private static func opens(_ candidate: CaseCandidate) -> Bool { intake.decision(candidate) != .leave }

  @Test("high, critical and hit by a rule become cases, others do not")
  func levels() {
    #expect(Self.intake.decision(Self.candidate(.critical, score: 40, priority: 1)) == .open(priority: 1))
    #expect(Self.opens(Self.candidate(.high, score: 25)))
    #expect(!Self.opens(Self.candidate(.medium, score: 15)))
    #expect(Self.opens(Self.candidate(.low, score: 15, hits: ["disposable_email"])))
  }

  @Test("an open case is kept up to date whatever the level has become")
  func open() {
    var candidate = Self.candidate(.low, score: 1, priority: 5)
    candidate.isOpen = true
    #expect(Self.intake.decision(candidate) == .open(priority: 5))
  }

  @Test("a snoozed rule opens no case by itself, and what it adds to the score does not count")
  func snooze() {
    var byRule = Self.candidate(.low, score: 15, hits: ["disposable_email"])
    byRule.snoozed = ["disposable_email"]
    byRule.snoozedScore = 15
    #expect(!Self.opens(byRule))
    byRule.ruleHits.append("burst")
    #expect(Self.opens(byRule))

    var byScore = Self.candidate(.high, score: 30)
    byScore.snoozed = ["orders_24h"]
    byScore.snoozedScore = 9
    #expect(Self.opens(byScore))
    byScore.snoozedScore = 11
    #expect(!Self.opens(byScore))
  }

  @Test("who is on the allow list is no case, unless on the block list as well")
  func lists() {
    var candidate = Self.candidate(.critical, score: 70, hits: ["block_list"])
    candidate.isAllowed = true
    #expect(!Self.opens(candidate))
    candidate.isBlocked = true
    #expect(Self.opens(candidate))
  }

  @Test("a level set by hand goes before the score, once")
  func override() {
    var trusted = Self.candidate(.critical, score: 70)
    trusted.override = (.low, 100)
    #expect(!Self.opens(trusted))
    var suspected = Self.candidate(.low, score: 1, priority: 5)
    suspected.override = (.critical, 100)
    #expect(Self.intake.decision(suspected) == .open(priority: 1))
    suspected.closed = .init(at: 101, score: 1, level: .low, ruleHits: [])
    #expect(!Self.opens(suspected))
    suspected.closed?.at = 99
    #expect(Self.opens(suspected))
  }

  @Test("a closed case comes back only with a higher level, a new rule or a tenth more score")
  func closed() {
    var candidate = Self.candidate(.high, score: 25, hits: ["burst"])
    candidate.closed = .init(at: 5, score: 25, level: .high, ruleHits: ["burst"])
    #expect(!Self.opens(candidate))
    candidate.score = 27.4
    #expect(!Self.opens(candidate))
    candidate.score = 27.6
    #expect(Self.opens(candidate))
    candidate.score = 25
    candidate.ruleHits = ["burst", "impossible_travel"]
    #expect(Self.opens(candidate))
    candidate.ruleHits = []
    candidate.level = .critical
    #expect(Self.opens(candidate))
  }
}
