/// A test whose query is `select ... from relation where condition` and nothing more: its failures are the rows for
/// which the condition holds, so many such tests of one table can be counted in one scan.
struct RowFilter: Sendable {
  /// What follows `from`, as it stands in the query.
  let relation: String
  let condition: String

  /// Words that make a query more than a filter when they stand outside parentheses.
  private static let refusedWords: Set<String> = [
    "group", "having", "order", "limit", "offset", "union", "intersect", "except", "window", "fetch", "for",
    "join",
    "with", "select", "distinct", "into", "tablesample", "over", "returning",
  ]

  /// Nil where the query is more than a filter of that relation.
  init?(sql: String, relation: String) {
    guard let words = Self.outerWords(sql) else { return nil }
    guard let first = words.first, first.word == "select",
      let from = words.first(where: { $0.word == "from" }),
      let filter = words.first(where: { $0.word == "where" }), from.start < filter.start
    else { return nil }
    let counts = Dictionary(grouping: words, by: \.word)
    guard counts["from"]?.count == 1, counts["where"]?.count == 1,
      !words.dropFirst().contains(where: { Self.refusedWords.contains($0.word) })
    else { return nil }
    let bytes = Array(sql.utf8)
    func text(_ range: Range<Int>) -> String {
      TemplateFilters.trimmed(String(decoding: bytes[range], as: UTF8.self))
    }
    // Whatever may change the number of rows, such as an aggregate, needs a parenthesis in the list.
    let list = bytes[first.end..<from.start]
    guard !list.contains(UInt8(ascii: "(")), text(from.end..<filter.start) == relation else { return nil }
    self.relation = relation
    condition = text(filter.end..<bytes.count)
    guard !condition.isEmpty else { return nil }
  }

  private struct Word {
    let word: String
    let start: Int
    let end: Int
  }

  /// The words outside parentheses; nil for a text with comments, semicolons or unbalanced parentheses, which is
  /// left alone.
  private static func outerWords(_ sql: String) -> [Word]? {
    let bytes = Array(sql.utf8)
    var words: [Word] = []
    var depth = 0
    var index = 0
    func isWordByte(_ byte: UInt8) -> Bool {
      (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 48 && byte <= 57) || byte == UInt8(ascii: "_")
        || byte >= 0x80
    }
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      switch byte {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth < 0 { return nil }
      case UInt8(ascii: ";"), UInt8(ascii: "$"), UInt8(ascii: "\\"): return nil
      case UInt8(ascii: "-") where next == byte: return nil
      case UInt8(ascii: "/") where next == UInt8(ascii: "*"): return nil
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != byte {
          if bytes[index] == UInt8(ascii: "\\") { return nil }
          index += 1
        }
        if index >= bytes.count { return nil }
      case _ where isWordByte(byte):
        let start = index
        while index + 1 < bytes.count, isWordByte(bytes[index + 1]) { index += 1 }
        if depth == 0 {
          words.append(
            Word(
              word: String(decoding: bytes[start...index], as: UTF8.self).lowercased(), start: start,
              end: index + 1))
        }
      default: break
      }
      index += 1
    }
    return depth == 0 ? words : nil
  }
}
