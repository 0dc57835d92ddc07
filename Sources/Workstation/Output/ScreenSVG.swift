import Pipeline

extension ScreenBuffer {
  /// The screen as an SVG picture with its colours. Lines, bars and braille dots are drawn as shapes, so that they
  /// join whatever font shows the letters.
  ///
  /// - Parameters:
  ///   - title: What the picture shows, for screen readers.
  ///   - ink: What stands for the terminal's own foreground.
  ///   - ground: What stands for the terminal's own background.
  public func svg(title: String, ink: Color, ground: Color) -> String {
    var picture = SVGPicture(ink: ink, ground: ground)
    for y in 0..<size.height { picture.row(y, of: self) }
    let (width, height) = (SVGPicture.cellWidth * size.width, SVGPicture.cellHeight * size.height)
    let (outerWidth, outerHeight) = (width + 2 * SVGPicture.margin, height + 2 * SVGPicture.margin)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(outerWidth) \(outerHeight)" width="\(outerWidth)" \
      height="\(outerHeight)" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" \
      font-size="15">
      <title>\(htmlText(title))</title>
      <rect width="\(outerWidth)" height="\(outerHeight)" rx="8" fill="\(picture.groundCode)"/>
      <g transform="translate(\(SVGPicture.margin) \(SVGPicture.margin))">
      \(picture.body)</g>
      </svg>

      """
  }
}

/// The screen of a state as an SVG picture in the colours of its theme.
public func svg(_ state: State, _ size: Size) -> String {
  view(state, size).svg(
    title: "RiskDeck: \(state.screen.title)", ink: state.palette.ink, ground: state.palette.ground)
}

private struct SVGPicture {
  static let cellWidth = 9
  static let cellHeight = 19
  static let margin = 12

  let ink: Color
  let ground: Color
  private(set) var body = ""

  init(ink: Color, ground: Color) {
    self.ink = ink
    self.ground = ground
  }

  var groundCode: String { Self.code(ground) }

  mutating func row(_ y: Int, of screen: ScreenBuffer) {
    var x = 0
    while x < screen.size.width {
      let style = screen[x, y].style
      var end = x
      while end < screen.size.width, screen[end, y].style == style { end += 1 }
      run(x..<end, y, style, of: screen)
      x = end
    }
  }

  /// Cells of one style: their ground, then shapes and letters.
  private mutating func run(_ columns: Range<Int>, _ y: Int, _ style: Style, of screen: ScreenBuffer) {
    var front = Self.code(style.foreground == .default ? ink : style.foreground)
    var back = Self.code(style.background == .default ? ground : style.background)
    if style.attributes.contains(.reverse) { swap(&front, &back) }
    let (left, top) = (columns.lowerBound * Self.cellWidth, y * Self.cellHeight)
    if back != groundCode {
      body +=
        "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(columns.count * Self.cellWidth)\" "
        + "height=\"\(Self.cellHeight)\" fill=\"\(back)\"/>\n"
    }
    var shapes = ""
    var x = columns.lowerBound
    while x < columns.upperBound {
      let cell = screen[x, y]
      if let scalar = cell.text.unicodeScalars.first,
        let shape = Self.shape(scalar, x: x * Self.cellWidth, y: top)
      {
        shapes += shape
        x += 1
      } else if cell.text == " " || cell.width == 0 {
        x += 1
      } else {
        x = letters(from: x, to: columns.upperBound, y, front, style, of: screen)
      }
    }
    if !shapes.isEmpty {
      let opacity = style.attributes.contains(.dim) ? " opacity=\"0.6\"" : ""
      body += "<path d=\"\(shapes)\" fill=\"\(front)\"\(opacity)/>\n"
    }
  }

  /// Writes letters up to the next shape or double space; the text is stretched to its cells.
  private mutating func letters(
    from start: Int, to end: Int, _ y: Int, _ color: String, _ style: Style, of screen: ScreenBuffer
  ) -> Int {
    var text = ""
    var x = start
    while x < end {
      let cell = screen[x, y]
      if cell.width > 0 {
        if let scalar = cell.text.unicodeScalars.first, Self.shape(scalar, x: 0, y: 0) != nil { break }
        if cell.text == " ", x + 1 >= end || screen[x + 1, y].text == " " { break }
        text += cell.text
      }
      x += 1
    }
    var attributes = ""
    if style.attributes.contains(.bold) { attributes += " font-weight=\"bold\"" }
    if style.attributes.contains(.italic) { attributes += " font-style=\"italic\"" }
    if style.attributes.contains(.underline) { attributes += " text-decoration=\"underline\"" }
    if style.attributes.contains(.dim) { attributes += " opacity=\"0.6\"" }
    body +=
      "<text x=\"\(start * Self.cellWidth)\" y=\"\(y * Self.cellHeight + 14)\" "
      + "textLength=\"\((x - start) * Self.cellWidth)\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" "
      + "fill=\"\(color)\"\(attributes)>\(htmlText(text))</text>\n"
    return x
  }

  /// The path of a line, block or braille character; nil: it is a letter.
  private static func shape(_ scalar: Unicode.Scalar, x: Int, y: Int) -> String? {
    let (width, height) = (cellWidth, cellHeight)
    func rect(_ left: Int, _ top: Int, _ wide: Int, _ high: Int) -> String {
      "M\(x + left) \(y + top)h\(wide)v\(high)h-\(wide)z"
    }
    switch scalar.value {
    case 0xB7: return rect(width / 2, height / 2, 2, 2)
    case 0x2588: return rect(0, 0, width, height)
    case 0x2581...0x2587:
      let high = max(1, height * Int(scalar.value - 0x2580) / 8)
      return rect(0, height - high, width, high)
    case 0x2589...0x258F: return rect(0, 0, max(1, width * Int(0x2590 - scalar.value) / 8), height)
    case 0x2591...0x2593:
      // Shades as rows of dots, more of them the darker.
      let step = 6 - Int(scalar.value - 0x2590)
      return stride(from: 1, to: height, by: step).map { rect(0, $0, width, 1) }.joined()
    case 0x2800...0x28FF: return braille(UInt8(scalar.value - 0x2800), x: x, y: y)
    default: break
    }
    guard let arms = lineArms[scalar] else { return nil }
    let (middleX, middleY) = (width / 2, height / 2)
    var path = ""
    if arms.contains(.left) { path += rect(0, middleY, middleX + 1, 1) }
    if arms.contains(.right) { path += rect(middleX, middleY, width - middleX, 1) }
    if arms.contains(.up) { path += rect(middleX, 0, arms.contains(.heavy) ? 3 : 1, middleY + 1) }
    if arms.contains(.down) {
      path += rect(middleX, middleY, arms.contains(.heavy) ? 3 : 1, height - middleY)
    }
    return path
  }

  private struct Arms: OptionSet {
    let rawValue: UInt8
    static let left = Arms(rawValue: 1)
    static let right = Arms(rawValue: 2)
    static let up = Arms(rawValue: 4)
    static let down = Arms(rawValue: 8)
    static let heavy = Arms(rawValue: 16)
  }

  private static let lineArms: [Unicode.Scalar: Arms] = [
    "─": [.left, .right], "│": [.up, .down], "╭": [.right, .down], "╮": [.left, .down], "╰": [.right, .up],
    "╯": [.left, .up], "├": [.up, .down, .right], "┤": [.up, .down, .left], "┬": [.left, .right, .down],
    "┴": [.left, .right, .up], "┼": [.left, .right, .up, .down], "└": [.right, .up],
    "┃": [.up, .down, .heavy],
  ]

  private static func braille(_ dots: UInt8, x: Int, y: Int) -> String {
    let bits: [(UInt8, Int, Int)] = [
      (0x01, 0, 0), (0x02, 0, 1), (0x04, 0, 2), (0x40, 0, 3), (0x08, 1, 0), (0x10, 1, 1), (0x20, 1, 2),
      (0x80, 1, 3),
    ]
    return bits.filter { dots & $0.0 != 0 }.map { _, column, row in
      "M\(x + 1 + column * 4) \(y + 1 + row * 5)h3v3h-3z"
    }.joined()
  }

  private static func code(_ color: Color) -> String {
    guard let (red, green, blue) = color.components else { return "none" }
    let digits = [red, green, blue].map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    return "#" + digits
  }
}
