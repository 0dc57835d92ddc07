extension CustomerRecord {
  /// - Throws: ``BadValue`` where the row is no customer.
  init(_ row: MappedFile<EventMapping.CustomerField>.Values, _ mapping: EventMapping) throws(BadValue) {
    guard let id = row.integer(.id) else { throw BadValue("id is missing or no whole number") }
    self.init(id: id)
    fullName = row.text(.name)
    email = row.text(.email)
    phone = row.text(.phone)
    gender = row.text(.gender)
    city = row.text(.city)
    state = row.text(.state)
    country = row.text(.country)
    countryCode = country.flatMap { CountryNames.isCode($0) ? $0 : CountryNames.code(of: $0) }
    phoneCountry = try code(row, .phoneCountry)
    bankCountry = try code(row, .bankCountry)
    ipCountry = try code(row, .ipCountry)
    birthYear = row.integer(.birthYear).map { Int($0) }
    device = row.text(.device)
    ip = row.text(.ip)
    home = try row.coordinates(.latitude, .longitude)
    if let bytes = row.bytes(.signedUp) {
      guard let time = TimeReading.seconds(bytes, mapping.signedUpFormat, zone: mapping.zoneSeconds) else {
        throw BadValue("signed_up is no moment in the format \(mapping.signedUpFormat.rawValue)")
      }
      signedUpAt = Int64((time * 1_000_000).rounded())
    }
  }
}

private func code(
  _ row: MappedFile<EventMapping.CustomerField>.Values, _ field: EventMapping.CustomerField
) throws(BadValue) -> String? {
  guard let text = row.text(field) else { return nil }
  guard let code = CountryNames.isCode(text) ? text : CountryNames.code(of: text) else {
    throw BadValue("\(field.rawValue) is no country of ISO 3166")
  }
  return code
}

/// One row of a transactions file.
struct MappedEvent {
  var id: Int64
  var customer: Int64
  var time: Double
  var amount: Double
  var counterparty: String?
  var category: String?
  var place: Coordinates?
  var device: String?
  var ip: String?
  /// Nil: the file has no labels.
  var isFraud: Bool?
  var kind: String?

  /// - Parameter now: the clock, seconds since 1970: what is dated more than a day later is an error of the file.
  /// - Throws: ``BadValue`` where the row is no event.
  init(
    _ row: MappedFile<EventMapping.EventField>.Values, _ mapping: EventMapping, now: Double
  ) throws(BadValue) {
    guard let id = row.integer(.id) else { throw BadValue("id is missing or no whole number") }
    guard let customer = row.integer(.customer) else {
      throw BadValue("customer is missing or no whole number")
    }
    guard let moment = row.bytes(.time),
      let time = TimeReading.seconds(moment, mapping.timeFormat, zone: mapping.zoneSeconds)
    else { throw BadValue("time is no moment in the format \(mapping.timeFormat.rawValue)") }
    guard time <= now + EventWindow.day else { throw BadValue("time is in the future") }
    guard let amount = try row.number(.amount) else { throw BadValue("amount is missing") }
    guard amount >= 0, amount < 1e12 else { throw BadValue("amount is not from 0 to 1,000,000,000,000") }
    self.id = id
    self.customer = customer
    self.time = time
    self.amount = amount
    counterparty = row.text(.counterparty)
    category = row.text(.category)
    place = try row.coordinates(.latitude, .longitude)
    device = row.text(.device)
    ip = row.text(.ip)
    isFraud = mapping.eventColumns[.label].map { _ in
      row.text(.label).map { mapping.fraudValues.contains($0) } ?? false
    }
    kind = row.text(.labelKind)
  }
}
