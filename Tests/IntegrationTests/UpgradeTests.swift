import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// Databases that earlier programs left behind, with data in every table, opened by this one.
@Suite("upgrades")
struct UpgradeTests {
  /// The versions of the schema before this program's.
  static let earlier = Array(
    1..<((try? Migrations(folder: Repository.path("queries/schema")).latestVersion) ?? 1))

  @Test("a database of every earlier version keeps its rows, and the program works on it", arguments: earlier)
  func fromVersion(version: Int) async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await Self.apply(version, to: connection)
      let tables = try await Self.fill(connection)
      var rows: [(table: String, row: String)] = []
      for table in tables {
        let found = try await connection.query("select to_jsonb(t)::text from \(table) t")
        try #require(found.rowCount > 0, "no row was put into \(table)")
        rows += found.rows.compactMap { row in row[0].map { (table, $0) } }
      }

      try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      for (table, row) in rows {
        // A later version may add columns.
        let kept = try await connection.query(
          "select count(*) from \(table) t where to_jsonb(t) @> $1::jsonb", [.text(row)])
        #expect(kept.first?.integer(0) == 1, "\(table): \(row)")
      }

      let run = try CommandTests.riskdeck(
        ["run", "--source", "demo", "--customers", "60", "--json"], database: url)
      #expect(run.status == 0, "\(run.errors)\(run.output)")
      let status = try CommandTests.riskdeck(["status", "--runs", "5"], database: url)
      #expect(status.status == 0, "\(status.errors)")
      // The run that the earlier program left is in the log beside the new one.
      if version >= 2 {
        #expect(try await connection.query("select count(*) from monitoring.runs").first?.integer(0) == 2)
      }
      let audit = try CommandTests.riskdeck(["audit", "verify"], database: url)
      #expect(audit.status == 0, "\(audit.errors)")
      let screen = try CommandTests.riskdeck(["snapshot", "cases"], database: url)
      #expect(screen.status == 0, "\(screen.errors)")
      await connection.close()
    }
  }

  @Test("a database of a newer program is refused in one clear line, and left as it is")
  func newer() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let migrations = try Migrations(folder: Repository.path("queries/schema"))
      try await migrations.apply(to: connection)
      let next = migrations.latestVersion + 1
      try await connection.query(
        "insert into riskdeck_schema.steps (number, name) values ($1, 'from the future')",
        [.integer(Int64(next))])
      for command in [["status"], ["run", "--source", "demo"], ["snapshot", "fraud"], ["cases", "list"]] {
        let answer = try CommandTests.riskdeck(command, database: url)
        #expect(answer.status == 78)
        #expect(
          answer.errors == "riskdeck: the database has schema version \(next) and this riskdeck knows "
            + "\(next - 1); use the newer riskdeck that made it\n")
      }
      #expect(try await connection.query("select count(*) from monitoring.runs").first?.integer(0) == 0)
      await connection.close()
    }
  }

  /// Brings an empty database to a version, as the program of that time did.
  private static func apply(_ version: Int, to connection: Connection) async throws {
    let source = Repository.path("queries/schema")
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-upgrade-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = try FileManager.default.contentsOfDirectory(atPath: source).filter { $0.hasSuffix(".sql") }
    for file in files.sorted().prefix(version) {
      try FileManager.default.copyItem(atPath: source + "/" + file, toPath: folder + "/" + file)
    }
    try await Migrations(folder: folder).apply(to: connection)
  }

  /// Puts a row into every table that has none, those first that others refer to.
  /// - Returns: all tables.
  private static func fill(_ connection: Connection) async throws -> [String] {
    let tables = try await connection.query(
      """
      select c.oid::regclass::text
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition
        and n.nspname not in ('pg_catalog', 'information_schema', 'riskdeck_schema')
      order by c.oid
      """
    ).rows.compactMap { $0[0] }
    for table in tables {
      if try await connection.query("select 1 from \(table) limit 1").rowCount > 0 { continue }
      if table == "audit.entries" {
        try await connection.query("select audit.append('test', 'upgrade', '{}', 'somebody@somewhere')")
        continue
      }
      let columns = try await connection.query(
        """
        select attname, format_type(atttypid, null) from pg_catalog.pg_attribute
        where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
          and attidentity = '' and attgenerated = ''
        order by attnum
        """, [.text(table)]
      ).rows.map { (name: $0[0] ?? "", type: $0[1] ?? "") }
      let row = try columns.map { column in
        "\(jsonText(column.name)): \(try value(of: column.name, column.type, in: table))"
      }
      let names = try columns.map { try quotedIdentifier($0.name) }.joined(separator: ", ")
      try await connection.query(
        "insert into \(table) (\(names)) select \(names) from jsonb_populate_record(null::\(table), $1::jsonb)",
        [.text("{" + row.joined(separator: ", ") + "}")])
    }
    return tables
  }

  /// What a column holds, as JSON: a value that its checks allow.
  private static func value(of column: String, _ type: String, in table: String) throws -> String {
    func file(_ name: String) throws -> String {
      try String(contentsOfFile: Repository.path("queries/risk/" + name), encoding: .utf8)
    }
    switch (table, column) {
    case ("desk.cases", "state"): return "\"new\""
    case ("desk.cases", "outcome"), ("desk.cases", "outcome_reason"), ("desk.cases", "closed_at"):
      return "null"
    case ("desk.list_entries", "kind"): return "\"email_hash\""
    case ("desk.list_entries", "list"): return "\"allow\""
    // The version in force scores the next run.
    case ("desk.rulesets", "rules"): return jsonText(try file("ruleset.yml"))
    case ("desk.rulesets", "domains"): return jsonText(try file("disposable-email-domains.txt"))
    case ("desk.rulesets", "priors"): return jsonText(try file("priors.yml"))
    case ("staging.rejects", "entity"): return "\"order\""
    case ("monitoring.hooks", "command"): return "null"
    case ("monitoring.hooks", "url"): return "\"env:HOOK\""
    case ("monitoring.hook_deliveries", "state"): return "\"delivered\""
    case ("monitoring.schedules", "expression"): return "\"0 6 * * *\""
    case ("monitoring.schedules", "time_zone"): return "\"UTC\""
    case ("monitoring.schedules", "catch_up"): return "\"none\""
    case ("monitoring.scheduled_runs", "state"): return "\"missed\""
    case ("monitoring.runs", "settings"): return "{\"source\": \"demo\"}"
    case (_, "state"): return "\"success\""
    case (_, "level"), (_, "risk_level"): return "\"low\""
    case (_, "source"): return "\"demo\""
    default: break
    }
    return switch type {
    case "smallint", "integer", "bigint", "numeric", "double precision", "real": "1"
    case "boolean": "true"
    case "timestamp with time zone": "\"2026-01-02T03:04:05+00:00\""
    case "date": "\"2026-01-02\""
    case "jsonb", "json": "[]"
    case "bytea": "\"\\\\x00\""
    case _ where type.hasSuffix("[]"): "[]"
    default: "\"x\""
    }
  }
}
