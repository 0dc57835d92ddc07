/// What a login may do, as the database roles that an administrator grants; made by `queries/schema/005_roles.sql`.
public enum Role: String, Sendable, Hashable, CaseIterable {
  /// Changes the schema; may do what the pipeline may.
  case owner
  /// Runs the pipeline and owns what runs make anew.
  case pipeline
  /// An analyst who also changes rulesets, lists and levels, and reads the audit log.
  case lead
  /// A viewer who also works on cases.
  case analyst
  /// Reads everything but clear identities.
  case viewer
  /// A viewer who also reads clear identities, where they are stored.
  case pii

  /// The role's name in the database.
  public var name: String { "riskdeck_" + rawValue }

  /// - Parameter text: with or without `riskdeck_` before it.
  public init?(_ text: String) {
    self.init(rawValue: text.hasPrefix("riskdeck_") ? String(text.dropFirst("riskdeck_".count)) : text)
  }
}

/// Something a person does that not everybody may.
public enum Act: String, Sendable, Hashable, CaseIterable {
  case read, export
  case workCases, snoozeRule
  case assignCases, overrideLevel, editLists, saveRuleset, activateRuleset, readAudit
  case runPipeline, cancelRun, editSchedules
  case purge, forgetCustomer
  case unmask

  /// The roles that may, the one to ask for first.
  public var roles: [Role] {
    switch self {
    case .read, .export: [.viewer]
    case .workCases, .snoozeRule: [.analyst]
    case .assignCases, .overrideLevel, .editLists, .saveRuleset, .activateRuleset: [.lead]
    case .readAudit: [.lead, .owner]
    case .runPipeline, .cancelRun, .editSchedules: [.pipeline]
    case .purge, .forgetCustomer: [.owner]
    // Whoever loads clear identities can also read them.
    case .unmask: [.pii, .pipeline]
    }
  }
}
