/// A terminal's screen: enough of a VT220 and xterm to read back what a full-screen program painted.
///
/// It is written apart from the program's own code, so that the two cannot share a mistake; unknown sequences
/// are counted in ``unknown``.
public struct PtyScreen: Sendable {
  public struct Cell: Sendable, Hashable {
    /// Empty in the right half of a wide character.
    public var text = " "
    /// The parameters of SGR in force, such as `1;38;5;9`, in the order in which they were set.
    public var attributes: [String] = []
  }

  public private(set) var width: Int
  public private(set) var height: Int
  public private(set) var cells: [[Cell]]
  public private(set) var x = 0
  public private(set) var y = 0
  /// Private modes that are on: 25 shows the cursor, 1049 is the alternate screen, 2004 bracketed paste.
  public private(set) var modes: Set<Int> = [7, 25]
  public private(set) var isKeypadApplication = false
  public private(set) var title = ""
  /// The payloads of OSC 52.
  public private(set) var copies: [String] = []
  public private(set) var unknown: [String] = []
  /// What the terminal would answer to the queries seen.
  public private(set) var answers: [String] = []
  /// How often a synchronised frame began.
  public private(set) var synchronizedFrames = 0
  /// Every SGR parameter list seen.
  public private(set) var graphics: Set<String> = []
  /// Whether the terminal says that it knows synchronised output.
  public var knowsSynchronizedOutput = true

  private var attributes: [String] = []
  private var scrollTop = 0
  private var scrollBottom: Int
  private var saved: (x: Int, y: Int, attributes: [String])?
  private var mainScreen: (cells: [[Cell]], x: Int, y: Int)?
  private var isLineDrawing = false
  private var pending: [UInt8] = []
  private var lastText = " "

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
    cells = Array(repeating: Array(repeating: Cell(), count: width), count: height)
    scrollBottom = height - 1
  }

  /// The rows as text without the spaces at their ends.
  public var lines: [String] {
    cells.map { row in
      var line = row.map(\.text).joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The first row that reads otherwise in other lines, as text for a failure; nil: they are equal.
  /// - Parameter skipped: Rows that are not compared.
  public func difference(from other: [String], skipping skipped: Set<Int> = []) -> String? {
    let mine = lines
    guard mine.count == other.count else { return "\(mine.count) rows, not \(other.count)" }
    let row = mine.indices.first { !skipped.contains($0) && mine[$0] != other[$0] }
    return row.map { "row \($0):\n  \(mine[$0])\n  \(other[$0])" }
  }

  public var text: String { lines.joined(separator: "\n") }

  public mutating func resize(width: Int, height: Int) {
    for row in cells.indices {
      cells[row] = Array((cells[row] + Array(repeating: Cell(), count: width)).prefix(width))
    }
    let blank = Array(repeating: Cell(), count: width)
    cells = Array((cells + Array(repeating: blank, count: height)).prefix(height))
    self.width = width
    self.height = height
    scrollTop = 0
    scrollBottom = height - 1
    x = min(x, width - 1)
    y = min(y, height - 1)
  }

  /// Takes the answers that were not taken yet.
  public mutating func takeAnswers() -> String {
    defer { answers = [] }
    return answers.joined()
  }

  public mutating func feed(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    var index = 0
    while index < pending.count, let next = step(at: index) { index = next }
    pending.removeFirst(index)
  }

  /// Interprets what begins at `index`; nil: it is cut.
  private mutating func step(at index: Int) -> Int? {
    let byte = pending[index]
    switch byte {
    case 0x1B: return escape(at: index)
    case 0x08: x = max(0, min(x, width - 1) - 1)
    case 0x09: x = min(width - 1, (x / 8 + 1) * 8)
    case 0x0A, 0x0B, 0x0C: lineFeed()
    case 0x0D: x = 0
    case 0x0E: isLineDrawing = true
    case 0x0F: isLineDrawing = false
    case 0..<0x20, 0x7F: break
    default:
      let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      guard index + length <= pending.count else { return nil }
      for scalar in String(decoding: pending[index..<index + length], as: UTF8.self).unicodeScalars {
        put(scalar)
      }
      return index + length
    }
    return index + 1
  }

  private mutating func escape(at index: Int) -> Int? {
    guard index + 1 < pending.count else { return nil }
    switch pending[index + 1] {
    case UInt8(ascii: "["):
      var end = index + 2
      while end < pending.count, (0x20...0x3F).contains(pending[end]) { end += 1 }
      guard end < pending.count else { return nil }
      control(
        body: String(decoding: pending[index + 2..<end], as: UTF8.self),
        final: Character(Unicode.Scalar(pending[end])))
      return end + 1
    case UInt8(ascii: "]"), UInt8(ascii: "P"):
      var end = index + 2
      while end < pending.count, pending[end] != 0x07 {
        if pending[end] == 0x1B {
          guard end + 1 < pending.count else { return nil }
          if pending[end + 1] == UInt8(ascii: "\\") { break }
        }
        end += 1
      }
      guard end < pending.count else { return nil }
      if pending[index + 1] == UInt8(ascii: "]") {
        command(String(decoding: pending[index + 2..<end], as: UTF8.self))
      }
      return end + (pending[end] == 0x07 ? 1 : 2)
    case UInt8(ascii: "("), UInt8(ascii: ")"):
      guard index + 2 < pending.count else { return nil }
      if pending[index + 1] == UInt8(ascii: "(") { isLineDrawing = pending[index + 2] == UInt8(ascii: "0") }
      return index + 3
    case UInt8(ascii: "7"): saved = (x, y, attributes)
    case UInt8(ascii: "8"):
      // Saved before the screen became smaller, it may lie outside.
      if let saved {
        (x, y, attributes) = (min(saved.x, width - 1), min(saved.y, height - 1), saved.attributes)
      }
    case UInt8(ascii: "M"):
      if y == scrollTop { scroll(-1, from: scrollTop) } else { y = max(0, y - 1) }
    case UInt8(ascii: "D"): lineFeed()
    case UInt8(ascii: "="): isKeypadApplication = true
    case UInt8(ascii: ">"): isKeypadApplication = false
    case let other: unknown.append("ESC \(Character(Unicode.Scalar(other)))")
    }
    return index + 2
  }

  private mutating func command(_ body: String) {
    if body.hasPrefix("0;") || body.hasPrefix("2;") { title = String(body.dropFirst(2)) }
    if body.hasPrefix("52;") { copies.append(String(body.dropFirst(3))) }
  }

  private mutating func control(body: String, final: Character) {
    if body.hasPrefix("?") {
      let numbers = body.dropFirst().split(separator: ";").compactMap { Int($0.prefix { $0.isNumber }) }
      switch final {
      case "h": numbers.forEach { set(mode: $0, true) }
      case "l": numbers.forEach { set(mode: $0, false) }
      case "p": answers += numbers.map { "\u{1B}[?\($0);\($0 == 2026 && knowsSynchronizedOutput ? 2 : 0)$y" }
      default: unknown.append("CSI \(body)\(final)")
      }
      return
    }
    let parameters = body.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let count = max(1, parameters.first ?? 0)
    if final != "m" { x = min(x, width - 1) }
    switch final {
    case "m": setGraphics(body)
    case "H", "f":
      y = min(height, count) - 1
      x = min(width, max(1, parameters.count > 1 ? parameters[1] : 1)) - 1
    case "A": y = max(y >= scrollTop ? scrollTop : 0, y - count)
    case "B": y = min(y <= scrollBottom ? scrollBottom : height - 1, y + count)
    case "C": x = min(width - 1, x + count)
    case "D": x = max(0, x - count)
    case "G": x = min(width, count) - 1
    case "d": y = min(height, count) - 1
    case "J":
      if parameters.first == 2 {
        for row in 0..<height { erase(row, 0..<width) }
      } else {
        erase(y, x..<width)
        for row in y + 1..<max(y + 1, height) { erase(row, 0..<width) }
      }
    case "K": erase(y, parameters.first == 1 ? 0..<x + 1 : parameters.first == 2 ? 0..<width : x..<width)
    case "X": erase(y, x..<min(width, x + count))
    case "@":
      let count = min(count, width - x)
      cells[y].insert(contentsOf: Array(repeating: blank, count: count), at: x)
      cells[y].removeLast(count)
    case "P":
      let count = min(count, width - x)
      cells[y].removeSubrange(x..<x + count)
      cells[y] += Array(repeating: blank, count: count)
    case "L": scroll(-count, from: y)
    case "M": scroll(count, from: y)
    case "S": scroll(count, from: scrollTop)
    case "T": scroll(-count, from: scrollTop)
    case "b":
      for _ in 0..<count { lastText.unicodeScalars.forEach { put($0) } }
    case "r":
      scrollTop = count - 1
      scrollBottom = min(height, parameters.count > 1 && parameters[1] > 0 ? parameters[1] : height) - 1
      (x, y) = (0, 0)
    case "h", "l", "t", "g": break
    default: unknown.append("CSI \(body)\(final)")
    }
  }

  private mutating func set(mode: Int, _ isOn: Bool) {
    if isOn { modes.insert(mode) } else { modes.remove(mode) }
    if mode == 2026 && isOn { synchronizedFrames += 1 }
    guard mode == 1049 else { return }
    if isOn, mainScreen == nil {
      mainScreen = (cells, x, y)
      for row in 0..<height { erase(row, 0..<width) }
    } else if !isOn, let main = mainScreen {
      mainScreen = nil
      (cells, x, y) = main
      resize(width: width, height: height)
    }
  }

  private mutating func setGraphics(_ body: String) {
    if !body.isEmpty { graphics.insert(body) }
    var rest = body.split(separator: ";", omittingEmptySubsequences: false).map(String.init)[...]
    while let first = rest.popFirst() {
      switch first {
      case "", "0": attributes = []
      case "38", "48":
        let taken = rest.prefix(rest.first == "5" ? 2 : 4)
        rest = rest.dropFirst(taken.count)
        attributes.removeAll { first == "38" ? Self.isForeground($0) : Self.isBackground($0) }
        attributes.append(([first] + taken).joined(separator: ";"))
      case "39": attributes.removeAll { Self.isForeground($0) }
      case "49": attributes.removeAll { Self.isBackground($0) }
      case "22": attributes.removeAll { $0 == "1" || $0 == "2" }
      case "23", "24", "27": attributes.removeAll { $0 == String(first.dropFirst()) }
      default:
        if Self.isForeground(first) { attributes.removeAll { Self.isForeground($0) } }
        if Self.isBackground(first) { attributes.removeAll { Self.isBackground($0) } }
        attributes.append(first)
      }
    }
  }

  private static func isForeground(_ parameter: String) -> Bool {
    parameter.hasPrefix("38;")
      || Int(parameter).map { (30...37).contains($0) || (90...97).contains($0) } == true
  }

  private static func isBackground(_ parameter: String) -> Bool {
    parameter.hasPrefix("48;")
      || Int(parameter).map { (40...47).contains($0) || (100...107).contains($0) } == true
  }

  private var blank: Cell { Cell(text: " ", attributes: attributes.filter(Self.isBackground)) }

  private mutating func erase(_ row: Int, _ columns: Range<Int>) {
    for column in columns { cells[row][column] = blank }
  }

  private mutating func scroll(_ count: Int, from top: Int) {
    guard top >= scrollTop, top <= scrollBottom else { return }
    let row = Array(repeating: blank, count: width)
    for _ in 0..<min(abs(count), scrollBottom - top + 1) {
      if count > 0 {
        cells.remove(at: top)
        cells.insert(row, at: scrollBottom)
      } else {
        cells.remove(at: scrollBottom)
        cells.insert(row, at: top)
      }
    }
  }

  private mutating func lineFeed() {
    if y == scrollBottom { scroll(1, from: scrollTop) } else { y = min(height - 1, y + 1) }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    let columns = Self.columns(of: scalar)
    guard columns > 0 else {
      if x > 0 { cells[y][min(x, width) - 1].text.unicodeScalars.append(scalar) }
      return
    }
    if x + columns > width {
      x = 0
      lineFeed()
    }
    let shown = isLineDrawing ? Self.lineDrawing[Character(scalar)] ?? Character(scalar) : Character(scalar)
    cells[y][x] = Cell(text: String(shown), attributes: attributes)
    // What a program painted for a wider screen may come after this one shrank to a single column.
    if columns == 2, x + 1 < width { cells[y][x + 1] = Cell(text: "", attributes: attributes) }
    x = min(width, x + columns)
    lastText = String(shown)
  }

  /// The widths of what the tests write; like terminals, by single characters.
  private static func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60,
      0x1F300...0x1F64F,
      0x1F680...0x1F6FF, 0x1F900...0x1F9FF:
      2
    default: 1
    }
  }

  private static let lineDrawing: [Character: Character] = [
    "q": "─", "x": "│", "l": "┌", "k": "┐", "m": "└", "j": "┘", "t": "├", "u": "┤", "w": "┬", "v": "┴",
    "n": "┼",
  ]
}
