import TestSupport
import Testing
import Workstation

@Suite("Screen buffer")
struct ScreenBufferTests {
  let red = Style(foreground: .rgb(255, 0, 0), attributes: .bold)

  @Test("a new screen is spaces of its exact size")
  func blank() {
    let screen = ScreenBuffer(size: Size(width: 4, height: 2))
    #expect(screen.lines == ["    ", "    "])
    #expect(screen[0, 0] == .blank)
    #expect(ScreenBuffer(size: Size(width: -3, height: 2)).lines == ["", ""])
  }

  @Test("text is written where it is asked for, in its style, and the columns are returned")
  func writes() {
    var screen = ScreenBuffer(size: Size(width: 8, height: 2))
    #expect(screen.write("abc", at: 2, 1, style: red) == 3)
    #expect(screen.lines == ["        ", "  abc   "])
    #expect(screen[3, 1] == Cell(text: "b", width: 1, style: red))
    #expect(screen[5, 1].style == .plain)
  }

  @Test("text is clipped to the screen, to maxWidth, and at the left edge")
  func clips() {
    var screen = ScreenBuffer(size: Size(width: 5, height: 1))
    #expect(screen.write("abcdefgh", at: 2, 0) == 3)
    #expect(screen.lines == ["  abc"])
    #expect(screen.write("xyz", at: 0, 0, maxWidth: 2) == 2)
    #expect(screen.lines == ["xyabc"])
    #expect(screen.write("12345", at: -3, 0) == 5)
    #expect(screen.lines == ["45abc"])
    #expect(screen.write("no", at: 0, 7) == 0)
    #expect(screen.write("no", at: 9, 0) == 0)
    #expect(screen.write("no", at: 0, -1) == 0)
    #expect(screen.write("no", at: 0, 0, maxWidth: -2) == 0)
    #expect(screen.lines == ["45abc"])
  }

  @Test("a wide character takes two cells, the second empty")
  func wide() {
    var screen = ScreenBuffer(size: Size(width: 6, height: 1))
    #expect(screen.write("日👨‍👩‍👧x", at: 0, 0) == 5)
    #expect(screen[0, 0].width == 2)
    #expect(screen[1, 0] == Cell(text: "", width: 0, style: .plain))
    #expect(screen[2, 0].text == "👨‍👩‍👧")
    #expect(screen.lines == ["日👨‍👩‍👧x "])
  }

  @Test("a wide character that does not fit becomes a space")
  func wideAtTheEdge() {
    var screen = ScreenBuffer(size: Size(width: 4, height: 1))
    #expect(screen.write("a日本", at: 0, 0) == 4)
    #expect(screen.lines == ["a日 "])
    #expect(screen.write("日本", at: -1, 0) == 4)
    #expect(screen.lines == [" 本 "])
    var narrow = ScreenBuffer(size: Size(width: 4, height: 1))
    #expect(narrow.write("日本", at: 0, 0, maxWidth: 3) == 3)
    #expect(narrow.lines == ["日  "])
  }

  @Test("overwriting one half of a wide character leaves a space in the other", arguments: [0, 1])
  func mends(column: Int) {
    var screen = ScreenBuffer(size: Size(width: 4, height: 1))
    screen.write("日本", at: 0, 0)
    screen.write("x", at: column, 0)
    #expect(screen.lines == [column == 0 ? "x 本" : " x本"])
    screen.write("語", at: 1, 0)
    #expect(screen.lines.first?.hasSuffix("語 ") == true)
  }

  @Test("a fill cuts wide characters at its edges")
  func fills() {
    var screen = ScreenBuffer(size: Size(width: 6, height: 2))
    screen.write("日本語", at: 0, 0)
    screen.write("日本語", at: 0, 1)
    screen.fill(Rect(x: 1, y: 0, width: 4, height: 1), style: red)
    #expect(screen.lines == ["      ", "日本語"])
    #expect(screen[0, 0].style == .plain)
    #expect(screen[1, 0].style == red)
    #expect(screen[4, 0].style == red)
    #expect(screen[5, 0].style == .plain)
    screen.fill(Rect(x: -5, y: -5, width: 100, height: 100))
    #expect(screen == ScreenBuffer(size: Size(width: 6, height: 2)))
  }

  @Test("text from outside cannot smuggle controls into a cell")
  func harmless() {
    var screen = ScreenBuffer(size: Size(width: 10, height: 1))
    screen.write("\u{1B}]0;x\u{7}\u{202E}", at: 0, 0)
    #expect(screen.lines == ["␛]0;x␇�   "])
  }

  @Test("a mark joins its base in one cell")
  func combining() {
    var screen = ScreenBuffer(size: Size(width: 3, height: 1))
    #expect(screen.write("e\u{301}a\u{308}", at: 0, 0) == 2)
    #expect(screen[0, 0].text.unicodeScalars.count == 2)
    #expect(screen[1, 0].text == "a\u{308}")
  }

  @Test("screens are equal by what they show, not by how they came about")
  func equality() {
    var one = ScreenBuffer(size: Size(width: 6, height: 1))
    var two = one
    one.write("e\u{301}👍🏽", at: 0, 0)
    two.write("👍🏽", at: 1, 0)
    #expect(one != two)
    two.write("e\u{301}", at: 0, 0)
    #expect(one == two)
    #expect(one.hashValue == two.hashValue)
    two.cursor = Point(x: 1, y: 0)
    #expect(one != two)
  }

  @Test("a screen drawn into another is clipped on all sides and keeps wide characters whole")
  func drawing() {
    var overlay = ScreenBuffer(size: Size(width: 4, height: 2), style: red)
    overlay.write("日e\u{301}x", at: 0, 0)
    overlay.write("ab日", at: 0, 1)
    var screen = ScreenBuffer(size: Size(width: 6, height: 2))
    screen.write("......", at: 0, 0)
    screen.write("......", at: 0, 1)
    var left = screen
    left.draw(overlay, at: -1, 0)
    #expect(left.lines == [" e\u{301}x...", "b日..."])
    var right = screen
    right.draw(overlay, at: 3, 1)
    #expect(right.lines == ["......", "...日e\u{301}"])
    var below = screen
    below.draw(overlay, at: 3, -1)
    #expect(below.lines == ["...ab ", "......"])
    #expect(below[5, 0] == .blank)
  }

  @Test("the changes of a row are those of its cells, also against another row")
  func changes() {
    let before = ScreenBuffer(size: Size(width: 10, height: 2))
    var after = before
    #expect(!after.changes(inRow: 0, since: before, row: 0).contains(true))
    after.write("x", at: 3, 0)
    after.write("e\u{301}", at: 7, 0)
    #expect(
      after.changes(inRow: 0, since: before, row: 0).enumerated().filter(\.element).map(\.offset) == [3, 7])
    #expect(!after.changes(inRow: 1, since: before, row: 0).contains(true))
    var moved = before
    moved.write("x", at: 3, 1)
    moved.write("e\u{301}", at: 7, 1)
    #expect(!moved.changes(inRow: 1, since: after, row: 0).contains(true))
    #expect(moved.rowHash(1) == after.rowHash(0))
    #expect(moved.rowHash(0) != after.rowHash(0))
  }

  @Test("any text anywhere leaves every cell printable and every wide character whole")
  func invariants() {
    var random = SeededGenerator(seed: 7)
    let pieces = [
      "a", "日", "e\u{301}", "👨‍👩‍👧", "🇩🇪", "\u{1B}", "\u{301}", "\u{200D}", "\u{202E}", "─", "👍🏽", "\u{FE0F}", "한",
      "\u{11AB}",
      "🇩", "\t", "\u{E0067}",
    ]
    var screen = ScreenBuffer(size: Size(width: 12, height: 3))
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }.joined()
      let x = Int.random(in: -4...14, using: &random)
      let y = Int.random(in: 0...2, using: &random)
      switch Int.random(in: 0...3, using: &random) {
      case 0: screen.fill(Rect(x: x, y: y, width: 3, height: 2))
      case 1:
        let copy = screen
        screen.draw(copy, at: x, y)
      default: screen.write(text, at: x, y, maxWidth: Int.random(in: 0...12, using: &random))
      }
      for row in 0..<3 {
        var column = 0
        while column < 12 {
          let cell = screen[column, row]
          guard cell.width > 0, displayWidth(cell.text) == cell.width, printable(cell.text) == cell.text
          else {
            Issue.record("cell \(column),\(row) holds \(cell) after writing \(text.debugDescription) at \(x)")
            return
          }
          if cell.width == 2 {
            #expect(column + 1 < 12 && screen[column + 1, row].width == 0)
          }
          column += cell.width
        }
      }
    }
  }
}

@Suite("Geometry")
struct GeometryTests {
  @Test("rectangles meet, shrink and hold points, and never have a negative side")
  func rectangles() {
    let rect = Rect(x: 2, y: 1, width: 4, height: 3)
    #expect(
      rect.intersection(Rect(x: 4, y: 0, width: 10, height: 2)) == Rect(x: 4, y: 1, width: 2, height: 1))
    #expect(rect.intersection(Rect(x: 40, y: 0, width: 1, height: 1)).isEmpty)
    #expect(rect.inset(columns: 1, rows: 1) == Rect(x: 3, y: 2, width: 2, height: 1))
    #expect(rect.inset(columns: 3, rows: 3).isEmpty)
    #expect(rect.contains(Point(x: 5, y: 3)))
    #expect(!rect.contains(Point(x: 6, y: 3)))
  }
}
