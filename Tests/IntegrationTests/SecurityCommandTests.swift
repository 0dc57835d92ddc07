import Foundation
import Glibc
import Pipeline
import Postgres
import TestSupport
import Testing

@Suite("commands of access, retention and erasure")
struct SecurityCommandTests {
  typealias Commands = CommandTests

  /// A data folder of a test's own.
  private static func withFolder<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-data-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
  }

  @Test(
    "a saved connection is used by its name, tested, rotated and removed; its password is nowhere in clear")
  func connections() async throws {
    try await Self.withFolder { folder in
      try await TestCluster.withDatabase { url in
        let environment = ["RISKDECK_DATA_DIR": folder]
        func riskdeck(_ words: [String]) throws -> Commands.Answer {
          try Commands.riskdeck(words, database: "", environment: environment)
        }
        #expect(try riskdeck(["connection", "add", "plain", url, "--no-password"]).output == "added plain\n")
        let secret = "s3cr;et'\\% &?ä"
        let added = try Commands.riskdeck(
          ["connection", "add", "work-1", url, "--password-stdin"], database: "", environment: environment,
          input: secret + "\n")
        #expect(added.status == 0, "\(added.errors)")
        let file = try String(contentsOfFile: folder + "/connections.json", encoding: .utf8)
        #expect(!file.contains(secret) && file.contains("gAAAA"))
        for name in ["connections.json", "fernet.key"] {
          let mode = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.posixPermissions]
          #expect(mode as? Int == 0o600)
        }
        let list = try riskdeck(["connection", "list"])
        #expect(list.output.contains("work-1") && list.output.contains("password kept"))
        #expect(!list.output.contains(secret))
        let json = try riskdeck(["connection", "list", "--json"])
        #expect((try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [Any])?.count == 2)

        let test = try riskdeck(["connection", "test", "work-1"])
        #expect(test.output.contains("as riskdeck, not encrypted"), "\(test.errors)")
        #expect(try riskdeck(["status", "--database", "work-1"]).status == 0)
        let key = try String(contentsOfFile: folder + "/fernet.key", encoding: .utf8)
        #expect(try riskdeck(["connection", "rotate"]).output == "1 passwords are encrypted anew\n")
        #expect(try String(contentsOfFile: folder + "/fernet.key", encoding: .utf8) != key)
        #expect(try String(contentsOfFile: folder + "/connections.json", encoding: .utf8) != file)
        #expect(try riskdeck(["connection", "test", "work-1"]).status == 0)

        try Data(key.utf8).write(to: URL(fileURLWithPath: folder + "/fernet.key"))
        chmod(folder + "/fernet.key", 0o600)
        let lost = try riskdeck(["connection", "test", "work-1"])
        #expect(lost.status == 78 && lost.errors.contains("another key"))

        #expect(try riskdeck(["connection", "remove", "work-1"]).status == 0)
        let gone = try riskdeck(["connection", "test", "work-1"])
        #expect(gone.status == 78 && gone.errors.contains("there is no connection work-1"))
      }
    }
  }

  @Test(
    "what cannot be kept as a connection is refused in one line, and nothing is written",
    arguments: [
      (["a/b", "postgresql://h/d"], "is no name"), (["ok", "just-a-word"], "give a URL"),
      (["ok", "postgresql://u:pw@h/d"], "leave the password out"),
      (["ok", "host=h password=x"], "leave the password out"),
      (["ok", "postgresql://h/d?password=x"], "leave the password out"),
      (["ok", "postgresql://h/d?p%61ssword=x"], "leave the password out"),
      (["ok", "postgresql://h/d?sslpassword=x"], "leave the password out"),
      (["ok", "postgresql://u:p/w@h/d"], "is no address of a database"),
    ])
  func refused(words: [String], reason: String) async throws {
    try await Self.withFolder { folder in
      let answer = try Commands.riskdeck(
        ["connection", "add"] + words + ["--no-password"], database: "",
        environment: ["RISKDECK_DATA_DIR": folder])
      #expect(answer.status == 78)
      #expect(answer.errors.contains(reason))
      #expect(answer.errors.filter { $0 == "\n" }.count == 1)
      #expect(!FileManager.default.fileExists(atPath: folder + "/connections.json"))
    }
  }

  @Test("a password among the arguments is refused; open or damaged files are not trusted")
  func unsafe() async throws {
    try await Self.withFolder { folder in
      let environment = ["RISKDECK_DATA_DIR": folder]
      let typed = try Commands.riskdeck(
        ["status", "--database", "postgresql://u:pw@h/d"], database: "", environment: environment)
      #expect(typed.status == 78 && typed.errors.contains("can be read by every user"))
      #expect(!typed.errors.contains("pw@"))
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/connections.json"))
      chmod(folder + "/connections.json", 0o644)
      let open = try Commands.riskdeck(["connection", "list"], database: "", environment: environment)
      #expect(open.status == 78 && open.errors.contains("mode 0600"))
      chmod(folder + "/connections.json", 0o600)
      try Data("[1".utf8).write(to: URL(fileURLWithPath: folder + "/connections.json"))
      let damaged = try Commands.riskdeck(["connection", "list"], database: "", environment: environment)
      #expect(damaged.status == 78 && damaged.errors.contains("does not hold saved connections"))
      let stdin = try Commands.riskdeck(
        ["connection", "add", "x", "postgresql://h/d"], database: "", environment: environment)
      #expect(stdin.status == 78 && stdin.errors.contains("--password-stdin"))
    }
  }

  @Test(
    "a password that libpq takes for a host or port is in no error, whoever names the database",
    arguments: ["ann:hun/ter2@host", "ann:hun@ter2@host", "ann@x:hun@ter2"])
  func misread(authority: String) async throws {
    let url = "postgresql://\(authority)/db"
    for (words, database) in [(["status"], url), (["status", "--database", url], "")] {
      let answer = try Commands.riskdeck(words, database: database)
      #expect(answer.status == 78 && !answer.errors.contains("ter2"), "\(answer.errors)")
    }
  }

  @Test("a core dump would hold no memory, also where the kernel hands it to a program")
  func coreDumps() async throws {
    try await Self.withFolder { folder in
      let program = try PtyProgram(
        PtyProgram.product("riskdeck"), ["connection", "add", "x", "postgresql://h/d"],
        environment: ["RISKDECK_DATA_DIR": folder, "RISKDECK_PROJECT_DIR": Repository.path("")])
      try #require(program.wait(for: "password"))
      let limits = try String(contentsOfFile: "/proc/\(program.processID)/limits", encoding: .utf8)
      let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
      #expect(core.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
      // Not every kernel can dump at all.
      let filter = "/proc/\(program.processID)/coredump_filter"
      if FileManager.default.fileExists(atPath: filter) {
        #expect(try String(contentsOfFile: filter, encoding: .utf8) == "00000000\n")
      }
    }
  }

  @Test("a password is typed unseen, and ctrl-c leaves the terminal as it was")
  func askedPassword() async throws {
    try await Self.withFolder { folder in
      func ask() throws -> PtyProgram {
        let program = try PtyProgram(
          PtyProgram.product("riskdeck"), ["connection", "add", "x", "postgresql://h/d"],
          environment: ["RISKDECK_DATA_DIR": folder, "RISKDECK_PROJECT_DIR": Repository.path("")])
        try #require(program.wait(for: "password"))
        program.settle()
        return program
      }
      let left = try ask()
      left.send("hunter\u{3}")
      #expect(left.waitForEnd() == .killed(SIGINT))
      #expect(left.leftChanged == [])
      #expect(!FileManager.default.fileExists(atPath: folder + "/connections.json"))
      let typed = try ask()
      typed.send("hunter2\n")
      #expect(typed.waitForEnd() == .exited(0))
      #expect(typed.leftChanged == [] && !typed.screen.text.contains("hunter"))
      #expect(
        try Commands.riskdeck(
          ["connection", "list"], database: "", environment: ["RISKDECK_DATA_DIR": folder]
        ).output.contains("password kept"))
    }
  }

  @Test("a limited role sees what it may and is refused the rest with status 77")
  func roles() async throws {
    try await TestCluster.withDatabase { url in
      let run = try Commands.riskdeck(["run", "--source", "demo", "--customers", "100"], database: url)
      #expect(run.status == 0, "\(run.errors)")
      let status = try Commands.riskdeck(["status"], database: url, environment: ["RISKDECK_ROLE": "viewer"])
      #expect(status.status == 0 && status.output.contains("published"), "\(status.errors)")
      for screen in ["segmentation", "customers", "customer/1", "pipeline"] {
        let shot = try Commands.riskdeck(["snapshot", screen, "--role", "viewer"], database: url)
        #expect(shot.status == 0 && shot.output.contains("viewer"), "\(shot.errors)")
        #expect(!shot.output.contains("permission denied"))
      }
      for words in [
        ["run"], ["cancel"], ["audit"], ["purge", "--older-than", "9d"], ["forget", "1", "--yes"], ["build"],
        ["schedule", "add", "0 6 * * *", "--source", "demo"], ["schedule", "pause", "x"],
        ["schedule", "resume", "x"], ["schedule", "remove", "x"],
        ["hook", "add", "x", "--post", "https://example.org"], ["hook", "remove", "x"],
        ["hook", "test", "x"],
        ["limits", "--run-seconds", "9"], ["daemon"],
        ["risk", "rulesets", "save", "--set", "weights.burst=1", "--note", "x"],
        ["risk", "rulesets", "activate", "x"], ["risk", "rulesets", "rollback"],
        ["cases", "assign", "1", "ann"], ["cases", "next"],
      ] {
        let answer = try Commands.riskdeck(words + ["--role", "viewer"], database: url)
        #expect(answer.status == 77, "\(words): \(answer.errors)")
        #expect(answer.errors.contains("this needs the role riskdeck_"))
      }
      let wrong = try Commands.riskdeck(["status", "--role", "boss"], database: url)
      #expect(wrong.status == 78 && wrong.errors.contains("there is no role boss"))
    }
  }

  /// The audit log's newest entries, as its own command prints them, without those of another action.
  private static func noted(_ action: String, _ url: String) throws -> [[String: Any]] {
    let log = try Commands.riskdeck(["audit", "--json", "--action", action], database: url)
    return try #require(try JSONSerialization.jsonObject(with: Data(log.output.utf8)) as? [[String: Any]])
  }

  @Test("every export is noted: of what, how many rows, where to; never its data or a query's text")
  func exports() async throws {
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await TestCluster.withDatabase { url in
        #expect(
          try Commands.riskdeck(["run", "--source", "demo", "--customers", "60"], database: url).status == 0)
        let table = "analytics.customer_segmentation"
        let orders: [(words: [String], subject: String, rows: String?, file: String)] = [
          (["export", "--table", table, "--out", "t.csv"], "table \(table)", "60", folder + "/t.csv"),
          (["export", "--table", table], "table \(table)", nil, "standard output"),
          (
            ["export", "--card", "fraud/risk_levels", "--out", folder + "/c.json"], "card fraud/risk_levels",
            "4",
            folder + "/c.json"
          ),
          (
            ["export", "--query", "select 'Ada Stone' as name", "--out", folder + "/q.csv"], "query typed",
            "1",
            folder + "/q.csv"
          ),
          (
            ["report", "--dashboard", "vip", "--out", folder + "/r.html"], "dashboard vip", nil,
            folder + "/r.html"
          ),
          (
            ["snapshot", "customers", "--keys", "f \"!full_name:ada\" Enter e Enter"], "customers", nil,
            folder + "/riskdeck-customers"
          ),
          (
            ["snapshot", "fraud", "--keys", "z e Enter"], "screen fraud-risk_levels", nil,
            folder + "/riskdeck-fraud"
          ),
        ]
        for (index, order) in orders.enumerated() {
          let answer = try Commands.riskdeck(
            order.words, database: url, environment: ["RISKDECK_ROLE": "viewer"], after: "cd '\(folder)'")
          #expect(answer.status == 0, "\(order.words): \(answer.errors)")
          let entries = try Self.noted("export", url)
          #expect(entries.count == index + 1, "\(order.words)")
          let entry = try #require(entries.first)
          let detail = try #require(entry["detail"] as? [String: String])
          #expect(entry["subject"] as? String == order.subject)
          #expect(entry["role"] as? String == "riskdeck_viewer")
          #expect(detail["to"]?.hasPrefix(order.file) == true, "\(detail)")
          if let rows = order.rows { #expect(detail["rows"] == rows, "\(order.words): \(detail)") }
          // The hash is digits that spell anything now and then.
          let told = entry.filter { $0.key != "hash" }
          #expect(!"\(told)".lowercased().contains("ada"), "\(told)")
        }
        // One entry a command that acted as a role.
        #expect(
          try Self.noted("role use", url).map { $0["subject"] as? String }
            == orders.map { _ in "riskdeck_viewer" })
        #expect(try Commands.riskdeck(["audit", "verify"], database: url).status == 0)
      }
    }
  }

  @Test("an export that cannot be noted does not happen")
  func unnoted() async throws {
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await TestCluster.withDatabase { url in
        #expect(
          try Commands.riskdeck(["run", "--source", "demo", "--customers", "60"], database: url).status == 0)
        let connection = try await Connection.open(url)
        try await connection.execute("alter function audit.append(text, text, jsonb, text) rename to gone")
        await connection.close()
        for words in [
          ["export", "--table", "fraud_analytics", "--out", "a.csv"],
          ["export", "--table", "fraud_analytics"],
          ["export", "--card", "fraud/risk_levels", "--out", "a.csv"],
          ["export", "--query", "select 1 as x"],
          ["export", "--dashboard", "vip", "--out", "a.csv"], ["report", "--dashboard", "vip"],
          ["report", "--dashboard", "vip", "--out", "a.html"],
        ] {
          let answer = try Commands.riskdeck(words, database: url, after: "cd '\(folder)'")
          #expect(answer.status == 1 && answer.output.isEmpty, "\(words): \(answer.errors)")
        }
        let shot = try Commands.riskdeck(
          ["snapshot", "fraud", "--keys", "z e Enter"], database: url, after: "cd '\(folder)'")
        #expect(shot.output.contains("audit.append"), "\(shot.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      }
    }
  }

  @Test("a forgotten customer is in no table and stays away after the next run; the log says so and is whole")
  func forget() async throws {
    try await TestCluster.withDatabase { url in
      #expect(
        try Commands.riskdeck(["run", "--source", "demo", "--customers", "100"], database: url).status == 0)
      let unsure = try Commands.riskdeck(["forget", "7"], database: url)
      #expect(unsure.status == 1 && unsure.output.contains("nothing was erased"))
      let forgotten = try Commands.riskdeck(["forget", "7", "--yes"], database: url)
      #expect(forgotten.output.contains("staging.raw_customers: 1 rows"), "\(forgotten.errors)")
      #expect(forgotten.output.contains("analytics.customer_segmentation: 1 rows"))

      let connection = try await Connection.open(url)
      func left() async throws -> [String] {
        var tables: [String] = []
        let names = try await connection.query(
          """
          select format('%I.%I', table_schema, table_name) from information_schema.columns
          where column_name = 'customer_id' and table_schema in ('staging', 'analytics')
          """)
        for row in names.rows {
          guard let table = row[0] else { continue }
          let count = try await connection.query("select count(*) from \(table) where customer_id = 7")
          if count.first?.integer(0) != 0 { tables.append(table) }
        }
        return tables
      }
      #expect(try await left().isEmpty)
      let again = try Commands.riskdeck(["run"], database: url)
      #expect(again.status == 0, "\(again.output)")
      // What the source told is overwritten by the next extraction, and nobody but the pipeline reads it.
      #expect(try await left().filter { !$0.contains("incoming") }.isEmpty)
      #expect(
        try await connection.query("select count(*) from analytics.customer_segmentation").first?.integer(0)
          == 99)
      let unknown = try Commands.riskdeck(["forget", "999999", "--yes"], database: url)
      #expect(unknown.status == 78 && unknown.errors.contains("there is no customer 999999"))

      let log = try Commands.riskdeck(["audit", "--json"], database: url)
      let entries = try JSONSerialization.jsonObject(with: Data(log.output.utf8)) as? [[String: Any]]
      #expect(entries?.count == 1 && entries?.first?["subject"] as? String == "customer 7")
      let verdict = try Commands.riskdeck(["audit", "verify"], database: url)
      #expect(verdict.output.hasPrefix("1 entries, all as they were written; head "))
      try await connection.execute("update audit.entries set subject = 'customer 8'")
      let broken = try Commands.riskdeck(["audit", "verify"], database: url)
      #expect(broken.status == 1 && broken.errors.contains("entry 1"))
      await connection.close()
    }
  }

  @Test("a purge removes what is older than its age, never what is published nor a customer's newest score")
  func purge() async throws {
    try await TestCluster.withDatabase { url in
      for seed in ["1", "2", "3"] {
        let run = try Commands.riskdeck(
          ["run", "--source", "demo", "--customers", "80", "--seed", seed], database: url)
        #expect(run.status == 0, "\(run.errors)")
      }
      let connection = try await Connection.open(url)
      try await connection.execute(
        """
        update monitoring.runs set started_at = started_at - interval '40 days';
        update analytics.risk_history set scored_at = scored_at - interval '40 days'
        """)
      let customers = try await connection.query(
        "select count(distinct customer_id) from analytics.risk_history")
      let trial = try Commands.riskdeck(["purge", "--older-than", "30d", "--dry-run"], database: url)
      #expect(trial.output.hasPrefix("would remove 2 runs"), "\(trial.errors)")
      #expect(try await connection.query("select count(*) from monitoring.runs").first?.integer(0) == 3)
      let purge = try Commands.riskdeck(["purge", "--older-than", "30d"], database: url)
      #expect(purge.output.hasPrefix("removed 2 runs"))
      let left = try await connection.query(
        """
        select (select count(*) from monitoring.runs), (select count(*) from monitoring.publications),
          (select count(*) from analytics.risk_history),
          (select count(distinct customer_id) from analytics.risk_history)
        """
      ).first
      #expect(left?.integer(0) == 1 && left?.integer(1) == 1)
      #expect(left?.integer(2) == left?.integer(3) && left?.integer(3) == customers.first?.integer(0))
      for age in ["30", "d", "-3d", "soon", "0.5d"] {
        let answer = try Commands.riskdeck(["purge", "--older-than=\(age)"], database: url)
        #expect(answer.status == 78, "\(age)")
      }
      #expect(try Commands.riskdeck(["status"], database: url).output.contains("published: run 3"))
      await connection.close()
    }
  }

  @Test("doctor finds keys that are open to others, links in their place, and says role and encryption")
  func doctor() async throws {
    try await Self.withFolder { folder in
      try await TestCluster.withDatabase { url in
        let environment = ["RISKDECK_DATA_DIR": folder]
        #expect(
          try Commands.riskdeck(["status"], database: url, environment: environment).status == 0)
        #expect(
          try Commands.riskdeck(
            ["connection", "add", "x", url, "--password-stdin"], database: url, environment: environment,
            input: "secret\n"
          ).status == 0)
        let good = try Commands.riskdeck(["doctor"], database: url, environment: environment)
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output.contains("riskdeck, owner"))
        #expect(good.output.contains("a unix socket"))
        chmod(folder + "/fernet.key", 0o644)
        let open = try Commands.riskdeck(["doctor"], database: url, environment: environment)
        #expect(open.status == 1 && open.output.contains("chmod 600 \(folder)/fernet.key"))
        chmod(folder + "/fernet.key", 0o600)
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/masking.key", withDestinationPath: "/etc/hostname")
        let link = try Commands.riskdeck(["doctor"], database: url, environment: environment)
        #expect(link.status == 1 && link.output.contains("masking.key is no plain file"))
      }
    }
  }

  @Test(
    "doctor warns of a superuser's login, secrets in an open .env, and state and artifacts open to others")
  func warnings() async throws {
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/riskdeck/target/shop", withIntermediateDirectories: true)
      for path in [folder, folder + "/riskdeck"] { chmod(path, 0o700) }
      try await TestCluster.withDatabase { url in
        func doctor(_ url: String) throws -> Commands.Answer {
          try Commands.riskdeck(
            ["doctor"], database: url, environment: ["RISKDECK_DATA_DIR": folder, "XDG_STATE_HOME": folder],
            after: "cd '\(folder)'")
        }
        #expect(try Commands.riskdeck(["status"], database: url).status == 0)
        let good = try doctor(url)
        #expect(good.status == 0 && !good.output.contains("open to others"), "\(good.output)")
        #expect(good.output.contains("riskdeck is a superuser, may make roles"), "\(good.output)")
        #expect(!good.output.contains("schema public"), "\(good.output)")
        let administrator = try await Connection.open(url)
        try await administrator.execute("grant create on schema public to public")
        let shared = try doctor(url)
        #expect(
          shared.status == 0 && shared.output.contains("revoke create on schema public"), "\(shared.output)")
        try await administrator.execute("revoke create on schema public from public")
        let login = "login_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try await administrator.execute("create role \(login) login; grant riskdeck_viewer to \(login)")
        let viewer = try doctor(url.replacing("//riskdeck@", with: "//\(login)@"))
        #expect(viewer.status == 0 && !viewer.output.contains("superuser"), "\(viewer.output)")
        try await administrator.execute("drop owned by \(login); drop role \(login)")
        await administrator.close()

        let settings = folder + "/.env"
        for (text, name) in [
          ("RISKDECK_DATABASE_URL=postgresql://ann:pass@host/db", "RISKDECK_DATABASE_URL"),
          ("RISKDECK_READ_DATABASE=postgresql://ann:pass@host/db", "RISKDECK_READ_DATABASE"),
          ("MASKING_SALT=pepper", "MASKING_SALT"), ("export PGPASSWORD='x'", "PGPASSWORD"),
        ] {
          try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: settings))
          chmod(settings, 0o644)
          let open = try doctor(url)
          #expect(
            open.status == 1 && open.output.contains(".env holds \(name) and is open"), "\(open.output)")
          #expect(!open.output.contains("pass@") && !open.output.contains("pepper"))
          chmod(settings, 0o600)
          #expect(try doctor(url).status == 0)
        }
        try Data("RISKDECK_DATABASE_URL=postgresql://ann@host/db\n".utf8).write(
          to: URL(fileURLWithPath: settings))
        chmod(settings, 0o644)
        #expect(try doctor(url).status == 0)

        try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/riskdeck/target/shop/manifest.json"))
        chmod(folder + "/riskdeck/target/shop/manifest.json", 0o644)
        let artifact = try doctor(url)
        #expect(
          artifact.status == 0 && artifact.output.contains("target/shop/manifest.json is open to others"))
        try Data("[]".utf8).write(to: URL(fileURLWithPath: folder + "/riskdeck/queries.json"))
        chmod(folder + "/riskdeck/queries.json", 0o644)
        let state = try doctor(url)
        #expect(
          state.status == 1 && state.output.contains("queries.json is open to others"), "\(state.output)")
      }
    }
  }

  @Test("a .env that somebody else put into the folder is not read", .enabled(if: geteuid() == 0))
  func plantedSettings() async throws {
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data("ENABLE_PII_MASKING=false\n".utf8).write(to: URL(fileURLWithPath: folder + "/.env"))
      chown(folder + "/.env", 65_534, 65_534)
      let answer = try Commands.riskdeck(["connection", "list"], database: "", after: "cd '\(folder)'")
      #expect(
        answer.status == 78 && answer.errors.contains(".env belongs to somebody else"), "\(answer.errors)")
    }
  }

  @Test(
    "a link to a .env or a pipe in its place, of somebody else, is refused and not waited for",
    .enabled(if: geteuid() == 0))
  func plantedLinks() async throws {
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/own", withIntermediateDirectories: true)
      // What the link leads to is the user's own, meant for another folder.
      try Data("RISKDECK_AS=other\n".utf8).write(to: URL(fileURLWithPath: folder + "/own/.env"))
      let settings = folder + "/.env"
      let plants: [() -> Void] = [
        {
          symlink(folder + "/own/.env", settings); lchown(settings, 65_534, 65_534)
        },
        {
          mkfifo(settings, 0o666); chown(settings, 65_534, 65_534)
        },
      ]
      for plant in plants {
        plant()
        let answer = try Commands.riskdeck(["connection", "list"], database: "", after: "cd '\(folder)'")
        #expect(answer.status == 78 && answer.errors.contains("belongs to somebody else"), "\(answer.errors)")
        unlink(settings)
      }
      mkfifo(settings, 0o600)
      let pipe = try Commands.riskdeck(["connection", "list"], database: "", after: "cd '\(folder)'")
      #expect(pipe.status == 78 && pipe.errors.contains(".env is no plain file"), "\(pipe.errors)")
      unlink(settings)
      // A folder of that name is a Python environment.
      try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: false)
      #expect(
        try Commands.riskdeck(["connection", "list"], database: "", after: "cd '\(folder)'").status == 0)
    }
  }

  @Test("what a database holds steers no terminal through what commands print")
  func printedText() async throws {
    try await TestCluster.withDatabase { url in
      #expect(
        try Commands.riskdeck(["run", "--source", "demo", "--customers", "60"], database: url).status == 0)
      let connection = try await Connection.open(url)
      let hidden = "a\u{1B}[2Jb\u{9B}31mc\u{202E}d\u{200B}e"
      try await connection.query("update monitoring.runs set started_by = $1, reason = $1", [.text(hidden)])
      try await connection.query(
        "select audit.append('export', $1, jsonb_build_object('to', $1::text), $1)", [.text(hidden)])
      try await connection.query(
        "insert into desk.rulesets (version, rules, domains, priors, note) values ('v1', $1, '', '', $1)",
        [.text("# " + hidden + "\n\tx: 1\n")])
      await connection.close()
      for words in [
        ["status"], ["status", "--json"], ["audit"], ["audit", "--json"], ["risk", "rulesets", "list"],
        ["risk", "rulesets", "show", "v1"], ["query", "select reason from monitoring.runs"],
        ["query", "select reason from monitoring.runs", "--format", "csv"],
        [
          "query", "select detail from monitoring.runs, lateral (select to_jsonb(reason) as detail) x",
          "--format", "json",
        ],
        ["export", "--table", "monitoring.runs", "--format", "markdown"],
      ] {
        let answer = try Commands.riskdeck(words, database: url)
        let found = (answer.output + answer.errors).unicodeScalars.filter {
          $0 != "\n" && $0 != "\t" && HiddenText.contains($0)
        }
        #expect(found.isEmpty, "\(words): \(found.map { String($0.value, radix: 16) })")
        #expect(answer.output.contains("[2J") || answer.output.contains("v1"), "\(words): \(answer.errors)")
      }
    }
  }

  @Test("the licences of all parts are printed")
  func licenses() throws {
    let answer = try Commands.riskdeck(["licenses"], database: "")
    let package = try String(contentsOfFile: Repository.path("Package.swift"), encoding: .utf8)
    for name in ["swift-argument-parser", "Yams"] {
      #expect(package.contains(name) && answer.output.contains(name))
    }
    #expect(
      package.components(separatedBy: ".package(url:").count == 3, "a new package needs its licence here")
    #expect(package.components(separatedBy: ".systemLibrary(").count == 5)
  }
}
