/// Until when something holds, as people write it.
public enum CaseMoment {
  /// What ``seconds(_:now:)`` reads, for messages.
  public static let forms = "7d, 12h, 30m, 2026-12-31 (the end of that day, UTC) or 2026-12-31T18:00 (UTC)"

  /// Seconds since 1970 of a date, a date with a time, or a length of time from now; nil for anything else.
  public static func seconds(_ text: String, now: Double) -> Double? {
    let text = text.filter { !$0.isWhitespace }
    if let unit = text.last, let number = Double(text.dropLast()), number > 0, number < 100_000 {
      switch unit {
      case "d": return now + number * 86_400
      case "h": return now + number * 3_600
      case "m": return now + number * 60
      default: return nil
      }
    }
    let parts = text.split(separator: "T", maxSplits: 1)
    let date = (parts.first ?? "").split(separator: "-").map { Int($0) }
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2],
      let days = UTCTime.days(year: year, month: month, day: day)
    else { return nil }
    guard parts.count == 2 else { return Double(days + 1) * 86_400 }
    let clock = parts[1].filter { $0 != "Z" }.split(separator: ":").map { Int($0) }
    guard (2...3).contains(clock.count), let hour = clock[0], let minute = clock[1], (0...23).contains(hour),
      (0...59).contains(minute)
    else { return nil }
    return Double(days) * 86_400 + Double(hour * 3_600 + minute * 60)
  }
}
