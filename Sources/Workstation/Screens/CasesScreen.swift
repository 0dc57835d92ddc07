import Pipeline

/// The queue: cases in the order in which they are to be worked off.
struct CasesScreen: PanelScreen, LoadingScreen {
  private(set) var filter = CaseFilter()
  private(set) var queue: CaseQueue?
  /// Something changed while an answer was awaited.
  private var hasNews = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  var place: Place { .cases }
  var title: String { "Cases" }
  var contexts: [KeyContext] { [.cases, .everywhere] }
  var publication: Publication? { nil }

  // MARK: Data

  var hasData: Bool { queue != nil }

  func loadEffect(_ request: RequestID) -> Effect { .loadCases(filter, request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .cases(let queue) = answer else { return }
    let marksChanges = self.queue?.filter == queue.filter
    self.queue = queue
    deck.update(
      [Panel(id: "cases", title: panelTitle, grid: Self.grid(queue, now: turn.now))],
      marksChanges: marksChanges)
    if hasNews {
      hasNews = false
      refreshQuietly(&turn)
    }
  }

  /// Somebody took a step: the queue is read again, and what changed is marked.
  mutating func casesChanged(_ turn: inout Turn) {
    if pending.isEmpty { refreshQuietly(&turn) } else { hasNews = true }
  }

  mutating func show(_ filter: CaseFilter, _ turn: inout Turn) {
    self.filter = filter
    refresh(&turn)
  }

  private var panelTitle: String {
    filter == CaseFilter() ? "Open cases" : "Cases: \(Self.words(filter))"
  }

  static func words(_ filter: CaseFilter) -> String {
    var words = filter.states.map(\.title).sorted() + filter.levels.map(\.rawValue).sorted()
    if let factor = filter.factor { words.append(factor) }
    switch filter.assignee {
    case .anybody: break
    case .nobody: words.append("nobody's")
    case .named(let name): words.append("\(name)'s")
    }
    if filter.isLateOnly { words.append("late") }
    if let hours = filter.leastAgeHours { words.append("older than \(durationText(hours * 3_600))") }
    return words.isEmpty ? "open" : words.joined(separator: ", ")
  }

  private static func grid(_ queue: CaseQueue, now: Double) -> Grid {
    let columns: [ValueColumn] = [
      ValueColumn(name: "case", kind: .number), ValueColumn(name: "level", kind: .text),
      ValueColumn(name: "score", kind: .number), ValueColumn(name: "factor", kind: .text),
      ValueColumn(name: "state", kind: .text), ValueColumn(name: "assignee", kind: .text),
      ValueColumn(name: "due", kind: .timestamp), ValueColumn(name: "mark", kind: .text),
      ValueColumn(name: "customer_id", kind: .number), ValueColumn(name: "name", kind: .text),
      ValueColumn(name: "rules", kind: .text), ValueColumn(name: "priority", kind: .number),
      ValueColumn(name: "set_by", kind: .text), ValueColumn(name: "opened", kind: .timestamp),
      ValueColumn(name: "outcome", kind: .text), ValueColumn(name: "country", kind: .text),
    ]
    let rows = queue.cases.map { fraudCase -> [Value] in
      let workflow = fraudCase.workflow
      let standing = fraudCase.standing
      func text(_ text: String?) -> Value { .text(text ?? "") }
      return [
        .integer(fraudCase.caseID), .text(fraudCase.level.rawValue), .number(standing.score),
        text(standing.primaryFactor), .text(workflow.state.title), text(workflow.assignee),
        .number(workflow.dueAt), .text(mark(fraudCase, now)),
        .integer(fraudCase.customerID), text(fraudCase.name),
        .text(standing.ruleHits.joined(separator: ", ")), .integer(Int64(standing.priority)),
        text(fraudCase.override?.madeBy ?? standing.setting?.setBy), .number(fraudCase.openedAt),
        text(workflow.outcome?.title),
        text(fraudCase.country),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(
          name: "case", title: "Case", kind: .number, width: .fit(minimum: 4, maximum: 8), format: .plain),
        Column(name: "level", kind: .text, width: .fixed(8)),
        Column(name: "score", kind: .number, width: .fixed(6), format: .decimal),
        Column(name: "factor", kind: .text, width: .fit(minimum: 6, maximum: 11)),
        Column(name: "state", kind: .text, width: .fit(minimum: 5, maximum: 9)),
        Column(name: "assignee", title: "Whose", kind: .text, width: .fit(minimum: 5, maximum: 12)),
        Column(name: "mark", title: "", kind: .text, width: .fit(minimum: 1, maximum: 8)),
        Column(name: "due", kind: .timestamp, width: .fixed(16)),
        Column(
          name: "customer_id", title: "Customer", kind: .number, width: .fit(minimum: 8, maximum: 10),
          format: .plain),
        Column(name: "name", kind: .text, width: .fit(minimum: 8, maximum: 20)),
        Column(name: "rules", kind: .text, width: .fit(minimum: 5, maximum: 30)),
        Column(name: "set_by", title: "Level by", kind: .text, width: .fit(minimum: 8, maximum: 12)),
        Column(name: "priority", title: "Prio", kind: .number, width: .fixed(4), format: .integer),
        Column(name: "opened", kind: .timestamp, width: .fixed(16)),
        Column(name: "outcome", kind: .text, width: .fit(minimum: 7, maximum: 15)),
        Column(name: "country", kind: .text, isVisible: false),
      ], keyColumn: "case")
  }

  /// `late`, and `set` where a person set the level.
  private static func mark(_ fraudCase: FraudCase, _ now: Double) -> String {
    [fraudCase.isLate(at: now) ? "late" : nil, fraudCase.isLevelSet ? "set" : nil].compactMap { $0 }
      .joined(separator: " ")
  }

  // MARK: Actions

  /// The case under the cursor.
  var selected: FraudCase? {
    guard let grid = deck.focused?.grid, case .integer(let number)? = grid.value(grid.selected, "case") else {
      return nil
    }
    return queue?.cases.first { $0.caseID == number }
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return selected == nil ? "there are no cases here" : nil
    case .table, .zoom, .nextCard, .previousCard: return "there is one table here"
    case .takeNext: return queue?.free == 0 ? "no case is free" : nil
    case .linkedFilters, .myCases, .undoStep: return nil
    default:
      if action.isCaseStep { return CaseSteps.reasonDisabled(action, on: selected) }
      return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    switch action {
    case .open: if let selected { turn.moves.append(.open(CaseScreen(id: selected.caseID))) }
    case .takeNext:
      turn.ask(.performCase(.takeNext(CaseFilter(levels: filter.levels, factor: filter.factor))))
    case .undoStep: turn.ask(.performCase(.undo(on: nil)))
    default:
      guard let selected else { return }
      CaseSteps.perform(action, on: selected, page: nil, &turn)
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] { single(deck.focus, in: area) }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading the cases…")
  }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    guard let queue else { return [] }
    let late = queue.late > 0 ? ", \(queue.late) late" : ""
    let cut = queue.total > Int64(queue.cases.count) ? "first \(queue.cases.count) of \(queue.total); " : ""
    return [cut + "\(queue.open) open, \(queue.free) free" + late]
  }

  func noteRole(of panel: Int) -> Role { (queue?.late ?? 0) > 0 ? .warning : .muted }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    guard let grid = deck.focused?.grid, grid.isEmpty else { return nil }
    let isFiltered = filter != CaseFilter() || grid.filter != nil
    return (isFiltered ? "no case passes the filter" : "no case is open: the next run may bring some", .muted)
  }

  func lines(_ text: ValueText) -> [String] {
    guard let queue else { return [failure ?? "reading the cases"] }
    return ["\(panelTitle): \(queue.open) open, \(queue.free) free, \(queue.late) late"]
      + (deck.focused?.grid.lines(text) ?? [])
  }
}

/// The steps that the queue and a case's own page offer alike.
enum CaseSteps {
  /// Why a step is not possible at this moment; nil: it is. The server decides in the end.
  static func reasonDisabled(_ action: Action, on fraudCase: FraudCase?) -> String? {
    guard let fraudCase else { return "there is no case here" }
    let isClosed = fraudCase.workflow.state == .closed
    switch action {
    case .reopenCase: return isClosed ? nil : "the case is open"
    case .takeCase where fraudCase.workflow.assignee != nil && !isClosed:
      return "it is \(fraudCase.workflow.assignee ?? "")'s"
    case .releaseCase where fraudCase.workflow.assignee == nil && !isClosed: return "it is nobody's"
    case .escalateCase where fraudCase.workflow.state == .escalated: return "it is escalated already"
    default: return isClosed ? "the case is closed; X opens it again" : nil
    }
  }

  /// - Parameter page: everything known of the case, where it was read.
  static func perform(_ action: Action, on fraudCase: FraudCase, page: CasePage?, _ turn: inout Turn) {
    func step(_ step: CaseStep) -> Effect {
      .performCase(.step(step, on: fraudCase.caseID, seen: fraudCase.version))
    }
    switch action {
    case .takeCase: turn.ask(step(.take))
    case .releaseCase: turn.ask(step(.release))
    case .assignCase: turn.overlay = .form(CaseForms.assign(fraudCase))
    case .escalateCase: turn.overlay = .form(CaseForms.escalate(fraudCase))
    case .closeCase: turn.overlay = .form(CaseForms.close(fraudCase))
    case .reopenCase: turn.overlay = .form(CaseForms.reopen(fraudCase))
    case .noteCase: turn.overlay = .form(CaseForms.note(on: fraudCase.caseID))
    case .editNote: turn.ask(.editNote(caseID: fraudCase.caseID))
    case .snoozeRule:
      let names = fraudCase.standing.ruleHits + (page?.evidences.map(\.name) ?? [])
      turn.overlay = .form(
        CaseForms.snooze(
          fraudCase, names: names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.1)))
    case .listEntry: turn.overlay = .form(CaseForms.list(fraudCase, identifiers: page?.identifiers ?? []))
    case .overrideLevel: turn.overlay = .form(CaseForms.override(fraudCase))
    default: return
    }
  }
}

extension Action {
  /// A step on the case under the cursor or shown.
  var isCaseStep: Bool {
    switch self {
    case .takeCase, .releaseCase, .assignCase, .escalateCase, .closeCase, .reopenCase, .noteCase, .editNote,
      .snoozeRule, .listEntry, .overrideLevel:
      true
    default: false
    }
  }
}
