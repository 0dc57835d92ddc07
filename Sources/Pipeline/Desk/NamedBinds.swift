/// A query with `:name` parameters, rewritten to PostgreSQL's `$1`, `$2`, ...
///
/// A colon counts only outside quotes, dollar quotes and comments, and not as part of `::`.
public struct NamedBinds: Sendable, Hashable {
  /// The statement with numbered parameters.
  public let sql: String
  /// The names in the order of their numbers; each stands once.
  public let names: [String]

  public init(_ text: String) {
    var scanner = Scanner(bytes: Array(text.utf8))
    scanner.run()
    sql = String(decoding: scanner.output, as: UTF8.self)
    names = scanner.names
  }

  private struct Scanner {
    let bytes: [UInt8]
    var output: [UInt8] = []
    var names: [String] = []
    private var position = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func run() {
      while position < bytes.count {
        switch bytes[position] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): copyQuoted(bytes[position])
        case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"): copyUntil("\n")
        case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): copyComment()
        case UInt8(ascii: "$"): copyDollar()
        case UInt8(ascii: ":"): colon()
        default: copy(1)
        }
      }
    }

    private func peek(_ offset: Int) -> UInt8? {
      position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func copy(_ count: Int) {
      let end = min(position + count, bytes.count)
      output += bytes[position..<end]
      position = end
    }

    private mutating func copyUntil(_ end: String) {
      let mark = Array(end.utf8)
      while position < bytes.count {
        if bytes[position...].starts(with: mark) { return copy(mark.count) }
        copy(1)
      }
    }

    /// A doubled quote inside ends one text and begins the next, which comes to the same.
    private mutating func copyQuoted(_ quote: UInt8) {
      copy(1)
      while let byte = peek(0) {
        copy(1)
        if byte == quote { return }
      }
    }

    /// Comments of this kind nest in PostgreSQL.
    private mutating func copyComment() {
      var depth = 0
      while let byte = peek(0) {
        if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
          depth += 1
          copy(2)
        } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
          depth -= 1
          copy(2)
          if depth == 0 { return }
        } else {
          copy(1)
        }
      }
    }

    private mutating func copyDollar() {
      var length = 1
      while let byte = peek(length), Self.isName(byte) { length += 1 }
      guard peek(length) == UInt8(ascii: "$") else { return copy(length) }
      let tag = String(decoding: bytes[position...(position + length)], as: UTF8.self)
      copy(length + 1)
      copyUntil(tag)
    }

    private mutating func colon() {
      if peek(1) == UInt8(ascii: ":") { return copy(2) }
      var length = 1
      while let byte = peek(length), Self.isName(byte) { length += 1 }
      guard length > 1, let first = peek(1), !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
        return copy(1)
      }
      let name = String(decoding: bytes[(position + 1)..<(position + length)], as: UTF8.self)
      let number: Int
      if let known = names.firstIndex(of: name) {
        number = known + 1
      } else {
        names.append(name)
        number = names.count
      }
      output += Array("$\(number)".utf8)
      position += length
    }

    private static func isName(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: byte >= 128
      }
    }
  }
}
