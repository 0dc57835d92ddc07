import Testing

@testable import Pipeline

@Suite("Making text from outside harmless")
struct PrintableTextTests {
  @Test(
    "what acts on a terminal, hides or reorders goes; what is read stays",
    arguments: [
      ("plain text", "plain text"), ("", ""), ("  two  blanks ", "two blanks"), ("a\tb\nc\r\nd", "a b c d"),
      ("\u{1b}[31mred\u{1b}[0m", "[31mred [0m"), ("\u{9b}2J", "2J"),
      ("\u{1b}]52;c;ZXZpbA==\u{7}", "]52;c;ZXZpbA=="),
      ("user\u{202e}gpj.exe", "usergpj.exe"), ("a\u{200b}b\u{feff}c\u{2060}d", "abcd"), ("a\u{2028}b", "a b"),
      ("nul\u{0}l", "nul l"), ("\u{e000}\u{10ffff}x", "x"), ("tag\u{e0041}", "tag"),
      ("München 王 é e\u{301}", "München 王 é e\u{301}"),
      ("\u{0}\u{1}\u{2}", ""), ("soft\u{ad}hyphen", "softhyphen"), ("\u{ff}", "ÿ"),
    ])
  func clean(text: String, cleaned: String) {
    #expect(PrintableText.clean(text) == cleaned)
  }

  @Test("over-long text is cut, plain or not")
  func long() {
    #expect(PrintableText.clean(String(repeating: "x", count: 5_000)).count == 1_000)
    #expect(PrintableText.clean(String(repeating: "é", count: 5_000)).unicodeScalars.count == 1_000)
  }

  @Test("cleaning twice changes nothing more, and leaves nothing that acts: 20,000 odd texts")
  func idempotent() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<20_000 {
      let cleaned = PrintableText.clean(MaskingTests.oddText(&random))
      #expect(PrintableText.clean(cleaned) == cleaned)
      #expect(cleaned.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
    }
  }
}
