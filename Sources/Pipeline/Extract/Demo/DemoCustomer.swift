/// The kinds of fraud the demo data hold, one for each factor of the scoring.
enum DemoFraud: String, Sendable, Hashable, CaseIterable {
  case velocity, geographic, behavioural, profile, amount, temporal
}

/// One made-up customer, wholly determined by the seed and the customer's number.
struct DemoCustomer: Sendable {
  let id: Int64
  let fraud: DemoFraud?
  let record: CustomerRecord
  let country: Int
  let city: DemoWorld.City
  let home: Coordinates?
  /// Microseconds since 1970.
  let signedUpAt: Int64

  /// Besides one customer of each kind in any demo of seven customers or more.
  static let fraudShare = 0.018

  init(id: Int64, seed: UInt64, settings: DemoSettings) {
    var random = SplitMix64(seed: DemoCustomer.mix(seed, id, 1))
    self.id = id
    fraud = DemoCustomer.fraud(of: id, settings, &random)
    country = random.index(weights: DemoWorld.countryWeights)
    let land = DemoWorld.countries[country]
    city = random.element(of: land.cities)
    let latitude = city.latitude + random.normal() * 0.05
    let longitude = city.longitude + random.normal() * 0.07
    home = Coordinates(latitude: latitude, longitude: longitude)
    signedUpAt = DemoCustomer.signUp(fraud, settings, &random)
    record = DemoCustomer.record(
      id: id, seed: seed, fraud: fraud, land: land, city: city, home: home, signedUpAt: signedUpAt, &random)
  }

  /// One seed out of three numbers.
  static func mix(_ seed: UInt64, _ id: Int64, _ stream: UInt64) -> UInt64 {
    var random = SplitMix64(seed: seed &+ UInt64(bitPattern: id) &* 0x9e37_79b9_7f4a_7c15 &+ stream << 56)
    return random.next()
  }

  private static func fraud(of id: Int64, _ settings: DemoSettings, _ random: inout SplitMix64) -> DemoFraud?
  {
    let kinds = DemoFraud.allCases
    let drawn: DemoFraud? = random.chance(fraudShare) ? random.element(of: kinds) : nil
    let step = settings.customers / Int64(kinds.count + 1)
    guard step > 0, id % step == 0, let place = Int(exactly: id / step), kinds.indices.contains(place - 1)
    else {
      return drawn
    }
    return kinds[place - 1]
  }

  /// Two thirds were there before the year began, the rest join during it; new-account frauds join late.
  private static func signUp(
    _ fraud: DemoFraud?, _ settings: DemoSettings, _ random: inout SplitMix64
  ) -> Int64 {
    let second = Int64(random.below(86_400))
    let day: Int64 =
      if fraud == .profile {
        Int64(20 + random.below(300))
      } else if random.chance(0.66) || fraud != nil {
        Int64(-30 - random.below(1_000))
      } else {
        Int64(random.below(345))
      }
    return settings.start + (day * 86_400 + second) * 1_000_000
  }

  private static func record(
    id: Int64, seed: UInt64, fraud: DemoFraud?, land: DemoWorld.Country, city: DemoWorld.City,
    home: Coordinates?,
    signedUpAt: Int64, _ random: inout SplitMix64
  ) -> CustomerRecord {
    let isFemale = random.chance(0.52)
    let first = random.element(of: isFemale ? DemoWorld.femaleNames : DemoWorld.maleNames)
    let last = random.element(of: DemoWorld.lastNames)
    let isNewFraud = fraud == .profile
    let domain = random.element(of: isNewFraud ? DemoWorld.disposableDomains : DemoWorld.mailDomains)
    // One account in thirty belongs to somebody who banks or telephones in another country without any fraud.
    let bank = random.chance(isNewFraud ? 1 : 0.03) ? other(than: land, &random) : land
    let phone = random.chance(isNewFraud ? 0.8 : 0.03) ? other(than: land, &random) : land
    let network = random.chance(isNewFraud ? 0.9 : 0.01) ? other(than: land, &random) : land
    let number = 10_000_000 + random.below(89_999_999)
    // New-account frauds come in gangs of a few that share a device.
    let device = isNewFraud ? "gang-\(seed)-\(id / 2_000)" : "device-\(id)-1"
    let isComplete = random.chance(0.94)
    return CustomerRecord(
      id: id, fullName: "\(first) \(last)", email: "\(plain(first)).\(plain(last))\(id)@\(domain)",
      phone: isComplete || isNewFraud ? "+\(phone.dialling) \(number)" : nil,
      phoneCountry: isComplete || isNewFraud ? phone.code : nil, bankCountry: bank.code,
      ipCountry: network.code,
      birthYear: isComplete ? 1_946 + random.below(60) : nil, gender: isFemale ? "female" : "male",
      city: city.name, state: city.state, country: land.name, countryCode: land.code, home: home,
      device: device,
      ip: address(&random), signedUpAt: signedUpAt)
  }

  static func address(_ random: inout SplitMix64) -> String {
    "\(11 + random.below(180)).\(random.below(256)).\(random.below(256)).\(1 + random.below(254))"
  }

  private static func other(than land: DemoWorld.Country, _ random: inout SplitMix64) -> DemoWorld.Country {
    let choice = random.element(of: DemoWorld.countries)
    return choice.code == land.code ? DemoWorld.countries[choice.code == "PL" ? 0 : 7] : choice
  }

  /// Lower-case ASCII letters of a name.
  private static func plain(_ name: String) -> String {
    String(
      decoding: name.lowercased().utf8.filter { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) },
      as: UTF8.self)
  }
}

/// What the demo data are made from.
public struct DemoSettings: Sendable, Hashable {
  /// How many customers; their ids run from 1.
  public var customers: Int64
  public var seed: UInt64
  /// The end of the 12 months that the orders fall into, in microseconds since 1970, UTC.
  public var reference: Int64

  /// - Parameter reference: 2026-01-01 00:00 UTC unless given, so that two runs are identical whenever they happen.
  public init(customers: Int64 = 5_000, seed: UInt64 = 1, reference: Int64 = SyntheticTimeline.reference) {
    self.customers = customers
    self.seed = seed
    self.reference = reference
  }

  /// The start of the 12 months.
  var start: Int64 { reference - 365 * 86_400_000_000 }
}
