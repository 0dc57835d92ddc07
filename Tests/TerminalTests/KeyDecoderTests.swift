import TestSupport
import Testing
import Workstation

@testable import Terminal

@Suite("Key decoder")
struct KeyDecoderTests {
  private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return Self.keys(decoder.decode(text.utf8) + decoder.timeOut())
  }

  private static func keys(_ inputs: [KeyDecoder.Input]) -> [Key] {
    inputs.compactMap { if case .event(.key(let key)) = $0 { key } else { nil } }
  }

  @Test(
    "keys of xterm, the Linux console, rxvt and vt100 are decoded",
    arguments: [
      ("a", [Key.character("a")]), (" ", [.character(" ")]), ("\r", [.enter]), ("\n", [.enter]),
      ("\t", [.tab]),
      ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]), ("\u{3}", [.control("c")]),
      ("\u{0}", [.control(" ")]),
      ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]), ("\u{1B}[1;5C", [.right]), ("\u{1B}[D", [.left]),
      ("\u{1B}[H", [.home]), ("\u{1B}[1~", [.home]), ("\u{1B}OF", [.end]), ("\u{1B}[8~", [.end]),
      ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6~", [.pageDown]), ("\u{1B}[2~", [.insert]),
      ("\u{1B}[3~", [.delete]),
      ("\u{1B}[Z", [.backTab]), ("\u{1B}OP", [.function(1)]), ("\u{1B}[[C", [.function(3)]),
      ("\u{1B}[15~", [.function(5)]), ("\u{1B}[24~", [.function(12)]), ("\u{1B}OM", [.enter]),
      ("é日🙂", [.character("é"), .character("日"), .character("🙂")]),
      ("e\u{301}", [.character("e"), .character("\u{301}")]),
    ] as [(String, [Key])])
  func single(text: String, expected: [Key]) {
    #expect(keys(text) == expected)
  }

  @Test("a burst of keys is decoded whole and in order")
  func burst() {
    let text = String(repeating: "\u{1B}[Bj\u{1B}OA\u{1B}[6~x", count: 50)
    #expect(
      keys(text)
        == Array(repeating: [.down, .character("j"), .up, .pageDown, .character("x")], count: 50).flatMap {
          $0
        })
  }

  @Test("sequences may be cut anywhere")
  func cut() {
    let text = "a\u{1B}[1;5Bé\u{1B}[<0;12;7M日\u{1B}OP\u{1B}[200~x\u{1B}[Ay\u{1B}[201~z\u{1B}[?2026;2$yq"
    var whole = KeyDecoder()
    let expected = whole.decode(text.utf8)
    #expect(expected.count == 10)
    var decoder = KeyDecoder()
    #expect(text.utf8.flatMap { decoder.decode([$0]) } == expected)
  }

  @Test("an escape byte waits for its rest, and is the Escape key when nothing follows")
  func escape() {
    var decoder = KeyDecoder()
    #expect(decoder.decode([0x1B]).isEmpty)
    #expect(decoder.isAwaitingRest)
    #expect(decoder.timeOut() == [.event(.key(.escape))])
    #expect(!decoder.isAwaitingRest)
    #expect(decoder.decode([0x1B]).isEmpty)
    #expect(decoder.decode("[A".utf8) == [.event(.key(.up))])
    #expect(decoder.decode("\u{1B}[".utf8).isEmpty)
    #expect(Self.keys(decoder.timeOut()) == [.escape, .character("[")])
  }

  @Test("Escape and a key that arrive together are two keys", arguments: ["q", "]", "P", "j"])
  func escapeWithKey(key: Character) {
    #expect(keys("\u{1B}\(key)") == [.escape, .character(key)])
  }

  @Test("Escape twice, and before an arrow")
  func escapes() {
    #expect(keys("\u{1B}\u{1B}") == [.escape, .escape])
    #expect(keys("\u{1B}\u{1B}[A") == [.escape, .up])
    #expect(keys("\u{1B}[q") == [.escape, .character("["), .character("q")])
    #expect(keys("\u{1B}[[x") == [.escape, .character("["), .character("["), .character("x")])
    #expect(keys("\u{1B}Ox") == [.character("8")])
    #expect(keys("\u{1B}O\u{7F}") == [.escape, .character("O"), .backspace])
  }

  @Test("unknown sequences and invalid UTF-8 are nothing, and what follows them is kept")
  func unknown() {
    #expect(keys("\u{1B}[99~a\u{1B}[1;2xb") == [.character("a"), .character("b")])
    var decoder = KeyDecoder()
    #expect(Self.keys(decoder.decode([0xFF, 0xC0, 0x80, 0x61])) == [.character("a")])
    #expect(Self.keys(decoder.decode([0xE2, 0x62])) == [.character("b")])
    #expect(Self.keys(decoder.decode([0xC2, 0x9B, 0x63])) == [.character("c")])
  }

  @Test("an endless sequence is given up")
  func endless() {
    var decoder = KeyDecoder()
    _ = decoder.decode("\u{1B}[".utf8)
    for _ in 0..<1_000 { _ = decoder.decode("1;".utf8) }
    #expect(Self.keys(decoder.decode("mx".utf8)).last == .character("x"))
  }

  @Test("the mouse: buttons, drags and the wheel")
  func mouse() {
    var decoder = KeyDecoder()
    let inputs = decoder.decode(
      "\u{1B}[<0;5;3M\u{1B}[<0;5;3m\u{1B}[<2;1;1M\u{1B}[<32;6;3M\u{1B}[<64;1;2M\u{1B}[<65;1;2M".utf8)
    let expected: [MouseEvent] = [
      MouseEvent(action: .press(.left), position: Point(x: 4, y: 2)),
      MouseEvent(action: .release(.left), position: Point(x: 4, y: 2)),
      MouseEvent(action: .press(.right), position: Point(x: 0, y: 0)),
      MouseEvent(action: .drag(.left), position: Point(x: 5, y: 2)),
      MouseEvent(action: .wheelUp, position: Point(x: 0, y: 1)),
      MouseEvent(action: .wheelDown, position: Point(x: 0, y: 1)),
    ]
    #expect(inputs == expected.map { .event(.mouse($0)) })
    #expect(decoder.decode("\u{1B}[<0;5M".utf8).isEmpty)
  }

  @Test("a paste is one event, whatever is in it, and is bounded")
  func paste() {
    var decoder = KeyDecoder()
    #expect(
      decoder.decode("\u{1B}[200~rm -rf\r\u{1B}[B\u{1B}[201~j".utf8)
        == [.event(.paste("rm -rf\r\u{1B}[B")), .event(.key(.character("j")))])
    _ = decoder.decode("\u{1B}[200~".utf8)
    _ = decoder.decode(Array(repeating: 0x61, count: KeyDecoder.pasteLimit + 100))
    #expect(!decoder.isAwaitingRest)
    guard case .event(.paste(let text))? = decoder.decode("\u{1B}[201~".utf8).first else {
      Issue.record("no paste")
      return
    }
    #expect(text.utf8.count == KeyDecoder.pasteLimit)
  }

  @Test("the answer to a query is no key")
  func report() {
    var decoder = KeyDecoder()
    #expect(decoder.decode("\u{1B}[?2026;2$y".utf8) == [.modeReport(mode: 2026, state: 2)])
  }

  @Test("sequences out of terminfo come first")
  func terminfo() {
    var decoder = KeyDecoder(terminalKeys: [Array("\u{1B}K".utf8): .up])
    #expect(decoder.decode("\u{1B}KA".utf8) == [.event(.key(.up)), .event(.key(.character("A")))])
  }

  @Test("no bytes crash it or stay for ever")
  func anything() {
    var decoder = KeyDecoder()
    var random = SeededGenerator(seed: 3)
    for _ in 0..<2_000 {
      // Escapes and brackets often, so that there are sequences of every kind.
      let bytes = (0..<20).map { _ in
        let choices: [UInt8] = [0x1B, 0x5B, .random(in: .min ... .max, using: &random)]
        return choices.randomElement(using: &random) ?? 0
      }
      _ = decoder.decode(bytes)
    }
    _ = decoder.decode("\u{1B}[201~".utf8)
    _ = decoder.timeOut()
    _ = decoder.decode("mm".utf8)
    #expect(Self.keys(decoder.decode("z".utf8)) == [.character("z")])
  }
}
