import Glibc
import Synchronization

/// A file that appears under its name once it is whole, readable by its owner alone: the one way files are written.
///
/// It is written without a name, so that nothing is left behind however the program ends and nobody can guess where to
/// plant a link. Whatever had the name before is replaced; a symbolic link is replaced itself, never followed. The mode
/// is exact, whatever the umask. A pipe or device of the user's own or the system's is written into as it is.
public final class PrivateFile: Sendable {
  public let path: String
  private let folder: String
  private let state: Mutex<State>

  private struct State {
    var descriptor: Int32
    /// The name while it is written, on file systems that know no files without one.
    var temporary: String?
    var isInPlace = false
    var bytes: Int64 = 0

    mutating func discard() {
      if let temporary { unlink(temporary) }
      temporary = nil
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  /// - Parameter mode: 0600 but for what is made for others.
  /// - Throws: ``PrivacyError`` where the folder cannot be written to or the name is that of a folder.
  public init(_ path: String, mode: mode_t = 0o600) throws(PrivacyError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    var status = stat()
    let isThere = lstat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    guard !name.isEmpty, name != ".", name != "..", !isThere || kind != S_IFDIR else {
      throw PrivacyError(code: .file, path: path, problem: "is a folder; name a file in it")
    }
    self.path = path
    self.folder = folder
    if Self.isOwnStream(path) || isThere && kind != S_IFREG && kind != S_IFLNK {
      guard Self.isOwnStream(path) || status.st_uid == geteuid() || status.st_uid == 0 else {
        throw Self.foreign(path)
      }
      state = Mutex(State(descriptor: try Self.openInPlace(path), isInPlace: true))
      return
    }
    var opened = State(descriptor: open(folder, Self.withoutName | O_WRONLY | O_CLOEXEC, mode))
    if opened.descriptor < 0, errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL {
      let other = "\(folder)/.\(Self.mark).part"
      opened.descriptor = open(other, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      if opened.descriptor >= 0 { opened.temporary = other }
    }
    guard opened.descriptor >= 0, fchmod(opened.descriptor, mode) == 0 else {
      let failure = Self.failure(path)
      opened.discard()
      throw failure
    }
    state = Mutex(opened)
  }

  deinit { discard() }

  /// True for a pipe or device: what is written is gone at once, and nothing can be discarded.
  public var isInPlace: Bool { state.withLock { $0.isInPlace } }

  /// How many bytes were written.
  public var bytes: Int64 { state.withLock { $0.bytes } }

  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  private func write(_ buffer: UnsafeRawBufferPointer) throws {
    try state.withLock { state in
      var rest = buffer
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Glibc.write(state.descriptor, start, rest.count)
        guard count > 0 else {
          if count < 0, errno == EINTR { continue }
          throw Self.failure(path)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      state.bytes += Int64(buffer.count)
    }
  }

  /// Gives the file its name. Nothing may be written after.
  public func finish() throws {
    try place { rename($0, path) == 0 }
  }

  private func place(_ giveName: (String) -> Bool) throws {
    try state.withLock { state in
      if state.isInPlace { return state.discard() }
      guard fsync(state.descriptor) == 0 else { throw Self.failure(path) }
      if state.temporary == nil {
        // A file without a name gets another one first: only a renaming replaces what is there.
        let name = "\(folder)/.\(Self.mark).part"
        let file = "/proc/self/fd/\(state.descriptor)"
        guard linkat(AT_FDCWD, file, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else {
          throw Self.failure(path)
        }
        state.temporary = name
      }
      guard let name = state.temporary, giveName(name) else { throw Self.failure(path) }
      // After a renaming there is nothing of that name any more.
      state.discard()
    }
  }

  /// Forgets what was written. Does nothing after ``finish()``.
  public func discard() { state.withLock { $0.discard() } }

  /// O_TMPFILE, a macro that Swift does not see.
  private static let withoutName: Int32 = 0o20_000_000 | O_DIRECTORY

  private static var mark: String { "riskdeck-" + String(UInt64.random(in: .min ... .max), radix: 36) }

  private static func failure(_ path: String) -> PrivacyError {
    PrivacyError(code: .file, path: path, problem: "cannot be written: \(String(cString: strerror(errno)))")
  }
}

// MARK: - Whole contents

extension PrivateFile {
  /// Makes the files, or replaces those that exist. None gets its name before all are written.
  public static func replace(_ files: [(path: String, text: String)]) throws {
    let opened = try files.map { try PrivateFile($0.path) }
    for (file, text) in zip(opened, files) { try file.write(text.text) }
    for file in opened { try file.finish() }
  }

  /// Makes the file, or replaces one that exists, whole or not at all.
  /// - Throws: ``PrivacyError``.
  public static func replace(_ path: String, _ content: [UInt8]) throws {
    let file = try PrivateFile(path)
    try file.write(content)
    try file.finish()
  }

  /// Makes the file whole or not at all; one that exists is left as it is.
  /// - Throws: ``PrivacyError``.
  public static func create(_ path: String, _ content: [UInt8]) throws {
    let file = try PrivateFile(path)
    try file.write(content)
    try file.place { link($0, path) == 0 || errno == EEXIST }
  }

  /// Makes the folders of the path that are missing, with exactly this mode.
  /// - Throws: ``PrivacyError`` where one cannot be made or something else has its name.
  public static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(PrivacyError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolder(String(path[..<slash]), mode: mode)
    }
    if mkdir(path, mode) == 0 {
      guard chmod(path, mode) == 0 else { throw failure(path) }
    } else if errno != EEXIST || stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
      throw PrivacyError(
        code: .file, path: path, problem: "cannot be made a folder: \(String(cString: strerror(errno)))")
    }
  }
}

// MARK: - Reading

extension PrivateFile {
  /// Bytes; far more than keys, connections and what the program remembers take.
  private static let longest = 1 << 20

  /// The content of a plain file of the user's own, or nil where there is no such file. Links are not followed.
  /// - Parameters:
  ///   - isSecret: true: nobody else may have been able to read it.
  ///   - start: where to begin, for what was appended to a file; nothing is read of a shorter one.
  /// - Throws: ``PrivacyError``.
  public static func read(_ path: String, isSecret: Bool = true, from start: Int = 0) throws -> [UInt8]? {
    // Not waiting: whoever opens a pipe would wait for its other end.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw readFailure(path, "cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw readFailure(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      !isSecret || status.st_mode & 0o077 == 0
    else {
      throw PrivacyError(
        code: .keyFile, path: path,
        problem: "must be a plain file of yours with mode 0600; run chmod 600 on it")
    }
    guard lseek(descriptor, start, SEEK_SET) == start else { throw readFailure(path, "cannot be read") }
    var content: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = readInto(&bytes, descriptor)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw readFailure(path, "cannot be read") }
      if count == 0 { return content }
      content += bytes[..<count]
      guard content.count <= longest else {
        throw PrivacyError(code: .keyFile, path: path, problem: "is larger than such a file can be")
      }
    }
  }

  /// Bytes of a file; 0 where there is none.
  public static func size(_ path: String) -> Int {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_size : 0
  }

  /// Named apart from `read(_:)` above, which hides the system's call.
  private static func readInto(_ bytes: inout [UInt8], _ descriptor: Int32) -> Int {
    Glibc.read(descriptor, &bytes, bytes.count)
  }

  private static func readFailure(_ path: String, _ problem: String) -> PrivacyError {
    PrivacyError(code: .keyFile, path: path, problem: "\(problem): \(String(cString: strerror(errno)))")
  }
}

// MARK: - Pipes and devices

extension PrivateFile {
  /// True for the names under which the system shows a process its own open files: links that are safe to follow.
  private static func isOwnStream(_ path: String) -> Bool {
    let streams: [String] = ["/dev/stdout", "/dev/stderr"]
    return streams.contains(path) || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
  }

  /// Opens what is no plain file where it stands.
  private static func openInPlace(_ path: String) throws(PrivacyError) -> Int32 {
    let isOwn = isOwnStream(path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | (isOwn ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else { throw failure(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, isOwn || status.st_uid == geteuid() || status.st_uid == 0,
      status.st_mode & S_IFMT != S_IFBLK
    else {
      close(descriptor)
      throw foreign(path)
    }
    return descriptor
  }

  private static func foreign(_ path: String) -> PrivacyError {
    PrivacyError(
      code: .file, path: path, problem: "is a pipe or device of somebody else, or a disk; name another file")
  }
}
