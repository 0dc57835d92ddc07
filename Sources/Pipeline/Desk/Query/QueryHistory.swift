/// The queries an analyst ran, oldest first. Values of parameters are never among them, and of what looks like a password
/// in a text only that there was one.
public struct QueryHistory: Sendable, Hashable {
  public private(set) var texts: [String]

  /// More are forgotten, the oldest first.
  public static let longest = 500

  public init(_ texts: [String] = []) {
    self.texts = Array(texts.suffix(Self.longest))
  }

  /// Notes a query; one that was run before moves to the end.
  public mutating func add(_ text: String) {
    let kept = Self.withoutPasswords(text)
    guard kept.contains(where: { !$0.isWhitespace }) else { return }
    texts.removeAll { $0 == kept }
    texts.append(kept)
    if texts.count > Self.longest { texts.removeFirst(texts.count - Self.longest) }
  }

  /// The text with `***` for the quoted text after a word such as `password`, and for the password of a URL.
  public static func withoutPasswords(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let first = rest.first {
      if let word = secretWords.first(where: { rest.lowercasedPrefix($0.count) == $0 }) {
        result += rest.prefix(word.count)
        rest = rest.dropFirst(word.count)
        rest = hideValue(rest, &result)
      } else if rest.hasPrefix("://") {
        result += "://"
        rest = rest.dropFirst(3)
        let authority = rest.prefix { !$0.isWhitespace && !"/'\"".contains($0) }
        guard let at = authority.lastIndex(of: "@"), let colon = authority.firstIndex(of: ":"), colon < at
        else { continue }
        result += authority[..<colon] + ":***"
        rest = rest[at...]
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static let secretWords = ["password", "passwd", "pwd", "secret", "token"]

  /// Passes over `=`, `:`, blanks and the like up to a quoted or bare value, which is replaced.
  private static func hideValue(_ text: Substring, _ result: inout String) -> Substring {
    let between = text.prefix { $0.isWhitespace || "=:>(,".contains($0) }
    let value = text.dropFirst(between.count)
    guard let first = value.first else { return text }
    if first == "'" || first == "\"" {
      // A doubled quote is part of the value: what follows one is dropped with it.
      var end = value.dropFirst()
      while let close = end.firstIndex(of: first) {
        end = end[value.index(after: close)...]
        guard end.first == first else { break }
        end = end.dropFirst()
      }
      result += between + String(first) + "***" + String(first)
      return end
    }
    guard between.contains("=") else { return text }
    result += between + "***"
    return value.drop { !$0.isWhitespace && !"'\",;)&".contains($0) }
  }
}

extension Substring {
  fileprivate func lowercasedPrefix(_ count: Int) -> String { prefix(count).lowercased() }
}
