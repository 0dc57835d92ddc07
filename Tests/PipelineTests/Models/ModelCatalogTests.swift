import Pipeline
import Postgres
import TestSupport
import Testing

@Suite("model catalogue")
struct ModelCatalogTests {
  private static let files = ShadowBuildTests.files.merging(
    [
      "models/marts/schema.yml": """
      models:
        - name: totals
          description: |
            One row per customer.
            Sums are in dollars.
          config: {tags: [money]}
          data_tests:
            - dbt_utils.expression_is_true:
                arguments: {expression: "total >= 0"}
          columns:
            - name: customer_id
              quote: true
              description: Whose.
              data_tests:
                - unique
                - not_null:
                    config: {severity: warn}
            - name: gone
              data_type: text
              description: Not in the table.
      """,
      "tests/no_loss.sql": "select * from {{ ref('totals') }} where total < 0",
    ], uniquingKeysWith: { $1 })

  @Test("a page says what the files say: columns, tests, neighbours, text")
  func pagesOfFiles() throws {
    let pages = try ModelCatalog().pages(of: ProjectFixture.project(Self.files))
    #expect(pages.map(\.name) == ["raw.orders", "stg_orders", "totals", "top"])
    let page = try #require(pages.first { $0.name == "totals" })
    #expect(page.kind == "table")
    #expect(page.relation == "analytics.totals")
    #expect(page.file == "models/marts/totals.sql")
    #expect(page.tags == ["money"])
    #expect(page.description.hasPrefix("One row per customer."))
    #expect(page.upstream.map(\.name) == ["stg_orders"])
    #expect(page.downstream.map(\.name) == ["top"])
    #expect(page.sql.contains("ref('stg_orders')"))
    #expect(page.lineage.contains("  is read by"))
    #expect(page.columns.map(\.name) == ["customer_id", "gone"])
    #expect(page.columns.map(\.type) == [nil, "text"])
    #expect(page.columns[0].tests.map(\.label) == ["unique", "not_null"])
    #expect(page.columns[0].tests.map(\.isWarning) == [false, true])
    #expect(page.columns[0].tests[0].name == "unique_totals__customer_id_")
    #expect(page.tests.map(\.label) == ["expression_is_true", "no_loss"])
    #expect(page.allTests.allSatisfy { $0.lastResult == nil })
    #expect(page.lines.contains("  reads: stg_orders"))
    #expect(pages[0].kind == "source")
    #expect(pages[0].columns[0].tests.map(\.label) == ["unique", "not_null"])
  }

  @Test("a page of a database knows the published columns and what each test said last")
  func pagesOfDatabase() async throws {
    try await ShadowBuildTests.withRaw { connection, url, target in
      let project = try ProjectFixture.project(Self.files, target: target)
      let before = try await ModelCatalog.read(project: project, from: connection)
      #expect(before.first { $0.name == "totals" }?.columns.map(\.type) == [nil, "text"])
      #expect(
        before.first { $0.name == "raw.orders" }?.columns.map(\.type) == ["integer", "integer", "numeric"])

      let run = try ProjectRun(project, mode: .build)
      #expect(try await run.run(Set(run.graph.order), database: url).isSuccess)
      try await Migrations(folder: Repository.path("queries/schema")).apply(to: connection)
      try await connection.execute(
        """
        insert into monitoring.runs (run_id, source, state, started_at, started_by, process_id, version, settings)
        select n, 'demo', 'success', now(), 'a@b', 1, '1', '{}' from generate_series(1, 2) n;
        insert into monitoring.test_results (run_id, test, layer, status, failures, message, seconds, tested_at)
        values (1, 'unique_totals__customer_id_', 'marts', 'pass', 0, null, 0.1, to_timestamp(1000)),
               (2, 'unique_totals__customer_id_', 'marts', 'fail', 3, 'Got 3 results', 0.1, to_timestamp(2000))
        """)
      let pages = try await ModelCatalog.read(project: project, from: connection)
      let page = try #require(pages.first { $0.name == "totals" })
      #expect(page.columns.map(\.name) == ["customer_id", "gone", "total"])
      #expect(page.columns.map(\.type) == ["integer", "text", "numeric"])
      #expect(
        page.columns[0].tests[0].lastResult
          == ModelPage.Result(
            runID: 2, testedAt: 2000, status: .fail, failures: 3, message: "Got 3 results"))
      #expect(page.columns[0].tests[1].lastResult == nil)
    }
  }
}
