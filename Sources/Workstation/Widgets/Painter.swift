import Languages
import Pipeline

/// A place on the screen that a click means something on.
struct HitTarget: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case tab(Int)
    /// A card or section.
    case panel(Int)
    /// A row of a card or section, by its place in the order shown.
    case row(panel: Int, position: Int)
    /// A row of the list that lies over the screen.
    case item(Int)
  }

  let rect: Rect
  let part: Part
}

/// Draws onto a screen buffer with a theme, and notes what a click would mean.
struct Painter {
  private(set) var buffer: ScreenBuffer
  let palette: Palette
  let glyphs: Glyphs
  let text: ValueText
  /// Seconds since 1970.
  let now: Double
  private(set) var targets: [HitTarget] = []
  /// Whether the screen has the keys (no overlay does).
  var isActive = true

  init(size: Size, palette: Palette, glyphs: Glyphs, text: ValueText, now: Double) {
    self.palette = palette
    self.glyphs = glyphs
    self.text = text
    self.now = now
    buffer = ScreenBuffer(size: size, style: palette[.text])
  }

  var language: Language { text.language }

  mutating func target(_ rect: Rect, _ part: HitTarget.Part) {
    targets.append(HitTarget(rect: rect, part: part))
  }

  mutating func setCursor(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < buffer.size.width, y < buffer.size.height else { return }
    buffer.cursor = Point(x: x, y: y)
  }

  mutating func hideCursor() { buffer.cursor = nil }

  // MARK: Text

  /// Writes a text, cut with an ellipsis where it is too wide.
  /// - Returns: The columns written.
  @discardableResult
  mutating func write(_ text: String, _ x: Int, _ y: Int, width: Int, style: Style) -> Int {
    guard width > 0 else { return 0 }
    let shown = glyphs.isASCII ? asciiText(printable(text)) : text
    // Most texts fit by far: the exact width is worked out for the others alone.
    let fits = shown.utf8.count <= width
    return buffer.write(
      fits ? shown : clipped(printable(shown), to: width, ellipsis: glyphs.ellipsis), at: x, y,
      maxWidth: width,
      style: style)
  }

  @discardableResult
  mutating func write(_ text: String, _ x: Int, _ y: Int, width: Int, _ role: Role = .text) -> Int {
    write(text, x, y, width: width, style: palette[role])
  }

  /// Writes a text so that it ends at the right of `width` columns.
  mutating func writeRight(_ text: String, _ x: Int, _ y: Int, width: Int, style: Style) {
    let shown = glyphs.isASCII ? asciiText(printable(text)) : text
    let length = min(width, displayWidth(shown))
    write(shown, x + width - length, y, width: length, style: style)
  }

  mutating func writeRight(_ text: String, _ x: Int, _ y: Int, width: Int, _ role: Role = .text) {
    writeRight(text, x, y, width: width, style: palette[role])
  }

  mutating func writeCentered(_ text: String, in area: Rect, y: Int, _ role: Role = .text) {
    let length = min(area.width, displayWidth(text))
    write(text, area.x + (area.width - length) / 2, y, width: length, role)
  }

  mutating func fill(_ rect: Rect, _ role: Role) {
    buffer.fill(rect, style: palette[role])
  }

  mutating func fill(_ rect: Rect, style: Style) {
    buffer.fill(rect, style: style)
  }

  mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
    buffer.restyle(rect, change)
  }

  mutating func horizontalLine(_ x: Int, _ y: Int, width: Int, _ role: Role = .border) {
    guard width > 0 else { return }
    buffer.write(String(repeating: glyphs.horizontal, count: width), at: x, y, style: palette[role])
  }

  // MARK: Boxes

  /// Draws a box with its title in the upper border, and a note at that border's right end.
  /// - Returns: The area within, a column of air at either side where there is room.
  @discardableResult
  mutating func box(
    _ rect: Rect, title: String, note: String = "", isFocused: Bool = false, noteRole: Role = .muted
  ) -> Rect {
    guard rect.width >= 4, rect.height >= 2 else { return Rect(x: rect.x, y: rect.y, width: 0, height: 0) }
    let title = language(title)
    let border = palette[isFocused ? .borderFocused : .border]
    let line = String(repeating: glyphs.horizontal, count: rect.width - 2)
    buffer.write(glyphs.topLeft + line + glyphs.topRight, at: rect.x, rect.y, style: border)
    buffer.write(glyphs.bottomLeft + line + glyphs.bottomRight, at: rect.x, rect.maxY - 1, style: border)
    for y in rect.y + 1..<max(rect.y + 1, rect.maxY - 1) {
      buffer.write(glyphs.vertical, at: rect.x, y, style: border)
      buffer.write(glyphs.vertical, at: rect.maxX - 1, y, style: border)
    }
    var titleEnd = rect.x + 2
    if !title.isEmpty, rect.width > 6 {
      let room = rect.width - 6
      let written = write(" \(title) ", titleEnd, rect.y, width: room, isFocused ? .title : .text)
      if isFocused {
        restyle(Rect(x: titleEnd, y: rect.y, width: written, height: 1)) { $0.attributes.insert(.bold) }
      }
      titleEnd += written
    }
    let noteWidth = displayWidth(note) + 2
    if !note.isEmpty, rect.maxX - 2 - titleEnd > noteWidth {
      write(" \(note) ", rect.maxX - 2 - noteWidth, rect.y, width: noteWidth, noteRole)
    }
    let air = rect.width >= 24 ? 1 : 0
    return Rect(x: rect.x + 1 + air, y: rect.y + 1, width: rect.width - 2 - 2 * air, height: rect.height - 2)
  }

  /// The mark of how far a list is scrolled, drawn over the right border of its box.
  mutating func scrollMark(_ box: Rect, total: Int, top: Int, page: Int) {
    let height = box.height - 2
    guard total > page, page > 0, height > 1 else { return }
    let length = max(1, min(height, height * page / total))
    let start = min(height - length, (height - length) * top / max(1, total - page))
    for y in 0..<length {
      write(glyphs.scrollThumb, box.maxX - 1, box.y + 1 + start + y, width: 1, .accent)
    }
  }

  /// A line in the middle of an area without rows: why there are none.
  mutating func emptyNote(_ text: String, in area: Rect, _ role: Role = .muted) {
    guard area.width > 4, area.height > 0 else { return }
    let lines = wrap(language(text), to: area.width - 2).prefix(area.height)
    let y = area.y + (area.height - lines.count) / 2
    for (index, line) in lines.enumerated() { writeCentered(line, in: area, y: y + index, role) }
  }
}

/// The text with what is not ASCII replaced, as many columns wide as before.
func asciiText(_ text: String) -> String {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
  var result = ""
  for character in text {
    if character.isASCII {
      result.append(character)
      continue
    }
    switch character {
    case "…": result += "~"
    case "·", "–", "—", "─": result += "-"
    case "├", "└": result += "+"
    case "│": result += "|"
    case "→", "›", "▸": result += ">"
    case "×", "✗": result += "x"
    case "✓": result += "+"
    case "○": result += "o"
    case "≥", "≤", "≈": result += "~"
    case "’", "‘": result += "'"
    case "“", "”": result += "\""
    case "á", "à", "â", "ä", "ã", "å": result += "a"
    case "é", "è", "ê", "ë": result += "e"
    case "í", "ì", "î", "ï": result += "i"
    case "ó", "ò", "ô", "ö", "õ": result += "o"
    case "ú", "ù", "û", "ü": result += "u"
    case "ñ": result += "n"
    case "ç": result += "c"
    case "Á", "À", "Â", "Ä", "Ã", "Å": result += "A"
    case "É", "È", "Ê", "Ë": result += "E"
    case "Í", "Ì", "Î", "Ï": result += "I"
    case "Ó", "Ò", "Ô", "Ö", "Õ": result += "O"
    case "Ú", "Ù", "Û", "Ü": result += "U"
    case "Ñ": result += "N"
    case "Ç": result += "C"
    case "¿": result += "?"
    case "¡": result += "!"
    default: result += String(repeating: "?", count: max(1, displayWidth(String(character))))
    }
  }
  return result
}
