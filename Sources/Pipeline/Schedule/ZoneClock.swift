import Foundation

/// The clock on the wall of a time zone: what it shows at an instant, and when it shows a time.
///
/// Instants are whole seconds since 1970, UTC; clock times are seconds since 1970 on a clock that knows no zone.
public struct ZoneClock: Sendable {
  /// The IANA name, such as Europe/Madrid.
  public let identifier: String
  private let zone: TimeZone

  /// - Throws: ``ScheduleError`` for a name that is not in the time zone table.
  public init(_ identifier: String) throws(ScheduleError) {
    // Foundation also takes abbreviations, whose summer time it guesses; every name of the table with rules has a slash.
    guard identifier.contains("/") || Self.universal.contains(identifier),
      let zone = TimeZone(identifier: identifier)
    else {
      throw ScheduleError(
        .timeZone, "\"\(identifier)\" is no time zone; give a name such as Europe/Madrid or UTC")
    }
    self.identifier = identifier
    self.zone = zone
  }

  private static let universal = ["UTC", "GMT"]

  /// The zone this machine is set to.
  public static var current: String { TimeZone.current.identifier }

  /// Seconds the clock is ahead of UTC.
  func offset(at instant: Int) -> Int {
    zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
  }

  /// What the clock shows.
  func clockTime(at instant: Int) -> Int { instant + offset(at: instant) }

  /// The first instant at which the clock shows `time`; where it skips that time, the instant right after the gap.
  ///
  /// It never falls while `time` grows, so that due times stay in order over every change of the clock.
  func instant(of time: Int) -> Int {
    // The changes of one zone's clock lie further apart than two days.
    let before = offset(at: time - 86_400)
    let early = time - before
    if offset(at: early) == before { return early }
    let after = offset(at: time + 86_400)
    var low = time - after
    if offset(at: low) == after { return low }
    // In a gap: `low` is before the change and `early` after it.
    var high = early
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(at: middle) == before { low = middle } else { high = middle }
    }
    return high
  }

  /// `2026-03-29 06:00 +02:00`, for people.
  public func text(_ instant: Double) -> String {
    let seconds = Int(instant.rounded(.down))
    let offset = offset(at: seconds)
    let iso = UTCTime.text(Double(seconds + offset))
    let difference = UTCTime.text(Double(abs(offset))).dropFirst(11).prefix(5)
    return "\(iso.prefix(10)) \(iso.dropFirst(11).prefix(5)) \(offset < 0 ? "-" : "+")\(difference)"
  }
}

extension CronExpression {
  /// The next instant after `instant` at which this is due in the zone, in seconds since 1970; nil where there is none
  /// within 100 years.
  ///
  /// A time the clock skips is due once, right after the gap; a time it shows twice is due once, the first time.
  public func next(after instant: Int, in clock: ZoneClock) -> Int? {
    var time = clock.clockTime(at: instant)
    while let candidate = nextClockTime(after: time) {
      let due = clock.instant(of: candidate)
      if due > instant { return due }
      time = candidate
    }
    return nil
  }
}
