/// A decimal number with two places, exact: an amount of money or a percentage. Never passes through `Double`.
public struct Hundredths: Sendable, Hashable, Comparable {
  /// The value times 100.
  public var units: Int64

  public init(units: Int64) {
    self.units = units
  }

  public static let zero = Hundredths(units: 0)

  /// The largest value `numeric(14, 2)` holds.
  public static let largest = Hundredths(units: 99_999_999_999_999)

  public static func < (left: Hundredths, right: Hundredths) -> Bool {
    left.units < right.units
  }

  /// Reads a decimal number as JSON and CSV spell it: `12`, `-0.5`, `1e3`, `105.41`.
  ///
  /// More places than two are rounded half away from zero, as PostgreSQL's `numeric` does.
  /// Nil for anything else and for numbers beyond `largest`.
  public init?(decimal bytes: some Sequence<UInt8>) {
    var digits: [UInt8] = []
    var isNegative = false
    var pointAt: Int?
    var exponent: Int?
    var isExponentNegative = false
    var previous: UInt8 = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = byte - UInt8(ascii: "0")
        if let soFar = exponent {
          exponent = min(soFar * 10 + Int(digit), 100_000)
        } else {
          guard digits.count < 1_000 else { return nil }
          digits.append(digit)
        }
      case UInt8(ascii: "-") where previous == 0:
        isNegative = true
      case UInt8(ascii: "-") where previous == UInt8(ascii: "e"):
        isExponentNegative = true
      case UInt8(ascii: "+") where previous == UInt8(ascii: "e"):
        break
      case UInt8(ascii: ".") where pointAt == nil && exponent == nil && !digits.isEmpty:
        pointAt = digits.count
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        guard exponent == nil, !digits.isEmpty, previous != UInt8(ascii: ".") else { return nil }
        exponent = 0
      default:
        return nil
      }
      previous = byte == UInt8(ascii: "E") ? UInt8(ascii: "e") : byte
    }
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(previous) else { return nil }
    let shift = isExponentNegative ? -(exponent ?? 0) : exponent ?? 0
    let kept = (pointAt ?? digits.count) + shift + 2
    var units: Int64 = 0
    for position in 0..<max(0, min(kept, digits.count)) {
      guard units <= Hundredths.largest.units else { return nil }
      units = units * 10 + Int64(digits[position])
    }
    if units != 0 {
      for _ in 0..<max(0, kept - digits.count) {
        guard units <= Hundredths.largest.units else { return nil }
        units *= 10
      }
    }
    if kept >= 0, kept < digits.count, digits[kept] >= 5 { units += 1 }
    guard units <= Hundredths.largest.units else { return nil }
    self.units = isNegative ? -units : units
  }

  public init?(decimal text: String) {
    self.init(decimal: text.utf8)
  }
}

extension Hundredths: CustomStringConvertible {
  /// Plain decimal text with two places, for instance `-0.50`.
  public var description: String {
    let magnitude = units.magnitude
    let cents = magnitude % 100
    return "\(units < 0 ? "-" : "")\(magnitude / 100).\(cents < 10 ? "0" : "")\(cents)"
  }
}
