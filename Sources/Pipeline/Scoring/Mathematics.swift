import Glibc

/// The few transcendental functions of the scoring, in one place so that no other file imports the C library.
enum Mathematics {
  @inline(__always) static func ln(_ x: Double) -> Double { log(x) }
  @inline(__always) static func exponential(_ x: Double) -> Double { exp(x) }
  @inline(__always) static func powerOfTwo(_ x: Double) -> Double { exp2(x) }

  /// Great-circle distance in kilometres (haversine, mean earth radius 6,371.0088 km); arguments in degrees.
  static func distance(
    _ latitudeA: Double, _ longitudeA: Double, _ latitudeB: Double, _ longitudeB: Double
  ) -> Double {
    let radians = Double.pi / 180
    let halfLatitude = sin((latitudeB - latitudeA) * radians / 2)
    let halfLongitude = sin((longitudeB - longitudeA) * radians / 2)
    let chord =
      halfLatitude * halfLatitude
      + cos(latitudeA * radians) * cos(latitudeB * radians) * halfLongitude * halfLongitude
    return 2 * 6371.0088 * asin(min(1, chord.squareRoot()))
  }

  /// 1 / (1 + e^-x) without overflow.
  static func logistic(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }
}

/// How surprising a count is where the mean is known but the customer's own rate wanders: the negative binomial
/// law of a Poisson count whose rate is gamma distributed with shape `size`.
struct NegativeBinomial: Sendable {
  private let size: Double
  private let squarings: Int
  /// (k + size) / (k + 1): the growth of the probability from k to k + 1, without its factor q.
  private let growth: [Double]

  /// `squarings` = log2(size): sizes are powers of two, so that p0 takes a few multiplications and no `pow`.
  init(squarings: Int) {
    self.squarings = squarings
    let size = Double(1 << squarings)
    self.size = size
    growth = (0..<EventWindow.capacity + 256).map { (Double($0) + size) / Double($0 + 1) }
  }

  /// -ln P(count >= n) for that mean. 0 at or below the mean, where nothing is surprising.
  func surprise(count n: Int, mean: Double) -> Double {
    guard Double(n) > mean, n < growth.count else { return n < growth.count ? 0 : 700 }
    let share = size / (size + mean)
    let failure = 1 - share
    var probability = share
    for _ in 0..<squarings { probability *= probability }
    var below = 0.0
    for k in 0..<n {
      below += probability
      probability *= failure * growth[k]
    }
    if below < 0.9999 { return -Mathematics.ln(1 - below) }
    // The complement has lost its digits: add up the tail itself, whose terms fall geometrically.
    var tail = 0.0
    var k = n
    while k < growth.count {
      tail += probability
      if probability <= tail * 1e-9 { break }
      probability *= failure * growth[k]
      k += 1
    }
    return tail > 0 ? min(700, -Mathematics.ln(tail)) : 700
  }
}
