import Testing
import Workstation

@testable import Terminal

@Suite("Terminal profile")
struct TerminalProfileTests {
  private func depth(_ environment: [String: String]) throws -> ColorDepth {
    try TerminalProfile(environment: environment, isUnicode: true).colorDepth
  }

  @Test(
    "a terminal without cursor addressing is refused with a hint", arguments: [nil, "", "dumb", "unknown"])
  func refused(name: String?) {
    let error = #expect(throws: TerminalError.self) {
      try TerminalProfile(environment: name.map { ["TERM": $0] } ?? [:], isUnicode: true)
    }
    #expect(error?.code == .dumbTerminal)
    #expect(error?.description.contains("set") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("24-bit colours where the terminal says so, and never for the Linux console or GNU screen")
  func truecolor() throws {
    #expect(try depth(["TERM": "xterm-256color", "COLORTERM": "truecolor"]) == .truecolor)
    #expect(try depth(["TERM": "xterm-kitty"]) == .truecolor)
    #expect(try depth(["TERM": "xterm-256color"]) == .indexed256)
    #expect(try depth(["TERM": "linux", "COLORTERM": "truecolor"]) == .indexed256)
    #expect(try depth(["TERM": "screen-256color", "COLORTERM": "truecolor"]) == .indexed256)
    #expect(try depth(["TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x"]) == .truecolor)
  }

  @Test("NO_COLOR is honoured unless it is empty")
  func noColor() throws {
    #expect(try depth(["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"]) == .mono)
    #expect(try depth(["TERM": "xterm-256color", "NO_COLOR": ""]) == .indexed256)
  }

  @Test("what terminfo lists bounds the depth")
  func limits() throws {
    for (count, expected) in [
      (0, ColorDepth.mono), (8, .eight), (16, .sixteen), (88, .sixteen), (256, .indexed256),
    ] {
      var profile = try TerminalProfile(
        environment: ["TERM": "xterm", "COLORTERM": "24bit"], isUnicode: true)
      profile.limit(toColors: count)
      #expect(profile.colorDepth == expected)
    }
  }

  @Test("queries and OSC go only to terminals that understand them")
  func families() throws {
    let vt100 = try TerminalProfile(environment: ["TERM": "vt100"], isUnicode: true)
    #expect(!vt100.isXtermLike && !vt100.answersModeQueries)
    let screen = try TerminalProfile(environment: ["TERM": "screen-256color"], isUnicode: true)
    #expect(screen.isXtermLike && !screen.answersModeQueries && screen.wrapsForScreen)
    let tmux = try TerminalProfile(environment: ["TERM": "tmux-256color", "TMUX": "x"], isUnicode: true)
    #expect(tmux.isXtermLike && tmux.answersModeQueries && !tmux.wrapsForScreen)
  }
}

@Suite("Colour reduction")
struct ColorReductionTests {
  @Test("every depth shows a colour as near as it can")
  func reduces() {
    let orange = Color.rgb(255, 135, 0)
    #expect(ColorReduction.number(of: orange, depth: .truecolor) == 0xFF8700)
    #expect(ColorReduction.number(of: orange, depth: .indexed256) == 208)
    #expect(ColorReduction.number(of: .rgb(250, 5, 10), depth: .sixteen) == 9)
    #expect(ColorReduction.number(of: .rgb(250, 5, 10), depth: .eight) == 1)
    #expect(ColorReduction.number(of: orange, depth: .mono) == -1)
    #expect(ColorReduction.number(of: .default, depth: .truecolor) == -1)
    #expect(ColorReduction.number(of: .palette(208), depth: .sixteen) < 16)
    #expect(ColorReduction.number(of: .palette(12), depth: .eight) == 4)
    #expect(ColorReduction.number(of: .palette(208), depth: .truecolor) == 208)
  }

  @Test("a 24-bit colour never takes the number of one of the palette")
  func noOverlap() {
    #expect(ColorReduction.number(of: .rgb(0, 0, 0), depth: .truecolor) == 0x100)
    #expect(ColorReduction.number(of: .rgb(0, 0, 255), depth: .truecolor) == 0x1FF)
  }

  @Test(
    "a colour of the 256 is its own nearest", arguments: [UInt8(16), 21, 52, 100, 196, 231, 232, 240, 255])
  func roundTrip(index: UInt8) {
    let color = ColorReduction.components(ofIndex: index)
    let number = ColorReduction.number(
      of: .rgb(UInt8(color.red), UInt8(color.green), UInt8(color.blue)), depth: .indexed256)
    #expect(ColorReduction.components(ofIndex: UInt8(number)) == color)
  }

  @Test("bright palette colours need bold on eight colours")
  func bold() {
    #expect(ColorReduction.needsBold(.palette(9)))
    #expect(!ColorReduction.needsBold(.palette(1)))
    #expect(!ColorReduction.needsBold(.rgb(255, 0, 0)))
  }
}
