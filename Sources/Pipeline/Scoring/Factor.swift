/// The six views of a customer's risk, in reading order.
public enum Factor: String, Sendable, Hashable, CaseIterable {
  case velocity, geographic, behavioural, profile, amount, temporal
}

/// One number computed of an event, or of a customer's profile, with the factor it belongs to.
///
/// The raw value of each is documented in docs/scoring.md; ``Reference`` turns it into evidence.
public enum Statistic: Int, Sendable, Hashable, CaseIterable {
  // Of an event.
  case orders1h, orders6h, orders24h, orders7d, spend24h
  case distanceFromHome
  case rareCategory, newCounterparty, newDevice
  case newAccount
  case amountOverOwn, amountOverPeers, amountOverAll, smallAmount, amountDay
  case rareHour, rareHourForCategory, oddHours
  // Of the profile, once a customer.
  case sharedDevice, sharedAddress, missingDetails, identityCountries

  /// Statistics of an event come first.
  static let eventCount = 18
  static let count = 22

  /// The name in the ruleset, in evidences and in tables.
  public var name: String {
    switch self {
    case .orders1h: "orders_1h"
    case .orders6h: "orders_6h"
    case .orders24h: "orders_24h"
    case .orders7d: "orders_7d"
    case .spend24h: "spend_24h"
    case .distanceFromHome: "distance_from_home"
    case .rareCategory: "rare_category"
    case .newCounterparty: "new_counterparty"
    case .newDevice: "new_device"
    case .newAccount: "new_account"
    case .amountOverOwn: "amount_over_own"
    case .amountOverPeers: "amount_over_peers"
    case .amountOverAll: "amount_over_all"
    case .smallAmount: "small_amount"
    case .amountDay: "amount_day"
    case .rareHour: "rare_hour"
    case .rareHourForCategory: "rare_hour_for_category"
    case .oddHours: "odd_hours"
    case .sharedDevice: "shared_device"
    case .sharedAddress: "shared_address"
    case .missingDetails: "missing_details"
    case .identityCountries: "identity_countries"
    }
  }

  public init?(name: String) {
    guard let statistic = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = statistic
  }

  public var factor: Factor {
    switch self {
    case .orders1h, .orders6h, .orders24h, .orders7d, .spend24h: .velocity
    case .distanceFromHome: .geographic
    case .rareCategory, .newCounterparty, .newDevice: .behavioural
    case .newAccount, .sharedDevice, .sharedAddress, .missingDetails, .identityCountries: .profile
    case .amountOverOwn, .amountOverPeers, .amountOverAll, .smallAmount, .amountDay: .amount
    case .rareHour, .rareHourForCategory, .oddHours: .temporal
    }
  }

  public var isOfProfile: Bool { rawValue >= Self.eventCount }
}

/// One value a statistic; NaN: not evaluated for want of data.
public struct StatisticValues: Sendable, Hashable {
  private var values: InlineArray<22, Double>

  init() { values = InlineArray(repeating: .nan) }

  public subscript(statistic: Statistic) -> Double {
    get { values[statistic.rawValue] }
    set { values[statistic.rawValue] = newValue }
  }

  subscript(index: Int) -> Double {
    get { values[index] }
    set { values[index] = newValue }
  }

  public static func == (left: Self, right: Self) -> Bool {
    Statistic.allCases.allSatisfy { left[$0].bitPattern == right[$0].bitPattern }
  }

  public func hash(into hasher: inout Hasher) {
    for statistic in Statistic.allCases { hasher.combine(self[statistic].bitPattern) }
  }
}
