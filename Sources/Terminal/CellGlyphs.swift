import Workstation

/// What is sent to the terminal for a cell, so that it takes the cell's columns on every terminal.
///
/// Terminals disagree on sequences of emoji, on skin tones, variation selectors and flags, and some know an older
/// Unicode than the screen buffer. Of an emoji sequence the first emoji is painted, of a flag its two letters, and
/// a character to which the C library gives another width becomes �.
struct CellGlyphs {
  let isUnicode: Bool
  /// The C library's idea of a scalar's width, which is that of ncurses.
  let libraryWidth: (Unicode.Scalar) -> Int

  /// The scalars of each column group: one element for a cell, two for a flag or an ASCII substitute of a wide one.
  func painted(_ cell: Cell) -> [[Unicode.Scalar]] {
    let scalars = Array(cell.text.unicodeScalars)
    guard let first = scalars.first, cell.width > 0 else { return [] }
    if first.value < 0x7F && scalars.count == 1 { return [[first]] }
    guard isUnicode else {
      let substitute = Self.ascii(for: first)
      return Array(repeating: [substitute], count: cell.width)
    }
    if let letter = Self.flagLetter(first) {
      let second = scalars.count > 1 ? Self.flagLetter(scalars[1]) : nil
      return cell.width == 1 ? [[letter]] : [[letter], [second ?? " "]]
    }
    guard libraryWidth(first) == cell.width else {
      return Array(repeating: ["\u{FFFD}"], count: cell.width)
    }
    if scalars.count == 1 { return [scalars] }
    var kept = [first]
    for scalar in scalars.dropFirst() {
      if scalar == "\u{200D}" || kept.count == 5 { break }
      let isSelector = (0xFE00...0xFE0F).contains(scalar.value) || scalar.value >= 0xE0000
      let isSkinTone = (0x1F3FB...0x1F3FF).contains(scalar.value)
      if !isSelector && !isSkinTone && libraryWidth(scalar) == 0 { kept.append(scalar) }
    }
    return [kept]
  }

  private static func flagLetter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    guard (0x1F1E6...0x1F1FF).contains(scalar.value) else { return nil }
    return Unicode.Scalar(scalar.value - 0x1F1E6 + 0x41)
  }

  /// A character of the same look in ASCII, or a question mark.
  static func ascii(for scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "─", "━", "╌", "┄", "┈", "╴", "╶", "═", "–", "—", "‐", "‑", "−": return "-"
    case "│", "┃", "╎", "┆", "┊", "╵", "╷", "║": return "|"
    case "▁", "▂": return "_"
    case "▃", "▄": return "="
    case "░", "·", "•", "∙", "⋅": return "."
    case "▒": return ":"
    case "→", "▶", "►", "▸", "›", "»": return ">"
    case "←", "◀", "◄", "◂", "‹", "«": return "<"
    case "↑", "▲", "▴": return "^"
    case "↓", "▼", "▾": return "v"
    case "✓", "✔", "×", "✗", "✘": return scalar == "✓" || scalar == "✔" ? "+" : "x"
    case "●", "◆", "■", "★": return "*"
    case "○", "◇", "□", "☆": return "o"
    case "…": return "~"
    case "\u{A0}", "\u{2800}": return " "
    case "“", "”": return "\""
    case "‘", "’": return "'"
    case "€": return "E"
    default: break
    }
    switch scalar.value {
    case 0x2500...0x257F: return "+"
    case 0x2580...0x259F: return "#"
    case 0x2801...0x28FF: return "*"
    case 0x2400...0x241F: return "^"
    case 0xC0...0x17F: return baseLetter(scalar) ?? "?"
    default: return "?"
    }
  }

  /// The Latin letter without its accents, so that names stay readable.
  private static func baseLetter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    let table = [
      "ÀÁÂÃÄÅĀĂĄ": "A", "àáâãäåāăą": "a", "ÇĆĈĊČ": "C", "çćĉċč": "c", "ÈÉÊËĒĔĖĘĚ": "E", "èéêëēĕėęě": "e",
      "ÌÍÎÏĨĪĬĮİ": "I",
      "ìíîïĩīĭįı": "i", "ÑŃŅŇ": "N", "ñńņň": "n", "ÒÓÔÕÖØŌŎŐ": "O", "òóôõöøōŏő": "o", "ÙÚÛÜŨŪŬŮŰŲ": "U",
      "ùúûüũūŭůűų": "u",
      "ÝŶŸ": "Y", "ýÿŷ": "y", "ŚŜŞŠ": "S", "śŝşšß": "s", "ŹŻŽ": "Z", "źżž": "z", "ŁĹĻĽ": "L", "łĺļľ": "l",
      "ĎĐÐ": "D",
      "ďđð": "d", "ĞĜĠĢ": "G", "ğĝġģ": "g", "ŔŖŘ": "R", "ŕŗř": "r", "ŤŢŦ": "T", "ťţŧ": "t",
    ]
    return table.first { $0.key.unicodeScalars.contains(scalar) }?.value.unicodeScalars.first
  }
}
