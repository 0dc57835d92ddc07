import Pipeline

extension Painter {
  /// One line of small columns with the last number and its change; under it the range.
  mutating func sparkline(_ data: ChartData, in area: Rect) {
    guard area.width >= 8, area.height > 0, let last = data.values.last else { return }
    var figure = text.number(last, as: data.valueFormat)
    let previous = data.values.dropLast().last
    if let previous, previous != 0, area.width >= 30 {
      let change = (last - previous) / abs(previous)
      figure += change >= 0 ? "  +" : "  "
      figure += text.number(change, as: .percent)
    }
    let figureWidth = displayWidth(figure)
    let width = area.width - figureWidth - 2
    let y = area.y + max(0, (area.height - 2) / 2)
    if width > 0 { write(sparkText(data.values, width: width), area.x, y, width: width, .bar) }
    var style = palette[.accent]
    style.attributes.insert(.bold)
    writeRight(figure, area.x, y, width: area.width, style: style)
    guard area.height > 1, let low = data.values.min(), let high = data.values.max() else { return }
    let bounds = "\(text.number(low, as: data.valueFormat)) to \(text.number(high, as: data.valueFormat))"
    write(bounds, area.x, y + 1, width: area.width, .muted)
  }

  /// The last numbers as columns of eighths, the highest a whole cell.
  func sparkText(_ values: [Double], width: Int) -> String {
    let shown = values.suffix(width).filter(\.isFinite)
    guard let high = shown.max() else { return "" }
    let low = min(0, shown.min() ?? 0)
    let steps = glyphs.verticalEighths + [glyphs.full]
    return shown.map { value in
      let share = high > low ? (value - low) / (high - low) : 0
      return steps[min(steps.count - 1, max(0, bounded((share * Double(steps.count - 1)).rounded())))]
    }.joined()
  }
}
