import CNcurses
import Glibc
import Workstation

/// Why a session ended.
public enum SessionEnding: Sendable, Hashable {
  /// The program asked for it.
  case quit
  /// SIGINT, SIGTERM, SIGHUP or SIGQUIT came. The terminal is restored; once all else is in order, call
  /// ``die()`` so that whoever started the program sees the signal.
  case signal(Int32)
  /// The terminal is gone.
  case hangUp

  /// Ends the process by the signal that ended the session; returns where it was none.
  public func die() {
    if case .signal(let number) = self { TerminalSignals.die(of: number) }
  }
}

/// Runs a program on the terminal of standard input and output.
public struct TerminalSession: ~Copyable {
  /// The most bytes of text that a copy puts into the clipboard.
  public static var clipboardLimit: Int { ControlSequences.clipboardLimit }

  private let signals: TerminalSignals
  private var curses: Curses
  private var painted: ScreenBuffer?
  private var shownTitle: String?
  private var decoder: KeyDecoder
  /// Until when the terminal's answer to a question may be on its way; nil: it was asked none, or has answered.
  private var answerDue: ContinuousClock.Instant?
  private let readsInput: Int32 = STDIN_FILENO
  /// How long after an escape byte its rest may come before it was the Escape key.
  private static let escapeDelay = Duration.milliseconds(25)
  /// How long after a question its answer is looked for; lines that take longer are too slow to work on.
  private static let answerDelay = Duration.seconds(1)

  private init(signals: consuming TerminalSignals, curses: consuming Curses) {
    self.signals = signals
    decoder = KeyDecoder(terminalKeys: curses.terminalKeys())
    self.curses = curses
  }

  /// Takes the terminal over, runs the program until it ends, and restores the terminal.
  ///
  /// Blocks the calling thread, which should be the main thread; results of other threads are posted.
  /// - Parameters:
  ///   - environment: The process's; TERM, COLORTERM, NO_COLOR, the locale and terminfo's folders are read.
  ///   - opened: Is given the way to post events that no effect asked for, such as news from a server.
  ///   - start: Makes the first state and its effects from what the terminal can do and its size.
  /// - Returns: The last state and why the session ended.
  /// - Throws: ``TerminalError``; the terminal is as before then.
  public static func run<State, Event: Sendable, Effect>(
    _ program: TerminalProgram<State, Event, Effect>,
    environment: [String: String],
    opened: (@escaping @Sendable (Event) -> Void) -> Void = { _ in },
    start: (TerminalProfile, Size) -> (State, [Effect])
  ) throws(TerminalError) -> (State, SessionEnding) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw TerminalError(
        .notATerminal,
        "standard input and output are not a terminal; print a screen with: riskdeck snapshot SCREEN")
    }
    let isUnicode = Curses.adoptLocale(environment: environment)
    let profile = try TerminalProfile(environment: environment, isUnicode: isUnicode)
    let queue = try EventQueue<Event>()
    // Handlers first: nothing can end the program then without putting the terminal back.
    let signals = try TerminalSignals()
    let curses = try Curses(profile: profile, environment: environment)
    signals.arm(restoring: curses.restoringBytes())
    var session = TerminalSession(signals: signals, curses: curses)
    opened { queue.post($0) }
    let (state, effects) = start(session.curses.profile, session.curses.size)
    let result = session.loop(program, state, effects, queue)
    queue.finish()
    session.giveBack()
    return result
  }

  /// Gives the terminal back, for good or until ``resume()``.
  private mutating func giveBack() {
    awaitAnswer()
    signals.disarm()
    curses.suspend()
  }

  /// Reads until the terminal has answered what it was asked: a shell would take the answer for something typed.
  /// Keys that come before it are lost.
  private mutating func awaitAnswer() {
    while let due = answerDue, Self.poll([readsInput], for: max(.zero, due - .now))[0],
      let bytes = readInput()
    {
      for case .modeReport in decoder.decode(bytes) { answerDue = nil }
    }
    answerDue = nil
  }

  private mutating func loop<State, Event: Sendable, Effect>(
    _ program: TerminalProgram<State, Event, Effect>, _ initial: State, _ effects: [Effect],
    _ queue: EventQueue<Event>
  ) -> (State, SessionEnding) {
    var state = initial
    var isQuitting = perform(effects, program, queue)
    show(state, program)
    if curses.querySynchronizedOutput() { answerDue = .now + Self.answerDelay }
    var alarm = program.alarm(state).map { (at: ContinuousClock.now + $0.delay, event: $0.event) }

    while !isQuitting {
      let wait = decoder.isAwaitingRest ? Self.escapeDelay : alarm.map { max(.zero, $0.at - .now) }
      let ready = Self.poll([readsInput, signals.readEnd, queue.readEnd], for: wait)
      var events: [Event] = []

      if ready[1] {
        for signal in signals.drain() {
          switch signal {
          case SIGTSTP: stop()
          case SIGCONT: resume()
          case SIGWINCH: redraw()
          default: return (state, .signal(signal))
          }
        }
        // Whatever the signal: the window may have another size after a stop, too.
        if curses.adoptSize() { events.append(program.input(.resize(curses.size))) }
      }
      if ready[0] {
        guard let bytes = readInput() else { return (state, .hangUp) }
        events += handle(decoder.decode(bytes), program)
      } else if decoder.isAwaitingRest && !ready.contains(true) {
        events += handle(decoder.timeOut(), program)
      }
      if ready[2] { events += queue.takeAll() }
      if let due = alarm, due.at <= .now {
        events.append(due.event)
        alarm = nil
      }
      // A burst of events is one frame.
      for event in events where !isQuitting {
        isQuitting = perform(program.update(&state, event), program, queue)
      }
      if !events.isEmpty || painted == nil {
        if !isQuitting { show(state, program) }
        alarm = program.alarm(state).map { (at: ContinuousClock.now + $0.delay, event: $0.event) }
      }
    }
    return (state, .quit)
  }

  private mutating func handle<State, Event: Sendable, Effect>(
    _ inputs: [KeyDecoder.Input], _ program: TerminalProgram<State, Event, Effect>
  ) -> [Event] {
    var events: [Event] = []
    for input in inputs {
      switch input {
      case .event(let event): events.append(program.input(event))
      case .modeReport(let mode, let state):
        answerDue = nil
        if mode == 2026 && (state == 1 || state == 2) { curses.useSynchronizedOutput() }
      }
    }
    return events
  }

  /// Performs effects; true: one of them ends the session.
  private mutating func perform<State, Event: Sendable, Effect>(
    _ effects: [Effect], _ program: TerminalProgram<State, Event, Effect>, _ queue: EventQueue<Event>
  ) -> Bool {
    for effect in effects {
      for command in program.perform(effect, { queue.post($0) }) {
        switch command {
        case .quit: return true
        case .copy(let text): curses.copy(text)
        case .mouse(let isOn): curses.setMouse(isOn)
        case .redraw: redraw()
        case .suspend: stop()
        case .edit(let tag):
          giveBack()
          let text = ExternalEditor.write()
          resume()
          if let event = program.edited(tag, text) { queue.post(event) }
        case .bell: curses.bell()
        }
      }
    }
    return false
  }

  private mutating func show<State, Event: Sendable, Effect>(
    _ state: State, _ program: TerminalProgram<State, Event, Effect>
  ) {
    let buffer = program.view(state, curses.size)
    if let title = program.title(state), title != shownTitle {
      shownTitle = title
      curses.setTitle(title)
    }
    curses.paint(buffer, over: painted)
    painted = buffer
  }

  /// Has every cell written by the next paint. A size that changed and changed back loses cells, too.
  private mutating func redraw() {
    painted = nil
  }

  /// Gives the terminal to the shell and stops until it is continued.
  private mutating func stop() {
    giveBack()
    signals.stopProcess()
    resume()
  }

  private mutating func resume() {
    curses.resume()
    signals.arm(restoring: curses.restoringBytes())
    painted = nil
  }

  /// Everything that was typed by now; nil: the terminal is gone.
  private borrowing func readInput() -> [UInt8]? {
    var result: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    repeat {
      let count = read(readsInput, &bytes, bytes.count)
      if count > 0 {
        result += bytes[..<count]
      } else if count < 0 && (errno == EINTR || errno == EAGAIN) {
        return result
      } else {
        return result.isEmpty ? nil : result
      }
    } while result.count < KeyDecoder.pasteLimit && Self.poll([readsInput], for: .zero)[0]
    return result
  }

  /// Waits until one of them can be read; nil waits for ever.
  private static func poll(_ descriptors: [Int32], for wait: Duration?) -> [Bool] {
    var list = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var milliseconds: Int32 = -1
    if let wait {
      let (seconds, attoseconds) = wait.components
      // Rounded up, so that a deadline has passed when the poll returns.
      milliseconds = Int32(
        clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
    guard Glibc.poll(&list, nfds_t(list.count), milliseconds) > 0 else { return list.map { _ in false } }
    return list.map { $0.revents != 0 }
  }
}
