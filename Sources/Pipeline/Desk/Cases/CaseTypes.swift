/// Where a case stands on its way.
public enum CaseState: String, Sendable, Hashable, CaseIterable {
  /// Nobody has looked at it yet.
  case new
  case inReview = "in_review"
  /// Handed to somebody who may decide more.
  case escalated
  /// Decided; nothing changes any more until it is re-opened.
  case closed

  /// The state as people read it.
  public var title: String { self == .inReview ? "in review" : rawValue }
}

/// What a closed case turned out to be.
public enum CaseOutcome: String, Sendable, Hashable, CaseIterable {
  case confirmedFraud = "confirmed_fraud"
  case falsePositive = "false_positive"
  case inconclusive

  /// The outcome as people read it.
  public var title: String { rawValue.replacing("_", with: " ") }
}

/// What analysts change of a case.
public struct CaseWorkflow: Sendable, Hashable {
  public var state: CaseState
  /// Nil: nobody's.
  public var assignee: String?
  public var outcome: CaseOutcome?
  public var outcomeReason: String?
  /// Seconds since 1970, UTC, like all times here.
  public var dueAt: Double
  public var closedAt: Double?

  public init(
    state: CaseState, assignee: String? = nil, outcome: CaseOutcome? = nil, outcomeReason: String? = nil,
    dueAt: Double, closedAt: Double? = nil
  ) {
    self.state = state
    self.assignee = assignee
    self.outcome = outcome
    self.outcomeReason = outcomeReason
    self.dueAt = dueAt
    self.closedAt = closedAt
  }
}

/// How a case's customer stood in the last run that saw it open.
public struct CaseStanding: Sendable, Hashable {
  public var runID: Int64
  /// 1 (first) to 5.
  public var priority: Int
  /// Unbounded, for ordering.
  public var score: Double
  /// 0 to 1.
  public var composite: Double
  /// The level in force, as the run published it.
  public var level: RiskLevel
  /// Nil: the level is the score's own.
  public var setting: LevelSetting?
  /// What is recommended: STANDARD, ENHANCED_MONITORING, MANUAL_REVIEW or BLOCK_IMMEDIATELY.
  public var action: String
  public var primaryFactor: String?
  /// Names of the hard rules that fired.
  public var ruleHits: [String]

  public init(
    runID: Int64, priority: Int, score: Double, composite: Double, level: RiskLevel, action: String,
    primaryFactor: String?, ruleHits: [String], setting: LevelSetting? = nil
  ) {
    self.setting = setting
    self.runID = runID
    self.priority = priority
    self.score = score
    self.composite = composite
    self.level = level
    self.action = action
    self.primaryFactor = primaryFactor
    self.ruleHits = ruleHits
  }

  /// What the scoring itself said.
  public var scoredLevel: RiskLevel { setting?.scored ?? level }
}

/// One customer under review.
public struct FraudCase: Sendable, Hashable {
  public let caseID: Int64
  public let customerID: Int64
  public let workflow: CaseWorkflow
  public let standing: CaseStanding
  public let openedAt: Double
  public let changedAt: Double
  /// One more with each step; a step names the version it was decided on.
  public let version: Int64
  /// Hours within which a case of this priority is to be closed.
  public let dueHours: Double
  /// What a person says the level is, while that holds.
  public let override: LevelOverride?
  /// The customer's masked name and country; nil where they were not published.
  public let name: String?
  public let country: String?

  public init(
    caseID: Int64, customerID: Int64, workflow: CaseWorkflow, standing: CaseStanding, openedAt: Double,
    changedAt: Double, version: Int64, dueHours: Double, override: LevelOverride? = nil, name: String? = nil,
    country: String? = nil
  ) {
    self.caseID = caseID
    self.customerID = customerID
    self.workflow = workflow
    self.standing = standing
    self.openedAt = openedAt
    self.changedAt = changedAt
    self.version = version
    self.dueHours = dueHours
    self.override = override
    self.name = name
    self.country = country
  }

  /// The level that holds: a person's word before the score's.
  public var level: RiskLevel { override?.level ?? standing.level }

  /// True where a person set the level, of the last run or for the next.
  public var isLevelSet: Bool { override != nil || standing.setting != nil }

  /// Where the level comes from where it is not the score's; empty where it is.
  ///
  /// - Parameter time: how moments are written.
  public func levelWords(at now: Double, time: (Double) -> String) -> [String] {
    // A closed case stays as it was left.
    LevelSetting.words(
      standing.setting, published: standing.level, override: override,
      now: workflow.state == .closed ? nil : now, time: time)
  }

  /// True where the case should have been closed by now.
  public func isLate(at now: Double) -> Bool { workflow.state != .closed && workflow.dueAt < now }
}

/// A level set by a person against the score.
public struct LevelOverride: Sendable, Hashable {
  public let level: RiskLevel
  /// When the score's own level holds again.
  public let until: Double
  public let reason: String
  public let madeBy: String

  public init(level: RiskLevel, until: Double, reason: String, madeBy: String) {
    self.level = level
    self.until = until
    self.reason = reason
    self.madeBy = madeBy
  }
}

/// A rule or statistic that opens no case for a customer for a while.
public struct RuleSnooze: Sendable, Hashable {
  public let rule: String
  public let until: Double
  public let reason: String
  public let madeBy: String

  public init(rule: String, until: Double, reason: String, madeBy: String) {
    self.rule = rule
    self.until = until
    self.reason = reason
    self.madeBy = madeBy
  }
}

/// A value that must never pass (block), or that tells nothing against anyone (allow).
public struct ListEntry: Sendable, Hashable {
  public enum List: String, Sendable, Hashable, CaseIterable {
    case allow, block
  }

  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case emailHash = "email_hash"
    case device, ip, counterparty, customer

    /// The kind as people read it.
    public var title: String { rawValue.replacing("_", with: " ") }
  }

  public let list: List
  public let kind: Kind
  /// As it stands in the raw tables: hashes are keyed, a customer is its number.
  public let value: String
  /// Nil: until it is removed.
  public let until: Double?
  public let reason: String
  public let madeBy: String

  public init(list: List, kind: Kind, value: String, until: Double?, reason: String, madeBy: String) {
    self.list = list
    self.kind = kind
    self.value = value
    self.until = until
    self.reason = reason
    self.madeBy = madeBy
  }
}

/// Who takes a step, and from where.
public struct CaseActor: Sendable, Hashable {
  /// The name colleagues know: assignee and author of notes.
  public let name: String
  /// user@host and the program.
  public let origin: String

  public init(name: String, origin: String) {
    self.name = name
    self.origin = origin
  }
}

/// One step in the life of a case, as it was logged.
public struct CaseEvent: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case opened, rescored
    case taken, assigned, released, noted, escalated, closed, reopened
    case snoozed, woken, overridden, overrideRemoved = "override_removed", listed, unlisted
    case undone

    /// True for the steps that change the case itself.
    var changesWorkflow: Bool {
      switch self {
      case .taken, .assigned, .released, .escalated, .closed, .reopened: true
      default: false
      }
    }
  }

  public let eventID: Int64
  /// Nil: a step outside a case.
  public let caseID: Int64?
  public let customerID: Int64
  public let kind: Kind
  public let at: Double
  public let actor: String
  /// Whom the server took them for.
  public let databaseRole: String
  public let origin: String
  /// What changed, by field: what it was and what it became; nil: nothing stood there.
  public let old: [String: String?]
  public let new: [String: String?]
  public let note: String?
  /// The event that this one took back.
  public let undoes: Int64?

  public init(
    eventID: Int64, caseID: Int64?, customerID: Int64, kind: Kind, at: Double, actor: String,
    databaseRole: String, origin: String, old: [String: String?], new: [String: String?], note: String?,
    undoes: Int64?
  ) {
    self.eventID = eventID
    self.caseID = caseID
    self.customerID = customerID
    self.kind = kind
    self.at = at
    self.actor = actor
    self.databaseRole = databaseRole
    self.origin = origin
    self.old = old
    self.new = new
    self.note = note
    self.undoes = undoes
  }
}

/// A step that was not taken; one line for people.
public struct CaseError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// There is no such case, entry or snooze.
    case notFound
    /// The case's state does not allow the step.
    case refused
    /// Somebody else changed the case since it was looked at.
    case overtaken
    /// A value that makes no sense: an empty reason, a date in the past.
    case invalid
    /// The database role has no right to it.
    case forbidden
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}

extension CaseEvent {
  /// What changed, in words: `state new -> in_review, assignee ann`.
  public var changes: String {
    let names = Set(old.keys).union(new.keys).subtracting([
      "reason", "made_by", "due_at", "closed_at", "outcome_reason",
    ])
    return names.sorted().compactMap { name -> String? in
      let before = old[name] ?? nil
      let after = new[name] ?? nil
      if before == after { return after.flatMap { $0.isEmpty ? nil : "\(name) \($0)" } }
      switch (before, after) {
      case (nil, let after?): return "\(name) \(after)"
      case (let before?, nil): return "\(name) was \(before)"
      case (let before?, let after?): return "\(name) \(before) -> \(after)"
      case (nil, nil): return nil
      }
    }.joined(separator: ", ")
  }
}
