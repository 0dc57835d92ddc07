/// Numbers of accounts, cards and wallets, which name their holder wherever they stand: a payment's other side often is one.
enum AccountNumber {
  /// The number in its one spelling, without blanks and dashes; nil for a text that is none.
  ///
  /// An IBAN by its check digits, a card of 13 to 19 digits by Luhn's, and the usual forms of wallets.
  static func spelling(_ text: String) -> String? {
    // Names of shops, the most of what comes here, mostly end at the first or the second of these.
    guard text.utf8.count >= 13, text.utf8.count <= 128, text.utf8.contains(where: isDigit) else {
      return nil
    }
    var bytes: [UInt8] = []
    for byte in text.utf8 where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "-") {
      guard isDigit(byte) || isLetter(byte) else { return nil }
      bytes.append(byte)
    }
    let compact = String(decoding: bytes, as: UTF8.self)
    if isCard(bytes) { return compact }
    let upper = compact.uppercased()
    if isIBAN(Array(upper.utf8)) { return upper }
    return isWallet(bytes, isOneWord: bytes.count == text.utf8.count) ? compact : nil
  }

  /// ISO 13616: country, check digits, up to thirty letters and digits; the remainder by 97 is 1.
  private static func isIBAN(_ bytes: [UInt8]) -> Bool {
    guard (15...34).contains(bytes.count), bytes[..<2].allSatisfy(isLetter), bytes[2..<4].allSatisfy(isDigit)
    else { return false }
    var remainder = 0
    for byte in bytes[4...] + bytes[..<4] {
      remainder =
        isDigit(byte)
        ? (remainder * 10 + Int(byte - UInt8(ascii: "0"))) % 97
        : (remainder * 100 + Int(byte - UInt8(ascii: "A")) + 10) % 97
    }
    return remainder == 1
  }

  private static func isCard(_ bytes: [UInt8]) -> Bool {
    guard (13...19).contains(bytes.count), bytes.allSatisfy(isDigit) else { return false }
    var sum = 0
    for (place, byte) in bytes.reversed().enumerated() {
      let digit = Int(byte - UInt8(ascii: "0"))
      let doubled = digit * 2
      sum += place % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled
    }
    return sum > 0 && sum % 10 == 0
  }

  /// `0x` and forty hexadecimal digits, `bc1` and its small letters and digits, or one word of 26 to 34 characters of base 58
  /// that begins with 1 or 3, letters of both cases and further digits among them.
  private static func isWallet(_ bytes: [UInt8], isOneWord: Bool) -> Bool {
    if bytes.starts(with: "0x".utf8), bytes.count == 42 {
      return bytes.dropFirst(2).allSatisfy { JSONEscapes.hexadecimalValue($0) != nil }
    }
    if bytes.starts(with: "bc1".utf8), (26...90).contains(bytes.count) {
      return bytes.allSatisfy { isDigit($0) || isSmall($0) }
    }
    guard isOneWord, (26...34).contains(bytes.count),
      bytes[0] == UInt8(ascii: "1") || bytes[0] == UInt8(ascii: "3")
    else { return false }
    return bytes.allSatisfy { !"0OIl".utf8.contains($0) } && bytes[1...].contains(where: isDigit)
      && bytes.contains(where: isSmall)
      && bytes.contains { isLetter($0) && !isSmall($0) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
  private static func isSmall(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
  private static func isLetter(_ byte: UInt8) -> Bool {
    isSmall(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
