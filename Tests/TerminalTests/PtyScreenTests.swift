import TestSupport
import Testing

/// The terminal through which tests see programs. A program paints for the size it knew last, whatever the terminal became.
@Suite("the tests' own terminal")
struct PtyScreenTests {
  @Test("what was painted for a wider and taller screen harms none that shrank to one cell")
  func shrunk() {
    var screen = PtyScreen(width: 20, height: 6)
    screen.feed("\u{1B}[6;18H\u{1B}7".utf8)
    screen.resize(width: 1, height: 1)
    screen.feed(
      "日本e\u{301}\u{301}❤\u{1B}8日\u{1B}[3;9r\u{1B}[5;12H\u{1B}[4@\u{1B}[4P\u{1B}[9X\u{1B}[K\u{1B}[2Sab日".utf8)
    #expect(screen.lines.count == 1)
    screen.resize(width: 4, height: 2)
    screen.feed("\u{1B}[2J\u{1B}[H日ab".utf8)
    #expect(screen.lines[0] == "日ab")
  }
}
