import Foundation
import Glibc
import Postgres
import Synchronization

/// A private PostgreSQL cluster that the suite starts once, shares between its tests and stops when the process ends.
///
/// Each test takes a database of its own, so tests run side by side.
public enum TestCluster {
  /// Where the cluster lives: a short path outside the repository (a unix socket's path is bounded), kept between
  /// runs so that only the first pays for initdb.
  public static let root: String = {
    let repository = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let digest = repository.utf8.reduce(UInt32(5_381)) { ($0 &* 33) ^ UInt32($1) }
    return "/tmp/riskdeck-tests-\(getuid())-\(String(digest, radix: 36))"
  }()

  private static let starting = Task<EmbeddedServer, any Error> {
    let server = try EmbeddedServer(root: root)
    try await server.start()
    atexit {
      // The process is ending: nobody is left to hear of a failure, and the next run mends what stays behind.
      let stopped = DispatchSemaphore(value: 0)
      Task.detached {
        _ = try? await EmbeddedServer(root: TestCluster.root).stop(immediately: true)
        stopped.signal()
      }
      stopped.wait()
    }
    return server
  }
  private static let counter = Atomic<Int>(0)
  /// The suite runs hundreds of tests side by side, and a server takes a bounded number of connections.
  private static let places = Places(count: 12)
  @TaskLocal private static var holdsPlace = false

  /// The running server.
  public static func server() async throws -> EmbeddedServer {
    try await starting.value
  }

  /// Makes an empty database, hands its URL to `body`, and drops it.
  public static func withDatabase<Answer>(
    _ body: (String) async throws -> Answer
  ) async throws -> Answer {
    // A test that takes a second database while it holds one must not wait for others that do the same.
    if holdsPlace { return try await withPlacedDatabase(body) }
    await places.take()
    do {
      let answer = try await $holdsPlace.withValue(true) { try await withPlacedDatabase(body) }
      await places.give()
      return answer
    } catch {
      await places.give()
      throw error
    }
  }

  private static func withPlacedDatabase<Answer>(
    _ body: (String) async throws -> Answer
  ) async throws -> Answer {
    let server = try await server()
    let name = "test_\(getpid())_\(counter.add(1, ordering: .relaxed).newValue)"
    let administrator = try await Connection.open(server.url(database: "postgres"))
    try await administrator.execute("create database " + quotedIdentifier(name))
    do {
      let answer = try await body(server.url(database: name))
      try await administrator.execute("drop database " + quotedIdentifier(name) + " with (force)")
      await administrator.close()
      return answer
    } catch {
      // Reported is what failed in the test, not a database that stays behind.
      _ = try? await administrator.execute("drop database " + quotedIdentifier(name) + " with (force)")
      await administrator.close()
      throw error
    }
  }

  /// A database with the product's own schema (`queries/schema`), and a connection to it.
  public static func withSchema<Answer>(
    _ body: (Connection, String) async throws -> Answer
  ) async throws -> Answer {
    try await withDatabase { url in
      let connection = try await Connection.open(url)
      let folder = Repository.path("queries/schema")
      for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      where file.hasSuffix(".sql") {
        try await connection.execute(String(contentsOfFile: folder + "/" + file, encoding: .utf8))
      }
      let answer = try await body(connection, url)
      await connection.close()
      return answer
    }
  }
}

/// A bounded number of places; who comes when all are taken waits in line.
private actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(count: Int) {
    free = count
  }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func give() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}

/// Files of the repository and of the data folder that stands beside it.
public enum Repository {
  private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// The absolute path of a file of the repository.
  public static func path(_ relative: String) -> String {
    root + "/" + relative
  }

  /// A file below `RISKDECK_TEST_DATA`; nil, with a notice printed once, where the variable is not set or the file is
  /// not there.
  public static func testData(_ relative: String) -> String? {
    guard let folder = ProcessInfo.processInfo.environment["RISKDECK_TEST_DATA"] else {
      noticeOnce("notice: RISKDECK_TEST_DATA is not set, tests on further data are skipped")
      return nil
    }
    let path = folder + "/" + relative
    guard FileManager.default.fileExists(atPath: path) else {
      noticeOnce("notice: \(relative) is not in RISKDECK_TEST_DATA, its tests are skipped")
      return nil
    }
    return path
  }

  private static let printed = Mutex<Set<String>>([])

  private static func noticeOnce(_ text: String) {
    if printed.withLock({ $0.insert(text).inserted }) { print(text) }
  }
}
