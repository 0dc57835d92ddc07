/// A word of the language inside `{{ }}` and `{% %}`.
struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
    case end
  }

  let kind: Kind
  let offset: Int
}

/// A stretch of a template: text as it stands, or the words of one tag.
enum TemplateSegment: Sendable {
  case text(String)
  case output([TemplateToken], offset: Int)
  case tag([TemplateToken], offset: Int, end: Int)
}

/// Cuts a template into segments, with Jinja's rules for comments, `raw` blocks and whitespace control.
struct TemplateLexer {
  private let source: TemplateSource
  private var index = 0
  private var segments: [TemplateSegment] = []
  /// Set by a tag that ended with `-`: the text that follows loses its leading blanks.
  private var isTrimmingNext = false

  private init(_ source: TemplateSource) {
    self.source = source
  }

  static func segments(_ source: TemplateSource) throws(ModelError) -> [TemplateSegment] {
    var lexer = TemplateLexer(source)
    try lexer.run()
    return lexer.segments
  }

  private var bytes: [UInt8] { source.bytes }

  private mutating func run() throws(ModelError) {
    var textStart = 0
    // Jinja drops one line break at the end of a template.
    var end = bytes.count
    if end > 0, bytes[end - 1] == UInt8(ascii: "\n") {
      end -= 1
      if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    }
    while index < end {
      guard bytes[index] == UInt8(ascii: "{"), index + 1 < end else {
        index += 1
        continue
      }
      let opener = bytes[index + 1]
      guard opener == UInt8(ascii: "{") || opener == UInt8(ascii: "%") || opener == UInt8(ascii: "#") else {
        index += 1
        continue
      }
      let start = index
      index += 2
      let isTrimming = index < bytes.count && bytes[index] == UInt8(ascii: "-")
      if isTrimming || (index < bytes.count && bytes[index] == UInt8(ascii: "+")) { index += 1 }
      appendText(textStart..<start, isTrimmingEnd: isTrimming)
      switch opener {
      case UInt8(ascii: "#"): try skipComment(from: start)
      case UInt8(ascii: "{"):
        segments.append(.output(try words(until: UInt8(ascii: "}"), from: start), offset: start))
      default: try readTag(from: start)
      }
      textStart = index
    }
    if textStart < end { appendText(textStart..<end, isTrimmingEnd: false) }
  }

  private mutating func appendText(_ range: Range<Int>, isTrimmingEnd: Bool) {
    var lower = range.lowerBound
    var upper = range.upperBound
    if isTrimmingNext {
      while lower < upper, Self.isBlank(bytes[lower]) { lower += 1 }
    }
    isTrimmingNext = false
    if isTrimmingEnd {
      while upper > lower, Self.isBlank(bytes[upper - 1]) { upper -= 1 }
    }
    if lower < upper { segments.append(.text(source.text(lower..<upper))) }
  }

  private mutating func skipComment(from start: Int) throws(ModelError) {
    while index + 1 < bytes.count {
      if bytes[index] == UInt8(ascii: "#"), bytes[index + 1] == UInt8(ascii: "}") {
        isTrimmingNext = bytes[index - 1] == UInt8(ascii: "-") && index - 1 >= start + 2
        index += 2
        return
      }
      index += 1
    }
    throw source.error(.syntax, "a comment `{#` is not closed by `#}`", at: start)
  }

  private mutating func readTag(from start: Int) throws(ModelError) {
    let tokens = try words(until: UInt8(ascii: "%"), from: start)
    guard case .name(let word)? = tokens.first?.kind, word == "raw" || word == "docs" else {
      segments.append(.tag(tokens, offset: start, end: index))
      return
    }
    // Neither block's body is template text: take it whole up to its end tag.
    let bodyStart = index
    let isTrimmingStart = isTrimmingNext
    let (bodyEnd, isTrimmingEnd) = try skipToEndTag("end" + word, from: start)
    if word == "docs" {
      segments.append(.tag(tokens, offset: start, end: bodyStart))
      segments.append(.text(source.text(bodyStart..<bodyEnd)))
      let end = TemplateToken(kind: .name("enddocs"), offset: bodyEnd)
      segments.append(.tag([end], offset: bodyEnd, end: index))
    } else {
      let isTrimmingAfter = isTrimmingNext
      isTrimmingNext = isTrimmingStart
      appendText(bodyStart..<bodyEnd, isTrimmingEnd: isTrimmingEnd)
      isTrimmingNext = isTrimmingAfter
    }
  }

  /// Moves behind `{% word %}`; returns where the tag starts and whether it trims the text before it.
  private mutating func skipToEndTag(_ word: String, from start: Int) throws(ModelError) -> (Int, Bool) {
    let wanted = Array(word.utf8)
    while index + 1 < bytes.count {
      guard bytes[index] == UInt8(ascii: "{"), bytes[index + 1] == UInt8(ascii: "%") else {
        index += 1
        continue
      }
      let tagStart = index
      var cursor = index + 2
      let isTrimming = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
      if isTrimming { cursor += 1 }
      while cursor < bytes.count, Self.isBlank(bytes[cursor]) { cursor += 1 }
      guard bytes[cursor...].starts(with: wanted) else {
        index += 2
        continue
      }
      cursor += wanted.count
      while cursor < bytes.count, Self.isBlank(bytes[cursor]) { cursor += 1 }
      isTrimmingNext = cursor < bytes.count && bytes[cursor] == UInt8(ascii: "-")
      if isTrimmingNext { cursor += 1 }
      guard bytes[cursor...].starts(with: [UInt8(ascii: "%"), UInt8(ascii: "}")]) else {
        index += 2
        continue
      }
      index = cursor + 2
      return (tagStart, isTrimming)
    }
    throw source.error(.syntax, "a block is not closed by `{% \(word) %}`", at: start)
  }

  // MARK: - Words

  /// The words of a tag up to its closing delimiter, `}}` or `%}`.
  private mutating func words(until closer: UInt8, from start: Int) throws(ModelError) -> [TemplateToken] {
    var tokens: [TemplateToken] = []
    // Braces of dictionaries inside an output: their `}}` does not close it.
    var depth = 0
    isTrimmingNext = false
    while true {
      while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
      guard index < bytes.count else {
        let delimiters = closer == UInt8(ascii: "%") ? ("{%", "%}") : ("{{", "}}")
        throw source.error(.syntax, "`\(delimiters.0)` is not closed by `\(delimiters.1)`", at: start)
      }
      if depth == 0, let length = closing(closer) {
        isTrimmingNext = bytes[index] == UInt8(ascii: "-")
        index += length
        return tokens
      }
      let token = try word()
      if case .symbol(let symbol) = token.kind {
        if symbol == "{" || symbol == "(" || symbol == "[" { depth += 1 }
        if symbol == "}" || symbol == ")" || symbol == "]" { depth = max(0, depth - 1) }
      }
      tokens.append(token)
    }
  }

  /// The length of the closing delimiter at the cursor, with its `-` or `+`; nil where there is none.
  private func closing(_ closer: UInt8) -> Int? {
    var cursor = index
    if bytes[cursor] == UInt8(ascii: "-") || bytes[cursor] == UInt8(ascii: "+") { cursor += 1 }
    guard cursor + 1 < bytes.count, bytes[cursor] == closer, bytes[cursor + 1] == UInt8(ascii: "}") else {
      return nil
    }
    return cursor + 2 - index
  }

  private mutating func word() throws(ModelError) -> TemplateToken {
    let start = index
    let byte = bytes[index]
    if Self.isNameStart(byte) {
      while index < bytes.count, Self.isNameStart(bytes[index]) || Self.isDigit(bytes[index]) { index += 1 }
      return TemplateToken(kind: .name(source.text(start..<index)), offset: start)
    }
    if Self.isDigit(byte) { return try number() }
    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return try string(byte) }
    if index + 1 < bytes.count {
      let pair = source.text(index..<index + 2)
      if ["==", "!=", "<=", ">=", "**", "//"].contains(pair) {
        index += 2
        return TemplateToken(kind: .symbol(pair), offset: start)
      }
    }
    let symbol = String(UnicodeScalar(byte))
    guard "+-*/%~<>=.,:|()[]{}".contains(symbol) else {
      throw source.error(.syntax, "a character that has no meaning in a template expression", at: start)
    }
    index += 1
    return TemplateToken(kind: .symbol(symbol), offset: start)
  }

  private mutating func number() throws(ModelError) -> TemplateToken {
    let start = index
    var isFloat = false
    func isDigitOrBar(_ byte: UInt8) -> Bool { Self.isDigit(byte) || byte == UInt8(ascii: "_") }
    while index < bytes.count, isDigitOrBar(bytes[index]) { index += 1 }
    if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), Self.isDigit(bytes[index + 1]) {
      isFloat = true
      index += 1
      while index < bytes.count, isDigitOrBar(bytes[index]) { index += 1 }
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      var cursor = index + 1
      if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "+") || bytes[cursor] == UInt8(ascii: "-") {
        cursor += 1
      }
      if cursor < bytes.count, Self.isDigit(bytes[cursor]) {
        isFloat = true
        index = cursor
        while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
      }
    }
    let text = source.text(start..<index).replacing("_", with: "")
    if !isFloat, let value = Int(text) { return TemplateToken(kind: .integer(value), offset: start) }
    if isFloat, let value = Double(text) { return TemplateToken(kind: .float(value), offset: start) }
    throw source.error(.syntax, "a number out of range", at: start)
  }

  private mutating func string(_ quote: UInt8) throws(ModelError) -> TemplateToken {
    let start = index
    index += 1
    var content: [UInt8] = []
    while index < bytes.count, bytes[index] != quote {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
        content.append(bytes[index])
        index += 1
        continue
      }
      let escaped = bytes[index + 1]
      index += 2
      switch escaped {
      case UInt8(ascii: "n"): content.append(10)
      case UInt8(ascii: "t"): content.append(9)
      case UInt8(ascii: "r"): content.append(13)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): content.append(escaped)
      case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"), UInt8(ascii: "N"),
        UInt8(ascii: "0")...UInt8(ascii: "7"), UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "v"):
        throw source.error(
          .unsupported, "the string escape `\\\(Character(UnicodeScalar(escaped)))` is not supported",
          at: index - 2)
      case UInt8(ascii: "\n"): break
      default: content.append(contentsOf: [UInt8(ascii: "\\"), escaped])
      }
    }
    guard index < bytes.count else { throw source.error(.syntax, "a string is not closed", at: start) }
    index += 1
    return TemplateToken(kind: .string(String(decoding: content, as: UTF8.self)), offset: start)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 32 || (byte >= 9 && byte <= 13)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }
}
