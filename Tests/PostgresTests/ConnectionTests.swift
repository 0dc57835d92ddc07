import Testing
import TestSupport

@testable import Postgres

@Suite("a connection")
struct ConnectionTests {
  @Test("sends binds beside the statement and keeps NULL apart from the empty text")
  func binds() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let result = try await connection.query(
        "select $1::text as a, $2::text as b, $3::bigint as c, $4::float8 as d, $5::bool as e",
        ["it's \\ \"quoted\"; drop table x", nil, 9_007_199_254_740_993, 0.1, true])
      let row = try #require(result.first)
      #expect(row["a"] == "it's \\ \"quoted\"; drop table x")
      #expect(row["b"] == nil)
      #expect(row.integer("c") == 9_007_199_254_740_993)
      #expect(row.double("d") == 0.1)
      #expect(row.boolean("e") == true)
      #expect(try await connection.query("select $1::text", [""]).first?[0] == "")
      await connection.close()
    }
  }

  @Test("shows no value of a row in an error's description")
  func errorsHideValues() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute("create table people (email text constraint one_email primary key)")
      try await connection.query("insert into people values ($1)", ["secret@example.com"])
      for (sql, binds) in [
        ("insert into people values ($1)", [Bind.text("secret@example.com")]),
        ("select $1::integer", [Bind.text("secret@example.com")]),
      ] {
        let error = try await #require(throws: PostgresError.self) { try await connection.query(sql, binds) }
        #expect(!error.description.contains("secret"))
        #expect(!error.isTransient)
      }
      await connection.close()
    }
  }

  @Test("streams rows one by one and stops the statement when the reader throws")
  func streaming() async throws {
    struct Enough: Error {}
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      await #expect(throws: Enough.self) {
        try await connection.stream("select generate_series(1, 100000000)") { row in
          if row.integer(0) == 3 { throw Enough() }
        }
      }
      #expect(try await connection.query("select 1").rowCount == 1)
      await connection.close()
    }
  }

  @Test("keeps a prepared statement through binds, errors and rollbacks, one for each text")
  func preparedStatements() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let division = "select 84 / $1::integer"
      try await connection.execute("begin")
      #expect(try await connection.queryPrepared(division, [.integer(2)]).first?.integer(0) == 42)
      await #expect(throws: PostgresError.self) {
        try await connection.queryPrepared(division, [.integer(0)])
      }
      try await connection.execute("rollback")
      #expect(try await connection.queryPrepared(division, [.integer(7)]).first?.integer(0) == 12)
      #expect(try await connection.queryPrepared("select $1::text", [.null]).first?[0] == nil)
      await #expect(throws: PostgresError.self) {
        try await connection.queryPrepared("select from nowhere at all")
      }
      #expect(try await connection.queryPrepared("select 'again'").first?[0] == "again")
      #expect(
        try await connection.query("select statement from pg_prepared_statements order by 1").rows.map {
          $0[0]
        } == [
          "select $1::text", "select 'again'", division,
        ])
      await connection.close()
    }
  }

  @Test("rolls back a transaction whose body throws and commits one that returns")
  func transactions() async throws {
    struct Failed: Error {}
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute("create table t (n integer)")
      await #expect(throws: Failed.self) {
        try await connection.transaction { connection in
          try connection.execute("insert into t values (1)")
          throw Failed()
        }
      }
      try await connection.transaction { connection in
        _ = try connection.execute("insert into t values (2)")
      }
      #expect(try await connection.query("select n from t").rows.map { $0.integer(0) } == [2])
      await connection.close()
    }
  }

  @Test("copies in and out, and keeps nothing of an aborted copy")
  func copy() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute("create table t (n integer, name text)")
      try await connection.beginCopyIn("copy t from stdin")
      try await connection.copyWrite(Array("1\tone\n2\t".utf8))
      try await connection.copyWrite(Array("\\N\n".utf8))
      #expect(try await connection.copyFinish() == 2)
      try await connection.beginCopyIn("copy t from stdin")
      try await connection.copyWrite(Array("3\tthree\n".utf8))
      try await connection.copyAbort("the test gave up")
      try await connection.beginCopyOut("copy (select * from t order by n) to stdout")
      var bytes: [UInt8] = []
      while let piece = try await connection.copyRead(atLeast: 1) { bytes += piece }
      #expect(String(decoding: bytes, as: UTF8.self) == "1\tone\n2\t\\N\n")
      // The end of the data inside a piece: the piece first, then nil.
      try await connection.beginCopyOut("copy (select * from t order by n) to stdout")
      #expect(try await connection.copyRead(atLeast: 4_096) == bytes)
      #expect(try await connection.copyRead(atLeast: 4_096) == nil)
      try await connection.beginCopyIn("copy t from stdin")
      try await connection.copyWrite(Array("x\tno number\n".utf8))
      let error = try await #require(throws: PostgresError.self) { try await connection.copyFinish() }
      #expect(error.sqlState == "22P02")
      #expect(try await connection.query("select count(*) from t").first?.integer(0) == 2)
      await connection.close()
    }
  }

  @Test("cancels a running statement from another task")
  func cancelling() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let sleeping = Task { try await connection.query("select pg_sleep(600)") }
      let observer = try await Connection.open(url)
      try await waitForSleeper(observer)
      connection.cancel()
      let error = try await #require(throws: PostgresError.self) { try await sleeping.value }
      #expect(error.code == .cancelled)
      await observer.close()
      await connection.close()
    }
  }

  /// Waits until a sleeping backend shows, so that the cancel meets a running statement.
  private func waitForSleeper(_ observer: Connection) async throws {
    while true {
      let found = try await observer.query(
        """
        select 1 from pg_stat_activity
        where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()
        """)
      if found.rowCount > 0 { return }
    }
  }

  @Test("says that a lost connection is transient and a syntax error is not")
  func transience() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let syntax = try await #require(throws: PostgresError.self) { try await connection.execute("selec 1") }
      #expect(syntax.sqlState == "42601")
      #expect(!syntax.isTransient)
      let lost = try await #require(throws: PostgresError.self) {
        try await connection.execute("select pg_terminate_backend(pg_backend_pid())")
      }
      #expect(lost.isTransient)
      await #expect(throws: PostgresError.self) { try await connection.query("select 1") }
      await connection.close()
    }
  }

  @Test("names what is wrong when there is no server")
  func refused() async throws {
    let error = try await #require(throws: PostgresError.self) {
      try await Connection.open("postgresql://nobody@/none?host=/nonexistent")
    }
    #expect(error.code == .connectionFailed)
    #expect(!error.description.contains("\n"))
  }

  @Test("delivers notifications of other sessions and stops waiting when told")
  func notifications() async throws {
    try await TestCluster.withDatabase { url in
      let listener = try await NotificationListener.open(url, channels: ["odd \"name\""])
      let sender = try await Connection.open(url)
      try await sender.query("select pg_notify($1, $2)", ["odd \"name\"", "42"])
      let received = try await listener.next()
      #expect(received.map(\.payload) == ["42"])
      listener.stop()
      #expect(try await listener.next().isEmpty)
      await listener.close()
      await sender.close()
    }
  }

  @Test("refuses COPY where a plain statement is expected and stays usable")
  func misuse() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute("create table t (n integer)")
      for sql in ["copy t from stdin", "copy t to stdout"] {
        let error = try await #require(throws: PostgresError.self) { try await connection.execute(sql) }
        #expect(error.code == .protocolMisuse)
      }
      await #expect(throws: PostgresError.self) { try await connection.beginCopyIn("select 1") }
      #expect(try await connection.query("select 1").rowCount == 1)
      await connection.close()
    }
  }

  @Test(
    "quotes identifiers and literals so that they cannot end early", arguments: ["a\"b", "x'y", "\\'", "é"])
  func quoting(name: String) async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let result = try await connection.execute("select \(quotedLiteral(name)) as \(quotedIdentifier(name))")
      #expect(result.first?[0] == name)
      #expect(result.columns.map(\.name) == [name])
      await connection.close()
    }
  }

  @Test("refuses an identifier that holds a NUL")
  func noNul() {
    #expect(throws: PostgresError.self) { try quotedIdentifier("a\0b") }
    #expect(throws: PostgresError.self) { try quotedLiteral("a\0b") }
  }
}
