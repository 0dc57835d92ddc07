/// Collects the statistics of a sample of customers and fits a ``Reference`` to them. Which customers are taken
/// depends on their ids alone, so neither order nor threads change the result.
public struct ReferenceSample: Sendable {
  /// With fewer observations than this, a fitted curve may raise what the prior takes for usual, never lower it.
  public static let trusted = 2_000
  /// With fewer, the prior stands alone.
  public static let least = 60
  /// Events enough for a fit; more customers are left out at random.
  public static let wanted = 250_000

  /// 1 out of so many customers is taken.
  public let stride: UInt64
  /// Events before this moment have too little history to be typical; events after `until` are not looked at.
  public let from: Double
  public let until: Double
  /// Of profiles; those of events are in the rows.
  private var columns = [[Double]](repeating: [], count: Statistic.count)
  private var rows: [StatisticValues] = []
  /// Rows there will be at most, for taking their memory once.
  private let expected: Int

  public init(population: Population, from: Double? = nil, until: Double? = nil) {
    // Rounded up: never more than are wanted, whose statistics are held in memory.
    stride = UInt64(max(1, (population.eventCount + Self.wanted - 1) / Self.wanted))
    expected = population.eventCount / Int(stride)
    let first = population.firstTime ?? 0
    let last = population.lastTime ?? 0
    // A month of warming up where the data are long enough for it.
    self.from = from ?? first + min(30 * EventWindow.day, (last - first) / 3)
    self.until = until ?? .infinity
  }

  /// True where the customer belongs to the sample.
  public func takes(_ customerID: Int64) -> Bool {
    var mixed = UInt64(bitPattern: customerID) &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    return (mixed ^ (mixed >> 31)) % stride == 0
  }

  mutating func add(_ facts: EventFacts) {
    guard !facts.hasRealTime || (facts.time >= from && facts.time < until) else { return }
    rows.append(facts.statistics)
  }

  mutating func add(profile: StatisticValues) {
    for index in Statistic.eventCount..<Statistic.count where !profile[index].isNaN {
      columns[index].append(profile[index])
    }
  }

  mutating func add(_ other: ReferenceSample) {
    if rows.isEmpty { rows.reserveCapacity(expected) }
    rows.append(contentsOf: other.rows)
    for index in columns.indices { columns[index].append(contentsOf: other.columns[index]) }
  }

  /// All known values of a statistic.
  private func values(of index: Int) -> [Double] {
    index < Statistic.eventCount ? rows.map { $0[index] }.filter { !$0.isNaN } : columns[index]
  }

  /// What the fit rests on, for people.
  func description(of reference: Reference) -> String {
    if rows.count < Self.trusted {
      return
        "only \(EvidenceWords.count(rows.count, "order")) to learn from: shipped priors decide what is usual"
    }
    return "reference " + reference.origin
  }

  /// The reference; `priors` take over where the sample is small.
  public func fit(ruleset: Ruleset, priors: Reference) -> Reference {
    let curves = Statistic.allCases.map { statistic in
      let prior = priors.curves[statistic.rawValue]
      let sample = values(of: statistic.rawValue)
      guard sample.count >= Self.least, let own = EvidenceCurve(sample: sample)
      else { return prior }
      guard sample.count < Self.trusted else { return own }
      return EvidenceCurve(
        knots: zip(own.knots, prior.knots).map { max($0, $1) }, beta: max(own.beta, prior.beta),
        sampleSize: own.sampleSize)
    }
    let scored = rows.map { ruleset.excess($0, curves) }
    let scale: CompositeScale
    if scored.count >= Self.trusted {
      let ascending = scored.sorted()
      scale = CompositeScale(
        knots: [0.95, 0.99, 0.997, 0.9995].map { ascending[Int(Double(ascending.count - 1) * $0)] })
    } else {
      scale = priors.eventScale
    }
    let customers = stride == 1 ? "all customers" : "1 in \(stride) customers"
    return Reference(
      curves: curves, eventScale: scale,
      origin: "fitted from \(EvidenceWords.count(rows.count, "order")) of \(customers)")
  }
}

extension Ruleset {
  /// The summed excess of an event's statistics, without rules and feedback.
  func excess(_ values: StatisticValues, _ curves: [EvidenceCurve]) -> Double {
    var parts = InlineArray<18, Double>(repeating: 0)
    for index in 0..<Statistic.eventCount {
      let curve = curves[index]
      parts[index] = curve.excess(
        values[index], threshold: evidenceThreshold, knot: curve.knot(atEvidence: evidenceThreshold),
        cap: evidenceCap)
    }
    keepStrongest(&parts)
    var sum = 0.0
    for index in 0..<Statistic.eventCount { sum += weights[index] * parts[index] }
    return sum
  }

  /// Of each family, sets all parts but the largest to 0.
  @inline(__always)
  func keepStrongest(_ parts: inout InlineArray<18, Double>) {
    for family in families {
      var strongest = -1
      for index in family where parts[index] > 0 {
        if strongest < 0 {
          strongest = index
        } else if parts[index] > parts[strongest] {
          parts[strongest] = 0
          strongest = index
        } else {
          parts[index] = 0
        }
      }
    }
  }
}
