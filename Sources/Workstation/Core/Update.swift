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
    case .serviceLevelsChanged(let levels): serviceLevels = levels
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
        turn.ask(.performCase(.step(.note(text), on: caseID, seen: nil)))
      } else {
        turn.say("nothing was written, so nothing is noted")
      }
    case .notice(let text, let tone): notice = Notice(text: text, tone: tone)
    case .accessChanged(let access): self.access = access
    case .unmasked(let identity, let id): show(identity, of: id)
    case .connectionChanged(let problem):
      let isBack = connectionProblem != nil && problem == nil
      connectionProblem = problem
      if isBack {
        notice = Notice(text: "connected again", tone: .good)
        refreshAll(&turn)
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

  private mutating func runChanged(_ run: RunReport) {
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
  private mutating func refreshAll(_ turn: inout Turn) {
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
  private mutating func casesChanged(_ turn: inout Turn) {
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

  // MARK: Moving between screens

  private mutating func push(_ next: any Screen, _ turn: inout Turn) {
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
  private mutating func enter(_ turn: inout Turn) {
    let isStale = screen.isStale
    screen.isStale = false
    if isStale, var shown = screen as? any Screen & Refreshable, shown.refreshesByItself {
      shown.refresh(&turn)
      screen = shown
    } else {
      screen.open(&turn)
    }
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
    if let digits = count, let digit = key.digit, digits.count < 6 {
      count = digits + String(digit)
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
        if !shown.selectMatch(isForward: action == .nextMatch) {
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

  private func copy(_ action: Action, _ turn: inout Turn) {
    guard let shown = screen as? any Screen & Exportable else { return }
    let cells = shown.selectedCells
    let texts = cells.map {
      $0.value == .null ? "" : setup.text.text($0.value, as: .plain, kind: $0.column.kind)
    }
    let copied = action == .copy ? texts.first ?? "" : texts.joined(separator: "\t")
    guard copied.utf8.count <= Self.longestCopy else {
      turn.say("too long to copy: \(copied.utf8.count) bytes, at most \(Self.longestCopy)", .warning)
      return
    }
    turn.ask(.copy(copied))
    turn.say(action == .copy ? "copied \(clipped(printable(copied), to: 40))" : "copied the row")
  }

  /// What terminals and multiplexers take by OSC 52 without trouble: 74,994 bytes are 100,000 in base 64.
  private static let longestCopy = 74_994

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

  private mutating func step(by step: Int, _ turn: inout Turn) {
    let tabs = tabs
    let index = tabs.firstIndex { $0.place == rootPlace } ?? 0
    show(tabs[((index + step) % tabs.count + tabs.count) % tabs.count].place, &turn)
  }

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

  private mutating func paste(_ text: String, _ turn: inout Turn) {
    if case .form(var form) = overlay {
      form.insert(text)
      overlay = .form(form)
      return
    }
    if case .caseForm(var form) = overlay {
      form.insert(text)
      overlay = .caseForm(form)
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

  // MARK: Mouse

  private mutating func click(_ mouse: MouseEvent, _ turn: inout Turn) {
    guard isMouseOn else { return }
    switch mouse.action {
    case .wheelUp, .wheelDown:
      let step = mouse.action == .wheelUp ? -3 : 3
      if overlay != nil { scrollOverlay(by: step) } else { perform(step < 0 ? .up : .down, count: 3, &turn) }
    case .press(.left):
      notice = nil
      let targets = render(self, size).targets
      guard let hit = targets.last(where: { $0.rect.contains(mouse.position) })?.part else {
        return
      }
      clicked(hit, &turn)
    case .press, .release, .drag: return
    }
  }

  private mutating func clicked(_ hit: HitTarget.Part, _ turn: inout Turn) {
    if overlay != nil {
      if case .item(let item) = hit { chooseInOverlay(item, &turn) }
      return
    }
    switch hit {
    case .tab(let tab): if tabs.indices.contains(tab) { show(tabs[tab].place, &turn) }
    case .row(let panel, let position):
      let isSelectedAlready = isSelected(panel: panel, position: position)
      screen.select(hit)
      // A second click opens.
      if isSelectedAlready { perform(.open, &turn) }
    case .panel: screen.select(hit)
    case .item: return
    }
  }

  private func isSelected(panel: Int, position: Int) -> Bool {
    if let customers = screen as? CustomersScreen { return customers.grid.selected == position }
    guard let panels = (screen as? any PanelScreen)?.deck else { return false }
    return panels.focus == panel && panels.focused?.grid.selected == position
  }
}

extension Key {
  /// The decimal digit the key types.
  fileprivate var digit: Int? {
    if case .character(let character) = self, character.isASCII { return character.wholeNumberValue }
    return nil
  }
}
