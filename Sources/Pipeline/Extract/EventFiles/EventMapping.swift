/// Which columns of `customers.csv` and of the transactions file mean what, as `mapping.yml` says. See
/// docs/event-files.md.
public struct EventMapping: Sendable, Hashable {
  /// How a moment is written.
  public enum TimeFormat: String, Sendable, Hashable, CaseIterable {
    /// `2026-11-24T21:15:00`, with a space instead of T, without seconds, or with fractions; `Z` or `+02:00` at the end
    /// overrides the mapping's time zone.
    case iso8601
    case unixSeconds = "unix_seconds"
    case unixMilliseconds = "unix_milliseconds"
  }

  /// What a customers file can tell; the raw value is the key in the mapping.
  public enum CustomerField: String, Sendable, Hashable, CaseIterable {
    case id, name, email, phone, gender, city, state, country, latitude, longitude, device, ip
    case signedUp = "signed_up"
    case birthYear = "birth_year"
    case phoneCountry = "phone_country"
    case bankCountry = "bank_country"
    case ipCountry = "ip_country"
    /// When the row last changed, and whether it is gone.
    case cursor, deleted
  }

  /// What a transactions file can tell.
  public enum EventField: String, Sendable, Hashable, CaseIterable {
    case id, time, customer, counterparty, category, amount, latitude, longitude, device, ip, label
    case labelKind = "label_kind"
    /// When the row last changed, and whether it is gone.
    case cursor, deleted
  }

  /// Nil: there is no customers file, and customers are known by their events alone.
  public var customersFile: String?
  public var customerColumns: [CustomerField: String]
  public var eventsFile: String
  public var eventColumns: [EventField: String]
  public var timeFormat: TimeFormat
  public var signedUpFormat: TimeFormat
  /// Of the cursors of customers and events.
  public var customerCursorFormat = TimeFormat.iso8601
  public var eventCursorFormat = TimeFormat.iso8601
  /// East of UTC, of times that name no zone themselves.
  public var zoneSeconds: Int
  /// Values of the label column that mean fraud.
  public var fraudValues: Set<String>
  /// Where the file names each column: file, line and column.
  var customerPlaces: [CustomerField: String] = [:]
  var eventPlaces: [EventField: String] = [:]

  /// Reads a mapping file.
  /// - Throws: ``ScoringError`` with file, line and column of the first mistake.
  public static func read(_ file: String) throws -> EventMapping {
    do {
      return try parse(try RulesetFiles.text(file), file: file)
    } catch let error as DashboardFileError {
      throw ScoringError(error)
    }
  }

  static func parse(_ yaml: String, file: String) throws -> EventMapping {
    let root = try DashboardNode.compose(yaml: yaml, file: file)
    let fields = try Fields(
      root, "the mapping", ["time_zone", "customers", "events"], optional: ["time_zone", "customers"])
    var mapping = EventMapping(
      customersFile: nil, customerColumns: [:], eventsFile: "", eventColumns: [:], timeFormat: .iso8601,
      signedUpFormat: .iso8601, zoneSeconds: 0, fraudValues: ["1"])
    if let zone = fields.optional("time_zone") {
      let text = try zone.text("time_zone")
      guard let seconds = text == "UTC" ? 0 : TimeReading.zone(ArraySlice(text.utf8)) else {
        throw zone.error(.badValue, "time_zone is UTC or an offset such as +02:00")
      }
      mapping.zoneSeconds = seconds
    }
    if let customers = fields.optional("customers") {
      let keys = CustomerField.allCases.map(\.rawValue)
      let columns = try Fields(
        customers, "customers", ["file", "signed_up_format", "cursor_format"] + keys,
        optional: Set(keys + ["signed_up_format", "cursor_format"]).subtracting(["id"]))
      mapping.customersFile = try columns["file"].text("file")
      for field in CustomerField.allCases {
        guard let node = columns.optional(field.rawValue) else { continue }
        mapping.customerColumns[field] = try node.text(field.rawValue)
        mapping.customerPlaces[field] = node.place
      }
      if let format = columns.optional("signed_up_format") {
        mapping.signedUpFormat = try format.choice("signed_up_format", TimeFormat.self)
      }
      if let format = columns.optional("cursor_format") {
        mapping.customerCursorFormat = try format.choice("cursor_format", TimeFormat.self)
      }
    }
    let keys = EventField.allCases.map(\.rawValue)
    let columns = try Fields(
      fields["events"], "events", ["file", "time_format", "cursor_format", "fraud_values"] + keys,
      optional: Set(keys + ["time_format", "cursor_format", "fraud_values"])
        .subtracting(["id", "time", "customer", "amount"]))
    mapping.eventsFile = try columns["file"].text("file")
    for field in EventField.allCases {
      guard let node = columns.optional(field.rawValue) else { continue }
      mapping.eventColumns[field] = try node.text(field.rawValue)
      mapping.eventPlaces[field] = node.place
    }
    if let format = columns.optional("time_format") {
      mapping.timeFormat = try format.choice("time_format", TimeFormat.self)
    }
    if let format = columns.optional("cursor_format") {
      mapping.eventCursorFormat = try format.choice("cursor_format", TimeFormat.self)
    }
    if let values = columns.optional("fraud_values") {
      mapping.fraudValues = Set(try values.elements(of: "fraud_values").map { try $0.text("a value") })
    }
    return mapping
  }
}

/// Moments out of text.
enum TimeReading {
  /// Seconds since 1970 UTC; nil for anything that is no moment of the years 1900 to 9999.
  static func seconds(_ bytes: ArraySlice<UInt8>, _ format: EventMapping.TimeFormat, zone: Int) -> Double? {
    let seconds: Double?
    switch format {
    case .unixSeconds: seconds = DecimalBytes.double(bytes)
    case .unixMilliseconds: seconds = DecimalBytes.double(bytes).map { $0 / 1000 }
    case .iso8601: seconds = iso8601(bytes, zone: zone)
    }
    guard let seconds, seconds > -2_208_988_800, seconds < 253_402_300_800 else { return nil }
    return seconds
  }

  /// `+02:00` or `-0530` in seconds.
  static func zone(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    let digits = bytes.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 4, let hours = number(digits[0..<2]), let minutes = number(digits[2..<4]),
      hours < 24,
      minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  private static func iso8601(_ bytes: ArraySlice<UInt8>, zone: Int) -> Double? {
    var rest = bytes
    func take(_ count: Int) -> Int? {
      guard rest.count >= count, let number = number(rest.prefix(count)) else { return nil }
      rest = rest.dropFirst(count)
      return number
    }
    func skip(_ character: Character) -> Bool {
      guard rest.first == character.asciiValue else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = take(4), skip("-"), let month = take(2), skip("-"), let day = take(2),
      let days = UTCTime.days(year: year, month: month, day: day)
    else { return nil }
    var seconds = Double(days * 86400)
    var offset = zone
    guard !rest.isEmpty else { return seconds - Double(offset) }
    guard skip("T") || skip(" "), let hour = take(2), skip(":"), let minute = take(2), hour < 24, minute < 60
    else { return nil }
    seconds += Double(hour * 3600 + minute * 60)
    if skip(":") {
      guard let second = take(2), second <= 60 else { return nil }
      seconds += Double(second)
      if skip(".") {
        let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
        guard !digits.isEmpty, let fraction = DecimalBytes.double([48, 46] + digits.prefix(9)) else {
          return nil
        }
        rest = rest.dropFirst(digits.count)
        seconds += fraction
      }
    }
    if skip("Z") {
      offset = 0
    } else if !rest.isEmpty {
      guard let named = Self.zone(rest) else { return nil }
      offset = named
      rest = []
    }
    return rest.isEmpty ? seconds - Double(offset) : nil
  }

  private static func number(_ digits: some Collection<UInt8>) -> Int? {
    var number = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      number = number * 10 + Int(digit - 48)
    }
    return number
  }
}
