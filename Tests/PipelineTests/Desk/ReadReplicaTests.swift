import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Reading from a replica")
struct ReadReplicaTests {
  /// A table that tells which database was read.
  private static func mark(_ url: String, as name: String) async throws {
    let connection = try await Connection.open(url)
    try await connection.execute(
      "create table place (name text); create schema monitoring; create table monitoring.publications (run_id bigint)"
    )
    try await connection.query("insert into place (name) values ($1)", [.text(name)])
    await connection.close()
  }

  private static func place(_ replica: ReadReplica) async throws -> String? {
    try await replica.answer(1) { try await $0.query("select name from place").first?[0] }
  }

  @Test("the replica answers, and one that is no standby has no lag")
  func answers() async throws {
    try await TestCluster.withDatabase { primary in
      try await TestCluster.withDatabase { other in
        try await Self.mark(primary, as: "primary")
        try await Self.mark(other, as: "replica")
        let connections = DeskConnections(database: primary)
        let replica = ReadReplica(database: other, primary: connections)
        #expect(await replica.standing == nil)
        #expect(try await Self.place(replica) == "replica")
        #expect(await replica.standing == .answering(lag: nil))
        await replica.close()
        await connections.close()
      }
    }
  }

  @Test("where it does not answer the primary does, with the reason, and it is left alone for a while")
  func unreachable() async throws {
    try await TestCluster.withDatabase { primary in
      try await Self.mark(primary, as: "primary")
      // The name of the database stands before the parameters.
      let parts = primary.split(separator: "?", maxSplits: 1).map(String.init)
      let absent = parts[0] + "_absent?" + (parts.count > 1 ? parts[1] : "")
      let connections = DeskConnections(database: primary)
      let patient = ReadReplica(database: absent, primary: connections, pause: .seconds(600))
      let eager = ReadReplica(database: absent, primary: connections, pause: .zero)
      for replica in [patient, eager] {
        #expect(try await Self.place(replica) == "primary")
        guard case .unreachable(let reason) = await replica.standing else {
          Issue.record("it seems to answer")
          return
        }
        #expect(reason.contains("does not exist"))
      }
      let administrator = try await Connection.open(primary)
      let name = String(try #require(parts[0].split(separator: "/").last)) + "_absent"
      try await administrator.execute("create database \(try quotedIdentifier(name))")
      try await Self.mark(absent, as: "replica")
      #expect(try await Self.place(eager) == "replica")
      #expect(try await Self.place(patient) == "primary")
      await eager.close()
      await patient.close()
      try await administrator.execute("drop database \(try quotedIdentifier(name)) with (force)")
      await administrator.close()
      await connections.close()
    }
  }

  @Test("a mistake in a question is not taken for a replica that is gone")
  func mistake() async throws {
    try await TestCluster.withDatabase { primary in
      try await Self.mark(primary, as: "primary")
      let connections = DeskConnections(database: primary)
      let replica = ReadReplica(database: primary, primary: connections)
      let error = await #expect(throws: PostgresError.self) {
        try await replica.answer(1) { try await $0.query("select 1 / 0") }
      }
      #expect(error?.sqlState == "22012")
      #expect(await replica.standing == nil)
      await replica.close()
      await connections.close()
    }
  }
}
