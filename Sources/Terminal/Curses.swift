import CNcurses
import Glibc
import Workstation

/// ncurses' screen on standard input and output. One at a time, used from one thread.
struct Curses: ~Copyable {
  private(set) var profile: TerminalProfile
  private(set) var size: Size
  private let screen: OpaquePointer
  /// ncurses' numbers of pairs of colours, given out as they are first used.
  private var pairs: [Pair: Int32] = [:]
  private var looks: [Style: Look] = [:]
  private let colorCount: Int32
  private let pairLimit: Int32
  private var row: [cchar_t] = []
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
    var profile = profile
    let known = environment["TERMINFO"]
    if profile.colorDepth == .truecolor {
      if var entry = TerminfoEntry.find(profile.name, environment: environment) {
        entry.addDirectColors()
        setenv("TERMINFO", entry.environmentValue, 1)
      } else {
        profile.colorDepth = .indexed
      }
    }
    let opened = riskdeck_newterm(profile.name)
    // Child processes get the environment that the user has.
    if profile.colorDepth == .truecolor {
      if let known { setenv("TERMINFO", known, 1) } else { unsetenv("TERMINFO") }
    }
    guard let opened else {
      throw TerminalError(
        .unknownTerminal,
        "no description of the terminal \"\(printable(profile.name))\" is installed; "
          + "install ncurses-term, or set TERM=xterm-256color")
    }
    screen = opened
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
    idlok(riskdeck_stdscr(), true)
    typeahead(-1)
    if profile.colorDepth > .mono, has_colors(), start_color() == OK, use_default_colors() == OK {
      profile.limit(toColors: Int(riskdeck_colors()))
    } else {
      profile.colorDepth = .mono
    }
    pairLimit = riskdeck_color_pairs()
    colorCount = riskdeck_colors()
    self.profile = profile
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

  /// Asks whether the terminal knows synchronised output; the answer comes among the keys.
  mutating func querySynchronizedOutput() {
    if profile.answersModeQueries { send(ControlSequences.querySynchronized) }
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
    let base = previous?.size == buffer.size ? previous : nil
    let window = riskdeck_stdscr()
    var changedCells = base == nil ? size.width * size.height : 0
    let shownHeight = min(buffer.size.height, size.height)
    let shownWidth = min(buffer.size.width, size.width)
    if base == nil { werase(window) }
    for y in 0..<shownHeight {
      let columns: Range<Int>
      if let base {
        guard let changed = buffer.changedColumns(inRow: y, since: base) else { continue }
        columns = changed
      } else {
        columns = 0..<buffer.size.width
      }
      changedCells += columns.count
      paintRow(y, columns.clamped(to: 0..<shownWidth), of: buffer, in: window)
    }
    let shown = buffer.cursor.flatMap {
      $0.x >= 0 && $0.x < size.width && $0.y >= 0 && $0.y < size.height ? $0 : nil
    }
    if changedCells > 0 || base?.cursor != buffer.cursor {
      flush(window, cursor: shown, changedCells: changedCells)
    }
  }

  private mutating func flush(_ window: UnsafeMutablePointer<WINDOW>?, cursor: Point?, changedCells: Int) {
    // A small change is one write, which no terminal shows by halves.
    let isSynchronized = usesSynchronizedOutput && changedCells > Self.cellsOfOneWrite
    if isSynchronized { send(ControlSequences.beginSynchronized) }
    if let cursor { wmove(window, Int32(cursor.y), Int32(cursor.x)) }
    if (cursor != nil) != isCursorShown {
      isCursorShown = cursor != nil
      curs_set(isCursorShown ? 1 : 0)
    }
    wnoutrefresh(window)
    doupdate()
    if isSynchronized { send(ControlSequences.endSynchronized) }
  }

  private static let cellsOfOneWrite = 500

  private mutating func paintRow(
    _ y: Int, _ columns: Range<Int>, of buffer: ScreenBuffer, in window: UnsafeMutablePointer<WINDOW>?
  ) {
    guard !columns.isEmpty else { return }
    var first = columns.lowerBound
    while first > 0, buffer[first, y].width == 0 { first -= 1 }
    row.removeAll(keepingCapacity: true)
    let glyphs = CellGlyphs(isUnicode: profile.isUnicode) {
      Int(riskdeck_width(wchar_t(bitPattern: $0.value)))
    }
    // What a space shows of its style is the background alone: it takes the style of what stands left of it, so
    // that no sequence is written for it. That begins at the last visible cell before the change.
    var column = first
    while column > 0, column == first || Self.isBlank(buffer[column, y]) { column -= 1 }
    var style = buffer[column, y].style
    var look = self.look(of: style)
    while column < columns.upperBound {
      let cell = buffer[column, y]
      if cell.style != style, !(Self.isBlank(cell) && Self.looksAlike(cell.style, style)) {
        style = cell.style
        look = self.look(of: style)
      }
      if column >= first {
        for scalars in glyphs.painted(cell) { row.append(Self.character(scalars, look)) }
      }
      column += max(1, cell.width)
    }
    mvwadd_wchnstr(window, Int32(y), Int32(first), row, Int32(row.count))
  }

  private static func isBlank(_ cell: Cell) -> Bool { cell.text == " " }

  /// Whether a space looks the same in both styles.
  private static func looksAlike(_ left: Style, _ right: Style) -> Bool {
    let visible: Style.Attributes = [.underline, .reverse]
    return left.background == right.background && left.attributes.isDisjoint(with: visible)
      && right.attributes.isDisjoint(with: visible)
  }

  private static func character(_ scalars: [Unicode.Scalar], _ look: Look) -> cchar_t {
    var result = cchar_t()
    // CellGlyphs gives at most a base and four marks, which is what a cell of ncurses holds.
    withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: scalars.count + 1) { text in
      for (index, scalar) in scalars.enumerated() { text[index] = wchar_t(bitPattern: scalar.value) }
      text[scalars.count] = 0
      riskdeck_set_cell(&result, text.baseAddress, look.attributes, look.pair)
    }
    return result
  }

  /// A style in the terms of curses.
  private struct Look {
    var attributes: attr_t
    var pair: Int32
  }

  /// Numbers of colours; -1 is the terminal's own.
  private struct Pair: Hashable {
    var foreground: Int32
    var background: Int32
  }

  private mutating func look(of style: Style) -> Look {
    if let known = looks[style] { return known }
    var bits = UInt32(style.attributes.rawValue)
    let foreground = number(of: style.foreground)
    // Eight colours: bold shows the bright half, as terminals with no more colours do.
    if colorCount < 16 && foreground >= 8 { bits |= 1 }
    let look = Look(
      attributes: riskdeck_attributes(bits), pair: pair(foreground, number(of: style.background)))
    looks[style] = look
    return look
  }

  private borrowing func number(of color: Color) -> Int32 {
    switch color.degraded(to: profile.colorDepth) {
    case .default: return -1
    case .palette(let index): return Int32(index)
    case .rgb(let red, let green, let blue):
      let number = Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
      // Below 256 stand the palette's numbers (TerminfoEntry.addDirectColors); one step of green is not seen.
      return number < 256 ? number | 0x100 : number
    }
  }

  private mutating func pair(_ foreground: Int32, _ background: Int32) -> Int32 {
    if foreground < 0 && background < 0 { return 0 }
    let isFew = colorCount < 16
    let pair = Pair(
      foreground: isFew && foreground >= 0 ? foreground % 8 : foreground,
      background: isFew && background >= 0 ? background % 8 : background)
    if let known = pairs[pair] { return known }
    let next = Int32(pairs.count + 1)
    guard next < pairLimit, init_extended_pair(next, pair.foreground, pair.background) == OK else { return 0 }
    pairs[pair] = next
    return next
  }

  /// Takes the terminal's new size; false: it is the old one.
  mutating func adoptSize() -> Bool {
    var width: Int32 = 0
    var height: Int32 = 0
    guard riskdeck_window_size(STDOUT_FILENO, &width, &height) == 0 else { return false }
    let new = Size(width: Int(width), height: Int(height))
    guard new != size else { return false }
    resizeterm(height, width)
    size = new
    riskdeck_redraw_all()
    return true
  }

  /// Gives the terminal back, for good or until ``resume()``.
  mutating func suspend() {
    if profile.isXtermLike {
      if isMouseOn { send(ControlSequences.mouseOff) }
      send(ControlSequences.pasteOff)
    }
    if !isCursorShown { curs_set(1) }
    endwin()
    isCursorShown = true
  }

  /// Takes the terminal again; the next paint must be a whole one.
  mutating func resume() {
    reset_prog_mode()
    // ncurses enters the alternate screen by itself after endwin, but knows nothing of a stop by SIGSTOP.
    if !isendwin(), let enter = riskdeck_capability("smcup") {
      send(Self.withoutPadding(String(cString: enter)))
    }
    riskdeck_redraw_all()
    keypad(riskdeck_stdscr(), true)
    sendModes()
    if isMouseOn { send(ControlSequences.mouseOn) }
  }

  private mutating func sendModes() {
    if profile.isXtermLike { send(ControlSequences.pasteOn) }
  }

  mutating func bell() { beep() }

  /// The next paint writes every cell.
  mutating func redrawAll() { riskdeck_redraw_all() }

  /// Writes a sequence at once. ncurses holds nothing back between its own calls.
  private borrowing func send(_ text: String) {
    var rest = ArraySlice(text.utf8)
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
