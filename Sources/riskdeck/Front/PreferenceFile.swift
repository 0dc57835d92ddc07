import Foundation
import Glibc
import Pipeline
import Workstation

/// What the workstation remembers, as JSON in the state folder. The user's own configuration is never written.
struct PreferenceFile {
  private struct Stored: Codable {
    var place: String
    var theme: String
    var mouse: Bool
    var sort: String
    var isDescending: Bool
    var columns: [String]
  }

  private let folder: String
  private var path: String { folder + "/workstation.json" }

  init(folder: String) {
    self.folder = folder
  }

  /// What was remembered; the defaults where there is nothing or it cannot be read.
  func load() -> Preferences {
    guard let data = FileManager.default.contents(atPath: path),
      let stored = try? JSONDecoder().decode(Stored.self, from: data)
    else { return Preferences() }
    return Preferences(
      place: stored.place, theme: stored.theme, isMouseOn: stored.mouse,
      customerSort: CustomerListSort(field: stored.sort, isDescending: stored.isDescending),
      customerColumns: stored.columns)
  }

  func save(_ preferences: Preferences) throws {
    let stored = Stored(
      place: preferences.place, theme: preferences.theme, mouse: preferences.isMouseOn,
      sort: preferences.customerSort.field, isDescending: preferences.customerSort.isDescending,
      columns: preferences.customerColumns)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try replace(with: [UInt8](try JSONEncoder().encode(stored)))
  }

  /// Writes a file beside and renames it, so that the file is whole whatever ends the program. A file that a killed
  /// program left beside is removed.
  private func replace(with bytes: [UInt8]) throws {
    let prefix = "workstation.json."
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(prefix) && !Self.isRunning(name.dropFirst(prefix.count)) {
      unlink(folder + "/" + name)
    }
    let temporary = "\(folder)/\(prefix)\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure() }
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard close(descriptor) == 0, written == bytes.count, rename(temporary, path) == 0 else {
      let error = failure()
      unlink(temporary)
      throw error
    }
  }

  private static func isRunning(_ processID: Substring) -> Bool {
    guard let number = pid_t(processID), number > 0 else { return false }
    return kill(number, 0) == 0 || errno == EPERM
  }

  private func failure() -> Pipeline.ConfigurationError {
    Pipeline.ConfigurationError("\(path) could not be written: \(String(cString: strerror(errno)))")
  }
}
