import Pipeline

extension QueryScreen {
  /// The editor's box and that of the rows.
  private func areas(in area: Rect) -> (editor: Rect, rows: Rect) {
    let wanted = editor.lines.count + (isEditing ? 3 : 2)
    let most = isEditing ? max(6, area.height / 2) : max(3, area.height / 4)
    let least = isEditing ? 6 : 3
    let height = min(area.height, max(least, min(wanted, most)))
    return (
      Rect(x: area.x, y: area.y, width: area.width, height: height),
      Rect(x: area.x, y: area.y + height, width: area.width, height: area.height - height)
    )
  }

  func layout(in area: Rect) -> [Rect?] { deck.panels.isEmpty ? [] : [areas(in: area).rows] }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    guard let result, !result.isPlan, let grid = deck.focused?.grid, !isWhole else { return [] }
    let place = painter.text.number(Double(result.offset + grid.selected + 1), as: .integer)
    return ["\(place) of \(painter.text.number(Double(result.total), as: .integer))"]
  }

  func scrolls(_ panel: Int) -> Bool { isWhole && deck.focused?.showsTable == true }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    if let failure { return (failure, .danger) }
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    return (grid.filter == nil ? "no rows" : "no row passes the filter", .muted)
  }

  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool {
    guard let panelShown = deck.focused, !panelShown.showsTable, result?.isPlan == false else { return false }
    let card = CardDefinition(
      id: "rows", title: "Rows", sql: "", chart: chart, roles: chartRoles(panelShown.grid.table),
      formats: [:],
      thresholds: [], drill: nil)
    painter.chart(card, panelShown.grid, in: area, panel: panel, isFocused: isFocused)
    return true
  }

  /// The columns of charts of two axes: the first two that are no numbers.
  private func chartRoles(_ table: ValueTable) -> [String: String] {
    let texts = table.columns.filter { $0.kind != .number }.map(\.name)
    guard chart == .heatmap || chart == .stackedBars, texts.count >= 2 else { return [:] }
    return ["row": texts[0], "column": texts[1], "label": texts[0], "part": texts[1]]
  }

  func draw(on painter: inout Painter, in area: Rect) {
    let (editorArea, rowsArea) = areas(in: area)
    drawEditor(on: &painter, in: editorArea)
    guard rowsArea.height >= 3 else { return }
    if !deck.panels.isEmpty {
      drawPanels(on: &painter, in: area)
      if isEditing { drawCursor(on: &painter, in: editorArea) }
    } else {
      let box = painter.box(rowsArea, title: "Rows")
      let keys = "ctrl-r runs the query, ctrl-o opens a saved one"
      painter.emptyNote(
        failure ?? (pending.isEmpty ? keys : "running…"), in: box, failure == nil ? .muted : .danger)
    }
  }

  private func drawEditor(on painter: inout Painter, in area: Rect) {
    painter.target(area, .panel(Self.editorPanel))
    let values = result.map(\.parameters) ?? [:]
    let note = values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    let inner = painter.box(
      area, title: saved?.title ?? "Query", note: clipped(note, to: max(0, area.width / 2)),
      isFocused: isEditing)
    let rows = textRows(in: inner)
    let top = firstRow(rows)
    for offset in 0..<rows where editor.lines.indices.contains(top + offset) {
      var x = inner.x
      for piece in QueryWords.pieces(shown(editor.lines[top + offset], width: inner.width, row: top + offset))
      {
        guard x < inner.maxX else { break }
        x += painter.write(
          piece.text, x, inner.y + offset, width: inner.maxX - x, piece.isKeyword ? .accent : .text)
      }
    }
    if editor.isEmpty, isEditing {
      painter.write("select …", inner.x, inner.y, width: inner.width, .faint)
    }
    if let completion { drawCompletion(completion, on: &painter, in: inner) }
    drawCursor(on: &painter, in: area)
  }

  private func textRows(in inner: Rect) -> Int { max(1, inner.height - (completion == nil ? 0 : 1)) }

  private func firstRow(_ rows: Int) -> Int {
    isEditing ? max(0, min(editor.row - rows + 1, editor.lines.count - rows)) : 0
  }

  /// Columns of the cursor's row that are scrolled out at the left.
  private func skipped(width: Int) -> Int {
    var before = editor.beforeCursor[...]
    while displayWidth(printable(String(before))) >= width, !before.isEmpty { before.removeFirst() }
    return editor.beforeCursor.count - before.count
  }

  private func shown(_ line: [Character], width: Int, row: Int) -> [Character] {
    let line = row == editor.row && isEditing ? Array(line.dropFirst(skipped(width: width))) : line
    return Array(printable(String(line)))
  }

  private func drawCursor(on painter: inout Painter, in area: Rect) {
    guard isEditing, painter.isActive else { return }
    let air = area.width >= 24 ? 1 : 0
    let width = area.width - 2 - 2 * air
    let rows = textRows(in: Rect(x: 0, y: 0, width: width, height: area.height - 2))
    let before = String(editor.beforeCursor.dropFirst(skipped(width: width)))
    painter.setCursor(
      area.x + 1 + air + displayWidth(printable(before)), area.y + 1 + editor.row - firstRow(rows))
  }

  private func drawCompletion(
    _ completion: QueryCompletion, on painter: inout Painter, in area: Rect
  ) {
    var x = area.x
    let y = area.maxY - 1
    painter.fill(Rect(x: area.x, y: y, width: area.width, height: 1), .overlay)
    // Those around the chosen one.
    var first = completion.selected
    var width = 0
    while first > 0, width + displayWidth(completion.candidates[first - 1]) + 2 < area.width / 2 {
      first -= 1
      width += displayWidth(completion.candidates[first]) + 2
    }
    for index in first..<completion.candidates.count where x < area.maxX {
      x += painter.write(
        completion.candidates[index], x, y, width: area.maxX - x,
        index == completion.selected ? .selection : .overlay)
      x += 2
    }
  }

  var typingHints: [(key: String, title: String)]? {
    guard isEditing else { return nil }
    return [
      ("ctrl-r", "run"), ("tab", "complete"), ("ctrl-p", "earlier"), ("ctrl-o", "saved"),
      ("ctrl-x", "explain"),
      ("esc", result == nil && failure == nil ? "leave" : "rows"),
    ]
  }

  func lines(_ text: ValueText) -> [String] {
    let query = editor.text.split(separator: "\n").map(String.init)
    let rows = failure.map { [$0] } ?? deck.focused?.grid.lines(text) ?? ["not run yet"]
    return [title] + query + [""] + rows
  }
}
