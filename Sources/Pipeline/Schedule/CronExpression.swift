/// When something is due, as cron's five fields: minute, hour, day of month, month, day of week.
///
/// A field is `*`, a number, a range `1-5`, a list `1,3,5`, or any of these with a step `*/15`; months and weekdays may
/// be names of three letters. Sunday is 0 or 7. `@yearly`, `@monthly`, `@weekly`, `@daily` and `@hourly` stand for whole
/// expressions. As in cron, where both the day of month and the weekday are restricted, either is enough; a field
/// that begins with `*` does not restrict in this sense.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
  /// As it was written.
  public let description: String
  /// Bit n stands for the value n.
  let minutes: UInt64
  let hours: UInt64
  let daysOfMonth: UInt64
  let months: UInt64
  let weekdays: UInt64
  private let isEitherDayEnough: Bool

  /// - Throws: ``ScheduleError`` naming the field and the position in the text, counted from 1.
  public init(_ text: String) throws(ScheduleError) {
    description = text
    let written = Self.words(of: text)
    var words = written
    if let first = written.first, first.text.first == "@" {
      guard written.count == 1, let meaning = Self.shorthands[first.text.lowercased()] else {
        throw ScheduleError(
          .expression,
          "position \(first.position): \(first.text) is not known; use "
            + Self.shorthands.keys.sorted().joined(separator: ", ") + " or five fields")
      }
      words = Self.words(of: meaning)
    }
    guard words.count == 5 else {
      throw ScheduleError(
        .expression,
        "a schedule has five fields, minute hour day month weekday, such as \"0 6 * * 1-5\"; this has \(words.count)"
      )
    }
    minutes = try CronField.minute.values(words[0])
    hours = try CronField.hour.values(words[1])
    daysOfMonth = try CronField.dayOfMonth.values(words[2])
    months = try CronField.month.values(words[3])
    // 7 is Sunday as well.
    let days = try CronField.weekday.values(words[4])
    weekdays = (days | (days >> 7)) & 0x7f
    isEitherDayEnough = words[2].text.first != "*" && words[4].text.first != "*"
    guard isEitherDayEnough || hasDate else {
      throw ScheduleError(
        .expression,
        "day of month, position \(words[2].position): no month of this schedule has such a day, so it would never be due"
      )
    }
  }

  private static let shorthands = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]

  private static func words(of text: String) -> [CronField.Word] {
    var words: [CronField.Word] = []
    var isInWord = false
    for (index, character) in text.enumerated() {
      if character.isWhitespace {
        isInWord = false
      } else if isInWord {
        words[words.count - 1].text.append(character)
      } else {
        words.append(CronField.Word(text: String(character), position: index + 1))
        isInWord = true
      }
    }
    return words
  }

  /// True where some month has a day of the month that is asked for; February has 29 days here.
  private var hasDate: Bool {
    let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains { month in
      months & (1 << UInt64(month)) != 0
        && (1...lengths[month - 1]).contains { daysOfMonth & (1 << UInt64($0)) != 0 }
    }
  }

  /// The next clock time after `time` that fits; both are seconds since 1970 on a clock that knows no zone.
  /// Nil where there is none within 100 years.
  func nextClockTime(after time: Int) -> Int? {
    let first = floorDivision(time, by: 60) + 1
    let firstDay = floorDivision(first, by: 1_440)
    var day = firstDay
    while day - firstDay < 36_525 {
      let date = UTCTime.date(day)
      guard months & (1 << UInt64(date.month)) != 0 else {
        // To the first of the next month.
        day =
          UTCTime.days(
            year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
          ?? day + 1
        continue
      }
      if includes(dayOfMonth: date.day, weekday: (day % 7 + 11) % 7),
        let minute = nextMinute(from: day == firstDay ? first - day * 1_440 : 0)
      {
        return (day * 1_440 + minute) * 60
      }
      day += 1
    }
    return nil
  }

  /// - Parameter weekday: 0 is Sunday.
  private func includes(dayOfMonth: Int, weekday: Int) -> Bool {
    let isDay = daysOfMonth & (1 << UInt64(dayOfMonth)) != 0
    let isWeekday = weekdays & (1 << UInt64(weekday)) != 0
    return isEitherDayEnough ? isDay || isWeekday : isDay && isWeekday
  }

  /// The first minute of a day that fits, from `minute` on.
  private func nextMinute(from minute: Int) -> Int? {
    for hour in (minute / 60)..<24 where hours & (1 << UInt64(hour)) != 0 {
      let from = hour == minute / 60 ? minute % 60 : 0
      let rest = minutes >> UInt64(from)
      if rest != 0 { return hour * 60 + from + rest.trailingZeroBitCount }
    }
    return nil
  }
}

/// The quotient rounded down, also for negative numbers.
func floorDivision(_ number: Int, by divisor: Int) -> Int {
  number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
}

/// One of the five fields: its range and the names of its values.
struct CronField {
  /// A field as it stands in the expression.
  struct Word {
    var text: String
    /// Of its first character, counted from 1.
    let position: Int
  }

  let name: String
  let range: ClosedRange<Int>
  var names: [String] = []

  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let dayOfMonth = CronField(name: "day of month", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
  static let weekday = CronField(
    name: "weekday", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  /// The values of a field as bits.
  func values(_ word: Word) throws(ScheduleError) -> UInt64 {
    var bits: UInt64 = 0
    var position = word.position
    for part in word.text.split(separator: ",", omittingEmptySubsequences: false) {
      bits |= try values(of: part, at: position)
      position += part.count + 1
    }
    return bits
  }

  private func values(of part: Substring, at position: Int) throws(ScheduleError) -> UInt64 {
    let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    var step = 1
    if halves.count == 2 {
      let place = position + halves[0].count + 1
      guard let number = number(halves[1]), number > 0 else {
        throw error(place, "\"\(halves[1])\" is no step; give a number from 1")
      }
      step = number
    }
    let low: Int
    var high: Int
    if halves[0] == "*" {
      low = range.lowerBound
      // Weekday 7 is 0 once more, which would break the rhythm of a step.
      high = names.first == "sun" ? 6 : range.upperBound
    } else {
      low = try value(ends[0], at: position)
      high = halves.count == 2 ? range.upperBound : low
      if ends.count == 2 {
        high = try value(ends[1], at: position + ends[0].count + 1)
        // sat-sun
        if high == 0, low > 0, names.first == "sun" { high = 7 }
        guard low <= high else {
          throw error(position, "\(halves[0]) ends before it begins; write it as two ranges")
        }
      }
    }
    var bits: UInt64 = 0
    for value in stride(from: low, through: high, by: step) { bits |= 1 << UInt64(value) }
    return bits
  }

  private func value(_ text: Substring, at position: Int) throws(ScheduleError) -> Int {
    if let index = names.firstIndex(of: text.lowercased()) {
      return names.first == "sun" ? index : index + 1
    }
    guard let number = number(text) else {
      let named = names.isEmpty ? "" : " or a name such as \(names[1])"
      let what = text.isEmpty ? "a value is missing" : "\"\(text)\" is no value"
      throw error(position, "\(what); give a number from \(range.lowerBound) to \(range.upperBound)\(named)")
    }
    guard range.contains(number) else {
      throw error(position, "\(number) is out of range; give \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Digits only: a sign is no part of a field.
  private func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  private func error(_ position: Int, _ problem: String) -> ScheduleError {
    ScheduleError(.expression, "\(name), position \(position): \(problem)")
  }
}
