/// What a key, a click or a palette entry asks for.
public enum Action: String, Sendable, Hashable, CaseIterable {
  case up, down, left, right, pageUp, pageDown, top, bottom
  case open, back, nextCard, previousCard, zoom, table
  case search, nextMatch, previousMatch, filter, clearFilters, sort, reverseSort, columns, undo
  case linkedFilters, exactCount
  case value, copy, copyRow, export, unmask
  case edit, explain, savedQueries, chartKind
  case whatIf, increase, decrease, resetValue, saveRuleset, activateRuleset, rollBackRuleset
  case screen1, screen2, screen3, screen4, screen5, screen6, screen7, screen8, screen9
  case nextScreen, previousScreen, models, auditLog
  case run, cancelRun, rerun, resumeRun, log, testHook, refresh
  case takeNext, takeCase, releaseCase, assignCase, noteCase, editNote, escalateCase, closeCase, reopenCase
  case snoozeRule, listEntry, overrideLevel, undoStep, myCases, openCustomer
  case palette, help, themes, mouse, count, redraw, suspend, quit

  /// The number of the screen the action opens, from 0.
  var screenIndex: Int? {
    let screens: [Action] = [
      .screen1, .screen2, .screen3, .screen4, .screen5, .screen6, .screen7, .screen8, .screen9,
    ]
    return screens.firstIndex(of: self)
  }
}

/// Where a binding holds.
public enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// Every screen.
  case everywhere
  case pipeline, dashboard, customers, customer, query, whatIf, models, cases, fraudCase
  /// Rows of one table and nothing else.
  case rows
  /// A list or text that lies over the screen.
  case overlay
}

/// An action with its keys and what people read about it: one row of the key table.
public struct KeyBinding: Sendable, Hashable {
  public let action: Action
  public var keys: [Key]
  /// One or two words, for the footer.
  public let title: String
  /// A line, for the help and docs/keys.md.
  public let summary: String
  public let group: KeyGroup
  public let contexts: Set<KeyContext>

  init(
    _ action: Action, _ keys: [Key], _ title: String, _ summary: String, _ group: KeyGroup,
    _ contexts: Set<KeyContext> = [.everywhere]
  ) {
    self.action = action
    self.keys = keys
    self.title = title
    self.summary = summary
    self.group = group
    self.contexts = contexts
  }

  /// `up, k`
  public var keyNames: String { keys.map(\.name).joined(separator: ", ") }
}

/// The headings of the help.
public enum KeyGroup: String, Sendable, Hashable, CaseIterable {
  case move = "Move"
  case view = "View"
  case data = "Data"
  case screens = "Screens"
  case pipeline = "Pipeline"
  case cases = "Cases"
  case program = "Program"
}
