/// Counts of positive numbers in bins of equal ratio (1/64 natural logarithm, 1.6 %), from which medians are read.
/// Whole numbers alone: the result depends neither on the order of the numbers nor on how they were split.
struct LogHistogram: Sendable {
  private static let binsPerUnit = 64.0
  private static let lowest = -7.0  // e^-7 = 0.0009
  private static let binCount = 64 * 36  // up to e^29

  private var bins: [UInt32] = []
  private(set) var count = 0

  mutating func add(_ value: Double) {
    if bins.isEmpty { bins = Array(repeating: 0, count: Self.binCount) }
    let place = ((Mathematics.ln(max(value, 1e-9)) - Self.lowest) * Self.binsPerUnit).rounded(.down)
    bins[Int(min(max(place, 0), Double(Self.binCount - 1)))] += 1
    count += 1
  }

  mutating func add(_ other: LogHistogram) {
    guard other.count > 0 else { return }
    if bins.isEmpty { bins = Array(repeating: 0, count: Self.binCount) }
    for place in bins.indices { bins[place] += other.bins[place] }
    count += other.count
  }

  private static func centre(_ bin: Int) -> Double {
    Mathematics.exponential((Double(bin) + 0.5) / binsPerUnit + lowest)
  }

  /// The median and the median absolute deviation around it; nil where there are no numbers.
  func medianAndDeviation() -> (median: Double, deviation: Double)? {
    guard let median = quantile(0.5) else { return nil }
    let distances = bins.indices.filter { bins[$0] > 0 }
      .map { (distance: abs(Self.centre($0) - median), count: Int(bins[$0])) }
      .sorted { $0.distance < $1.distance }
    var seen = 0
    for entry in distances {
      seen += entry.count
      if seen * 2 >= count { return (median, entry.distance) }
    }
    return (median, 0)
  }

  func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let wanted = share * Double(count)
    var seen = 0.0
    for bin in bins.indices where bins[bin] > 0 {
      seen += Double(bins[bin])
      if seen >= wanted { return Self.centre(bin) }
    }
    return nil
  }
}
