import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("migrations")
struct MigrationsTests {
  private static func withFolder<Answer>(
    _ files: [String: String], _ body: (String) async throws -> Answer
  ) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-schema-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
      try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
    }
    return try await body(folder)
  }

  @Test("are applied in order, each once, also by several programs at the same time")
  func appliedOnce() async throws {
    try await Self.withFolder([
      "001_a.sql": "create table a (n int)", "002_b.sql": "insert into a values (1)",
    ]) {
      folder in
      try await TestCluster.withDatabase { url in
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
          for _ in 0..<4 {
            group.addTask {
              let connection = try await Connection.open(url)
              let names = try await Migrations(folder: folder).apply(to: connection)
              await connection.close()
              return names
            }
          }
          return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ["001_a.sql", "002_b.sql"])
        let connection = try await Connection.open(url)
        #expect(try await connection.query("select count(*) from a").first?.integer(0) == 1)
        #expect(try await Migrations.version(of: connection) == 2)
        await connection.close()
      }
    }
  }

  @Test("a step that fails leaves nothing of itself, and the steps before it stay")
  func failing() async throws {
    try await Self.withFolder([
      "001_a.sql": "create table a (n int)", "002_b.sql": "create table b (n int); select 1/0",
    ]) {
      folder in
      try await TestCluster.withDatabase { url in
        let connection = try await Connection.open(url)
        await #expect(throws: PostgresError.self) {
          try await Migrations(folder: folder).apply(to: connection)
        }
        #expect(try await Migrations.version(of: connection) == 1)
        #expect(try await connection.query("select to_regclass('b') is null").first?.boolean(0) == true)
        await connection.close()
      }
    }
  }

  @Test("an older program refuses a newer database and says so")
  func newerDatabase() async throws {
    try await Self.withFolder(["001_a.sql": "select 1", "002_b.sql": "select 1"]) { folder in
      try await TestCluster.withDatabase { url in
        let connection = try await Connection.open(url)
        try await Migrations(folder: folder).apply(to: connection)
        try FileManager.default.removeItem(atPath: folder + "/002_b.sql")
        let error = await #expect(throws: ConfigurationError.self) {
          try await Migrations(folder: folder).apply(to: connection)
        }
        #expect(error?.description.contains("version 2 and this riskdeck knows 1") == true)
        await connection.close()
      }
    }
  }

  @Test("a gap in the numbers is refused by the file's name")
  func gap() async throws {
    try await Self.withFolder(["001_a.sql": "", "003_c.sql": ""]) { folder in
      let error = #expect(throws: ConfigurationError.self) { try Migrations(folder: folder) }
      #expect(error?.description.contains("003_c.sql") == true)
    }
  }
}
