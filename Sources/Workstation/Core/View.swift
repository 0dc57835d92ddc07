import Pipeline

/// The screen at a size. Pure: the same state gives the same screen.
public func view(_ state: State, _ size: Size) -> ScreenBuffer {
  render(state, size).buffer
}

/// The least size anything is drawn at.
public let leastSize = Size(width: 40, height: 10)

/// The screen with what a click on it would mean.
func render(_ state: State, _ size: Size) -> (buffer: ScreenBuffer, targets: [HitTarget]) {
  var painter = Painter(
    size: size, palette: state.palette, glyphs: state.setup.isASCII ? .ascii : .unicode,
    text: state.setup.text,
    now: state.now)
  guard size.width >= leastSize.width, size.height >= leastSize.height else {
    painter.tooSmall(size)
    return (painter.buffer, [])
  }
  painter.isActive = state.overlay == nil
  var screen = state.screen
  if size != state.size { screen.settle(in: state.body(in: size)) }
  painter.header(state)
  screen.draw(on: &painter, in: state.body(in: size))
  painter.guidance(state)
  painter.footer(state)
  if let overlay = state.overlay { painter.overlay(overlay, of: state) }
  return (painter.buffer, painter.targets)
}

extension Painter {
  mutating func tooSmall(_ size: Size) {
    let lines = [
      language("too small"), "\(size.width)x\(size.height), needs \(leastSize.width)x\(leastSize.height)",
    ].map { language($0) }
    for (index, line) in lines.enumerated() { write(line, 0, index, width: size.width, .warning) }
  }

  // MARK: Header

  /// Name and tabs at the left; the run, its age and warnings at the right.
  mutating func header(_ state: State) {
    let width = buffer.size.width
    fill(Rect(x: 0, y: 0, width: width, height: 1), .header)
    let tabs = state.tabs.enumerated().map { " \($0.offset + 1) \($0.element.title) " }
    let tabsWidth = tabs.reduce(0) { $0 + displayWidth($1) }
    let brand = width >= tabsWidth + 70 ? " RiskDeck " : ""
    var x = brand.isEmpty ? 0 : 1
    if !brand.isEmpty {
      var style = palette[.header]
      style.attributes.insert(.bold)
      x += write(brand, x, 0, width: 12, style: style) + 1
    }
    // Where not all fit, the tab one is on is shown in full and the others by their numbers.
    let isShort = tabsWidth + 20 > width
    for (index, tab) in tabs.enumerated() {
      let isActive = state.tabs[index].place == state.rootPlace
      let shown = isShort && !isActive ? " \(index + 1) " : tab
      guard x < width - 4 else { break }
      let written = write(shown, x, 0, width: width - x, isActive ? .tabActive : .tab)
      target(Rect(x: x, y: 0, width: written, height: 1), .tab(index))
      x += written
    }
    var right = width - 1
    for part in headerStatus(state, isShort: width - x < 50) {
      let text = language(part.text)
      let length = displayWidth(text)
      guard right - length >= x + 1 else { break }
      write(text, right - length, 0, width: length, part.role)
      right -= length + 2
    }
  }

  private struct StatusPart {
    let text: String
    let role: Role
  }

  /// The most important first, which stands at the right; where room is short, the last go.
  private func headerStatus(_ state: State, isShort: Bool) -> [StatusPart] {
    var parts: [StatusPart] = []
    if state.connectionProblem != nil { parts.append(StatusPart(text: "NOT CONNECTED", role: .danger)) }
    if !state.access.roles.contains(.owner) {
      parts.append(StatusPart(text: state.access.title, role: .badge))
    }
    if let run = state.activeRun {
      let current = isShort ? "" : " " + (run.tasks.first { $0.state == .running }?.task ?? "")
      parts.append(
        StatusPart(
          text: "\(spinnerMark) run \(run.runID) \(run.tasksDone)/\(run.tasks.count)\(current)", role: .accent
        ))
    }
    let late = state.serviceLevels?.lateness(
      run: state.activeRun, publication: state.publication, now: state.now)
    for late in late ?? [] {
      parts.append(StatusPart(text: late.kind == .run ? "RUN IS LATE" : "STALE", role: .danger))
    }
    if let replica = replicaStatus(state.replica, isShort: isShort) { parts.append(replica) }
    guard let publication = state.publication else { return parts }
    if !publication.isMasked { parts.append(StatusPart(text: "UNMASKED", role: .danger)) }
    if publication.hasSyntheticTimes {
      parts.append(StatusPart(text: isShort ? "synthetic" : "synthetic times", role: .badge))
    }
    let age = ageText(state.now - publication.publishedAt)
    parts.append(
      StatusPart(text: isShort ? age : "run \(publication.runID) \(glyphs.separator) \(age)", role: .header))
    if !isShort { parts.append(StatusPart(text: publication.source, role: .header)) }
    return parts
  }

  /// Where the numbers come from, where that is not the primary as usual.
  private func replicaStatus(_ standing: ReplicaStanding?, isShort: Bool) -> StatusPart? {
    switch standing {
    case nil: nil
    case .unreachable:
      StatusPart(text: isShort ? "NO REPLICA" : "NO REPLICA: READING THE PRIMARY", role: .warning)
    case .answering(let lag?):
      StatusPart(
        text: lag < 1 ? "replica" : "replica \(durationText(lag)) behind", role: lag < 60 ? .header : .warning
      )
    case .answering(nil): StatusPart(text: "replica", role: .header)
    }
  }

  // MARK: Footer

  /// A prompt, a notice, or the keys that matter now; at the right what is under way.
  mutating func footer(_ state: State) {
    let y = buffer.size.height - 1
    let width = buffer.size.width
    fill(Rect(x: 0, y: y, width: width, height: 1), .footer)
    if case .prompt(let prompt) = state.overlay {
      self.prompt(prompt, y: y)
      return
    }
    var right = width - 1
    if let oldest = state.screen.pending.filter({ !$0.isQuiet }).map(\.since).min(),
      state.now - oldest >= State.shownWait
    {
      let busy = language(
        "\(spinnerMark) \(durationText(max(0, state.now - oldest)))  \(state.setup.keymap.keyName(.back)) cancels"
      )
      writeRight(busy, 0, y, width: right, .accent)
      right -= displayWidth(busy) + 2
    }
    if let count = state.count {
      write(language("count \(count)"), 1, y, width: right - 1, .accent)
      return
    }
    if let notice = state.notice {
      write(language(notice.text), 1, y, width: right - 1, ToneRule.role(notice.tone))
      return
    }
    if let problem = state.connectionProblem {
      write(language(problem), 1, y, width: right - 1, .danger)
      return
    }
    if let hints = (state.screen as? any Typing)?.typingHints {
      var x = 1
      for hint in hints.map({ (key: $0.key, title: language($0.title)) })
      where x + displayWidth(hint.key) + displayWidth(hint.title) + 1 <= right {
        x = write(hint, x, y)
      }
      return
    }
    keyHints(state, y: y, until: right)
  }

  private mutating func keyHints(_ state: State, y: Int, until right: Int) {
    let wanted: [Action] = [
      .open, .back, .takeNext, .takeCase, .noteCase, .closeCase, .reopenCase, .escalateCase,
      .releaseCase, .undoStep, .increase, .decrease, .saveRuleset, .activateRuleset, .whatIf, .edit,
      .savedQueries,
      .chartKind, .explain, .nextCard, .log, .rerun, .filter, .search, .sort, .columns, .table, .zoom,
      .cancelRun,
      .run, .refresh,
      .palette, .help, .quit,
    ]
    // The way to the help is always shown, so that nothing is out of reach.
    let last = [Action.help, .quit].compactMap { hint($0, state) }
    let reserved = last.reduce(0) { $0 + displayWidth($1.key) + displayWidth($1.title) + 3 }
    var x = 1
    for action in wanted where action != .help && action != .quit {
      guard state.reasonDisabled(action) == nil, let hint = hint(action, state) else { continue }
      let length = displayWidth(hint.key) + displayWidth(hint.title) + 3
      guard x + length + reserved <= right else { continue }
      x = write(hint, x, y)
    }
    for hint in last where x + displayWidth(hint.key) + displayWidth(hint.title) + 1 <= right {
      x = write(hint, x, y)
    }
  }

  private mutating func write(_ hint: (key: String, title: String), _ x: Int, _ y: Int) -> Int {
    let key = write(hint.key, x, y, width: 12, .footerKey)
    return x + key + 1 + write(hint.title, x + key + 1, y, width: 20, .footer) + 2
  }

  private func hint(_ action: Action, _ state: State) -> (key: String, title: String)? {
    guard let binding = state.setup.keymap.binding(action), let key = binding.keys.first,
      !binding.contexts.isDisjoint(with: state.screen.contexts)
    else { return nil }
    return (key.name, language(binding.title))
  }

  private mutating func prompt(_ prompt: Prompt, y: Int) {
    let width = buffer.size.width
    fill(Rect(x: 0, y: y, width: width, height: 1), .input)
    let caption = write(language(prompt.caption), 1, y, width: width - 2, .accent)
    let room = max(1, width - caption - 3)
    // Of a long line the part around the cursor is shown.
    var before = String(prompt.editor.beforeCursor)
    while displayWidth(printable(before)) >= room, !before.isEmpty { before.removeFirst() }
    let skipped = prompt.editor.beforeCursor.count - before.count
    let shown = String(prompt.editor.text.dropFirst(skipped))
    let written = write(shown, 1 + caption, y, width: room, .input)
    setCursor(1 + caption + min(room - 1, displayWidth(printable(before))), y)
    if let error = prompt.error.map({ language($0) }) {
      let left = 1 + caption + written + 2
      if width - left > 10 {
        write(error, left, y, width: width - left - 1, .danger)
      } else {
        fill(Rect(x: 0, y: y - 1, width: width, height: 1), .input)
        write(error, 1, y - 1, width: width - 2, .danger)
      }
    }
  }
}
