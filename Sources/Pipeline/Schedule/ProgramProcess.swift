import Foundation
import Glibc
import Synchronization

/// A program started without a shell, in a process group of its own, with a text on its standard input.
final class ProgramProcess: Sendable {
  struct Ending: Sendable, Hashable {
    /// The exit status, or 128 and the signal that ended it.
    let status: Int32
    let isTimedOut: Bool
    /// The last line it wrote on standard error; nil where it wrote none.
    let lastErrorLine: String?
  }

  let processID: Int32
  private let errors: Int32
  /// True once the process was waited for, after which its number may belong to another.
  private let isReaped = Mutex(false)
  /// One start at a time: a pipe of another start that is not marked yet would be inherited, and never end.
  private static let starting = NSLock()
  private static let keptBytes = 4_096
  /// Seconds between SIGTERM and SIGKILL where the time is over.
  private static let grace = 2.0

  /// Starts it; standard output goes nowhere.
  /// - Parameters:
  ///   - words: the program, looked up in PATH, and its arguments.
  ///   - environment: added to this process's own.
  ///   - input: at most what a pipe holds, 64 kB.
  /// - Throws: ``ScheduleError`` where it cannot be started.
  init(_ words: [String], environment: [String: String] = [:], input: String = "") throws(ScheduleError) {
    guard let program = words.first else { throw ScheduleError(.invalid, "a command has at least a program") }
    var inputEnds: [Int32] = [-1, -1]
    var errorEnds: [Int32] = [-1, -1]
    Self.starting.lock()
    defer { Self.starting.unlock() }
    guard pipe(&inputEnds) == 0, pipe(&errorEnds) == 0 else {
      for end in inputEnds where end >= 0 { close(end) }
      throw ScheduleError(.failed, "\(program) could not be started: too many open files")
    }
    for end in inputEnds + errorEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer {
      close(inputEnds[0])
      close(errorEnds[1])
    }
    // A pipe takes this much without a reader; a program that does not read it loses nothing it wanted.
    let bytes = Array(input.utf8.prefix(65_536))
    _ = fcntl(inputEnds[1], F_SETFL, O_NONBLOCK)
    _ = bytes.isEmpty ? 0 : write(inputEnds[1], bytes, bytes.count)
    close(inputEnds[1])

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, errorEnds[1], 2)
    // This process's own signal dispositions are not the child's.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    let variables = ProcessInfo.processInfo.environment.merging(environment) { _, given in given }
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    let settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { settings.forEach { free($0) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, &attributes, arguments, settings)
    guard failure == 0 else {
      close(errorEnds[0])
      throw ScheduleError(.failed, "\(program) could not be started: \(String(cString: strerror(failure)))")
    }
    processID = process
    errors = errorEnds[0]
  }

  /// Asks the process and what it started to end.
  func terminate() { signalGroup(SIGTERM) }

  private func signalGroup(_ number: Int32) {
    isReaped.withLock { isReaped in
      if !isReaped { _ = kill(-processID, number) }
    }
  }

  /// Waits for its end, on a thread of its own; call once.
  /// - Parameter limit: seconds after which it is ended, first by SIGTERM and then by SIGKILL; nil: none.
  func ending(within limit: Double? = nil) async -> Ending {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.wait(limit)) }
    }
  }

  private func wait(_ limit: Double?) -> Ending {
    let clock = ContinuousClock()
    var deadline = limit.map { clock.now + .seconds($0) }
    var isTimedOut = false
    var written: [UInt8] = []
    var isOpen = true
    defer { close(errors) }
    while true {
      let remaining = deadline.map {
        max(0, Int32(clamping: Int(clock.now.duration(to: $0).inSeconds * 1_000)))
      }
      if isOpen {
        isOpen = readErrors(&written, within: remaining ?? -1)
      } else if deadline == nil {
        break
      } else if hasEnded() {
        break
      } else {
        // It closed its standard error and lives on.
        usleep(20_000)
      }
      if let due = deadline, clock.now >= due {
        // It ended in time, and what it left running holds its standard error.
        if !isTimedOut, hasEnded() { break }
        signalGroup(isTimedOut ? SIGKILL : SIGTERM)
        // After SIGKILL nothing is read any more: what it started may hold the pipe for ever.
        if isTimedOut { break }
        isTimedOut = true
        deadline = clock.now + .seconds(Self.grace)
      }
    }
    return Ending(status: reap(), isTimedOut: isTimedOut, lastErrorLine: Self.lastLine(written))
  }

  /// False at the end of what is written.
  private func readErrors(_ written: inout [UInt8], within milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return true }
    var piece = [UInt8](repeating: 0, count: 1_024)
    let count = read(errors, &piece, piece.count)
    if count < 0 { return errno == EINTR }
    written.append(contentsOf: piece.prefix(count))
    if written.count > Self.keptBytes { written.removeFirst(written.count - Self.keptBytes) }
    return count > 0
  }

  /// True where the process has ended and waits to be reaped.
  private func hasEnded() -> Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(processID), &information, WEXITED | WNOHANG | WNOWAIT) == 0
      && information.si_signo == SIGCHLD
  }

  private func reap() -> Int32 {
    // Waits without reaping, so that the process's number stays its own until the flag is set.
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    return isReaped.withLock { isReaped in
      isReaped = true
      var status: Int32 = 0
      while waitpid(processID, &status, 0) < 0, errno == EINTR {}
      return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
  }

  private static func lastLine(_ bytes: [UInt8]) -> String? {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).last.map { line in
      PrintableText.clean(
        line.hasPrefix("riskdeck: ") ? String(line.dropFirst("riskdeck: ".count)) : String(line))
    }
  }
}
