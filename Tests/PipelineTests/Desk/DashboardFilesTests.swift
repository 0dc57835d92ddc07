import Foundation
import Testing
import TestSupport

@testable import Pipeline

@Suite("The dashboards' files")
struct DashboardFilesTests {
  /// A dashboard of one card; `card` and `head` are put in as they are.
  private func read(_ card: String, head: String = "") throws -> DashboardDefinition {
    try DashboardFiles.definition(
      yaml: "title: Example\n\(head)cards:\n  - id: one\n    title: One\n    sql: d/one.sql\n\(card)",
      file: "d.yml", name: "d"
    ) { $0 == "d/one.sql" ? "select 1 as a\n" : $0 == "d/blank.sql" ? " \n" : nil }
  }

  @Test("a drill may be a query of its own, a filter may stand for a column of the customer list")
  func drillQuery() throws {
    let dashboard = try read(
      "    chart: table\n    drill: {sql: d/one.sql}\n",
      head: """
        filters:
          - {name: segment, title: Segment, field: customer_segment}
          - {name: period, title: Period, field: days_since_last_order, comparison: atMost, options: ["30"]}
          - {name: word, title: Word}

        """)
    #expect(dashboard.cards.first?.drill == .query(sql: "select 1 as a\n"))
    #expect(
      dashboard.filters.map { $0.condition("30") } == [
        CustomerListFilter(field: "customer_segment", comparison: .equals, value: .integer(30)),
        CustomerListFilter(field: "days_since_last_order", comparison: .atMost, value: .integer(30)), nil,
      ])
    #expect(throws: DashboardFileError.self) {
      try read("    chart: table\n    drill: {sql: d/none.sql}\n")
    }
  }

  @Test("a card carries everything its file says")
  func everything() throws {
    let dashboard = try read(
      """
          chart: bars
          roles: {label: level, value: customers, tone: average}
          formats: {customers: integer, average: score}
          thresholds:
            - {from: 0, tone: good}
            - {from: 0.6, tone: danger}
          goal: 12.5
          drill:
            customers:
              risk_level: level
              score: {column: average, comparison: atLeast}

      """,
      head: """
        position: 3
        refresh: 30
        filters:
          - {name: segment, title: Segment, options: [premium, new]}
          - {name: country, title: Country}

        """)
    #expect(
      dashboard
        == DashboardDefinition(
          name: "d", title: "Example",
          cards: [
            CardDefinition(
              id: "one", title: "One", sql: "select 1 as a\n", chart: .bars,
              roles: ["label": "level", "value": "customers", "tone": "average"],
              formats: ["customers": .integer, "average": .score],
              thresholds: [Threshold(from: 0, tone: .good), Threshold(from: 0.6, tone: .danger)],
              drill: .customers([
                DrillFilter(field: "risk_level", column: "level"),
                DrillFilter(field: "score", column: "average", comparison: .atLeast),
              ]),
              goal: 12.5)
          ],
          filters: [
            LinkedFilter(name: "segment", title: "Segment", options: ["premium", "new"]),
            LinkedFilter(name: "country", title: "Country", options: []),
          ],
          refresh: 30))
  }

  @Test("a drill to a customer names the column that holds the id")
  func drillToCustomer() throws {
    let card = try read("    chart: table\n    drill: {customer: customer_id}\n").cards[0]
    #expect(card.drill == .customer(column: "customer_id"))
  }

  /// What is wrong, the lines of the card, the place and a part of what the error says.
  static let mistakes:
    [(card: String, head: String, place: String, code: DashboardFileError.Code, says: String)] = [
      ("    chart: pie\n", "", "d.yml:6:12", .badValue, "chart cannot be 'pie'; it can be 'bars', 'columns'"),
      ("    chart: table\n    color: red\n", "", "d.yml:7:5", .unknownKey, "a card knows no key 'color'"),
      ("    chart: bars\n", "", "d.yml:6:12", .missingKey, "chart 'bars' needs the role 'label'"),
      (
        "    chart: bars\n    roles: {label: a}\n", "", "d.yml:7:12", .missingKey,
        "chart 'bars' needs the role 'value'"
      ),
      (
        "    chart: line\n    roles: {value: a}\n", "", "d.yml:7:12", .missingKey,
        "chart 'line' needs the role 'x' or 'label'"
      ),
      (
        "    chart: table\n    roles: {row: a}\n", "", "d.yml:7:13", .unknownKey,
        "roles of 'table' knows no key 'row'; it knows 'tone'"
      ),
      (
        "    chart: table\n    formats: {a: euro}\n", "", "d.yml:7:18", .badValue, "a format cannot be 'euro'"
      ),
      ("    chart: table\n    formats: [a]\n", "", "d.yml:7:14", .wrongType, "formats must be a mapping"),
      (
        "    chart: table\n    thresholds:\n      - {from: 1, tone: good}\n      - {from: 1, tone: danger}\n",
        "",
        "d.yml:9:16", .badValue, "thresholds must ascend"
      ),
      (
        "    chart: table\n    thresholds: [{from: many, tone: good}]\n", "", "d.yml:7:25", .wrongType,
        "from must be a number"
      ),
      (
        "    chart: table\n    thresholds: [{from: 1, tone: red}]\n", "", "d.yml:7:34", .badValue,
        "tone cannot be 'red'"
      ),
      ("    chart: table\n    thresholds: [{from: 1}]\n", "", "d.yml:7:18", .missingKey, "needs 'tone'"),
      ("    chart: table\n    goal: .inf\n", "", "d.yml:7:11", .wrongType, "goal must be a number"),
      (
        "    chart: table\n    drill: {customers: {salary: a}}\n", "", "d.yml:7:25", .badValue,
        "the customer list has no field 'salary'"
      ),
      (
        "    chart: table\n    drill: {customers: {score: {column: a, comparison: near}}}\n", "",
        "d.yml:7:56", .badValue,
        "comparison cannot be 'near'"
      ),
      ("    chart: table\n    drill: {customers: {}}\n", "", "d.yml:7:24", .badValue, "must name a field"),
      (
        "    chart: table\n    drill: {customer: a, customers: {score: a}}\n", "", "d.yml:7:12", .badValue,
        "one of 'customer', 'customers' and 'sql'"
      ),
      (
        "    chart: table\n  - {id: one, title: Two, sql: d/one.sql, chart: table}\n", "", "d.yml:7:5",
        .badValue,
        "another card has the id 'one' already"
      ),
      (
        "    chart: table\n  - {id: Two, title: Two, sql: d/one.sql, chart: table}\n", "", "d.yml:7:10",
        .badValue,
        "lower-case letters"
      ),
      (
        "    chart: table\n  - {id: two, sql: d/one.sql, chart: table}\n", "", "d.yml:7:5", .missingKey,
        "needs 'title'"
      ),
      (
        "    chart: table\n  - {id: two, title: ' ', sql: d/one.sql, chart: table}\n", "", "d.yml:7:22",
        .badValue,
        "title must not be blank"
      ),
      (
        "    chart: table\n  - {id: two, title: Two, sql: d/two.sql, chart: table}\n", "", "d.yml:7:32",
        .missingQuery,
        "'d/two.sql' cannot be read"
      ),
      (
        "    chart: table\n  - {id: two, title: Two, sql: d/blank.sql, chart: table}\n", "", "d.yml:7:32",
        .missingQuery, "'d/blank.sql' holds no query"
      ),
      (
        "    chart: table\n  - {id: two, title: Two, sql: ../one.sql, chart: table}\n", "", "d.yml:7:32",
        .badValue,
        "inside the folder"
      ),
      ("    chart: table\n", "refresh: 0\n", "d.yml:2:10", .badValue, "at least 1 second"),
      ("    chart: table\n", "filters: {name: a}\n", "d.yml:2:10", .wrongType, "filters must be a list"),
      (
        "    chart: table\n", "filters: [{name: a b, title: A}]\n", "d.yml:2:18", .badValue,
        "lower-case letters"
      ),
      (
        "    chart: table\n", "filters: [{name: a, title: A}, {name: a, title: B}]\n", "d.yml:2:39",
        .badValue,
        "another filter has the name 'a' already"
      ),
      ("    chart: table\n", "title: Again\n", "d.yml:1:1", .syntax, "'title' is given more than once"),
      ("    chart: [\n", "", "d.yml:7:1", .syntax, "not YAML"),
    ]

  @Test("a mistake is told with its file, line and column", arguments: mistakes.indices)
  func mistake(index: Int) throws {
    let mistake = Self.mistakes[index]
    let error = try #require(throws: DashboardFileError.self) { try read(mistake.card, head: mistake.head) }
    #expect(error.code == mistake.code)
    #expect(error.description.hasPrefix(mistake.place + ": "), "\(error)")
    #expect(error.description.contains(mistake.says), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test("a dashboard without cards, and an empty file, are refused")
  func noCards() {
    func error(_ yaml: String) -> String? {
      do {
        _ = try DashboardFiles.definition(yaml: yaml, file: "d.yml", name: "d") { _ in nil }
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(error("title: A\ncards: []\n") == "d.yml:2:8: cards must not be empty")
    #expect(error("title: A\n") == "d.yml:1:1: a dashboard needs 'cards'")
    #expect(error("cards: [{id: a, title: A, sql: a.sql, chart: table}]") != nil)
    #expect(error("") == "d.yml: the file is empty")
    #expect(error("just text") == "d.yml:1:1: a dashboard must be a mapping")
  }

  @Test("one broken file hides no other dashboard, and position orders them")
  func folder() throws {
    let folder = NSTemporaryDirectory() + "riskdeck-dashboards-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let card = "cards: [{id: a, title: A, sql: a.sql, chart: table}]\n"
    let files = [
      "a.sql": "select 1\n", "b.yml": "title: B\nposition: 2\n" + card,
      "c.yml": "title: C\nposition: 1\n" + card,
      "a.yml": "title: A\n" + card, "broken.yml": "title: [\n", ".hidden.yml": "no", "notes.txt": "no",
    ]
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    try Data([0xff, 0xfe]).write(to: URL(filePath: "\(folder)/bytes.yml"))

    let contents = try DashboardFiles.read(at: folder)
    #expect(contents.dashboards.map(\.name) == ["c", "b", "a"])
    #expect(contents.errors.map(\.code) == [.syntax, .unreadable])
    #expect(contents.errors[0].file == "\(folder)/broken.yml")
  }

  @Test("a folder that is not there is told")
  func noFolder() {
    #expect(throws: DashboardFileError.self) { try DashboardFiles.read(at: "/nowhere/at/all") }
  }

  @Test("the shipped dashboards are read without an error")
  func shipped() throws {
    let contents = try DashboardFiles.read(at: Repository.path("queries/dashboards"))
    #expect(contents.errors == [])
    #expect(contents.dashboards.map(\.name) == ["segmentation", "fraud", "vip", "movers", "trends"])
    #expect(contents.dashboards.allSatisfy { $0.cards.count >= 4 })
  }
}
