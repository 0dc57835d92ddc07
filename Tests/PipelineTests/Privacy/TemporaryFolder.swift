import Foundation
import Glibc

/// Makes an empty folder, hands it to `body` and removes it.
func withTemporaryFolder<Answer>(_ body: (String) throws -> Answer) throws -> Answer {
  let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { _ = try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The permission bits of a file.
func mode(of path: String) throws -> mode_t {
  var status = stat()
  guard lstat(path, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  return status.st_mode & 0o777
}
