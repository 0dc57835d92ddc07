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

  @Test(
    "a streaming standby is followed: what it has not replayed counts as lag, and a stopped one gives way")
  func standby() async throws {
    guard let pair = try StandbyPair() else { return }
    defer { pair.end() }
    try await Self.mark(pair.primary, as: "from the primary")
    let primary = try await Connection.open(pair.primary)
    try await primary.execute("insert into monitoring.publications values (1)")
    let connections = DeskConnections(database: pair.primary)
    let replica = ReadReplica(database: pair.standby, primary: connections, pause: .seconds(600))
    await replica.follow(run: 1)
    #expect(try await Self.place(replica) == "from the primary")
    guard case .answering(.some) = await replica.standing else {
      Issue.record("the standby is not taken for one: \(String(describing: await replica.standing))")
      return
    }
    // Replay stands still: the new publication arrives and is not shown.
    let standby = try await Connection.open(pair.standby)
    try await standby.execute("select pg_wal_replay_pause()")
    try await primary.execute("insert into monitoring.publications values (2)")
    await replica.follow(run: 2, for: .milliseconds(300))
    let behind = try await replica.answer(2) {
      try await $0.query("select max(run_id) from monitoring.publications").first?.integer(0)
    }
    #expect(behind == 1)
    // The change arrives, and then counts.
    var lag = 0.0
    while lag == 0 {
      await replica.check()
      guard case .answering(let found?) = await replica.standing else {
        Issue.record("the standby has no lag")
        return
      }
      lag = found
    }
    #expect(lag > 0)
    try await standby.execute("select pg_wal_replay_resume()")
    await replica.follow(run: 2)
    let caughtUp = try await replica.answer(3) {
      try await $0.query("select max(run_id) from monitoring.publications").first?.integer(0)
    }
    #expect(caughtUp == 2)
    await standby.close()
    try pair.stopStandby()
    #expect(try await Self.place(replica) == "from the primary")
    guard case .unreachable = await replica.standing else {
      Issue.record("a stopped standby seems to answer")
      return
    }
    await replica.close()
    await connections.close()
    await primary.close()
  }
}
