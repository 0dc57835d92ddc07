import Pipeline

/// One case: what is recommended and why, what happened, what holds for its customer.
struct CaseScreen: PanelScreen, LoadingScreen {
  let id: Int64
  private(set) var page: CasePage?
  private(set) var isMissing = false
  private var missing: String { "there is no case \(id)" }
  var emptiness: String? { isMissing ? missing : hasData ? nil : failure }
  private var hasNews = false
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  enum Section: String, Sendable, CaseIterable {
    case facts = "Case"
    case evidence = "Why"
    case timeline = "What happened"
    case settings = "In force"
    case others = "Other cases"
  }

  init(id: Int64) {
    self.id = id
  }

  var place: Place { .fraudCase(id) }
  var contexts: [KeyContext] { [.fraudCase, .everywhere] }
  var publication: Publication? { nil }
  var title: String { "Case \(id)" + (page?.fraudCase.name.map { ": \($0)" } ?? "") }

  // MARK: Data

  var hasData: Bool { page != nil }

  func loadEffect(_ request: RequestID) -> Effect { .loadCase(id: id, request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .fraudCase(let page) = answer else { return }
    let isFirst = self.page == nil
    let hadEvents = self.page?.events.count ?? 0
    isMissing = page == nil
    self.page = page
    deck.update(page.map { Self.panels($0, now: turn.now, turn.text) } ?? [])
    // The newest event is the one to see.
    if isFirst || (page?.events.count ?? 0) > hadEvents,
      let timeline = deck.panels.firstIndex(where: { $0.id == Section.timeline.rawValue })
    {
      deck.panels[timeline].grid.select(.max)
    }
    if hasNews {
      hasNews = false
      refreshQuietly(&turn)
    }
  }

  mutating func casesChanged(_ turn: inout Turn) {
    if pending.isEmpty { refreshQuietly(&turn) } else { hasNews = true }
  }

  private static func panels(_ page: CasePage, now: Double, _ text: ValueText) -> [Panel] {
    var panels = [
      Panel(
        id: Section.facts.rawValue, title: "Case \(page.fraudCase.caseID)",
        grid: factGrid(page, now: now, text)),
      Panel(id: Section.evidence.rawValue, title: "Why", grid: evidenceGrid(page)),
      Panel(id: Section.timeline.rawValue, title: "What happened", grid: eventGrid(page)),
    ]
    if !page.snoozes.isEmpty || !page.entries.isEmpty {
      panels.append(Panel(id: Section.settings.rawValue, title: "In force", grid: settingGrid(page, text)))
    }
    if !page.others.isEmpty {
      panels.append(Panel(id: Section.others.rawValue, title: "Other cases", grid: otherGrid(page)))
    }
    return panels
  }

  private static func factGrid(_ page: CasePage, now: Double, _ text: ValueText) -> Grid {
    let fraudCase = page.fraudCase
    let workflow = fraudCase.workflow
    let standing = fraudCase.standing
    func time(_ seconds: Double) -> String { text.text(.number(seconds), as: .plain, kind: .timestamp) }
    var facts: [(String, String)] = [
      ("State", workflow.state.title), ("Whose", workflow.assignee ?? "nobody's"),
      ("Level", fraudCase.level.rawValue),
    ]
    if fraudCase.isLevelSet {
      facts.append(("Set", fraudCase.levelWords(at: now, time: time).joined(separator: ", ")))
    }
    if let override = fraudCase.override { facts.append(("Because", override.reason)) }
    facts.append(("Do", Column.title(ofName: standing.action.lowercased())))
    if let outcome = workflow.outcome {
      facts.append(("Outcome", outcome.title))
      facts.append(("Reason", workflow.outcomeReason ?? ""))
      facts.append(("Closed", workflow.closedAt.map(time) ?? ""))
    } else {
      facts.append(("Due", time(workflow.dueAt) + (fraudCase.isLate(at: now) ? ", late" : "")))
    }
    facts += [
      ("Score", "\(text.number(standing.score, as: .decimal)), priority \(standing.priority) of 5"),
      ("Rules", standing.ruleHits.isEmpty ? "none" : standing.ruleHits.joined(separator: ", ")),
      (
        "Customer",
        [String(fraudCase.customerID), fraudCase.name, fraudCase.country].compactMap { $0 }.joined(
          separator: ", ")
      ),
      (
        "Opened",
        time(fraudCase.openedAt)
          + ", \(workflow.state == .closed ? "scored by" : "unchanged since") run \(standing.runID)"
      ),
    ]
    return Grid(
      table: ValueTable(
        columns: [ValueColumn(name: "fact", kind: .text), ValueColumn(name: "value", kind: .text)],
        rows: facts.map { [.text($0.0), .text($0.1)] }),
      columns: [
        Column(name: "fact", title: "", kind: .text, width: .fixed(8)),
        Column(name: "value", title: "", kind: .text, width: .fit(minimum: 12, maximum: 100)),
      ], keyColumn: "fact")
  }

  private static func evidenceGrid(_ page: CasePage) -> Grid {
    let snoozed = Set(page.snoozes.map(\.rule))
    return Grid(
      table: ValueTable(
        columns: [
          ValueColumn(name: "contribution", kind: .number), ValueColumn(name: "factor", kind: .text),
          ValueColumn(name: "reason", kind: .text), ValueColumn(name: "name", kind: .text),
          ValueColumn(name: "snoozed", kind: .text),
        ],
        rows: page.evidences.map {
          [
            .number($0.contribution), .text($0.factor), .text($0.text), .text($0.name),
            .text(snoozed.contains($0.name) ? "snoozed" : ""),
          ]
        }),
      columns: [
        Column(name: "contribution", title: "Adds", kind: .number, width: .fixed(6), format: .decimal),
        Column(name: "factor", kind: .text, width: .fit(minimum: 6, maximum: 12)),
        Column(name: "reason", kind: .text, width: .fit(minimum: 20, maximum: 160)),
        Column(name: "snoozed", title: "", kind: .text, width: .fit(minimum: 1, maximum: 7)),
        Column(name: "name", title: "Evidence", kind: .text, width: .fit(minimum: 8, maximum: 24)),
      ], keyColumn: "name")
  }

  private static func eventGrid(_ page: CasePage) -> Grid {
    let undone = Set(page.events.compactMap(\.undoes))
    return Grid(
      table: ValueTable(
        columns: [
          ValueColumn(name: "event", kind: .number), ValueColumn(name: "at", kind: .timestamp),
          ValueColumn(name: "who", kind: .text), ValueColumn(name: "what", kind: .text),
          ValueColumn(name: "note", kind: .text), ValueColumn(name: "change", kind: .text),
          ValueColumn(name: "from", kind: .text), ValueColumn(name: "role", kind: .text),
        ],
        rows: page.events.map { event in
          [
            .integer(event.eventID), .number(event.at), .text(event.actor),
            .text(event.kind.title + (undone.contains(event.eventID) ? " (undone)" : "")),
            .text(event.note ?? ""), .text(event.changes), .text(event.origin),
            .text(event.databaseRole),
          ]
        }),
      columns: [
        Column(name: "at", title: "When", kind: .timestamp, width: .fixed(16)),
        Column(name: "who", kind: .text, width: .fit(minimum: 5, maximum: 12)),
        Column(name: "what", kind: .text, width: .fit(minimum: 6, maximum: 18)),
        Column(name: "note", kind: .text, width: .fit(minimum: 8, maximum: 60)),
        Column(name: "change", kind: .text, width: .fit(minimum: 8, maximum: 70)),
        Column(name: "from", kind: .text, width: .fit(minimum: 6, maximum: 40)),
        Column(name: "role", title: "Database role", kind: .text, isVisible: false),
        Column(name: "event", kind: .number, format: .plain, isVisible: false),
      ], keyColumn: "event")
  }

  private static func settingGrid(_ page: CasePage, _ text: ValueText) -> Grid {
    func row(_ what: String, _ until: Double?, _ who: String, _ reason: String) -> [Value] {
      let end = until.map { text.text(.number($0), as: .plain, kind: .timestamp) } ?? "for good"
      return [.text(what), .text(end), .text(who), .text(reason)]
    }
    return Grid(
      table: ValueTable(
        columns: ["what", "until", "by", "reason"].map { ValueColumn(name: $0, kind: .text) },
        rows: page.snoozes.map { row("\($0.rule) is snoozed", $0.until, $0.madeBy, $0.reason) }
          + page.entries.map {
            row("\($0.kind.title) on the \($0.list.rawValue) list", $0.until, $0.madeBy, $0.reason)
          }), keyColumn: "what")
  }

  private static func otherGrid(_ page: CasePage) -> Grid {
    Grid(
      table: ValueTable(
        columns: [
          ValueColumn(name: "case", kind: .number), ValueColumn(name: "state", kind: .text),
          ValueColumn(name: "outcome", kind: .text), ValueColumn(name: "level", kind: .text),
          ValueColumn(name: "opened", kind: .timestamp), ValueColumn(name: "reason", kind: .text),
        ],
        rows: page.others.map { other in
          [
            .integer(other.caseID), .text(other.workflow.state.title),
            other.workflow.outcome.map { .text($0.title) } ?? .null, .text(other.standing.level.rawValue),
            .number(other.openedAt), other.workflow.outcomeReason.map { .text($0) } ?? .null,
          ]
        }), keyColumn: "case")
  }

  // MARK: Actions

  func section(_ panel: Int) -> Section? {
    deck.panels.indices.contains(panel) ? Section(rawValue: deck.panels[panel].id) : nil
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open: return deck.focused?.grid.isEmpty ?? true ? "there are no rows here" : nil
    case .table: return "this section is a table already"
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no sections yet" : nil
    case .takeNext, .undoStep: return nil
    case .openCustomer: return page == nil ? "the case is not there yet" : nil
    default:
      if action.isCaseStep { return CaseSteps.reasonDisabled(action, on: page?.fraudCase) }
      return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if performOnPanels(action, count: count) { return }
    switch action {
    case .open:
      guard let grid = deck.focused?.grid else { return }
      if section(deck.focus) == .others, case .integer(let other)? = grid.value(grid.selected, "case") {
        turn.moves.append(.open(CaseScreen(id: other)))
      } else if section(deck.focus) == .facts, case .text("Customer")? = grid.value(grid.selected, "fact") {
        openCustomer(&turn)
      } else {
        turn.overlay = Popup.of(grid.selectedCells, title: deck.focused?.title ?? title, text: turn.text).map
        {
          .popup($0)
        }
      }
    case .openCustomer: openCustomer(&turn)
    case .takeNext: turn.ask(.performCase(.takeNext(CaseFilter())))
    case .undoStep: turn.ask(.performCase(.undo(on: id)))
    default:
      guard let page else { return }
      CaseSteps.perform(action, on: page.fraudCase, page: page, &turn)
    }
  }

  private func openCustomer(_ turn: inout Turn) {
    guard let page else { return }
    turn.moves.append(.open(CustomerScreen(id: page.fraudCase.customerID)))
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] {
    if deck.isZoomed { return single(deck.focus, in: area) }
    let tiles = deck.panels.map { _ in Tiling.Tile(bandHeight: nil, weight: 1) }
    return Tiling.place(tiles, focus: deck.focus, in: area, leastHeight: 10)
  }

  func page(of panel: Int, in box: Rect) -> Int {
    let hasTitles = deck.panels.indices.contains(panel) && deck.panels[panel].grid.hasTitles
    return max(1, box.height - (hasTitles ? 3 : 2))
  }

  func draw(on painter: inout Painter, in area: Rect) {
    if page != nil {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty(
        isMissing ? missing : "reading case \(id)…", isMissing ? .danger : .muted, on: &painter, in: area)
    }
  }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    guard section(panel) == .facts, let page else { return [] }
    return page.fraudCase.isLate(at: painter.now)
      ? ["late by " + durationText(painter.now - page.fraudCase.workflow.dueAt)] : []
  }

  func noteRole(of panel: Int) -> Role { .danger }

  func lines(_ text: ValueText) -> [String] {
    guard page != nil else { return [failure ?? (isMissing ? missing : "reading case \(id)")] }
    return [title] + deck.panels.flatMap { ["", $0.title] + $0.grid.lines(text) }
  }
}
