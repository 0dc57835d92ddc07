import CLibpq
import Glibc
import Synchronization

/// Runs a program to its end and keeps what it printed. Used for PostgreSQL's own tools alone.
package struct ChildProcess {
  /// What a finished program left behind.
  package struct Outcome {
    /// The exit status, or 128 + the signal that ended it.
    package let status: Int32
    /// Standard output and standard error as they came, decoded leniently.
    package let output: String
  }

  /// Starts `arguments[0]`, looked up in PATH, from the root folder (its own may be closed to the server's user),
  /// with no standard input, and waits for it.
  /// - Throws: ``PostgresError`` with ``PostgresError/Code/embeddedServer`` where the program cannot be started.
  package static func run(_ arguments: [String], environment: [String] = []) throws(PostgresError) -> Outcome
  {
    let pipeEnds = try closedOnExecutePipe(arguments)
    defer { close(pipeEnds[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], 2)
    // A server runs for long: it must neither keep what this program has open, nor run short of descriptors for it.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var child: pid_t = 0
    let words = ["env", "--chdir=/"] + arguments
    let argumentPointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { argumentPointers.forEach { free($0) } }
    let variables = currentEnvironment().filter { !$0.hasPrefix("LC_") && !$0.hasPrefix("PG") } + environment
    let environmentPointers: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { environmentPointers.forEach { free($0) } }
    let failure = spawning.withLock { _ in
      posix_spawnp(&child, words[0], &actions, nil, argumentPointers, environmentPointers)
    }
    close(pipeEnds[1])
    guard failure == 0 else { throw startFailure(arguments, failure) }

    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = read(pipeEnds[0], &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      output.append(contentsOf: buffer[..<count])
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let exited = status & 0x7f == 0
    return Outcome(
      status: exited ? (status >> 8) & 0xff : 128 + (status & 0x7f),
      output: String(decoding: output, as: UTF8.self))
  }

  /// Held while a pipe is made and while a program is started: a server started in between would inherit an end of the
  /// pipe, keep it open for as long as it runs, and the reader would wait for it.
  private static let spawning = Mutex(())

  private static func closedOnExecutePipe(_ arguments: [String]) throws(PostgresError) -> [Int32] {
    let ends: [Int32]? = spawning.withLock { _ in
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { return nil }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return ends
    }
    guard let ends else { throw startFailure(arguments, errno) }
    return ends
  }

  private static func startFailure(_ arguments: [String], _ code: Int32) -> PostgresError {
    PostgresError(
      code: .embeddedServer,
      message: "\(arguments[0]) could not be started: \(String(cString: strerror(code)))")
  }

  private static func currentEnvironment() -> [String] {
    var variables: [String] = []
    var entry = environ
    while let text = entry.pointee {
      variables.append(String(cString: text))
      entry += 1
    }
    return variables
  }
}
