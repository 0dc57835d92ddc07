#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A compiled terminfo description, read in order to give it 24-bit colours.
///
/// ncurses shows 24-bit colours only for a description that says RGB, and `xterm-256color`, which most terminals
/// that can do it call themselves, does not. So the description of the user's own terminal is taken and changed
/// in memory; ncurses reads it from the environment variable TERMINFO ("hex:" and its bytes). Format: term(5).
struct TerminfoEntry {
  private var names: [UInt8]
  private var booleans: [UInt8]
  private var numbers: [Int32]
  private var strings: [[UInt8]?]

  /// Indices of capabilities in term.h.
  private enum Index {
    static let maxColors = 13
    static let maxPairs = 15
    static let setForeground = 359
    static let setBackground = 360
  }

  private static let legacyMagic = 0x11A
  private static let wideMagic = 0x21E

  /// The description of that name in the folders where ncurses looks; nil where there is none.
  static func find(_ name: String, environment: [String: String]) -> TerminfoEntry? {
    guard let first = name.utf8.first, !name.contains("/") else { return nil }
    var folders: [String] = []
    if let folder = environment["TERMINFO"], folder.hasPrefix("/") { folders.append(folder) }
    if let home = environment["HOME"] { folders.append(home + "/.terminfo") }
    folders += (environment["TERMINFO_DIRS"] ?? "").split(separator: ":").map(String.init)
    folders += ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/local/share/terminfo"]
    let letter = String(decoding: [first], as: UTF8.self)
    let hex = String(first, radix: 16)
    for folder in folders {
      for subfolder in [letter, hex] {
        let path = "\(folder)/\(subfolder)/\(name)"
        if let data = try? Data(contentsOf: URL(fileURLWithPath: path)),
          let entry = TerminfoEntry(Array(data))
        {
          return entry
        }
      }
    }
    return nil
  }

  /// Reads the compiled form; nil where it is not one.
  init?(_ bytes: [UInt8]) {
    func short(_ offset: Int) -> Int? {
      guard offset >= 0, offset + 1 < bytes.count else { return nil }
      return Int(Int16(truncatingIfNeeded: Int(bytes[offset]) | Int(bytes[offset + 1]) << 8))
    }
    guard let magic = short(0), magic == Self.legacyMagic || magic == Self.wideMagic else { return nil }
    let header = (1...5).compactMap { short($0 * 2) }
    guard header.count == 5, header.allSatisfy({ $0 >= 0 }) else { return nil }
    let numberSize = magic == Self.wideMagic ? 4 : 2
    let booleansStart = 12 + header[0]
    let numbersStart = (booleansStart + header[1] + 1) / 2 * 2
    let offsetsStart = numbersStart + header[2] * numberSize
    let tableStart = offsetsStart + header[3] * 2
    guard header[0] > 0, tableStart + header[4] <= bytes.count else { return nil }
    names = Array(bytes[12..<booleansStart])
    booleans = Array(bytes[booleansStart..<booleansStart + header[1]])
    numbers = (0..<header[2]).map { index in
      let at = numbersStart + index * numberSize
      guard numberSize == 4 else { return Int32(short(at) ?? -1) }
      return (0..<4).reduce(Int32(0)) { $0 | Int32(truncatingIfNeeded: Int(bytes[at + $1]) << (8 * $1)) }
    }
    strings = (0..<header[3]).map { index in
      guard let offset = short(offsetsStart + index * 2), offset >= 0, offset < header[4] else { return nil }
      return Array(bytes[(tableStart + offset)..<(tableStart + header[4])].prefix { $0 != 0 })
    }
  }

  /// Gives it 2^24 colours; the numbers below 256 stay those of the palette.
  mutating func addDirectColors() {
    while numbers.count <= Index.maxPairs { numbers.append(-1) }
    while strings.count <= Index.setBackground { strings.append(nil) }
    numbers[Index.maxColors] = 1 << 24
    numbers[Index.maxPairs] = 1 << 16
    strings[Index.setForeground] = Self.setColor(basic: 3, bright: 9)
    strings[Index.setBackground] = Self.setColor(basic: 4, bright: 10)
  }

  private static func setColor(basic: Int, bright: Int) -> [UInt8] {
    let text =
      "\u{1B}[%?%p1%{8}%<%t\(basic)%p1%d%e%p1%{16}%<%t\(bright)%p1%{8}%-%d%e%p1%{256}%<%t\(basic)8;5;%p1%d"
      + "%e\(basic)8;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"
    return Array(text.utf8)
  }

  /// The compiled form with 32-bit numbers, and of the extended capabilities AX (SGR 39 and 49 are known, which
  /// ncurses uses to write less) and RGB.
  var compiled: [UInt8] {
    var table: [UInt8] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(string == nil ? -1 : table.count)
      if let string { table += string + [0] }
    }
    func short(_ value: Int) -> [UInt8] {
      [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
    var result = [Self.wideMagic, names.count, booleans.count, numbers.count, strings.count, table.count]
      .flatMap(short)
    result += names + booleans
    if result.count % 2 == 1 { result.append(0) }
    for number in numbers { result += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * Int32($0))) } }
    result += offsets.flatMap(short) + table
    if result.count % 2 == 1 { result.append(0) }
    let extendedNames = Array("AX\0RGB\0".utf8)
    // Two booleans, no numbers, no strings; two strings in the table, which are the booleans' names.
    result += [2, 0, 0, 2, extendedNames.count].flatMap(short)
    result += [1, 1] + [0, 3].flatMap(short) + extendedNames
    return result
  }

  /// The value of TERMINFO that hands this description to ncurses.
  var environmentValue: String {
    let digits = Array("0123456789abcdef".utf8)
    var text = Array("hex:".utf8)
    for byte in compiled { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
