import Foundation
import Postgres
import TestSupport
import Testing

/// The commands of the model engine through the built program, on a project of a test's own.
@Suite("models from the command line")
struct ModelsCommandTests {
  private static let files = [
    "dbt_project.yml": """
    name: shop
    version: "1.0"
    profile: shop
    seeds: {shop: {+schema: seeds}}
    """,
    "seeds/countries.csv": "code,name\nes,Spain\nde,Germany\n",
    "macros/cents.sql": "{% macro cents(column) %}({{ column }} * 100)::int{% endmacro %}",
    "models/staging/stg_orders.sql":
      "select id, customer_id, amount, {{ cents('amount') }} as cents from {{ source('raw', 'orders') }}",
    "models/marts/totals.sql": """
    {{ config(materialized='table', tags=['mart']) }}
    select customer_id, sum(amount) as total from {{ ref('stg_orders') }} group by customer_id
    """,
    "models/marts/top.sql": "select * from {{ ref('totals') }} where total > 10",
    "models/schema.yml": """
    version: 2
    sources:
      - name: raw
        tables:
          - name: orders
            loaded_at_field: loaded_at
            freshness: {warn_after: {count: 1, period: day}, error_after: {count: 30, period: day}}
    models:
      - name: stg_orders
        columns:
          - name: id
            data_tests: [unique, not_null]
      - name: totals
        description: One row per customer.
        columns:
          - name: total
            description: Dollars.
            data_tests:
              - dbt_utils.accepted_range:
                  name: total_is_in_range
                  arguments: {max_value: 1000}
    """,
  ]

  /// A project's folder and a database with its raw table.
  private struct Shop {
    let folder: String
    let database: String

    func riskdeck(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandTests.Answer {
      try CommandTests.riskdeck(
        arguments + ["--project", folder], database: database, environment: environment)
    }

    func write(_ text: String, to path: String) throws {
      let full = folder + "/" + path
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: full, atomically: true, encoding: .utf8)
    }

    func json(_ path: String) throws -> [String: Any] {
      let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
  }

  private static func withShop(_ body: (Shop, Connection) async throws -> Void) async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute(
        """
        create schema raw;
        create table raw.orders (id int, customer_id int, amount numeric, loaded_at timestamptz default now());
        insert into raw.orders values (1, 1, 5), (2, 1, 6), (3, 2, 7)
        """)
      let shop = Shop(
        folder: FileManager.default.temporaryDirectory.path + "/riskdeck-shop-\(UUID().uuidString)",
        database: url)
      for (path, text) in files { try shop.write(text, to: path) }
      defer { try? FileManager.default.removeItem(atPath: shop.folder) }
      try await body(shop, connection)
      await connection.close()
    }
  }

  private static func lines(_ answer: CommandTests.Answer) -> [String] {
    answer.output.split(separator: "\n").map(String.init)
  }

  @Test("build makes and tests what is selected and leaves dbt's artifacts; run-models makes without testing")
  func builds() async throws {
    try await Self.withShop { shop, connection in
      let whole = try shop.riskdeck("build", "--threads", "3")
      #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
      #expect(whole.output.contains("4 of 4 built; tests: 3 passed"), "\(whole.output)")
      #expect(try await connection.query("select name from analytics_seeds.countries").rowCount == 2)
      let results = try #require(try shop.json("target/run_results.json")["results"] as? [[String: Any]])
      #expect(results.count == 7)
      let manifest = try shop.json("target/manifest.json")
      #expect((manifest["macros"] as? [String: Any])?["macro.shop.cents"] != nil)

      try await connection.execute("insert into raw.orders values (4, 2, 9)")
      let some = try shop.riskdeck("run-models", "--select", "stg_orders+", "--exclude", "top")
      #expect(some.output.contains("2 of 2 built; "), "\(some.output)")
      #expect(!some.output.contains("tests"))
      // `top` was not selected; it reads the new table all the same.
      #expect(try await connection.query("select customer_id from analytics.top").rowCount == 2)

      let json = try shop.riskdeck("build", "--json", "-s", "tag:mart")
      let document = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let ids = (document["results"] as? [[String: Any]])?.compactMap { $0["unique_id"] as? String }
      #expect(ids?.first == "model.shop.totals")
      #expect((ids?.count ?? 0) == 2)
    }
  }

  @Test("a model that fails is named with its place, what reads it is skipped, the old state stays")
  func failingModel() async throws {
    try await Self.withShop { shop, connection in
      #expect(try shop.riskdeck("build").status == 0)
      try shop.write(
        "{{ config(materialized='table') }}\nselect nothing_like_it from {{ ref('stg_orders') }}",
        to: "models/marts/totals.sql")
      let answer = try shop.riskdeck("build")
      #expect(answer.status == 1)
      let lines = Self.lines(answer)
      #expect(
        lines.contains { $0.hasPrefix("ERROR") && $0.contains("totals") && $0.contains("nothing_like_it") })
      #expect(lines.contains { $0.hasPrefix("skipped") && $0.contains("top") })
      #expect(answer.output.contains("nothing was published: the last good state stands"))
      #expect(try await connection.query("select total from analytics.totals").rowCount == 2)

      try shop.write("select {{ run_query('select 1') }}", to: "models/marts/totals.sql")
      let refused = try shop.riskdeck("build")
      #expect(refused.status == 1)
      #expect(
        refused.errors.contains("models/marts/totals.sql:1:11: `run_query` is not supported"),
        "\(refused.errors)")
      #expect(refused.errors.split(separator: "\n").count == 1)
    }
  }

  @Test("test runs on what is published; every failing row is shown, however many")
  func tests() async throws {
    try await Self.withShop { shop, connection in
      #expect(try shop.riskdeck("run-models").status == 0)
      let good = try shop.riskdeck("test")
      #expect(good.status == 0 && good.output.contains("tests: 3 passed"), "\(good.output)")
      try await connection.execute(
        "insert into raw.orders select 7, n, 5000 from generate_series(10, 1509) n")
      #expect(try shop.riskdeck("run-models").status == 0)
      let bad = try shop.riskdeck("test", "--select", "totals", "test_name:unique")
      #expect(bad.status == 1)
      #expect(bad.output.contains("tests: 2 failed"), "\(bad.output)")
      #expect(bad.output.contains("FAIL    total_is_in_range"))

      let rows = try shop.riskdeck("test", "--show-failures", "total_is_in_range", "--format", "csv")
      #expect(rows.status == 0, "\(rows.errors)")
      #expect(rows.output.split(separator: "\n").count == 1_501)
      let json = try shop.riskdeck("test", "--show-failures", "unique_stg_orders_id", "--json")
      let values = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(values.count == 1 && values[0]["n_records"] as? Int == 1_500, "\(json.output)")
      let unknown = try shop.riskdeck("test", "--show-failures", "nobody")
      #expect(
        unknown.status == 64 && unknown.errors.contains("no test is called nobody"), "\(unknown.errors)")
    }
  }

  @Test("test --history tells what each test said in the runs so far")
  func history() async throws {
    try await TestCluster.withDatabase { url in
      for _ in 1...2 {
        let run = try CommandTests.riskdeck(
          ["run", "--source", "demo", "--customers", "60", "--full-refresh"], database: url)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
      }
      let table = try CommandTests.riskdeck(
        ["test", "--history", "--select", "fraud_analytics", "--format", "csv"], database: url)
      let lines = table.output.split(separator: "\n")
      #expect(lines.first == "test,run,tested_at,status,failures,message")
      #expect(lines.contains { $0.contains("fraud_analytics_customer_id,2,") && $0.contains(",pass,0,") })
      #expect(lines.contains { $0.contains("fraud_analytics_customer_id,1,") })
      #expect(!lines.contains { $0.hasPrefix("not_null_stg_orders_order_id") })
      let one = try CommandTests.riskdeck(["test", "--history", "--runs", "1", "--json"], database: url)
      let entries = try #require(
        try JSONSerialization.jsonObject(with: Data(one.output.utf8)) as? [[String: Any]])
      #expect(entries.count > 100)
      #expect(entries.allSatisfy { $0["run"] as? Int == 2 })
    }
  }

  @Test("ls prints what --select takes, in several forms, and lineage either way")
  func lists() async throws {
    try await Self.withShop { shop, _ in
      let all = Self.lines(try shop.riskdeck("ls"))
      #expect(all.contains("shop.staging.stg_orders"))
      #expect(all.contains("source:shop.raw.orders"))
      for selector in all {
        let chosen = try shop.riskdeck(
          "ls", "--resource-type", "model", "seed", "source", "test", "--select", selector)
        #expect(Self.lines(chosen).contains(selector), "\(selector): \(chosen.output)\(chosen.errors)")
      }
      #expect(
        Self.lines(try shop.riskdeck("ls", "--output", "name", "--resource-type", "model", "-s", "+totals"))
          == ["stg_orders", "totals"])
      #expect(
        Self.lines(try shop.riskdeck("ls", "--output", "path", "--resource-type", "seed"))
          == ["seeds/countries.csv"])
      let json = try shop.riskdeck("ls", "--json", "--select", "totals", "--resource-type", "model")
      let nodes = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(nodes.count == 1)
      #expect(nodes[0]["unique_id"] as? String == "model.shop.totals")
      #expect(nodes[0]["tags"] as? [String] == ["mart"])

      let lineage = Self.lines(try shop.riskdeck("ls", "--lineage", "totals"))
      #expect(
        lineage == [
          "totals (table)", "  reads", "  └─ stg_orders (view)", "     └─ raw.orders (source)",
          "  is read by", "  └─ top (view)",
        ])
      let two = try shop.riskdeck("ls", "--lineage", "t*")
      #expect(two.status == 64 && two.errors.contains("names 2"), "\(two.errors)")
    }
  }

  @Test(
    "a selector without meaning is one clear line and exit code 64",
    arguments: [
      ("nobody", "matches no node"), ("cloud:x", "not supported"), ("state:modified", "--state FOLDER"),
    ])
  func badSelector(selector: String, words: String) async throws {
    try await Self.withShop { shop, connection in
      for command in ["build", "test", "compile", "ls"] {
        let answer = try shop.riskdeck(command, "--select", selector)
        #expect(answer.status == 64, "\(command): \(answer.errors)")
        #expect(answer.errors.contains(words), "\(answer.errors)")
        #expect(answer.errors.split(separator: "\n").count == 1)
        #expect(answer.output.isEmpty)
      }
      #expect(
        try await connection.query("select to_regnamespace('analytics') is null").first?.boolean(0) == true)
    }
  }

  @Test("state:modified builds what changed since a saved manifest, also through a macro")
  func stateModified() async throws {
    try await Self.withShop { shop, _ in
      #expect(try shop.riskdeck("build").status == 0)
      let state = shop.folder + "/saved"
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: shop.folder + "/target/manifest.json", toPath: state + "/manifest.json")
      func modified() throws -> [String] {
        Self.lines(
          try shop.riskdeck(
            "ls", "--output", "name", "--resource-type", "model", "--select", "state:modified", "--state",
            state))
      }
      #expect(try modified().isEmpty)
      try shop.write(
        "{% macro cents(column) %}round({{ column }} * 100)::int{% endmacro %}", to: "macros/cents.sql")
      #expect(try modified() == ["stg_orders"])
      let build = try shop.riskdeck("build", "--select", "state:modified+", "--state", state)
      #expect(build.output.contains("3 of 3 built"), "\(build.output)")
    }
  }

  @Test("compile prints the SQL of a selection, with published names")
  func compiles() async throws {
    try await Self.withShop { shop, _ in
      let text = try shop.riskdeck("compile", "--select", "stg_orders")
      #expect(text.status == 0, "\(text.errors)")
      #expect(
        text.output.contains(
          "-- model.shop.stg_orders\nselect id, customer_id, amount, (amount * 100)::int as cents"))
      #expect(text.output.contains(#""raw"."orders""#))
      let all = try shop.riskdeck("compile")
      #expect(all.output == "6 nodes compiled into \(shop.folder)/target/manifest.json\n", "\(all.output)")
      let json = try shop.riskdeck("compile", "--json", "--select", "top")
      let compiled = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: String])
      #expect(compiled["model.shop.top"]?.hasPrefix("select * from ") == true)
    }
  }

  @Test(
    "where the project's target cannot be written, artifacts go to a folder of the user's own, and a line says so"
  )
  func targetPath() async throws {
    try await Self.withShop { shop, _ in
      // A file in the folder's place keeps even root from writing there.
      try shop.write("", to: "target")
      let state = shop.folder + "/state"
      let answer = try shop.riskdeck("compile", environment: ["XDG_STATE_HOME": state])
      #expect(answer.status == 0, "\(answer.errors)")
      #expect(
        answer.errors
          == "riskdeck: \(shop.folder)/target cannot be written; manifest and results go to \(state)/riskdeck/target/shop\n"
      )
      #expect(try shop.json("state/riskdeck/target/shop/manifest.json")["nodes"] != nil)

      let own = shop.folder + "/own"
      let named = try shop.riskdeck("build", "--target-path", own)
      #expect(named.status == 0 && named.errors.isEmpty, "\(named.errors)")
      #expect(try shop.json("own/run_results.json")["results"] != nil)
      let refused = try shop.riskdeck("build", "--target-path", shop.folder + "/target")
      #expect(refused.status == 1 && refused.errors.contains("name another folder with --target-path"))
    }
  }

  @Test("docs describe a model, freshness tells the age of a source, seed loads the CSV files")
  func docsFreshnessSeed() async throws {
    try await Self.withShop { shop, connection in
      let docs = try shop.riskdeck("docs", "--select", "totals")
      #expect(
        docs.output.contains("totals  table  models/marts/totals.sql\n  One row per customer."),
        "\(docs.output)")
      #expect(docs.output.contains("  reads: stg_orders\n  read by: top"))
      #expect(docs.output.contains("Dollars.  [total_is_in_range]"))

      #expect(try shop.riskdeck("freshness").output.hasPrefix("pass  raw.orders"))
      try await connection.execute("update raw.orders set loaded_at = now() - interval '2 days'")
      let old = try shop.riskdeck("freshness")
      #expect(old.status == 0 && old.output.hasPrefix("warn  raw.orders"), "\(old.output)")
      try await connection.execute("update raw.orders set loaded_at = now() - interval '60 days'")
      let tooOld = try shop.riskdeck("freshness", "--json")
      #expect(tooOld.status == 1 && tooOld.output.contains("\"source.shop.raw.orders\""), "\(tooOld.output)")
      #expect(try shop.json("target/sources.json")["results"] != nil)

      let seed = try shop.riskdeck("seed")
      #expect(seed.status == 0 && seed.output.contains("1 of 1 built"), "\(seed.output)")
      #expect(try await connection.query("select code from analytics_seeds.countries").rowCount == 2)
      try shop.write("code,name\nes\n", to: "seeds/countries.csv")
      let broken = try shop.riskdeck("seed")
      #expect(broken.status == 1)
      #expect(
        (broken.output + broken.errors).contains("seeds/countries.csv:2"), "\(broken.output)\(broken.errors)")
    }
  }
}
