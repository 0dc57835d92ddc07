/// The statistics of a customer's profile, and the numbers behind them.
struct ProfileFacts: Sendable {
  var statistics = StatisticValues()
  /// Accounts that appeared on the device and on the address before this one.
  var earlierOnDevice = 0
  var earlierOnAddress = 0
  var countries: [String] = []
  var distinctCountries = 0
  var missing = 0
  var isDisposable: Bool?
  var isBlockListed = false

  init(
    _ profile: CustomerProfile, events: ArraySlice<ScoringEvent>, in population: Population, ruleset: Ruleset
  ) {
    let appeared = profile.appeared(events) ?? .infinity
    func earlier(_ hash: UInt64, _ accounts: [UInt64: [Double]]) -> Int {
      accounts[hash].map { $0.count { $0 < appeared } } ?? 0
    }
    if profile.device != 0 {
      earlierOnDevice = earlier(profile.device, population.accountsByDevice)
      statistics[.sharedDevice] = 3 * Mathematics.ln(1 + Double(earlierOnDevice))
    }
    if profile.ip != 0 {
      earlierOnAddress = earlier(profile.ip, population.accountsByAddress)
      statistics[.sharedAddress] = 3 * Mathematics.ln(1 + Double(earlierOnAddress))
    }
    if let filled = profile.filledFields {
      missing = CustomerProfile.identityFieldCount - filled
      statistics[.missingDetails] = Double(missing)
    }
    countries = profile.countries
    distinctCountries = Set(countries).count
    if countries.count >= 2 { statistics[.identityCountries] = Double(distinctCountries - 1) }
    isDisposable = profile.emailDomain.map { ruleset.disposableDomains.contains($0) }
    isBlockListed = ruleset.blockList.contains(profile)
  }

  func value(_ feature: RuleFeature) -> Double {
    switch feature {
    case .blockListed: isBlockListed ? 1 : 0
    case .disposableEmail: isDisposable.map { $0 ? 1 : 0 } ?? .nan
    case .identityCountries: countries.isEmpty ? .nan : Double(distinctCountries)
    case .identitySources: Double(countries.count)
    case .accountsOnDevice: Double(earlierOnDevice)
    case .accountsOnAddress: Double(earlierOnAddress)
    case .missingDetails: statistics[.missingDetails]
    default: .nan
    }
  }
}
