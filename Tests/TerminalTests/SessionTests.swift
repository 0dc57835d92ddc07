import Glibc
import TestSupport
import Testing

/// The driver through a real pty: TerminalDemo shows rows, and what it decoded on its last line.
@Suite("Terminal session on a pty", .serialized)
struct SessionTests {
  private func start(
    width: Int = 80, height: Int = 24, _ environment: [String: String] = [:]
  ) throws -> PtyProgram {
    try PtyProgram(PtyProgram.product("TerminalDemo"), width: width, height: height, environment: environment)
  }

  @Test("a screen is painted whole, in its place, with the cursor on the selected row")
  func paints() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    let lines = program.screen.lines
    #expect(lines[0] == " TerminalDemo 80x24 indexed")
    #expect(lines[1] == String(repeating: "─", count: 80))
    #expect(lines[2].hasPrefix(" row 0          Zoë 日本 customer 0"))
    #expect(lines[2].hasSuffix("│ detail of row 0"))
    #expect(lines[3].hasSuffix("│ 👨 DE e\u{301} ❤ x"))
    #expect(lines[23] == "last: none")
    #expect(program.screen.y == 2 && program.screen.x == 0)
    #expect(program.screen.modes.isSuperset(of: [25, 1049, 2004]))
    #expect(program.screen.cells[2][1].attributes.contains("7"))
    #expect(program.screen.title == "TerminalDemo")
    #expect(program.screen.unknown.isEmpty)
  }

  @Test("keys move the selection, the quit key restores the terminal")
  func keys() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.send("jj\u{1B}[B\u{1B}OB\u{1B}[A")
    try #require(program.wait(for: "detail of row 3"))
    program.send("\u{1B}[F")
    try #require(program.wait { $0.text.contains("detail of row 999999") && $0.y == 21 })
    program.send("é日")
    try #require(program.wait(for: "last: key(Key.character(\"日\"))"))
    program.send("\u{1B}")
    try #require(program.wait(for: "last: key(Key.escape)"))
    program.send("\u{3}")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
    #expect(program.screen.text.contains("ended at row 999999: quit"))
  }

  @Test("a burst of keys is decoded whole and drawn in few frames")
  func burst() throws {
    let program = try start(width: 160, height: 48)
    try #require(program.wait(for: "last: none"))
    program.settle()
    let before = program.bytesWritten
    program.send(String(repeating: "\u{1B}[B", count: 50))
    try #require(program.wait(for: "detail of row 50"))
    // A frame may arrive in pieces.
    #expect(program.wait(for: "count 50"))
    program.settle()
    #expect(program.bytesWritten - before < 15_000)
  }

  @Test("an idle program writes nothing, and a key that changes little writes little")
  func idle() throws {
    let program = try start(width: 160, height: 48)
    try #require(program.wait(for: "last: none"))
    program.settle()
    let before = program.bytesWritten
    program.settle(milliseconds: 1_000)
    #expect(program.bytesWritten == before)
    program.send("j")
    try #require(program.wait(for: "detail of row 1"))
    program.settle()
    #expect(program.bytesWritten - before <= 700)
  }

  @Test("results of many threads wake the loop and none is lost")
  func posts() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.send("w")
    #expect(program.wait(for: "posted 8000"))
  }

  @Test("any size at any time; the screen after a storm of sizes is as freshly painted")
  func resizes() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    for (width, height) in [(40, 10), (10, 3), (1, 1), (250, 70), (2, 50), (80, 24), (120, 40)] {
      program.resize(width: width, height: height)
      program.settle(milliseconds: 20)
    }
    try #require(program.wait { $0.lines[0] == " TerminalDemo 120x40 indexed" })
    program.settle()
    let fresh = try start(width: 120, height: 40)
    try #require(fresh.wait(for: "last: none"))
    fresh.settle()
    // The last line and the count tell of the resizes.
    #expect(program.screen.difference(from: fresh.screen.lines, skipping: [5, 39]) == nil)
  }

  @Test("the mouse is off until asked for, and can be switched off again")
  func mouse() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    #expect(!program.screen.modes.contains(1000))
    program.send("m")
    try #require(program.wait { $0.modes.isSuperset(of: [1000, 1006]) })
    program.send("\u{1B}[<0;5;3M")
    #expect(program.wait(for: "press"))
    program.send("m")
    #expect(program.wait { $0.modes.isDisjoint(with: [1000, 1006]) })
  }

  @Test("a paste is one event, a copy goes to the terminal, a title holds no control")
  func pasteCopyTitle() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.send("\u{1B}[200~qq\u{1B}[201~")
    #expect(program.wait(for: "last: paste(\"qq\")"))
    program.send("jy")
    #expect(program.wait { $0.copies == ["c;cm93IDE="] })
    program.send("t")
    #expect(program.wait { $0.title == "row ␛[31m1" })
  }

  @Test(
    "synchronised output is used where the terminal says that it knows it, and only there",
    arguments: [true, false])
  func synchronized(isKnown: Bool) throws {
    let program = try start()
    program.screen.knowsSynchronizedOutput = isKnown
    try #require(program.wait(for: "last: none"))
    program.settle()
    program.send("\u{1B}[F")
    try #require(program.wait(for: "detail of row 999999"))
    program.settle()
    #expect((program.screen.synchronizedFrames > 0) == isKnown)
    #expect(!program.screen.modes.contains(2026))
  }

  @Test(
    "a signal ends it by that signal with the terminal restored",
    arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE])
  func signals(number: Int32) throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.send("m")
    try #require(program.wait { $0.modes.contains(1000) })
    program.signal(number)
    #expect(program.waitForEnd() == .killed(number))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("ctrl-z gives the terminal to the shell, and fg takes it again")
  func suspends() throws {
    let shell = try PtyProgram(
      "/bin/sh", ["-i"], width: 90, height: 24, environment: ["PS1": "shell> ", "ENV": ""])
    try #require(shell.wait(for: "shell>"))
    shell.send(PtyProgram.product("TerminalDemo") + "; echo over $?\n")
    try #require(shell.wait(for: "last: none"))
    shell.send("jjm")
    try #require(shell.wait(for: "detail of row 2"))
    for _ in 0..<2 {
      shell.send("\u{1A}")
      try #require(shell.wait { $0.text.contains("Stopped") && !$0.modes.contains(1049) })
      #expect(shell.screen.modes.isDisjoint(with: [1000, 1006, 2004]))
      shell.send("fg\n")
      try #require(shell.wait { $0.text.contains("detail of row 2") && $0.modes.contains(1049) })
      shell.settle()
      #expect(shell.screen.modes.isSuperset(of: [1000, 1006, 2004]))
      #expect(shell.screen.lines[0].hasPrefix(" TerminalDemo 90x24"))
    }
    shell.send("q")
    #expect(shell.wait(for: "ended at row 2: quit"))
    shell.settle()
    #expect(shell.screen.modes.isDisjoint(with: [1049, 1000, 2004]))
  }

  @Test("a stop that it cannot see is mended on going on")
  func stopped() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.signal(SIGSTOP)
    program.resize(width: 100, height: 30)
    program.signal(SIGCONT)
    #expect(program.wait { $0.lines[0].hasPrefix(" TerminalDemo 100x30") })
  }

  @Test("a terminal that goes away ends it")
  func hangUp() throws {
    let program = try start()
    try #require(program.wait(for: "last: none"))
    program.hangUp()
    let ending = try #require(program.waitForEnd())
    #expect(ending == .killed(SIGHUP) || ending == .exited(0))
  }

  @Test(
    "terminals of every kind show the same text",
    arguments: [
      "xterm", "xterm-256color", "screen-256color", "tmux-256color", "linux", "vt100", "screen", "vt220",
    ])
  func terminals(name: String) throws {
    let program = try start(["TERM": name])
    try #require(program.wait(for: "last: none"))
    program.send("\u{1B}[B\u{1B}[6~\u{1B}[5~")
    try #require(program.wait(for: "count 3"))
    program.settle()
    #expect(program.screen.lines[2].hasPrefix(" row 1 "))
    #expect(program.screen.lines[3].hasSuffix("👨 DE e\u{301} ❤ x"))
    let hasIndexed = program.screen.graphics.contains { $0.contains("38;5;") }
    #expect(hasIndexed == name.hasSuffix("256color"))
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("24-bit colours where COLORTERM says so")
  func truecolor() throws {
    let program = try start(["COLORTERM": "truecolor"])
    try #require(program.wait(for: "last: none"))
    #expect(program.screen.lines[0].hasSuffix("truecolor"))
    #expect(program.screen.cells[0][1].attributes.contains("48;2;0;60;120"))
    #expect(program.screen.cells[0][1].attributes.contains("38;2;255;255;255"))
    #expect(program.screen.cells[1][0].attributes == ["90"])
  }

  @Test("NO_COLOR: attributes alone, no colour")
  func noColor() throws {
    let program = try start(["NO_COLOR": "1", "COLORTERM": "truecolor"])
    try #require(program.wait(for: "last: none"))
    program.settle()
    let numbers = Set(program.screen.graphics.flatMap { $0.split(separator: ";").compactMap { Int($0) } })
    #expect(numbers.isSubset(of: [0, 1, 7, 22, 27, 39, 49]))
    #expect(program.screen.cells[2][1].attributes == ["7"])
  }

  @Test("without a UTF-8 locale everything is ASCII")
  func ascii() throws {
    let program = try start(["LC_ALL": "C"])
    try #require(program.wait(for: "last: none"))
    program.settle()
    let isASCII = program.screen.text.unicodeScalars.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(program.screen.lines[1] == String(repeating: "-", count: 80))
    #expect(program.screen.lines[2].hasPrefix(" row 0          Zoe ???? customer 0"))
  }

  @Test("a UTF-8 locale that the host does not have still shows UTF-8")
  func foreignLocale() throws {
    let program = try start(["LC_ALL": "xx_XX.UTF-8"])
    try #require(program.wait(for: "last: none"))
    #expect(program.screen.lines[1] == String(repeating: "─", count: 80))
  }

  @Test("what is no terminal for it is refused in one line", arguments: ["dumb", "", "no-such-terminal"])
  func refuses(name: String) throws {
    let program = try start(["TERM": name])
    #expect(program.waitForEnd() == .exited(3))
    #expect(program.screen.text.contains("TerminalDemo: "))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("5,000 random keys and sizes: it lives, and its screen is as freshly painted")
  func monkey() throws {
    let program = try start(width: 100, height: 30)
    try #require(program.wait(for: "last: none"))
    let keys = [
      "j", "k", "\u{1B}[A", "\u{1B}[B", "\u{1B}[5~", "\u{1B}[6~", "\u{1B}", "\t", "\r", "é", "日", "\u{1B}[F",
      "\u{1B}[H", "m",
      "y", "t", "\u{C}", "\u{1B}[Z", "\u{1B}OP", "\u{1B}[<64;3;3M", "\u{7F}", "x", "/", "?",
      "\u{1B}[200~p\u{1B}[201~",
    ]
    var random = SeededGenerator(seed: 11)
    for number in 0..<5_000 {
      program.send(keys.randomElement(using: &random) ?? "")
      if number % 250 == 249 {
        program.resize(
          width: .random(in: 1...150, using: &random), height: .random(in: 1...50, using: &random))
        program.settle(milliseconds: 5)
      }
    }
    program.resize(width: 100, height: 30)
    program.send("x\u{1B}[H")
    try #require(program.wait { $0.text.contains("detail of row 0") && $0.lines[0].contains("100x30") })
    program.settle()
    let before = program.screen.lines
    program.send("\u{C}\u{1B}[H")
    program.settle(milliseconds: 500)
    #expect(program.screen.difference(from: before, skipping: [4, 5, 29]) == nil)
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
  }
}
