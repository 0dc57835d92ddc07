import Glibc
import TestSupport
import Testing

/// What each screen shows once its data are there.
private let screenTexts = [
  ("1", "Data tests"), ("2", "Customers by segment"), ("3", "Top 20 risk customers"),
  ("4", "Revenue at risk"),
  ("5", "of about 300"),
]

/// The real program on a real pty with a real database: keys in, screen out.
@Suite("Workstation on a pty", .serialized)
struct WorkstationOnPtyTests {
  private func open(
    _ screen: String = "pipeline", width: Int = 120, height: Int = 36, _ environment: [String: String] = [:]
  ) async throws -> PtyProgram {
    let workstation = try await PreparedWorkstation.ready()
    return try workstation.open(screen, width: width, height: height, environment: environment)
  }

  @Test("every screen opens by its number and shows its data; quitting restores the terminal")
  func screens() async throws {
    let program = try await open()
    for (key, text) in screenTexts {
      program.send(key)
      #expect(program.wait(for: text), "screen \(key)")
    }
    #expect(program.screen.title == "RiskDeck: customers")
    #expect(program.screen.unknown.isEmpty)
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("from the list to a customer and back, on the same row")
  func drill() async throws {
    let program = try await open("customers")
    try #require(program.wait(for: "1 of about 300"))
    program.send("jjj")
    try #require(program.wait(for: "4 of about 300"))
    program.settle()
    let row = program.screen.y
    program.send("\r")
    try #require(program.wait { $0.text.contains("Identity") && $0.text.contains("Spending over time") })
    program.send("\u{1B}")
    try #require(program.wait(for: "4 of about 300"))
    program.settle()
    #expect(program.screen.y == row)
  }

  @Test("a bar of a dashboard leads to the customers behind it")
  func bar() async throws {
    let program = try await open("segmentation")
    try #require(program.wait(for: "Customers by segment"))
    try #require(program.wait(for: "premium"))
    program.send("\r")
    #expect(program.wait(for: "Customers: Segment = premium"))
    program.send("\u{1B}")
    #expect(program.wait(for: "Customers by segment"))
  }

  @Test("a query is typed, run, cancelled in the server and left")
  func query() async throws {
    let program = try await open("query")
    try #require(program.wait(for: "ctrl-r runs the query"))
    program.send("select 40 + 2 as answer, current_user\u{12}")
    #expect(
      program.wait { $0.text.contains("Answer") && $0.text.contains("42") && $0.text.contains("viewer") })
    program.send("i\u{15}select pg_sleep(50)\u{12}")
    try #require(program.wait(for: "esc cancels"), "\(program.screen.text)")
    program.send("\u{1B}")
    #expect(program.wait(for: "query cancelled"))
    program.send("i\u{15}select customer_id from analytics.customer_segm\t\u{12}")
    #expect(program.wait(for: "1 of 300"))
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }

  @Test("the scoring is tuned from the Fraud screen, and the levels follow")
  func whatIf() async throws {
    let program = try await open("fraud")
    try #require(program.wait(for: "Top 20 risk customers"))
    program.send("w")
    try #require(
      program.wait { $0.text.contains("Numbers of ruleset") && $0.text.contains("nobody changes level") })
    program.send("j\r\u{15}0.31\r")
    #expect(
      program.wait { $0.text.contains("0.31") && $0.text.contains(" up, 0 down") }, "\(program.screen.text)")
    program.send("\u{1B}")
    #expect(program.wait(for: "Top 20 risk customers"))
  }

  @Test("help, palette and a filter: windows open, the cursor stands in the prompt, Escape closes")
  func overlays() async throws {
    let program = try await open("customers")
    try #require(program.wait(for: "1 of about 300"))
    program.send("?")
    try #require(program.wait(for: "Keys: Customers"))
    program.send("\u{1B}")
    program.send("f")
    try #require(program.wait { $0.y == 35 && $0.modes.contains(25) })
    program.send("level:high\r")
    #expect(program.wait { !$0.text.contains("critical") && $0.text.contains("high") })
  }

  @Test("fifty keys at once are fifty rows, in few frames")
  func burst() async throws {
    let program = try await open("customers", width: 160, height: 48)
    try #require(program.wait(for: "1 of about 300"))
    program.settle()
    let before = program.bytesWritten
    program.send(String(repeating: "\u{1B}[B", count: 50))
    #expect(program.wait(for: "51 of about 300"))
    program.settle()
    #expect(program.bytesWritten - before < 40_000)
  }

  @Test("a screen at rest writes nothing, and one row down writes little")
  func idle() async throws {
    let program = try await open("customers", width: 160, height: 48)
    try #require(program.wait(for: "1 of about 300"))
    program.settle(milliseconds: 500)
    let before = program.bytesWritten
    program.settle(milliseconds: 1_500)
    // Once a minute the age of the data moves on.
    #expect(program.bytesWritten - before < 100)
    let rest = program.bytesWritten
    program.send("j")
    try #require(program.wait(for: "2 of about 300"))
    program.settle()
    #expect(program.bytesWritten - rest <= 800)
  }

  @Test(
    "a refresh that brings nothing new writes next to nothing", arguments: ["customers", "fraud", "cases"])
  func refreshes(screen: String) async throws {
    let program = try await open(screen, width: 160, height: 48)
    try #require(program.wait { $0.text.contains("critical") || $0.text.contains("Open cases") })
    program.settle(milliseconds: 700)
    let (before, lines) = (program.bytesWritten, program.screen.lines)
    for _ in 0..<3 {
      program.send("\u{12}")
      program.settle(milliseconds: 700)
    }
    #expect(program.screen.difference(from: lines, skipping: [0]) == nil)
    // A slow machine shows for a moment that it reads; the age of the data moves on once a minute.
    #expect(program.bytesWritten - before <= 300, "\(program.bytesWritten - before)")
  }

  @Test("a storm of sizes ends as freshly painted; below 40x10 it says so")
  func resizes() async throws {
    let program = try await open("fraud")
    try #require(program.wait(for: "Top 20 risk customers"))
    for (width, height) in [(80, 24), (40, 10), (250, 70), (1, 1), (60, 20)] {
      program.resize(width: width, height: height)
      program.settle(milliseconds: 30)
    }
    program.resize(width: 30, height: 8)
    try #require(program.wait(for: "too small"))
    program.resize(width: 100, height: 40)
    try #require(program.wait(for: "Top 20 risk customers"))
    program.settle(milliseconds: 400)
    let fresh = try await open("fraud", width: 100, height: 40)
    try #require(fresh.wait(for: "Top 20 risk customers"))
    fresh.settle(milliseconds: 400)
    // The first row tells the age of the data.
    #expect(program.screen.difference(from: fresh.screen.lines, skipping: [0]) == nil)
  }

  @Test("ctrl-z gives the shell its terminal, fg comes back to the same screen")
  func suspends() async throws {
    let workstation = try await PreparedWorkstation.ready()
    let shell = try PtyProgram(
      "/bin/sh", ["-i"], width: 100, height: 30,
      environment: workstation.environment.merging(["PS1": "shell> "]) { $1 })
    try #require(shell.wait(for: "shell>"))
    shell.send(PreparedWorkstation.executable + " --screen fraud\n")
    try #require(shell.wait(for: "Top 20 risk customers"))
    shell.settle(milliseconds: 400)
    let before = shell.screen.lines
    shell.send("\u{1A}")
    try #require(shell.wait { $0.text.contains("Stopped") && !$0.modes.contains(1049) })
    shell.send("fg\n")
    try #require(shell.wait { $0.text.contains("Top 20 risk customers") && $0.modes.contains(1049) })
    shell.settle(milliseconds: 400)
    #expect(shell.screen.difference(from: before, skipping: [0]) == nil)
    shell.send("q")
    #expect(shell.wait { $0.text.contains("shell>") && !$0.modes.contains(1049) })
  }

  @Test(
    "a signal ends it with the terminal restored", arguments: [SIGTERM, SIGINT, SIGHUP, SIGSEGV, SIGABRT])
  func signals(number: Int32) async throws {
    let program = try await open("customers")
    try #require(program.wait(for: "of about 300"))
    program.signal(number)
    #expect(program.waitForEnd() == .killed(number))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("a terminal that goes away ends it")
  func hangUp() async throws {
    let program = try await open()
    try #require(program.wait(for: "Data tests"))
    program.hangUp()
    #expect(program.waitForEnd() != nil)
  }

  @Test(
    "terminals of every kind show the screens",
    arguments: ["xterm", "xterm-256color", "screen-256color", "tmux-256color", "linux", "vt100"])
  func terminals(name: String) async throws {
    let program = try await open("pipeline", ["TERM": name])
    try #require(program.wait(for: "Data tests"))
    program.send("5")
    try #require(program.wait(for: "1 of about 300"))
    program.send("\u{1B}[B\u{1B}OB")
    #expect(program.wait(for: "3 of about 300"))
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
  }

  @Test("NO_COLOR: no colour is set anywhere")
  func noColor() async throws {
    let program = try await open("fraud", ["NO_COLOR": "1", "COLORTERM": "truecolor"])
    try #require(program.wait(for: "Top 20 risk customers"))
    program.settle()
    let numbers = Set(program.screen.graphics.flatMap { $0.split(separator: ";").compactMap { Int($0) } })
    #expect(numbers.allSatisfy { $0 < 30 || $0 == 39 || $0 == 49 })
  }

  @Test("LC_ALL=C: every screen is ASCII", arguments: screenTexts)
  func ascii(key: String, text: String) async throws {
    let program = try await open("pipeline", ["LC_ALL": "C"])
    program.send(key)
    try #require(program.wait(for: text))
    program.settle()
    let isASCII = program.screen.text.unicodeScalars.allSatisfy { $0.isASCII }
    #expect(isASCII)
    #expect(!program.screen.text.contains("?????"))
  }

  @Test("TERM=dumb is refused with a hint")
  func dumb() async throws {
    let program = try await open("pipeline", ["TERM": "dumb"])
    let ending = program.waitForEnd()
    #expect(ending != .exited(0) && ending != nil)
    #expect(program.screen.lines.joined().contains("riskdeck snapshot"))
  }

  @Test("--accessible prints screens as lines and reads keys by the line, on any terminal")
  func accessible() async throws {
    let prepared = try await PreparedWorkstation.ready()
    let program = try prepared.open(
      "customers", arguments: ["--accessible"], width: 200, environment: ["TERM": "dumb"])
    try #require(program.wait(for: "Selected: "))
    program.send("down down\n")
    #expect(program.wait(for: "3 of "))
    program.send("nonsense\n")
    #expect(program.wait(for: "Error: "))
    program.send("f\n")
    #expect(program.wait(for: "filter:"))
    program.send("nobody\n")
    #expect(program.wait(for: "no rows"))
    program.send("F\n")
    #expect(program.wait(for: "Rows 1 to "))
    program.send("enter\n")
    #expect(program.wait(for: "Selected: Risk"))
    program.send("q\n")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.screen.unknown.isEmpty && program.screen.graphics.isEmpty)
    #expect(!program.screen.modes.contains(1049))
  }

  @Test(
    "a snapshot of what is not there is one line and a failure",
    arguments: ["customer/999999", "case/999999", "query/nowhere"])
  func missing(screen: String) async throws {
    let prepared = try await PreparedWorkstation.ready()
    let program = try PtyProgram(
      PreparedWorkstation.executable, ["snapshot", screen], width: 160, environment: prepared.environment)
    #expect(program.waitForEnd() == .exited(1))
    #expect(program.screen.lines.filter { !$0.isEmpty }.count == 1)
    #expect(program.screen.text.contains("there is no "))
  }

  @Test("a database that cannot be reached is one line on the shell's screen")
  func unreachable() async throws {
    let prepared = try await PreparedWorkstation.ready()
    let program = try prepared.open(environment: [
      "RISKDECK_DATABASE_URL": "postgresql://nobody@/none?host=/nonexistent"
    ])
    // The program has failed long before a slow terminal has answered what it was asked at the start.
    program.answerDelayMilliseconds = 200
    #expect(program.waitForEnd() == .exited(69))
    #expect(program.leftChanged.isEmpty)
    #expect(program.screen.lines.contains { $0.hasPrefix("riskdeck: ") })
    #expect(!program.screen.text.contains("$y"))
  }

  @Test("keys pressed before any data came do no harm")
  func early() async throws {
    let program = try await open("customers")
    program.send("jjj\r\u{1B}GgkkS/x\r\u{1B}nN\t\tz\u{1B}5")
    #expect(program.wait(for: "of about 300"))
  }

  @Test("5,000 random keys: it lives, and what it shows is what a whole repaint shows")
  func monkey() async throws {
    let program = try await open("pipeline", width: 100, height: 30)
    try #require(program.wait(for: "Data tests"))
    // Left out: q and ctrl-c leave, e writes files, y answers a question, ctrl-z stops.
    let keys = [
      "1", "2", "3", "4", "5", "j", "k", "h", "l", "\u{1B}[A", "\u{1B}[B", "\u{1B}[C", "\u{1B}[D",
      "\u{1B}[5~", "\u{1B}[6~",
      "\r", "\u{1B}", "\t", "\u{1B}[Z", "g", "G", "z", "t", "s", "S", "c", "u", "/", "n", "N", "f", "F", "v",
      "m", "T", ":", "?",
      "[", "]", "{", "}", "'", "7", "x", "é", "日", "\u{7F}", "\u{C}", "r", "\u{1B}[<0;9;9M",
      "\u{1B}[<64;9;9M",
      "\u{1B}[200~paste\nd\u{1B}[201~",
    ]
    var random = SeededGenerator(seed: 5)
    for number in 0..<5_000 {
      program.send(keys.randomElement(using: &random) ?? "")
      if number % 500 == 499 {
        program.resize(
          width: .random(in: 1...150, using: &random), height: .random(in: 1...50, using: &random))
        program.settle(milliseconds: 20)
        #expect(program.isRunning)
      }
    }
    program.resize(width: 100, height: 30)
    // All keys are worked off before what follows is taken for an answer to it.
    program.settle(milliseconds: 2_000)
    // One by one: an escape byte and what follows it at once may be a key of its own.
    for _ in 0..<5 {
      program.send("\u{1B}")
      program.settle(milliseconds: 100)
    }
    program.send("1")
    // Nothing is awaited any more that could still change the screen.
    // A section may be zoomed by now: the tab says where we are.
    program.settle(milliseconds: 1_000)
    try #require(program.wait { $0.text.contains("Pipeline") && !$0.text.contains("cancels") })
    program.settle(milliseconds: 500)
    let before = program.screen.lines
    program.send("\u{C}")
    program.settle(milliseconds: 1_000)
    // The last row may hold a notice, which goes with the next key.
    #expect(program.screen.difference(from: before, skipping: [0, 29]) == nil)
    program.send("\u{1B}\u{1B}q")
    #expect(program.waitForEnd() == .exited(0), "\(program.screen.text)")
    #expect(program.leftChanged.isEmpty)
  }
}
