/// The orders of one made-up customer: a calm history with a rhythm of its own, and the fraud where there is one.
struct DemoHistory {
  private(set) var lines: [OrderLineRecord] = []
  private(set) var labels: [LabelRecord] = []

  private let customer: DemoCustomer
  private let settings: DemoSettings
  private var random: SplitMix64
  private var carts: [Cart] = []
  private let favourites: [Int]
  private let ips: [String]
  /// How much more than others the customer spends.
  private let spending: Double

  /// An order before it has a number: they are numbered in the order of their times.
  private struct Cart {
    /// Microseconds since 1970.
    var orderedAt: Int64
    var items: [Item]
    var place: String
    var coordinates: Coordinates?
    var region: String
    var device: String
    var ip: String
    var fraud: DemoFraud?
  }

  private struct Item {
    var product: DemoWorld.Product
    var merchant: Int
    var quantity: Int32
    var price: Hundredths
    var discount: Hundredths
  }

  private static let hour: Int64 = 3_600_000_000
  private static let day: Int64 = 24 * hour
  /// Fewer orders on Monday, most on Saturday; from Thursday on, the day of 1970-01-01.
  private static let weekdayWeights = [10, 12, 16, 13, 8, 9, 9]

  init(of customer: DemoCustomer, settings: DemoSettings) {
    self.customer = customer
    self.settings = settings
    random = SplitMix64(seed: DemoCustomer.mix(settings.seed, customer.id, 2))
    var favourites: [Int] = []
    for _ in 0..<3 { favourites.append(random.index(weights: DemoWorld.categoryWeights)) }
    self.favourites = favourites
    ips = [customer.record.ip ?? "", DemoCustomer.address(&random)]
    spending = exponential(random.normal() * 0.6)
    addCalmOrders()
    addFraud()
    number()
  }

  // MARK: - Calm orders

  private mutating func addCalmOrders() {
    let first = max(settings.start, customer.signedUpAt)
    var last = settings.reference
    // Some leave during the year, good customers among them: who is at risk of being lost.
    if random.chance(0.2) {
      last = first + Int64(Double(last - first) * (0.45 + 0.48 * random.unit()))
    }
    let isIdle = random.chance(0.03) && customer.fraud == nil
    let active = Double(last - first) / Double(365 * DemoHistory.day)
    var count = isIdle ? 0 : min(80, Int(exponential(0.9 + random.normal()) * max(0.2, active)) + 1)
    // A fraud stands out against a history; the new accounts have none.
    switch customer.fraud {
    case nil: break
    case .profile: count = 0
    case .some: count = max(count, 12)
    }
    let days = max(1, Int((last - first) / DemoHistory.day))
    for _ in 0..<count { addCalmOrder(on: first, days: days, until: last) }
  }

  private mutating func addCalmOrder(on first: Int64, days: Int, until last: Int64) {
    var time = first
    // Draws a day until its weekday is accepted: the weekly rhythm.
    for _ in 0..<4 {
      let day = first / DemoHistory.day + Int64(random.below(days))
      let hour = Int64(DailyRhythm.shop.hour(random.unit()))
      time = day * DemoHistory.day + hour * DemoHistory.hour + Int64(random.below(3_600)) * 1_000_000
      if random.below(16) < DemoHistory.weekdayWeights[Int(day % 7)] { break }
    }
    guard time > customer.signedUpAt, time < last else { return }
    let land = DemoWorld.countries[customer.country]
    let isTravelling = random.chance(0.015)
    let city = isTravelling ? random.element(of: land.cities) : customer.city
    let isOtherDevice = random.chance(0.1)
    carts.append(
      Cart(
        orderedAt: time, items: (0..<lineCount()).map { _ in calmItem() }, place: city.name,
        coordinates: isTravelling ? near(city) : nearHome(), region: land.region,
        device: isOtherDevice ? "device-\(customer.id)-2" : customer.record.device ?? "",
        ip: ips[random.chance(0.15) ? 1 : 0], fraud: nil))
  }

  private mutating func lineCount() -> Int {
    var count = 1
    while count < 8, random.chance(0.62) { count += 1 }
    return count
  }

  private mutating func calmItem() -> Item {
    let category =
      random.chance(0.8) ? random.element(of: favourites) : random.index(weights: DemoWorld.categoryWeights)
    var quantity: Int32 = 1
    while quantity < 6, random.chance(min(0.7, 0.18 * spending)) { quantity += 1 }
    // The customer's second or third choice of a shop is rare.
    let merchant =
      (Int(customer.id % 97) + (random.chance(0.25) ? random.below(3) : 0)) % DemoWorld.merchantsPerCategory
    return item(random.element(of: affordable(category)), merchant: merchant, quantity: quantity)
  }

  /// The cheaper or the dearer half of the goods, by how much the customer spends.
  private func affordable(_ category: Int) -> [DemoWorld.Product] {
    let products = DemoWorld.productsOfCategory[category]
    if spending > 1.4 { return Array(products.suffix(products.count * 2 / 3)) }
    if spending < 0.7 { return Array(products.prefix(products.count * 2 / 3)) }
    return products
  }

  private mutating func item(_ product: DemoWorld.Product, merchant: Int, quantity: Int32) -> Item {
    let discounts: [Int64] = [0, 0, 0, 0, 500, 1_000, 1_250, 2_000]
    return Item(
      product: product, merchant: merchant, quantity: quantity, price: product.price,
      discount: Hundredths(units: random.element(of: discounts)))
  }

  // MARK: - Frauds

  private mutating func addFraud() {
    guard let fraud = customer.fraud else { return }
    let days = fraud == .profile ? 0 : 200 + random.below(150)
    let start =
      settings.start + Int64(days) * DemoHistory.day + Int64(10 + random.below(9)) * DemoHistory.hour
    switch fraud {
    case .velocity: addBurst(from: start)
    case .geographic: addImpossibleTravel(from: start)
    case .behavioural: addNewHabits(from: start)
    case .profile: addNewAccount()
    case .amount: addTestCharges(from: start)
    case .temporal: addNights(from: start)
    }
  }

  /// Many orders within the hour.
  private mutating func addBurst(from start: Int64) {
    for _ in 0..<(8 + random.below(8)) {
      addFraudCart(at: start + Int64(random.below(3_000)) * 1_000_000, items: [calmItem()])
    }
  }

  /// At home, and an hour or two later on another continent.
  private mutating func addImpossibleTravel(from start: Int64) {
    addFraudCart(at: start, items: [calmItem()], isFraud: false)
    let land = DemoWorld.countries[customer.country]
    let far = DemoWorld.countries.filter { $0.region != land.region }
    let other = random.element(of: far)
    let city = random.element(of: other.cities)
    let ip = DemoCustomer.address(&random)
    for number in 0..<(2 + Int64(random.below(3))) {
      addFraudCart(
        at: start + (1 + number) * DemoHistory.hour + Int64(random.below(1_800)) * 1_000_000,
        items: [calmItem()],
        city: city, region: other.region, device: "device-\(customer.id)-9", ip: ip)
    }
  }

  /// Goods that sell on quickly, from shops the customer never used, on a new device.
  private mutating func addNewHabits(from start: Int64) {
    let ip = DemoCustomer.address(&random)
    for number in 0..<(3 + Int64(random.below(3))) {
      let items = (0..<(1 + random.below(2))).map { _ in resoldItem() }
      addFraudCart(
        at: start + number * 7 * DemoHistory.hour + Int64(random.below(3_600)) * 1_000_000, items: items,
        device: "device-\(customer.id)-9", ip: ip)
    }
  }

  /// Dear orders minutes to hours after the account was opened.
  private mutating func addNewAccount() {
    labels.append(LabelRecord(customerID: customer.id, orderID: 0, kind: DemoFraud.profile.rawValue))
    for number in 1...(1 + Int64(random.below(3))) {
      let wait = number * 40 + Int64(random.below(90))
      addFraudCart(at: customer.signedUpAt + wait * 60_000_000, items: [resoldItem()])
    }
  }

  /// A few tiny charges to see whether the card works, then the large ones.
  private mutating func addTestCharges(from start: Int64) {
    let groceries = DemoWorld.productsOfCategory[0]
    let tests = 3 + Int64(random.below(3))
    for number in 0..<tests {
      var charge = item(random.element(of: groceries), merchant: 11, quantity: 1)
      charge.price = Hundredths(units: Int64(50 + random.below(150)))
      charge.discount = .zero
      addFraudCart(at: start + number * 4 * 60_000_000, items: [charge])
    }
    for number in 0..<(1 + Int64(random.below(2))) {
      var large = resoldItem()
      large.quantity = 2 + Int32(random.below(3))
      addFraudCart(at: start + (tests * 4 + 20 + number * 15) * 60_000_000, items: [large])
    }
  }

  /// Orders in the dead of several nights.
  private mutating func addNights(from start: Int64) {
    let midnight = start / DemoHistory.day * DemoHistory.day
    for number in 0..<(4 + Int64(random.below(3))) {
      let time =
        midnight + number * DemoHistory.day + 2 * DemoHistory.hour + Int64(random.below(10_000)) * 1_000_000
      addFraudCart(at: time, items: [calmItem(), resoldItem()])
    }
  }

  private mutating func resoldItem() -> Item {
    let categories = DemoWorld.categories.indices.filter {
      DemoWorld.categories[$0].isResold && !favourites.contains($0)
    }
    let category = categories.isEmpty ? DemoWorld.categories.count - 1 : random.element(of: categories)
    let products = DemoWorld.productsOfCategory[category]
    return item(
      random.element(of: Array(products.suffix(products.count / 2))), merchant: 7 + random.below(5),
      quantity: 1)
  }

  private mutating func addFraudCart(
    at time: Int64, items: [Item], city: DemoWorld.City? = nil, region: String? = nil, device: String? = nil,
    ip: String? = nil, isFraud: Bool = true
  ) {
    carts.append(
      Cart(
        orderedAt: time, items: items, place: (city ?? customer.city).name,
        coordinates: city.map { near($0) } ?? nearHome(),
        region: region ?? DemoWorld.countries[customer.country].region,
        device: device ?? customer.record.device ?? "", ip: ip ?? ips[0],
        fraud: isFraud ? customer.fraud : nil))
  }

  // MARK: - Places and numbers

  private mutating func nearHome() -> Coordinates? {
    customer.home.flatMap { moved($0.latitude, $0.longitude) }
  }

  private mutating func near(_ city: DemoWorld.City) -> Coordinates? {
    moved(city.latitude, city.longitude)
  }

  private mutating func moved(_ latitude: Double, _ longitude: Double) -> Coordinates? {
    let latitude = latitude + random.normal() * 0.03
    let longitude = longitude + random.normal() * 0.03
    return Coordinates(latitude: latitude, longitude: longitude)
  }

  /// Gives the carts their numbers in the order of time and turns them into lines.
  private mutating func number() {
    let fraud = customer.fraud
    for (index, cart) in carts.sorted(by: { $0.orderedAt < $1.orderedAt }).enumerated() {
      let cartID = customer.id * 1_000 + Int64(index + 1)
      for (position, item) in cart.items.enumerated() {
        let orderID = cartID * 10 + Int64(position + 1)
        let product = item.product
        lines.append(
          OrderLineRecord(
            orderID: orderID, cartID: cartID, customerID: customer.id, productID: product.id,
            product: product.title,
            category: DemoWorld.categories[product.category].name,
            counterparty: DemoWorld.merchant(product.category, item.merchant), quantity: item.quantity,
            price: item.price, discount: item.discount, lineTotal: DemoHistory.total(item),
            region: cart.region,
            orderedAt: cart.orderedAt, isSyntheticTime: false, place: cart.place,
            coordinates: cart.coordinates,
            device: cart.device, ip: cart.ip))
        if cart.fraud != nil, let fraud {
          labels.append(LabelRecord(customerID: customer.id, orderID: orderID, kind: fraud.rawValue))
        }
      }
    }
    carts = []
  }

  /// Price times quantity less the discount, rounded half up to whole hundredths.
  private static func total(_ item: Item) -> Hundredths {
    let full = item.price.units * Int64(item.quantity)
    return Hundredths(units: (full * (10_000 - item.discount.units) + 5_000) / 10_000)
  }
}

/// e to the x by its series after halving: the same bits on every machine, which the C library does not promise.
private func exponential(_ x: Double) -> Double {
  let small = x / 64
  var term = 1.0
  var sum = 1.0
  for index in 1...10 {
    term *= small / Double(index)
    sum += term
  }
  for _ in 0..<6 { sum *= sum }
  return sum
}
