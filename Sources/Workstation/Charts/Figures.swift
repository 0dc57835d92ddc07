import Pipeline

extension Painter {
  /// Figures with their captions beside them, one after the other like words of a text.
  /// - Returns: False, with nothing drawn, where they do not all fit.
  private mutating func flowingFigures(
    _ row: [Value], _ columns: [Column], _ grid: Grid, in area: Rect
  ) -> Bool {
    var places: [(column: Column, value: Value, shown: String, x: Int, y: Int)] = []
    var (x, y) = (area.x, area.y)
    for column in columns {
      guard let index = grid.table.columnIndex(column.name) else { continue }
      let shown = text.text(row[index], as: column.format, kind: column.kind)
      let width = displayWidth(shown) + 1 + displayWidth(language.column(column.title))
      if x > area.x, x + width > area.maxX { (x, y) = (area.x, y + 1) }
      guard y < area.maxY, x + width <= area.maxX else { return false }
      places.append((column, row[index], shown, x, y))
      x += width + 3
    }
    for place in places {
      let written = write(
        place.shown, place.x, place.y, width: area.maxX - place.x,
        style: figureStyle(place.column, place.value, grid))
      let captionX = place.x + written + 1
      write(language.column(place.column.title), captionX, place.y, width: area.maxX - captionX, .muted)
    }
    return true
  }

  private func figureStyle(_ column: Column, _ value: Value, _ grid: Grid) -> Style {
    if grid.isChanged(0, column.name) { return palette[.changed] }
    var style = palette[column.role(of: value) == .text ? .accent : column.role(of: value)]
    style.attributes.insert(.bold)
    return style
  }

  /// One row of figures, each with its caption under it.
  mutating func figures(_ grid: Grid, card: CardDefinition, in area: Rect) {
    guard let row = grid.row(0), area.width > 0, area.height > 0 else { return }
    let columns = grid.visibleColumns
    guard !columns.isEmpty else { return }
    // As many beside each other as have room for their captions, unless there are not lines enough for that.
    let widest = columns.map { displayWidth(language.column($0.title)) + 2 }.max() ?? 14
    let roomy = max(1, min(columns.count, area.width / max(14, widest)))
    let fits = (columns.count + roomy - 1) / roomy * 2 <= area.height
    let perLine = fits ? roomy : max(1, min(columns.count, area.width / 14))
    if !fits, flowingFigures(row, columns, grid, in: area) { return }
    let lines = (columns.count + perLine - 1) / perLine
    let width = area.width / perLine
    let height = max(1, min(3, area.height / lines))
    let offset = lines == 1 ? max(0, (area.height - 2) / 2) : 0
    for (position, column) in columns.enumerated() {
      guard let index = grid.table.columnIndex(column.name) else { continue }
      let x = area.x + position % perLine * width
      let y = area.y + offset + position / perLine * height
      guard y < area.maxY else { break }
      let value = row[index]
      let long = text.text(value, as: column.format, kind: column.kind)
      let shown =
        displayWidth(long) < width ? long : value.number.map { text.number($0, as: .compact) } ?? long
      let style = figureStyle(column, value, grid)
      if height == 1 {
        let written = write(shown, x, y, width: width - 1, style: style)
        write(language.column(column.title), x + written + 1, y, width: width - written - 2, .muted)
      } else {
        write(shown, x, y, width: width - 1, style: style)
        if y + 1 < area.maxY { write(language.column(column.title), x, y + 1, width: width - 1, .muted) }
      }
    }
  }
}
