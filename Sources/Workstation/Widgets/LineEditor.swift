/// One line of text under the cursor of a prompt.
struct LineEditor: Sendable, Hashable {
  private(set) var text: String
  /// Characters before the cursor.
  private(set) var cursor: Int

  /// More is not taken, so that a paste cannot grow without bound.
  static let limit = 500

  init(_ text: String = "") {
    self.text = String(text.prefix(Self.limit))
    cursor = self.text.count
  }

  /// The text before the cursor.
  var beforeCursor: Substring { text.prefix(cursor) }

  /// - Returns: False where the key is none of the editor's.
  mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .backspace: remove(cursor - 1..<cursor)
    case .delete: remove(cursor..<cursor + 1)
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(text.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = text.count
    case .control("u"): remove(0..<cursor)
    case .control("k"): remove(cursor..<text.count)
    case .control("w"): remove(startOfWord..<cursor)
    default: return false
    }
    return true
  }

  /// Inserts a text as one line.
  mutating func insert(_ added: String) {
    let line = String(added.map { $0.isNewline ? " " : $0 }.prefix(max(0, Self.limit - text.count)))
    // A mark joins the character before it, so that lengths do not simply add up.
    let head = String(text.prefix(cursor)) + line
    text = head + text.dropFirst(cursor)
    cursor = min(head.count, text.count)
  }

  private var startOfWord: Int {
    let characters = Array(text.prefix(cursor))
    var start = characters.count
    while start > 0, characters[start - 1] == " " { start -= 1 }
    while start > 0, characters[start - 1] != " " { start -= 1 }
    return start
  }

  private mutating func remove(_ range: Range<Int>) {
    let bounded = range.clamped(to: 0..<text.count)
    text = String(text.prefix(bounded.lowerBound)) + text.dropFirst(bounded.upperBound)
    cursor = min(bounded.lowerBound, text.count)
  }
}
