import CNcurses
import Glibc
import Workstation

/// The terminal of standard input and output. One at a time, used from one thread.
///
/// ncurses knows the terminal, its modes and its keys, and takes it over and gives it back; what is painted is written
/// by ``FrameEncoder``.
struct Curses: ~Copyable {
  private(set) var profile: TerminalProfile
  private(set) var size: Size
  private let screen: OpaquePointer
  private var encoder: FrameEncoder
  private var isCursorShown = true
  private var isMouseOn = false
  private var usesSynchronizedOutput = false

  /// Whether the locale's character set is UTF-8; sets the locale from the environment.
  ///
  /// SSH clients often ask for a locale that the host does not have: where its name says UTF-8, C.UTF-8 stands in.
  static func adoptLocale(environment: [String: String]) -> Bool {
    if setlocale(LC_CTYPE, "") == nil {
      let asked = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
      let lowered = asked.lowercased()
      if lowered.contains("utf-8") || lowered.contains("utf8") { setlocale(LC_CTYPE, "C.UTF-8") }
    }
    return String(cString: nl_langinfo(Int32(CODESET))) == "UTF-8"
  }

  /// Takes the terminal over.
  init(profile: TerminalProfile, environment: [String: String]) throws(TerminalError) {
    let opened = riskdeck_newterm(profile.name)
    guard let opened else {
      throw TerminalError(
        .unknownTerminal,
        "no description of the terminal \"\(printable(profile.name))\" is installed; "
          + "install ncurses-term, or set TERM=xterm-256color")
    }
    // Keys come one by one and unechoed; ctrl-c, ctrl-s and ctrl-q are keys like others, ctrl-z still stops.
    cbreak()
    noecho()
    nonl()
    var modes = termios()
    if tcgetattr(STDIN_FILENO, &modes) == 0 {
      modes.c_iflag &= ~tcflag_t(IXON)
      withUnsafeMutableBytes(of: &modes.c_cc) { $0[Int(VINTR)] = 0 /* none */ }
      tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    }
    def_prog_mode()
    keypad(riskdeck_stdscr(), true)
    typeahead(-1)
    guard let abilities = ScreenAbilities.ofLoadedTerminal() else {
      endwin()
      delscreen(opened)
      throw TerminalError(
        .unknownTerminal,
        "the terminal \"\(printable(profile.name))\" does not understand the usual (ECMA-48) sequences; "
          + "set TERM to what you really use, or print a screen with: riskdeck snapshot SCREEN")
    }
    screen = opened
    var profile = profile
    // Terminals that show 24-bit colours say so in COLORTERM, hardly ever in terminfo.
    if profile.colorDepth < .truecolor || abilities.colorCount < 8 {
      profile.limit(toColors: abilities.colorCount)
    }
    self.profile = profile
    encoder = FrameEncoder(
      abilities: abilities, depth: profile.colorDepth,
      glyphs: CellGlyphs(isUnicode: profile.isUnicode) {
        Int(riskdeck_width(wchar_t(bitPattern: $0.value)))
      })
    size = Size(width: Int(getmaxx(riskdeck_stdscr())), height: Int(getmaxy(riskdeck_stdscr())))
    sendModes()
  }

  deinit {
    delscreen(screen)
  }

  /// Sequences of this terminal's keys, where they are not those of xterm.
  borrowing func terminalKeys() -> [[UInt8]: Key] {
    let names: [(String, Key)] = [
      ("kcuu1", .up), ("kcud1", .down), ("kcuf1", .right), ("kcub1", .left), ("khome", .home), ("kend", .end),
      ("kpp", .pageUp), ("knp", .pageDown), ("kich1", .insert), ("kdch1", .delete), ("kcbt", .backTab),
    ]
    var keys: [[UInt8]: Key] = [:]
    for (name, key) in names + (1...12).map({ ("kf\($0)", Key.function($0)) }) {
      guard let sequence = riskdeck_capability(name) else { continue }
      let bytes = Array(String(cString: sequence).utf8)
      if bytes.count > 1, bytes[0] == 0x1B { keys[bytes] = key }
    }
    return keys
  }

  /// The bytes that put the terminal back, for a handler that may do nothing but write them.
  borrowing func restoringBytes() -> [UInt8] {
    var text = ""
    if profile.isXtermLike {
      text += ControlSequences.endSynchronized + ControlSequences.mouseOff + ControlSequences.pasteOff
    }
    for name in ["rmkx", "cnorm", "sgr0", "op", "rmcup"] {
      if let value = riskdeck_capability(name) { text += Self.withoutPadding(String(cString: value)) }
    }
    if riskdeck_capability("rmcup") == nil { text += "\r\n" }
    return Array(text.utf8)
  }

  /// terminfo marks delays as $<milliseconds>.
  private static func withoutPadding(_ text: String) -> String {
    var result = ""
    var isInPadding = false
    var previous: Character = " "
    for character in text {
      if isInPadding {
        isInPadding = character != ">"
      } else if character == "<" && previous == "$" {
        result.removeLast()
        isInPadding = true
      } else {
        result.append(character)
      }
      previous = character
    }
    return result
  }

  /// Asks whether the terminal knows synchronised output; the answer comes among the keys. False: it was not asked.
  borrowing func querySynchronizedOutput() -> Bool {
    if profile.answersModeQueries { send(ControlSequences.querySynchronized) }
    return profile.answersModeQueries
  }

  mutating func useSynchronizedOutput() { usesSynchronizedOutput = true }

  mutating func setMouse(_ isOn: Bool) {
    guard profile.isXtermLike, isOn != isMouseOn else { return }
    isMouseOn = isOn
    send(isOn ? ControlSequences.mouseOn : ControlSequences.mouseOff)
  }

  mutating func setTitle(_ title: String) {
    if profile.isXtermLike { send(ControlSequences.title(title)) }
  }

  mutating func copy(_ text: String) {
    if profile.isXtermLike { send(ControlSequences.copy(text, wrapsForScreen: profile.wrapsForScreen)) }
  }

  /// Paints what differs from the screen that was painted last; nil: everything.
  mutating func paint(_ buffer: ScreenBuffer, over previous: ScreenBuffer?) {
    // A resize that is not known yet leaves a screen of another size than the terminal's for a moment.
    let base = previous?.size == buffer.size ? previous : nil
    let cursor = buffer.cursor.flatMap {
      $0.x >= 0 && $0.x < size.width && $0.y >= 0 && $0.y < size.height ? $0 : nil
    }
    let frame = encoder.encode(buffer, over: base, cursor: cursor)
    guard base == nil || frame.changedCells > 0 || base?.cursor != buffer.cursor else { return }
    var bytes = frame.bytes
    if (cursor != nil) != isCursorShown {
      isCursorShown = cursor != nil
      let name = isCursorShown ? "cnorm" : "civis"
      if let text = riskdeck_capability(name) { bytes += Self.withoutPadding(String(cString: text)).utf8 }
    }
    // A small change is one write, which no terminal shows by halves.
    if usesSynchronizedOutput, frame.changedCells > Self.cellsOfOneWrite {
      bytes = ControlSequences.beginSynchronized.utf8 + bytes + ControlSequences.endSynchronized.utf8
    }
    send(bytes: bytes)
  }

  private static let cellsOfOneWrite = 500

  /// Takes the terminal's new size; false: it is the old one.
  mutating func adoptSize() -> Bool {
    var width: Int32 = 0
    var height: Int32 = 0
    guard riskdeck_window_size(STDOUT_FILENO, &width, &height) == 0 else { return false }
    let new = Size(width: Int(width), height: Int(height))
    guard new != size else { return false }
    size = new
    return true
  }

  /// Gives the terminal back, for good or until ``resume()``.
  mutating func suspend() {
    if profile.isXtermLike {
      if isMouseOn { send(ControlSequences.mouseOff) }
      send(ControlSequences.pasteOff)
    }
    if !isCursorShown, let shown = riskdeck_capability("cnorm") {
      send(Self.withoutPadding(String(cString: shown)))
    }
    endwin()
    isCursorShown = true
  }

  /// Takes the terminal again; the next paint must be a whole one.
  mutating func resume() {
    reset_prog_mode()
    if let enter = riskdeck_capability("smcup") { send(Self.withoutPadding(String(cString: enter))) }
    keypad(riskdeck_stdscr(), true)
    sendModes()
    if isMouseOn { send(ControlSequences.mouseOn) }
  }

  private mutating func sendModes() {
    if profile.isXtermLike { send(ControlSequences.pasteOn) }
  }

  mutating func bell() { beep() }

  /// Writes a sequence at once. ncurses holds nothing back between its own calls.
  private borrowing func send(_ text: String) { send(bytes: Array(text.utf8)) }

  private borrowing func send(bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0 && errno == EAGAIN {
        var ready = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if !(count < 0 && errno == EINTR) {
        // The line is gone; the loop hears of it by SIGHUP or at its next read.
        return
      }
    }
  }
}
