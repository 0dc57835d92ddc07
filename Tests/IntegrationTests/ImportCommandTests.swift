import Foundation
import Postgres
import TestSupport
import Testing

/// `riskdeck import-dbt` and what works on the project afterwards, on a project of somebody else's.
@Suite("a dbt project of one's own")
struct ImportCommandTests {
  private static let files = [
    "dbt_project.yml": """
    name: bakery
    version: "1.0"
    profile: bakery
    models: {bakery: {+materialized: table}}
    """,
    "seeds/regions.csv": "code,region\nes,South\nde,North\n",
    "macros/cents.sql": "{% macro cents(column) %}({{ column }} * 100)::bigint{% endmacro %}",
    "models/sources.yml": """
    version: 2
    sources: [{name: till, tables: [{name: sales}]}]
    """,
    "models/sales.sql":
      "select id, country, {{ cents('amount') }} as cents from {{ source('till', 'sales') }}",
    "models/by_region.sql": """
    select r.region, count(*)::bigint as sales, sum(s.cents) as cents
    from {{ ref('sales') }} s join {{ ref('regions') }} r on r.code = s.country group by r.region
    """,
    "models/schema.yml": """
    version: 2
    models:
      - name: sales
        columns: [{name: id, data_tests: [unique, not_null]}]
    """,
    "tests/no_negative.sql": "select * from {{ ref('sales') }} where cents < 0",
    "reports/bakery.yml": """
    title: Bakery
    cards: [{id: regions, title: Sales by region, sql: regions.sql, chart: bars, roles: {label: region, value: sales}}]
    """,
    "reports/regions.sql": "select region, sales from analytics.by_region order by sales desc, region",
  ]

  private static func withProject(
    _ body: (_ folder: String, _ write: (String, String) throws -> Void) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-bakery-\(UUID().uuidString)"
    func write(_ text: String, to path: String) throws {
      let full = folder + "/" + path
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: full, atomically: true, encoding: .utf8)
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (path, text) in files { try write(text, to: path) }
    try await body(folder, write)
  }

  private static func riskdeck(_ arguments: String..., database: String = "") throws -> CommandTests.Answer {
    try CommandTests.riskdeck(arguments, database: database, environment: ["RISKDECK_PROJECT_DIR": ""])
  }

  @Test("a project is checked and pointed at; build, dashboards and exports then work on it")
  func imports() async throws {
    try await Self.withProject { folder, _ in
      let answer = try Self.riskdeck("import-dbt", folder, "--dashboards", folder + "/reports/bakery.yml")
      #expect(answer.status == 0, "\(answer.errors)")
      #expect(answer.output.contains("project bakery: 2 models, 1 seeds, 1 sources, 3 tests"))
      #expect(answer.output.contains("dashboard bakery: 1 cards"))
      let pointer = try String(contentsOfFile: folder + "/riskdeck.yml", encoding: .utf8)
      #expect(pointer.contains("models: \".\"\ndashboards: \"reports/bakery.yml\"\n"), "\(pointer)")
      try await TestCluster.withDatabase { url in
        let connection = try await Connection.open(url)
        try await connection.execute(
          """
          create schema till;
          create table till.sales (id int, country text, amount numeric);
          insert into till.sales values (1, 'es', 2.5), (2, 'es', 1), (3, 'de', 4)
          """)
        let built = try Self.riskdeck("build", "--project-dir", folder, database: url)
        #expect(built.status == 0, "\(built.output)\(built.errors)")
        #expect(built.output.contains("3 of 3 built; tests: 3 passed"), "\(built.output)")
        // Nothing but the models was made in the database.
        let schemas = try await connection.query(
          "select 1 from pg_namespace where nspname in ('staging', 'monitoring')")
        #expect(schemas.rowCount == 0)
        await connection.close()
        let card = try Self.riskdeck(
          "export", "--project-dir", folder, "--card", "bakery/regions", "--format", "csv", database: url)
        #expect(card.output == "region,sales\nSouth,2\nNorth,1\n", "\(card.errors)")
        let screen = try Self.riskdeck("snapshot", "bakery", "--project-dir", folder, database: url)
        #expect(screen.output.contains("Sales by region"), "\(screen.output)\(screen.errors)")
        #expect(screen.output.contains("South"))
      }
    }
  }

  @Test("everything riskdeck does not take is named with file and line, and nothing is written")
  func refusals() async throws {
    try await Self.withProject { folder, write in
      try write(Self.files["dbt_project.yml"]! + "\non-run-start: [\"select 1\"]", "dbt_project.yml")
      try write("def model(dbt, session):\n  return None\n", "models/forecast.py")
      try write("select 1\n  {{ run_query('select 1') }}", "models/asks.sql")
      try write("{% snapshot old %}select 1{% endsnapshot %}", "snapshots/old.sql")
      try write("title: A\ncolour: red\ncards: []\n", "reports/bakery.yml")
      let answer = try Self.riskdeck("import-dbt", folder, "--dashboards", folder + "/reports")
      #expect(answer.status == 1)
      let lines = answer.errors.split(separator: "\n").map(String.init)
      for place in [
        "dbt_project.yml:5:", "models/forecast.py:1:1:", "models/asks.sql:2:", "snapshots/old.sql:1:1:",
        "reports/bakery.yml:2:1:",
      ] {
        #expect(lines.contains { $0.contains(place) }, "\(place): \(answer.errors)")
      }
      #expect(lines.last == "riskdeck: nothing was written; to be changed first: 5")
      #expect(!FileManager.default.fileExists(atPath: folder + "/riskdeck.yml"))
    }
  }

  @Test("a pointer that says something else is kept unless --replace is said; --check writes none")
  func keeps() async throws {
    try await Self.withProject { folder, write in
      #expect(try Self.riskdeck("import-dbt", folder, "--check").status == 0)
      #expect(!FileManager.default.fileExists(atPath: folder + "/riskdeck.yml"))
      try write("models: elsewhere\n", "riskdeck.yml")
      let kept = try Self.riskdeck("import-dbt", folder)
      #expect(kept.status == 78)
      #expect(kept.errors.contains("riskdeck.yml says something else already; --replace replaces it"))
      #expect(try Self.riskdeck("import-dbt", folder, "--replace").status == 0)
      #expect(try Self.riskdeck("import-dbt", folder).status == 0)
    }
  }

  @Test("a pointer that leads nowhere, or holds an unknown key, is told with its place")
  func brokenPointer() async throws {
    try await Self.withProject { folder, write in
      for (text, message) in [
        ("models: elsewhere\n", "riskdeck.yml:1:9: models: there is no"),
        (
          "models: .\ncolour: red\n",
          "riskdeck.yml:2:1: there is no key 'colour'; there are models and dashboards"
        ),
        ("dashboards: reports\n", "riskdeck.yml: models is missing"),
        ("- a\n", "riskdeck.yml: must hold 'models: FOLDER'"),
      ] {
        try write(text, "riskdeck.yml")
        let answer = try Self.riskdeck("ls", "--project-dir", folder)
        #expect(answer.status == 78)
        #expect(answer.errors.contains(message), "\(answer.errors)")
      }
    }
  }
}
