import Languages
import Pipeline

/// How values and texts are shown, for the whole front end: language, separators, currency, zone.
public struct ValueText: Sendable, Hashable {
  public var thousands: String
  public var decimalPoint: String
  public var currency: String
  public var zone: DisplayZone
  /// What stands for NULL; never what stands for an empty text.
  public var null: String
  /// The language of titles, notices and the program's own words in tables.
  public var language: Language

  public init(
    thousands: String = ",", decimalPoint: String = ".", currency: String = "$",
    zone: DisplayZone = .utc, null: String = "NULL",
    language: Language = .english
  ) {
    self.thousands = thousands
    self.decimalPoint = decimalPoint
    self.currency = currency
    self.zone = zone
    self.null = null
    self.language = language
  }

  /// The text of a value of a column; the program's own words are in the language.
  func text(_ value: Value, of column: Column) -> String {
    if case .text(let word) = value, column.kind == .text { return language.word(word, in: column.name) }
    return text(value, as: column.format, kind: column.kind)
  }

  /// The text of a value in a column of that kind.
  public func text(_ value: Value, as format: ValueFormat, kind: ValueColumn.Kind = .text) -> String {
    switch value {
    case .null: return null
    case .text(let text):
      guard kind == .timestamp, let seconds = CivilTime.seconds(ofTimestamp: text) else { return text }
      return moment(seconds, as: format)
    case .boolean(let truth): return language(truth ? "yes" : "no")
    case .integer(let integer):
      if kind == .timestamp { return moment(Double(integer), as: format) }
      return format == .plain ? String(integer) : number(Double(integer), as: format)
    case .number(let double):
      if kind == .timestamp { return moment(double, as: format) }
      return number(double, as: format)
    }
  }

  /// The text of a value on an axis.
  func label(_ value: Value, of column: ValueColumn) -> String {
    if case .text(let word) = value { return language.word(word, in: column.name) }
    return text(value, as: .plain)
  }

  /// The text of a number.
  public func number(_ number: Double, as format: ValueFormat) -> String {
    guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-∞" : "∞" }
    switch format {
    case .plain: return plain(number)
    case .integer: return grouped(number, places: 0)
    case .decimal: return grouped(number, places: 2)
    case .percent: return grouped(number * 100, places: 1) + "%"
    case .currency:
      return number < 0 ? "-" + currency + grouped(-number, places: 2) : currency + grouped(number, places: 2)
    case .compact: return compact(number)
    case .score: return grouped(number, places: 2)
    case .date: return CivilTime(secondsSince1970: number, zone: zone).date
    }
  }

  /// A date, or with the default format a date with the minute.
  private func moment(_ seconds: Double, as format: ValueFormat) -> String {
    let time = CivilTime(secondsSince1970: seconds, zone: zone)
    return format == .date ? time.date : "\(time.date) \(time.clock)"
  }

  /// At most four places, or of a small number four digits; no trailing zeros.
  private func plain(_ number: Double) -> String {
    var places = 4
    var leading = abs(number)
    while leading > 0, leading < 0.1, places < 12 {
      leading *= 10
      places += 1
    }
    var text = decimalText(number, places: places)
    guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text.replacingPoint(by: decimalPoint)
  }

  /// `1.2k`, `34.5M`: at most five columns.
  private func compact(_ number: Double) -> String {
    let magnitude = abs(number)
    let steps: [(Double, String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")]
    for (step, unit) in steps where magnitude >= step * 0.9995 {
      let scaled = number / step
      let places = abs(scaled) < 99.95 ? 1 : 0
      return decimalText(scaled, places: places).replacingPoint(by: decimalPoint) + unit
    }
    if number == number.rounded() { return plain(number) }
    let places = magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2
    return decimalText(number, places: places).replacingPoint(by: decimalPoint)
  }

  private func grouped(_ number: Double, places: Int) -> String {
    let text = decimalText(number, places: places)
    let digits = text.utf8.prefix { $0 != UInt8(ascii: ".") }
    guard digits.count > 3 || decimalPoint != ".", !text.utf8.contains(UInt8(ascii: "e")) else { return text }
    let whole = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
    var result = whole.count < digits.count ? "-" : ""
    result.reserveCapacity(text.utf8.count + 6)
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { result += thousands }
      result.unicodeScalars.append(Unicode.Scalar(digit))
    }
    if digits.count < text.utf8.count {
      result += decimalPoint
      result += text.dropFirst(digits.count + 1)
    }
    return result
  }
}

/// A number with a fixed count of decimal places, `.` before them; beyond 9e14 the shortest form of the Double.
func decimalText(_ number: Double, places: Int) -> String {
  guard number.isFinite else { return "\(number)" }
  var scale = 1.0
  for _ in 0..<max(0, places) { scale *= 10 }
  let scaled = (abs(number) * scale).rounded()
  guard scaled < 9e18, abs(number) < 9e14 else { return "\(number)" }
  let digits = Int64(scaled)
  let sign = number < 0 && digits > 0 ? "-" : ""
  guard places > 0 else { return sign + String(digits) }
  let divisor = Int64(scale)
  return sign + String(digits / divisor) + "." + padded(Int(digits % divisor), places)
}

extension String {
  fileprivate func replacingPoint(by point: String) -> String {
    point == "." ? self : split(separator: ".", omittingEmptySubsequences: false).joined(separator: point)
  }
}
