import Pipeline

/// A card's rows as an SVG picture within a page: 400 units wide, letters of 12, so that it can be read on a telephone.
struct ReportChart {
  let svg: String

  private static let width = 400.0
  /// What a column of a terminal takes in these letters, on average.
  private static let letter = 6.7

  /// - Returns: nil where the rows do not have the columns the chart needs, or the card shows no chart.
  init?(_ card: CardDefinition, _ grid: Grid, _ text: ValueText) {
    let drawing: Drawing?
    switch card.chart {
    case .bars, .gauges:
      drawing = ChartData(grid, card: card, text: text).map {
        Self.bars($0, text, isGauge: card.chart == .gauges)
      }
    case .columns: drawing = ChartData(grid, card: card, text: text).map { Self.columns($0, text) }
    case .histogram:
      drawing = ChartData(grid, card: card, text: text).map { data in
        let bins = Histogram(data.values, most: 20).bins.map {
          ChartData.Point(label: text.number($0.low, as: .compact), value: Double($0.count))
        }
        return Self.columns(ChartData(points: bins, valueFormat: .integer), text)
      }
    case .line, .sparkline:
      drawing = ChartData(grid, card: card, text: text).map { Self.line(LineData($0), text) }
    case .stackedBars:
      drawing = HeatMapData(grid, card: card, text: text, rows: "label", columns: "part").map {
        Self.stackedBars($0, text)
      }
    case .heatmap: drawing = HeatMapData(grid, card: card, text: text).map { Self.heatMap($0, text) }
    case .table, .figures: drawing = nil
    }
    guard let drawing else { return nil }
    svg =
      "<svg viewBox=\"0 0 \(Self.number(Self.width)) \(Self.number(drawing.height))\" role=\"img\" "
      + "aria-label=\"\(htmlText(card.title))\">\n\(drawing.body)</svg>\n"
  }

  /// Shapes and the height they take.
  private struct Drawing {
    var height = 0.0
    var body = ""

    mutating func rect(
      _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ name: String, opacity: Double = 1,
      tip: String = ""
    ) {
      guard width > 0, height > 0 else { return }
      let faded = opacity < 1 ? " fill-opacity=\"\(number(opacity))\"" : ""
      body +=
        "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" "
        + "class=\"\(name)\"\(faded)>\(tip.isEmpty ? "" : "<title>\(htmlText(tip))</title>")</rect>\n"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String) {
      body +=
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" class=\"\(name)\"/>\n"
    }

    enum Anchor: String {
      case start, middle, end
    }

    /// - Parameter width: longer texts are cut.
    mutating func text(
      _ text: String, _ x: Double, _ y: Double, width: Double = 400, _ anchor: Anchor = .start,
      _ name: String = ""
    ) {
      let shown = clipped(printable(text), to: max(1, bounded(width / letter)))
      let names = name.isEmpty ? "" : " class=\"\(name)\""
      body +=
        "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor.rawValue)\"\(names)>\(htmlText(shown))</text>\n"
    }
  }

  /// At most one decimal place.
  private static func number(_ value: Double) -> String {
    let rounded = (value * 10).rounded() / 10
    return rounded == rounded.rounded() ? String(bounded(rounded)) : "\(rounded)"
  }

  private static func length(_ texts: [String]) -> Double {
    Double(texts.map { displayWidth(printable($0)) }.max() ?? 0) * letter
  }

  // MARK: Bars

  private static func bars(_ data: ChartData, _ text: ValueText, isGauge: Bool) -> Drawing {
    let pitch = 26.0
    let numbers = data.points.map { $0.value.map { data.number($0, text) } ?? text.null }
    let labelWidth = min(150, length(data.points.map(\.label)) + 8)
    let numberWidth = length(numbers) + 6
    let room = max(20, width - labelWidth - numberWidth)
    let highest = isGauge ? 1 : data.highest
    var drawing = Drawing(height: Double(data.points.count) * pitch + 2)
    for (index, point) in data.points.enumerated() {
      let y = Double(index) * pitch + 2
      drawing.text(point.label, 0, y + 15, width: labelWidth - 6)
      if isGauge { drawing.rect(labelWidth, y + 3, room, 16, "track") }
      let share = highest > 0 ? min(1, max(0, (point.value ?? 0) / highest)) : 0
      let name = data.tone(point).map(\.reportClass) ?? ""
      drawing.rect(
        labelWidth, y + 3, share.isFinite ? share * room : 0, 16, name.isEmpty ? "bar" : name,
        tip: "\(point.label): \(numbers[index])")
      drawing.text(numbers[index], width, y + 15, .end)
    }
    if let goal = data.goal, highest > 0 {
      let x = labelWidth + min(1, goal / highest) * room
      drawing.line(x, 0, x, drawing.height, "goal")
    }
    return drawing
  }

  private static func columns(_ data: ChartData, _ text: ValueText) -> Drawing {
    let height = 150.0
    let top = 18.0
    var drawing = Drawing(height: top + height + 20)
    let step = width / Double(max(1, data.points.count))
    // Labels and numbers that would run into each other are left out, evenly.
    let numbers = data.points.map { $0.value.map { text.number($0, as: .compact) } ?? "" }
    let everyLabel = every(length(data.points.map(\.label)), step)
    let everyNumber = every(length(numbers), step)
    for (index, point) in data.points.enumerated() {
      let x = Double(index) * step
      let share = data.highest > 0 ? min(1, max(0, (point.value ?? 0) / data.highest)) : 0
      let bar = share.isFinite ? share * height : 0
      let name = data.tone(point).map(\.reportClass) ?? ""
      drawing.rect(
        x + step * 0.1, top + height - bar, step * 0.8, bar, name.isEmpty ? "bar" : name,
        tip: "\(point.label): \(point.value.map { data.number($0, text) } ?? text.null)")
      let middle = x + step / 2
      if index % everyNumber == 0 {
        drawing.text(numbers[index], middle, top + height - bar - 4, .middle, "soft")
      }
      if index % everyLabel == 0 {
        drawing.text(
          point.label, middle, top + height + 15, width: step * Double(everyLabel) - 2, .middle)
      }
    }
    drawing.line(0, top + height, width, top + height, "axis")
    return drawing
  }

  private static func every(_ length: Double, _ step: Double) -> Int {
    max(1, min(50, bounded(((length + 4) / step).rounded(.up))))
  }

  // MARK: Line

  private static func line(_ data: LineData, _ text: ValueText) -> Drawing {
    let height = 150.0
    let top = 8.0
    var drawing = Drawing(height: top + height + 22)
    guard let first = data.points.first, let last = data.points.last else { return drawing }
    let range = data.range
    let marks = [range.upperBound, (range.lowerBound + range.upperBound) / 2, range.lowerBound]
    let format: ValueFormat = data.format == .currency || data.format == .integer ? .compact : data.format
    let words = marks.map { text.number($0, as: format) }
    let left = length(words) + 8
    let span = last.x - first.x
    func x(_ point: LineData.Point) -> Double {
      left + (span > 0 ? (point.x - first.x) / span : 0.5) * (width - left - 6)
    }
    func y(_ value: Double) -> Double {
      top + (1 - (value - range.lowerBound) / (range.upperBound - range.lowerBound)) * height
    }
    for (mark, word) in zip(marks, words) {
      drawing.line(left, y(mark), width, y(mark), "axis")
      drawing.text(word, left - 6, y(mark) + 4, .end, "soft")
    }
    if let goal = data.goal { drawing.line(left, y(goal), width, y(goal), "goal") }
    let path = data.points.map { "\(number(x($0))),\(number(y($0.y)))" }.joined(separator: " ")
    drawing.body += "<polyline points=\"\(path)\" class=\"line\"/>\n"
    if data.points.count <= 120 {
      for point in data.points {
        drawing.body +=
          "<circle cx=\"\(number(x(point)))\" cy=\"\(number(y(point.y)))\" r=\"2.5\" class=\"bar\">"
          + "<title>\(htmlText("\(point.label): \(text.number(point.y, as: data.format))"))</title></circle>\n"
      }
    }
    let room = (width - left) / 3
    let bottom = top + height + 16
    drawing.text(first.label, left, bottom, width: room, .start, "soft")
    if data.points.count > 2 {
      let middle = data.points[data.points.count / 2]
      drawing.text(middle.label, x(middle), bottom, width: room, .middle, "soft")
    }
    if data.points.count > 1 { drawing.text(last.label, width, bottom, width: room, .end, "soft") }
    return drawing
  }

  // MARK: Two axes

  private static func stackedBars(_ data: HeatMapData, _ text: ValueText) -> Drawing {
    let pitch = 28.0
    let totals = data.values.map { row in
      row.compactMap { $0 }.filter { $0 > 0 && $0.isFinite }.reduce(0, +)
    }
    let numbers = totals.map { text.number($0, as: data.format) }
    let labelWidth = min(150, length(data.rowLabels) + 8)
    let room = max(20, width - labelWidth - length(numbers) - 6)
    let highest = totals.max() ?? 0
    var drawing = Drawing(height: Double(data.rowLabels.count) * pitch + 4)
    for (row, label) in data.rowLabels.enumerated() {
      let y = Double(row) * pitch + 2
      drawing.text(label, 0, y + 16, width: labelWidth - 6)
      var x = labelWidth
      for (part, value) in data.values[row].enumerated() {
        guard let value, value > 0, value.isFinite, highest > 0 else { continue }
        let length = value / highest * room
        drawing.rect(
          x, y + 3, length, 18, series(part),
          tip: "\(label), \(data.columnLabels[part]): \(text.number(value, as: data.format))")
        x += length
      }
      drawing.text(numbers[row], width, y + 16, .end)
    }
    legend(data.columnLabels, &drawing)
    return drawing
  }

  private static func series(_ part: Int) -> String { "s\(part % 8)" }

  private static func legend(_ labels: [String], _ drawing: inout Drawing) {
    var x = 0.0
    var y = drawing.height + 6
    for (part, label) in labels.enumerated() {
      let needed = length([label]) + 24
      if x > 0, x + needed > width {
        x = 0
        y += 18
      }
      drawing.rect(x, y, 11, 11, series(part))
      drawing.text(label, x + 15, y + 10, width: width - x - 15)
      x += needed
    }
    drawing.height = y + 16
  }

  private static func heatMap(_ data: HeatMapData, _ text: ValueText) -> Drawing {
    let pitch = 30.0
    let top = 20.0
    let labelWidth = min(120, length(data.rowLabels) + 8)
    let cell = (width - labelWidth) / Double(max(1, data.columnLabels.count))
    let numbers = data.values.flatMap { $0 }.compactMap { $0 }.filter(\.isFinite)
    let (lowest, highest) = (min(0, numbers.min() ?? 0), numbers.max() ?? 0)
    var drawing = Drawing(height: top + Double(data.rowLabels.count) * pitch)
    for (column, label) in data.columnLabels.enumerated() {
      drawing.text(
        label, labelWidth + (Double(column) + 0.5) * cell, 13, width: cell - 2, .middle, "soft")
    }
    for (row, label) in data.rowLabels.enumerated() {
      let y = top + Double(row) * pitch
      drawing.text(label, 0, y + 19, width: labelWidth - 6)
      for (column, value) in data.values[row].enumerated() {
        let x = labelWidth + Double(column) * cell
        guard let value, value.isFinite else {
          drawing.text(text.null, x + cell / 2, y + 19, width: cell - 2, .middle, "soft")
          continue
        }
        let share = highest > lowest ? (value - lowest) / (highest - lowest) : 0
        drawing.rect(
          x + 1, y + 1, cell - 2, pitch - 2, "bar", opacity: 0.08 + 0.82 * share,
          tip: "\(label), \(data.columnLabels[column]): \(text.number(value, as: data.format))")
        let full = text.number(value, as: data.format)
        let shown = length([full]) <= cell - 4 ? full : text.number(value, as: .compact)
        drawing.text(
          shown, x + cell / 2, y + 19, width: cell - 2, .middle, share > 0.55 ? "inverse" : "")
      }
    }
    return drawing
  }
}
