import Foundation
import Testing

@testable import Pipeline

@Suite("project reader")
struct ProjectReaderTests {
  private static let source = """
    version: 2
    sources:
      - name: raw
        tables: [{name: orders}]
    """

  @Test("a setting in the model wins over schema.yml, which wins over dbt_project.yml; tags add up")
  func precedence() throws {
    let project = try ProjectFixture.project([
      "dbt_project.yml": """
      name: shop
      models:
        shop:
          +materialized: view
          +tags: [all]
          marts:
            +materialized: table
            +schema: marts
            +tags: marts
      """,
      "models/marts/a.sql": "select 1 as x",
      "models/marts/b.sql": "select 1 as x",
      "models/marts/c.sql": "{{ config(materialized='incremental', tags=['own']) }} select 1 as x",
      "models/schema.yml": """
      models:
        - name: b
          config: {materialized: view, tags: [patched]}
        - name: c
          config: {materialized: view}
      """,
    ])
    let models = Dictionary(uniqueKeysWithValues: project.models.map { ($0.name, $0) })
    #expect(models["a"]?.materialization == .table)
    #expect(models["b"]?.materialization == .view)
    #expect(models["c"]?.materialization == .incremental)
    #expect(models["b"]?.configuration.tags == ["all", "marts", "patched"])
    #expect(models["c"]?.configuration.tags == ["all", "marts", "own"])
    #expect(models["a"]?.relation.description == #""shop"."analytics_marts"."a""#)
  }

  @Test("aliases that stand for more values than memory holds are refused with their place")
  func aliasBomb() throws {
    let levels = (1...9).map { level in
      "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
        + "]\n"
    }
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + levels.joined()
    let error = #expect(throws: ModelError.self) { try YAMLNode.parse(file: "schema.yml", text: bomb) }
    #expect(error?.description.hasPrefix("schema.yml:") == true)
    #expect(error?.description.contains("what its aliases stand for") == true, "\(error?.description ?? "")")
    #expect(try YAMLNode.parse(file: "schema.yml", text: "a: &x [1, 2]\nb: *x\n")?["b"]?.list("b").count == 2)
  }

  @Test("the project's own generate_schema_name takes the place of the schema rule")
  func ownSchemaRule() throws {
    let project = try ProjectFixture.project([
      "macros/names.sql": """
      {% macro generate_schema_name(custom_schema_name, node) %}
        {{ custom_schema_name if custom_schema_name else target.schema ~ '_' ~ node.resource_type }}
      {% endmacro %}
      """,
      "models/a.sql": "{{ config(schema='own') }} select 1 as x", "models/b.sql": "select 1 as x",
    ])
    #expect(project.models.map(\.relation.schema) == ["own", "analytics_model"])
  }

  @Test("both dialects of tests mean the same and get the same names")
  func dialects() throws {
    let former = """
      models:
        - name: a
          columns:
            - name: x
              tests:
                - unique: {severity: warn, where: "x > 1"}
                - accepted_values: {values: [1, 2], quote: false}
                - relationships: {to: ref('a'), field: x}
      """
    let current = """
      models:
        - name: a
          columns:
            - name: x
              data_tests:
                - unique: {config: {severity: warn, where: "x > 1"}}
                - accepted_values: {arguments: {values: [1, 2], quote: false}}
                - relationships: {arguments: {to: ref('a'), field: x}}
      """
    let projects = try [former, current].map { text in
      try ProjectFixture.project(["models/a.sql": "select 1 as x", "models/schema.yml": text])
    }
    #expect(projects[0].tests.map(\.id) == projects[1].tests.map(\.id))
    #expect(
      projects[0].tests.map(\.name) == [
        "unique_a_x", "accepted_values_a_x__False__1__2", "relationships_a_x__x__ref_a_",
      ])
    #expect(projects[0].tests[0].severity == .warn)
    #expect(projects[0].tests[0].filter == "x > 1")
    #expect(projects[1].tests[0].configuration == projects[0].tests[0].configuration)
  }

  @Test("a name of 64 characters and more is cut to 30 of its beginning and a digest; 63 characters stay")
  func longNames() throws {
    let column = String(repeating: "c", count: 63 - "unique_a_".count)
    func names(_ column: String) throws -> (full: String, short: String) {
      try TestName.generated(
        test: "unique", package: nil, isSource: false, node: "a",
        arguments: [.init("column_name", .string(column))])
    }
    #expect(try names(column).short.count == 63)
    let long = try names(column + "c")
    #expect(long.short == "unique_a_" + (try Crypto.md5Hex(long.full)))
    #expect(
      try TestName.generated(
        test: "accepted_range", package: "dbt_utils", isSource: true, node: "raw_a_table_with_a_long_name",
        arguments: [.init("min_value", .integer(0)), .init("column_name", .string("a b"))]
      ).full == "dbt_utils_source_accepted_range_raw_a_table_with_a_long_name_a_b__0")
  }

  @Test("ids of tests end with the digits dbt 1.12 gives them")
  func testIDs() throws {
    let project = try ProjectFixture.project([
      "dbt_project.yml": "name: incremental", "models/appended.sql": "select 1 as order_id",
      "models/schema.yml":
        "models: [{name: appended, columns: [{name: order_id, data_tests: [unique, not_null]}]}]",
    ])
    #expect(
      project.tests.map(\.id) == [
        "test.incremental.unique_appended_order_id.cab6fb6727",
        "test.incremental.not_null_appended_order_id.cbc11449ef",
      ])
  }

  @Test(
    "refuses what has no meaning with the place of it",
    arguments: [
      (["models/a.sql": "select 1\nfrom {{ ref('nobody') }}"], "models/a.sql:2:12", "nobody"),
      (["models/a.sql": "select {{ source('raw', 'x') }}"], "models/a.sql:1:17", "source"),
      (["models/a.sql": "{{ config(materialized='dynamic') }} select 1"], "models/a.sql:1:1", "dynamic"),
      (["models/a.py": "def model(dbt, session): pass"], "models/a.py:1:1", "Python"),
      (["models/a.sql": "select 1", "models/b/a.sql": "select 2"], "models/b/a.sql:1:1", "taken"),
      (["models/s.yml": "models:\n  - name: gone"], "models/s.yml:2:5", "gone"),
      (["models/s.yml": "models:\n  - description: x"], "models/s.yml:2:5", "name"),
      (["models/s.yml": "modells: []"], "models/s.yml:1:10", "modells"),
      (["models/s.yml": "models: ["], "models/s.yml:2:1", "YAML"),
      (
        ["models/a.sql": "select 1", "models/s.yml": "models:\n  - name: a\n    data_tests: [no_such_test]"],
        "models/s.yml:3:18", "no_such_test"
      ),
      (
        [
          "models/a.sql": "select 1",
          "models/s.yml": "models:\n  - name: a\n    data_tests: [unique, unique]",
        ],
        "models/s.yml:3:26", "already"
      ),
      (
        ["models/a.sql": "{{ config(alias='b') }} select 1", "models/b.sql": "select 1"], "models/b.sql:1:1",
        "same relation"
      ),
      (["dbt_project.yml": "version: 1"], "dbt_project.yml:1:1", "name"),
      (["dbt_project.yml": "name: shop\non-run-start: ['select 1']"], "dbt_project.yml:2:15", "on-run-start"),
      (["seeds/s.csv": "a,b\n1\n", "models/a.sql": "select * from {{ ref('s') }}"], "", ""),
    ])
  func refuses(files: [String: String], place: String, word: String) {
    do {
      _ = try ProjectFixture.project(files)
      // A seed is read when it is loaded, so its own mistakes are found then.
      #expect(place.isEmpty)
    } catch let error as ModelError {
      #expect("\(error)".hasPrefix(place + ": "), "\(error)")
      #expect(error.message.contains(word), "\(error)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("a cycle is named with its path")
  func cycle() throws {
    let project = try ProjectFixture.project([
      "models/a.sql": "select * from {{ ref('c') }}", "models/b.sql": "select * from {{ ref('a') }}",
      "models/c.sql": "select * from {{ ref('b') }}",
    ])
    let error = #expect(throws: ModelError.self) { try ProjectGraph(project) }
    #expect(error?.message.hasSuffix("a -> b -> c -> a") == true, "\(error?.message ?? "")")
  }

  @Test(
    "selects by dbt's syntax",
    arguments: [
      (["b"], [String](), ["b"]), (["+b"], [], ["a", "b", "raw.orders"]), (["b+"], [], ["b", "c", "d"]),
      (["1+d"], [], ["c", "d"]), (["b+1"], [], ["b", "c"]), (["tag:x"], [], ["a", "c"]),
      (["path:models/m"], [], ["c", "d"]), (["models/m/c.sql"], [], ["c"]),
      (["source:raw+"], ["d"], ["a", "b", "c", "raw.orders"]),
      (["config.materialized:table"], [], ["d"]), (["tag:x,path:models/m"], [], ["c"]),
      (["a d"], [], ["a", "d"]),
      (["shop.m.*"], [], ["c", "d"]), (["@c"], [], ["a", "b", "c", "d", "raw.orders"]),
    ])
  func selects(select: [String], exclude: [String], expected: [String]) throws {
    let project = try ProjectFixture.project([
      "models/s.yml": Self.source,
      "models/a.sql": "{{ config(tags='x') }} select * from {{ source('raw', 'orders') }}",
      "models/b.sql": "select * from {{ ref('a') }}",
      "models/m/c.sql": "{{ config(tags=['x', 'y']) }} select * from {{ ref('b') }}",
      "models/m/d.sql": "{{ config(materialized='table') }} select * from {{ ref('c') }}",
    ])
    let selector = NodeSelector(project, try ProjectGraph(project))
    let ids = try selector.ids(select: select, exclude: exclude)
    #expect(ids.compactMap { project.nodeNames[$0] }.sorted() == expected)
  }

  @Test(
    "a selector that names nothing is an error, not an empty selection",
    arguments: ["nobody", "cloud:x", "state:new", "+"])
  func refusesSelectors(text: String) throws {
    let project = try ProjectFixture.project(["models/a.sql": "select 1"])
    let selector = NodeSelector(project, try ProjectGraph(project))
    #expect(throws: ModelError.self) { try selector.ids(select: [text]) }
  }

  @Test("state:modified finds what changed since a manifest was written")
  func stateModified() throws {
    var files = [
      "models/a.sql": "select 1 as x", "models/b.sql": "select 2 as x", "models/c.sql": "select 3 as x",
    ]
    let before = try ProjectFixture.project(files)
    let manifest = Manifest(before, try ProjectGraph(before), compiled: [:], generatedAt: 0).text()
    let folder = try ProjectFixture(["manifest.json": manifest])
    defer { folder.remove() }
    files["models/b.sql"] = "select 22 as x"
    files["models/c.sql"] = "{{ config(enabled=true) }}select 3 as x"
    files["models/d.sql"] = "select 4 as x"
    let after = try ProjectFixture.project(files)
    var selector = NodeSelector(after, try ProjectGraph(after))
    selector.state = try SavedManifest.read(folder.directory)
    func names(_ text: String) throws -> [String] {
      try selector.ids(select: [text]).compactMap { after.nodeNames[$0] }.sorted()
    }
    #expect(try names("state:modified") == ["b", "c", "d"])
    #expect(try names("state:new") == ["d"])
    #expect(try names("state:unmodified") == ["a"])
  }

  @Test("state:modified finds what calls a changed macro, directly or through another, and the tests that do")
  func stateModifiedMacros() throws {
    var files = [
      "macros/inner.sql": "{% macro inner() %}1{% endmacro %}\n{% macro other() %}2{% endmacro %}",
      "macros/outer.sql": "{% macro outer() %}{{ inner() }}{% endmacro %}",
      "tests/generic/odd.sql":
        "{% test odd(model) %}select {{ shop.inner() }} from {{ model }} where false{% endtest %}",
      "models/a.sql": "select {{ outer() }} as x",
      "models/b.sql": "select {% if false %}{{ shop.inner() }}{% endif %} 2 as x",
      "models/c.sql": "select {{ other() }} as x", "models/d.sql": "select 3 as x",
      "models/s.yml":
        "models: [{name: d, data_tests: [odd, {dbt_utils.expression_is_true: {arguments: {expression: x > 0}}}]}]",
    ]
    let before = try ProjectFixture.project(files)
    let manifest = Manifest(before, try ProjectGraph(before), compiled: [:], generatedAt: 0).text()
    let folder = try ProjectFixture(["manifest.json": manifest])
    defer { folder.remove() }
    func names(_ project: Project, _ text: String) throws -> [String] {
      var selector = NodeSelector(project, try ProjectGraph(project))
      selector.state = try SavedManifest.read(folder.directory)
      selector.includesTests = false
      return try selector.ids(select: [text]).map { id in
        project.nodeNames[id] ?? project.test(id)?.name ?? id
      }.sorted()
    }
    #expect(try names(before, "state:modified").isEmpty)
    files["macros/inner.sql"] = "{% macro inner() %}11{% endmacro %}\n{% macro other() %}2{% endmacro %}"
    let after = try ProjectFixture.project(files)
    #expect(try names(after, "state:modified") == ["a", "b", "odd_d_"])
    #expect(try names(after, "state:modified.macros") == ["a", "b", "odd_d_"])
    #expect(try names(after, "state:modified.body").isEmpty)
    #expect(try names(after, "state:unmodified").contains("c"))
  }

  @Test("the manifest names every macro with its text and what it calls, and what each node calls")
  func macrosOfManifest() throws {
    let project = try ProjectFixture.project([
      "macros/m.sql":
        "{% macro inner(a, b=2) %}\n  {{ a }}\n{%- endmacro %}\n\n{% macro outer() %}{{ inner(1) }}{% endmacro %}",
      "models/a.sql":
        "{{ config(tags='x') }}select {{ outer() }} as {{ dbt_utils.generate_surrogate_key(['a']) }}",
    ])
    let text = Manifest(project, try ProjectGraph(project), compiled: [:], generatedAt: 0).text()
    let manifest = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let macros = try #require(manifest["macros"] as? [String: [String: Any]])
    let inner = try #require(macros["macro.shop.inner"])
    #expect(inner["macro_sql"] as? String == "{% macro inner(a, b=2) %}\n  {{ a }}\n{%- endmacro %}")
    #expect(inner["original_file_path"] as? String == "macros/m.sql")
    #expect(
      (macros["macro.shop.outer"]?["depends_on"] as? [String: [String]])?["macros"] == ["macro.shop.inner"])
    #expect(macros["macro.dbt.test_unique"] != nil)
    let nodes = try #require(manifest["nodes"] as? [String: [String: Any]])
    #expect(
      (nodes["model.shop.a"]?["depends_on"] as? [String: [String]])?["macros"]
        == ["macro.shop.outer", "macro.dbt_utils.generate_surrogate_key"])
  }

  @Test("ephemeral models become common table expressions, in front of the model's own")
  func ephemeral() throws {
    let project = try ProjectFixture.project([
      "models/a.sql": "{{ config(materialized='ephemeral') }}select 1 as x",
      "models/b.sql": "-- with\nWITH own as (select 2) select * from own, {{ ref('a') }}",
    ])
    let sql = try ProjectRenderer(project).sql(of: project.models[1])
    #expect(
      sql
        == "-- with\nWITH __dbt__cte__a as (\nselect 1 as x\n),  own as (select 2) select * from own, __dbt__cte__a"
    )
  }

  @Test("lineage names what a model reads and what reads it")
  func lineage() throws {
    let project = try ProjectFixture.project([
      "models/s.yml": Self.source, "models/a.sql": "select * from {{ source('raw', 'orders') }}",
      "models/b.sql": "select * from {{ ref('a') }}",
    ])
    let lines = Lineage(project, try ProjectGraph(project)).lines(of: "model.shop.a")
    #expect(lines == ["a (view)", "  reads", "  └─ raw.orders (source)", "  is read by", "  └─ b (view)"])
  }
}

@Suite("row filters")
struct RowFilterTests {
  @Test(
    "a query that only filters rows is recognised",
    arguments: [
      ("select * from \"a\".\"b\" where x is null", "x is null"),
      (
        "\nSELECT 1\nFROM \"a\".\"b\"\nWHERE not (x in (select y from z group by y))",
        "not (x in (select y from z group by y))"
      ),
      ("select x from \"a\".\"b\" where t = ' group by '", "t = ' group by '"),
    ])
  func recognised(sql: String, condition: String) {
    #expect(RowFilter(sql: sql, relation: "\"a\".\"b\"")?.condition == condition)
  }

  @Test(
    "anything that may return other than one row for a row is left alone",
    arguments: [
      "select count(*) from \"a\".\"b\" where x", "select distinct x from \"a\".\"b\" where x",
      "select x from \"a\".\"b\" where x group by x", "select x from \"a\".\"b\" where x limit 1",
      "select x from \"a\".\"b\" where x union all select 1", "select x from \"a\".\"c\" where x",
      "select x from \"a\".\"b\" join c on true where x", "select x from \"a\".\"b\" where x -- group",
      "select x from \"a\".\"b\", c where x", "with a as (select 1) select x from \"a\".\"b\" where x",
      "select x from \"a\".\"b\"", "select x from \"a\".\"b\" where x for update",
      "select x from \"a\".\"b\" where (x",
    ])
  func leftAlone(sql: String) {
    #expect(RowFilter(sql: sql, relation: "\"a\".\"b\"") == nil)
  }
}

@Suite("seeds")
struct SeedTests {
  @Test(
    "a column gets the narrowest type that fits every value",
    arguments: [
      (["1", "-2"], "integer"), (["1", "2.5"], "float8"), (["true", "FALSE"], "boolean"),
      (["2020-01-31"], "date"),
      (["2020-01-31 10:11:12"], "timestamp without time zone"), (["1", "x"], "text"),
      (["2020-13-01"], "text"),
    ])
  func types(values: [String], type: String) {
    #expect(SeedType.inferred(values) == type)
  }

  @Test("quoted fields keep delimiters, quotes and line breaks")
  func quotedFields() throws {
    let lines = try CSVText(
      file: "s.csv", text: "a,b\r\n\"x, \"\"y\"\"\nz\",\r\n\n", delimiter: UInt8(ascii: ",")
    ).lines()
    #expect(lines.map(\.fields) == [["a", "b"], ["x, \"y\"\nz", ""]])
    #expect(throws: ModelError.self) { try CSVText(file: "s.csv", text: "a\n\"open", delimiter: 44).lines() }
  }
}
