import Pipeline

/// Rows of a grid spread over two axes.
struct HeatMapData: Sendable {
  let rowLabels: [String]
  let columnLabels: [String]
  /// Places in the grid's order, by row and column label; nil: no such row.
  let positions: [[Int?]]
  let values: [[Double?]]
  let format: ValueFormat
  /// Places in the grid's order whose value the last reload changed.
  let changed: Set<Int>

  /// - Parameters:
  ///   - rows: The role of the column whose values are the rows.
  ///   - columns: The role of the column whose values are the columns.
  init?(
    _ grid: Grid, card: CardDefinition, text: ValueText, rows: String = "row", columns: String = "column"
  ) {
    guard let row = ChartData.column(card, rows, in: grid.table, isNumber: nil),
      let column = ChartData.column(card, columns, in: grid.table, isNumber: nil),
      let value = ChartData.column(card, "value", in: grid.table, isNumber: true)
    else { return nil }
    var rowLabels: [String] = []
    var columnLabels: [String] = []
    var places: [(row: Int, column: Int, position: Int, value: Double?)] = []
    for (position, index) in grid.order.enumerated() {
      let cells = grid.table.rows[index]
      let rowLabel = text.label(cells[row], of: grid.table.columns[row])
      let columnLabel = text.label(cells[column], of: grid.table.columns[column])
      let rowPlace = rowLabels.firstIndex(of: rowLabel) ?? rowLabels.count
      if rowPlace == rowLabels.count { rowLabels.append(rowLabel) }
      let columnPlace = columnLabels.firstIndex(of: columnLabel) ?? columnLabels.count
      if columnPlace == columnLabels.count { columnLabels.append(columnLabel) }
      places.append((rowPlace, columnPlace, position, cells[value].number))
    }
    let empty: [Int?] = Array(repeating: nil, count: columnLabels.count)
    var positions = Array(repeating: empty, count: rowLabels.count)
    let none: [Double?] = Array(repeating: nil, count: columnLabels.count)
    var values = Array(repeating: none, count: rowLabels.count)
    for place in places {
      positions[place.row][place.column] = place.position
      values[place.row][place.column] = place.value
    }
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.positions = positions
    self.values = values
    let name = grid.table.columns[value].name
    format = ChartData.format(card, name)
    changed = Set(places.map(\.position).filter { grid.isChanged($0, name) })
  }

  /// The place in the order that lies that many cells away from another; nil where the map ends.
  func position(from position: Int, rows: Int, columns: Int) -> Int? {
    for (row, line) in positions.enumerated() {
      guard let column = line.firstIndex(of: position) else { continue }
      var (newRow, newColumn) = (row + rows, column + columns)
      // Cells without a row are skipped over.
      while positions.indices.contains(newRow), line.indices.contains(newColumn) {
        if let found = positions[newRow][newColumn] { return found }
        newRow += rows
        newColumn += columns
      }
      return nil
    }
    return nil
  }
}

extension Painter {
  /// A table of cells coloured by their value; without colours a shade stands before the number.
  mutating func heatMap(_ data: HeatMapData, grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 8, area.height >= 2, !data.columnLabels.isEmpty else { return }
    let labelWidth = min(data.rowLabels.map { displayWidth($0) }.max() ?? 0, max(6, area.width / 3))
    let cellWidth = max(4, min(16, (area.width - labelWidth - 1) / data.columnLabels.count))
    let columns = min(data.columnLabels.count, max(1, (area.width - labelWidth - 1) / cellWidth))
    let pitch = max(1, min(3, (area.height - 1) / max(1, data.rowLabels.count)))
    let rows = max(1, (area.height - 1) / pitch)
    let selectedRow = data.positions.firstIndex { $0.contains(grid.selected) } ?? 0
    let selectedColumn =
      data.positions.first { $0.contains(grid.selected) }?.firstIndex(of: grid.selected) ?? 0
    let firstRow = max(0, min(selectedRow - rows + 1, data.rowLabels.count - rows))
    let firstColumn = max(0, min(selectedColumn - columns + 1, data.columnLabels.count - columns))
    let numbers = data.values.flatMap { $0 }.compactMap { $0 }.filter(\.isFinite)
    let (lowest, highest) = (min(0, numbers.min() ?? 0), numbers.max() ?? 0)
    let isCut = (firstRow > 0, firstRow + rows < data.rowLabels.count)
    if isCut.0 || isCut.1 {
      // Where rows are out of sight, in the corner: above, below or both.
      let mark = (isCut.0 ? glyphs.ascending : "") + (isCut.1 ? glyphs.descending : "")
      write(mark, area.x, area.y, width: labelWidth + 1, .accent)
    }
    for column in 0..<columns {
      let x = area.x + labelWidth + 1 + column * cellWidth
      let label = data.columnLabels[firstColumn + column]
      let length = min(cellWidth - 1, displayWidth(label))
      write(label, x + (cellWidth - 1 - length) / 2, area.y, width: length, .columnTitle)
    }
    for row in 0..<min(rows, data.rowLabels.count - firstRow) {
      let y = area.y + 1 + row * pitch
      write(data.rowLabels[firstRow + row], area.x, y + (pitch - 1) / 2, width: labelWidth, .text)
      for column in 0..<columns {
        let cell = Rect(
          x: area.x + labelWidth + 1 + column * cellWidth, y: y, width: cellWidth - 1,
          height: max(1, pitch == 3 ? 3 : pitch))
        let position = data.positions[firstRow + row][firstColumn + column]
        let value = data.values[firstRow + row][firstColumn + column]
        heatCell(
          value, lowest, highest, data.format, in: cell, isSelected: position == grid.selected && isFocused,
          isChanged: position.map(data.changed.contains) ?? false)
        if let position { target(cell, .row(panel: panel, position: position)) }
      }
    }
  }

  private mutating func heatCell(
    _ value: Double?, _ lowest: Double, _ highest: Double, _ format: ValueFormat, in cell: Rect,
    isSelected: Bool, isChanged: Bool
  ) {
    guard let value, value.isFinite else {
      write(glyphs.separator, cell.x + cell.width / 2, cell.y + (cell.height - 1) / 2, width: 1, .faint)
      return
    }
    let share = highest > lowest ? (value - lowest) / (highest - lowest) : 0
    var number = fittingNumber(value, format, width: cell.width)
    var style = palette[.text]
    if let heat = palette.heat(share) {
      style = heat
      fill(cell, style: heat)
    } else {
      let shade = glyphs.shades[min(glyphs.shades.count - 1, bounded(share * Double(glyphs.shades.count)))]
      number = shade + number
    }
    // The colour of a cell is its value's; a change is told by the weight of its number.
    if isChanged { style.attributes.formUnion(.bold) }
    if isSelected {
      style.attributes.formUnion([.bold, .underline])
      if palette.depth == .mono { style.attributes.formUnion(.reverse) }
      number = cell.width >= displayWidth(number) + 2 ? "[\(number)]" : number
    }
    let length = min(cell.width, displayWidth(number))
    let x = cell.x + (cell.width - length) / 2
    let y = cell.y + (cell.height - 1) / 2
    write(number, x, y, width: length, style: style)
    if isSelected, isActive { setCursor(x, y) }
  }
}
