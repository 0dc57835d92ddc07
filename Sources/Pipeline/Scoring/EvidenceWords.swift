/// Says evidences with their numbers.
struct EvidenceWords {
  let population: Population

  func text(_ statistic: Statistic, _ facts: borrowing EventFacts) -> String {
    switch statistic {
    case .orders1h: counted(facts.orders1h, "in 1 h", facts)
    case .orders6h: counted(facts.orders6h, "in 6 h", facts)
    case .orders24h: counted(facts.orders24h, "in 24 h", facts)
    case .orders7d: counted(facts.orders7d, "in 7 days", facts)
    case .spend24h:
      "\(Self.number(facts.amount24h)) spent in 24 h, usual \(Self.number(facts.usualDaily * facts.usualAmount)) a day"
    case .distanceFromHome:
      "\(Self.number(facts.distance)) km from home, usual \(Self.number(facts.usualDistance)) km"
    case .rareCategory:
      "order in \(category(facts)), \(Self.count(facts.earlierInCategory, "earlier order")) there of \(facts.earlier)"
    case .newCounterparty:
      "first order with this counterparty; \(Self.count(facts.earlier, "earlier order")) went to \(Self.number(Double(facts.counterparties))) others"
    case .newDevice: "first order from this device after \(Self.count(facts.earlier, "earlier order"))"
    case .newAccount: "account \(Self.duration(days: facts.accountAgeDays)) old when it ordered"
    case .amountOverOwn: "amount \(Self.number(facts.amount)), own usual \(Self.number(facts.usualAmount))"
    case .amountOverPeers:
      "amount \(Self.number(facts.amount)), usual \(Self.number(facts.usualInCategory)) in \(category(facts))"
    case .amountOverAll:
      "amount \(Self.number(facts.amount)), usual \(Self.number(population.categories[0].amounts.median)) among all orders"
    case .smallAmount:
      "amount only \(Self.number(facts.amount)), usual \(Self.number(facts.usualInCategory)) in \(category(facts))"
    case .amountDay:
      "\(Self.count(facts.orders24h, "order")) in 24 h of \(Self.number(facts.amount24h / Double(max(1, facts.orders24h)))) each, usual \(Self.number(facts.usualAmount))"
    case .rareHour:
      "order at \(Self.clock(facts.hour)) UTC; \(facts.earlierAroundHour) of \(Self.count(facts.earlier, "earlier order")) within an hour of it"
    case .rareHourForCategory:
      "order in \(category(facts)) at \(Self.clock(facts.hour)) UTC, rare for all customers"
    case .oddHours:
      "\(Self.count(facts.oddHourOrders, "order")) within \(Self.duration(days: max(facts.oddHourDays, 1 / 24.0))) at hours unlike the customer, the last at \(Self.clock(facts.hour)) UTC"
    case .sharedDevice, .sharedAddress, .missingDetails, .identityCountries: ""
    }
  }

  func text(_ statistic: Statistic, _ facts: ProfileFacts) -> String {
    switch statistic {
    case .sharedDevice: "\(Self.count(facts.earlierOnDevice, "earlier account")) on the same device"
    case .sharedAddress:
      "\(Self.count(facts.earlierOnAddress, "earlier account")) from the same internet address"
    case .missingDetails: "\(facts.missing) of \(CustomerProfile.identityFieldCount) identity details missing"
    case .identityCountries:
      "\(facts.distinctCountries) different countries among \(facts.countries.count) details (\(facts.countries.joined(separator: ", ")))"
    default: ""
    }
  }

  func counterpartyOutcomes(_ facts: borrowing EventFacts) -> String {
    let times = Self.number(Mathematics.exponential(facts.counterpartyFeedback))
    // Below twice the lowest share no fraud is behind it, only that nothing was heard for a while.
    return facts.counterpartyFeedback < Mathematics.ln(2)
      ? "order with a counterparty without recent outcomes (\(times) times the share of fraud of a proven one)"
      : "order with a counterparty of confirmed frauds (\(times) times the share of fraud of a proven one)"
  }

  func customerOutcomes(_ facts: borrowing EventFacts) -> String {
    "confirmed frauds of this customer (\(Self.number(Mathematics.exponential(facts.customerFeedback))) times the usual share)"
  }

  private func counted(_ orders: Int, _ span: String, _ facts: borrowing EventFacts) -> String {
    "\(Self.count(orders, "order")) \(span), usual \(Self.number(facts.usualDaily)) a day"
  }

  private func category(_ facts: borrowing EventFacts) -> String {
    let place = Int(facts.category)
    guard place > 0, place < population.categories.count else { return "all orders" }
    return population.categories[place].name
  }

  /// The names between braces; what follows a brace that is not closed counts as one.
  static func placeholders(_ template: String) -> [String] {
    template.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map {
      String($0.prefix { $0 != "}" })
    }
  }

  /// Replaces `{feature}` by the feature's number.
  static func fill(_ template: String, _ value: (RuleFeature) -> Double) -> String {
    var text = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      text += rest[..<open]
      if let feature = RuleFeature(rawValue: String(rest[rest.index(after: open)..<close])) {
        text += feature == .travelMinutes ? duration(days: value(feature) / 1440) : number(value(feature))
      }
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }

  static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(String(number))) \(noun)\(number == 1 ? "" : "s")"
  }

  static func clock(_ hour: Int) -> String { hour < 10 ? "0\(hour):00" : "\(hour):00" }

  static func duration(days: Double) -> String {
    let minutes = days * 1440
    if minutes < 90 { return "\(number(minutes.rounded())) min" }
    return minutes < 2880 ? "\(number(minutes / 60)) h" : "\(number(days)) days"
  }

  /// Whole numbers from 100 on with thousands grouped, one decimal from 10, else two significant ones.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let size = abs(value)
    guard size < 1e15 else { return "\(value)" }
    let scale: Double = size >= 100 ? 1 : size >= 10 ? 10 : size >= 0.1 ? 100 : 1000
    let scaled = Int64((size * scale).rounded())
    let whole = scaled / Int64(scale)
    var decimals = String(scaled % Int64(scale))
    let width = scale == 1 ? 0 : scale == 10 ? 1 : scale == 100 ? 2 : 3
    while decimals.count < width { decimals = "0" + decimals }
    while decimals.hasSuffix("0") { decimals.removeLast() }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + grouped(String(whole)) + (width == 0 || decimals.isEmpty ? "" : "." + decimals)
  }

  private static func grouped(_ digits: String) -> String {
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
