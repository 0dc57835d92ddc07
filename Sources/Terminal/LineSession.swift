import CNcurses
import Glibc
import Workstation

/// A program without a screen: what it shows is printed as lines, and keys are read by the line. For screen readers,
/// braille displays and terminals that cannot place a cursor; nothing on it moves.
public struct LineSession: ~Copyable {
  private let writesPrompt: Bool
  private var input: [UInt8] = []
  private var printed: [String] = []

  private init(writesPrompt: Bool) {
    self.writesPrompt = writesPrompt
  }

  /// What a line that was typed means.
  public enum Reading<Event> {
    case events([Event])
    /// Nothing: why, for the person who typed it.
    case mistake(String)
  }

  /// Runs the program until it ends or its input does.
  ///
  /// After each line everything is waited for that it set going, so that lines may come from a file, too.
  /// - Parameters:
  ///   - environment: The process's, for the locale.
  ///   - lines: The state as lines in reading order. What is equal to what was printed before, from the first line on,
  ///     is not printed again.
  ///   - isBusy: Whether an answer is awaited.
  ///   - read: What a line typed means in a state.
  ///   - start: Is told whether the locale is UTF-8.
  public static func run<State, Event: Sendable, Effect>(
    _ program: TerminalProgram<State, Event, Effect>, environment: [String: String],
    lines: (State) -> [String], isBusy: (State) -> Bool, read: (String, State) -> Reading<Event>,
    opened: (@escaping @Sendable (Event) -> Void) -> Void = { _ in },
    start: (_ isUnicode: Bool) -> (State, [Effect])
  ) throws(TerminalError) {
    let isUnicode = Curses.adoptLocale(environment: environment)
    let queue = try EventQueue<Event>()
    var session = LineSession(writesPrompt: isatty(STDIN_FILENO) == 1)
    opened { queue.post($0) }
    let (state, effects) = start(isUnicode)
    session.loop(program, state, effects, queue, lines, isBusy, read)
    queue.finish()
  }

  /// Seconds after which a wait is told, once.
  private static let toldWait: Int32 = 2

  private mutating func loop<State, Event: Sendable, Effect>(
    _ program: TerminalProgram<State, Event, Effect>, _ initial: State, _ effects: [Effect],
    _ queue: EventQueue<Event>, _ lines: (State) -> [String], _ isBusy: (State) -> Bool,
    _ read: (String, State) -> Reading<Event>
  ) {
    var state = initial
    var isQuitting = perform(effects, program, queue)
    var isEnded = false
    var hasToldWait = false
    while !isQuitting {
      if !isBusy(state) {
        hasToldWait = false
        show(lines(state))
        if let line = nextLine(isEnded: isEnded) {
          switch read(line, state) {
          case .mistake(let why): write(["Error: " + why])
          case .events(let events):
            for event in events where !isQuitting {
              isQuitting = perform(program.update(&state, event), program, queue)
            }
          }
          continue
        }
        if isEnded { return }
        prompt()
      }
      // While something is under way, lines wait: they mean what they mean on the next screen.
      var list = [pollfd(fd: queue.readEnd, events: Int16(POLLIN), revents: 0)]
      if !isBusy(state) { list.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
      let wait = isBusy(state) && !hasToldWait ? Self.toldWait * 1_000 : -1
      if poll(&list, nfds_t(list.count), wait) == 0 {
        hasToldWait = true
        write(["Loading"])
      }
      for event in queue.takeAll() where !isQuitting {
        isQuitting = perform(program.update(&state, event), program, queue)
      }
      if list.count > 1, list[1].revents != 0 { isEnded = !readMore() }
    }
  }

  private mutating func perform<State, Event: Sendable, Effect>(
    _ effects: [Effect], _ program: TerminalProgram<State, Event, Effect>, _ queue: EventQueue<Event>
  ) -> Bool {
    for effect in effects {
      for command in program.perform(effect, { queue.post($0) }) {
        switch command {
        case .quit: return true
        // There is no clipboard that all such terminals have: the text is there to be read.
        case .copy(let text): write(["Copied: " + printable(text)])
        case .redraw: printed = []
        case .mouse, .suspend, .edit, .bell: break
        }
      }
    }
    return false
  }

  // MARK: Output

  private mutating func show(_ lines: [String]) {
    let same = zip(lines, printed).prefix { $0 == $1 }.count
    if same < lines.count { write(Array(lines[same...])) }
    printed = lines
  }

  private borrowing func write(_ lines: [String]) {
    send(lines.joined(separator: "\n") + "\n")
  }

  private borrowing func prompt() {
    if writesPrompt { send("> ") }
  }

  private borrowing func send(_ text: String) {
    var rest = ArraySlice(text.utf8)
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR && errno != EAGAIN { return }
    }
  }

  // MARK: Input

  /// The next whole line, or what is left when no more can come.
  private mutating func nextLine(isEnded: Bool) -> String? {
    let end = input.firstIndex(of: UInt8(ascii: "\n")) ?? (isEnded && !input.isEmpty ? input.endIndex : nil)
    guard let end else { return nil }
    let line = String(decoding: input[..<end], as: UTF8.self)
    input.removeFirst(min(input.count, end + 1))
    return line.hasSuffix("\r") ? String(line.dropLast()) : line
  }

  /// False: there is no more.
  private mutating func readMore() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    if count > 0 { input += bytes[..<count] }
    return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN))
  }
}
