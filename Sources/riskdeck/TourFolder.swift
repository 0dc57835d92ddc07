import Foundation
import Glibc
import Pipeline
import Postgres

/// A temporary folder with a database and the files of one tour. A process of its own waits for the end of this one and
/// deletes the folder where this one could not: after a crash, a kill or an interrupt.
struct TourFolder {
  let path: String
  /// Open for as long as this process lives, and in no other: its end is what the sweeper waits for.
  private let lifeline: Int32

  static let prefix = "riskdeck-tour-"

  init() throws {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
    // A unix socket's path has little room, so a long folder is of no use.
    let parent = base.hasPrefix("/") && base.utf8.count <= 40 ? base : "/tmp"
    var template = Array((parent + "/" + Self.prefix + "XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw Pipeline.ConfigurationError(
        "no folder could be made in \(parent): \(String(cString: strerror(errno))); set TMPDIR to another")
    }
    path = String(cString: made)
    // The account of an embedded server may pass through, nobody may look.
    chmod(path, 0o711)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      rmdir(path)
      throw Pipeline.ConfigurationError("no pipe could be made: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    lifeline = ends[1]
    do {
      _ = try DetachedProcess.start(
        [Session.executablePath, "tour-sweep", path], environment: [:], output: nil, input: ends[0])
    } catch {
      close(lifeline)
      rmdir(path)
      throw error
    }
  }

  /// What replaces the settings of the environment, so that nothing of the user's is read or written. The user's own
  /// themes and keys stay.
  var settings: [String: String] {
    [
      "RISKDECK_DATA_DIR": path + "/data", "XDG_STATE_HOME": path + "/state", "RISKDECK_DATABASE_URL": "",
      "RISKDECK_ROLE": "", "RISKDECK_SOURCE": "", "RISKDECK_FERNET_KEY": "", "RISKDECK_TASK_TIMEOUTS": "",
      "RISKDECK_AS": "", "MASKING_SALT": "", "ENABLE_PII_MASKING": "",
    ]
  }

  /// Deletes the folder now.
  func remove() async { await Self.remove(path) }

  /// Stops the database of a tour and deletes its folder.
  static func remove(_ path: String) async {
    let name = (path as NSString).lastPathComponent
    // Whatever else the name of a folder is, it is not ours to delete.
    guard name.hasPrefix(prefix) else { return }
    // initdb of a tour that was interrupted may be at work for a moment and make files anew.
    for _ in 0..<100 {
      if let server = try? EmbeddedServer(root: path + "/data/server") { try? await server.reset() }
      try? FileManager.default.removeItem(atPath: path)
      if access(path, F_OK) != 0 { return }
      usleep(100_000)
    }
    printError("\(path) could not be deleted; delete it by hand")
  }
}
