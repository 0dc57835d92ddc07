import Workstation

/// Turns the bytes a terminal sends into keys, mouse events, pastes and answers; bytes may be cut anywhere.
struct KeyDecoder {
  /// What came in.
  enum Input: Hashable {
    case event(InputEvent)
    /// The terminal's answer to a query for a private mode: 1 and 2 mean that it knows the mode.
    case modeReport(mode: Int, state: Int)
  }

  /// Sequences of this terminal out of terminfo, for those that differ from xterm's.
  let terminalKeys: [[UInt8]: Key]
  private var pending: [UInt8] = []
  private var paste: [UInt8]?

  /// A paste beyond this is cut: 1 MiB.
  static let pasteLimit = 1 << 20
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  init(terminalKeys: [[UInt8]: Key] = [:]) {
    self.terminalKeys = terminalKeys
  }

  /// True where an escape byte, or one and a bracket, waits for what follows: a caller who hears nothing for some
  /// 25 ms calls ``timeOut()``, and it was the Escape key.
  var isAwaitingRest: Bool {
    paste == nil && (pending == [0x1B] || pending == [0x1B, 0x5B] || pending == [0x1B, 0x4F])
  }

  /// Decodes everything complete in these bytes.
  mutating func decode(_ bytes: some Sequence<UInt8>) -> [Input] {
    pending.append(contentsOf: bytes)
    var result: [Input] = []
    var index = 0
    while index < pending.count {
      if paste != nil {
        guard let next = readPaste(from: index, into: &result) else { break }
        index = next
        continue
      }
      guard let next = decodeOne(at: index, into: &result) else { break }
      index = next
    }
    pending.removeFirst(index)
    return result
  }

  /// Nothing followed: what waits was typed by hand.
  mutating func timeOut() -> [Input] {
    guard isAwaitingRest else { return [] }
    let keys = pending.map { $0 == 0x1B ? Key.escape : .character(Character(Unicode.Scalar($0))) }
    pending = []
    return keys.map { .event(.key($0)) }
  }

  /// Decodes what begins at `index`; nil: it is not complete yet.
  private mutating func decodeOne(at index: Int, into result: inout [Input]) -> Int? {
    let byte = pending[index]
    guard byte == 0x1B else { return decodePlain(at: index, into: &result) }
    for (sequence, key) in terminalKeys where pending[index...].starts(with: sequence) {
      result.append(.event(.key(key)))
      return index + sequence.count
    }
    guard index + 1 < pending.count else { return nil }
    switch pending[index + 1] {
    case 0x5B: return decodeControlSequence(at: index, into: &result)
    case 0x4F:
      guard index + 2 < pending.count else { return nil }
      if let key = Self.singleShiftKeys[pending[index + 2]] {
        result.append(.event(.key(key)))
        return index + 3
      }
      result.append(.event(.key(.escape)))
      return index + 1
    default:
      // Escape and another key that arrived together over a slow line.
      result.append(.event(.key(.escape)))
      return index + 1
    }
  }

  private func decodePlain(at index: Int, into result: inout [Input]) -> Int? {
    let byte = pending[index]
    if let key = Self.controlKey(byte) {
      result.append(.event(.key(key)))
      return index + 1
    }
    if byte < 0x80 {
      result.append(.event(.key(.character(Character(Unicode.Scalar(byte))))))
      return index + 1
    }
    // Text beyond ASCII: up to the next control byte, so that marks join their letters.
    let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
    var end = index
    while end < pending.count, pending[end] >= 0x80 { end += 1 }
    if end == pending.count, end - index < length, byte >= 0xC2 { return nil }
    var last = end
    if end == pending.count { last = Self.completeEnd(of: pending, from: index, to: end) }
    for character in String(decoding: pending[index..<last], as: UTF8.self) {
      let scalar = character.unicodeScalars.first?.value ?? 0
      guard scalar != 0xFFFD, !(0x80...0x9F).contains(scalar) else { continue }
      result.append(.event(.key(.character(character))))
    }
    return max(last, index + 1)
  }

  /// Leaves a character that is cut at the end for the next bytes.
  private static func completeEnd(of bytes: [UInt8], from start: Int, to end: Int) -> Int {
    var lead = end - 1
    while lead > start, bytes[lead] & 0xC0 == 0x80, end - lead < 4 { lead -= 1 }
    let length = bytes[lead] >= 0xF0 ? 4 : bytes[lead] >= 0xE0 ? 3 : bytes[lead] >= 0xC0 ? 2 : 1
    return lead > start && end - lead < length ? lead : end
  }

  private mutating func decodeControlSequence(at index: Int, into result: inout [Input]) -> Int? {
    var end = index + 2
    // The Linux console's F1 to F5 are ESC [ [ A to E.
    if end < pending.count, pending[end] == 0x5B {
      guard end + 1 < pending.count else { return nil }
      if (0x41...0x45).contains(pending[end + 1]) {
        result.append(.event(.key(.function(Int(pending[end + 1]) - 0x40))))
        return end + 2
      }
      result.append(contentsOf: [.event(.key(.escape)), .event(.key(.character("[")))])
      return end
    }
    while end < pending.count, (0x20...0x3F).contains(pending[end]) { end += 1 }
    guard end < pending.count else { return end - index < 64 ? nil : end }
    let final = pending[end]
    guard (0x40...0x7E).contains(final) else {
      // Not a sequence after all: Escape and [ were typed.
      result.append(.event(.key(.escape)))
      return index + 1
    }
    let body = pending[(index + 2)..<end]
    if end == index + 2, !Self.bareFinals.contains(final) {
      result.append(contentsOf: [.event(.key(.escape)), .event(.key(.character("[")))])
      return end
    }
    interpret(body: body, final: final, into: &result)
    return end + 1
  }

  private mutating func interpret(body: ArraySlice<UInt8>, final: UInt8, into result: inout [Input]) {
    let isPrivate = body.first == 0x3F
    let isMouse = body.first == 0x3C
    let numbers = Self.numbers(in: isPrivate || isMouse ? body.dropFirst() : body)
    if isMouse {
      if let mouse = Self.mouse(numbers, isRelease: final == 0x6D) { result.append(.event(.mouse(mouse))) }
      return
    }
    if isPrivate {
      if final == 0x79, numbers.count >= 2 {
        result.append(.modeReport(mode: numbers[0], state: numbers[1]))
      }
      return
    }
    if final == 0x7E {
      if numbers.first == 200 {
        paste = []
      } else if let number = numbers.first, let key = Self.tildeKeys[number] {
        result.append(.event(.key(key)))
      }
      return
    }
    if let key = Self.finalKeys[final] { result.append(.event(.key(key))) }
  }

  /// Takes pasted bytes; nil: all there are, and the end has not come.
  private mutating func readPaste(from index: Int, into result: inout [Input]) -> Int? {
    guard var text = paste else { return index }
    var position = index
    while position < pending.count {
      if pending[position] == 0x1B {
        let rest = pending[position...]
        if rest.starts(with: Self.pasteEnd) {
          paste = nil
          result.append(.event(.paste(String(decoding: text, as: UTF8.self))))
          return position + Self.pasteEnd.count
        }
        if rest.count < Self.pasteEnd.count && Self.pasteEnd.starts(with: rest) {
          paste = text
          return position == index ? nil : position
        }
      }
      if text.count < Self.pasteLimit { text.append(pending[position]) }
      position += 1
    }
    paste = text
    return position
  }

  private static func numbers(in body: ArraySlice<UInt8>) -> [Int] {
    var numbers = [0]
    for byte in body {
      switch byte {
      case 0x30...0x39:
        numbers[numbers.count - 1] = min(99_999, numbers[numbers.count - 1] * 10 + Int(byte - 0x30))
      case 0x3A, 0x3B: numbers.append(0)
      default: break
      }
    }
    return numbers
  }

  private static func mouse(_ numbers: [Int], isRelease: Bool) -> MouseEvent? {
    guard numbers.count == 3 else { return nil }
    let position = Point(x: max(0, numbers[1] - 1), y: max(0, numbers[2] - 1))
    let code = numbers[0]
    if code & 64 != 0 {
      switch code & 3 {
      case 0: return MouseEvent(action: .wheelUp, position: position)
      case 1: return MouseEvent(action: .wheelDown, position: position)
      default: return nil
      }
    }
    let button: MouseEvent.Button
    switch code & 3 {
    case 0: button = .left
    case 1: button = .middle
    case 2: button = .right
    default: return nil
    }
    let action: MouseEvent.Action =
      isRelease ? .release(button) : code & 32 != 0 ? .drag(button) : .press(button)
    return MouseEvent(action: action, position: position)
  }

  private static func controlKey(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x0D, 0x0A: .enter
    case 0x09: .tab
    case 0x08, 0x7F: .backspace
    case 0x00: .control(" ")
    case 0x01...0x1A: .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0x1C...0x1F: .control(Character(Unicode.Scalar(byte + 0x40)))
    default: nil
    }
  }

  private static let tildeKeys: [Int: Key] = [
    1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5),
    17: .function(6),
    18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11),
    24: .function(12),
  ]

  private static let finalKeys: [UInt8: Key] = keys([
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "Z": .backTab, "P": .function(1),
    "Q": .function(2), "R": .function(3), "S": .function(4), "a": .up, "b": .down, "c": .right, "d": .left,
  ])

  /// What may follow ESC [ at once; other letters were typed.
  private static let bareFinals: Set<UInt8> = Set("ABCDHFZ".utf8)

  private static let singleShiftKeys: [UInt8: Key] = keys([
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "P": .function(1),
    "Q": .function(2),
    "R": .function(3), "S": .function(4), "M": .enter, "j": .character("*"), "k": .character("+"),
    "l": .character(","), "m": .character("-"), "n": .character("."), "o": .character("/"),
    "p": .character("0"),
    "q": .character("1"), "r": .character("2"), "s": .character("3"), "t": .character("4"),
    "u": .character("5"),
    "v": .character("6"), "w": .character("7"), "x": .character("8"), "y": .character("9"),
  ])

  private static func keys(_ table: [Character: Key]) -> [UInt8: Key] {
    Dictionary(
      uniqueKeysWithValues: table.compactMap { entry in entry.key.asciiValue.map { ($0, entry.value) } })
  }
}
