/// Something an analyst asks of the desk, as a value: what screens send and ``CaseDesk`` carries out.
public enum CaseCommand: Sendable, Hashable {
  /// - Parameter seen: the version that was on the screen; nil: whatever is there.
  case step(CaseStep, on: Int64, seen: Int64?)
  case takeNext(CaseFilter)
  /// Nil: wherever the last step was.
  case undo(on: Int64?)
  case snooze(rule: String, of: CaseSubject, until: Double, reason: String)
  case wake(rule: String, of: CaseSubject)
  case override(RiskLevel, of: CaseSubject, until: Double, reason: String)
  case removeOverride(of: CaseSubject)
  case list(ListEntry.Kind, String, on: ListEntry.List, until: Double?, reason: String, for: CaseSubject)
  case unlist(ListEntry.Kind, String, for: CaseSubject)

  /// What the access rules call it.
  public var act: Act {
    switch self {
    case .step(.assign, _, _): .assignCases
    case .step, .takeNext, .undo: .workCases
    case .snooze, .wake: .snoozeRule
    case .override, .removeOverride: .overrideLevel
    case .list, .unlist: .editLists
    }
  }
}

/// What came of a ``CaseCommand``.
public struct CaseReceipt: Sendable, Hashable {
  /// One line for people.
  public let message: String
  /// The case that was taken and is to be looked at.
  public let takenCase: Int64?
}

extension CaseDesk {
  /// - Throws: ``CaseError``, ``AccessError`` where the role does not allow it, `PostgresError`.
  public func carryOut(_ command: CaseCommand) async throws -> CaseReceipt {
    try await Access.read(connection).require(command.act)
    switch command {
    case .step(let step, let caseID, let seen):
      let changed = try await take(step, on: caseID, seen: seen)
      return CaseReceipt(message: changed.message(after: step), takenCase: nil)
    case .takeNext(let filter):
      guard let taken = try await takeNext(filter) else {
        throw CaseError(
          .notFound, "no case is free\(filter == CaseFilter() ? "" : " that passes the filter")")
      }
      return CaseReceipt(message: "case \(taken.caseID) is yours", takenCase: taken.caseID)
    case .undo(let caseID):
      let undone = try await undo(on: caseID)
      return CaseReceipt(
        message: "undone: \(undone.kind.title)\(undone.caseID.map { ", case \($0)" } ?? "")", takenCase: nil)
    case .snooze(let rule, let subject, let until, let reason):
      try await snooze(rule, of: subject, until: until, reason: reason)
      return CaseReceipt(message: "\(rule) is snoozed until \(UTCTime.text(until))", takenCase: nil)
    case .wake(let rule, let subject):
      try await wake(rule, of: subject)
      return CaseReceipt(message: "\(rule) counts again", takenCase: nil)
    case .override(let level, let subject, let until, let reason):
      try await override(level, of: subject, until: until, reason: reason)
      return CaseReceipt(message: "level \(level.rawValue) until \(UTCTime.text(until))", takenCase: nil)
    case .removeOverride(let subject):
      try await removeOverride(of: subject)
      return CaseReceipt(message: "the score's own level holds again", takenCase: nil)
    case .list(let kind, let value, let list, let until, let reason, let subject):
      try await self.list(kind, value, on: list, until: until, reason: reason, for: subject)
      return CaseReceipt(
        message: "the \(kind.title) is on the \(list.rawValue) list; the next run counts it", takenCase: nil)
    case .unlist(let kind, let value, let subject):
      try await unlist(kind, value, for: subject)
      return CaseReceipt(message: "the \(kind.title) is on no list", takenCase: nil)
    }
  }
}

extension FraudCase {
  fileprivate func message(after step: CaseStep) -> String {
    switch step {
    case .take: "case \(caseID) is yours"
    case .assign(let name): "case \(caseID) is \(name)'s"
    case .release: "case \(caseID) is free again"
    case .escalate: "case \(caseID) is escalated"
    case .note: "noted on case \(caseID)"
    case .close(let outcome, _): "case \(caseID) is closed: \(outcome.title)"
    case .reopen: "case \(caseID) is open again, and yours"
    }
  }
}
