/// Reads one JSON value in place, token by token: nothing is decoded that is not asked for, so a value that must
/// never be known to this program is only stepped over.
///
/// Depth is bounded. Numbers stay text until they are read as integers or decimals.
struct JSONReader {
  /// What is wrong with the text and at which byte of it.
  struct SyntaxError: Error, Hashable {
    enum Problem: Hashable { case unexpected, endsTooEarly, tooDeep }
    let problem: Problem
    let offset: Int
  }

  enum Kind { case object, array, string, number, boolean, null }

  private let bytes: [UInt8]
  private var position: Int
  private var depth = 0
  private let maximumDepth: Int

  init(_ bytes: [UInt8], maximumDepth: Int = JSONLimits.depth) {
    self.bytes = bytes
    self.position = 0
    self.maximumDepth = maximumDepth
  }

  /// The kind of the value that comes next.
  mutating func peekKind() throws(SyntaxError) -> Kind {
    skipBlanks()
    switch try current() {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw error(.unexpected)
    }
  }

  /// Calls `visit` at each member of an object; it must read or skip exactly the member's value.
  mutating func readObject(_ visit: (inout JSONReader, String) throws(SyntaxError) -> Void)
    throws(SyntaxError)
  {
    try enter(UInt8(ascii: "{"))
    skipBlanks()
    if try current() == UInt8(ascii: "}") { return leave() }
    while true {
      skipBlanks()
      let key = try readString()
      skipBlanks()
      try expect(UInt8(ascii: ":"))
      try visit(&self, key)
      if try isClosed(by: UInt8(ascii: "}")) { return leave() }
    }
  }

  /// Calls `visit` at each element of an array; it must read or skip exactly the element.
  mutating func readArray(_ visit: (inout JSONReader) throws(SyntaxError) -> Void) throws(SyntaxError) {
    try enter(UInt8(ascii: "["))
    skipBlanks()
    if try current() == UInt8(ascii: "]") { return leave() }
    while true {
      try visit(&self)
      if try isClosed(by: UInt8(ascii: "]")) { return leave() }
    }
  }

  /// Steps over the next value, checking its grammar.
  mutating func skipValue() throws(SyntaxError) {
    switch try peekKind() {
    case .object: try readObject { (reader, _) throws(SyntaxError) in try reader.skipValue() }
    case .array: try readArray { (reader) throws(SyntaxError) in try reader.skipValue() }
    case .string: _ = try stringRange()
    case .number: _ = try numberRange()
    case .boolean: try readWord(bytes[position] == UInt8(ascii: "t") ? "true" : "false")
    case .null: try readWord("null")
    }
  }

  /// Nothing but blanks may follow.
  mutating func expectEnd() throws(SyntaxError) {
    skipBlanks()
    if position != bytes.count { throw error(.unexpected) }
  }

  // MARK: - Values, lossy: another kind than the wanted one is stepped over and gives nil.

  /// A string, or a number's own digits; nil for another kind.
  mutating func optionalText() throws(SyntaxError) -> String? {
    switch try peekKind() {
    case .string: return try readString()
    case .number: return String(decoding: bytes[try numberRange()], as: UTF8.self)
    default:
      try skipValue()
      return nil
    }
  }

  /// A boolean; nil for another kind.
  mutating func optionalBoolean() throws(SyntaxError) -> Bool? {
    guard try peekKind() == .boolean else {
      try skipValue()
      return nil
    }
    let isTrue = try current() == UInt8(ascii: "t")
    try skipValue()
    return isTrue
  }

  /// A whole number without fraction or exponent; nil for another kind, and for one beyond 64 bits.
  mutating func optionalInteger() throws(SyntaxError) -> Int64? {
    guard try peekKind() == .number else {
      try skipValue()
      return nil
    }
    return Int64(String(decoding: bytes[try numberRange()], as: UTF8.self))
  }

  /// An exact decimal out of a number or a string; nil for another kind, and for one out of range.
  mutating func optionalHundredths() throws(SyntaxError) -> Hundredths? {
    switch try peekKind() {
    case .number: return Hundredths(decimal: bytes[try numberRange()])
    case .string: return Hundredths(decimal: try readString())
    default:
      try skipValue()
      return nil
    }
  }

  /// The country of an account number: its first two letters, where they are a country's code. The rest of the
  /// account is never turned into a value.
  mutating func optionalCountryPrefix() throws(SyntaxError) -> String? {
    guard try peekKind() == .string else {
      try skipValue()
      return nil
    }
    let (range, _) = try stringRange()
    let code = String(decoding: bytes[range].prefix(2), as: UTF8.self).uppercased()
    return CountryNames.isCode(code) ? code : nil
  }

  /// A number; nil for another kind.
  mutating func optionalDouble() throws(SyntaxError) -> Double? {
    guard try peekKind() == .number else {
      try skipValue()
      return nil
    }
    return Double(String(decoding: bytes[try numberRange()], as: UTF8.self))
  }

  // MARK: - Tokens

  private mutating func readString() throws(SyntaxError) -> String {
    let (range, isEscaped) = try stringRange()
    return isEscaped ? JSONEscapes.resolve(bytes[range]) : String(decoding: bytes[range], as: UTF8.self)
  }

  /// Steps over a string; the range lies between its quotes.
  private mutating func stringRange() throws(SyntaxError) -> (range: Range<Int>, isEscaped: Bool) {
    try expect(UInt8(ascii: "\""))
    let start = position
    var isEscaped = false
    while true {
      switch try current() {
      case UInt8(ascii: "\""):
        position += 1
        return (start..<position - 1, isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        position += 1
        try stepOverEscape()
      case 0..<0x20:
        throw error(.unexpected)
      default:
        position += 1
      }
    }
  }

  private mutating func stepOverEscape() throws(SyntaxError) {
    switch try current() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard JSONEscapes.hexadecimalValue(try current()) != nil else { throw error(.unexpected) }
        position += 1
      }
    default:
      throw error(.unexpected)
    }
  }

  private mutating func numberRange() throws(SyntaxError) -> Range<Int> {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    if try current() == UInt8(ascii: "0") {
      position += 1
    } else {
      try stepOverDigits()
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      try stepOverDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      let sign = try current()
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
      try stepOverDigits()
    }
    return start..<position
  }

  private mutating func stepOverDigits() throws(SyntaxError) {
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      position += 1
    }
    if position == start { throw error(position < bytes.count ? .unexpected : .endsTooEarly) }
  }

  private mutating func readWord(_ word: String) throws(SyntaxError) {
    for byte in word.utf8 { try expect(byte) }
  }

  private func current() throws(SyntaxError) -> UInt8 {
    guard position < bytes.count else { throw error(.endsTooEarly) }
    return bytes[position]
  }

  private mutating func expect(_ byte: UInt8) throws(SyntaxError) {
    guard try current() == byte else { throw error(.unexpected) }
    position += 1
  }

  private mutating func enter(_ byte: UInt8) throws(SyntaxError) {
    skipBlanks()
    try expect(byte)
    depth += 1
    if depth > maximumDepth { throw error(.tooDeep) }
  }

  private mutating func leave() {
    position += 1
    depth -= 1
  }

  /// After a member or element: steps over a comma and says no, or stays at the closing bracket and says yes.
  private mutating func isClosed(by bracket: UInt8) throws(SyntaxError) -> Bool {
    skipBlanks()
    let byte = try current()
    if byte == bracket { return true }
    try expect(UInt8(ascii: ","))
    return false
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
      default: return
      }
    }
  }

  private func error(_ problem: SyntaxError.Problem) -> SyntaxError {
    SyntaxError(problem: problem, offset: position)
  }
}

/// Bounds on JSON from outside, far above what a real record needs.
enum JSONLimits {
  /// Levels of nesting.
  static let depth = 64
  /// Bytes of one record.
  static let recordBytes = 4 << 20
  /// Bytes of one key or plain value at the top level.
  static let topLevelBytes = 256
}

enum JSONEscapes {
  /// The text of a string's inner bytes, whose escapes were checked before. Surrogates that stand alone become U+FFFD.
  static func resolve(_ bytes: ArraySlice<UInt8>) -> String {
    var resolved: [UInt8] = []
    resolved.reserveCapacity(bytes.count)
    var highSurrogate: UInt32?
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < bytes.endIndex else {
        flush(&highSurrogate, into: &resolved)
        resolved.append(byte)
        continue
      }
      let escape = bytes[index]
      index += 1
      guard escape == UInt8(ascii: "u") else {
        flush(&highSurrogate, into: &resolved)
        resolved.append(plain(escape))
        continue
      }
      var unit: UInt32 = 0
      for _ in 0..<4 where index < bytes.endIndex {
        unit = unit << 4 | UInt32(hexadecimalValue(bytes[index]) ?? 0)
        index += 1
      }
      if let high = highSurrogate, (0xdc00..<0xe000).contains(unit) {
        highSurrogate = nil
        append(0x10000 + (high - 0xd800) << 10 + (unit - 0xdc00), to: &resolved)
      } else {
        flush(&highSurrogate, into: &resolved)
        if (0xd800..<0xdc00).contains(unit) { highSurrogate = unit } else { append(unit, to: &resolved) }
      }
    }
    flush(&highSurrogate, into: &resolved)
    return String(decoding: resolved, as: UTF8.self)
  }

  static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func plain(_ escape: UInt8) -> UInt8 {
    switch escape {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: escape
    }
  }

  /// Writes the replacement character for a high surrogate that no low one followed.
  private static func flush(_ highSurrogate: inout UInt32?, into bytes: inout [UInt8]) {
    guard highSurrogate != nil else { return }
    highSurrogate = nil
    append(0xfffd, to: &bytes)
  }

  private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
    let scalar = Unicode.Scalar(value) ?? "\u{fffd}"
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }
}
