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
}
