import Foundation
import Testing

@testable import Pipeline

@Suite("data tests for other tools")
struct PortableTestTests {
  private static let files = [
    "models/orders.sql": "select 1 as id",
    "models/schema.yml": """
    models:
      - name: orders
        data_tests:
          - one_row_at_least
        columns:
          - name: id
            data_tests:
              - unique
              - not_null: {config: {severity: warn}}
              - accepted_values: {arguments: {values: [new, "o'ld"]}}
              - accepted_range: {arguments: {min_value: 0, max_value: 1.5}}
              - accepted_range: {arguments: {min_value: 0, inclusive: false}}
              - accepted_values: {arguments: {values: [1, 2], quote: false}}
              - not_null: {name: some_only, config: {where: "id > 3"}}
              - not_null: {name: many, config: {error_if: ">10"}}
    """,
    "tests/generic/own.sql": """
    {% test one_row_at_least(model) %}select 1 where not exists (select 1 from {{ model }} where '{2}' = ''){% endtest %}
    {% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}
    select * from {{ model }} where {{ column_name }} < {{ min_value }}
    {% endtest %}
    """,
    "tests/total.sql": "select 1 from {{ ref('orders') }} where false;",
  ]

  private static func read() throws -> (tests: [PortableTest], refused: [String]) {
    let project = try ProjectFixture.project(files)
    let renderer = ProjectRenderer(project)
    let compiled = try Dictionary(
      uniqueKeysWithValues: project.tests.map { ($0.id, try renderer.sql(of: $0)) })
    return try PortableTest.of(project, Set(project.tests.map(\.id)), compiled: compiled)
  }

  @Test("rules other tools know are handed on by name, others as the query of the rows that break them")
  func rules() throws {
    let tests = try Self.read().tests
    func rule(_ part: String) -> PortableTest.Rule? { tests.first { $0.name.contains(part) }?.rule }
    #expect(rule("unique_orders_id") == .unique(column: "id"))
    #expect(rule("not_null_orders_id") == .notNull(column: "id"))
    #expect(rule("__new__") == .acceptedValues(column: "id", ["new", "o'ld"]))
    #expect(rule("1_5__0") == .range(column: "id", least: "0", most: "1.5"))
    for part in ["False", "some_only", "one_row_at_least", "total"] {
      guard case .noRows(let query)? = rule(part) else {
        Issue.record("\(part): \(String(describing: rule(part))) of \(tests.map(\.name))")
        continue
      }
      #expect(query.contains("orders") && !query.hasSuffix(";"))
    }
    #expect(tests.filter(\.isWarning).map(\.name) == ["not_null_orders_id"])
    #expect(tests.allSatisfy { $0.schema == "analytics" && $0.table == "orders" })
  }

  @Test("a test with thresholds of its own is left out, with its place")
  func refused() throws {
    let refused = try Self.read().refused
    #expect(refused.count == 1)
    #expect(refused.first?.hasPrefix("models/schema.yml:15:") == true)
    #expect(refused.first?.contains(": many: thresholds") == true)
  }

  @Test("Great Expectations: suites by table, braces of a query doubled, severities")
  func greatExpectations() throws {
    let text = GreatExpectationsSuites.text(try Self.read().tests)
    let suites = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    #expect(suites.map { $0["name"] as? String } == ["analytics.orders"])
    let expectations = try #require(suites[0]["expectations"] as? [[String: Any]])
    #expect(expectations.count == 9)
    let warnings = expectations.filter { $0["severity"] as? String == "warning" }
    #expect(warnings.compactMap { $0["type"] as? String } == ["expect_column_values_to_not_be_null"])
    let between = try #require(
      expectations.first { $0["type"] as? String == "expect_column_values_to_be_between" })
    let bounds = try #require(between["kwargs"] as? [String: Any])
    #expect(bounds["min_value"] as? Double == 0 && bounds["max_value"] as? Double == 1.5)
    #expect(text.contains("'{{2}}'"))
  }

  @Test("Soda: checks by table, values quoted, warnings warn")
  func soda() throws {
    let text = SodaChecks.text(try Self.read().tests)
    #expect(text.hasPrefix("checks for analytics.orders:\n"))
    #expect(
      text.contains(
        """
          - missing_count(id):
              name: "not_null_orders_id"
              warn: when > 0
        """))
    #expect(
      text.contains(
        """
          - invalid_count(id):
              valid values: ["new", "o'ld"]
        """))
    #expect(text.contains("      valid min: 0\n      valid max: 1.5\n"))
    // Every query stands on one line, whatever it holds.
    #expect(
      text.components(separatedBy: "fail query: \"").count
        == text.components(separatedBy: "failed rows:").count)
  }
}
