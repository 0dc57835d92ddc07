import Glibc

/// A small file that only its owner may read.
enum SecretFile {
  /// Bytes; far more than keys and connections take.
  private static let maximumSize = 1 << 20

  /// The content, or nil where there is no such file.
  static func read(_ path: String) throws -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure(path, "cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw PrivacyError(
        code: .keyFile, path: path,
        problem: "must be a plain file of yours with mode 0600; run chmod 600 on it")
    }
    var content: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = readInto(&bytes, descriptor)
      guard count >= 0 else { throw failure(path, "cannot be read") }
      if count == 0 { return content }
      content += bytes[..<count]
      guard content.count <= maximumSize else {
        throw PrivacyError(code: .keyFile, path: path, problem: "is larger than such a file can be")
      }
    }
  }

  /// Named apart from `read(_:)` above, which hides the system's call.
  private static func readInto(_ bytes: inout [UInt8], _ descriptor: Int32) -> Int {
    Glibc.read(descriptor, &bytes, bytes.count)
  }

  /// Makes the file whole or not at all; one that exists is left as it is.
  static func create(_ path: String, _ content: [UInt8]) throws {
    try write(path, content) { link($0, path) == 0 || errno == EEXIST }
  }

  /// Makes the file, or replaces one that exists, whole or not at all.
  static func replace(_ path: String, _ content: [UInt8]) throws {
    try write(path, content) { rename($0, path) == 0 }
  }

  /// Writes a file beside and puts it in place.
  private static func write(_ path: String, _ content: [UInt8], _ place: (String) -> Bool) throws {
    let temporary = "\(path).\(getpid()).\(Crypto.hexadecimal(try Crypto.randomBytes(4)))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, "cannot be made") }
    defer { unlink(temporary) }
    let isWritten = Glibc.write(descriptor, content, content.count) == content.count && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else { throw failure(path, "cannot be written") }
    guard place(temporary) else { throw failure(path, "cannot be made") }
  }

  private static func failure(_ path: String, _ problem: String) -> PrivacyError {
    PrivacyError(code: .keyFile, path: path, problem: "\(problem): \(String(cString: strerror(errno)))")
  }
}
