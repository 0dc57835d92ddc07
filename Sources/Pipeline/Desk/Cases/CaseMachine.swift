/// A step an analyst takes on a case.
public enum CaseStep: Sendable, Hashable {
  case take
  case assign(to: String)
  case release
  case escalate(reason: String)
  case note(String)
  case close(CaseOutcome, reason: String)
  case reopen(reason: String)
}

/// What a step makes of a case: the state after it and the event to log.
public struct CaseChange: Sendable, Hashable {
  public let kind: CaseEvent.Kind
  public let workflow: CaseWorkflow
  /// The fields that changed, before and after.
  public let old: [String: String?]
  public let new: [String: String?]
  public let note: String?
  /// The event that is taken back.
  public let undoes: Int64?

  /// True where a case is decided, or a decision taken back: what the audit log keeps as well.
  var isDecision: Bool { (old["state"] == "closed") != (new["state"] == "closed") }
}

/// Decides what a step makes of a case. Pure: it reads no clock and no database.
///
///     new --take, assign--> in review --escalate--> escalated --take--> escalated, with an assignee
///     any open state --close--> closed --reopen--> in review
///     in review --release--> new; escalated --release--> escalated, nobody's
///
/// Only the assignee releases, escalates or closes a case; `assign`, a lead's step, hands it over. Anybody writes notes.
public enum CaseMachine {
  /// Seconds within which one's own last step can be taken back.
  public static let undoSeconds = 60.0

  /// - Parameters:
  ///   - actor: who takes the step.
  ///   - now: seconds since 1970, UTC.
  /// - Throws: ``CaseError`` with the reason where the step cannot be taken.
  public static func change(
    _ step: CaseStep, of subject: FraudCase, by actor: String, at now: Double
  ) throws(CaseError) -> CaseChange {
    let before = subject.workflow
    if case .reopen(let reason) = step {
      guard before.state == .closed else {
        throw CaseError(.refused, "case \(subject.caseID) is not closed: it is \(before.state.title)")
      }
      let after = CaseWorkflow(
        state: .inReview, assignee: actor, dueAt: now + subject.dueHours * 3_600)
      return change(.reopened, before, after, note: try needed(reason, "a reason to open it again"))
    }
    guard before.state != .closed else {
      throw CaseError(
        .refused,
        "case \(subject.caseID) is closed (\(before.outcome?.title ?? "?")); reopen it to change it")
    }
    var after = before
    switch step {
    case .take:
      if let assignee = before.assignee {
        throw CaseError(
          .refused,
          assignee == actor
            ? "case \(subject.caseID) is already yours"
            : othersCase(subject, assignee))
      }
      after.assignee = actor
      if before.state == .new { after.state = .inReview }
      return change(.taken, before, after)
    case .assign(let name):
      let assignee = try needed(name, "the name of who is to do it")
      guard assignee != before.assignee else {
        throw CaseError(.refused, "case \(subject.caseID) is already \(assignee)'s")
      }
      after.assignee = assignee
      if before.state == .new { after.state = .inReview }
      return change(.assigned, before, after)
    case .release:
      guard before.assignee != nil else {
        throw CaseError(.refused, "case \(subject.caseID) is nobody's, so nobody can release it")
      }
      try checkAssignee(subject, actor)
      after.assignee = nil
      if before.state == .inReview { after.state = .new }
      return change(.released, before, after)
    case .escalate(let reason):
      guard before.state != .escalated else {
        throw CaseError(.refused, "case \(subject.caseID) is escalated already")
      }
      try checkAssignee(subject, actor)
      after.state = .escalated
      after.assignee = nil
      return change(.escalated, before, after, note: try needed(reason, "a reason to escalate it"))
    case .note(let text):
      return change(.noted, before, after, note: try needed(text, "a text for the note"))
    case .close(let outcome, let reason):
      try checkAssignee(subject, actor)
      after.state = .closed
      after.assignee = actor
      after.outcome = outcome
      after.outcomeReason = try needed(reason, "a reason for the outcome")
      after.closedAt = now
      return change(.closed, before, after, note: after.outcomeReason)
    case .reopen: throw CaseError(.refused, "case \(subject.caseID) is not closed")
    }
  }

  /// Takes back the newest step of a case.
  /// - Parameter event: the case's newest event, those of runs left out.
  static func undoing(
    _ event: CaseEvent, of subject: FraudCase, by actor: String, at now: Double
  ) throws(CaseError) -> CaseChange {
    try checkUndo(event, by: actor, at: now)
    return CaseChange(
      kind: .undone,
      workflow: event.kind.changesWorkflow ? subject.workflow.with(event.old) : subject.workflow,
      old: event.new, new: event.old, note: nil, undoes: event.eventID)
  }

  /// - Throws: ``CaseError`` where the event cannot be taken back by that person at that moment.
  static func checkUndo(_ event: CaseEvent, by actor: String, at now: Double) throws(CaseError) {
    guard event.actor == actor else {
      throw CaseError(
        .refused, "the last step (\(event.kind.title)) is \(event.actor)'s; only your own can be undone")
    }
    switch event.kind {
    case .undone: throw CaseError(.refused, "the last step was undone already")
    case .opened, .rescored: throw CaseError(.refused, "there is no step of yours to undo")
    default: break
    }
    guard now - event.at <= undoSeconds else {
      throw CaseError(
        .refused,
        "your last step (\(event.kind.title)) is \(Int((now - event.at) / 60)) min old; a step can be undone within a minute"
      )
    }
  }

  private static func othersCase(_ subject: FraudCase, _ assignee: String) -> String {
    "case \(subject.caseID) is \(assignee)'s; \(assignee) can release it, or a lead assign it to you"
  }

  private static func checkAssignee(_ subject: FraudCase, _ actor: String) throws(CaseError) {
    guard let assignee = subject.workflow.assignee, assignee != actor else { return }
    throw CaseError(
      .refused, othersCase(subject, assignee))
  }

  private static func change(
    _ kind: CaseEvent.Kind, _ before: CaseWorkflow, _ after: CaseWorkflow, note: String? = nil
  ) -> CaseChange {
    let was = before.fields
    let becomes = after.fields
    let changed = becomes.keys.filter { was[$0] != becomes[$0] }
    return CaseChange(
      kind: kind, workflow: after, old: was.filter { changed.contains($0.key) },
      new: becomes.filter { changed.contains($0.key) }, note: note, undoes: nil)
  }

  /// The text without blanks around it.
  static func needed(_ text: String, _ what: String) throws(CaseError) -> String {
    guard let start = text.firstIndex(where: { !$0.isWhitespace }),
      let end = text.lastIndex(where: { !$0.isWhitespace })
    else { throw CaseError(.invalid, "\(what) is needed") }
    let trimmed = String(text[start...end])
    guard trimmed.utf8.count <= longestText else {
      throw CaseError(.invalid, "the text is longer than \(longestText) bytes")
    }
    return trimmed
  }

  /// Bytes of a note or reason.
  public static let longestText = 20_000
}

extension CaseEvent.Kind {
  /// The kind as people read it.
  public var title: String { rawValue.replacing("_", with: " ") }
}

extension CaseWorkflow {
  /// The fields by name, as events keep them.
  var fields: [String: String?] {
    [
      "state": state.rawValue, "assignee": assignee, "outcome": outcome?.rawValue,
      "outcome_reason": outcomeReason, "due_at": UTCTime.text(dueAt), "closed_at": closedAt.map(UTCTime.text),
    ]
  }

  /// The workflow with these fields put back; what they do not name stays.
  func with(_ fields: [String: String?]) -> CaseWorkflow {
    var workflow = self
    for (name, value) in fields {
      switch name {
      case "state": workflow.state = value.flatMap(CaseState.init(rawValue:)) ?? workflow.state
      case "assignee": workflow.assignee = value
      case "outcome": workflow.outcome = value.flatMap(CaseOutcome.init(rawValue:))
      case "outcome_reason": workflow.outcomeReason = value
      case "due_at": workflow.dueAt = value.flatMap(UTCTime.seconds) ?? workflow.dueAt
      case "closed_at": workflow.closedAt = value.flatMap(UTCTime.seconds)
      default: break
      }
    }
    return workflow
  }
}

extension UTCTime {
  /// Seconds since 1970 of what ``text(_:)`` wrote; nil for anything else.
  static func seconds(_ text: String) -> Double? {
    ServerTime.seconds(text.replacing("T", with: " ").replacing("Z", with: ""))
  }
}
