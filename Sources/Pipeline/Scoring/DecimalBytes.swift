/// Numbers out of text bytes, without a detour over String for the usual short ones.
enum DecimalBytes {
  /// A decimal number; nil for anything else, infinities and NaN included. Correctly rounded.
  static func double(_ bytes: ArraySlice<UInt8>) -> Double? {
    var digits: UInt64 = 0
    var digitCount = 0
    var decimals = 0
    var isAfterPoint = false
    var rest = bytes
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    for byte in rest {
      if byte >= 48, byte <= 57 {
        digitCount += 1
        if isAfterPoint { decimals += 1 }
        guard digitCount <= 15 else { return general(bytes) }
        digits = digits * 10 + UInt64(byte - 48)
      } else if byte == UInt8(ascii: "."), !isAfterPoint {
        isAfterPoint = true
      } else {
        return general(bytes)
      }
    }
    guard digitCount > 0 else { return nil }
    // Both are exact in a double (below 2^53 and 10^22), so that one division rounds once.
    let number = Double(digits) / powersOfTen[decimals]
    return isNegative ? -number : number
  }

  static func integer(_ bytes: ArraySlice<UInt8>) -> Int64? {
    Int64(String(decoding: bytes, as: UTF8.self))
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  private static func general(_ bytes: ArraySlice<UInt8>) -> Double? {
    guard bytes.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
      let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite
    else { return nil }
    return number
  }
}
