import Pipeline

extension Painter {
  /// Horizontal bars cut into parts, with a legend; the selected part is marked in both.
  mutating func stackedBars(_ data: HeatMapData, grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 12, area.height >= 2 else { return }
    let labelWidth = min(data.rowLabels.map { displayWidth($0) }.max() ?? 0, max(6, area.width / 3))
    let totals = data.values.map { row in row.compactMap { $0 }.filter { $0 > 0 && $0.isFinite }.reduce(0, +)
    }
    let numbers = totals.map { text.number($0, as: data.format) }
    let numberWidth = numbers.map { displayWidth($0) }.max() ?? 0
    let barX = area.x + labelWidth + 2
    let barWidth = max(1, area.width - labelWidth - 2 - numberWidth - 1)
    let highest = totals.max() ?? 0
    let rows = max(1, area.height - 2)
    let pitch = barPitch(count: data.rowLabels.count, height: rows)
    let selectedRow = data.positions.firstIndex { $0.contains(grid.selected) } ?? 0
    let visible = max(1, rows / pitch)
    let first = max(0, min(selectedRow - visible + 1, data.rowLabels.count - visible))
    for row in first..<min(data.rowLabels.count, first + visible) {
      let y = area.y + (row - first) * pitch
      let isSelected = row == selectedRow && isFocused
      if isSelected { fill(Rect(x: area.x, y: y, width: labelWidth + 1, height: 1), .selection) }
      write(
        data.rowLabels[row], area.x, y, width: labelWidth,
        style: palette.style(.text, on: isSelected ? .selection : nil))
      parts(
        data, row, highest: highest, at: Rect(x: barX, y: y, width: barWidth, height: max(1, pitch - 1)),
        selected: isFocused ? grid.selected : nil, panel: panel)
      let isChanged = data.positions[row].contains { $0.map(data.changed.contains) ?? false }
      writeRight(
        numbers[row], area.maxX - numberWidth, y, width: numberWidth, isChanged ? .changed : .text)
      if isSelected, isActive { setCursor(area.x, y) }
    }
    legend(
      data, grid, in: Rect(x: area.x, y: area.maxY - 1, width: area.width, height: 1), isFocused: isFocused)
  }

  private mutating func parts(
    _ data: HeatMapData, _ row: Int, highest: Double, at place: Rect, selected: Int?, panel: Int
  ) {
    guard highest > 0 else { return }
    var sum = 0.0
    for (part, value) in data.values[row].enumerated() {
      guard let value, value > 0, value.isFinite, let position = data.positions[row][part] else { continue }
      let start = bounded((sum / highest * Double(place.width)).rounded())
      sum += value
      let end = max(start + 1, bounded((sum / highest * Double(place.width)).rounded()))
      let length = min(end, place.width) - start
      guard length > 0 else { continue }
      var style = palette.series(part)
      if position == selected { style.attributes.formUnion([.bold, .reverse]) }
      // A reversed block would be blank: the selected part is drawn hatched.
      let cell = position == selected && !glyphs.isASCII ? glyphs.shades[1] : partCell(part)
      for line in 0..<place.height {
        write(
          String(repeating: cell, count: length), place.x + start, place.y + line, width: length, style: style
        )
      }
      target(
        Rect(x: place.x + start, y: place.y, width: length, height: place.height),
        .row(panel: panel, position: position))
    }
  }

  /// What tells parts apart where colours do not.
  private func partCell(_ part: Int) -> String {
    if glyphs.isASCII { return ["#", "=", "o", "+", "-", "x"][part % 6] }
    return palette.depth == .mono ? [glyphs.full, "▒", "░", "▓", "▚", "▞"][part % 6] : glyphs.full
  }

  private mutating func legend(_ data: HeatMapData, _ grid: Grid, in line: Rect, isFocused: Bool) {
    var x = line.x
    let selectedPart = data.positions.first { $0.contains(grid.selected) }?.firstIndex(of: grid.selected)
    let selectedRow = data.positions.firstIndex { $0.contains(grid.selected) }
    for (part, label) in data.columnLabels.enumerated() {
      var shown = label
      if isFocused, part == selectedPart, let selectedRow, let value = data.values[selectedRow][part] {
        shown += " " + text.number(value, as: data.format)
      }
      // One that cannot be read is told as left out.
      let isLast = part == data.columnLabels.count - 1
      guard x + 2 + displayWidth(shown) + (isLast ? 0 : 3) <= line.maxX else {
        write(glyphs.ellipsis, x, line.y, width: max(0, line.maxX - x), .muted)
        break
      }
      x += write(partCell(part), x, line.y, width: 1, style: palette.series(part)) + 1
      x +=
        write(shown, x, line.y, width: line.maxX - x, isFocused && part == selectedPart ? .title : .muted) + 2
    }
  }
}
