import Testing

@testable import Pipeline

@Suite("Cron expressions")
struct CronExpressionTests {
  /// Seconds since 1970 of `2026-03-29 01:30` on a clock that knows no zone, or in UTC.
  static func time(_ text: String) throws -> Int {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    let day = try #require(UTCTime.days(year: numbers[0], month: numbers[1], day: numbers[2]))
    return day * 86_400 + numbers[3] * 3_600 + numbers[4] * 60
  }

  /// The next due times in UTC, as `2026-03-29T01:30:00Z`.
  static func due(_ expression: String, _ zone: String, after start: String, count: Int) throws -> [String] {
    let cron = try CronExpression(expression)
    let clock = try ZoneClock(zone)
    var instant = try time(start)
    return try (0..<count).map { _ in
      instant = try #require(cron.next(after: instant, in: clock))
      return UTCTime.text(Double(instant))
    }
  }

  static let days: [(String, String, [String])] = [
    ("0 6 * * 1-5", "2026-11-27 06:00", ["2026-11-30T06:00:00Z", "2026-12-01T06:00:00Z"]),
    (
      "*/20 3 * * *", "2026-01-31 03:05",
      ["2026-01-31T03:20:00Z", "2026-01-31T03:40:00Z", "2026-02-01T03:00:00Z"]
    ),
    (
      "15,45 8-9 1 jan,JUL *", "2026-01-01 08:45",
      ["2026-01-01T09:15:00Z", "2026-01-01T09:45:00Z", "2026-07-01T08:15:00Z"]
    ),
    ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
    // 2100 is no leap year.
    ("0 0 29 feb *", "2096-03-01 00:00", ["2104-02-29T00:00:00Z"]),
    ("0 12 31 * *", "2026-03-31 12:00", ["2026-05-31T12:00:00Z", "2026-07-31T12:00:00Z"]),
    // Both days restricted: either is enough.
    (
      "0 0 13 * fri", "2026-02-12 12:00",
      [
        "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z", "2026-03-06T00:00:00Z",
        "2026-03-13T00:00:00Z",
      ]
    ),
    ("0 0 30 2 mon", "2026-02-01 00:00", ["2026-02-02T00:00:00Z"]),
    ("0 0 * * 7", "2026-11-28 00:00", ["2026-11-29T00:00:00Z", "2026-12-06T00:00:00Z"]),
    (
      "0 0 * * sat-sun", "2026-11-27 00:00",
      ["2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", "2026-12-05T00:00:00Z"]
    ),
    (
      "5/25 0 * * *", "2026-01-01 00:00",
      ["2026-01-01T00:05:00Z", "2026-01-01T00:30:00Z", "2026-01-01T00:55:00Z"]
    ),
    ("@daily", "2026-12-31 00:00", ["2027-01-01T00:00:00Z"]),
    ("@Weekly", "2026-11-29 00:00", ["2026-12-06T00:00:00Z"]),
    ("@hourly", "2026-11-29 10:59", ["2026-11-29T11:00:00Z"]),
    ("@yearly", "2026-01-01 00:00", ["2027-01-01T00:00:00Z"]),
    ("@monthly", "2026-01-01 00:00", ["2026-02-01T00:00:00Z"]),
  ]

  @Test("the next times are those the calendar has", arguments: days.indices)
  func calendar(index: Int) throws {
    let (expression, start, expected) = Self.days[index]
    #expect(try Self.due(expression, "UTC", after: start, count: expected.count) == expected)
  }

  /// Around the changes of summer time; starts and results in UTC.
  static let changes: [(String, String, String, [String])] = [
    // Madrid: 29 March 2026, 02:00 becomes 03:00 at 01:00 UTC. 02:30 does not exist: right after the gap.
    (
      "30 2 * * *", "Europe/Madrid", "2026-03-28 00:00",
      ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    ),
    // All times in the gap and the one at its end are one run.
    (
      "*/15 2-3 * * *", "Europe/Madrid", "2026-03-29 00:50", ["2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"]
    ),
    // 25 October 2026, 03:00 becomes 02:00 at 01:00 UTC. 02:30 exists twice: the first time.
    ("30 2 * * *", "Europe/Madrid", "2026-10-24 12:00", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    // From within the second pass the next is after it.
    (
      "0,30 2,3 * * *", "Europe/Madrid", "2026-10-25 01:10", ["2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"]
    ),
    ("0 3 * * *", "Europe/Madrid", "2026-10-25 00:00", ["2026-10-25T02:00:00Z"]),
    // New York: 8 March 2026 at 07:00 UTC, 1 November 2026 at 06:00 UTC.
    ("15 2 * * *", "America/New_York", "2026-03-07 12:00", ["2026-03-08T07:00:00Z", "2026-03-09T06:15:00Z"]),
    ("15 1 * * *", "America/New_York", "2026-10-31 12:00", ["2026-11-01T05:15:00Z", "2026-11-02T06:15:00Z"]),
    // Lord Howe shifts by 30 minutes: 5 April 2026 at 15:00 UTC of the 4th back, 4 October 2026 at 15:30 UTC of the 3rd on.
    (
      "45 1 * * *", "Australia/Lord_Howe", "2026-04-03 20:00",
      ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
    ),
    (
      "15 2 * * *", "Australia/Lord_Howe", "2026-10-02 18:00",
      ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
    ),
    ("0 6 * * 1-5", "Europe/Madrid", "2026-03-27 12:00", ["2026-03-30T04:00:00Z"]),
  ]

  @Test("over a change of the clock each time is due once", arguments: changes.indices)
  func changesOfTheClock(index: Int) throws {
    let (expression, zone, start, expected) = Self.changes[index]
    #expect(try Self.due(expression, zone, after: start, count: expected.count) == expected)
  }

  @Test(
    "a year of minutes has each time of the wall once, in order",
    arguments: ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe"])
  func wholeYear(zone: String) throws {
    let cron = try CronExpression("*/10 * * * *")
    let clock = try ZoneClock(zone)
    var instant = try Self.time("2026-01-01 00:00")
    let end = try Self.time("2027-01-01 00:00")
    var count = 0
    var seen: Set<Int> = []
    while let next = cron.next(after: instant, in: clock), next <= end {
      #expect(next > instant)
      #expect(seen.insert(clock.clockTime(at: next)).inserted)
      instant = next
      count += 1
    }
    // As many as a year without summer time has, less those of the gap, which fall together with its end.
    #expect(count == 365 * 144 - (zone == "Australia/Lord_Howe" ? 3 : 6))
  }

  static let mistakes: [(String, String)] = [
    ("", "five fields"), ("* * * *", "this has 4"), ("0 0 6 * * *", "this has 6"),
    ("60 * * * *", "minute, position 1: 60 is out of range; give 0 to 59"),
    ("0  24 * * *", "hour, position 4: 24"),
    ("0 0 0 * *", "day of month, position 5: 0 is out of range"),
    ("0 0 1,,3 * *", "day of month, position 7: a value is missing"),
    (
      "0 0 * foo *",
      "month, position 7: \"foo\" is no value; give a number from 1 to 12 or a name such as feb"
    ),
    ("0 0 * * mon-funday", "weekday, position 13: \"funday\""),
    ("0 0 * * 5-2", "weekday, position 9: 5-2 ends before it begins"),
    ("*/0 * * * *", "minute, position 3: \"0\" is no step"),
    ("*/ * * * *", "minute, position 3: \"\" is no step"),
    ("+5 * * * *", "minute, position 1"), ("5#2 * * * *", "minute, position 1"),
    ("? * * * *", "minute, position 1"),
    ("0 0 30 2 *", "day of month, position 5: no month of this schedule has such a day"),
    ("0 0 31 4,jun,9,11 *", "would never be due"), ("0 0 30 2 */2", "would never be due"),
    ("@reboot", "position 1: @reboot is not known"), ("@daily 5", "@daily is not known; use"),
    ("99999999999999999999 * * * *", "minute, position 1"),
  ]

  @Test("a mistake names the field and the position", arguments: mistakes.indices)
  func mistake(index: Int) throws {
    let (expression, words) = Self.mistakes[index]
    let error = #expect(throws: ScheduleError.self) { try CronExpression(expression) }
    let message = try #require(error?.description)
    #expect(message.contains(words), "\(expression): \(message)")
  }

  @Test(
    "a zone that is none is refused", arguments: ["", "Europe/Atlantis", "../etc/passwd", "CEST", "GMT+5"])
  func zone(name: String) {
    #expect(throws: ScheduleError.self) { try ZoneClock(name) }
  }

  @Test("times are shown on the wall's clock with its distance from UTC")
  func words() throws {
    let instant = Double(try Self.time("2026-07-01 04:00"))
    #expect(try ZoneClock("Europe/Madrid").text(instant) == "2026-07-01 06:00 +02:00")
    #expect(try ZoneClock("America/St_Johns").text(instant) == "2026-07-01 01:30 -02:30")
    #expect(try ZoneClock("US/Eastern").text(instant) == "2026-07-01 00:00 -04:00")
  }

  @Test("what has passed is missed, made up for once, or run after run")
  func catchUp() throws {
    let cron = try CronExpression("0 * * * *")
    let clock = try ZoneClock("UTC")
    let start = try Self.time("2026-01-01 00:30")
    func plan(_ catchUp: CatchUp, _ now: String, isQueued: Bool = false) throws -> DuePlan {
      DuePlan(
        cron, in: clock, catchUp: catchUp, handledUntil: start, now: try Self.time(now), isQueued: isQueued)
    }
    let (one, four) = (try Self.time("2026-01-01 01:00"), try Self.time("2026-01-01 04:00"))
    #expect(try plan(.all, "2026-01-01 00:59").queued.isEmpty)
    for policy in CatchUp.allCases {
      // On time, whatever the policy.
      #expect(try plan(policy, "2026-01-01 01:00").queued == [one])
    }
    let none = try plan(.none, "2026-01-01 04:10")
    #expect(none.queued.isEmpty && none.missedCount == 4 && none.lastMissed == four)
    let single = try plan(.one, "2026-01-01 04:10")
    #expect(single.queued == [four] && single.missedCount == 3 && single.lastMissed == four - 3_600)
    let all = try plan(.all, "2026-01-01 04:10")
    #expect(
      all.queued == [one, one + 3_600, one + 7_200, four] && all.missedCount == 0 && all.lastMissed == nil)
    // A run that waits stands for the next ones as well.
    #expect(try plan(.one, "2026-01-01 01:00", isQueued: true).queued.isEmpty)
    #expect(try plan(.all, "2026-01-01 01:00", isQueued: true).queued == [one])
    let long = try plan(.all, "2026-01-11 00:30")
    #expect(long.queued.count == 100 && long.missedCount == 140)
    #expect(long.queued.last == one + 239 * 3_600)
    #expect(long.lastMissed == long.queued[0] - 3_600)
    // A clock that jumped back makes nothing due twice.
    #expect(try plan(.all, "2025-12-31 20:00").queued.isEmpty)
  }
}
