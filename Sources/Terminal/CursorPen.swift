/// Bytes on their way to the terminal, and where its cursor stands after them.
struct CursorPen {
  private(set) var bytes: [UInt8] = []
  /// Nil: not known, so that the next move must name its place.
  private(set) var position: (x: Int, y: Int)?
  /// The row whose last column was written last: the cursor waits there for the next character.
  private var finishedRow: Int?
  private(set) var rendition = Rendition.plain
  private let abilities: ScreenAbilities
  private let width: Int

  init(abilities: ScreenAbilities, width: Int) {
    self.abilities = abilities
    self.width = width
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func setPosition(_ x: Int, _ y: Int) {
    position = (x, y)
    finishedRow = nil
  }

  mutating func use(_ next: Rendition) {
    append(next.sequence(after: rendition, abilities))
    rendition = next
  }

  /// Moves the cursor with the fewest bytes.
  mutating func move(to x: Int, _ y: Int) {
    guard let position else {
      var best = Self.address(x, y)
      // A carriage return is understood there by all terminals, other moves are not.
      if let row = finishedRow, (0...3).contains(y - row) {
        let candidate = "\r" + String(repeating: "\n", count: y - row) + Self.along(from: 0, to: x)
        if candidate.utf8.count < best.utf8.count { best = candidate }
      }
      append(best)
      setPosition(x, y)
      return
    }
    if position == (x, y) { return }
    var best = Self.address(x, y)
    let rows = y - position.y
    // A line feed moves straight down: the driver has the terminal's own new line mode off.
    if (0...3).contains(rows) {
      let down = String(repeating: "\n", count: rows)
      for (start, prefix) in [(position.x, ""), (0, "\r")] {
        let candidate = down + prefix + Self.along(from: start, to: x)
        if candidate.utf8.count < best.utf8.count { best = candidate }
      }
    }
    append(best)
    setPosition(x, y)
  }

  private static func address(_ x: Int, _ y: Int) -> String {
    if x == 0 { return y == 0 ? "\u{1B}[H" : "\u{1B}[\(y + 1)H" }
    return "\u{1B}[\(y + 1);\(x + 1)H"
  }

  private static func along(from start: Int, to end: Int) -> String {
    let columns = abs(end - start)
    if columns == 0 { return "" }
    if end < start, columns <= 3 { return String(repeating: "\u{8}", count: columns) }
    return "\u{1B}[" + (columns == 1 ? "" : String(columns)) + (end > start ? "C" : "D")
  }

  /// Writes a character of one column `count` times.
  mutating func put(_ scalar: Unicode.Scalar, count: Int = 1) {
    let text = String(Character(scalar))
    let repetition = "\u{1B}[\(count - 1)b"
    if abilities.repeatsCharacters, repetition.utf8.count < text.utf8.count * (count - 1) {
      append(text + repetition)
    } else {
      for _ in 0..<count { append(text) }
    }
    advance(by: count)
  }

  /// Writes what terminals may give another width than is meant; the cursor's place is uncertain after it.
  mutating func putUncertain(_ scalars: [Unicode.Scalar]) {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    append(String(text))
    position = nil
    finishedRow = nil
  }

  private mutating func advance(by columns: Int) {
    guard let (x, y) = position else { return }
    if x + columns < width {
      position = (x + columns, y)
    } else {
      // Past the last column terminals differ in where a move starts from.
      position = nil
      finishedRow = abilities.wrapsLate ? y : nil
    }
  }

  /// Erases cells from the cursor on in the background in force.
  mutating func erase(_ count: Int, toEnd isToEnd: Bool) {
    append(isToEnd ? "\u{1B}[K" : "\u{1B}[\(count)X")
  }
}
