import Pipeline

/// Why keys do nothing at times.
extension State {
  /// Why an action does nothing now; nil: it does something.
  func reasonDisabled(_ action: Action) -> String? {
    if let index = action.screenIndex {
      return tabs.indices.contains(index) ? nil : "there is no screen \(index + 1)"
    }
    if let act = action.act, let refusal = access.refusal(of: act) { return refusal }
    switch action {
    case .run: return activeRun.map { "run \($0.runID) is under way" }
    case .rerun, .resumeRun:
      if let activeRun, screen.contexts.contains(.pipeline) { return "run \(activeRun.runID) is under way" }
    case .back:
      let isZoomed = (screen as? any PanelScreen)?.deck.isZoomed ?? false
      let isWaiting = screen.pending.contains { !$0.isQuiet && now - $0.since >= Self.shownWait }
      return trail.isEmpty && !isWaiting && !isZoomed ? "this is the first screen" : nil
    case .refresh: return screen is any Refreshable ? nil : "there is nothing to read again"
    case .search where !(screen is any Searchable), .sort where !(screen is any Sortable),
      .filter where !(screen is any Filterable), .columns where !(screen is any HasColumns):
      return "not on this screen"
    case .reverseSort:
      if (screen as? any Sortable)?.sortOrder == nil { return "no column is sorted by; s chooses one" }
    case .themes: return setup.themes.isEmpty ? "no theme files were found" : nil
    default: break
    }
    return screen.reasonDisabled(action)
  }
}
