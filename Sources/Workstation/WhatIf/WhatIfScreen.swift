import Pipeline

/// The scoring with other numbers: what they would change is worked out as they are typed.
struct WhatIfScreen: PanelScreen, LoadingScreen, Typing, TakesForm {
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])
  var publication: Publication? { nil }
  private(set) var model: WhatIf?
  private(set) var tuning = RulesetTuning()
  private(set) var outcome: WhatIf.Outcome?
  private(set) var versions: [RulesetVersion] = []
  /// A value being typed, with the numbers as they were before.
  private(set) var typed: (editor: LineEditor, before: RulesetTuning)?
  private var past: [RulesetTuning] = []

  private static let numbersPanel = 0
  private static let moversPanel = 2
  private static let versionsPanel = 3

  var place: Place { .whatIf }
  var title: String { "What if" }
  var contexts: [KeyContext] { [.whatIf, .everywhere] }
  var hasData: Bool { model != nil }

  func loadEffect(_ request: RequestID) -> Effect { .loadWhatIf(request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .whatIf(let model, let versions) = answer else { return }
    // Numbers of another ruleset mean something else.
    if self.model?.ruleset.version != model.ruleset.version {
      tuning = RulesetTuning()
      past = []
      typed = nil
    }
    self.model = model
    self.versions = versions
    recompute()
  }

  mutating func take(versions: [RulesetVersion]) {
    self.versions = versions
    recompute()
  }

  // MARK: Numbers

  private mutating func recompute() {
    guard let model else { return }
    outcome = model.outcome(tuning)
    deck.update(panels(model))
  }

  /// The number the keys change.
  var selectedNumber: RulesetNumber? {
    guard let model, let grid = deck.panels.first?.grid, grid.order.indices.contains(grid.selected) else {
      return nil
    }
    let numbers = model.ruleset.numbers
    let row = grid.order[grid.selected]
    return numbers.indices.contains(row) ? numbers[row] : nil
  }

  private mutating func change(_ number: RulesetNumber, to value: Double, remembers: Bool = true) {
    guard let model else { return }
    if remembers { past.append(tuning) }
    if past.count > 100 { past.removeFirst() }
    tuning.set(number, to: value, in: model.ruleset)
    recompute()
  }

  var problem: String? { model.flatMap { tuning.problem(in: $0.ruleset) } }

  // MARK: Typing

  mutating func type(_ key: Key, _ turn: inout Turn) -> Bool {
    guard let (typedSoFar, before) = typed else { return false }
    var editor = typedSoFar
    switch key {
    case .enter:
      // What is no value stays to be mended.
      if let problem = typingProblem {
        turn.say(problem, .warning)
        return true
      }
      typed = nil
      if tuning != before { past.append(before) }
    case .escape:
      typed = nil
      tuning = before
      recompute()
    default:
      guard editor.handle(key) else { return false }
      typed = (editor, before)
      tuning = before
      if let number = selectedNumber, typingProblem == nil, let value = Double(editor.text) {
        change(number, to: value, remembers: false)
      } else {
        recompute()
        if let problem = typingProblem { turn.say(problem, .warning) }
      }
    }
    return true
  }

  mutating func paste(_ text: String) -> Bool { typed != nil }

  /// Why what is being typed is no value of its number; nil: it is one, or nothing was typed yet.
  var typingProblem: String? {
    guard let text = typed?.editor.text, !text.isEmpty, let number = selectedNumber else { return nil }
    guard let value = Double(text), value.isFinite else { return "\(text) is no number" }
    let (least, most) = (number.range.lowerBound, number.range.upperBound)
    return number.range.contains(value)
      ? nil : "\(text) is not from \(RulesetTuning.text(least)) to \(RulesetTuning.text(most))"
  }

  var typingHints: [(key: String, title: String)]? {
    typed == nil ? nil : [("enter", "keep"), ("esc", "as before")]
  }

  mutating func submit(_ form: String, _ values: [String: String], _ turn: inout Turn) {
    guard let model else { return }
    turn.ask(
      .changeRuleset(.save(tuning, base: model.ruleset.version, note: (values["Note"] ?? "").trimmed)))
    turn.say("saving the numbers as a version")
  }

  // MARK: Actions

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .increase, .decrease, .resetValue:
      guard selectedNumber != nil else { return "there are no numbers yet" }
      return deck.focus == Self.numbersPanel ? nil : "choose a number first; tab goes there"
    case .saveRuleset:
      return problem ?? (tuning.isEmpty ? "no number was changed" : nil)
    case .activateRuleset:
      guard let version = selectedVersion else { return "choose a version first; tab goes there" }
      return version.isActive ? "\(version.version) is in force already" : nil
    case .rollBackRuleset: return versions.count < 2 ? "there is one version only" : nil
    case .open:
      return deck.focused?.grid.isEmpty ?? true || deck.focus == 1 ? "there is nothing to open here" : nil
    case .undo: return canUndo ? nil : "there is nothing to undo"
    case .table: return "these are tables"
    default: return panelReason(action)
    }
  }

  private var selectedVersion: RulesetVersion? {
    guard deck.focus == Self.versionsPanel, let grid = deck.focused?.grid,
      grid.order.indices.contains(grid.selected)
    else { return nil }
    return versions[grid.order[grid.selected]]
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    switch action {
    case .increase, .decrease:
      guard let number = selectedNumber, let model else { return }
      let steps = Double(min(count ?? 1, 10_000)) * (action == .increase ? 1 : -1)
      change(number, to: tuning.value(number, in: model.ruleset) + steps * number.step)
    case .resetValue:
      guard let number = selectedNumber, let base = model?.ruleset.value(number) else { return }
      change(number, to: base)
    case .saveRuleset:
      turn.overlay = .form(
        .lines(
          "save", title: "Save as a version", verb: "save",
          [.line("Note", hint: "why these numbers; it stays with the version")]))
    case .activateRuleset:
      guard let version = selectedVersion else { return }
      turn.overlay = .confirm(
        Confirmation(
          title: "Activate a ruleset",
          question: "Score with \(version.version) (\(version.note)) from the next run on?", verb: "activate",
          effect: .changeRuleset(.activate(version.version))))
    case .rollBackRuleset:
      turn.overlay = .confirm(
        Confirmation(
          title: "Roll back",
          question: "Score with the version that was in force before, from the next run on?",
          verb: "roll back", effect: .changeRuleset(.rollBack)))
    case .open: open(row: &turn)
    default: _ = performOnPanels(action, count: count)
    }
  }

  private mutating func open(row turn: inout Turn) {
    switch deck.focus {
    case Self.numbersPanel:
      guard selectedNumber != nil else { return }
      typed = (LineEditor(), tuning)
    case Self.moversPanel:
      guard let grid = deck.focused?.grid, case .integer(let id)? = grid.value(grid.selected, "customer_id")
      else {
        return
      }
      turn.moves.append(.open(CustomerScreen(id: id)))
    case Self.versionsPanel:
      if let version = selectedVersion { turn.ask(.compareRuleset(version.version)) }
    default: return
    }
  }

  // A tuning is undone before a change of the view.
  var canUndo: Bool { !past.isEmpty || !deck.history.isEmpty }

  mutating func undo(_ turn: inout Turn) {
    guard let last = past.popLast() else { return deck.undo() }
    tuning = last
    recompute()
  }
}
