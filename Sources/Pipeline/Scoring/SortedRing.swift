/// The last values of a series, also kept in ascending order, so that median and median absolute deviation
/// (MAD) cost a short walk and no sort. Constant memory.
struct SortedRing: Sendable {
  private let capacity: Int
  private var arrival: [Double]
  private var ascending: [Double]
  private var next = 0
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    arrival = Array(repeating: 0, count: capacity)
    ascending = Array(repeating: 0, count: capacity)
  }

  mutating func removeAll() {
    next = 0
    count = 0
  }

  /// Takes a value in; past the capacity the oldest leaves.
  mutating func append(_ value: Double) {
    var hole: Int
    if count == capacity {
      hole = position(of: arrival[next])
    } else {
      hole = count
      count += 1
    }
    arrival[next] = value
    next = next + 1 == capacity ? 0 : next + 1
    while hole > 0, ascending[hole - 1] > value {
      ascending[hole] = ascending[hole - 1]
      hole -= 1
    }
    while hole + 1 < count, ascending[hole + 1] < value {
      ascending[hole] = ascending[hole + 1]
      hole += 1
    }
    ascending[hole] = value
  }

  /// The first place in ascending order whose value is not below `value`.
  private func position(of value: Double) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) >> 1
      if ascending[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Median (the lower one of an even count) and MAD around it; zeros while empty.
  var medianAndDeviation: (median: Double, deviation: Double) {
    guard count > 0 else { return (0, 0) }
    let middle = (count - 1) >> 1
    let median = ascending[middle]
    // Distances grow outward on both sides of the median: merge the two runs up to the middle one.
    var left = middle - 1
    var right = middle + 1
    var deviation = 0.0
    for _ in 0..<middle {
      let below = left >= 0 ? median - ascending[left] : .infinity
      let above = right < count ? ascending[right] - median : .infinity
      if below <= above {
        deviation = below
        left -= 1
      } else {
        deviation = above
        right += 1
      }
    }
    return (median, deviation)
  }
}
