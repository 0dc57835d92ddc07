import Foundation
import Glibc
import Testing

@testable import Postgres

/// Each test makes a cluster of its own; they run one after the other, as each takes a few seconds of disk.
@Suite("the embedded server", .serialized)
struct EmbeddedServerTests {
  /// A short path (a unix socket's is bounded) that is gone after the test.
  private static func withRoot<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let folder = "/tmp/rd-\(getpid())-\(UInt32.random(in: 0...0xffff))"
    do {
      let answer = try await body(folder + "/server")
      try await EmbeddedServer(root: folder + "/server").reset()
      try? FileManager.default.removeItem(atPath: folder)
      return answer
    } catch {
      // Reported is what failed in the test.
      try? await EmbeddedServer(root: folder + "/server").reset()
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  private static func number(_ sql: String, _ url: String) async throws -> Int64? {
    let connection = try await Connection.open(url)
    let answer = try await connection.query(sql).first?.integer(0)
    await connection.close()
    return answer
  }

  @Test("keeps a sixteenth of the machine's memory in pages, from 128 MB to 1 GB")
  func memory() {
    let gigabyte = 1_073_741_824
    let settings = [1, 8, 24, 256].map { EmbeddedServer.sharedBuffers(of: $0 * gigabyte) }
    #expect(settings == [128, 512, 1024, 1024])
  }

  @Test("is made by whoever comes first, once, and shared by all who come at the same time")
  func onDemand() async throws {
    try await Self.withRoot { root in
      let urls = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<4 { group.addTask { try await EmbeddedServer(root: root).ensureRunning() } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(urls.count == 1)
      let url = try #require(urls.first)
      #expect(try await Self.number("select 1", url) == 1)
      let status = try EmbeddedServer(root: root).status()
      #expect(status.isRunning)
      #expect(try await EmbeddedServer(root: root).start() == false)
      let listening = try await Connection.open(url)
      #expect(try await listening.query("show listen_addresses").first?[0] == "")
      await listening.close()
      let reader = try await Connection.open(try EmbeddedServer(root: root).readerURL)
      for sql in [
        "create table t (n int)", "copy (select 1) to program 'true'", "select pg_read_file('/etc/hostname')",
      ] {
        await #expect(throws: PostgresError.self, "\(sql)") { try await reader.execute(sql) }
      }
      await reader.close()
      var socketFolder = stat()
      #expect(stat(root + "/run", &socketFolder) == 0)
      #expect(socketFolder.st_mode & 0o777 == 0o700)
    }
  }

  @Test("takes over nothing that this program has open")
  func descriptors() async throws {
    try await Self.withRoot { root in
      let file = open("/etc/hostname", O_RDONLY)
      defer { close(file) }
      let server = try EmbeddedServer(root: root)
      try await server.ensureRunning()
      let folder = "/proc/\(try #require(server.status().processID))/fd"
      let opened = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)
      }
      #expect(!opened.isEmpty && !opened.contains("/etc/hostname"), "\(opened)")
    }
  }

  @Test("keeps its data over a stop, a kill and leftovers that name another program")
  func survives() async throws {
    try await Self.withRoot { root in
      let server = try EmbeddedServer(root: root)
      let url = try await server.ensureRunning()
      let connection = try await Connection.open(url)
      try await connection.execute("create table t as select 42 as n")
      await connection.close()

      #expect(try await server.stop())
      #expect(try await !server.stop())
      #expect(!server.status().isRunning)
      // A pid file whose number now belongs to this test, and a socket that nobody listens on.
      try "\(getpid())\n\(root)/data\n".write(
        toFile: root + "/data/postmaster.pid", atomically: false, encoding: .utf8)
      try "\(getpid())\n".write(toFile: root + "/run/.s.PGSQL.5432.lock", atomically: false, encoding: .utf8)
      try "".write(toFile: root + "/run/.s.PGSQL.5432", atomically: false, encoding: .utf8)
      try await server.ensureRunning()
      #expect(try await Self.number("select n from t", url) == 42)

      let process = try #require(server.status().processID)
      #expect(kill(process, SIGKILL) == 0)
      while kill(process, 0) == 0 { usleep(1_000) }
      try await server.ensureRunning()
      #expect(try await Self.number("select n from t", url) == 42)
    }
  }

  @Test("a link in the server's own folders leads no write and no change of mode elsewhere")
  func links() async throws {
    try await Self.withRoot { root in
      let server = try EmbeddedServer(root: root)
      try await server.start()
      try await server.stop()
      let victim = root + ".victim"
      try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(atPath: victim) }
      chmod(victim, 0o750)
      try "precious".write(toFile: victim + "/file", atomically: false, encoding: .utf8)
      chmod(victim + "/file", 0o600)
      unlink(root + "/data/riskdeck.conf")
      #expect(symlink(victim + "/file", root + "/data/riskdeck.conf") == 0)
      try await server.start()
      try await server.stop()
      #expect(try String(contentsOfFile: victim + "/file", encoding: .utf8) == "precious")
      try FileManager.default.removeItem(atPath: root + "/run")
      #expect(symlink(victim, root + "/run") == 0)
      await #expect(throws: PostgresError.self) { try await server.start() }
      var status = stat()
      #expect(stat(victim, &status) == 0 && status.st_mode & 0o777 == 0o750 && status.st_uid == geteuid())
      #expect(stat(victim + "/file", &status) == 0 && status.st_mode & 0o777 == 0o600)
      unlink(root + "/run")
    }
  }

  @Test("says which package is missing, for a new database and for one made by another version")
  func missingPackage() async throws {
    try await Self.withRoot { root in
      let error = try await #require(throws: PostgresError.self) {
        try await EmbeddedServer(root: root, installations: []).start()
      }
      #expect(error.description.contains("install the package postgresql"))
      try FileManager.default.createDirectory(atPath: root + "/data", withIntermediateDirectories: true)
      try "9\n".write(toFile: root + "/data/PG_VERSION", atomically: false, encoding: .utf8)
      let other = try await #require(throws: PostgresError.self) {
        try await EmbeddedServer(root: root).start()
      }
      #expect(other.description.contains("install the package postgresql-9"))
    }
  }

  @Test("refuses a path that no unix socket can have, with its length and the way out")
  func longPath() async throws {
    let root = "/tmp/" + String(repeating: "x", count: 120)
    let error = try await #require(throws: PostgresError.self) {
      try await EmbeddedServer(root: root).start()
    }
    #expect(error.description.contains("107"))
    #expect(error.description.contains("RISKDECK_DATA_DIR"))
    #expect(!FileManager.default.fileExists(atPath: root))
  }

  @Test("says that the disk is too small before it makes anything")
  func fullDisk() async throws {
    let folder = "/tmp/rd-disk-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let mounted = try ChildProcess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder])
    guard mounted.status == 0 else {
      print("notice: a small disk cannot be mounted here, the test of a full one is skipped")
      return
    }
    defer { _ = try? ChildProcess.run(["umount", folder]) }
    let error = try await #require(throws: PostgresError.self) {
      try await EmbeddedServer(root: folder + "/server").start()
    }
    #expect(error.description.contains("make room"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/server/data"))
  }

  @Test("leaves nothing behind when the making of a cluster is cut short, and makes it anew")
  func interruptedMaking() async throws {
    try await Self.withRoot { root in
      try FileManager.default.createDirectory(atPath: root + "/data.new", withIntermediateDirectories: true)
      try "half".write(toFile: root + "/data.new/PG_VERSION", atomically: false, encoding: .utf8)
      let url = try await EmbeddedServer(root: root).ensureRunning()
      #expect(try await Self.number("select 1", url) == 1)
      #expect(!FileManager.default.fileExists(atPath: root + "/data.new"))
    }
  }

  @Test("finds only supported versions that have all three programs, newest first")
  func installations() {
    let found = ServerInstallation.find(in: [
      (13, "/usr/lib/postgresql/15/bin"), (15, "/usr/lib/postgresql/15/bin"), (16, "/nowhere"),
    ])
    #expect(found.allSatisfy { ServerInstallation.supportedVersions.contains($0.majorVersion) })
    #expect(!found.contains { $0.binaryFolder == "/nowhere" })
  }
}
