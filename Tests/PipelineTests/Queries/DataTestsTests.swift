import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("The data tests of queries/")
struct DataTestsTests {
  @Test("there are tests enough in every layer, each with a name of its own")
  func counts() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let tests = try await QueriesFixture.project(connection).tests
      await connection.close()
      let byLayer = Dictionary(grouping: tests, by: \.layer).mapValues(\.count)
      #expect(byLayer[.source, default: 0] >= 20)
      #expect(byLayer[.staging, default: 0] >= 25)
      #expect(byLayer[.marts, default: 0] >= 25)
      #expect(byLayer[.singular, default: 0] >= 1)
      #expect(Set(tests.map(\.name)).count == tests.count)
    }
  }

  @Test("all pass on clean data but the warnings the fixture is made for")
  func clean() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let renderer = ProjectRenderer(try await QueriesFixture.project(connection))
      var failing: [String] = []
      for test in renderer.project.tests
      where try await Self.failures(try renderer.sql(of: test), connection) > 0 {
        failing.append(test.name)
      }
      #expect(
        failing.sorted() == [
          "not_null_stg_customer_profiles_country", "source_not_null_staging_raw_customers_email",
          "source_not_null_staging_raw_customers_phone",
        ])
    }
  }

  /// Views become tables and keys go, so that a fault can be planted in every place a test looks at.
  private static func unlock(_ project: Project, _ connection: Connection) async throws {
    let relations = project.models.map(\.relation) + project.sources.map(\.relation)
    for (index, relation) in relations.enumerated() {
      try await connection.execute("create table public.copy_\(index) as select * from \(relation)")
    }
    try await connection.execute(
      "drop schema analytics, staging cascade; create schema analytics; create schema staging")
    for (index, relation) in relations.enumerated() {
      let schema = try quotedIdentifier(relation.schema)
      let name = try quotedIdentifier(relation.identifier)
      try await connection.execute(
        "alter table public.copy_\(index) rename to \(name); alter table public.\(name) set schema \(schema)")
    }
  }

  private static func failures(_ sql: String, _ connection: Connection) async throws -> Int64 {
    try await connection.query("select count(*) from (\(sql)\n) as failing").first?.integer(0) ?? -1
  }

  @Test("each of them fails on a planted fault of its kind")
  func planted() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let project = try await QueriesFixture.project(connection)
      try await Self.unlock(project, connection)
      let renderer = ProjectRenderer(project)
      let faults = PlantedFaults(project: project)
      for test in project.tests {
        let sql = try renderer.sql(of: test)
        let before = try await Self.failures(sql, connection)
        let statements = try faults.statements(for: test)
        #expect(!statements.isEmpty, "no fault is known for \(test.name)")
        for statement in statements {
          try await connection.execute("begin")
          let planted = try await connection.execute(statement).affectedRows
          let after = try await Self.failures(sql, connection)
          try await connection.execute("rollback")
          #expect(planted > 0, "\(test.name): nothing was planted by \(statement)")
          #expect(after > before, "\(test.name) did not see \(statement)")
        }
      }
    }
  }
}
