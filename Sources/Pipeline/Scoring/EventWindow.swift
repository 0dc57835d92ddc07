/// A customer's recent events with sliding windows over them: 1 h, 6 h, 24 h, 7 d and 37 d, each (t - w, t].
///
/// Constant memory: the last 1,024 events are kept. A customer with more within 37 days has a baseline over the
/// time those 1,024 cover, and at most that many in a shorter window.
struct EventWindow: Sendable {
  static let capacity = 1024
  private static let mask = capacity - 1
  static let hour = 3600.0
  static let day = 86400.0

  private var times = [Double](repeating: 0, count: capacity)
  /// In hundredths, so that a running sum is exact.
  private var hundredths = [Int64](repeating: 0, count: capacity)
  private var isSmall = [Bool](repeating: false, count: capacity)
  /// Counts of all events taken in, and of those that have left each window.
  private var end = 0
  private var start1h = 0
  private var start6h = 0
  private var start24h = 0
  private var start7d = 0
  private var start37d = 0
  private var sum24h: Int64 = 0
  private var small24h = 0

  mutating func removeAll() {
    end = 0
    start1h = 0
    start6h = 0
    start24h = 0
    start7d = 0
    start37d = 0
    sum24h = 0
    small24h = 0
  }

  /// Takes an event in; times must not fall.
  mutating func append(time: Double, amount: Double, isSmall small: Bool) {
    if end - start37d == Self.capacity { dropOldest() }
    let place = end & Self.mask
    times[place] = time
    hundredths[place] = Int64((amount * 100).rounded())
    isSmall[place] = small
    sum24h += hundredths[place]
    if small { small24h += 1 }
    end += 1
    while times[start1h & Self.mask] <= time - Self.hour { start1h += 1 }
    while times[start6h & Self.mask] <= time - 6 * Self.hour { start6h += 1 }
    while times[start24h & Self.mask] <= time - Self.day { leaveDay() }
    while times[start7d & Self.mask] <= time - 7 * Self.day { start7d += 1 }
    while times[start37d & Self.mask] <= time - 37 * Self.day { start37d += 1 }
  }

  private mutating func leaveDay() {
    let place = start24h & Self.mask
    sum24h -= hundredths[place]
    if isSmall[place] { small24h -= 1 }
    start24h += 1
  }

  private mutating func dropOldest() {
    if start24h == start37d { leaveDay() }
    start37d += 1
    start1h = max(start1h, start37d)
    start6h = max(start6h, start37d)
    start7d = max(start7d, start37d)
  }

  /// Counts with the newest event in them.
  var count1h: Int { end - start1h }
  var count6h: Int { end - start6h }
  var count24h: Int { end - start24h }
  var count7d: Int { end - start7d }
  /// Small amounts of the last 24 h, the newest event included.
  var smallCount24h: Int { small24h }
  var amount24h: Double { Double(sum24h) / 100 }
  /// Events of (t - 37 d, t - 24 h] and of (t - 37 d, t - 7 d].
  var baselineBefore24h: Int { start24h - start37d }
  var baselineBefore7d: Int { start7d - start37d }
  /// The oldest event kept.
  var oldestTime: Double { times[start37d & Self.mask] }
  /// True where events within 37 days had to be dropped.
  var isTruncated: Bool { end - start37d == Self.capacity }
}
