/// How the values of one statistic are spread among ordinary, unlabelled events: turns a value into evidence
/// e = -ln(share of events with at least that value).
public struct EvidenceCurve: Sendable, Hashable, Codable {
  /// Evidence between two knots; the last one stands at 3, the 95th percentile.
  static let step = 0.25
  static let knotCount = 13
  static let last = 3.0

  /// The values whose evidence is 0, 0.25, ... 3, ascending.
  public let knots: [Double]
  /// Growth of the value for one more unit of evidence beyond the last knot: the tail is exponential there, because
  /// a purely empirical one would be made of the very frauds it should find.
  public let beta: Double
  /// The observations behind the knots; 0: a prior.
  public let sampleSize: Int

  public init(knots: [Double], beta: Double, sampleSize: Int) {
    self.knots = knots
    self.beta = beta
    self.sampleSize = sampleSize
  }

  /// Keeps a statistic that is nearly always the same from turning any other value into certainty.
  static let leastBeta = 0.5

  /// Fits the curve to a sample; nil where it is empty.
  init?(sample: [Double]) {
    guard !sample.isEmpty else { return nil }
    let ascending = sample.sorted()
    func quantile(_ share: Double) -> Double {
      let place = (share * Double(ascending.count)).rounded(.up) - 1
      return ascending[Int(min(max(place, 0), Double(ascending.count - 1)))]
    }
    knots = (0..<Self.knotCount).map { quantile(1 - Mathematics.exponential(-Double($0) * Self.step)) }
    beta = max(Self.leastBeta, (quantile(0.95) - quantile(0.8)) / Mathematics.ln(4))
    sampleSize = ascending.count
  }

  /// The evidence of a value; values shared by many count as the least surprising of them.
  public func evidence(_ value: Double) -> Double {
    let end = knots[Self.knotCount - 1]
    if value > end { return Self.last + (value - end) / beta }
    var place = Self.knotCount - 1
    while place > 0, knots[place - 1] >= value { place -= 1 }
    guard place > 0 else { return 0 }
    let below = knots[place - 1]
    return (Double(place - 1) + (value - below) / (knots[place] - below)) * Self.step
  }

  /// What of the evidence exceeds `threshold` (at least 0), up to `cap`. NaN has none.
  @inline(__always)
  func excess(_ value: Double, threshold: Double, knot: Double, cap: Double) -> Double {
    // Nearly every value of nearly every event ends here.
    guard value > knot else { return 0 }
    return max(0, min(cap, evidence(value)) - threshold)
  }

  /// The knot at or below that evidence: no value up to it exceeds the threshold.
  func knot(atEvidence threshold: Double) -> Double {
    knots[min(Self.knotCount - 1, Int(threshold / Self.step))]
  }
}

/// Maps an unbounded score to 0...1 through four knots.
public struct CompositeScale: Sendable, Hashable, Codable {
  /// The composite at the four knots.
  static let levels = [0.3, 0.6, 0.8, 0.9]
  /// Ascending and positive.
  public let knots: [Double]

  public init(knots: [Double]) {
    // A scale must rise: percentiles of a quiet population can coincide.
    var rising: [Double] = []
    for knot in knots { rising.append(max(knot, (rising.last ?? 0) * 1.05 + 0.05)) }
    self.knots = rising
  }

  /// 0 up to score 0, linear between the knots, closing in on 1 beyond the last.
  public func composite(_ score: Double) -> Double {
    var lowScore = 0.0
    var lowLevel = 0.0
    for (knot, level) in zip(knots, Self.levels) {
      if score <= knot {
        return max(0, lowLevel + (level - lowLevel) * (score - lowScore) / (knot - lowScore))
      }
      lowScore = knot
      lowLevel = level
    }
    let width = max(knots[3] - knots[2], 0.5)
    return 1 - 0.1 * Mathematics.exponential(-(score - lowScore) / width)
  }
}

/// The curves of all statistics and the scale of event scores: what is usual, fitted from unlabelled data.
public struct Reference: Sendable, Hashable, Codable {
  /// In the order of ``Statistic``.
  public let curves: [EvidenceCurve]
  public let eventScale: CompositeScale
  /// Where it comes from, for people.
  public let origin: String

  public init(curves: [EvidenceCurve], eventScale: CompositeScale, origin: String) {
    self.curves = curves
    self.eventScale = eventScale
    self.origin = origin
  }

  /// How many statistics rest on priors rather than on the population itself.
  public var priorCount: Int { curves.count { $0.sampleSize == 0 } }
}
