/// Orders at hours unlike the customer that come one after the other: a decaying sum that starts anew where it falls to 0
/// (a CUSUM). One order at night happens to everybody; several within days do not.
private struct OddHours: Sendable {
  /// Less surprise than this beyond the mean is nothing odd.
  private static let slack = 0.5
  private static let halfLife = 3 * EventWindow.day
  private var sum = 0.0
  private var last = 0.0
  private(set) var count = 0
  private(set) var since = 0.0

  /// - Parameter surprise: of the hour, less the mean surprise of all orders.
  mutating func add(_ surprise: Double, at time: Double) -> Double {
    if sum > 0 { sum *= Mathematics.powerOfTwo(-(time - last) / Self.halfLife) }
    last = time
    sum = max(0, sum + surprise - Self.slack)
    if sum == 0 {
      count = 0
    } else if surprise > Self.slack {
      if count == 0 { since = time }
      count += 1
    }
    return sum
  }
}

/// The memory of one customer while the events pass in order of time. Constant size whatever the history; reused
/// from customer to customer. For each event the statistics come first, then the event becomes history.
///
/// Formulas: docs/scoring.md.
struct CustomerState: Sendable {
  /// Categories with an amount history of their own; further ones are compared with other customers alone.
  private static let ringCount = 64

  private var window = EventWindow()
  private var amounts = SortedRing(capacity: 64)
  private var distances = SortedRing(capacity: 64)
  private var categoryRings = [SortedRing](repeating: SortedRing(capacity: 32), count: ringCount)
  private var usedRings = 0
  /// By category: the ring's number plus one, and the events.
  private var ringOfCategory: [Int32] = []
  private var categoryCounts: [Int32] = []
  private var touchedCategories: [Int] = []
  private var hourCounts = [Int32](repeating: 0, count: 24)
  private var timedCount = 0
  private var oddHours = OddHours()
  private var counterparties = SeenSet()
  private var devices = SeenSet()
  private var outcomes = OutcomeHistory()
  private var count = 0
  private var firstTime = 0.0
  private var lastPlace: (time: Double, latitude: Double, longitude: Double)?

  private let shape8 = NegativeBinomial(squarings: 3)
  private let shape32 = NegativeBinomial(squarings: 5)

  init() {}

  /// Forgets the customer.
  mutating func reset() {
    window.removeAll()
    amounts.removeAll()
    distances.removeAll()
    for place in 0..<usedRings { categoryRings[place].removeAll() }
    usedRings = 0
    for category in touchedCategories {
      ringOfCategory[category] = 0
      categoryCounts[category] = 0
    }
    touchedCategories.removeAll(keepingCapacity: true)
    for hour in 0..<24 { hourCounts[hour] = 0 }
    timedCount = 0
    oddHours = OddHours()
    counterparties.removeAll()
    devices.removeAll()
    outcomes.removeAll()
    count = 0
    lastPlace = nil
  }

  /// The statistics of the next event; times must not fall.
  mutating func observe(
    _ event: ScoringEvent, of profile: CustomerProfile, in population: Population, feedback: FeedbackSettings
  ) -> EventFacts {
    var facts = EventFacts()
    facts.id = event.id
    facts.time = event.time
    facts.hasRealTime = event.hasRealTime
    facts.amount = event.amount
    facts.category = event.category
    facts.earlier = count
    if count == 0 { firstTime = event.time }

    observeAmount(event, population, &facts)
    if event.hasRealTime {
      let moment = CalendarMoment(event.time)
      observeVelocity(event, moment, profile, population, &facts)
      observeHour(event, moment, population, &facts)
      observeHabits(event, population, &facts)
      if let signedUpAt = profile.signedUpAt {
        let age = max(0, event.time - signedUpAt)
        facts.accountAgeDays = age / EventWindow.day
        facts.statistics[.newAccount] = max(0, Mathematics.ln(14 * EventWindow.day / (age + 60)))
      }
      facts.customerFeedback = outcomes.observe(event, feedback)
    }
    if !event.latitude.isNaN { observePlace(event, profile, population, &facts) }
    count += 1
    return facts
  }

  /// What the last orders cost.
  var usualAmounts: Population.Amounts {
    let own = amounts.medianAndDeviation
    return Population.Amounts(median: own.median, deviation: own.deviation)
  }

  /// True where the next event finds a history of its own.
  func isSettled(at event: ScoringEvent) -> Bool {
    count >= FirstOrders.orders && event.hasRealTime
      && event.time - firstTime >= FirstOrders.days * EventWindow.day
  }

  // MARK: - Amount

  private mutating func observeAmount(
    _ event: ScoringEvent, _ population: Population, _ facts: inout EventFacts
  ) {
    let amount = event.amount
    let category = Int(event.category)
    let overall = population.categories[0].amounts
    let own = amounts.medianAndDeviation
    let trust = Double(amounts.count) / Double(amounts.count + 5)
    if amounts.count >= 5 {
      let spread = max(1.4826 * own.deviation, 0.2 * own.median, 0.5)
      facts.statistics[.amountOverOwn] = trust * (amount - own.median) / spread
      facts.usualAmount = own.median
    } else {
      facts.usualAmount = trust * own.median + (1 - trust) * overall.median
    }

    let group = category < population.categories.count ? population.categories[category].amounts : overall
    var usual = group
    let ring = ringNumber(category)
    if let ring {
      let count = categoryRings[ring].count
      facts.earlierInCategory = count
      if count >= 3 {
        let history = categoryRings[ring].medianAndDeviation
        let weight = Double(count) / Double(count + 8)
        let mine = Population.Amounts(median: history.median, deviation: history.deviation)
        usual.median = weight * mine.median + (1 - weight) * group.median
        usual.spread = weight * mine.spread + (1 - weight) * group.spread
      }
      categoryRings[ring].append(amount)
    }
    let deviation = (amount - usual.median) / usual.spread
    facts.usualInCategory = usual.median
    facts.statistics[.amountOverPeers] = deviation
    facts.statistics[.smallAmount] = max(0, -deviation)
    // Who always spends that much is no surprise.
    let habit = amounts.count >= 5 ? max(own.median, overall.median) : overall.median
    facts.statistics[.amountOverAll] = (amount - habit) / overall.spread

    if event.hasRealTime {
      // Where ordinary orders are small, a small one is no test of a card.
      let small = amount <= min(2, max(0.5, 0.04 * facts.usualAmount))
      window.append(time: event.time, amount: amount, isSmall: small)
      facts.amount24h = window.amount24h
      facts.smallOrders24h = window.smallCount24h - (small ? 1 : 0)
      if amounts.count >= 5 {
        let today = Double(window.count24h)
        let spread = max(1.4826 * own.deviation, 0.25 * own.median, 0.5)
        facts.statistics[.amountDay] =
          trust * today.squareRoot() * (window.amount24h / today - 1.1 * own.median) / spread
      }
      let usualAmount = max(0.5, facts.usualAmount)
      let spread = max(1.4826 * own.deviation, 0.2 * usualAmount)
      facts.amountVariation = trust * spread / usualAmount + (1 - trust) * overall.spread / overall.median
    }
    amounts.append(amount)
  }

  /// The ring of a category; nil where all rings are taken.
  private mutating func ringNumber(_ category: Int) -> Int? {
    while ringOfCategory.count <= category {
      ringOfCategory.append(0)
      categoryCounts.append(0)
    }
    if ringOfCategory[category] > 0 { return Int(ringOfCategory[category]) - 1 }
    if ringOfCategory[category] == 0 { touchedCategories.append(category) }
    guard usedRings < Self.ringCount else {
      ringOfCategory[category] = -1
      return nil
    }
    usedRings += 1
    ringOfCategory[category] = Int32(usedRings)
    return usedRings - 1
  }

  // MARK: - Velocity

  private mutating func observeVelocity(
    _ event: ScoringEvent, _ moment: CalendarMoment, _ profile: CustomerProfile, _ population: Population,
    _ facts: inout EventFacts
  ) {
    // The customer is under observation since the sign-up or the beginning of the data, whichever is later.
    let start =
      profile.signedUpAt.map { min(max($0, population.firstTime ?? firstTime), firstTime) } ?? firstTime
    var ageDays = (event.time - start) / EventWindow.day
    if window.isTruncated { ageDays = min(ageDays, (event.time - window.oldestTime) / EventWindow.day) }
    // The last weeks tell the usual rate of a busy customer; a slow one's whole history does, and the population's
    // rate where that is short. Each step leans on the one before like on two orders.
    let ownDays = max(ageDays - 1, 0)
    let lifetime = (Double(max(0, count - (window.count24h - 1))) + 2) / (ownDays + 2 / population.dailyRate)
    let daily = (Double(window.baselineBefore24h) + 2) / (min(ownDays, 36) + 2 / lifetime)
    let dailyBeforeWeek =
      (Double(window.baselineBefore7d) + 2) / (min(max(ageDays - 7, 0), 30) + 2 / lifetime)
    let hourShare = population.hourShare[moment.hour]
    let weekday = population.weekday[moment.weekday]
    let expected1h = daily / 24 * max(0.25, 24 * hourShare) + 0.02
    let expectedDay = daily * weekday

    facts.orders1h = window.count1h
    facts.orders6h = window.count6h
    facts.orders24h = window.count24h
    facts.orders7d = window.count7d
    facts.usualDaily = daily
    facts.expected1h = expected1h
    facts.statistics[.orders1h] = shape8.surprise(count: window.count1h, mean: expected1h)
    facts.statistics[.orders6h] = shape8.surprise(
      count: window.count6h, mean: daily * population.sixHourShare[moment.hour] + 0.05)
    facts.statistics[.orders24h] = shape8.surprise(count: window.count24h, mean: expectedDay + 0.05)
    facts.statistics[.orders7d] = shape32.surprise(count: window.count7d, mean: 7 * dailyBeforeWeek + 0.1)
    let amount = 1.15 * max(0.5, facts.usualAmount)
    facts.statistics[.spend24h] =
      (window.amount24h - expectedDay * amount)
      / (amount * ((expectedDay + 0.25) * (1 + facts.amountVariation * facts.amountVariation)).squareRoot())
  }

  // MARK: - Hours and habits

  private mutating func observeHour(
    _ event: ScoringEvent, _ moment: CalendarMoment, _ population: Population, _ facts: inout EventFacts
  ) {
    let hour = moment.hour
    let before = hour == 0 ? 23 : hour - 1
    let after = hour == 23 ? 0 : hour + 1
    facts.hour = hour
    facts.earlierAroundHour = Int(hourCounts[hour] + hourCounts[before] + hourCounts[after])
    let nearby =
      0.5 * Double(hourCounts[hour]) + 0.25 * Double(hourCounts[before]) + 0.25 * Double(hourCounts[after])
    let share = (nearby + 12 * population.hourShare[hour]) / Double(timedCount + 12)
    let surprise = -Mathematics.ln(share)
    facts.statistics[.rareHour] = surprise
    facts.statistics[.oddHours] = oddHours.add(surprise - population.hourEntropy, at: event.time)
    facts.oddHourOrders = oddHours.count
    facts.oddHourDays = (event.time - oddHours.since) / EventWindow.day
    let category = Int(event.category)
    if category > 0, category < population.categories.count {
      facts.statistics[.rareHourForCategory] = population.categories[category].hourSurprise[hour]
    }
    hourCounts[hour] += 1
    timedCount += 1
  }

  private mutating func observeHabits(
    _ event: ScoringEvent, _ population: Population, _ facts: inout EventFacts
  ) {
    let category = Int(event.category)
    if category > 0, category < population.categories.count {
      let share =
        (Double(categoryCounts[category]) + 10 * population.categories[category].share) / Double(count + 10)
      facts.statistics[.rareCategory] = -Mathematics.ln(share)
      categoryCounts[category] += 1
    }
    if event.counterparty != 0 {
      facts.counterparties = counterparties.count
      facts.statistics[.newCounterparty] = newness(event.counterparty, in: counterparties)
      counterparties.insert(event.counterparty)
    }
    if event.device != 0 {
      // The first device of a customer is new to us alone.
      facts.statistics[.newDevice] = devices.count == 0 ? 0 : newness(event.device, in: devices)
      devices.insert(event.device)
    }
  }

  /// -ln of the share of events that were with somebody new so far; 0 for a known one.
  private func newness(_ hash: UInt64, in seen: SeenSet) -> Double {
    seen.contains(hash) ? 0 : -Mathematics.ln(Double(seen.count + 1) / Double(count + 2))
  }

  // MARK: - Place

  private mutating func observePlace(
    _ event: ScoringEvent, _ profile: CustomerProfile, _ population: Population, _ facts: inout EventFacts
  ) {
    if let latitude = profile.homeLatitude, let longitude = profile.homeLongitude {
      let distance = Mathematics.distance(latitude, longitude, event.latitude, event.longitude)
      let own = distances.medianAndDeviation
      let weight = Double(distances.count) / Double(distances.count + 8)
      let usual = weight * own.median + (1 - weight) * population.distance.median
      let spread =
        weight * max(1.4826 * own.deviation, 5) + (1 - weight) * max(population.distance.spread, 5)
      facts.distance = distance
      facts.usualDistance = usual
      facts.statistics[.distanceFromHome] = (distance - usual) / spread
      distances.append(distance)
    }
    guard event.hasRealTime else { return }
    if let lastPlace {
      facts.travelKilometres = Mathematics.distance(
        lastPlace.latitude, lastPlace.longitude, event.latitude, event.longitude)
      facts.travelMinutes = max(1, (event.time - lastPlace.time) / 60)
    }
    lastPlace = (event.time, event.latitude, event.longitude)
  }
}
