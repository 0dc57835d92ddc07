import Pipeline

/// How vertical bars share the width.
struct ColumnsLayout: Sendable {
  let barWidth: Int
  let gap: Int
  /// The first bar shown.
  let first: Int
  let count: Int

  init(count: Int, selected: Int, width: Int) {
    guard count > 0, width > 0 else {
      (barWidth, gap, first, self.count) = (0, 0, 0, 0)
      return
    }
    let pitch = max(2, min(16, width / count))
    gap = pitch >= 6 ? 2 : 1
    barWidth = pitch - gap
    let fitting = max(1, min(count, (width + gap) / pitch))
    self.count = fitting
    first = max(0, min(selected - fitting / 2, count - fitting))
  }

  var pitch: Int { barWidth + gap }
}

extension Painter {
  /// Vertical bars over an axis with labels, for distributions.
  mutating func columns(_ data: ChartData, grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 4, area.height >= 3, !data.points.isEmpty else { return }
    let layout = ColumnsLayout(count: data.points.count, selected: grid.selected, width: area.width)
    let used = layout.pitch * layout.count - layout.gap
    let startX = area.x + (area.width - used) / 2
    let axisY = area.maxY - 2
    let height = axisY - area.y - 1
    horizontalLine(area.x, axisY, width: area.width, .axis)
    let labels = axisLabels(data.points.map(\.label), pitch: layout.pitch)
    let labelled = labelledBars(
      labels, layout: layout, from: startX, in: area, always: isFocused ? grid.selected : nil)
    for slot in 0..<layout.count {
      let position = layout.first + slot
      let point = data.points[position]
      let x = startX + slot * layout.pitch
      let isSelected = position == grid.selected && isFocused
      let top = column(
        point.value ?? 0, of: data.highest, x: x, bottom: axisY - 1, width: layout.barWidth, height: height,
        role: data.tone(point) ?? .bar)
      let number =
        point.value.map { fittingNumber($0, data.valueFormat, width: layout.pitch - 1) } ?? text.null
      if isSelected || displayWidth(number) < layout.pitch {
        centered(
          number, x: x, y: top - 1, in: area, layout: layout,
          role: point.isChanged ? .changed : isSelected ? .title : .muted, under: nil)
      }
      if labelled.contains(position) {
        centered(
          labels[position], x: x, y: area.maxY - 1, in: area, layout: layout, role: .text,
          under: isSelected ? .selection : nil)
      }
      target(
        Rect(x: x, y: area.y, width: layout.pitch, height: area.height),
        .row(panel: panel, position: position))
      if isSelected, isActive { setCursor(x, area.maxY - 1) }
    }
    if let goal = data.goal, data.highest > 0, height > 0 {
      let y = axisY - 1 - min(height - 1, bounded(goal / data.highest * Double(height)))
      for x in stride(from: area.x, to: area.maxX, by: 2) { write(glyphs.separator, x, y, width: 1, .goal) }
    }
  }

  /// Labels that fit under their bars: ranges such as `40–49` by their beginning, words cut where a bar is wide.
  private func axisLabels(_ labels: [String], pitch: Int) -> [String] {
    guard labels.contains(where: { displayWidth($0) >= pitch * 2 || displayWidth($0) >= pitch && pitch >= 8 })
    else {
      return labels
    }
    return labels.map { label in
      if pitch >= 8 { return clipped(printable(label), to: pitch - 1, ellipsis: glyphs.ellipsis) }
      let start = label.prefix { $0 != "–" && $0 != " " }
      return start.isEmpty || displayWidth(label) < pitch ? label : String(start)
    }
  }

  /// The bars whose labels have room beside each other; that of the selected one goes first.
  private func labelledBars(
    _ labels: [String], layout: ColumnsLayout, from startX: Int, in area: Rect, always selected: Int?
  ) -> Set<Int> {
    func span(_ position: Int) -> Range<Int> {
      let start = startOfCentered(
        labels[position], x: startX + (position - layout.first) * layout.pitch, in: area, layout: layout)
      return start..<start + displayWidth(labels[position]) + 1
    }
    let shown = layout.first..<layout.first + layout.count
    var taken: [Range<Int>] = []
    var chosen: Set<Int> = []
    for position in [selected].compactMap({ $0 }).filter(shown.contains) + Array(shown)
    where !chosen.contains(position) {
      let wanted = span(position)
      guard !taken.contains(where: { $0.overlaps(wanted) }) else { continue }
      taken.append(wanted)
      chosen.insert(position)
    }
    return chosen
  }

  private func startOfCentered(_ label: String, x: Int, in area: Rect, layout: ColumnsLayout) -> Int {
    let length = min(area.width, displayWidth(label))
    return max(area.x, min(area.maxX - length, x + (layout.barWidth - length) / 2))
  }

  private mutating func centered(
    _ label: String, x: Int, y: Int, in area: Rect, layout: ColumnsLayout, role: Role, under: Role?
  ) {
    let length = min(area.width, displayWidth(label))
    let start = startOfCentered(label, x: x, in: area, layout: layout)
    write(label, start, y, width: length, style: palette.style(role, on: under))
  }

  /// A number in the format asked for, or shorter where that does not fit.
  func fittingNumber(_ number: Double, _ format: ValueFormat, width: Int) -> String {
    let long = text.number(number, as: format)
    return displayWidth(long) <= width ? long : text.number(number, as: .compact)
  }

  /// One vertical bar.
  /// - Returns: The row of its upper end.
  private mutating func column(
    _ value: Double, of highest: Double, x: Int, bottom: Int, width: Int, height: Int, role: Role
  ) -> Int {
    guard height > 0, highest > 0, value > 0, value.isFinite, highest.isFinite else { return bottom + 1 }
    let eighths = min(height * 8, max(1, bounded((value / highest * Double(height) * 8).rounded())))
    let whole = eighths / 8
    let cells = String(repeating: glyphs.full, count: width)
    for row in 0..<whole { write(cells, x, bottom - row, width: width, role) }
    guard eighths % 8 > 0 else { return bottom - whole + 1 }
    let part = String(repeating: glyphs.verticalEighths[eighths % 8 - 1], count: width)
    write(part, x, bottom - whole, width: width, role)
    return bottom - whole
  }
}
