import Pipeline

extension Action {
  /// What the analyst must be allowed for it; nil: whoever sees the screen.
  var act: Act? {
    switch self {
    case .run, .rerun, .resumeRun: .runPipeline
    case .cancelRun: .cancelRun
    case .testHook: .editSchedules
    case .export: .export
    case .unmask: .unmask
    case .auditLog: .readAudit
    case .saveRuleset: .saveRuleset
    case .activateRuleset, .rollBackRuleset: .activateRuleset
    case .takeNext, .takeCase, .releaseCase, .escalateCase, .closeCase, .reopenCase, .noteCase, .editNote,
      .undoStep:
      .workCases
    case .assignCase: .assignCases
    case .snoozeRule: .snoozeRule
    case .listEntry: .editLists
    case .overrideLevel: .overrideLevel
    default: nil
    }
  }
}
