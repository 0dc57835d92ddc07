import Pipeline

/// Numbers counted in ranges of equal width with round bounds.
struct Histogram: Sendable {
  struct Bin: Sendable, Hashable {
    let low: Double
    let high: Double
    let count: Int
  }

  let bins: [Bin]

  /// - Parameter most: The most ranges there is room for.
  init(_ values: [Double], most: Int) {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max(), most > 0 else {
      bins = []
      return
    }
    // Sturges' rule for the number of ranges, bounded by the room.
    var wanted = 1
    var reach = 1
    while reach < finite.count {
      reach *= 2
      wanted += 1
    }
    let step = Self.roundStep((high - low) / Double(max(1, min(most, wanted))))
    let start = (low / step).rounded(.down) * step
    let count = max(1, min(most * 2, bounded(((high - start) / step).rounded(.down)) + 1))
    var counts = Array(repeating: 0, count: count)
    for value in finite { counts[min(count - 1, max(0, bounded((value - start) / step)))] += 1 }
    bins = counts.enumerated().map { index, count in
      Bin(low: start + Double(index) * step, high: start + Double(index + 1) * step, count: count)
    }
  }

  /// The next of 1, 2, 5, 10, 20 ... that is not smaller.
  static func roundStep(_ step: Double) -> Double {
    guard step > 0, step.isFinite else { return 1 }
    var unit = 1.0
    while unit > step { unit /= 10 }
    while unit * 10 <= step { unit *= 10 }
    for factor in [1.0, 2, 5, 10] where unit * factor >= step { return unit * factor }
    return unit * 10
  }
}

extension Painter {
  /// How often the numbers of a card's rows fall into equal ranges.
  mutating func histogram(_ data: ChartData, in area: Rect, panel: Int) {
    let histogram = Histogram(data.values, most: max(1, area.width / 6))
    let points = histogram.bins.map { bin in
      ChartData.Point(label: text.number(bin.low, as: .compact), value: Double(bin.count))
    }
    let bins = ChartData(points: points, valueFormat: .integer)
    columns(bins, grid: .empty, in: area, panel: panel, isFocused: false)
  }
}
