import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("roles")
struct RoleTests {
  /// One way to try each act against the server. `$` stands for nothing: no value is needed.
  static let attempts: [(act: Act, name: String, sql: String)] = [
    (.read, "the marts", "select count(*) from analytics.mart"),
    (.read, "masked customers", "select count(*) from staging.raw_customers"),
    (.read, "runs", "select count(*) from monitoring.runs"),
    (.read, "append to the audit log", "select audit.append('export', 'x', '{}', 'somebody@here')"),
    (.readAudit, "the audit log", "select count(*) from audit.entries"),
    (.runPipeline, "fill raw tables", "truncate staging.raw_orders"),
    (.runPipeline, "build in a schema of its own", "create schema shadow"),
    (.runPipeline, "replace a mart", "drop table analytics.mart"),
    (.cancelRun, "ask a run to end", "update monitoring.runs set cancelled_by = 'x'"),
    (.runPipeline, "publish", "delete from monitoring.publications"),
    (
      .editSchedules, "limits",
      "insert into monitoring.service_levels (changed_at, changed_by) values (now(), 'x')"
    ),
    (.editSchedules, "schedules", "delete from monitoring.schedules"),
    (.editSchedules, "hooks", "delete from monitoring.hooks"),
    (
      .saveRuleset, "save a ruleset",
      "insert into desk.rulesets (version, rules, domains, priors, note) values ('v2', '', '', '', 'x')"
    ),
    (
      .activateRuleset, "put a ruleset in force",
      "insert into desk.ruleset_activations (version, note) values ('v1', 'x')"
    ),
    (.assignCases, "hand over a case", "update desk.cases set assignee = 'y'"),
    (
      .workCases, "take a case",
      "update desk.cases set state = 'in_review', assignee = 'x', version = version + 1"
    ),
    (.snoozeRule, "snooze a rule", "delete from desk.rule_snoozes"),
    (.overrideLevel, "set a level", "delete from desk.level_overrides"),
    (.editLists, "change the lists", "delete from desk.list_entries"),
    (.unmask, "clear identities", "select * from restricted.unmask(7, 'somebody@here')"),
    (.runPipeline, "clear identities past the log", "select count(*) from restricted.identities"),
  ]

  /// What nobody may, whatever the role.
  static let forbidden: [(name: String, sql: String)] = [
    ("write the audit log", "insert into audit.entries select * from audit.entries"),
    ("change the audit log", "update audit.entries set subject = 'other'"),
    ("shorten the audit log", "delete from audit.entries"),
    ("empty the audit log", "truncate audit.entries"),
    ("take back from the audit log", "delete from audit.received"),
    ("write past the audit log", "insert into audit.received default values"),
    ("become a superuser", "set role \"riskdeck\""),
    ("make a role", "create role intruder"),
    ("read files of the server", "select pg_read_file('/etc/hostname')"),
    ("run programs of the server", "copy (select 1) to program 'true'"),
  ]

  /// A role may do what its own acts and those of the roles it holds need.
  static let held: [Role: Set<Role>] = [
    .viewer: [.viewer], .analyst: [.analyst, .viewer], .lead: [.lead, .analyst, .viewer],
    .pipeline: [.pipeline, .viewer], .owner: [.owner, .pipeline, .viewer], .pii: [.pii, .viewer],
  ]

  /// A database with the schema, and a URL for a login that holds one role.
  static func withLogin<Answer>(
    _ role: Role?, _ body: (Connection, String) async throws -> Answer
  ) async throws -> Answer {
    try await TestCluster.withDatabase { url in
      let administrator = try await Connection.open(url)
      try await Migrations(folder: Repository.path("queries/schema")).apply(to: administrator)
      let login = "login_" + UUID().uuidString.lowercased().replacing("-", with: "")
      try await administrator.execute("create role \(login) login")
      if let role { try await administrator.execute("grant \(role.name) to \(login)") }
      do {
        let answer = try await body(administrator, url.replacing("//riskdeck@", with: "//\(login)@"))
        try await administrator.execute("drop owned by \(login); drop role \(login)")
        await administrator.close()
        return answer
      } catch {
        // The database goes anyway; the login stays until the cluster is made anew.
        await administrator.close()
        throw error
      }
    }
  }

  @Test("each role may do what its acts say and nothing else", arguments: Role.allCases)
  func matrix(role: Role) async throws {
    try await Self.withLogin(role) { administrator, url in
      try await administrator.execute(
        """
        set role riskdeck_pipeline; create table analytics.mart (x integer); reset role;
        insert into desk.rulesets (version, rules, domains, priors, note) values ('v1', '', '', '', 'x');
        insert into desk.cases (customer_id, state, assignee, opened_at, due_at, changed_at, run_id, priority, score,
          composite, level, action, rule_hits, evidences)
        values (1, 'in_review', 'x', now(), now(), now(), 1, 1, 1, 0.5, 'high', 'review', '{}', '[]')
        """)
      let connection = try await Connection.open(url)
      let access = try await Access.read(connection)
      #expect(access.roles == Self.held[role])
      // Whoever owns a table may do everything with it.
      for attempt in Self.attempts where role != .owner || !attempt.sql.contains("desk.") {
        let failure = await Self.failure(of: attempt.sql, on: connection)
        #expect(
          failure == (access.allows(attempt.act) ? nil : "42501"), "\(role.name): \(attempt.name)")
      }
      for attempt in Self.forbidden where role != .owner || !attempt.name.hasSuffix("audit log") {
        #expect(
          await Self.failure(of: attempt.sql, on: connection) == "42501", "\(role.name): \(attempt.name)")
      }
      await connection.close()
    }
  }

  /// The SQLSTATE of a statement, which is taken back; nil where it works.
  static func failure(of sql: String, on connection: Connection) async -> String? {
    do {
      try await connection.execute("begin")
      try await connection.execute(sql)
      try await connection.execute("rollback")
      return nil
    } catch {
      _ = try? await connection.execute("rollback")
      return (error as? PostgresError)?.sqlState ?? "\(error)"
    }
  }

  @Test("a login without a role is told what it lacks")
  func noRole() async throws {
    try await Self.withLogin(nil) { _, url in
      let connection = try await Connection.open(url)
      #expect(try await Access.read(connection).roles.isEmpty)
      let error = await #expect(throws: AccessError.self) {
        try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      }
      #expect(error?.description.contains("none of riskdeck's roles") == true)
      await connection.close()
    }
  }

  @Test("a viewer may not bring the schema up to date and is told who may")
  func migrationByViewer() async throws {
    try await Self.withLogin(.viewer) { administrator, url in
      try await administrator.execute("delete from riskdeck_schema.steps where number > 4")
      let connection = try await Connection.open(url)
      let error = await #expect(throws: ConfigurationError.self) {
        try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      }
      #expect(error?.description.contains("riskdeck_owner") == true)
      await connection.close()
    }
  }

  @Test("a target can act as a role, whatever form it has")
  func acting() async throws {
    try await Self.withLogin(.lead) { _, url in
      for target in [url, url + "&options=-c%20statement_timeout%3D9000"] {
        let connection = try await Connection.open(try ConnectionTarget.acting(target, as: Role.viewer.name))
        #expect(try await Access.read(connection).roles == [.viewer])
        await connection.close()
      }
      let failure = await #expect(throws: PostgresError.self) {
        try await Connection.open(try ConnectionTarget.acting(url, as: Role.owner.name))
      }
      #expect(failure?.code == .connectionFailed)
    }
    #expect(try ConnectionTarget.acting("dbname=x", as: "a") == "dbname=x options='-c role=a'")
    #expect(throws: PostgresError.self) { try ConnectionTarget.acting("dbname=x options=y", as: "a") }
    #expect(throws: PostgresError.self) { try ConnectionTarget.acting("postgresql://x/", as: "a b") }
  }

  /// Types of a session's own under the names of the server's, which run a statement of the session's as they are used.
  private static let trap = """
    create function pg_temp.grab() returns boolean language plpgsql as $$
    begin
      perform set_config('test.grabbed', current_user, false);
      return true;
    end $$;
    create domain pg_temp.text as pg_catalog.text check (pg_temp.grab());
    create domain pg_temp.jsonb as pg_catalog.jsonb check (pg_temp.grab());
    create domain pg_temp.bytea as pg_catalog.bytea check (pg_temp.grab());
    """

  @Test(
    "what a session makes for itself is not run with the rights of the log's owner",
    arguments: [
      (Role.viewer, "select audit.append('export', 'x', '{}', 'y')"), (.lead, "select audit.seal()"),
      (.pii, "select * from restricted.unmask(7, 'y')"),
    ])
  func trapped(role: Role, call: String) async throws {
    try await Self.withLogin(role) { administrator, url in
      try await administrator.execute(
        """
        insert into restricted.identities values (7, 'Ada Stone', null, null);
        insert into audit.received (happened_at, login, role, origin, action, subject, detail)
        values (now(), 'x', 'x', 'x', 'export', 'x', '{}')
        """)
      let connection = try await Connection.open(url)
      try await connection.execute(Self.trap)
      try await connection.execute(call)
      let grabbed = try await connection.query("select current_setting('test.grabbed', true)")
      #expect(grabbed.first?[0] ?? "" == "", "the trap ran")
      await connection.close()
      #expect(try await AuditLog.verify(on: administrator).isWhole)
    }
  }

  @Test("whom the server took somebody for in a step of a case is not theirs to write")
  func stepsOfCases() async throws {
    try await Self.withLogin(.analyst) { _, url in
      let connection = try await Connection.open(url)
      let columns = "customer_id, kind, at, actor, origin, old, new"
      let values = "1, 'noted', now(), 'x', 'x', '{}', '{}'"
      #expect(
        await Self.failure(of: "insert into desk.case_events (\(columns)) values (\(values))", on: connection)
          == nil)
      #expect(
        await Self.failure(
          of: "insert into desk.case_events (\(columns), database_role) values (\(values), 'boss')",
          on: connection) == "42501")
      await connection.close()
    }
  }

  @Test("words for people name the role that is missing")
  func words() {
    let access = Access(login: "ada", roles: [.viewer])
    #expect(access.title == "viewer")
    #expect(
      access.refusal(of: .unmask)
        == "this needs the role riskdeck_pii or riskdeck_pipeline; you have riskdeck_viewer")
    #expect(Access(login: "x", roles: []).title == "no role")
    #expect(throws: AccessError.self) { try access.require(.runPipeline) }
    #expect(Role("riskdeck_lead") == .lead)
    #expect(Role("boss") == nil)
  }
}

@Suite("clear identities")
struct ClearIdentityTests {
  @Test(
    "reading one is noted; a role that may not is refused and nothing is noted",
    arguments: [Role.pii, .analyst])
  func unmask(role: Role) async throws {
    try await RoleTests.withLogin(role) { administrator, url in
      try await administrator.execute(
        "insert into restricted.identities values (7, 'Ada Stone', 'ada@shop.example', null)")
      let connection = try await Connection.open(url)
      if role == .pii {
        let identity = try await ClearIdentity.unmask(7, origin: "ada@desk", on: connection)
        #expect(identity == ClearIdentity(fullName: "Ada Stone", email: "ada@shop.example", phone: nil))
        #expect(try await ClearIdentity.unmask(8, origin: "ada@desk", on: connection) == nil)
      } else {
        await #expect(throws: AccessError.self) {
          try await ClearIdentity.unmask(7, origin: "ada@desk", on: connection)
        }
      }
      await connection.close()
      let entries = try await AuditLog.entries(from: administrator)
      #expect(entries.map(\.subject) == (role == .pii ? ["customer 7"] : []))
      #expect(entries.allSatisfy { $0.login.hasPrefix("login_") && $0.action == "unmask" })
    }
  }
}
