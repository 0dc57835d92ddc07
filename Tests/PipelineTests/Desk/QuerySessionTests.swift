import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Query session")
struct QuerySessionTests {
  /// A session of a login that may only read, beside the owner's connection.
  private func withSession(
    _ body: (QuerySession, Connection, String) async throws -> Void
  ) async throws {
    try await TestCluster.withSchema { owner, url in
      let session = QuerySession { url }
      try await body(session, owner, url)
      await session.close()
    }
  }

  @Test("rows are read piece by piece from any place, with their number known")
  func pages() async throws {
    try await withSession { session, _, _ in
      let first = try await session.run(
        "select n, 'row ' || n as name from generate_series(1, :most::int) n", parameters: ["most": "5000"],
        limit: 3, question: 1)
      #expect(first.page.total == 5_000)
      #expect(first.page.rows.map { $0[0] } == [.integer(1), .integer(2), .integer(3)])
      let middle = try await session.rows(of: first.id, from: 4_000, limit: 2, question: 2)
      #expect(middle.rows.map { $0[0] } == [.integer(4_001), .integer(4_002)])
      let back = try await session.rows(of: first.id, from: 0, limit: 1, question: 3)
      #expect(back.rows.map { $0[0] } == [.integer(1)])
      let end = try await session.rows(of: first.id, from: 4_999, limit: 10, question: 4)
      #expect(end.rows.count == 1)
    }
  }

  @Test("the rows of an answer are gone with the next query")
  func replaced() async throws {
    try await withSession { session, _, _ in
      let first = try await session.run("values (1), (2)", limit: 1, question: 1)
      let second = try await session.run("table monitoring.runs", limit: 1, question: 2)
      #expect(second.page.rows.isEmpty)
      await #expect(throws: DeskError.self) {
        _ = try await session.rows(of: first.id, from: 1, limit: 1, question: 3)
      }
      let setting = try await session.run("show transaction_read_only", limit: 1, question: 4)
      #expect(setting.page.rows == [[.text("on")]])
    }
  }

  @Test("a held answer keeps no table locked")
  func unlocked() async throws {
    try await withSession { session, owner, _ in
      try await owner.execute("create table analytics.t (n int); insert into analytics.t values (1), (2)")
      try await owner.execute("grant select on analytics.t to riskdeck_viewer")
      let answer = try await session.run("select * from analytics.t", limit: 1, question: 1)
      try await owner.execute("set lock_timeout = '5s'; drop table analytics.t")
      let rest = try await session.rows(of: answer.id, from: 1, limit: 1, question: 2)
      #expect(rest.rows == [[.integer(2)]])
    }
  }

  @Test("a mistake is told with its line and column, and the session goes on")
  func mistakes() async throws {
    try await withSession { session, _, _ in
      let error = await #expect(throws: PostgresError.self) {
        _ = try await session.run("select 1,\n  nowhere", limit: 1, question: 1)
      }
      #expect(error?.description.hasPrefix("line 2, column 3: ") == true, "\(error?.description ?? "")")
      await #expect(throws: DeskError.self) {
        _ = try await session.run("select :missing", limit: 1, question: 2)
      }
      let next = try await session.run("select 1", limit: 1, question: 3)
      #expect(next.page.total == 1)
    }
  }

  @Test("a query under way is cancelled in the server, and one that waits never starts")
  func cancel() async throws {
    try await withSession { session, owner, _ in
      let slow = Task { try await session.run("select pg_sleep(50)", limit: 1, question: 1) }
      // The query runs inside the cursor's statements, so what waits is asked for and not the text.
      while try await owner.query(
        "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
      ).rowCount == 0 {
        try await Task.sleep(for: .milliseconds(10))
      }
      let next = Task { try await session.run("select pg_sleep(51)", limit: 1, question: 2) }
      await session.cancel(2)
      await session.cancel(1)
      for task in [slow, next] {
        let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
      }
      let running = try await owner.query(
        "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()")
      #expect(running.rowCount == 0)
    }
  }

  @Test("tables and columns that may be read are known, others are not")
  func catalogue() async throws {
    try await withSession { session, owner, _ in
      try await owner.execute("create table analytics.shown (a int, b text)")
      let catalogue = try await session.catalogue(question: 1)
      #expect(catalogue.tables.first { $0.name == "analytics.shown" }?.columns == ["a", "b"])
      #expect(catalogue.tables.contains { $0.name == "monitoring.runs" })
      #expect(!catalogue.tables.contains { $0.name.hasPrefix("pg_") })
    }
  }

  /// Ways to change something or to get at what a reader may not have.
  static let attempts = [
    "copy (select 1) to program 'touch /tmp/riskdeck-was-here'",
    "copy monitoring.runs to '/tmp/riskdeck-was-here'",
    "copy staging.raw_labels from stdin", "do $$ begin perform 1; end $$",
    "set role riskdeck_owner", "reset role", "set session authorization default",
    "set transaction read write", "begin", "commit", "rollback; drop table staging.raw_labels",
    "select 1; delete from staging.raw_labels", "select 1) to stdout; drop table staging.raw_labels; --",
    "with d as (delete from staging.raw_labels returning *) select * from d",
    "with i as (insert into staging.raw_labels values (2, 2, 'x') returning *) select * from i",
    "with u as (update pg_settings set setting = 'none' where name = 'role' returning *) select * from u",
    "select 1 into staging.made", "select 1 into temp made", "create temp table made (n int)",
    "create table staging.made (n int)", "truncate staging.raw_labels",
    "select * from staging.raw_labels for update", "select nextval('monitoring.runs_run_id_seq')",
    "select setval('monitoring.runs_run_id_seq', 9000)", "select lo_create(0)",
    "select lo_from_bytea(0, 'x')",
    "select lo_import('/etc/passwd')", "select pg_read_file('/etc/passwd')", "select pg_ls_dir('/')",
    "select set_config('transaction_read_only', 'off', true)",
    "select set_config('transaction_read_only', 'off', false)",
    "select query_to_xml('delete from staging.raw_labels', true, true, '')",
    "select query_to_xml('select lo_create(0)', true, true, '')",
    "select dblink('dbname=postgres', 'drop table x')", "select pg_reload_conf()", "select pg_switch_wal()",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user and backend_type = 'client backend'",
    "select pg_cancel_backend(pid) from pg_stat_activity where usename <> current_user and backend_type = 'client backend'",
    "select * from restricted.identities", "select audit.append('sign in', 'x', '{}', 'y')",
    "insert into audit.entries select 1",
    "select pg_notify('riskdeck', 'x') from staging.raw_labels for share",
    "explain analyze delete from staging.raw_labels", "explain analyze select lo_create(0)",
    "lock table staging.raw_labels",
    "vacuum staging.raw_labels", "notify riskdeck", "listen riskdeck",
    "prepare p as delete from staging.raw_labels",
    "execute p", "call nothing()", "declare c cursor with hold for select 1", "load 'x'",
    "grant riskdeck_owner to riskdeck_reader",
  ]

  @Test("none of these ways changes anything, on the screen's path and on the command's")
  func refused() async throws {
    try await TestCluster.withSchema { owner, url in
      try await owner.execute("insert into staging.raw_labels values (1, 1, 'burst')")
      try await owner.execute("create table public.witness (n int)")
      let server = try await TestCluster.server()
      let reader = try await Self.readerURL(owner, url, server)
      for text in Self.attempts {
        try await Self.attempt(text, reader: reader, owner: owner)
      }
    }
  }

  /// What hid its first word from a check that read comments otherwise than the server does.
  static let disguises = [
    "/* /* */ select */ do $$ begin perform 1; end $$", "/*/ select */ set role riskdeck_owner",
    "/* /* */ explain */ listen riskdeck", "--\u{85}select\ncopy monitoring.runs to '/tmp/riskdeck-was-here'",
    "--\u{2028}show\nset role riskdeck_owner", "--\u{0B}with\rbegin", "/* select", "select_1",
    "\u{A0}select 1",
  ]

  @Test("comments are what the server takes for them", arguments: disguises)
  func disguised(text: String) throws {
    let error = #expect(throws: DeskError.self) { try ReadOnlyQuery.prepared(text, [:]) }
    #expect(error?.code == .notAQuestion)
  }

  @Test(
    "a question may begin with comments and parentheses",
    arguments: [
      "/* a /* b */ c */ select 1", "-- a\r(select 1)", "--\n\t\u{0C}VALUES (1)",
      "/**/ -- /*\n with x as (select 1) table x",
    ])
  func commented(text: String) throws {
    #expect(try ReadOnlyQuery.prepared(text, [:]).sql == text)
  }

  @Test(
    "the limit of time counts also for rows that are answered after the first page, whatever a query sets",
    arguments: ["1", "set_config('statement_timeout', '0', n % 2 = 0)"])
  func limited(column: String) async throws {
    try await TestCluster.withSchema { owner, url in
      let session = QuerySession(longestSeconds: 1) { url }
      let error = await #expect(throws: PostgresError.self) {
        try await session.run(
          "select \(column), pg_sleep(0.02) from generate_series(1, 500) n", limit: 1, question: 1)
      }
      #expect(error?.code == .cancelled)
      #expect(error?.description.contains("statement timeout") == true)
      let locks = try await owner.query(
        "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"
      )
      #expect(locks.rowCount == 0)
      let next = try await session.run("select 1", limit: 1, question: 2)
      #expect(next.page.total == 1)
      await session.close()
    }
  }

  private static func attempt(_ text: String, reader: String, owner: Connection) async throws {
    let session = QuerySession { reader }
    _ = try? await session.run(text, limit: 10, question: 1)
    _ = try? await session.explain(text, question: 2)
    // The session still reads, and nothing of what was tried stays.
    let who = try await session.run("select current_user::text", limit: 1, question: 3)
    #expect(who.page.rows == [[.text("test_reader")]])
    let connection = try await Connection.open(reader)
    _ = try? await ReadOnlyQuery.answer(text, from: connection)
    let isOpen = try await connection.isInTransaction
    #expect(!isOpen)
    await connection.close()
    let state = try await owner.query(
      """
      select (select count(*) from staging.raw_labels), (select count(*) from pg_largeobject_metadata),
        to_regclass('staging.made') is null, (select count(*) from audit.entries),
        (select is_called from monitoring.runs_run_id_seq),
        (select count(*) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() and database = (
          select oid from pg_database where datname = current_database()))
      """
    ).first
    #expect((0..<6).map { state?[$0] ?? "" } == ["1", "0", "t", "0", "f", "0"], "\(text)")
    await session.close()
  }

  @Test("advisory locks a query takes go with it")
  func advisoryLocks() async throws {
    try await withSession { session, owner, _ in
      for text in [
        "select pg_advisory_lock(1, 2)", "select pg_try_advisory_lock_shared(n) from generate_series(1, 9) n",
      ] {
        _ = try await session.run(text, limit: 10, question: 1)
        let held = try await owner.query(
          "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"
        )
        #expect(held.rowCount == 0)
      }
    }
  }

  @Test("settings a query leaves behind are those of its own answer alone")
  func settings() async throws {
    try await withSession { session, _, _ in
      _ = try await session.run(
        """
        select set_config('datestyle', 'German', false), set_config('search_path', 'audit', false),
          set_config('role', 'riskdeck_viewer', false), set_config('statement_timeout', '900000', false)
        """, limit: 10, question: 1)
      let next = try await session.run(
        "select current_setting('datestyle'), current_setting('search_path'), current_setting('statement_timeout')",
        limit: 1, question: 2)
      #expect(next.page.rows.first?.map(\.plainText) == ["ISO, MDY", "\"$user\", public", "1min"])
    }
  }

  @Test("a superuser's session steps down before it asks")
  func stepsDown() async throws {
    try await withSession { session, owner, _ in
      let who = try await session.run("select current_user::text", limit: 1, question: 1)
      #expect(who.page.rows == [[.text("riskdeck_viewer")]])
      await #expect(throws: PostgresError.self) {
        _ = try await session.run("select * from restricted.identities", limit: 1, question: 2)
      }
      _ = owner
    }
  }

  /// The URL of a login that is a viewer and nothing else, as the embedded server's reader is.
  private static func readerURL(
    _ owner: Connection, _ url: String, _ server: EmbeddedServer
  ) async throws -> String {
    try await owner.execute(
      """
      do $$ begin
        begin create role test_reader login; exception when duplicate_object or unique_violation then null; end;
        begin grant riskdeck_viewer to test_reader; exception when unique_violation or internal_error then null; end;
      end $$
      """)
    let database = try await owner.query("select current_database()").first?[0] ?? ""
    return server.url(database: database, role: "test_reader")
  }
}

@Suite("Query history")
struct QueryHistoryTests {
  @Test("a query run again moves to the end, blank ones are left out, the oldest go")
  func order() {
    var history = QueryHistory(["a", "b"])
    history.add("a")
    history.add("  \n")
    #expect(history.texts == ["b", "a"])
    for number in 0..<600 { history.add("q\(number)") }
    #expect(history.texts.count == QueryHistory.longest)
    #expect(history.texts.last == "q599")
  }

  @Test(
    "passwords are not kept",
    arguments: [
      ("create role x password 'top secret'", "create role x password '***'"),
      ("select * from t where Password = 'it''s'", "select * from t where Password = '***'"),
      ("select dblink('host=h password=abc user=u')", "select dblink('host=h password=*** user=u')"),
      ("postgresql://me:abc@host/db?x=1", "postgresql://me:***@host/db?x=1"),
      ("select password from users", "select password from users"),
      ("select token_count, a::text", "select token_count, a::text"),
      ("select 'http://host/a@b:c'", "select 'http://host/a@b:c'"),
    ])
  func passwords(_ text: String, _ kept: String) {
    #expect(QueryHistory.withoutPasswords(text) == kept)
  }
}
