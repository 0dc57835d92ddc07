import TestSupport
import Testing
import Workstation

@testable import Terminal

/// Frames as bytes: whatever was on the screen, a terminal that reads them shows the next screen.
@Suite("Frame encoder")
struct FrameEncoderTests {
  private static let abilities: [String: ScreenAbilities] = {
    var tmux = ScreenAbilities()
    (tmux.erasesInColor, tmux.erasesCharacters, tmux.repeatsCharacters) = (false, false, false)
    var vt100 = tmux
    vt100.colorCount = 0
    vt100.attributes = [.bold, .underline, .reverse]
    vt100.endsAttributes = false
    var console = ScreenAbilities()
    console.colorCount = 8
    console.colorableAttributes = [.bold, .reverse]
    console.repeatsCharacters = false
    var rigid = ScreenAbilities()
    rigid.scrollsRegions = false
    return [
      "xterm": ScreenAbilities(), "tmux": tmux, "vt100": vt100, "console": console, "no regions": rigid,
    ]
  }()

  private static func encoder(_ name: String = "xterm") -> FrameEncoder {
    let abilities = abilities[name] ?? ScreenAbilities()
    let depth: ColorDepth =
      abilities.colorCount == 0 ? .mono : abilities.colorCount < 16 ? .sixteen : .truecolor
    return FrameEncoder(
      abilities: abilities, depth: depth,
      glyphs: CellGlyphs(isUnicode: true) {
        (0x300..<0x370).contains($0.value) ? 0 : (0x3000..<0xFF00).contains($0.value) ? 2 : 1
      })
  }

  /// Of a space only the background is seen, unless it is underlined or reversed.
  private static func look(_ screen: PtyScreen) -> [[String]] {
    screen.cells.map { row in
      row.map { cell in
        let seen = cell.attributes.filter { attribute in
          cell.text != " " || attribute.hasPrefix("4") || attribute == "7" || attribute.hasPrefix("10")
            || cell.attributes.contains("4") || cell.attributes.contains("7")
        }
        return cell.text + "|" + seen.sorted().joined(separator: ",")
      }
    }
  }

  private static func randomStyle(_ random: inout SeededGenerator) -> Style {
    let colors: [Color] = [
      .default, .palette(2), .palette(9), .palette(200), .rgb(31, 37, 48), .rgb(200, 10, 10),
    ]
    let attributes: [Style.Attributes] = [[], [], [], .bold, .underline, .reverse, [.bold, .italic], .dim]
    return Style(
      foreground: colors.randomElement(using: &random) ?? .default,
      background: Bool.random(using: &random) ? .default : colors.randomElement(using: &random) ?? .default,
      attributes: attributes.randomElement(using: &random) ?? [])
  }

  /// Writes over some of the screen, or moves its rows, as screens do.
  private static func change(_ buffer: ScreenBuffer, _ random: inout SeededGenerator) -> ScreenBuffer {
    var next = buffer
    if Int.random(in: 0..<4, using: &random) == 0 {
      let rows = ScreenBuffer(size: buffer.size)
      next = rows
      next.draw(buffer, at: 0, Int.random(in: -3...3, using: &random))
    }
    let texts = [
      "customer 4711", "─────────────────", "日本 text", "a      b         c", "           ", "e\u{301}x", "│",
    ]
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let x = Int.random(in: 0..<buffer.size.width, using: &random)
      let y = Int.random(in: 0..<buffer.size.height, using: &random)
      let style = randomStyle(&random)
      if Int.random(in: 0..<4, using: &random) == 0 {
        next.fill(Rect(x: x, y: y, width: Int.random(in: 1...40, using: &random), height: 2), style: style)
      } else {
        next.write(texts.randomElement(using: &random) ?? "", at: x, y, style: style)
      }
    }
    return next
  }

  @Test(
    "after any chain of changes the terminal shows what a whole paint shows",
    arguments: abilities.keys.sorted())
  func equivalence(name: String) {
    var random = SeededGenerator(seed: 20_261_124)
    var encoder = Self.encoder(name)
    let size = Size(width: 60, height: 18)
    var screen = PtyScreen(width: size.width, height: size.height)
    var shown: ScreenBuffer?
    var next = ScreenBuffer(size: size)
    for step in 0..<400 {
      next = Self.change(next, &random)
      screen.feed(encoder.encode(next, over: shown, cursor: Point(x: 3, y: 4)).bytes)
      var fresh = PtyScreen(width: size.width, height: size.height)
      fresh.feed(encoder.encode(next, over: nil).bytes)
      let (seen, wanted) = (Self.look(screen), Self.look(fresh))
      let row = seen.indices.first { seen[$0] != wanted[$0] }
      let cell = row.flatMap { row in seen[row].indices.first { seen[row][$0] != wanted[row][$0] } }
      #expect(row == nil, "\(name), step \(step), row \(row ?? 0), column \(cell ?? 0)")
      #expect(screen.x == 3 && screen.y == 4)
      #expect(screen.unknown.isEmpty)
      // What a whole paint shows is what the buffer says.
      #expect(fresh.difference(from: next.lines.map(Self.trimmed)) == nil)
      shown = next
    }
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  @Test("an equal screen is no byte but the cursor's place")
  func unchanged() {
    var encoder = Self.encoder()
    var screen = ScreenBuffer(size: Size(width: 80, height: 24))
    screen.write("text", at: 5, 5)
    let frame = encoder.encode(screen, over: screen)
    #expect(frame.bytes.isEmpty)
    #expect(frame.changedCells == 0)
  }

  @Test("spaces that look alike are not written for their style's sake")
  func invisible() {
    var encoder = Self.encoder()
    let blank = ScreenBuffer(size: Size(width: 80, height: 24))
    var styled = blank
    styled.fill(
      Rect(x: 0, y: 0, width: 80, height: 24), style: Style(foreground: .palette(3), attributes: .bold))
    #expect(encoder.encode(styled, over: blank).bytes.isEmpty)
    styled.fill(Rect(x: 0, y: 0, width: 9, height: 1), style: Style(attributes: .underline))
    #expect(!encoder.encode(styled, over: blank).bytes.isEmpty)
  }

  @Test("a border is a few bytes, not three for each of its characters")
  func borders() {
    var encoder = Self.encoder()
    var screen = ScreenBuffer(size: Size(width: 160, height: 48))
    let blank = screen
    screen.write(String(repeating: "─", count: 160), at: 0, 0, style: Style(foreground: .rgb(1, 2, 3)))
    for y in 1..<48 { screen.write("│", at: 0, y, style: Style(foreground: .rgb(1, 2, 3))) }
    #expect(encoder.encode(screen, over: blank).bytes.count < 300)
  }

  @Test("the selected row moves on in few bytes: a colour in both rows is set once")
  func selection() {
    let plain = Color.rgb(213, 217, 224)
    func list(selected: Int) -> ScreenBuffer {
      var screen = ScreenBuffer(size: Size(width: 160, height: 20))
      for y in 1..<19 {
        let background: Color = y == selected ? .rgb(47, 75, 115) : .default
        let text = Style(foreground: y == selected ? .rgb(255, 255, 255) : plain, background: background)
        screen.fill(Rect(x: 1, y: y, width: 158, height: 1), style: text)
        screen.write("customer \(y)", at: 2, y, style: text)
        screen.write(
          "critical", at: 40, y, style: Style(foreground: .rgb(240, 120, 124), background: background))
        screen.write("London", at: 90, y, style: text)
      }
      return screen
    }
    var encoder = Self.encoder()
    let frame = encoder.encode(list(selected: 5), over: list(selected: 4))
    let text = String(decoding: frame.bytes, as: UTF8.self)
    #expect(text.count(of: "38;2;240;120;124") == 1)
    // The first row is addressed for its erasing and its text at once.
    #expect(text.count(of: "H") == 1)
    #expect(frame.bytes.count < 230, "\(frame.bytes.count)")
  }

  @Test("rows that move by one are moved by the terminal")
  func scrolling() {
    func list(_ first: Int) -> ScreenBuffer {
      var screen = ScreenBuffer(size: Size(width: 100, height: 30))
      screen.write("title", at: 0, 0)
      for y in 1..<29 { screen.write("row \(first + y) \(String(repeating: "x", count: 60))", at: 2, y) }
      screen.write("foot", at: 0, 29)
      return screen
    }
    #expect(ScrollPlan.find(from: list(0), to: list(1)) == ScrollPlan(region: 1...28, distance: 1))
    #expect(ScrollPlan.find(from: list(3), to: list(1)) == ScrollPlan(region: 1...28, distance: -2))
    #expect(ScrollPlan.find(from: list(1), to: list(1)) == nil)
    var encoder = Self.encoder()
    #expect(encoder.encode(list(1), over: list(0)).bytes.count < 150)
  }

  @Test("styles of 24-bit, 256, 16 and 8 colours and of none")
  func renditions() {
    let style = Style(foreground: .rgb(255, 0, 0), background: .palette(12), attributes: [.bold, .underline])
    func sequence(_ name: String, _ depth: ColorDepth) -> String {
      let abilities = Self.abilities[name] ?? ScreenAbilities()
      return Rendition(style, depth: depth, abilities: abilities).sequence(after: .plain, abilities)
    }
    #expect(sequence("xterm", .truecolor) == "\u{1B}[1;4;38;2;255;0;0;104m")
    #expect(sequence("xterm", .indexed) == "\u{1B}[1;4;38;5;196;104m")
    #expect(sequence("xterm", .sixteen) == "\u{1B}[1;4;91;104m")
    // The Linux console shows no underline beside colours.
    #expect(sequence("console", .sixteen) == "\u{1B}[1;31;44m")
    #expect(sequence("vt100", .mono) == "\u{1B}[1;4m")
  }

  @Test("of two ways to change a style the shorter is taken")
  func shortest() {
    let xterm = ScreenAbilities()
    let bold = Rendition(foreground: .palette(1), background: .default, attributes: .bold)
    let thin = Rendition(foreground: .palette(1), background: .default, attributes: [])
    #expect(thin.sequence(after: bold, xterm) == "\u{1B}[22m")
    #expect(Rendition.plain.sequence(after: bold, xterm) == "\u{1B}[m")
    #expect(bold.sequence(after: bold, xterm).isEmpty)
    #expect(thin.sequence(after: bold, Self.abilities["vt100"] ?? xterm) == "\u{1B}[0;31m")
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func count(of text: String) -> Int {
    ranges(of: text).count
  }
}
