import Testing

@testable import Pipeline

@Suite("Steps on a case")
struct CaseMachineTests {
  private static let now = 1_000_000.0

  private static func fraudCase(
    _ state: CaseState = .new, assignee: String? = nil, outcome: CaseOutcome? = nil, priority: Int = 1
  ) -> FraudCase {
    FraudCase(
      caseID: 7, customerID: 42,
      workflow: CaseWorkflow(
        state: state, assignee: assignee, outcome: outcome, outcomeReason: outcome.map { _ in "because" },
        dueAt: now + 3_600, closedAt: outcome.map { _ in now - 60 }),
      standing: CaseStanding(
        runID: 1, priority: priority, score: 40, composite: 0.85, level: .critical,
        action: "BLOCK_IMMEDIATELY",
        primaryFactor: "velocity", ruleHits: ["burst"]),
      openedAt: now - 7_200, changedAt: now - 7_200, version: 3, dueHours: 4)
  }

  private static func refusal(
    _ step: CaseStep, of subject: FraudCase, by actor: String = "ann"
  ) -> CaseError? {
    do throws(CaseError) {
      _ = try CaseMachine.change(step, of: subject, by: actor, at: now)
      return nil
    } catch { return error }
  }

  @Test("taking a new case makes it mine and puts it in review")
  func take() throws {
    let change = try CaseMachine.change(.take, of: Self.fraudCase(), by: "ann", at: Self.now)
    #expect(change.workflow.state == .inReview)
    #expect(change.workflow.assignee == "ann")
    #expect(change.old == ["state": "new", "assignee": nil])
    #expect(change.new == ["state": "in_review", "assignee": "ann"])
  }

  @Test("a case that is somebody's is not taken, and the sentence names whose it is")
  func takenAlready() {
    let subject = Self.fraudCase(.inReview, assignee: "bob")
    #expect(Self.refusal(.take, of: subject)?.description.contains("bob's") == true)
    #expect(Self.refusal(.take, of: subject, by: "bob")?.description.contains("already yours") == true)
  }

  @Test("only the assignee releases, escalates and closes; assigning hands the case over")
  func assignee() throws {
    let subject = Self.fraudCase(.inReview, assignee: "bob")
    for step in [CaseStep.release, .escalate(reason: "x"), .close(.inconclusive, reason: "x")] {
      #expect(Self.refusal(step, of: subject)?.code == .refused)
      #expect(Self.refusal(step, of: subject, by: "bob") == nil)
    }
    let handed = try CaseMachine.change(.assign(to: " ann "), of: subject, by: "ann", at: Self.now)
    #expect(handed.workflow.assignee == "ann")
    #expect(handed.old == ["assignee": "bob"])
  }

  @Test("a released case is new again, an escalated one stays escalated")
  func release() throws {
    let reviewed = try CaseMachine.change(
      .release, of: Self.fraudCase(.inReview, assignee: "ann"), by: "ann", at: Self.now)
    #expect(reviewed.workflow.state == .new)
    #expect(reviewed.workflow.assignee == nil)
    let escalated = try CaseMachine.change(
      .release, of: Self.fraudCase(.escalated, assignee: "ann"), by: "ann", at: Self.now)
    #expect(escalated.workflow.state == .escalated)
    #expect(Self.refusal(.release, of: Self.fraudCase())?.code == .refused)
  }

  @Test("escalating needs a reason and lets the case go")
  func escalate() throws {
    let subject = Self.fraudCase(.inReview, assignee: "ann")
    #expect(Self.refusal(.escalate(reason: " \n"), of: subject)?.code == .invalid)
    let change = try CaseMachine.change(.escalate(reason: "bank asks"), of: subject, by: "ann", at: Self.now)
    #expect(change.workflow.state == .escalated)
    #expect(change.workflow.assignee == nil)
    #expect(change.note == "bank asks")
    let twice = Self.fraudCase(.escalated)
    #expect(Self.refusal(.escalate(reason: "again"), of: twice)?.code == .refused)
  }

  @Test("closing needs an outcome with a reason and stamps the time", arguments: CaseOutcome.allCases)
  func close(outcome: CaseOutcome) throws {
    #expect(Self.refusal(.close(outcome, reason: ""), of: Self.fraudCase())?.code == .invalid)
    let change = try CaseMachine.change(
      .close(outcome, reason: " card reported stolen "), of: Self.fraudCase(), by: "ann", at: Self.now)
    #expect(change.workflow.state == .closed)
    #expect(change.workflow.outcome == outcome)
    #expect(change.workflow.outcomeReason == "card reported stolen")
    #expect(change.workflow.closedAt == Self.now)
    #expect(change.workflow.assignee == "ann")
  }

  @Test("a closed case refuses every step but re-opening, and says what it is")
  func closed() throws {
    let subject = Self.fraudCase(.closed, assignee: "ann", outcome: .falsePositive)
    let steps: [CaseStep] = [
      .take, .assign(to: "bob"), .release, .escalate(reason: "x"), .note("x"),
      .close(.confirmedFraud, reason: "x"),
    ]
    for step in steps {
      let error = Self.refusal(step, of: subject)
      #expect(error?.code == .refused)
      #expect(error?.description.contains("false positive") == true)
    }
    let opened = try CaseMachine.change(.reopen(reason: "new claim"), of: subject, by: "bob", at: Self.now)
    #expect(opened.workflow.state == .inReview)
    #expect(opened.workflow.assignee == "bob")
    #expect(opened.workflow.outcome == nil)
    #expect(opened.workflow.closedAt == nil)
    #expect(opened.workflow.dueAt == Self.now + 4 * 3_600)
    #expect(Self.refusal(.reopen(reason: "x"), of: Self.fraudCase())?.code == .refused)
  }

  @Test("a note changes nothing of the case, and an empty or endless one is refused")
  func note() throws {
    let change = try CaseMachine.change(.note("called her"), of: Self.fraudCase(), by: "ann", at: Self.now)
    #expect(change.workflow == Self.fraudCase().workflow)
    #expect(change.old.isEmpty && change.new.isEmpty)
    #expect(Self.refusal(.note("  "), of: Self.fraudCase())?.code == .invalid)
    let long = String(repeating: "x", count: CaseMachine.longestText + 1)
    #expect(Self.refusal(.note(long), of: Self.fraudCase())?.code == .invalid)
  }

  private static func event(
    _ kind: CaseEvent.Kind, by actor: String = "ann", age: Double = 10, old: [String: String?] = [:],
    new: [String: String?] = [:]
  ) -> CaseEvent {
    CaseEvent(
      eventID: 5, caseID: 7, customerID: 42, kind: kind, at: now - age, actor: actor, databaseRole: "r",
      origin: "o", old: old, new: new, note: nil, undoes: nil)
  }

  @Test("undo puts back every field of every step")
  func undo() throws {
    let steps: [(CaseStep, FraudCase)] = [
      (.take, Self.fraudCase()), (.assign(to: "bob"), Self.fraudCase()),
      (.release, Self.fraudCase(.inReview, assignee: "ann")),
      (.escalate(reason: "x"), Self.fraudCase(.inReview, assignee: "ann")),
      (.close(.confirmedFraud, reason: "x"), Self.fraudCase(.inReview, assignee: "ann")),
      (.reopen(reason: "x"), Self.fraudCase(.closed, assignee: "bob", outcome: .inconclusive)),
    ]
    for (step, before) in steps {
      let done = try CaseMachine.change(step, of: before, by: "ann", at: Self.now)
      let after = FraudCase(
        caseID: 7, customerID: 42, workflow: done.workflow, standing: before.standing, openedAt: 0,
        changedAt: 0,
        version: 4, dueHours: 4)
      let undone = try CaseMachine.undoing(
        Self.event(done.kind, age: 0, old: done.old, new: done.new), of: after, by: "ann", at: Self.now)
      #expect(undone.workflow == before.workflow, "\(step)")
      #expect(undone.kind == .undone)
      #expect(undone.undoes == 5)
    }
  }

  @Test("only one's own last step is undone, once, and within a minute")
  func undoRefused() {
    func refusal(_ event: CaseEvent) -> String? {
      do throws(CaseError) {
        try CaseMachine.checkUndo(event, by: "ann", at: Self.now)
        return nil
      } catch { return error.description }
    }
    #expect(refusal(Self.event(.closed, age: 60)) == nil)
    #expect(refusal(Self.event(.closed, age: 61))?.contains("within a minute") == true)
    #expect(refusal(Self.event(.closed, by: "bob"))?.contains("bob's") == true)
    #expect(refusal(Self.event(.undone))?.contains("already") == true)
    #expect(refusal(Self.event(.rescored)) != nil)
  }
}
