import Pipeline

/// A dashboard: cards with charts, each behind it the rows of its query.
struct DashboardScreen: PanelScreen, LoadingScreen {
  let name: String
  private(set) var title: String
  private(set) var content: DashboardContent?
  var reading = Reading()
  var isStale = false
  private(set) var loadedAt: Double?
  /// Values of linked filters by name.
  private(set) var filters: [String: String] = [:]
  var deck = PanelDeck([])

  init(name: String, title: String) {
    self.name = name
    self.title = title
  }

  var place: Place { .dashboard(name) }
  var contexts: [KeyContext] { [.dashboard, .everywhere] }
  var publication: Publication? { content?.publication }

  // MARK: Data

  var hasData: Bool { content != nil }

  func loadEffect(_ request: RequestID) -> Effect {
    .loadDashboard(name: name, filters: filters, request: request)
  }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .dashboard(let content) = answer else { return }
    title = content.definition.title
    loadedAt = turn.now
    self.content = content
    let isFirst = deck.panels.isEmpty
    deck.update(content.cards.map(Self.panel))
    guard isFirst else { return }
    // Of a line the newest point is the one to begin with.
    for (panel, card) in content.cards.enumerated() where card.card.chart == .line {
      deck.panels[panel].grid.select(.max)
    }
  }

  /// When the dashboard is to be read again by itself, in seconds since 1970; nil: only on request or after a run.
  var refreshAt: Double? {
    guard let interval = content?.definition.refresh, let loadedAt else { return nil }
    return loadedAt + interval
  }

  mutating func tick(_ turn: inout Turn) {
    if let refreshAt, turn.now >= refreshAt, pending.isEmpty { refresh(&turn) }
  }

  private static func panel(_ content: CardContent) -> Panel {
    let card = content.card
    guard case .success(let table) = content.result else {
      return Panel(id: card.id, title: card.title, grid: .empty, isStatic: true)
    }
    let toned = card.roles["tone"] ?? card.roles["value"]
    let columns = table.columns.map { column in
      Column(
        name: column.name, kind: column.kind, format: card.formats[column.name],
        thresholds: column.name == toned ? card.thresholds : [])
    }
    return Panel(id: card.id, title: card.title, grid: Grid(table: table, columns: columns))
  }

  // MARK: Linked filters

  var linkedFilterText: String {
    filters.sorted { $0.key < $1.key }.map { pair in
      "\(pair.key):" + (pair.value.contains(" ") ? "\"\(pair.value)\"" : pair.value)
    }.joined(separator: " ")
  }

  /// Takes a line such as `segment:premium level:high`; an empty one lifts all.
  mutating func setLinkedFilters(_ line: String, _ turn: inout Turn) throws(FilterError) {
    let known = content?.definition.filters ?? []
    let columns = known.map { Column(name: $0.name, title: $0.title, kind: .text) }
    var values: [String: String] = [:]
    for condition in try RowFilter(line, columns: columns, shown: turn.text).conditions {
      guard let name = condition.column else {
        throw FilterError(
          code: .unknownColumn,
          description: "write filter:value; filters are \(known.map(\.name).joined(separator: ", "))")
      }
      let value = condition.value.searchText
      let options = known.first { $0.name == name }?.options ?? []
      guard options.isEmpty || options.contains(where: { $0.lowercased() == value.lowercased() }) else {
        throw FilterError(
          code: .unknownColumn, description: "\(name) is one of \(options.joined(separator: ", "))")
      }
      values[name] = options.first { $0.lowercased() == value.lowercased() } ?? value
    }
    filters = values
    refresh(&turn)
  }

  // MARK: Actions

  func card(_ panel: Int) -> CardContent? {
    guard let content, content.cards.indices.contains(panel) else { return nil }
    return content.cards[panel]
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open:
      guard let card = card(deck.focus), deck.focused?.grid.isEmpty == false else {
        return "there are no rows here"
      }
      return card.card.drill == nil ? "there is nothing behind the rows of this card" : nil
    case .table:
      guard let chart = card(deck.focus)?.card.chart else { return "there are no rows here" }
      return chart == .table ? "this card is a table already" : nil
    case .whatIf: return name == "fraud" ? nil : "the scoring is tuned from the Fraud screen"
    case .linkedFilters:
      return content?.definition.filters.isEmpty ?? true ? "this dashboard has no filters of its own" : nil
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no cards yet" : nil
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if let chart = card(deck.focus)?.card.chart, deck.focused?.showsTable == false {
      if moveInChart(chart, action, step: count ?? 1) { return }
    }
    if performOnPanels(action, count: count) { return }
    if action == .open { drill(&turn) }
    if action == .whatIf { turn.moves.append(.open(WhatIfScreen())) }
  }

  /// Arrows follow the chart's own directions.
  private mutating func moveInChart(_ chart: ChartKind, _ action: Action, step: Int) -> Bool {
    switch (chart, action) {
    case (.heatmap, .up), (.heatmap, .down), (.heatmap, .left), (.heatmap, .right), (.stackedBars, .up),
      (.stackedBars, .down), (.stackedBars, .left), (.stackedBars, .right):
      moveOnMap(chart, action, step: step)
    case (.table, _), (.heatmap, _), (.stackedBars, _): return false
    case (_, .left): deck.withFocused { $0.grid.move(by: -step) }
    case (_, .right): deck.withFocused { $0.grid.move(by: step) }
    default: return false
    }
    return true
  }

  /// Moves among cells, or among the parts of bars.
  private mutating func moveOnMap(_ chart: ChartKind, _ action: Action, step: Int) {
    guard let card = card(deck.focus)?.card, let grid = deck.focused?.grid else { return }
    let map =
      chart == .heatmap
      ? HeatMapData(grid, card: card, text: ValueText())
      : HeatMapData(grid, card: card, text: ValueText(), rows: "label", columns: "part")
    guard let map else { return }
    let rows = action == .up ? -1 : action == .down ? 1 : 0
    let columns = action == .left ? -1 : action == .right ? 1 : 0
    for _ in 0..<min(step, grid.count) {
      deck.withFocused { focused in
        if let next = map.position(from: focused.grid.selected, rows: rows, columns: columns) {
          focused.grid.select(next)
        }
      }
    }
  }

  private func drill(_ turn: inout Turn) {
    guard let card = card(deck.focus)?.card, let drill = card.drill, let grid = deck.focused?.grid else {
      return
    }
    switch drill {
    case .customer(let column):
      guard case .integer(let id)? = grid.value(grid.selected, column) else {
        turn.say("this row names no customer in \(column)", .warning)
        return
      }
      turn.moves.append(.open(CustomerScreen(id: id)))
    case .customers(let conditions):
      var filters: [CustomerListFilter] = []
      for condition in conditions {
        guard let value = grid.value(grid.selected, condition.column) else { continue }
        // An open end of a range is NULL in the card's row.
        if value == .null, condition.comparison != .equals { continue }
        filters.append(
          CustomerListFilter(
            field: condition.field, comparison: value == .null ? .isNull : condition.comparison, value: value)
        )
      }
      // What narrows the dashboard narrows the customers behind it, too.
      let linked = (content?.definition.filters ?? []).compactMap { known in
        self.filters[known.name].flatMap(known.condition)
      }
      filters += linked.filter { condition in !filters.contains(condition) }
      turn.moves.append(.open(CustomersScreen(drillFilters: filters, origin: card.title)))
    case .query:
      var values = self.filters
      for (index, column) in grid.table.columns.enumerated() {
        values[column.name] = grid.selectedRow?[index].bindText
      }
      turn.moves.append(
        .open(DrillScreen(dashboard: name, card: card.id, title: "Behind \(card.title)", values: values)))
    }
  }

  // MARK: Layout and drawing

  func layout(in area: Rect) -> [Rect?] {
    var area = area
    if !filters.isEmpty, area.height > 0 {
      // The line that tells of the filters.
      area = Rect(x: area.x, y: area.y + 1, width: area.width, height: area.height - 1)
    }
    if deck.isZoomed { return single(deck.focus, in: area) }
    let tiles = (content?.cards ?? []).map { card in
      let isBand = card.card.chart == .figures
      return Tiling.Tile(bandHeight: isBand ? 4 : nil, weight: card.card.chart == .table ? 3 : 2)
    }
    return Tiling.place(tiles, focus: deck.focus, in: area)
  }

  func page(of panel: Int, in box: Rect) -> Int {
    let height = max(1, box.height - 2)
    guard let card = card(panel)?.card, deck.panels.indices.contains(panel) else { return height }
    if deck.panels[panel].showsTable || card.chart == .table { return max(1, height - 1) }
    switch card.chart {
    case .bars, .gauges:
      return max(1, height / barPitch(count: deck.panels[panel].grid.count, height: height))
    case .table, .columns, .figures, .heatmap, .stackedBars, .sparkline, .line, .histogram: return height
    }
  }

  func draw(on painter: inout Painter, in area: Rect) {
    if content != nil {
      if !filters.isEmpty {
        let written = painter.write(
          painter.language("Only"), area.x + 1, area.y, width: area.width - 1, .muted)
        painter.write(linkedFilterText, area.x + written + 2, area.y, width: area.width - written - 2, .badge)
      }
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty(
        pending.isEmpty ? "nothing read yet; ctrl-r reads" : "reading \(title)…", on: &painter, in: area)
    }
  }

  /// How a panel is shown at the moment.
  private func shownChart(_ panel: Int) -> ChartKind {
    deck.panels[panel].showsTable ? .table : card(panel)?.card.chart ?? .table
  }

  func scrolls(_ panel: Int) -> Bool { [.table, .bars, .gauges].contains(shownChart(panel)) }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    if case .failure(let reason)? = card(panel)?.result { return (reason.message, .danger) }
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    return (grid.filter == nil ? "no rows" : "no row passes the filter", .muted)
  }

  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool {
    guard let card = card(panel)?.card, shownChart(panel) != .table else { return false }
    painter.chart(card, deck.panels[panel].grid, in: area, panel: panel, isFocused: isFocused)
    return true
  }

  func lines(_ text: ValueText) -> [String] {
    guard let content else { return [failure ?? "\(title): reading"] }
    let filterLine = filters.isEmpty ? [] : ["Only \(linkedFilterText)", ""]
    return filterLine
      + zip(content.cards, deck.panels).flatMap { card, panel -> [String] in
        switch card.result {
        case .failure(let reason): return ["\(panel.title): \(reason.message)", ""]
        case .success: return [panel.title] + panel.grid.lines(text) + [""]
        }
      }
  }
}

extension Grid {
  /// Each row as `title value, title value`.
  func lines(_ text: ValueText) -> [String] {
    if isEmpty { return ["no rows"] }
    let shown = top..<min(count, top + page)
    let rows = order[shown].map { row in
      visibleColumns.compactMap { column in
        table.columnIndex(column.name).map { index in
          "\(text.language.column(column.title)) \(self.shown(table.rows[row], column, index, text))"
        }
      }.joined(separator: ", ")
    }
    return rows + (shown.count < count ? ["Rows \(top + 1) to \(shown.upperBound) of \(count)"] : [])
  }
}
