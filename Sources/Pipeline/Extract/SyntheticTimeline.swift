/// Times for orders of a source that has none: spread over the 12 months before a fixed date by the cart's id alone,
/// so every run and every machine gives a cart the same time. Such orders are marked `is_synthetic_time`.
///
/// The hour follows a shop's day, so that no cart looks like fraud for its made-up hour alone.
public enum SyntheticTimeline {
  /// 2026-01-01 00:00 UTC, in microseconds since 1970; all synthetic times lie before it.
  public static let reference: Int64 = 1_767_225_600 * 1_000_000

  /// When the cart was ordered, in microseconds since 1970, UTC.
  public static func orderedAt(cartID: Int64) -> Int64 {
    var random = SplitMix64(seed: UInt64(bitPattern: cartID) ^ 0x7269_736b_6465_636b)
    let day = Int64(random.below(365)) + 1
    let hour = Int64(DailyRhythm.shop.hour(random.unit()))
    let second = hour * 3_600 + Int64(random.below(3_600))
    return reference - day * 86_400_000_000 + second * 1_000_000
  }
}

/// Shares of the hours of a day, for drawing an hour.
struct DailyRhythm: Sendable {
  /// Summed shares up to and with each hour; the last is 1.
  private let cumulative: [Double]

  init(weights: [Double]) {
    let sum = weights.reduce(0, +)
    var soFar = 0.0
    cumulative = weights.map { weight in
      soFar += weight / sum
      return soFar
    }
  }

  /// The hour, 0 to 23, that a number from 0 to 1 falls into.
  func hour(_ unit: Double) -> Int {
    cumulative.firstIndex { unit < $0 } ?? cumulative.count - 1
  }

  /// Few orders at night, most over midday and in the evening.
  static let shop = DailyRhythm(weights: [
    0.6, 0.3, 0.15, 0.1, 0.1, 0.2, 0.8, 2, 3.5, 5, 6, 6.5, 7, 6.5, 6, 5.5, 5.5, 6, 7, 8, 8, 6.5, 4, 1.8,
  ])
}

/// A small deterministic generator (Steele, Lea, Flood 2014): the same seed gives the same numbers everywhere.
struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// From 0 up to and without 1.
  mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// From 0 up to and without `bound`, which is above 0.
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool {
    unit() < probability
  }
}
