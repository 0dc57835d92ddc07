import Pipeline

/// What is heard without having been asked for: runs, publications, cases, files.
extension State {
  mutating func runChanged(_ run: RunReport) {
    let wasRunning = activeRun?.runID == run.runID && activeRun?.state == .running
    if run.state == .running {
      activeRun = run
    } else if let active = activeRun, active.runID <= run.runID {
      // Where news were missed, a later run has begun and ended meanwhile.
      activeRun = nil
      if wasRunning { notice = Self.endNotice(run) }
    }
    screen.runChanged(run)
    for index in trail.indices { trail[index].runChanged(run) }
    for place in parked.keys {
      for index in parked[place]?.indices ?? 0..<0 { parked[place]?[index].runChanged(run) }
    }
  }

  private static func endNotice(_ run: RunReport) -> Notice {
    let length = run.seconds.map { " in " + durationText($0) } ?? ""
    let reason = run.reason.map { ": \($0)" } ?? ""
    return Notice(
      text: "run \(run.runID) \(run.state.rawValue)\(length)\(reason)",
      tone: run.state == .success ? .good : run.state == .cancelled ? .warning : .danger)
  }

  /// Reads what is shown again; what is not shown reads when it is.
  mutating func refreshAll(_ turn: inout Turn) {
    if var shown = screen as? any Screen & Refreshable, shown.refreshesByItself {
      shown.refresh(&turn)
      screen = shown
    }
    for index in trail.indices { trail[index].isStale = true }
    for place in parked.keys {
      for index in parked[place]?.indices ?? 0..<0 { parked[place]?[index].isStale = true }
    }
  }

  /// Shows what others did; screens that are not shown read when they are.
  mutating func casesChanged(_ turn: inout Turn) {
    switch screen {
    case var cases as CasesScreen:
      cases.casesChanged(&turn)
      screen = cases
    case var fraudCase as CaseScreen:
      fraudCase.casesChanged(&turn)
      screen = fraudCase
    case var customer as CustomerScreen:
      customer.refreshQuietly(&turn)
      screen = customer
    default: break
    }
    func concerns(_ screen: any Screen) -> Bool {
      screen is CasesScreen || screen is CaseScreen || screen is CustomerScreen
    }
    for index in trail.indices where concerns(trail[index]) { trail[index].isStale = true }
    for place in parked.keys {
      for index in parked[place]?.indices ?? 0..<0 {
        if let left = parked[place]?[index], concerns(left) { parked[place]?[index].isStale = true }
      }
    }
  }

  /// Gives the saved queries to every screen that offers them.
  mutating func take(savedQueries: [SavedQuery]) {
    setup.savedQueries = savedQueries
    func adopting(_ screen: any Screen) -> any Screen {
      guard var query = screen as? QueryScreen else { return screen }
      query.queries = savedQueries
      return query
    }
    screen = adopting(screen)
    trail = trail.map(adopting)
    parked = parked.mapValues { $0.map(adopting) }
  }
}
