import Testing
import Workstation

@Suite("Display width")
struct DisplayWidthTests {
  @Test(
    "characters take the columns that terminals give them",
    arguments: [
      ("", 0), ("abc", 3), ("héllo", 5), ("e\u{301}", 1), ("日本語", 6), ("한국", 4),
      ("\u{1112}\u{1161}\u{11AB}", 2),
      ("→─█⣿", 4), ("ﾊﾝｶｸ", 4), ("Ａ", 2), ("नि", 2), ("ก็", 1), ("🙂", 2), ("👍🏽", 2), ("👨‍👩‍👧‍👦", 2), ("🏳️‍🌈", 1),
      ("🇩🇪🇫🇷", 4),
      ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("❤\u{FE0F}", 1), ("☝🏽", 1), ("👩🏽‍⚕️", 2), ("🪿", 2),
    ])
  func widths(text: String, expected: Int) {
    #expect(displayWidth(text) == expected)
  }

  @Test("clipping keeps whole characters and says that it clipped")
  func clipping() {
    #expect(clipped("short", to: 5) == "short")
    #expect(clipped("longer text", to: 6) == "longe…")
    #expect(clipped("日本語", to: 5) == "日本…")
    #expect(clipped("日本語", to: 4) == "日…")
    #expect(clipped("e\u{301}e\u{301}e\u{301}", to: 2) == "e\u{301}…")
    #expect(clipped("abc", to: 2, ellipsis: "...") == "")
    #expect(clipped("abc", to: 0) == "")
  }
}

@Suite("Printable text")
struct PrintableTests {
  @Test(
    "what would move the cursor or hide text is replaced by something seen",
    arguments: [
      ("plain", "plain"), ("a\u{1B}[2Jb", "a␛[2Jb"), ("a\tb\r\nc", "a b  c"), ("\u{7}\u{7F}", "␇␡"),
      ("\u{9B}31m", "�31m"), ("\u{202E}moc.live", "�moc.live"), ("pay\u{200B}pal", "pay�pal"),
      ("\u{FEFF}id", "�id"), ("a\u{2028}b", "a b"), ("\u{3164}", "�"), ("a\u{AD}b", "a�b"),
      ("\u{E0041}", "�"),
      ("a\u{200D}b", "a�b"), ("\u{0}", "␀"),
    ])
  func replaced(text: String, expected: String) {
    #expect(printable(text) == expected)
  }

  @Test(
    "names of every script and emoji stay as they are",
    arguments: ["Zoë", "日本", "مرحبا", "नि", "👨‍👩‍👧", "👩🏽‍⚕️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪"])
  func kept(text: String) {
    #expect(printable(text).unicodeScalars.elementsEqual(text.unicodeScalars))
  }

  @Test("a mark without a base gets one, and piles of marks are cut to four")
  func marks() {
    #expect(Array(printable("\u{301}").unicodeScalars) == ["\u{25CC}", "\u{301}"])
    let pile = "a" + String(repeating: "\u{301}", count: 50)
    #expect(printable(pile).unicodeScalars.count == 5)
  }

  @Test("invalid UTF-8 is made harmless by decoding")
  func invalid() {
    #expect(printable(String(decoding: [0x61, 0xFF, 0xC3, 0x62], as: UTF8.self)) == "a��b")
  }
}
