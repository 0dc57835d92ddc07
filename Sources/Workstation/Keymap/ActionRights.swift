import Pipeline

extension Action {
  /// What the analyst must be allowed for it; nil: whoever sees the screen.
  var act: Act? {
    switch self {
    case .run: .runPipeline
    case .cancelRun: .cancelRun
    case .export: .export
    default: nil
    }
  }
}
