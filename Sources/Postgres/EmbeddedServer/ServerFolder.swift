import FoundationEssentials
import Glibc

/// Where one embedded cluster keeps its files.
///
///     <root>/data         the cluster
///     <root>/run          the socket, mode 0700
///     <root>/server.log   what the server says
///     <root>/start.lock   held while somebody starts, stops or makes the cluster
struct ServerFolder: Sendable, Hashable {
  let root: String

  var data: String { root + "/data" }
  var newData: String { root + "/data.new" }
  var run: String { root + "/run" }
  var log: String { root + "/server.log" }
  var lock: String { root + "/start.lock" }
  var socket: String { run + "/.s.PGSQL.\(Self.port)" }
  var socketLock: String { socket + ".lock" }
  var pidFile: String { data + "/postmaster.pid" }

  /// Only a part of the socket's file name: the server never listens on TCP.
  static let port = 5_432
  /// `sockaddr_un.sun_path` holds 108 bytes with the closing NUL.
  static let longestSocketPath = 107
  /// An empty cluster takes about 40 MB and its first WAL segments 16 MB each.
  static let neededBytes: UInt64 = 200_000_000

  /// Makes the folders that are missing, owned by `account`, closed to others.
  func prepare(for account: ServerAccount) throws(PostgresError) {
    guard socket.utf8.count <= Self.longestSocketPath else {
      throw PostgresError(
        code: .embeddedServer,
        message: "the socket path \(socket) has \(socket.utf8.count) bytes and a unix socket's may have "
          + "\(Self.longestSocketPath); set RISKDECK_DATA_DIR to a shorter folder")
    }
    let above = root.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    if !exists(above) {
      do {
        try FileManager.default.createDirectory(atPath: above, withIntermediateDirectories: true)
      } catch {
        throw failure("the folder \(above) could not be made")
      }
      // Closed to others, who may only pass through where one of them is the server's account.
      guard chmod(above, account.isOther ? 0o711 : 0o700) == 0 else {
        throw failure("the folder \(above) could not be closed to others")
      }
    }
    for folder in [root, run] {
      if mkdir(folder, 0o700) != 0, errno != EEXIST {
        throw failure("the folder \(folder) could not be made")
      }
      // By the open folder: the server's account could have put a link in the place of what lies in its own.
      let descriptor = open(
        folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder == run ? O_NOFOLLOW : 0))
      guard descriptor >= 0 else { throw failure("the folder \(folder) could not be opened") }
      defer { close(descriptor) }
      if account.isOther, fchown(descriptor, account.userID, account.groupID) != 0 {
        throw failure("the folder \(folder) could not be given to \(account.name)")
      }
      if fchmod(descriptor, 0o700) != 0 {
        throw failure("the folder \(folder) could not be closed to others")
      }
    }
  }

  /// - Throws: where the file system has too little room for a cluster.
  func checkRoom() throws(PostgresError) {
    var status = statvfs()
    guard statvfs(root, &status) == 0 else { return }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    guard free >= Self.neededBytes else {
      throw PostgresError(
        code: .embeddedServer,
        message: "\(free / 1_000_000) MB are free at \(root) and a new database needs "
          + "\(Self.neededBytes / 1_000_000) MB; make room or set RISKDECK_DATA_DIR to another disk")
    }
  }

  /// Waits until nobody else starts, stops or makes this cluster. Closing the descriptor lets go, as the end of the
  /// process does. The wait gives its thread back: who holds the lock may be a task of this process that needs it.
  func acquireLock() async throws -> Int32 {
    let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("\(lock) could not be opened") }
    do {
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR else { throw failure("\(lock) could not be locked") }
        try await Task.sleep(for: .milliseconds(20))
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The file's text, or nil where it cannot be read.
  func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  func remove(_ path: String) throws(PostgresError) {
    guard exists(path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw failure("\(path) could not be removed")
    }
  }

  /// Makes the file anew, for the server to read. A link of its name goes: followed, it would let the server's account write
  /// what only the user may.
  func write(_ text: String, to path: String) throws(PostgresError) {
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("\(path) could not be written") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, 0o644) == 0 else {
      throw failure("\(path) could not be written")
    }
  }

  private func failure(_ what: String) -> PostgresError {
    PostgresError(code: .embeddedServer, message: "\(what): \(String(cString: strerror(errno)))")
  }
}
