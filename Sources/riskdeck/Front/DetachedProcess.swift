import Foundation
import Glibc
import Pipeline

/// A program in a session of its own: it survives this process and the terminal.
struct DetachedProcess {
  struct Ending {
    let status: Int32
    /// The last line it wrote for people, without the program's name.
    let lastErrorLine: String?
  }

  private let process: pid_t
  private let output: String?
  /// Where in the output file this process begins to write.
  private let offset: Int

  /// Starts it with its output appended to a file.
  /// - Parameters:
  ///   - output: that file; nil: what it writes is dropped.
  ///   - input: what it reads; nil: nothing.
  /// - Throws: ``ConfigurationError``.
  static func start(
    _ words: [String], environment: [String: String], output: String?, input: Int32? = nil
  ) throws -> DetachedProcess {
    var offset = 0
    if let output {
      try PrivateFile.makeFolder((output as NSString).deletingLastPathComponent)
      try PrivateFile.create(output, [])
      offset = PrivateFile.size(output)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(
      &actions, 1, output ?? "/dev/null", O_WRONLY | O_APPEND | O_NOFOLLOW, 0)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The screen's own signal dispositions are not the child's.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let variables = ProcessInfo.processInfo.environment.merging(environment) { _, given in given }
    let arguments: [UnsafeMutablePointer<CChar>?] = (["setsid"] + words).map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    let settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { settings.forEach { free($0) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, "setsid", &actions, &attributes, arguments, settings)
    guard failure == 0 else {
      throw Pipeline.ConfigurationError("setsid could not be started: \(String(cString: strerror(failure)))")
    }
    return DetachedProcess(process: process, output: output, offset: offset)
  }

  /// Waits for its end on a thread of its own.
  func ending() async -> Ending {
    let process = process
    let status: Int32 = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        continuation.resume(returning: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
      }
    }
    let written = output.flatMap { try? PrivateFile.read($0, isSecret: false, from: offset) } ?? []
    let line = String(decoding: written, as: UTF8.self).split(separator: "\n").last {
      $0.hasPrefix("riskdeck: ")
    }
    return Ending(status: status, lastErrorLine: line.map { String($0.dropFirst("riskdeck: ".count)) })
  }
}
