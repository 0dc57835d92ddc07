import Pipeline

extension Painter {
  /// Scores of 0 to 1 as gauges: label, filled part of a track, number; nil is a score that was not evaluated.
  mutating func gauges(
    _ data: ChartData, selected: Int?, top: Int, in area: Rect, panel: Int, isFocused: Bool
  ) {
    guard area.width >= 8, area.height > 0 else { return }
    let pitch = min(2, barPitch(count: data.points.count, height: area.height))
    let labelWidth = min(data.points.map { displayWidth($0.label) }.max() ?? 0, max(6, area.width / 3))
    let numberWidth = 6
    let trackX = area.x + labelWidth + 2
    let trackWidth = area.width - labelWidth - 2 - numberWidth
    for position in top..<min(data.points.count, top + max(1, area.height / pitch)) {
      let point = data.points[position]
      let y = area.y + (position - top) * pitch
      let isSelected = position == selected && isFocused
      if isSelected { fill(Rect(x: area.x, y: y, width: labelWidth + 1, height: 1), .selection) }
      write(
        point.label, area.x, y, width: labelWidth,
        style: palette.style(.text, on: isSelected ? .selection : nil))
      if let value = point.value {
        if trackWidth > 0 {
          write(String(repeating: glyphs.track, count: trackWidth), trackX, y, width: trackWidth, .track)
          bar(
            value, of: 1, x: trackX, y: y, width: trackWidth,
            role: data.tone(point) ?? Self.role(ofScore: value))
        }
        writeRight(
          text.number(value, as: .score), area.maxX - numberWidth, y, width: numberWidth,
          point.isChanged ? .changed : .text)
      } else {
        write(language("not evaluated"), trackX, y, width: trackWidth + numberWidth, .null)
      }
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .row(panel: panel, position: position))
      if isSelected, isActive { setCursor(area.x, y) }
    }
  }

  /// The colour of a score where no thresholds are given; the bounds of the marts' risk levels.
  static func role(ofScore score: Double) -> Role {
    score >= 0.8 ? .danger : score >= 0.6 ? .warning : score >= 0.3 ? .bar : .good
  }
}
