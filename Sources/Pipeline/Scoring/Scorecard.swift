/// Weights learned from the analysts' own outcomes: a logistic regression whose weights cannot be negative, so that
/// more evidence never lowers a score and the sum stays explainable.
public struct Scorecard: Sendable, Hashable {
  /// One weight a statistic of an event, in the order of ``Statistic``.
  public let weights: [Double]
  public let counterpartyFeedback: Double
  public let customerFeedback: Double
  /// Of what the customer's earlier events carry on, as the ruleset weighs it already.
  public let carried: Double
  public let intercept: Double
  /// The events it was fitted to.
  public let events: Int
  public let frauds: Int

  /// Fewer frauds than this teach nothing dependable.
  public static let leastFrauds = 50

  /// The probability of fraud.
  func probability(_ row: ScorecardSample.Row) -> Double {
    var sum = intercept
    for (place, value) in zip(row.places, row.values) { sum += coefficient(place) * value }
    return Mathematics.logistic(sum)
  }

  private func coefficient(_ place: UInt8) -> Double {
    switch Int(place) {
    case ..<Statistic.eventCount: weights[Int(place)]
    case ScorecardSample.counterparty: counterpartyFeedback
    case ScorecardSample.customer: customerFeedback
    default: carried
    }
  }

  /// The ruleset with these weights, in its own units: frauds get as much evidence as before, so that thresholds keep
  /// their meaning. Statistics the sample never showed keep their weight.
  public func applied(to ruleset: Ruleset, _ sample: ScorecardSample) -> Ruleset {
    let unit = sample.unit(of: self, in: ruleset)
    guard unit > 0 else { return ruleset }
    var changed = ruleset
    for index in 0..<Statistic.eventCount where sample.shows(index) {
      changed.weights[index] = weights[index] * unit
    }
    if sample.shows(ScorecardSample.counterparty) {
      changed.counterpartyFeedbackWeight = counterpartyFeedback * unit
    }
    if sample.shows(ScorecardSample.customer) { changed.customerFeedbackWeight = customerFeedback * unit }
    changed.eventCarry.weight = min(10, ruleset.eventCarry.weight * carried * unit)
    changed.version = ""
    return changed
  }
}

/// Events with known outcomes and their evidence, from which a ``Scorecard`` is fitted.
public struct ScorecardSample: Sendable {
  static let counterparty = Statistic.eventCount
  static let customer = Statistic.eventCount + 1
  static let carried = Statistic.eventCount + 2
  /// With the intercept last.
  private static let width = Statistic.eventCount + 4

  /// The evidence of one event; places without any are left out.
  struct Row: Sendable {
    var places: [UInt8]
    var values: [Double]
    var isFraud: Bool
  }

  private(set) var rows: [Row] = []
  private var sums = [Double](repeating: 0, count: width)

  public init() {}

  public var fraudCount: Int { rows.count { $0.isFraud } }

  /// Adds an event the scorer has just scored.
  public mutating func add(_ facts: EventFacts, _ score: EventScore, isFraud: Bool, by scorer: Scorer) {
    var row = Row(places: [], values: [], isFraud: isFraud)
    func take(_ place: Int, _ value: Double) {
      guard value > 0 else { return }
      row.places.append(UInt8(place))
      row.values.append(value)
    }
    let excess = scorer.excess(facts.statistics)
    for index in 0..<Statistic.eventCount { take(index, excess[index]) }
    take(Self.counterparty, facts.counterpartyFeedback)
    take(Self.customer, facts.customerFeedback)
    take(Self.carried, score.score - score.own)
    for (place, value) in zip(row.places, row.values) { sums[Int(place)] += value }
    rows.append(row)
  }

  public mutating func add(_ other: ScorecardSample) {
    rows.append(contentsOf: other.rows)
    for place in sums.indices { sums[place] += other.sums[place] }
  }

  func shows(_ place: Int) -> Bool { sums[place] > 0 }

  /// What makes the frauds' summed evidence the same under the scorecard as under the ruleset.
  func unit(of scorecard: Scorecard, in ruleset: Ruleset) -> Double {
    var before = 0.0
    var after = 0.0
    for row in rows where row.isFraud {
      for (place, value) in zip(row.places, row.values) {
        switch Int(place) {
        case Self.counterparty:
          before += ruleset.counterpartyFeedbackWeight * value
          after += scorecard.counterpartyFeedback * value
        case Self.customer:
          before += ruleset.customerFeedbackWeight * value
          after += scorecard.customerFeedback * value
        case Self.carried: break
        default:
          before += ruleset.weights[Int(place)] * value
          after += scorecard.weights[Int(place)] * value
        }
      }
    }
    return after > 0 ? before / after : 0
  }

  /// Fits by iterated reweighted least squares; each step's quadratic is minimised coordinate by coordinate with weights
  /// kept at 0 or above. A small ridge holds weights without information at 0. Nil with fewer than 50 frauds.
  public func fit(ridge: Double = 1) -> Scorecard? {
    let frauds = fraudCount
    guard frauds >= Scorecard.leastFrauds, frauds < rows.count else { return nil }
    let intercept = Self.width - 1
    var weights = [Double](repeating: 0, count: Self.width)
    let share = Double(frauds) / Double(rows.count)
    weights[intercept] = Mathematics.ln(share / (1 - share))
    for _ in 0..<40 {
      let (gradient, curvature) = quadratic(at: weights, ridge: ridge)
      let target = Self.minimise(gradient, curvature, from: weights, free: intercept)
      // The quadratic holds near the weights alone: take half the way until the likelihood gains.
      let before = loss(at: weights, ridge: ridge)
      var step = 1.0
      var next = target
      while step > 1e-6, !(loss(at: next, ridge: ridge) <= before) {
        step /= 2
        next = zip(weights, target).map { $0 + step * ($1 - $0) }
      }
      let change = zip(next, weights).map { abs($0 - $1) }.max() ?? 0
      weights = next
      if change < 1e-6 { break }
    }
    return Scorecard(
      weights: Array(weights[..<Statistic.eventCount]), counterpartyFeedback: weights[Self.counterparty],
      customerFeedback: weights[Self.customer], carried: weights[Self.carried], intercept: weights[intercept],
      events: rows.count, frauds: frauds)
  }

  /// The negative log likelihood with the ridge.
  private func loss(at weights: [Double], ridge: Double) -> Double {
    var loss = weights.dropLast().reduce(0) { $0 + ridge / 2 * $1 * $1 }
    for row in rows {
      var sum = weights[Self.width - 1]
      for (place, value) in zip(row.places, row.values) { sum += weights[Int(place)] * value }
      // ln(1 + e^s), of the sign that makes the outcome unlikely.
      let miss = row.isFraud ? -sum : sum
      loss += max(0, miss) + Mathematics.ln(1 + Mathematics.exponential(-abs(miss)))
    }
    return loss
  }

  /// Gradient and second derivatives of the negative log likelihood.
  private func quadratic(at weights: [Double], ridge: Double) -> ([Double], [[Double]]) {
    let intercept = Self.width - 1
    var gradient = weights.map { $0 * ridge }
    gradient[intercept] = 0
    var curvature = [[Double]](repeating: [Double](repeating: 0, count: Self.width), count: Self.width)
    for place in 0..<intercept { curvature[place][place] = ridge }
    for row in rows {
      var sum = weights[intercept]
      for (place, value) in zip(row.places, row.values) { sum += weights[Int(place)] * value }
      let probability = Mathematics.logistic(sum)
      let residual = probability - (row.isFraud ? 1 : 0)
      let spread = max(probability * (1 - probability), 1e-9)
      gradient[intercept] += residual
      curvature[intercept][intercept] += spread
      for (place, value) in zip(row.places, row.values) {
        let first = Int(place)
        gradient[first] += residual * value
        curvature[first][intercept] += spread * value
        curvature[intercept][first] += spread * value
        for (other, otherValue) in zip(row.places, row.values) {
          curvature[first][Int(other)] += spread * value * otherValue
        }
      }
    }
    return (gradient, curvature)
  }

  private static func minimise(
    _ gradient: [Double], _ curvature: [[Double]], from start: [Double], free: Int
  ) -> [Double] {
    var weights = start
    for _ in 0..<500 {
      var change = 0.0
      for place in weights.indices where curvature[place][place] > 0 {
        var slope = gradient[place]
        for other in weights.indices { slope += curvature[place][other] * (weights[other] - start[other]) }
        var next = weights[place] - slope / curvature[place][place]
        if place != free { next = max(0, next) }
        change = max(change, abs(next - weights[place]))
        weights[place] = next
      }
      if change < 1e-9 { break }
    }
    return weights
  }
}
