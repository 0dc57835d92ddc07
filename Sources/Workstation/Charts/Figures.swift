import Pipeline

extension Painter {
  /// One row of figures, each with its caption under it.
  mutating func figures(_ grid: Grid, card: CardDefinition, in area: Rect) {
    guard let row = grid.row(0), area.width > 0, area.height > 0 else { return }
    let columns = grid.visibleColumns
    guard !columns.isEmpty else { return }
    let perLine = max(1, min(columns.count, area.width / 14))
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
      var style = palette[column.role(of: value) == .text ? .accent : column.role(of: value)]
      style.attributes.insert(.bold)
      if grid.isChanged(0, column.name) { style = palette[.changed] }
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
