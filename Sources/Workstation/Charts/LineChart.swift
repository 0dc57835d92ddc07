import Pipeline

/// A line over an axis: points by x, each with what it is called.
struct LineData: Sendable {
  struct Point: Sendable {
    let x: Double
    let y: Double
    let label: String
    /// The place in the grid's order.
    let position: Int
  }

  let points: [Point]
  let format: ValueFormat
  let goal: Double?

  init(points: [Point], format: ValueFormat, goal: Double? = nil) {
    self.points = points.filter { $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
    self.format = format
    self.goal = goal
  }

  /// The points of a card's chart, one step apart, in the order shown.
  init(_ data: ChartData) {
    self.init(
      points: data.points.enumerated().compactMap { index, point in
        point.value.map { Point(x: Double(index), y: $0, label: point.label, position: index) }
      }, format: data.valueFormat, goal: data.goal)
  }

  /// The range of y, with 0 in it where that costs less than half of the height.
  var range: ClosedRange<Double> {
    let values = points.map(\.y) + (goal.map { [$0] } ?? [])
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if low >= 0, low < high / 2 || low == high { return 0...max(high, 1e-9) }
    return low < high ? low...high : low - 1...high + 1
  }
}

extension Painter {
  /// A braille line with axes; the selected point with its label and number above.
  mutating func lineChart(_ data: LineData, selected: Int, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 16, area.height >= 4, let first = data.points.first, let last = data.points.last
    else {
      return
    }
    let range = data.range
    let marks = [range.upperBound, (range.lowerBound + range.upperBound) / 2, range.lowerBound].map {
      text.number(
        $0, as: data.format == .currency ? .compact : data.format == .integer ? .compact : data.format)
    }
    let markWidth = marks.map { displayWidth($0) }.max() ?? 0
    let plot = Rect(
      x: area.x + markWidth + 1, y: area.y + 1, width: area.width - markWidth - 1, height: area.height - 3)
    guard plot.width >= 4, plot.height >= 1 else { return }
    axes(plot, marks: marks, markX: area.x, markWidth: markWidth)
    let span = last.x - first.x
    func dot(_ x: Double, _ y: Double, _ canvas: BrailleCanvas) -> (x: Int, y: Int) {
      let across = span > 0 ? (x - first.x) / span : 0.5
      let up = (y - range.lowerBound) / (range.upperBound - range.lowerBound)
      return (
        bounded((across * Double(canvas.dotWidth - 1)).rounded()),
        bounded(((1 - min(1, max(0, up))) * Double(canvas.dotHeight - 1)).rounded())
      )
    }
    var canvas = BrailleCanvas(width: plot.width - 1, height: plot.height)
    for (start, end) in zip(data.points, data.points.dropFirst()) {
      canvas.line(from: dot(start.x, start.y, canvas), to: dot(end.x, end.y, canvas))
    }
    if data.points.count == 1 {
      let only = dot(first.x, first.y, canvas)
      canvas.set(only.x, only.y)
    }
    if let goal = data.goal {
      let y = plot.y + dot(first.x, goal, canvas).y / 4
      for x in stride(from: plot.x + 1, to: plot.maxX, by: 2) {
        write(glyphs.separator, x, y, width: 1, .goal)
      }
    }
    for row in 0..<plot.height {
      drawRow(
        glyphs.isASCII ? canvas.asciiText(row: row) : canvas.text(row: row), x: plot.x + 1, y: plot.y + row)
    }
    labels(data, plot, first: first, last: last)
    let shown = data.points.first { $0.position == selected } ?? last
    let place = dot(shown.x, shown.y, canvas)
    if isFocused {
      let cell = Rect(x: plot.x + 1 + place.x / 2, y: plot.y + place.y / 4, width: 1, height: 1)
      restyle(cell) { $0.attributes.formUnion([.bold, .reverse]) }
      if isActive { setCursor(cell.x, cell.y) }
    }
    let value = text.number(shown.y, as: data.format)
    let written = write(shown.label, plot.x, area.y, width: plot.width - displayWidth(value) - 2, .muted)
    write(value, plot.x + written + 2, area.y, width: displayWidth(value), isFocused ? .title : .text)
    for point in data.points {
      let column = plot.x + 1 + dot(point.x, point.y, canvas).x / 2
      target(
        Rect(x: column, y: plot.y, width: 1, height: plot.height),
        .row(panel: panel, position: point.position))
    }
  }

  /// The dots of a row, spaces left as they are.
  private mutating func drawRow(_ row: String, x: Int, y: Int) {
    var column = x
    for run in row.split(separator: " ", omittingEmptySubsequences: false) {
      if !run.isEmpty { write(String(run), column, y, width: run.count, .bar) }
      column += run.count + 1
    }
  }

  private mutating func axes(_ plot: Rect, marks: [String], markX: Int, markWidth: Int) {
    for y in plot.y..<plot.maxY { write(glyphs.vertical, plot.x, y, width: 1, .axis) }
    write(glyphs.bottomLeft == "+" ? "+" : "└", plot.x, plot.maxY, width: 1, .axis)
    horizontalLine(plot.x + 1, plot.maxY, width: plot.width - 1, .axis)
    let rows =
      plot.height >= 5 ? [plot.y, plot.y + plot.height / 2, plot.maxY - 1] : [plot.y, -1, plot.maxY - 1]
    for (mark, row) in zip(marks, rows) where row >= 0 {
      writeRight(mark, markX, row, width: markWidth, .muted)
    }
  }

  private mutating func labels(_ data: LineData, _ plot: Rect, first: LineData.Point, last: LineData.Point) {
    let y = plot.maxY + 1
    let room = plot.width / 2 - 1
    write(first.label, plot.x, y, width: room, .muted)
    if data.points.count > 1 { writeRight(last.label, plot.maxX - room, y, width: room, .muted) }
    let middle = data.points[data.points.count / 2]
    let length = displayWidth(middle.label)
    if data.points.count > 2, length * 3 + 8 < plot.width {
      write(middle.label, plot.x + (plot.width - length) / 2, y, width: length, .muted)
    }
  }
}
