/// Instants as text, without a calendar library: UTC and the Gregorian calendar are enough.
enum Timestamp {
  enum Style {
    /// `2026-11-24T20:41:55.123456Z`, as artifacts hold it.
    case iso
    /// `2026-11-24 20:41:55.123456+00:00`, as Python prints it.
    case python
  }

  /// - Parameter seconds: since 1970, UTC.
  static func text(_ seconds: Double, style: Style) -> String {
    let microseconds = Int((seconds * 1_000_000).rounded())
    let day = Int((Double(microseconds) / 86_400_000_000).rounded(.down))
    let rest = microseconds - day * 86_400_000_000
    let (year, month, dayOfMonth) = date(daysSince1970: day)
    let second = rest / 1_000_000
    let clock =
      "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(rest % 1_000_000, 6))"
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    return style == .iso ? "\(date)T\(clock)Z" : "\(date) \(clock)+00:00"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The civil date of a day number, after Howard Hinnant's `civil_from_days`.
  private static func date(daysSince1970 days: Int) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
