import Pipeline

/// Moving between screens: tabs with their trails, and the way back.
extension State {
  mutating func push(_ next: any Screen, _ turn: inout Turn) {
    turn.cancel(screen.pending)
    screen.forgetPending()
    trail.append(screen)
    if trail.count > Self.longestTrail { trail.remove(at: 1) }
    screen = next
    overlay = nil
    screen.open(&turn)
  }

  /// More screens deep than this, those after the first are forgotten: each may hold a thousand rows.
  private static let longestTrail = 24

  mutating func goBack(_ turn: inout Turn) {
    guard let previous = trail.popLast() else { return }
    turn.cancel(screen.pending)
    screen = previous
    overlay = nil
    enter(&turn)
  }

  /// Shows a place: a tab with its trail as it was left, or else a screen on top of the one shown.
  mutating func show(_ place: Place, _ turn: inout Turn) {
    overlay = nil
    guard tabs.contains(where: { $0.place == place }) else {
      if screen.place != place { push(Self.screen(at: place, setup: setup), &turn) }
      return
    }
    if rootPlace == place {
      // The tab's own key leads back to its first screen.
      if let first = trail.first {
        turn.cancel(screen.pending)
        screen = first
        trail = []
      }
    } else {
      turn.cancel(screen.pending)
      screen.forgetPending()
      parked[rootPlace] = trail + [screen]
      if var left = parked.removeValue(forKey: place), let shown = left.popLast() {
        screen = shown
        trail = left
      } else {
        screen = Self.screen(at: place, setup: setup)
        adoptPreferences(&screen)
        trail = []
      }
    }
    enter(&turn)
  }

  /// Loads what the screen just shown lacks.
  mutating func enter(_ turn: inout Turn) {
    let isStale = screen.isStale
    screen.isStale = false
    if isStale, var shown = screen as? any Screen & Refreshable, shown.refreshesByItself {
      shown.refresh(&turn)
      screen = shown
    } else {
      screen.open(&turn)
    }
  }

  mutating func step(by step: Int, _ turn: inout Turn) {
    let tabs = tabs
    let index = tabs.firstIndex { $0.place == rootPlace } ?? 0
    show(tabs[((index + step) % tabs.count + tabs.count) % tabs.count].place, &turn)
  }
}
