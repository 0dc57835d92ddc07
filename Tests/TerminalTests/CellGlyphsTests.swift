import Testing
import Workstation

@testable import Terminal

@Suite("Cell glyphs")
struct CellGlyphsTests {
  private func painted(_ text: String, isUnicode: Bool = true, libraryWidth: Int? = nil) -> [String] {
    let glyphs = CellGlyphs(isUnicode: isUnicode) { scalar in
      libraryWidth ?? displayWidth(String(Character(scalar)))
    }
    return glyphs.painted(Cell(text: text, width: displayWidth(text), style: .plain)).map { scalars in
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return String(view)
    }
  }

  @Test(
    "what every terminal shows alike is painted as it is",
    arguments: ["a", "─", "⣿", "é", "e\u{301}", "日", "한"])
  func plain(text: String) {
    #expect(painted(text) == [text])
  }

  @Test("of an emoji sequence the first emoji is painted, of a flag its letters")
  func emoji() {
    #expect(painted("👨‍👩‍👧") == ["👨"])
    #expect(painted("👍🏽") == ["👍"])
    #expect(painted("❤\u{FE0F}") == ["❤"])
    #expect(painted("🇩🇪") == ["D", "E"])
  }

  @Test("a character to which the C library gives another width cannot shift its row")
  func unknown() {
    #expect(painted("🪿", libraryWidth: -1) == ["\u{FFFD}", "\u{FFFD}"])
    #expect(painted("日", libraryWidth: 1) == ["\u{FFFD}", "\u{FFFD}"])
  }

  @Test("without UTF-8 everything is ASCII of the same width")
  func ascii() {
    #expect(painted("─", isUnicode: false) == ["-"])
    #expect(painted("┼", isUnicode: false) == ["+"])
    #expect(painted("█", isUnicode: false) == ["#"])
    #expect(painted("⣿", isUnicode: false) == ["*"])
    #expect(painted("ö", isUnicode: false) == ["o"])
    #expect(painted("日", isUnicode: false) == ["?", "?"])
    #expect(painted("🇩🇪", isUnicode: false) == ["?", "?"])
    for value in UInt32(0xA0)...0x2FFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      #expect((0x20..<0x7F).contains(CellGlyphs.ascii(for: scalar).value))
    }
  }

  @Test("the right half of a wide character is nothing of its own")
  func half() {
    let glyphs = CellGlyphs(isUnicode: true) { _ in 1 }
    #expect(glyphs.painted(Cell(text: "", width: 0, style: .plain)).isEmpty)
  }
}

@Suite("Control sequences")
struct ControlSequencesTests {
  @Test("a copy is base64 in OSC 52")
  func copy() {
    #expect(ControlSequences.copy("hi", wrapsForScreen: false) == "\u{1B}]52;c;aGk=\u{7}")
    #expect(ControlSequences.base64(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
    #expect(ControlSequences.base64(Array("abc".utf8)) == "YWJj")
    #expect(ControlSequences.base64([]) == "")
  }

  @Test("a copy is cut at its cap, never within a character")
  func cap() {
    let long = String(repeating: "é", count: ControlSequences.clipboardLimit)
    let sequence = ControlSequences.copy(long, wrapsForScreen: false)
    #expect(sequence.utf8.count <= 100_000 + 10)
    let half = ControlSequences.clipboardLimit / 2
    let whole = ControlSequences.base64(Array(String(repeating: "é", count: half).utf8))
    let isCut = sequence == "\u{1B}]52;c;" + whole + "\u{7}"
    #expect(isCut)
    let shifted = ControlSequences.base64(Array(("a" + String(repeating: "é", count: half - 1)).utf8))
    let isCutBefore =
      ControlSequences.copy("a" + long, wrapsForScreen: false) == "\u{1B}]52;c;" + shifted + "\u{7}"
    #expect(isCutBefore)
  }

  @Test("GNU screen gets a copy in pieces")
  func screen() {
    let sequence = ControlSequences.copy(String(repeating: "a", count: 300), wrapsForScreen: true)
    #expect(sequence.hasPrefix("\u{1B}P\u{1B}]52;c;"))
    #expect(sequence.hasSuffix("\u{7}\u{1B}\\"))
    #expect(sequence.split(separator: "\u{1B}P").count == 2)
  }

  @Test("a title holds no control and is bounded")
  func title() {
    #expect(ControlSequences.title("a\u{1B}]0;x\u{7}b") == "\u{1B}]2;a␛]0;x␇b\u{1B}\\")
    #expect(ControlSequences.title(String(repeating: "x", count: 5_000)).count == 206)
  }
}
