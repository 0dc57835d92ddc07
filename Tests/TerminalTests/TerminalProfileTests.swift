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
    #expect(try depth(["TERM": "xterm-256color"]) == .indexed)
    #expect(try depth(["TERM": "linux", "COLORTERM": "truecolor"]) == .indexed)
    #expect(try depth(["TERM": "screen-256color", "COLORTERM": "truecolor"]) == .indexed)
    #expect(try depth(["TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x"]) == .truecolor)
  }

  @Test("NO_COLOR is honoured unless it is empty")
  func noColor() throws {
    #expect(try depth(["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"]) == .mono)
    #expect(try depth(["TERM": "xterm-256color", "NO_COLOR": ""]) == .indexed)
  }

  @Test("what terminfo lists bounds the depth")
  func limits() throws {
    for (count, expected) in [
      (0, ColorDepth.mono), (8, .sixteen), (88, .sixteen), (256, .indexed),
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
