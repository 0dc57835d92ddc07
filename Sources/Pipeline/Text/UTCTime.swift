/// Moments as text, UTC, without a calendar library: the Gregorian calendar is enough.
public enum UTCTime {
  public enum Style: Sendable {
    /// `2026-11-24T20:41:55Z`
    case iso
    /// `2026-11-24T20:41:55.123456Z`, as artifacts hold it.
    case isoMicroseconds
    /// `2026-11-24 20:41:55.123456+00:00`, as Python prints it.
    case python
    /// `2026-11-24 20:41:55 UTC`, for people.
    case plain
    /// `2026-11-24 20:41:55.123456+00`, as PostgreSQL writes it: without trailing zeros of the fraction.
    case server
  }

  /// Seconds since 1970 as ``Style/iso``.
  public static func text(_ seconds: Double) -> String { text(seconds, style: .iso) }

  /// Seconds since 1970, as PostgreSQL counts them, as text. Parts of a second that the style does not show are cut off.
  public static func text(_ seconds: Double, style: Style) -> String {
    guard seconds.isFinite else { return seconds.isNaN ? "NaN" : seconds > 0 ? "infinity" : "-infinity" }
    // The years PostgreSQL can hold, and what an integer of microseconds can.
    let bounded = min(max(seconds, -2.2e11), 9.2e12)
    let hasMicroseconds = style == .isoMicroseconds || style == .python || style == .server
    let microseconds = Int(hasMicroseconds ? (bounded * 1e6).rounded() : bounded.rounded(.down) * 1e6)
    let dayLength = 86_400_000_000
    let day = Int((Double(microseconds) / Double(dayLength)).rounded(.down))
    let rest = microseconds - day * dayLength
    let second = rest / 1_000_000
    let clock = "\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
    switch style {
    case .iso: return "\(self.day(day))T\(clock)Z"
    case .plain: return "\(self.day(day)) \(clock) UTC"
    case .isoMicroseconds: return "\(self.day(day))T\(clock).\(padded(rest % 1_000_000, 6))Z"
    case .python: return "\(self.day(day)) \(clock).\(padded(rest % 1_000_000, 6))+00:00"
    case .server:
      var fraction = "." + padded(rest % 1_000_000, 6)
      while fraction.hasSuffix("0") { fraction.removeLast() }
      return "\(self.day(day)) \(clock)\(fraction == "." ? "" : fraction)+00"
    }
  }

  /// `2026-11-24` of days since 1970.
  static func day(_ day: Int) -> String {
    let (year, month, day) = date(day)
    return "\(year < 0 ? "-" : "")\(padded(abs(year), 4))-\(padded(month))-\(padded(day))"
  }

  /// Days since 1970 of a date of the Gregorian calendar; nil where there is no such date.
  static func days(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), day >= 1, (1...9999).contains(year) else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    // Years begin in March, so that the leap day comes last (H. Hinnant, days_from_civil).
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date of a day of the Gregorian calendar, counted since 1970.
  static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  private static func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
