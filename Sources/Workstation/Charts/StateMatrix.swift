/// Rows of marks: what happened to something in each of a row of runs or tasks.
struct StateMatrix: Sendable {
  struct Mark: Sendable, Hashable {
    let glyph: String
    let role: Role
  }

  struct Row: Sendable {
    /// Before the marks: cut where it is too wide.
    let label: String
    let labelRole: Role
    /// Between the label and the marks, at the right; empty: nothing.
    let figure: String
    let marks: [Mark?]
    /// Behind the marks, as long as there is room.
    let trail: [(text: String, role: Role)]
    /// A bar at the end of the row, 0 to 1; nil: none.
    let share: Double?
  }

  /// Above the marks, one or two characters each; empty: none.
  let headings: [String]
  let labelTitle: String
  let figureTitle: String
  /// The rows on the screen by their place in the grid's order.
  let row: @Sendable (Int) -> Row?
  /// Columns of a label; more where there is room.
  let labelWidth: Int
  let figureWidth: Int
  let trailWidth: Int
  let trailTitle: String
  let hasBar: Bool
}

extension Painter {
  /// Draws the rows a grid scrolls over, the selected one marked, and in it the cell of `selectedMark`.
  mutating func stateMatrix(
    _ matrix: StateMatrix, marks: Int, grid: Grid, selectedMark: Int?, in area: Rect, panel: Int,
    isFocused: Bool
  ) {
    guard area.width >= 12, area.height >= 2 else { return }
    let figureWidth = matrix.figureWidth > 0 ? matrix.figureWidth + 1 : 0
    let least = min(matrix.labelWidth, max(8, area.width / 3))
    let room = area.width - figureWidth - 2
    // Wide cells where they fit beside whole labels: apart, marks can be counted and headed.
    let pitch = [3, 2].first { marks * $0 + matrix.labelWidth <= room } ?? 1
    let shown = max(0, min(marks, (room - least) / pitch))
    let trailWidth = room - least - shown * pitch >= matrix.trailWidth + 2 ? matrix.trailWidth + 2 : 0
    let labelWidth =
      matrix.hasBar ? least : max(least, min(matrix.labelWidth, room - shown * pitch - trailWidth))
    let markX = area.x + labelWidth + figureWidth + 2
    let trailX = markX + shown * pitch + 1
    write(language.column(matrix.labelTitle), area.x, area.y, width: labelWidth, .columnTitle)
    if figureWidth > 0 {
      writeRight(
        language.column(matrix.figureTitle), area.x + labelWidth, area.y, width: figureWidth, .columnTitle)
    }
    // Where not all fit, the selected one is among them, else the last.
    let skipped = min(marks - shown, max(0, (selectedMark ?? marks) - shown + 1))
    if pitch == 3 {
      for column in 0..<shown where matrix.headings.indices.contains(column + skipped) {
        let isSelected = isFocused && column + skipped == selectedMark
        write(
          matrix.headings[column + skipped], markX + column * pitch, area.y, width: 2,
          isSelected ? .accent : .axis)
      }
    }
    if trailWidth > 0 {
      write(language.column(matrix.trailTitle), trailX, area.y, width: trailWidth - 1, .columnTitle)
    }
    for offset in 0..<(area.height - 1) {
      let position = grid.top + offset
      guard position < grid.count, let row = matrix.row(position) else { break }
      let y = area.y + 1 + offset
      let isSelected = position == grid.selected
      let under: Role? = isSelected ? (isFocused ? .selection : .selectionInactive) : nil
      if let under { fill(Rect(x: area.x, y: y, width: area.width, height: 1), under) }
      write(row.label, area.x, y, width: labelWidth, style: palette.style(row.labelRole, on: under))
      if figureWidth > 0 {
        writeRight(
          row.figure, area.x + labelWidth, y, width: figureWidth, style: palette.style(.text, on: under))
      }
      for column in 0..<shown {
        guard row.marks.indices.contains(column + skipped), let mark = row.marks[column + skipped] else {
          continue
        }
        var style = palette.style(mark.role, on: under)
        if isSelected, isFocused, column + skipped == selectedMark {
          style.attributes.formUnion([.bold, .underline])
        }
        write(mark.glyph, markX + column * pitch, y, width: 1, style: style)
      }
      var x = trailX
      if trailWidth > 0 {
        for part in row.trail {
          x += write(
            part.text, x, y, width: trailX + trailWidth - 1 - x, style: palette.style(part.role, on: under))
        }
        x = trailX + trailWidth
      }
      let barWidth = min(40, area.maxX - x - 1)
      if let share = row.share, barWidth >= 4 {
        bar(share, of: 1, x: x, y: y, width: barWidth, role: row.labelRole)
      }
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .row(panel: panel, position: position))
      if isSelected, isFocused, isActive { setCursor(area.x, y) }
    }
  }
}
