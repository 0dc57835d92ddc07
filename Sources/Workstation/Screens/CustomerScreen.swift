import Pipeline

/// Everything about one customer.
struct CustomerScreen: PanelScreen, LoadingScreen {
  let id: Int64
  private(set) var page: CustomerPage?
  private(set) var isMissing = false
  /// Where the level comes from where it is not the score's.
  private var levelWords: [String] = []
  private var missing: String { "there is no customer \(id) in the published data" }
  var emptiness: String? { isMissing ? missing : hasData ? nil : failure }
  var reading = Reading()
  var isStale = false
  var deck = PanelDeck([])

  /// The sections in reading order.
  enum Section: String, Sendable, CaseIterable {
    case risk = "Risk"
    case identity = "Identity"
    case evidence = "Why"
    case timeline = "Spending over time"
    case orders = "Orders"
    case history = "Score history"
    case peers = "Peers"
  }

  init(id: Int64) {
    self.id = id
  }

  var place: Place { .customer(id) }
  var contexts: [KeyContext] { [.customer, .everywhere] }
  var publication: Publication? { nil }

  var title: String {
    guard
      case .text(let name)? = page?.facts.first(where: { $0.caption.lowercased().holds("name") })?.value
    else {
      return "Customer \(id)"
    }
    return "Customer \(id): \(name)"
  }

  // MARK: Data

  var hasData: Bool { page != nil }

  func loadEffect(_ request: RequestID) -> Effect { .loadCustomer(id: id, request: request) }

  mutating func take(_ answer: Answer, _ turn: inout Turn) {
    guard case .customer(let page) = answer else { return }
    let isFirst = self.page == nil
    isMissing = page == nil
    self.page = page
    let text = turn.text
    levelWords =
      page?.levelWords(at: turn.now) { text.text(.number($0), as: .plain, kind: .timestamp) } ?? []
    deck.update(page.map(Self.panels) ?? [])
    guard isFirst else { return }
    // The newest point is the one to begin with.
    for panel in deck.panels.indices where isLine(panel) { deck.panels[panel].grid.select(.max) }
  }

  private static func panels(_ page: CustomerPage) -> [Panel] {
    var panels = [
      Panel(id: Section.risk.rawValue, title: Section.risk.rawValue, grid: factorGrid(page.score)),
      Panel(id: Section.identity.rawValue, title: Section.identity.rawValue, grid: factGrid(page.facts)),
      Panel(id: Section.evidence.rawValue, title: Section.evidence.rawValue, grid: evidenceGrid(page.score)),
      Panel(id: Section.timeline.rawValue, title: Section.timeline.rawValue, grid: cartGrid(page.orders)),
      Panel(id: Section.orders.rawValue, title: Section.orders.rawValue, grid: orderGrid(page.orders)),
    ]
    if !page.scoreHistory.isEmpty {
      panels.append(
        Panel(
          id: Section.history.rawValue, title: Section.history.rawValue, grid: historyGrid(page.scoreHistory))
      )
    }
    if !page.peers.columns.isEmpty {
      let columns = page.peers.columns.map { column in
        CustomerListFields.columns.first { $0.name == column.name }
          ?? Column(name: column.name, kind: column.kind)
      }
      panels.append(
        Panel(
          id: Section.peers.rawValue, title: "Peers of the same segment",
          grid: Grid(table: page.peers, columns: columns)))
    }
    return panels + page.sections.map { Panel(id: $0.title, title: $0.title, grid: Grid(table: $0.table)) }
  }

  private static func factorGrid(_ score: CustomerScore?) -> Grid {
    let columns = [ValueColumn(name: "factor", kind: .text), ValueColumn(name: "score", kind: .number)]
    let rows = (score?.factors ?? []).map { factor in
      [Value.text(factor.factor), factor.score.map { .number($0) } ?? .null]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [Column(name: "factor", kind: .text), Column(name: "score", kind: .number, format: .score)])
  }

  private static func factGrid(_ facts: [CustomerPage.Fact]) -> Grid {
    let columns = [ValueColumn(name: "fact", kind: .text), ValueColumn(name: "value", kind: .text)]
    return Grid(
      table: ValueTable(columns: columns, rows: facts.map { [.text($0.caption), $0.value] }),
      keyColumn: "fact")
  }

  private static func evidenceGrid(_ score: CustomerScore?) -> Grid {
    let columns = [
      ValueColumn(name: "contribution", kind: .number), ValueColumn(name: "factor", kind: .text),
      ValueColumn(name: "reason", kind: .text), ValueColumn(name: "name", kind: .text),
    ]
    let rows = (score?.evidences ?? []).map { evidence in
      [
        Value.number(evidence.contribution), .text(evidence.factor), .text(evidence.text),
        .text(evidence.name),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(
          name: "contribution", title: "Adds", kind: .number, width: .fixed(6), format: .decimal),
        Column(name: "factor", kind: .text, width: .fit(minimum: 6, maximum: 12)),
        Column(name: "reason", kind: .text, width: .fit(minimum: 20, maximum: 160)),
        Column(name: "name", title: "Evidence", kind: .text, isVisible: false),
      ])
  }

  private static func orderGrid(_ orders: [CustomerPage.OrderLine]) -> Grid {
    let columns = [
      ValueColumn(name: "ordered_at", kind: .timestamp), ValueColumn(name: "cart", kind: .number),
      ValueColumn(name: "product", kind: .text), ValueColumn(name: "category", kind: .text),
      ValueColumn(name: "quantity", kind: .number), ValueColumn(name: "total", kind: .number),
      ValueColumn(name: "synthetic_time", kind: .boolean),
    ]
    let rows = orders.map { line -> [Value] in
      [
        .number(line.orderedAt), .integer(line.cartID), line.product.map { .text($0) } ?? .null,
        line.category.map { .text($0) } ?? .null, .integer(line.quantity), .number(line.lineTotal),
        .boolean(line.isSyntheticTime),
      ]
    }
    return Grid(
      table: ValueTable(columns: columns, rows: rows),
      columns: [
        Column(name: "ordered_at", title: "Time", kind: .timestamp, width: .fixed(16)),
        Column(name: "product", kind: .text, width: .fit(minimum: 8, maximum: 40)),
        Column(name: "quantity", title: "Qty", kind: .number, width: .fixed(4), format: .integer),
        Column(name: "total", kind: .number, width: .fit(minimum: 8, maximum: 14), format: .currency),
        Column(name: "category", kind: .text, width: .fit(minimum: 8, maximum: 20)),
        Column(name: "cart", kind: .number, width: .fit(minimum: 4, maximum: 10), format: .plain),
        Column(name: "synthetic_time", title: "Synthetic", kind: .boolean, isVisible: false),
      ])
  }

  /// One row an order, oldest first: its lines' totals summed.
  private static func cartGrid(_ orders: [CustomerPage.OrderLine]) -> Grid {
    var carts: [(id: Int64, at: Double, total: Double, lines: Int64)] = []
    for line in orders.reversed() {
      if let known = carts.lastIndex(where: { $0.id == line.cartID }) {
        carts[known].total += line.lineTotal
        carts[known].lines += 1
      } else {
        carts.append((line.cartID, line.orderedAt, line.lineTotal, 1))
      }
    }
    carts.sort { $0.at < $1.at }
    let columns = [
      ValueColumn(name: "ordered_at", kind: .timestamp), ValueColumn(name: "total", kind: .number),
      ValueColumn(name: "lines", kind: .number), ValueColumn(name: "cart", kind: .number),
    ]
    return Grid(
      table: ValueTable(
        columns: columns,
        rows: carts.map { [.number($0.at), .number($0.total), .integer($0.lines), .integer($0.id)] }),
      columns: [
        Column(name: "ordered_at", title: "Time", kind: .timestamp, width: .fixed(16)),
        Column(name: "total", kind: .number, format: .currency),
        Column(name: "lines", kind: .number, format: .integer),
        Column(name: "cart", kind: .number, format: .plain),
      ], keyColumn: "cart")
  }

  private static func historyGrid(_ points: [CustomerPage.ScorePoint]) -> Grid {
    let columns = [
      ValueColumn(name: "published_at", kind: .timestamp), ValueColumn(name: "composite", kind: .number),
      ValueColumn(name: "run", kind: .number),
    ]
    return Grid(
      table: ValueTable(
        columns: columns,
        rows: points.map { [.number($0.publishedAt), .number($0.composite), .integer($0.runID)] }),
      columns: [
        Column(name: "published_at", title: "Published", kind: .timestamp, width: .fixed(16)),
        Column(name: "composite", title: "Risk", kind: .number, format: .score),
        Column(name: "run", kind: .number, format: .plain),
      ], keyColumn: "run")
  }

  // MARK: Actions

  func section(_ panel: Int) -> Section? {
    deck.panels.indices.contains(panel) ? Section(rawValue: deck.panels[panel].id) : nil
  }

  func reasonDisabled(_ action: Action) -> String? {
    switch action {
    case .open:
      if deck.focused?.grid.isEmpty ?? true { return "there are no rows here" }
      return nil
    case .table:
      switch section(deck.focus) {
      case .risk, .timeline, .history: return nil
      default: return "this section is a table already"
      }
    case .zoom, .nextCard, .previousCard: return deck.panels.isEmpty ? "there are no sections yet" : nil
    default: return panelReason(action)
    }
  }

  mutating func perform(_ action: Action, count: Int?, _ turn: inout Turn) {
    if isLine(deck.focus), deck.focused?.showsTable == false, action == .left || action == .right {
      deck.withFocused { $0.grid.move(by: (action == .left ? -1 : 1) * (count ?? 1)) }
      return
    }
    if performOnPanels(action, count: count) { return }
    if action == .unmask {
      turn.overlay = .confirm(
        Confirmation(
          title: "Clear identity",
          question: "Show customer \(id) in clear? The audit log will say that you did.", verb: "show",
          effect: .unmask(customerID: id)))
    }
    guard action == .open, let grid = deck.focused?.grid else { return }
    if case .integer(let number)? = grid.value(grid.selected, "case_id") {
      turn.moves.append(.open(CaseScreen(id: number)))
    } else if case .integer(let peer)? = grid.value(grid.selected, "customer_id") {
      turn.moves.append(.open(CustomerScreen(id: peer)))
    } else {
      turn.overlay = Popup.of(grid.selectedCells, title: deck.focused?.title ?? title, text: turn.text).map {
        .popup($0)
      }
    }
  }

  // MARK: Drawing

  func layout(in area: Rect) -> [Rect?] {
    if deck.isZoomed { return single(deck.focus, in: area) }
    let tiles = deck.panels.map { _ in Tiling.Tile(bandHeight: nil, weight: 1) }
    return Tiling.place(tiles, focus: deck.focus, in: area, leastHeight: 10)
  }

  func page(of panel: Int, in box: Rect) -> Int {
    let height = max(1, box.height - 2)
    switch section(panel) {
    case .identity: return height
    case .risk where !deck.panels[panel].showsTable: return max(1, height - headHeight)
    default: return max(1, height - 1)
    }
  }

  /// Lines above the gauges: score, level and action, and who set the level.
  private var headHeight: Int { 3 + levelWords.count }

  func draw(on painter: inout Painter, in area: Rect) {
    if page != nil {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else if isMissing {
      drawEmpty(missing, .danger, on: &painter, in: area)
    } else {
      drawEmpty("reading customer \(id)…", on: &painter, in: area)
    }
  }

  /// The section is a line over time unless shown as a table.
  private func isLine(_ panel: Int) -> Bool { section(panel) == .timeline || section(panel) == .history }

  func scrolls(_ panel: Int) -> Bool { !isLine(panel) || deck.panels[panel].showsTable }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    guard section(panel) == .orders, let page, page.hasMoreOrders else { return [] }
    return ["newest \(page.orders.count)"]
  }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    let grid = deck.panels[panel].grid
    if section(panel) == .risk, page?.score == nil { return ("not scored", .muted) }
    guard grid.isEmpty else { return nil }
    return (grid.filter == nil ? "none" : "no row passes the filter", .muted)
  }

  func drawContent(of index: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool {
    let panel = deck.panels[index]
    guard let page else { return false }
    switch section(index) {
    case .risk where !panel.showsTable:
      drawRisk(index, panel, page, on: &painter, in: area, isFocused: isFocused)
    case .identity: drawFacts(index, panel, page, on: &painter, in: area, isFocused: isFocused)
    case .timeline where !panel.showsTable:
      drawLine(panel.grid, x: "ordered_at", y: "total", .currency, index, on: &painter, in: area, isFocused)
    case .history where !panel.showsTable:
      drawLine(
        panel.grid, x: "published_at", y: "composite", .score, index, on: &painter, in: area, isFocused)
    default: return false
    }
    return true
  }

  private func drawLine(
    _ grid: Grid, x: String, y: String, _ format: ValueFormat, _ panel: Int, on painter: inout Painter,
    in area: Rect, _ isFocused: Bool
  ) {
    let points = (0..<grid.count).compactMap { position -> LineData.Point? in
      guard let time = grid.value(position, x)?.number, let number = grid.value(position, y)?.number else {
        return nil
      }
      let label = painter.text.text(.number(time), as: .plain, kind: .timestamp)
      return LineData.Point(x: time, y: number, label: label, position: position)
    }
    painter.lineChart(
      LineData(points: points, format: format), selected: grid.selected, in: area, panel: panel,
      isFocused: isFocused)
  }

  private func drawRisk(
    _ index: Int, _ panel: Panel, _ page: CustomerPage, on painter: inout Painter, in area: Rect,
    isFocused: Bool
  ) {
    guard let score = page.score else { return }
    let tone = ToneRule.tone(ofWord: score.level).map(ToneRule.role) ?? .text
    var style = painter.palette[tone]
    style.attributes.insert(.bold)
    var x = area.x
    let composite = painter.text.number(score.composite, as: .score)
    x += painter.write(
      "\(composite)  \(painter.language.word(score.level, in: "risk_level").uppercased())"
        + (score.setting == nil ? "" : "*"), x, area.y, width: area.width, style: style)
    let rank = painter.language("priority \(score.investigationPriority) of 5")
    if area.maxX - x > displayWidth(rank) + 2 {
      painter.writeRight(rank, x, area.y, width: area.maxX - x, .muted)
    }
    let action = Column.title(ofName: score.action.lowercased())
    painter.write(painter.language("Do: \(action)"), area.x, area.y + 1, width: area.width, .text)
    for (line, words) in levelWords.enumerated() where line + 2 < area.height {
      let mark = line == 0 && score.setting != nil ? "* " : ""
      painter.write(mark + painter.language(words), area.x, area.y + 2 + line, width: area.width, .warning)
    }
    let data = ChartData(
      points: panel.grid.order.compactMap { row in
        let cells = panel.grid.table.rows[row]
        let factor = Column.title(ofName: cells[0].searchText)
        return ChartData.Point(label: painter.language.column(factor), value: cells[1].number)
      }, valueFormat: .score)
    let below = Rect(
      x: area.x, y: area.y + headHeight, width: area.width, height: max(0, area.height - headHeight))
    painter.gauges(
      data, selected: panel.grid.selected, top: panel.grid.top, in: below, panel: index, isFocused: isFocused)
  }

  private func drawFacts(
    _ index: Int, _ panel: Panel, _ page: CustomerPage, on painter: inout Painter, in area: Rect,
    isFocused: Bool
  ) {
    let grid = panel.grid
    let captionWidth = min(
      page.facts.map { displayWidth(painter.language.column($0.caption)) }.max() ?? 0,
      max(8, area.width * 2 / 5))
    for line in 0..<area.height {
      let position = grid.top + line
      guard grid.order.indices.contains(position) else { break }
      let fact = page.facts[grid.order[position]]
      let y = area.y + line
      let isSelected = isFocused && position == grid.selected
      let under: Role? = isSelected ? .selection : nil
      if let under { painter.fill(Rect(x: area.x, y: y, width: area.width, height: 1), under) }
      painter.write(
        painter.language.column(fact.caption), area.x, y, width: captionWidth,
        style: painter.palette.style(.muted, on: under))
      let column = Column(name: fact.caption, kind: Self.kind(of: fact), format: fact.format)
      painter.write(
        painter.text.text(fact.value, of: column), area.x + captionWidth + 2, y,
        width: area.width - captionWidth - 2,
        style: painter.palette.style(column.role(of: fact.value), on: under))
      painter.target(
        Rect(x: area.x, y: y, width: area.width, height: 1), .row(panel: index, position: position))
      if isSelected, painter.isActive { painter.setCursor(area.x, y) }
    }
  }

  private static func kind(of fact: CustomerPage.Fact) -> ValueColumn.Kind {
    fact.format == .date ? .timestamp : fact.value.number == nil ? .text : .number
  }

  func lines(_ text: ValueText) -> [String] {
    guard let page else { return [failure ?? (isMissing ? missing : "reading customer \(id)")] }
    var lines = [title]
    lines += page.facts.map {
      "\($0.caption): \(text.text($0.value, as: $0.format, kind: Self.kind(of: $0)))"
    }
    if let score = page.score {
      lines.append("")
      lines.append(
        "Risk \(text.number(score.composite, as: .score)), level \(score.level), action \(score.action)")
      if !levelWords.isEmpty { lines.append("Level " + levelWords.joined(separator: ", ")) }
    }
    for panel in deck.panels where panel.id != Section.identity.rawValue {
      lines += ["", panel.title] + panel.grid.lines(text)
    }
    return lines
  }
}

extension Popup {
  /// A row with all of its columns; nil where there is none.
  static func of(_ cells: [(column: Column, value: Value)], title: String, text: ValueText)
    -> Popup?
  {
    guard !cells.isEmpty else { return nil }
    return Popup(
      title: title,
      lines: cells.map { column, value in
        Line(
          caption: column.spokenTitle, text: text.text(value, of: column),
          isNull: value == .null)
      })
  }
}
