/// Second thoughts about a customer's first orders. Without a history of their own they are held against what others spend,
/// so that one who spends much looks odd. When the own history is long enough to tell what is usual, what the first orders
/// put into the customer's peak is measured against it, and taken back as far as it is usual.
enum FirstOrders {
  /// Orders, and days from the first of them, that make a history.
  static let orders = 10
  static let days = 30.0

  /// The statistics that are held against the amounts of others.
  static let statistics: [Statistic] = [
    .spend24h, .amountOverOwn, .amountOverPeers, .amountOverAll, .amountDay,
  ]

  /// The value a statistic would have had with that history known.
  static func value(
    _ statistic: Statistic, _ facts: borrowing EventFacts, usual: Population.Amounts,
    everybody: Population.Amounts
  ) -> Double {
    let former = facts.statistics[statistic]
    switch statistic {
    case .amountOverPeers, .amountOverOwn:
      let median = statistic == .amountOverOwn ? facts.usualAmount : facts.usualInCategory
      let spread = former > 0 ? (facts.amount - median) / former : usual.spread
      return (facts.amount - max(median, usual.median)) / max(spread, usual.spread)
    case .amountOverAll:
      return (facts.amount - max(everybody.median, usual.median)) / max(everybody.spread, usual.spread)
    case .amountDay:
      let orders = Double(max(1, facts.orders24h))
      return orders.squareRoot() * (facts.amount24h / orders - 1.1 * max(facts.usualAmount, usual.median))
        / max(usual.spread, 0.5)
    case .spend24h:
      let amount = 1.15 * max(0.5, facts.usualAmount, usual.median)
      let variation = usual.spread / max(0.5, usual.median)
      return (facts.amount24h - facts.usualDaily * amount)
        / (amount * ((facts.usualDaily + 0.25) * (1 + variation * variation)).squareRoot())
    default: return former
    }
  }
}

extension Scorer {
  /// Takes back what of the peak is usual, now that the customer's own history says so.
  /// - Returns: the peak's score.
  func settle(_ workspace: inout Workspace) -> Double {
    let usual = workspace.state.usualAmounts
    for statistic in FirstOrders.statistics {
      let slot = statistic.rawValue
      guard workspace.peak[slot] > 0 else { continue }
      let facts = workspace.peakFacts[slot]
      let former = excess(statistic, facts.statistics[statistic])
      guard former > 0 else { continue }
      let value = FirstOrders.value(
        statistic, facts, usual: usual, everybody: population.categories[0].amounts)
      workspace.peak[slot] *= min(1, excess(statistic, value) / former)
    }
    return workspace.peak.reduce(0, +)
  }
}
