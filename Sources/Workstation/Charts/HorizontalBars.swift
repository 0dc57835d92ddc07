import Pipeline

/// Lines a horizontal bar takes: more where the area has room, the last of them empty.
func barPitch(count: Int, height: Int) -> Int {
  guard count > 0 else { return 1 }
  return max(1, min(3, height / count))
}

extension Painter {
  /// Horizontal bars: label, bar, number, share of the total.
  mutating func bars(_ data: ChartData, grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 8, area.height > 0 else { return }
    let pitch = barPitch(count: grid.count, height: area.height)
    let shown = grid.top..<min(grid.count, grid.top + max(1, area.height / pitch))
    let labels = data.points.map(\.label)
    let labelWidth = min(labels.map { displayWidth($0) }.max() ?? 0, max(6, area.width * 2 / 5))
    let numbers = data.points.map { point in
      point.value.map { data.number($0, text) } ?? text.null
    }
    let numberWidth = numbers.map { displayWidth($0) }.max() ?? 0
    let shareWidth = data.hasShares && area.width >= labelWidth + numberWidth + 22 ? 6 : 0
    let barX = area.x + labelWidth + 2
    let barWidth = area.width - labelWidth - 2 - numberWidth - 1 - shareWidth
    for position in shown {
      let y = area.y + (position - grid.top) * pitch
      let point = data.points[position]
      let isSelected = position == grid.selected && isFocused
      if isSelected { fill(Rect(x: area.x, y: y, width: labelWidth + 1, height: 1), .selection) }
      write(
        point.label, area.x, y, width: labelWidth,
        style: palette.style(.text, on: isSelected ? .selection : nil))
      if barWidth > 0 {
        for line in 0..<max(1, pitch - 1) {
          bar(
            point.value ?? 0, of: data.highest, x: barX, y: y + line, width: barWidth,
            role: data.tone(point) ?? .bar)
          if let goal = data.goal, data.highest > 0 {
            let x = barX + min(barWidth - 1, bounded(goal / data.highest * Double(barWidth)))
            write(glyphs.goal, x, y + line, width: 1, .goal)
          }
        }
      }
      let numberX = area.maxX - shareWidth - numberWidth
      writeRight(
        numbers[position], numberX, y, width: numberWidth,
        point.isChanged ? .changed : point.value == nil ? .null : .text)
      if shareWidth > 0, let value = point.value {
        let share = decimalText(value / data.total * 100, places: value / data.total < 0.0995 ? 1 : 0) + "%"
        writeRight(share, area.maxX - shareWidth, y, width: shareWidth, .muted)
      }
      target(Rect(x: area.x, y: y, width: area.width, height: pitch), .row(panel: panel, position: position))
      if isSelected, isActive { setCursor(area.x, y) }
    }
  }

  /// One bar by eighths of a cell.
  mutating func bar(_ value: Double, of highest: Double, x: Int, y: Int, width: Int, role: Role) {
    guard width > 0, highest > 0, value > 0, value.isFinite, highest.isFinite else { return }
    let eighths = min(width * 8, max(1, bounded((value / highest * Double(width) * 8).rounded())))
    var cells = String(repeating: glyphs.full, count: eighths / 8)
    if eighths % 8 > 0 { cells += glyphs.horizontalEighths[eighths % 8 - 1] }
    // A value above nothing is never drawn as nothing.
    if cells.isEmpty { cells = glyphs.horizontalEighths.last { !$0.isEmpty } ?? glyphs.full }
    write(cells, x, y, width: width, role)
  }
}
