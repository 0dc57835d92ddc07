/// A moment as a calendar and a wall clock show it. Proleptic Gregorian calendar.
public struct CivilTime: Sendable, Hashable {
  public let year: Int
  /// 1 to 12.
  public let month: Int
  /// 1 to 31.
  public let day: Int
  public let hour: Int
  public let minute: Int
  public let second: Int

  /// The civil time of a moment, in seconds since 1970 UTC plus the zone's offset.
  ///
  /// Days to calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  public init(secondsSince1970 seconds: Double, zone: DisplayZone = .utc) {
    let bounded = seconds.isFinite ? min(max(seconds, -62_135_596_800), 253_402_300_799) : 0
    let local = Int(bounded.rounded(.down)) + zone.offset(at: bounded)
    let day = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    let secondOfDay = local - day * 86_400
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = secondOfDay / 3_600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
  }

  /// `2026-11-24`
  public var date: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
  /// `20:41`
  public var clock: String { "\(padded(hour, 2)):\(padded(minute, 2))" }
  /// `20:41:55`
  public var clockWithSeconds: String { "\(clock):\(padded(second, 2))" }
}

extension CivilTime {
  /// Seconds since 1970 of a timestamp as PostgreSQL writes it (`2026-11-24 20:41:55.25+00`, also with the offset's
  /// minutes, or without time or offset: then midnight, UTC); nil: the text is none.
  ///
  /// Calendar to days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
  static func seconds(ofTimestamp text: String) -> Double? {
    let bytes = Array(text.utf8)
    var position = 0
    func number(_ digits: Int) -> Int? {
      guard position + digits <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[position..<position + digits] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      position += digits
      return value
    }
    func mark(_ wanted: Character) -> Bool {
      guard position < bytes.count, bytes[position] == wanted.asciiValue else { return false }
      position += 1
      return true
    }
    guard let year = number(4), mark("-"), let month = number(2), mark("-"), let day = number(2),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var seconds = Double(days(year: year, month: month, day: day) * 86_400)
    guard position < bytes.count else { return seconds }
    guard mark(" ") || mark("T"), let hour = number(2), mark(":"), let minute = number(2) else { return nil }
    seconds += Double(hour * 3_600 + minute * 60)
    if mark(":") {
      guard let second = number(2) else { return nil }
      seconds += Double(second)
      if mark(".") {
        var scale = 0.1
        while let digit = number(1) {
          seconds += Double(digit) * scale
          scale /= 10
        }
      }
    }
    if mark("Z") || position == bytes.count { return seconds }
    let isEast = mark("+")
    guard isEast || mark("-"), let offsetHours = number(2) else { return nil }
    let offsetMinutes = mark(":") ? number(2) ?? 0 : 0
    let offset = Double(offsetHours * 3_600 + offsetMinutes * 60)
    return isEast ? seconds - offset : seconds + offset
  }

  /// What a day (`2026-12-31`) or a moment (`2026-12-31T18:00`) of a zone lasts, in seconds since 1970; a moment as
  /// written lasts one minute, or one second. Nil: the text is neither.
  static func span(of text: String, in zone: DisplayZone) -> (start: Double, end: Double)? {
    guard let written = seconds(ofTimestamp: text) else { return nil }
    let length: Double = text.count <= 10 ? 86_400 : text.count <= 16 ? 60 : 1
    func utc(_ local: Double) -> Double {
      // The offset that holds then; near a change of the clock the one that was found first holds.
      let near = local - Double(zone.offset(at: local))
      return local - Double(zone.offset(at: near))
    }
    // A text that names its offset is a moment as it stands.
    let isUTC = text.count > 10 && text.dropFirst(10).contains { "Z+-".contains($0) }
    return isUTC ? (written, written + length) : (utc(written), utc(written + length))
  }

  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// The analyst's time zone as offsets from UTC; the edge reads it from the system's zone data.
public struct DisplayZone: Sendable, Hashable {
  /// An offset that holds from a moment on.
  public struct Transition: Sendable, Hashable {
    /// Seconds since 1970, UTC.
    public let from: Double
    /// Seconds east of UTC.
    public let offset: Int

    public init(from: Double, offset: Int) {
      self.from = from
      self.offset = offset
    }
  }

  /// How people call it, such as `CET`.
  public let name: String
  /// Seconds east of UTC before the first transition.
  public let initialOffset: Int
  /// In the order of time.
  public let transitions: [Transition]

  public init(name: String = "UTC", initialOffset: Int, transitions: [Transition] = []) {
    self.name = name
    self.initialOffset = initialOffset
    self.transitions = transitions.sorted { $0.from < $1.from }
  }

  public static let utc = DisplayZone(initialOffset: 0)

  /// Seconds east of UTC at a moment in seconds since 1970.
  public func offset(at seconds: Double) -> Int {
    transitions.last { $0.from <= seconds }?.offset ?? initialOffset
  }
}

func padded(_ number: Int, _ digits: Int) -> String {
  let text = String(abs(number))
  let zeros = String(repeating: "0", count: max(0, digits - text.count))
  return (number < 0 ? "-" : "") + zeros + text
}

/// `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`: a length of time for people.
public func durationText(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  let length = max(0, seconds)
  if length < 0.9995 { return "\(Int((length * 1_000).rounded())) ms" }
  if length < 59.95 { return "\(decimalText(length, places: 1)) s" }
  let whole = Int(min(length.rounded(), 1e12))
  if whole < 3_600 { return "\(whole / 60) min \(padded(whole % 60, 2)) s" }
  if whole < 86_400 { return "\(whole / 3_600) h \(padded(whole / 60 % 60, 2)) min" }
  return "\(whole / 86_400) d \(whole / 3_600 % 24) h"
}

/// `just now`, `4 min ago`, `2 h ago`, `3 d ago`: how old something is.
func ageText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 60 else { return "just now" }
  let whole = Int(min(seconds, 1e12))
  if whole < 3_600 { return "\(whole / 60) min ago" }
  if whole < 86_400 { return "\(whole / 3_600) h ago" }
  return "\(whole / 86_400) d ago"
}
