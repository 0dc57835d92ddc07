import Glibc

/// A file read piece by piece.
final class ByteFile {
  private let descriptor: Int32
  private let path: String

  /// - Throws: `ExtractError` where there is no such file or it cannot be read.
  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ByteFile.failure(path) }
  }

  deinit {
    close(descriptor)
  }

  /// The next bytes; nil at the end.
  func next(atMost count: Int = 1 << 18) throws -> [UInt8]? {
    var isFailed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var result = read(descriptor, buffer.baseAddress, count)
      while result < 0, errno == EINTR { result = read(descriptor, buffer.baseAddress, count) }
      isFailed = result < 0
      filled = max(0, result)
    }
    if isFailed { throw ByteFile.failure(path) }
    return bytes.isEmpty ? nil : bytes
  }

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  private static func failure(_ path: String) -> ExtractError {
    ExtractError(
      .file, place: path, problem: "cannot be read: \(String(cString: strerror(errno)))",
      advice: "check the path and its permissions")
  }
}
