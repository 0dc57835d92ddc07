/// One order, payment or cart as the scoring sees it. Times in seconds since 1970 UTC, places in degrees.
public struct ScoringEvent: Sendable, Hashable {
  public enum Outcome: UInt8, Sendable, Hashable {
    case unknown, fraud, genuine
  }

  public var id: Int64
  public var time: Double
  /// Not negative, in the source's currency.
  public var amount: Double
  /// Index into ``Population/categories``; 0: the source names none.
  public var category: Int32
  /// ``stableHash(_:)`` of merchant, device and address; 0: not known.
  public var counterparty: UInt64
  public var device: UInt64
  public var ip: UInt64
  /// NaN where not known.
  public var latitude: Double
  public var longitude: Double
  /// False: the time was made up, so nothing may be concluded from it.
  public var hasRealTime: Bool
  /// What analysts found out; feeds later events once it is older than the feedback delay, never its own score.
  public var outcome: Outcome
  /// Seconds since 1970 from which the outcome is known; NaN: since the event.
  public var outcomeKnownAt = Double.nan

  public init(
    id: Int64, time: Double, amount: Double, category: Int32 = 0, counterparty: UInt64 = 0,
    device: UInt64 = 0, ip: UInt64 = 0, latitude: Double = .nan, longitude: Double = .nan,
    hasRealTime: Bool = true, outcome: Outcome = .unknown
  ) {
    self.id = id
    self.time = time
    self.amount = amount
    self.category = category
    self.counterparty = counterparty
    self.device = device
    self.ip = ip
    self.latitude = latitude
    self.longitude = longitude
    self.hasRealTime = hasRealTime
    self.outcome = outcome
  }
}

/// What is known of a customer apart from the events.
public struct CustomerProfile: Sendable, Hashable {
  public var id: Int64
  public var signedUpAt: Double?
  public var homeLatitude: Double?
  public var homeLongitude: Double?
  /// ISO 3166 alpha-2 of address, telephone, bank account and internet address.
  public var addressCountry: String?
  public var phoneCountry: String?
  public var bankCountry: String?
  public var ipCountry: String?
  public var emailDomain: String?
  /// ``stableHash(_:)``; 0: not known.
  public var device: UInt64
  public var ip: UInt64
  /// Which of the identity fields the source fills: name, e-mail, telephone, birth year, city, address country.
  /// nil: the source has no identity fields at all.
  public var filledFields: Int?

  public static let identityFieldCount = 6

  public init(
    id: Int64, signedUpAt: Double? = nil, homeLatitude: Double? = nil, homeLongitude: Double? = nil,
    addressCountry: String? = nil, phoneCountry: String? = nil, bankCountry: String? = nil,
    ipCountry: String? = nil, emailDomain: String? = nil, device: UInt64 = 0, ip: UInt64 = 0,
    filledFields: Int? = nil
  ) {
    self.id = id
    self.signedUpAt = signedUpAt
    self.homeLatitude = homeLatitude
    self.homeLongitude = homeLongitude
    self.addressCountry = addressCountry
    self.phoneCountry = phoneCountry
    self.bankCountry = bankCountry
    self.ipCountry = ipCountry
    self.emailDomain = emailDomain
    self.device = device
    self.ip = ip
    self.filledFields = filledFields
  }

  /// The countries the profile names, in the order address, telephone, bank, internet address.
  var countries: [String] { [addressCountry, phoneCountry, bankCountry, ipCountry].compactMap { $0 } }
}

/// Whole customers with their events, the unit that is scored in parallel. Events of one customer are adjacent
/// and ordered by time, then id.
public struct EventBatch: Sendable {
  public struct Customer: Sendable {
    public var profile: CustomerProfile
    /// Where the customer's events are in ``EventBatch/events``.
    public var events: Range<Int>

    public init(profile: CustomerProfile, events: Range<Int>) {
      self.profile = profile
      self.events = events
    }
  }

  public var customers: [Customer] = []
  public var events: [ScoringEvent] = []

  public init() {}

  public mutating func append(_ profile: CustomerProfile, events newEvents: some Collection<ScoringEvent>) {
    let start = events.count
    events.append(contentsOf: newEvents)
    customers.append(Customer(profile: profile, events: start..<events.count))
  }
}

/// A hash of a text that is the same in every process (FNV-1a, 64 bits), never 0.
public func stableHash(_ text: some StringProtocol) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash == 0 ? 1 : hash
}
