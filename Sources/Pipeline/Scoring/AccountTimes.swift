/// When accounts appeared on devices or addresses: 16 bytes each, because nearly all of them are alone on theirs.
struct AccountTimes: Sendable {
  private var entries: [(hash: UInt64, time: Double)] = []

  mutating func add(_ hash: UInt64, at time: Double) {
    entries.append((hash, time))
  }

  /// The times on what two accounts share, ascending.
  var shared: [UInt64: [Double]] {
    let ordered = entries.sorted { ($0.hash, $0.time) < ($1.hash, $1.time) }
    var shared: [UInt64: [Double]] = [:]
    var start = 0
    while start < ordered.count {
      var end = start + 1
      while end < ordered.count, ordered[end].hash == ordered[start].hash { end += 1 }
      if end - start > 1 { shared[ordered[start].hash] = ordered[start..<end].map(\.time) }
      start = end
    }
    return shared
  }
}
