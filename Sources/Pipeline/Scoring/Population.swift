/// What all customers together look like: the yardstick where a customer's own history is short.
public struct Population: Sendable, Codable {
  /// The usual amounts of a group of events.
  public struct Amounts: Sendable, Hashable, Codable {
    public var median: Double
    /// max(1.4826 MAD, 0.2 median, 0.5): comparable to a standard deviation.
    public var spread: Double

    public init(median: Double, deviation: Double) {
      self.median = median
      spread = max(1.4826 * deviation, 0.2 * median, 0.5)
    }
  }

  /// A category of goods as the source names it.
  public struct Category: Sendable, Codable {
    public var name: String
    /// Of all events.
    public var share: Double
    public var amounts: Amounts
    /// -ln of the hour's share within the category, 24 values.
    var hourSurprise: [Double]
  }

  public var customerCount: Int
  public var eventCount: Int
  /// Of the real times; nil where there are none.
  public var firstTime: Double?
  /// The newest event: scores are as of this moment, not of the clock on the wall.
  public var lastTime: Double?
  /// Share of each hour of the day, UTC; sums to 1.
  public var hourShare: [Double]
  /// The mean of -ln of an order's hour's share.
  let hourEntropy: Double
  /// Each day of the week relative to a mean day, starting at the day of 1 January 1970 (a Thursday).
  public var weekday: [Double]
  /// Index 0: events without a category, with the amounts of all events.
  public var categories: [Category]
  /// Events a day of the median customer.
  public var dailyRate: Double
  /// Distance from home in kilometres.
  public var distance: Amounts
  /// Times at which the accounts of a shared device or address appeared, ascending; only what two accounts share.
  var accountsByDevice: [UInt64: [Double]]
  var accountsByAddress: [UInt64: [Double]]
  /// Of the hours (h-5...h) together, by h.
  let sixHourShare: [Double]

  init(counter: PopulationCounter, categoryNames: [String]) {
    customerCount = counter.customerCount
    eventCount = counter.eventCount
    firstTime = counter.firstTime
    lastTime = counter.lastTime
    let timed = Double(counter.hours.reduce(0, +))
    // A few pseudo-counts keep an hour nobody used from being impossible.
    let hourShare = counter.hours.map { (Double($0) + 2) / (timed + 48) }
    self.hourShare = hourShare
    hourEntropy = hourShare.reduce(0) { $0 - $1 * Mathematics.ln($1) }
    weekday = counter.weekdays.map { (Double($0) + 20) / (timed + 140) * 7 }
    sixHourShare = (0..<24).map { hour in (0..<6).reduce(0) { $0 + hourShare[(hour + 24 - $1) % 24] } }

    var everything = LogHistogram()
    for group in counter.categories { everything.add(group.amounts) }
    let all = everything.medianAndDeviation().map { Amounts(median: $0.median, deviation: $0.deviation) }
    let overall = all ?? Amounts(median: 50, deviation: 25)
    let total = Double(max(1, counter.eventCount))
    // A category that was only met later is known by its name, and as rare as can be.
    categories = (0..<max(counter.categories.count, categoryNames.count)).map { index in
      let group = index < counter.categories.count ? counter.categories[index] : PopulationCounter.Group()
      var amounts = overall
      // A category seen a few times tells less about amounts than all events together.
      if index > 0, group.count >= 30, let own = group.amounts.medianAndDeviation() {
        amounts = Amounts(median: own.median, deviation: own.deviation)
      }
      let inCategory = Double(group.hours.reduce(0, +))
      return Category(
        name: index < categoryNames.count ? categoryNames[index] : "",
        share: max(Double(group.count), 0.5) / total, amounts: amounts,
        hourSurprise: (0..<24).map { hour in
          -Mathematics.ln((Double(group.hours[hour]) + 50 * hourShare[hour]) / (inCategory + 50))
        })
    }
    // Where hardly anybody has ordered twice, one order in five days is taken for usual.
    dailyRate = (counter.rates.count < 20 ? nil : counter.rates.quantile(0.5)) ?? 0.2
    let distances = counter.distances.count >= 50 ? counter.distances.medianAndDeviation() : nil
    distance = Amounts(median: distances?.median ?? 20, deviation: distances?.deviation ?? 20)
    accountsByDevice = counter.accountsByDevice
    accountsByAddress = counter.accountsByAddress
  }
}

/// The first pass: counts whole customers, then becomes a ``Population``. Counting is exact, so neither the order
/// of the customers nor the split over several counters changes a bit of the result.
public struct PopulationCounter: Sendable {
  struct Group: Sendable {
    var count = 0
    var hours = [Int](repeating: 0, count: 24)
    var amounts = LogHistogram()
  }

  var customerCount = 0
  var eventCount = 0
  var firstTime: Double?
  var lastTime: Double?
  var hours = [Int](repeating: 0, count: 24)
  var weekdays = [Int](repeating: 0, count: 7)
  var categories: [Group] = [Group()]
  var rates = LogHistogram()
  var distances = LogHistogram()
  private var devices = AccountTimes()
  private var addresses = AccountTimes()
  var syntheticCount = 0

  public init() {}

  /// Counts one customer's events, ordered by time.
  public mutating func add(_ profile: CustomerProfile, _ events: ArraySlice<ScoringEvent>) {
    customerCount += 1
    var firstReal: Double?
    var lastReal = 0.0
    var realCount = 0
    for event in events {
      eventCount += 1
      let category = Int(event.category)
      while categories.count <= category { categories.append(Group()) }
      categories[category].count += 1
      categories[category].amounts.add(event.amount)
      if let latitude = profile.homeLatitude, let longitude = profile.homeLongitude, !event.latitude.isNaN {
        distances.add(Mathematics.distance(latitude, longitude, event.latitude, event.longitude))
      }
      guard event.hasRealTime else {
        syntheticCount += 1
        continue
      }
      let moment = CalendarMoment(event.time)
      hours[moment.hour] += 1
      weekdays[moment.weekday] += 1
      categories[category].hours[moment.hour] += 1
      realCount += 1
      firstReal = firstReal ?? event.time
      lastReal = event.time
    }
    if let firstReal {
      firstTime = min(firstTime ?? firstReal, firstReal)
      lastTime = max(lastTime ?? lastReal, lastReal)
      if realCount > 1 {
        rates.add(Double(realCount - 1) / max(1, (lastReal - firstReal) / EventWindow.day))
      }
    }
    addAccount(profile, events)
  }

  /// Times at which accounts appeared on a device or address that two of them share.
  var accountsByDevice: [UInt64: [Double]] { devices.shared }
  var accountsByAddress: [UInt64: [Double]] { addresses.shared }

  /// Counts what concerns shared devices and addresses alone.
  mutating func addAccount(_ profile: CustomerProfile, _ events: ArraySlice<ScoringEvent>) {
    guard let appeared = profile.appeared(events) else { return }
    if profile.device != 0 { devices.add(profile.device, at: appeared) }
    if profile.ip != 0 { addresses.add(profile.ip, at: appeared) }
  }

  public func population(categoryNames: [String]) -> Population {
    Population(counter: self, categoryNames: categoryNames)
  }
}

extension CustomerProfile {
  /// When the account first showed: its sign-up, or else its first event.
  func appeared(_ events: ArraySlice<ScoringEvent>) -> Double? {
    signedUpAt ?? events.first.flatMap { $0.hasRealTime ? $0.time : nil }
  }
}

/// Hour of the day and day of the week of a moment, UTC.
struct CalendarMoment {
  let hour: Int
  /// 0: Thursday, the day of 1 January 1970.
  let weekday: Int
  let day: Int

  @inline(__always) init(_ time: Double) {
    let seconds = Int(time.rounded(.down))
    var day = seconds / 86400
    var rest = seconds % 86400
    if rest < 0 {
      rest += 86400
      day -= 1
    }
    self.day = day
    hour = rest / 3600
    let weekday = day % 7
    self.weekday = weekday < 0 ? weekday + 7 : weekday
  }
}
