/// The few questions the engine asks of SQL text, answered with comments, strings and quoted names in mind.
struct SQLScan {
  private let bytes: [UInt8]

  init(_ sql: String) {
    bytes = Array(sql.utf8)
  }

  func prefix(_ end: Int) -> String { String(decoding: bytes[..<end], as: UTF8.self) }
  func suffix(_ start: Int) -> String { String(decoding: bytes[start...], as: UTF8.self) }

  /// Where `word` ends if it is the first word behind blanks and comments; nil where another stands there.
  func endOfLeadingWord(_ word: String, from start: Int = 0) -> Int? {
    let index = skipBlanks(start)
    let end = index + word.utf8.count
    guard end <= bytes.count, bytes[index..<end].map(Self.lowered).elementsEqual(word.utf8),
      end == bytes.count || !Self.isWordByte(bytes[end])
    else { return nil }
    return end
  }

  /// The words of the text in lower case, without those inside comments, strings and quoted names.
  func words() -> Set<String> {
    var found: Set<String> = []
    var index = 0
    while index < bytes.count {
      let next = skipIgnored(index)
      if next > index {
        index = next
      } else if Self.isWordByte(bytes[index]) {
        let start = index
        while index < bytes.count, Self.isWordByte(bytes[index]) { index += 1 }
        found.insert(String(decoding: bytes[start..<index].map(Self.lowered), as: UTF8.self))
      } else {
        index += 1
      }
    }
    return found
  }

  /// The text without the semicolons, blanks and comments behind its last word.
  func withoutTrailingSemicolon() -> String {
    var index = 0
    var end = 0
    while index < bytes.count {
      if Self.isBlank(bytes[index]) || bytes[index] == UInt8(ascii: ";") {
        index += 1
        continue
      }
      let isComment = startsComment(index)
      index = max(index + 1, skipIgnored(index))
      if !isComment { end = index }
    }
    return prefix(min(end, bytes.count))
  }

  private func startsComment(_ index: Int) -> Bool {
    index + 1 < bytes.count
      && ((bytes[index] == UInt8(ascii: "-") && bytes[index + 1] == UInt8(ascii: "-"))
        || (bytes[index] == UInt8(ascii: "/") && bytes[index + 1] == UInt8(ascii: "*")))
  }

  private func skipBlanks(_ start: Int) -> Int {
    var index = start
    while index < bytes.count {
      if Self.isBlank(bytes[index]) {
        index += 1
      } else if startsComment(index) {
        index = skipIgnored(index)
      } else {
        break
      }
    }
    return index
  }

  /// Behind the comment, string, quoted name or dollar-quoted text that starts at `start`; `start` where none does.
  private func skipIgnored(_ start: Int) -> Int {
    var index = start
    switch bytes[start] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      let isEscaping =
        bytes[start] == UInt8(ascii: "'") && start > 0 && Self.lowered(bytes[start - 1]) == UInt8(ascii: "e")
        && (start == 1 || !Self.isWordByte(bytes[start - 2]))
      index += 1
      while index < bytes.count, bytes[index] != bytes[start] {
        index += isEscaping && bytes[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      return min(index + 1, bytes.count)
    case _ where startsComment(start) && bytes[start] == UInt8(ascii: "-"):
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      return index
    case _ where startsComment(start):
      var depth = 0
      while index < bytes.count {
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "/"), bytes[index + 1] == UInt8(ascii: "*") {
          depth += 1
          index += 2
        } else if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "*"),
          bytes[index + 1] == UInt8(ascii: "/")
        {
          depth -= 1
          index += 2
          if depth == 0 { return index }
        } else {
          index += 1
        }
      }
      return index
    case UInt8(ascii: "$") where start == 0 || !Self.isWordByte(bytes[start - 1]):
      return endOfDollarQuote(start) ?? start
    default: return start
    }
  }

  private func endOfDollarQuote(_ start: Int) -> Int? {
    var tagEnd = start + 1
    while tagEnd < bytes.count, Self.isWordByte(bytes[tagEnd]), bytes[tagEnd] != UInt8(ascii: "$") {
      tagEnd += 1
    }
    guard tagEnd < bytes.count, bytes[tagEnd] == UInt8(ascii: "$") else { return nil }
    let tag = bytes[start...tagEnd]
    var index = tagEnd + 1
    while index + tag.count <= bytes.count {
      if bytes[index] == UInt8(ascii: "$"), bytes[index..<index + tag.count].elementsEqual(tag) {
        return index + tag.count
      }
      index += 1
    }
    return nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 48 && byte <= 57) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }
}
