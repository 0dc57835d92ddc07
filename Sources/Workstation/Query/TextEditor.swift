/// Several lines of text under a cursor.
struct TextEditor: Sendable, Hashable {
  private(set) var lines: [[Character]] = [[]]
  private(set) var row = 0
  /// Characters of the row before the cursor.
  private(set) var column = 0

  /// More is not taken, so that a paste cannot grow without bound.
  static let limit = 20_000

  init(_ text: String = "") {
    insert(text)
  }

  var text: String { lines.map { String($0) }.joined(separator: "\n") }
  var isEmpty: Bool { lines.allSatisfy { $0.allSatisfy(\.isWhitespace) } }
  /// The row's text before the cursor.
  var beforeCursor: [Character] { Array(lines[row][..<column]) }

  private var count: Int { lines.reduce(lines.count - 1) { $0 + $1.count } }

  /// - Returns: False where the key is none of the editor's.
  mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .enter: insert("\n")
    case .backspace: removeBefore()
    case .delete: removeAfter()
    case .left: moveLeft()
    case .right: moveRight()
    case .up: moveRow(by: -1)
    case .down: moveRow(by: 1)
    case .pageUp: moveRow(by: -10)
    case .pageDown: moveRow(by: 10)
    case .home, .control("a"): column = 0
    case .end, .control("e"): column = lines[row].count
    case .control("u"):
      lines[row].removeFirst(column)
      column = 0
    case .control("k"):
      if column == lines[row].count {
        removeAfter()
      } else {
        lines[row].removeLast(lines[row].count - column)
      }
    case .control("w"): removeWord()
    default: return false
    }
    return true
  }

  /// Inserts a text; its line ends become the editor's.
  mutating func insert(_ added: String) {
    var room = Self.limit - count
    for character in added where room > 0 {
      room -= 1
      if character.isNewline {
        let rest = Array(lines[row][column...])
        lines[row].removeLast(rest.count)
        row += 1
        column = 0
        lines.insert(rest, at: row)
      } else if character == "\t" {
        lines[row].insert(contentsOf: "  ", at: column)
        column += 2
      } else {
        lines[row].insert(character, at: column)
        column += 1
      }
    }
    // A mark joins the character before it: what stands in the row are characters again.
    let before = String(lines[row][..<column])
    let joined = Array(before)
    if joined.count != column {
      lines[row] = joined + lines[row][column...]
      column = joined.count
    }
  }

  /// Puts a text in place of that many characters before the cursor.
  mutating func replace(last count: Int, with text: String) {
    let start = max(0, column - count)
    lines[row].removeSubrange(start..<column)
    column = start
    insert(text)
  }

  /// Puts the cursor as near to a place as there is text.
  mutating func move(toRow row: Int, column: Int) {
    self.row = max(0, min(row, lines.count - 1))
    self.column = max(0, min(column, lines[self.row].count))
  }

  var isOnFirstRow: Bool { row == 0 }
  var isOnLastRow: Bool { row == lines.count - 1 }

  private mutating func moveRow(by rows: Int) { move(toRow: row + rows, column: column) }

  private mutating func moveLeft() {
    if column > 0 {
      column -= 1
    } else if row > 0 {
      move(toRow: row - 1, column: .max)
    }
  }

  private mutating func moveRight() {
    if column < lines[row].count {
      column += 1
    } else if row < lines.count - 1 {
      move(toRow: row + 1, column: 0)
    }
  }

  private mutating func removeBefore() {
    guard row > 0 || column > 0 else { return }
    moveLeft()
    removeAfter()
  }

  private mutating func removeAfter() {
    if column < lines[row].count {
      lines[row].remove(at: column)
    } else if row < lines.count - 1 {
      lines[row] += lines.remove(at: row + 1)
    }
  }

  private mutating func removeWord() {
    var start = column
    while start > 0, lines[row][start - 1] == " " { start -= 1 }
    while start > 0, lines[row][start - 1] != " " { start -= 1 }
    lines[row].removeSubrange(start..<column)
    column = start
  }
}
