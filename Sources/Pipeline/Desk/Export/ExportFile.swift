import Glibc
import Synchronization

/// A file that appears under its name once it is whole, readable by its owner alone.
///
/// It is written without a name, so that nothing is left behind however the program ends. Whatever had the name before is
/// replaced; a symbolic link is replaced itself, never followed.
public final class ExportFile: Sendable {
  public let path: String
  private let folder: String
  private let state: Mutex<State>

  private struct State {
    var descriptor: Int32
    /// The name while it is written, on file systems that know no files without one.
    var temporary: String?
    var bytes: Int64 = 0

    mutating func discard() {
      if let temporary { unlink(temporary) }
      temporary = nil
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  /// - Throws: ``ExportError`` where the folder cannot be written to or the name is that of a folder.
  public init(_ path: String) throws(ExportError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    var status = stat()
    guard !name.isEmpty, name != ".", name != "..",
      lstat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR
    else { throw ExportError("\(path) is a folder; name a file in it") }
    var opened = State(descriptor: open(folder, Self.withoutName | O_WRONLY | O_CLOEXEC, 0o600))
    if opened.descriptor < 0, errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL {
      let other = "\(folder)/.\(Self.mark).part"
      opened.descriptor = open(other, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if opened.descriptor >= 0 { opened.temporary = other }
    }
    guard opened.descriptor >= 0 else { throw Self.failure(path) }
    self.path = path
    self.folder = folder
    state = Mutex(opened)
  }

  deinit { discard() }

  /// How many bytes were written.
  public var bytes: Int64 { state.withLock { $0.bytes } }

  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { buffer in
      try state.withLock { state in
        var rest = UnsafeRawBufferPointer(buffer)
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
  }

  /// Gives the file its name. Nothing may be written after.
  public func finish() throws {
    try state.withLock { state in
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
      guard let name = state.temporary, rename(name, path) == 0 else { throw Self.failure(path) }
      state.temporary = nil
      state.discard()
    }
  }

  /// Forgets what was written. Does nothing after ``finish()``.
  public func discard() { state.withLock { $0.discard() } }

  /// O_TMPFILE, a macro that Swift does not see.
  private static let withoutName: Int32 = 0o20_000_000 | O_DIRECTORY

  private static var mark: String { "riskdeck-" + String(UInt64.random(in: .min ... .max), radix: 36) }

  private static func failure(_ path: String) -> ExportError {
    ExportError("\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}

/// An export that could not be made; one line for people.
public struct ExportError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// The file or its folder.
    case file
  }

  public let code: Code
  public let description: String

  init(_ description: String) {
    code = .file
    self.description = description
  }
}
