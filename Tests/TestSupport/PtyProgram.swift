import Glibc

/// A program on a pty of its own, as a person's terminal would run it.
public final class PtyProgram {
  public enum Ending: Sendable, Hashable {
    case exited(Int32)
    case killed(Int32)
  }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) {
      self.description = description
    }
  }

  public var screen: PtyScreen
  public let processID: pid_t
  /// How many bytes the program has written.
  public private(set) var bytesWritten = 0
  /// How long the terminal takes to answer what it is asked, as on a slow line.
  public var answerDelayMilliseconds: UInt32 = 0
  private var primary: Int32
  /// Held open so that the terminal's modes can be read after the program has ended.
  private var secondary: Int32
  private let modesBefore: termios
  private var ending: Ending?

  /// Starts it as the leader of a session whose terminal is the new pty.
  public init(
    _ path: String, _ arguments: [String] = [], width: Int = 80, height: Int = 24,
    environment: [String: String] = [:]
  ) throws {
    var primary: Int32 = -1
    var secondary: Int32 = -1
    var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&primary, &secondary, nil, nil, &size) == 0 else { throw Self.failure("openpty") }
    var name = [CChar](repeating: 0, count: 256)
    guard ttyname_r(secondary, &name, name.count) == 0 else { throw Self.failure("ttyname_r") }
    for end in [primary, secondary] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(primary, F_SETFL, O_NONBLOCK)
    var modes = termios()
    tcgetattr(secondary, &modes)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // A session leader without a terminal gets the first one that it opens.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setflags(
      &attributes, Int16(Self.newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let base = [
      "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
    ]
    // A program that was built with a sanitizer is run as this one is.
    let sanitizers = ["ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"].reduce(into: [String: String]()) {
      options, name in
      if let value = getenv(name) { options[name] = String(cString: value) }
    }
    let merged = base.merging(sanitizers) { $1 }.merging(environment) { $1 }.filter { !$0.value.isEmpty }
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, path, &actions, &attributes, &argv, &envp) == 0 else {
      throw Self.failure("starting \(path)")
    }
    processID = pid
    self.primary = primary
    self.secondary = secondary
    modesBefore = modes
    screen = PtyScreen(width: width, height: height)
  }

  deinit {
    if ending == nil {
      kill(processID, SIGKILL)
      var status: Int32 = 0
      waitpid(processID, &status, 0)
    }
    close(primary)
    close(secondary)
  }

  /// POSIX_SPAWN_SETSID, which glibc declares for GNU sources alone.
  private static let newSession: Int32 = 0x80

  private static func failure(_ what: String) -> Failure {
    Failure(description: "\(what): \(String(cString: strerror(errno)))")
  }

  /// Types text.
  public func send(_ text: String) {
    send(bytes: Array(text.utf8))
  }

  public func send(bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(primary, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else {
        // The program does not read while it writes: take what it wrote.
        guard errno == EAGAIN, hasNotEnded else { return }
        _ = read(for: 10)
      }
    }
  }

  private var hasNotEnded: Bool { ending == nil }

  /// Whether the program has not ended.
  public var isRunning: Bool { waitForEnd(seconds: 0) == nil }

  /// Reads until the screen is as wanted; false: it was not within the time, which is long.
  public func wait(seconds: Int = 20, until isReached: (PtyScreen) -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while !isReached(screen) {
      guard ContinuousClock.now < end else { return false }
      if read(for: 50) == nil, waitForEnd(seconds: 1) != nil { return isReached(screen) }
    }
    return true
  }

  /// Reads until the text is on the screen.
  public func wait(for text: String) -> Bool {
    wait { $0.text.contains(text) }
  }

  /// Reads until nothing was written for that long.
  public func settle(milliseconds: Int32 = 150) {
    while read(for: milliseconds) == true {}
  }

  /// True: bytes came; false: none within the time; nil: the terminal is closed.
  private func read(for milliseconds: Int32) -> Bool? {
    guard primary >= 0 else {
      usleep(UInt32(milliseconds) * 1_000)
      return nil
    }
    var ready = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, milliseconds) > 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(primary, &bytes, bytes.count)
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? false : nil }
    bytesWritten += count
    screen.feed(bytes[..<count])
    let answers = screen.takeAnswers()
    if !answers.isEmpty {
      usleep(answerDelayMilliseconds * 1_000)
      send(answers)
    }
    return true
  }

  public func resize(width: Int, height: Int) {
    screen.resize(width: width, height: height)
    var size = winsize(ws_row: UInt16(height), ws_col: UInt16(width), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(primary, UInt(TIOCSWINSZ), &size)
  }

  public func signal(_ number: Int32) {
    kill(processID, number)
  }

  /// Closes the terminal, as a cut line does.
  public func hangUp() {
    close(primary)
    close(secondary)
    (primary, secondary) = (-1, -1)
  }

  /// Waits for the program's end and reads what it still wrote; nil: it goes on.
  public func waitForEnd(seconds: Int = 20) -> Ending? {
    let end = ContinuousClock.now + .seconds(seconds)
    while ending == nil {
      var status: Int32 = 0
      if waitpid(processID, &status, WNOHANG) == processID {
        let signal = status & 0x7F
        ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
      } else if ContinuousClock.now > end {
        return nil
      }
      _ = read(for: 20)
    }
    while read(for: 20) == true {}
    return ending
  }

  /// What of the terminal is not as it was before the program; empty is right.
  public var leftChanged: [String] {
    var left: [String] = []
    let names: [(Int, String)] = [
      (1049, "alternate screen"), (1000, "mouse"), (1002, "mouse"), (1006, "mouse encoding"),
      (2004, "bracketed paste"),
      (2026, "synchronised output"), (1, "application cursor keys"),
    ]
    for (mode, name) in names where screen.modes.contains(mode) { left.append(name) }
    if !screen.modes.contains(25) { left.append("hidden cursor") }
    if screen.isKeypadApplication { left.append("application keypad") }
    var modes = termios()
    tcgetattr(secondary, &modes)
    if modes.c_iflag != modesBefore.c_iflag { left.append("input modes") }
    if modes.c_oflag != modesBefore.c_oflag { left.append("output modes") }
    if modes.c_lflag != modesBefore.c_lflag { left.append("local modes") }
    let characters = withUnsafeBytes(of: modes.c_cc) { Array($0) }
    if characters != withUnsafeBytes(of: modesBefore.c_cc, { Array($0) }) {
      left.append("control characters")
    }
    return left
  }

  /// The executable of that name beside the test bundle.
  public static func product(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/" + name
  }
}
