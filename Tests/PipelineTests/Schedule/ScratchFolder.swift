import Foundation

/// An empty folder that a test removes when it is done.
struct ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/riskdeck-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func remove() {
    // A folder that stays behind in /tmp fails no test.
    _ = try? FileManager.default.removeItem(atPath: path)
  }
}
