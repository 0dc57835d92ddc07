/// A number of an event or a customer that rules may compare. A feature without data satisfies no comparison.
public enum RuleFeature: String, Sendable, Hashable, CaseIterable {
  // Of an event.
  case orders1h = "orders_1h"
  case orders6h = "orders_6h"
  case orders24h = "orders_24h"
  case orders7d = "orders_7d"
  case usualOrdersADay = "usual_orders_a_day"
  case orders1hOverExpected = "orders_1h_over_expected"
  case orders24hOverUsual = "orders_24h_over_usual"
  case earlierOrders = "earlier_orders"
  case amount
  case amount24h = "amount_24h"
  case amountOverUsual = "amount_over_usual"
  case smallOrders24h = "small_orders_24h"
  case distanceFromHome = "distance_from_home_km"
  case travelDistance = "travel_distance_km"
  case travelMinutes = "travel_minutes"
  case travelSpeed = "travel_speed_kmh"
  case accountAgeDays = "account_age_days"
  case hourOfDay = "hour_of_day"
  case blockListedEvent = "block_listed_event"
  // Of a customer.
  case blockListed = "block_listed"
  case disposableEmail = "disposable_email"
  case identityCountries = "identity_countries"
  case identitySources = "identity_sources"
  case accountsOnDevice = "accounts_on_device"
  case accountsOnAddress = "accounts_on_address"
  case missingDetails = "missing_details"

  public var scope: HardRule.Scope {
    switch self {
    case .blockListed, .disposableEmail, .identityCountries, .identitySources, .accountsOnDevice,
      .accountsOnAddress, .missingDetails:
      .customer
    default: .event
    }
  }
}

/// When a hard rule fires.
public indirect enum RuleCondition: Sendable, Hashable {
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case notEqual = "!="
    case equal = "=="
    case above = ">"
    case below = "<"
  }

  case all([RuleCondition])
  case any([RuleCondition])
  case not(RuleCondition)
  case compare(RuleFeature, Comparison, Double)

  /// True where the condition is known to be true: what is not known proves nothing, and neither does its negation.
  func holds(_ value: (RuleFeature) -> Double) -> Bool { truth(value) == true }

  /// Logic of three values: nil is not known, as any comparison with NaN is, `!=` included.
  private func truth(_ value: (RuleFeature) -> Double) -> Bool? {
    switch self {
    case .all(let parts):
      var isKnown = true
      for part in parts {
        switch part.truth(value) {
        case false?: return false
        case nil: isKnown = false
        case true?: break
        }
      }
      return isKnown ? true : nil
    case .any(let parts):
      var isKnown = true
      for part in parts {
        switch part.truth(value) {
        case true?: return true
        case nil: isKnown = false
        case false?: break
        }
      }
      return isKnown ? false : nil
    case .not(let part): return part.truth(value).map { !$0 }
    case .compare(let feature, let comparison, let bound):
      let number = value(feature)
      guard !number.isNaN else { return nil }
      switch comparison {
      case .atLeast: return number >= bound
      case .atMost: return number <= bound
      case .notEqual: return number != bound
      case .equal: return number == bound
      case .above: return number > bound
      case .below: return number < bound
      }
    }
  }

  /// The features the condition reads.
  public var features: Set<RuleFeature> {
    switch self {
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.features) }
    case .not(let part): part.features
    case .compare(let feature, _, _): [feature]
    }
  }
}

extension EventFacts {
  func value(_ feature: RuleFeature, isBlockListed: Bool) -> Double {
    switch feature {
    case .orders1h: hasRealTime ? Double(orders1h) : .nan
    case .orders6h: hasRealTime ? Double(orders6h) : .nan
    case .orders24h: hasRealTime ? Double(orders24h) : .nan
    case .orders7d: hasRealTime ? Double(orders7d) : .nan
    case .usualOrdersADay: usualDaily
    case .orders1hOverExpected: Double(orders1h) / expected1h
    case .orders24hOverUsual: Double(orders24h) / usualDaily
    case .earlierOrders: Double(earlier)
    case .amount: amount
    case .amount24h: hasRealTime ? amount24h : .nan
    case .amountOverUsual: amount / max(0.01, usualAmount)
    case .smallOrders24h: hasRealTime ? Double(smallOrders24h) : .nan
    case .distanceFromHome: distance
    case .travelDistance: travelKilometres
    case .travelMinutes: travelMinutes
    case .travelSpeed: travelSpeed
    case .accountAgeDays: accountAgeDays
    case .hourOfDay: hasRealTime ? Double(hour) : .nan
    case .blockListedEvent: isBlockListed ? 1 : 0
    default: .nan
    }
  }
}
