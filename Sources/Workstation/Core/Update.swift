import Pipeline

/// The state after an event, and what the edge is to do about it.
public func update(_ state: State, _ event: Event) -> (State, [Effect]) {
  var next = state
  let effects = next.handle(event)
  return (next, effects)
}

extension State {
  /// As ``update(_:_:)``, in place.
  public mutating func handle(_ event: Event) -> [Effect] {
    var turn = Turn(now: now, lastRequest: lastRequest, text: setup.text)
    switch event {
    case .input(.key(let key)): press(key, &turn)
    case .input(.mouse(let mouse)): click(mouse, &turn)
    case .input(.resize(let size)): self.size = size
    case .input(.paste(let text)): paste(text, &turn)
    case .runChanged(let run):
      runChanged(run)
      if var shown = screen as? any Screen & Following {
        shown.follow(&turn)
        screen = shown
      }
    case .published: refreshAll(&turn)
    case .publicationChanged(let publication): self.publication = publication
    case .serviceLevelsChanged(let levels):
      serviceLevels = levels
      if var pipeline = screen as? PipelineScreen {
        pipeline.schedulesChanged(&turn)
        screen = pipeline
      }
    case .rulesetsChanged(let versions):
      if var shown = screen as? WhatIfScreen {
        shown.take(versions: versions)
        screen = shown
      }
    case .rulesetCompared(let version, let lines):
      let shown = lines.isEmpty ? ["it says what the version in force says"] : lines
      overlay = .popup(
        Popup(
          title: "\(version) beside the version in force",
          lines: shown.map { Popup.Line(caption: "", text: $0) }))
    case .casesChanged: casesChanged(&turn)
    case .caseTaken(let id):
      if screen.place != .fraudCase(id) { turn.moves.append(.open(CaseScreen(id: id))) }
    case .noteWritten(let text, let caseID):
      if let text {
        submitted = CaseForms.note(on: caseID, text)
        turn.ask(.performCase(.step(.note(text), on: caseID, seen: nil)))
      } else {
        turn.say(
          "nothing was written, so nothing is noted; the editor is the one that VISUAL or EDITOR names")
      }
    case .stepTaken(let message):
      submitted = nil
      notice = Notice(text: message, tone: .good)
    case .stepFailed(let message, let canRepeat): stepFailed(message, canRepeat: canRepeat)
    case .savedQueriesRead(let queries): take(savedQueries: queries)
    case .notice(let text, let tone): notice = Notice(text: text, tone: tone)
    case .accessChanged(let access): self.access = access
    case .unmasked(let identity, let id): show(identity, of: id)
    case .connectionChanged(let problem):
      let isBack = connectionProblem != nil && problem == nil
      connectionProblem = problem
      // The old notice would hide the reason, which is told at the same place.
      if problem != nil, notice == .connectedAgain { notice = nil }
      if isBack {
        notice = .connectedAgain
        refreshAll(&turn)
      }
    case .replicaChanged(let standing):
      let wasReachable = if case .unreachable = replica { false } else { true }
      replica = standing
      if wasReachable, case .unreachable(let reason) = standing {
        notice = Notice(text: "the replica does not answer, the primary does: \(reason)", tone: .warning)
      }
    case .unavailable: turn.ask(.quit)
    case .tick(let time):
      now = time
      turn = Turn(now: now, lastRequest: lastRequest, text: setup.text)
      screen.tick(&turn)
    default:
      if let (answer, request) = event.answer { deliver(answer, request, &turn) }
    }
    finish(&turn)
    return turn.effects
  }

  /// Carries out what a turn asked for.
  mutating func finish(_ turn: inout Turn) {
    if let said = turn.notice { notice = said }
    if let opened = turn.overlay { overlay = opened }
    while !turn.moves.isEmpty {
      switch turn.moves.removeFirst() {
      case .open(var next):
        adoptPreferences(&next)
        push(next, &turn)
      case .back: goBack(&turn)
      }
    }
    lastRequest = turn.lastRequest
    if var tour {
      tour.advance(over: self)
      self.tour = tour
    }
    settle()
  }

  // MARK: Data

  /// Gives an answer to the screen shown where it waits for it. Screens that were left wait for nothing: their
  /// requests were cancelled, and what answers them after all is dropped.
  private mutating func deliver(_ answer: Answer, _ request: RequestID, _ turn: inout Turn) {
    if case .palette(let palette) = overlay, palette.search?.id == request {
      showFound(answer, in: palette, &turn)
      return
    }
    guard screen.pending.contains(where: { $0.id == request }) else { return }
    screen.receive(answer, request: request, &turn)
    publication = screen.publication ?? publication
    if case .models(let pages) = answer { modelNames = pages.map(\.name) }
    if let pipeline = screen as? PipelineScreen { activeRun = pipeline.runningRun }
  }

  // MARK: Keys

  private mutating func press(_ key: Key, _ turn: inout Turn) {
    notice = nil
    isGreeting = false
    if overlay != nil {
      pressInOverlay(key, &turn)
      return
    }
    if var typing = screen as? any Screen & Typing, typing.type(key, &turn) {
      screen = typing
      return
    }
    if let digits = count, let digit = key.digit {
      // No list is as long as seven digits ask; the key is a digit all the same.
      if digits.count < 6 { count = digits + String(digit) }
      return
    }
    let typed = count.flatMap(Int.init).map { max(1, $0) }
    count = nil
    guard let action = setup.keymap.action(for: key, in: screen.contexts) else { return }
    perform(action, count: typed, &turn)
  }

  /// Does what the action says, or says why it cannot.
  mutating func perform(_ action: Action, count: Int? = nil, _ turn: inout Turn) {
    if let reason = reasonDisabled(action) {
      turn.say(reason, .warning)
      return
    }
    tour?.note(action)
    if let index = action.screenIndex {
      if tabs.indices.contains(index) { show(tabs[index].place, &turn) }
      return
    }
    switch action {
    case .quit:
      turn.ask(.savePreferences(preferences))
      turn.ask(.quit)
    case .suspend: turn.ask(.suspend)
    case .redraw: turn.ask(.redraw)
    case .back: back(&turn)
    case .models: show(.models, &turn)
    case .auditLog: show(.audit, &turn)
    case .count: self.count = ""
    case .nextScreen, .previousScreen: step(by: action == .nextScreen ? 1 : -1, &turn)
    case .mouse:
      isMouseOn.toggle()
      turn.ask(.setMouse(isOn: isMouseOn))
      turn.ask(.savePreferences(preferences))
      turn.say(isMouseOn ? "mouse on" : "mouse off: the terminal selects text itself")
    case .run:
      overlay = .confirm(
        Confirmation(
          title: "Run the pipeline",
          question: "Reads the source anew, builds the models, scores and publishes. "
            + "It goes on where this terminal closes.", verb: "run", effect: .startRun(.all)))
    case .help, .palette, .themes, .sort, .columns, .search, .filter, .linkedFilters, .value:
      openOverlay(action)
    case .myCases: showMyCases(&turn)
    default: performOnScreen(action, count: count, &turn)
    }
  }

  /// The queue with one's own cases alone, and back to all.
  private mutating func showMyCases(_ turn: inout Turn) {
    guard var cases = screen as? CasesScreen else { return }
    let mine = CaseFilter(assignee: .named(setup.analyst))
    cases.show(cases.filter == mine ? CaseFilter() : mine, &turn)
    screen = cases
  }

  private mutating func performOnScreen(_ action: Action, count: Int?, _ turn: inout Turn) {
    switch action {
    case .refresh:
      if var shown = screen as? any Screen & Refreshable {
        shown.refresh(&turn)
        screen = shown
      }
    case .undo:
      if var shown = screen as? any Screen & Undoable {
        shown.undo(&turn)
        screen = shown
      }
    case .nextMatch, .previousMatch:
      if var shown = screen as? any Screen & Searchable {
        if !shown.selectMatch(isForward: action == .nextMatch, shown: turn.text) {
          turn.say("\(shown.searchText) is not among the rows read", .warning)
        }
        screen = shown
      }
    case .reverseSort:
      if var shown = screen as? any Screen & Sortable, let order = shown.sortOrder {
        shown.sort(by: SortOrder(column: order.column, isDescending: !order.isDescending), &turn)
        screen = shown
        rememberCustomers(&turn)
      }
    case .clearFilters where !(screen is CustomersScreen):
      if var shown = screen as? any Screen & Filterable {
        // An empty line cannot fail to be read.
        try? shown.filter("", &turn)
        screen = shown
      }
    case .copy, .copyRow: copy(action, &turn)
    case .export: openExport()
    default: screen.perform(action, count: count, &turn)
    }
  }

  private mutating func back(_ turn: inout Turn) {
    // A read of a moment, such as the next rows of a list, does not take the key from its main meaning.
    let isSlow = screen.pending.contains { !$0.isQuiet && now - $0.since >= Self.shownWait }
    if isLoading, isSlow || trail.isEmpty {
      turn.cancel(screen.pending)
      screen.forgetPending()
      turn.say("query cancelled")
    } else if var panels = screen as? any PanelScreen, panels.deck.isZoomed {
      panels.deck.isZoomed = false
      screen = panels
    } else {
      goBack(&turn)
    }
  }

  /// Seconds after which a query is shown to be under way, and may be cancelled by the key back: an answer of a moment is
  /// no wait.
  static let shownWait = 0.25

  private mutating func show(_ identity: ClearIdentity?, of id: Int64) {
    // Whoever has gone elsewhere meanwhile does not want it over another screen.
    guard screen.place == .customer(id) else { return }
    guard let identity else {
      notice = Notice(
        text: "customer \(id) was loaded with masking on: nothing in clear is stored", tone: .neutral)
      return
    }
    let facts = [("Name", identity.fullName), ("E-mail", identity.email), ("Telephone", identity.phone)]
    overlay = .popup(
      Popup(
        title: "Customer \(id) in clear",
        lines: facts.map { Popup.Line(caption: $0, text: $1 ?? "∅", isNull: $1 == nil) }))
  }

  private mutating func paste(_ text: String, _ turn: inout Turn) {
    if case .form(var form) = overlay {
      form.insert(text)
      overlay = .form(form)
      return
    }
    if overlay == nil, var typing = screen as? any Screen & Typing, typing.paste(text) {
      screen = typing
      return
    }
    guard case .prompt(var prompt) = overlay else {
      if case .palette(var palette) = overlay {
        palette.editor.insert(text)
        palette.find(in: paletteEntries())
        seekCustomers(&palette, &turn)
        overlay = .palette(palette)
      }
      return
    }
    prompt.editor.insert(text)
    overlay = .prompt(prompt)
  }

  /// Keeps the customer list's order and columns for lists to come.
  mutating func rememberCustomers(_ turn: inout Turn) {
    guard let customers = screen as? CustomersScreen else { return }
    customerSort = customers.order
    customerColumns = customers.columns.filter(\.isVisible).map(\.name)
    turn.ask(.savePreferences(preferences))
  }
}

extension Key {
  /// The decimal digit the key types.
  fileprivate var digit: Int? {
    if case .character(let character) = self, character.isASCII { return character.wholeNumberValue }
    return nil
  }
}
