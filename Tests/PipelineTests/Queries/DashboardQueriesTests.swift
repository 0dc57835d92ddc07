import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("The queries of the dashboards and the saved queries")
struct DashboardQueriesTests {
  private static func dashboards() throws -> [DashboardDefinition] {
    try DashboardFiles.read(at: Repository.path("queries/dashboards")).dashboards
  }

  private static func tables(
    _ connection: Connection, filters: [String: String] = [:]
  ) async throws -> [String: ValueTable] {
    var tables: [String: ValueTable] = [:]
    for dashboard in try dashboards() {
      let content = try await DashboardReader.content(of: dashboard, filters: filters, from: connection)
      for card in content.cards { tables[card.card.id] = try card.result.get() }
    }
    return tables
  }

  @Test("every card is answered, with every column its roles, formats and drill name")
  func answered() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      for dashboard in try Self.dashboards() {
        for card in try await DashboardReader.content(of: dashboard, from: connection).cards {
          let table = try card.result.get()
          let id = "\(dashboard.name)/\(card.card.id)"
          #expect(!table.rows.isEmpty, "\(id)")
          var named = Array(card.card.roles.values) + Array(card.card.formats.keys)
          switch card.card.drill {
          case .customer(let column): named.append(column)
          case .customers(let filters): named += filters.map(\.column)
          case .query(let sql):
            let row = Dictionary(
              zip(table.columns, table.rows[0]).compactMap { column, value in
                value.plainText.map { (column.name, $0) }
              }, uniquingKeysWith: { first, _ in first })
            let behind = try await DashboardReader.drill(sql, values: row, from: connection)
            #expect(!behind.rows.isEmpty, "\(id)")
          case nil: break
          }
          for column in named { #expect(table.columnIndex(column) != nil, "\(id): \(column)") }
        }
      }
    }
  }

  @Test("what Enter opens holds as many customers as the row says")
  func drills() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      var checked = 0
      for dashboard in try Self.dashboards() {
        for content in try await DashboardReader.content(of: dashboard, from: connection).cards {
          guard case .customers(let filters)? = content.card.drill else { continue }
          let table = try content.result.get()
          let column = try #require(table.columnIndex("customers") ?? table.columnIndex("primary_for"))
          for row in table.rows {
            let conditions = filters.map { filter in
              CustomerListFilter(
                field: filter.field, comparison: filter.comparison,
                value: table.columnIndex(filter.column).map { row[$0] } ?? .null)
            }
            let count = try await CustomerListReader.count(
              CustomerListRequest(filters: conditions), from: connection)
            #expect(row[column] == .integer(count), "\(content.card.id): \(row)")
            checked += 1
          }
        }
      }
      #expect(checked > 30)
    }
  }

  @Test("the cards of a dashboard add up to all customers and all revenue")
  func totals() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let tables = try await Self.tables(connection)
      func total(_ id: String, _ column: String) -> Double {
        guard let table = tables[id], let index = table.columnIndex(column) else { return -1 }
        return table.rows.reduce(0) { $0 + ($1[index].number ?? 0) }
      }
      let revenue = try await connection.query("select sum(line_total)::float8 from staging.raw_orders")
        .first?.double(0)
      for id in [
        "customers_by_segment", "activity_distribution", "recency_and_spending", "risk_levels",
        "segment_tier_matrix",
        "lifecycle", "revenue_by_tier",
      ] {
        #expect(total(id, "customers") == 40, "\(id)")
        #expect(abs(total(id, "revenue") - (revenue ?? 0)) < 0.001 || id == "activity_distribution", "\(id)")
      }
      #expect(abs(total("customers_by_segment", "share") - 1) < 0.001)
    }
  }

  @Test("a filter narrows every card to what the marts hold")
  func filters() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      let filters = ["country": "DE", "level": "medium"]
      let tables = try await Self.tables(connection, filters: filters)
      let expected = try await connection.query(
        "select count(*) from analytics.customer_segmentation where country_code = 'DE' and risk_level = 'medium'"
      ).first?.integer(0)
      for id in [
        "customers_by_segment", "risk_levels", "lifecycle", "activity_distribution", "recency_and_spending",
      ] {
        let table = try #require(tables[id])
        let column = try #require(table.columnIndex("customers"))
        #expect(table.rows.reduce(0) { $0 + ($1[column].number ?? 0) } == expected.map(Double.init), "\(id)")
      }
      #expect(tables["top_risk_customers"]?.rows.count == expected.map { min(Int($0), 20) })
      #expect(tables["metric_summary"]?.rows[0][0] == expected.map { .integer($0) })
    }
  }

  @Test("a heat map has every cell, in an order that no filter changes")
  func heatMaps() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      for filters in [[:], ["tier": "VIP", "country": "DE"]] {
        let tables = try await Self.tables(connection, filters: filters)
        func labels(_ id: String, _ column: Int) -> [Value] {
          (tables[id]?.rows ?? []).map { $0[column] }
        }
        #expect(
          labels("tier_and_retention", 1).prefix(4)
            == [.text("New Customer"), .text("Stable"), .text("At Risk Customer"), .text("Lost Customer")])
        #expect(labels("tier_and_retention", 0).count == 12)
        #expect(
          labels("segment_tier_matrix", 1).prefix(4)
            == [.text("VIP"), .text("High Value"), .text("Medium Value"), .text("Standard")])
        #expect(labels("segment_tier_matrix", 0).count == 12)
        let recencies: [Value] = [5, 4, 3, 2, 1].flatMap { (score: Int64) in
          [Value](repeating: .integer(score), count: 5)
        }
        #expect(labels("recency_and_spending", 0) == recencies)
      }
    }
  }

  @Test("every filter a dashboard offers is named by each of its cards")
  func filtersAreUsed() throws {
    for dashboard in try Self.dashboards() {
      for card in dashboard.cards {
        #expect(
          Set(NamedBinds(card.sql).names) == Set(dashboard.filters.map(\.name)),
          "\(dashboard.name)/\(card.id)")
      }
    }
  }

  @Test("cards read published marts alone")
  func publishedMarts() throws {
    for dashboard in try Self.dashboards() {
      for card in dashboard.cards {
        #expect(card.sql.contains(" analytics."), "\(card.id)")
        for schema in ["staging.", "monitoring.", "current_timestamp", "now()", "random()"] {
          #expect(!card.sql.contains(schema), "\(card.id): \(schema)")
        }
      }
    }
  }

  @Test("every saved query gives rows with the values it offers")
  func saved() async throws {
    try await QueriesFixture.withMarts { connection, _ in
      // Two scorings of one customer, as two runs on other data leave them.
      try await connection.execute(
        """
        insert into analytics.risk_history
          (customer_id, run_id, scored_at, score, composite_risk_score, risk_level, ruleset_version)
        values (1, 1, timestamptz '2026-01-01', 1, 0.1, 'low', 'v'), (1, 2, timestamptz '2026-01-02', 9, 0.7, 'high', 'v')
        """)
      for query in SavedQueries(folder: Repository.path("queries/saved")).all() {
        let values = Dictionary(
          query.parameters.map { ($0.name, $0.defaultValue ?? "") }, uniquingKeysWith: { first, _ in first })
        let table = try await ReadOnlyQuery.answer(query.sql, parameters: values, from: connection)
        #expect(!table.rows.isEmpty, "\(query.name)")
      }
    }
  }

  /// The text of the fenced block of that language in a page of docs/.
  private static func block(_ language: String, in page: String) throws -> String {
    let text = try String(contentsOfFile: Repository.path("docs/" + page), encoding: .utf8)
    let start = try #require(text.firstRange(of: "```\(language)\n")).upperBound
    return String(text[start..<(try #require(text[start...].firstRange(of: "```"))).lowerBound])
  }

  @Test("the dashboard that docs/dashboards.md shows works as it stands there")
  func documentedExample() async throws {
    let sql = try Self.block("sql", in: "dashboards.md")
    let dashboard = try DashboardFiles.definition(
      yaml: try Self.block("yaml", in: "dashboards.md"), file: "countries.yml", name: "countries"
    ) { sql.contains("-- queries/dashboards/\($0)\n") ? sql : nil }
    try await QueriesFixture.withMarts { connection, _ in
      let content = try await DashboardReader.content(
        of: dashboard, filters: ["level": "low"], from: connection)
      let table = try content.cards[0].result.get()
      #expect(table.columns.map(\.name) == ["country_code", "customers", "average_score"])
      #expect(table.rows.map { $0[0] } == [.text("DE"), .text("US")])
    }
  }
}
