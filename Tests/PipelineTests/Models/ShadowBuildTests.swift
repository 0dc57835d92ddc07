import Pipeline
import Postgres
import TestSupport
import Testing

@Suite("shadow build")
struct ShadowBuildTests {
  /// A small project of three layers over one raw table.
  static let files: [String: String] = [
    "models/staging/stg_orders.sql": "select id, customer_id, amount from {{ source('raw', 'orders') }}",
    "models/marts/totals.sql": """
    {{ config(materialized='table') }}
    select customer_id, sum(amount) as total from {{ ref('stg_orders') }} group by customer_id
    """,
    "models/marts/top.sql": "select * from {{ ref('totals') }} where total > 10",
    "models/staging/schema.yml": """
    version: 2
    sources:
      - name: raw
        schema: raw
        tables:
          - name: orders
            columns:
              - name: id
                data_tests: [unique, not_null]
    models:
      - name: stg_orders
        columns:
          - name: id
            data_tests: [unique, not_null]
          - name: amount
            data_tests:
              - dbt_utils.accepted_range:
                  arguments: {min_value: 0}
    """,
  ]

  /// A database with the raw table and a connection to it.
  static func withRaw(_ body: (Connection, String, ModelTarget) async throws -> Void) async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      try await connection.execute(
        """
        create schema raw;
        create table raw.orders (id int, customer_id int, amount numeric);
        insert into raw.orders values (1, 1, 5), (2, 1, 6), (3, 2, 7)
        """)
      let name = try await connection.query("select current_database()").first?[0] ?? ""
      try await body(connection, url, ModelTarget(database: name, schema: "analytics"))
      await connection.close()
    }
  }

  static func rows(_ sql: String, _ connection: Connection) async throws -> [[String?]] {
    let result = try await connection.query(sql)
    return result.rows.map { row in (0..<result.columnCount).map { row[$0] } }
  }

  @Test("readers see nothing of a build before it is published, and all of it afterwards")
  func publishes() async throws {
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(Self.files, target: target)
      let build = try await ShadowBuild.begin(project, database: url)
      let results = try await build.materialise()
      #expect(results.map(\.status) == [.success, .success, .success])
      #expect(try await Self.rows("select to_regclass('analytics.totals')", connection) == [[nil]])
      let tests = try await build.test()
      #expect(tests.count == 5)
      #expect(tests.allSatisfy { $0.status == .pass && $0.failures == 0 })
      try await build.publish()
      #expect(
        try await Self.rows("select customer_id, total from analytics.top order by 1", connection) == [
          ["1", "11"]
        ])
      #expect(try await Self.rows("select to_regnamespace('analytics__build')", connection) == [[nil]])
    }
  }

  @Test("the project of the repository builds and its tests pass or fail for a reason that is the data's")
  func buildsQueries() async throws {
    try await TestCluster.withSchema { connection, url in
      let name = try await connection.query("select current_database()").first?[0] ?? ""
      let project = try Project.read(Repository.path("queries"), target: ModelTarget(database: name))
      let build = try await ShadowBuild.begin(project, database: url)
      let results = try await build.materialise()
      #expect(results.filter { $0.status != .success }.map(\.message) == [])
      let tests = try await build.test()
      #expect(tests.count == project.tests.count)
      #expect(tests.filter { $0.status == .error }.map(\.name) == [])
      try await build.publish()
      #expect(
        try await Self.rows("select count(*) from analytics.customer_segmentation", connection) == [["0"]])
    }
  }

  @Test("a failed model skips what reads it, and nothing is published")
  func failureKeepsOldState() async throws {
    try await Self.withRaw { connection, url, target in
      let good = try ProjectFixture.project(Self.files, target: target)
      let first = try await ProjectRun(good, mode: .build).run(
        Set(try ProjectGraph(good).order), database: url)
      #expect(first.isSuccess)
      var files = Self.files
      files["models/marts/totals.sql"] =
        "{{ config(materialized='table') }}\nselect no_such_column from {{ ref('stg_orders') }}"
      let bad = try ProjectFixture.project(files, target: target)
      let second = try await ProjectRun(bad, mode: .build).run(
        Set(try ProjectGraph(bad).order), database: url)
      #expect(second.nodes.map(\.status) == [.success, .error, .skipped])
      #expect(second.nodes[1].message.contains("line 2 of the compiled SQL"), "\(second.nodes[1].message)")
      #expect(
        try await Self.rows("select total from analytics.totals order by 1", connection) == [["7"], ["11"]])
      #expect(try await Self.rows("select to_regnamespace('analytics__build')", connection) == [[nil]])
    }
  }

  @Test("a failed test keeps its model's readers from being built; a warning does not")
  func testsGate() async throws {
    try await Self.withRaw { connection, url, target in
      try await connection.execute("insert into raw.orders values (4, 2, -1)")
      let project = try ProjectFixture.project(Self.files, target: target)
      let all = Set(try ProjectGraph(project).order)
      let results = try await ProjectRun(project, mode: .build).run(all, database: url)
      #expect(results.nodes.map(\.status) == [.success, .skipped, .skipped])
      #expect(results.tests.filter { $0.status == .fail }.map(\.failures) == [1])
      var files = Self.files
      files["models/staging/schema.yml"] = files["models/staging/schema.yml"]?.replacing(
        "arguments: {min_value: 0}", with: "arguments: {min_value: 0}\n              config: {severity: warn}"
      )
      let lenient = try ProjectFixture.project(files, target: target)
      let second = try await ProjectRun(lenient, mode: .build).run(
        all.union(lenient.tests.map(\.id)), database: url)
      #expect(second.isSuccess)
      #expect(
        second.tests.filter { $0.status == .warn }.map(\.message) == [
          "Got 1 result, configured to warn if != 0"
        ])
    }
  }

  @Test(
    "views that read a replaced table, the project's and an analyst's, are made anew with their privileges")
  func dependentsAreRebuilt() async throws {
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(Self.files, target: target)
      let graph = try ProjectGraph(project)
      _ = try await ProjectRun(project, mode: .runModels).run(Set(graph.order), database: url)
      let role = "reader_\(target.database)"
      try await connection.execute(
        """
        create role \(role); grant select on analytics.totals to \(role);
        create schema own; create view own.mine as select customer_id, total * 2 as doubled from analytics.top;
        grant select on own.mine to \(role); comment on view own.mine is 'it''s mine';
        create materialized view own.kept as select count(*) as n from analytics.totals;
        create unique index kept_n on own.kept (n);
        insert into raw.orders values (9, 3, 100)
        """)
      // Only the table is selected; `top`, `mine` and `kept` read it.
      _ = try await ProjectRun(project, mode: .runModels).run(["model.shop.totals"], database: url)
      let answers = try await Self.rows(
        """
        select (select max(doubled) from own.mine), (select n from own.kept),
          has_table_privilege('\(role)', 'own.mine', 'select'), has_table_privilege('\(role)', 'analytics.totals', 'select'),
          obj_description('own.mine'::regclass), (select count(*) from pg_indexes where indexname = 'kept_n')
        """, connection)
      #expect(answers == [["200", "3", "t", "t", "it's mine", "1"]])
      try await connection.execute("drop owned by \(role); drop role \(role)")
    }
  }

  @Test("a view that no longer fits its table stops the publication, and everything stays")
  func dependentThatNoLongerFits() async throws {
    try await Self.withRaw { connection, url, target in
      var files = Self.files
      let project = try ProjectFixture.project(files, target: target)
      let graph = try ProjectGraph(project)
      _ = try await ProjectRun(project, mode: .runModels).run(Set(graph.order), database: url)
      files["models/marts/totals.sql"] = "{{ config(materialized='table') }}select 1 as other"
      let changed = try ProjectFixture.project(files, target: target)
      let error = await #expect(throws: ModelError.self) {
        try await ProjectRun(changed, mode: .runModels).run(["model.shop.totals"], database: url)
      }
      #expect(error?.message.contains("\"analytics\".\"top\"") == true, "\(error?.message ?? "")")
      #expect(try await Self.rows("select count(*) from analytics.top", connection) == [["1"]])
    }
  }

  @Test("an object that is no view and depends on a replaced table stops the publication")
  func foreignDependent() async throws {
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(Self.files, target: target)
      _ = try await ProjectRun(project, mode: .runModels).run(
        Set(try ProjectGraph(project).order), database: url)
      try await connection.execute(
        "create function public.f() returns bigint begin atomic select count(*) from analytics.totals; end")
      await #expect(throws: ModelError.self) {
        try await ProjectRun(project, mode: .runModels).run(["model.shop.totals"], database: url)
      }
      #expect(try await Self.rows("select public.f()", connection) == [["2"]])
    }
  }

  @Test("what a killed build left is removed by the next; a build at work keeps others out")
  func leftovers() async throws {
    try await Self.withRaw { connection, url, target in
      try await connection.execute(
        "create schema analytics__build; create table analytics__build.totals (x int)")
      let project = try ProjectFixture.project(Self.files, target: target)
      let build = try await ShadowBuild.begin(project, database: url)
      await #expect(throws: ModelError.self) { try await ShadowBuild.begin(project, database: url) }
      _ = try await build.materialise()
      await build.abandon()
      await build.abandon()
      #expect(try await Self.rows("select to_regnamespace('analytics__build')", connection) == [[nil]])
      #expect(try await Self.rows("select to_regclass('analytics.totals')", connection) == [[nil]])
    }
  }

  @Test("work in the publishing transaction is seen with the models, or not at all")
  func alsoInTransaction() async throws {
    struct Refusal: Error {}
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(Self.files, target: target)
      let build = try await ShadowBuild.begin(project, database: url)
      _ = try await build.materialise()
      await #expect(throws: Refusal.self) {
        try await build.publish { connection in
          try connection.execute("create table public.mark (x int)")
          throw Refusal()
        }
      }
      await build.abandon()
      #expect(
        try await Self.rows("select to_regclass('public.mark'), to_regclass('analytics.totals')", connection)
          == [[nil, nil]])
    }
  }

  @Test(
    "an incremental model adds its new rows when it is published, and its readers see them from then on",
    arguments: [
      ("", "order_id", [["1", "5"], ["2", "6"], ["3", "7"], ["3", "70"]]),
      (", unique_key='order_id'", "order_id", [["1", "5"], ["2", "6"], ["3", "70"]]),
      (
        ", unique_key='order_id', incremental_strategy='merge'", "order_id",
        [["1", "5"], ["2", "6"], ["3", "70"]]
      ),
      (
        ", unique_key='order_id', incremental_strategy='merge', merge_exclude_columns=['amount']", "order_id",
        [["1", "5"], ["2", "6"], ["3", "7"]]
      ),
    ])
  func incremental(settings: String, key: String, expected: [[String?]]) async throws {
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(
        [
          "models/s.yml": "sources: [{name: raw, tables: [{name: orders}]}]",
          "models/kept.sql": """
          {{ config(materialized='incremental'\(settings)) }}
          select id as order_id, amount from {{ source('raw', 'orders') }}
          {% if is_incremental() %} where amount > 10 {% endif %}
          """,
          "models/reader.sql": "select * from {{ ref('kept') }}",
        ], target: target)
      let all = Set(try ProjectGraph(project).order)
      _ = try await ProjectRun(project, mode: .runModels).run(all, database: url)
      try await connection.execute("update raw.orders set amount = 70 where id = 3")
      let build = try await ShadowBuild.begin(project, database: url)
      let results = try await build.materialise()
      #expect(results.map(\.status) == [.success, .success])
      let shadow = try #require(try await build.relation(of: "reader"))
      let question = "select order_id, amount from \(shadow) order by 1, 2"
      #expect(try await Self.rows(question, connection) == expected)
      #expect(
        try await Self.rows("select count(*) from analytics.reader where amount = 70", connection) == [["0"]])
      try await build.publish()
      #expect(
        try await Self.rows("select order_id, amount from analytics.reader order by 1, 2", connection)
          == expected)
    }
  }

  @Test("tests answered together say what they say one by one, on faulty data")
  func combinedTestsAreEqual() async throws {
    try await Self.withRaw { connection, url, target in
      try await connection.execute(
        "insert into raw.orders values (3, null, -5), (null, 2, null), (7, 99, 12), (7, 99, 12), (7, 1, 1000)"
      )
      let project = try ProjectFixture.project(
        [
          "models/staging/stg_orders.sql":
            "select distinct on (id, customer_id) * from {{ source('raw', 'orders') }}",
          "models/customers.sql":
            "{{ config(materialized='table') }}select distinct customer_id from {{ source('raw', 'orders') }} where customer_id < 50",
          "models/s.yml": """
          sources: [{name: raw, tables: [{name: orders, columns: [{name: id, data_tests: [unique, not_null]}]}]}]
          models:
            - name: stg_orders
              data_tests:
                - dbt_utils.expression_is_true: {arguments: {expression: "amount < 500"}}
                - dbt_utils.unique_combination_of_columns: {arguments: {combination_of_columns: [id, amount]}}
              columns:
                - name: id
                  data_tests: [unique, not_null, dbt_utils.not_constant, dbt_utils.at_least_one]
                - name: customer_id
                  data_tests:
                    - not_null: {config: {where: "amount > 0", severity: warn}}
                    - not_null: {name: limited, config: {limit: 1, error_if: ">1"}}
                    - accepted_values: {arguments: {values: [1, 2], quote: false}}
                    - accepted_values: {name: quoted, arguments: {values: ["1", "o'clock"], quote: true}, config: {where: "false"}}
                    - relationships: {arguments: {to: ref('customers'), field: customer_id}}
                - name: amount
                  data_tests:
                    - dbt_utils.accepted_range: {arguments: {min_value: 0, max_value: 1000, inclusive: false}}
                    - dbt_utils.accepted_range: {name: broken, arguments: {min_value: no_such_column}}
          """,
          "tests/no_negatives.sql": "select * from {{ ref('stg_orders') }} where amount < 0",
        ], target: target)
      let build = try await ShadowBuild.begin(project, database: url)
      _ = try await build.materialise()
      let together = try await build.test()
      var alone: [TestResult] = []
      for test in project.tests { alone += try await build.test([test.id]) }
      await build.abandon()
      #expect(
        together.map { "\($0.name) \($0.status) \($0.failures ?? -1)" }
          == alone.map { "\($0.name) \($0.status) \($0.failures ?? -1)" })
      let failed = Dictionary(uniqueKeysWithValues: together.map { ($0.name, $0) })
      #expect(failed["broken"]?.status == .error)
      #expect(failed["limited"]?.status == .warn)
      #expect(failed["no_negatives"]?.failures == 1)
      #expect(failed["unique_stg_orders_id"]?.failures == 2)
    }
  }

  @Test(
    "two tables that held are compared by the rows of the listed keys, in both of them; others as a whole")
  func comparedByChanges() async throws {
    try await Self.withRaw { connection, url, target in
      try await connection.execute(
        """
        create table raw.touched (customer_id int);
        insert into raw.orders select 1000 + n, n, 5 from generate_series(1, 100) n;
        """)
      let changes = "meta: {changes: {by: customer_id, listed_in: raw.touched}}"
      let project = try ProjectFixture.project(
        [
          // Loses what it should not.
          "models/stg_orders.sql": "select * from {{ source('raw', 'orders') }} where amount <> 13",
          "models/totals.sql": """
          select customer_id, sum(amount) as total from {{ ref('stg_orders') }}
          {% if is_incremental() %} where customer_id in (select customer_id from {{ source('raw', 'touched') }}) {% endif %}
          group by customer_id
          """,
          "tests/generic/as_many.sql": """
          {% test as_many(model, other) %}
          select * from (select (select count(*) from {{ model }}) as here, (select count(*) from {{ other }}) as there) c
          where here <> there
          {% endtest %}
          """,
          "models/s.yml": """
          sources: [{name: raw, tables: [{name: touched}, {name: orders, config: {\(changes)}}]}]
          models:
            - name: stg_orders
              config: {\(changes)}
              data_tests:
                - as_many: {arguments: {other: "source('raw', 'orders')"}, config: {meta: {within: customer_id}}}
                - as_many: {name: whole, arguments: {other: "source('raw', 'orders')"}}
            - name: totals
              config: {materialized: incremental, unique_key: customer_id, \(changes)}
          """,
        ], target: target)
      func failed(held: Bool) async throws -> Set<String> {
        let build = try await ShadowBuild.begin(project, database: url)
        _ = try await build.materialise()
        let results = try await build.test(held: held ? Set(project.tests.map(\.id)) : [])
        try await build.publish()
        return Set(results.filter { $0.status != .pass }.map { $0.name == "whole" ? "whole" : "within" })
      }
      #expect(try await failed(held: false) == [])
      try await connection.execute(
        "insert into raw.touched values (1); insert into raw.orders values (7, 50, 13)")
      // Nobody listed customer 50.
      #expect(try await failed(held: true) == ["whole"])
      #expect(try await failed(held: false) == ["whole", "within"])
      try await connection.execute("insert into raw.touched values (50)")
      #expect(try await failed(held: true) == ["whole", "within"])
    }
  }

  @Test("a test with store_failures leaves its failing rows in a table")
  func storesFailures() async throws {
    try await Self.withRaw { connection, url, target in
      let project = try ProjectFixture.project(
        [
          "models/s.yml": """
          sources: [{name: raw, tables: [{name: orders, columns: [{name: amount, data_tests: [
            {dbt_utils.accepted_range: {name: small, arguments: {max_value: 5}, config: {store_failures: true}}}]}]}]}]
          """
        ], target: target)
      let results = try await ProjectRun(project, mode: .test).run(
        Set(project.tests.map(\.id)), database: url)
      #expect(results.tests.map(\.failures) == [2])
      #expect(
        try await Self.rows("select id from analytics_dbt_test__audit.small order by 1", connection) == [
          ["2"], ["3"],
        ])
      let build = try await ShadowBuild.begin(project, database: url, models: [])
      #expect(try await build.failures(of: project.tests[0]).rows.count == 2)
      await build.abandon()
    }
  }

  @Test("a seed becomes a table, and a source's age is held against its limits")
  func seedsAndFreshness() async throws {
    try await Self.withRaw { connection, url, target in
      try await connection.execute(
        "alter table raw.orders add loaded_at timestamptz; update raw.orders set loaded_at = now() - interval '3 hours'"
      )
      let fixture = try ProjectFixture([
        "seeds/countries.csv": "id,name\n1,\"A, b\"\n2,\n",
        "models/s.yml": """
        sources:
          - name: raw
            loaded_at_field: loaded_at
            freshness: {warn_after: {count: 2, period: hour}, error_after: {count: 1, period: day}}
            tables: [{name: orders}, {name: unchecked, freshness: null}]
        """,
      ])
      defer { fixture.remove() }
      let project = try Project.read(fixture.directory, target: target)
      let results = try await ProjectRun(project, mode: .seed).run(["seed.shop.countries"], database: url)
      #expect(results.nodes.map(\.rows) == [2])
      #expect(
        try await Self.rows("select id + 1, name from analytics.countries order by 1", connection) == [
          ["2", "A, b"], ["3", nil],
        ])
      let ages = try await FreshnessCheck.run(project, ids: Set(project.sources.map(\.id)), connection)
      #expect(ages.map(\.status) == [.warn])
    }
  }
}
