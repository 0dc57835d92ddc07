import Languages
import Pipeline

@testable import Workstation

/// Answers as a database would give them, from made-up but fixed data.
enum Fixtures {
  /// 2026-11-24 20:00:00 UTC.
  static let now = 1_795_550_400.0

  static let publication = Publication(
    runID: 42, publishedAt: now - 200, source: "demo", hasSyntheticTimes: true, isMasked: true)

  static func setup(
    theme: String = "dark", depth: ColorDepth = .truecolor, isASCII: Bool = false, place: String = "pipeline"
  ) throws -> Setup {
    var setup = Setup(
      savedQueries: [
        SavedQuery(name: "chargebacks", text: "-- Chargebacks\nselect customer_id, note\nfrom chargebacks"),
        SavedQuery(
          name: "new device and country",
          text: "-- New device and country\n-- :limit = 10 | how many customers\nselect 1 limit :limit::int"),
      ], queryHistory: QueryHistory(["select 1", "select 2\nfrom b"]), themes: try themes(), depth: depth,
      isASCII: isASCII, preferences: Preferences(place: place, theme: theme))
    setup.analyst = "ann"
    return setup
  }

  /// The Spanish that ships.
  static func spanish() throws -> Language {
    let file = root.appending(path: "languages/es.yml")
    return try Language(yaml: String(contentsOf: file, encoding: .utf8), file: "es.yml")
  }

  // MARK: Dashboards

  static func table(_ columns: [(String, ValueColumn.Kind)], _ rows: [[Value]]) -> ValueTable {
    ValueTable(columns: columns.map { ValueColumn(name: $0.0, kind: $0.1) }, rows: rows)
  }

  static func card(
    _ id: String, _ title: String, _ chart: ChartKind, _ table: ValueTable, roles: [String: String] = [:],
    formats: [String: ValueFormat] = [:], thresholds: [Threshold] = [], drill: Drill? = nil,
    goal: Double? = nil
  ) -> CardContent {
    CardContent(
      card: CardDefinition(
        id: id, title: title, sql: "select", chart: chart, roles: roles, formats: formats,
        thresholds: thresholds, drill: drill, goal: goal), result: .success(table))
  }

  static func segmentation() -> DashboardContent {
    dashboard(
      "segmentation", "Segmentation",
      [
        card(
          "segments", "Customers by segment", .bars,
          table(
            [("customer_segment", .text), ("customers", .number)],
            [
              [.text("regular"), .integer(2_911)], [.text("new"), .integer(1_302)],
              [.text("premium"), .integer(787)],
            ]), roles: ["label": "customer_segment", "value": "customers"], formats: ["customers": .integer],
          drill: .customers([DrillFilter(field: "customer_segment", column: "customer_segment")])),
        card(
          "tiers", "Revenue by value tier", .bars,
          table(
            [("value_tier", .text), ("revenue", .number)],
            [
              [.text("VIP"), .number(1_284_113.5)], [.text("High Value"), .number(803_114.25)],
              [.text("Medium Value"), .number(412_090)], [.text("Standard"), .number(96_455.75)],
            ]), roles: ["label": "value_tier", "value": "revenue"], formats: ["revenue": .currency],
          drill: .customers([DrillFilter(field: "value_tier", column: "value_tier")])),
        card(
          "top", "Top 10 customers", .table,
          table(
            [
              ("customer_id", .number), ("full_name", .text), ("total_spent", .number),
              ("total_orders", .number),
            ],
            topRows), formats: ["total_spent": .currency, "total_orders": .integer],
          drill: .customer(column: "customer_id")),
        card(
          "activity", "Activity score", .columns,
          table(
            [("bucket", .text), ("customers", .number), ("low", .number), ("high", .number)],
            activityRows), roles: ["label": "bucket", "value": "customers"], formats: ["customers": .integer],
          drill: .customers([
            DrillFilter(field: "customer_activity_score", column: "low", comparison: .atLeast),
            DrillFilter(field: "customer_activity_score", column: "high", comparison: .below),
          ])),
      ])
  }

  static let activityRows: [[Value]] = {
    let counts: [Int64] = [120, 340, 610, 905, 1_004, 831, 590, 360, 180, 60]
    return counts.enumerated().map { bucket, count -> [Value] in
      let low = Int64(bucket * 10)
      return [.text("\(low)–\(low + 9)"), .integer(count), .integer(low), .integer(low + 10)]
    }
  }()

  static let topRows: [[Value]] = (1...10).map { row -> [Value] in
    let spent = 48_000.5 - Double(row) * 1_711.25
    return [
      .integer(Int64(row * 37)), .text(names[row % names.count]), .number(spent),
      .integer(Int64(60 - row * 3)),
    ]
  }

  static let riskRows: [[Value]] = (1...20).map { row -> [Value] in
    let factor = ["velocity", "geographic", "amount"][row % 3]
    return [
      .integer(Int64(4_000 - row * 13)), .text(names[(row * 3) % names.count]),
      .number(0.99 - Double(row) * 0.018), .text(row < 9 ? "critical" : "high"),
      row % 6 == 0 ? .null : .text(factor),
    ]
  }

  static let matrixRows: [[Value]] = {
    var rows: [[Value]] = []
    for (row, segment) in ["premium", "regular", "new"].enumerated() {
      for (column, tier) in ["VIP", "High Value", "Medium Value", "Standard"].enumerated() {
        if row == 2, column == 0 { continue }
        rows.append([.text(segment), .text(tier), .integer(Int64((row + 1) * (column * 171 + 20)))])
      }
    }
    return rows
  }()

  static let monthRows: [[Value]] = {
    let months = ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    let thousands: [Double] = [110, 80, 84, 97, 120, 131, 128, 140, 122, 150, 171, 210]
    return zip(months, thousands).map { month, amount -> [Value] in [.text(month), .number(amount * 1_000)] }
  }()

  static func fraud() -> DashboardContent {
    dashboard(
      "fraud", "Fraud",
      [
        card(
          "levels", "Customers by risk level", .bars,
          table(
            [("risk_level", .text), ("customers", .number)],
            [
              [.text("critical"), .integer(31)], [.text("high"), .integer(112)],
              [.text("medium"), .integer(604)], [.text("low"), .integer(4_253)],
            ]), roles: ["label": "risk_level", "value": "customers"], formats: ["customers": .integer],
          drill: .customers([DrillFilter(field: "risk_level", column: "risk_level")])),
        card(
          "highest", "Top 20 risk customers", .table,
          table(
            [
              ("customer_id", .number), ("full_name", .text), ("composite_risk_score", .number),
              ("risk_level", .text), ("primary_risk_factor", .text),
            ],
            riskRows), formats: ["composite_risk_score": .score], drill: .customer(column: "customer_id")),
        card(
          "factors", "Average factor scores", .gauges,
          table(
            [("factor", .text), ("average", .number)],
            [
              [.text("velocity"), .number(0.21)], [.text("geographic"), .number(0.37)],
              [.text("behavioural"), .number(0.62)], [.text("profile"), .number(0.14)],
              [.text("amount"), .number(0.83)], [.text("temporal"), .null],
            ]), roles: ["label": "factor", "value": "average"], formats: ["average": .score]),
        card(
          "summary", "Summary", .figures,
          table(
            [
              ("customers_scored", .number), ("critical", .number), ("average_risk", .number),
              ("blocked_spend", .number), ("reviews_open", .number),
            ],
            [[.integer(5_000), .integer(31), .number(0.1832), .number(58_213.4), .integer(143)]]),
          formats: [
            "customers_scored": .integer, "critical": .integer, "average_risk": .score,
            "blocked_spend": .currency,
            "reviews_open": .integer,
          ]),
      ])
  }

  static func vip() -> DashboardContent {
    dashboard(
      "vip", "VIP",
      [
        card(
          "retention", "VIP by tier and retention", .stackedBars,
          table(
            [("customer_tier", .text), ("retention_status", .text), ("customers", .number)],
            [
              [.text("VIP"), .text("Stable"), .integer(80)],
              [.text("VIP"), .text("At Risk Customer"), .integer(21)],
              [.text("VIP"), .text("Lost Customer"), .integer(6)],
              [.text("High Value"), .text("Stable"), .integer(133)],
              [.text("High Value"), .text("At Risk Customer"), .integer(40)],
              [.text("High Value"), .text("Lost Customer"), .integer(19)],
            ]), roles: ["label": "customer_tier", "part": "retention_status", "value": "customers"],
          formats: ["customers": .integer],
          drill: .customers([
            DrillFilter(field: "value_tier", column: "customer_tier"),
            DrillFilter(field: "retention_status", column: "retention_status"),
          ])),
        card(
          "atrisk", "Revenue at risk", .figures,
          table(
            [("revenue_at_risk", .number), ("customers_at_risk", .number), ("share_of_revenue", .number)],
            [[.number(311_804.1), .integer(61), .number(12.04)]]),
          formats: [
            "revenue_at_risk": .currency, "customers_at_risk": .integer, "share_of_revenue": .percent,
          ]),
        card(
          "matrix", "Segment by tier", .heatmap,
          table(
            [("customer_segment", .text), ("value_tier", .text), ("customers", .number)],
            matrixRows), roles: ["row": "customer_segment", "column": "value_tier", "value": "customers"],
          formats: ["customers": .integer],
          drill: .customers([
            DrillFilter(field: "customer_segment", column: "customer_segment"),
            DrillFilter(field: "value_tier", column: "value_tier"),
          ])),
        card(
          "lifecycle", "Revenue by month", .line,
          table(
            [("month", .text), ("revenue", .number)],
            monthRows), roles: ["x": "month", "value": "revenue"],
          formats: ["revenue": .currency]),
      ])
  }

  static func dashboard(_ name: String, _ title: String, _ cards: [CardContent]) -> DashboardContent {
    DashboardContent(
      definition: DashboardDefinition(
        name: name, title: title, cards: cards.map(\.card),
        filters: [
          LinkedFilter(name: "segment", title: "Segment", options: ["premium", "regular", "new"]),
          LinkedFilter(name: "country", title: "Country", options: []),
        ]), cards: cards, publication: publication)
  }

  static let names = [
    "A*** M****", "J** O'N****", "王* (Wáng)", "Zo\u{65}\u{301} D****", "🙂 K***", "M**** de la C***", "",
    "Łukasz W****", "Ř*** Š****", "L* N****",
  ]

  // MARK: Customers

  /// A list of that many customers; sort and filter as far as the tests need them.
  struct CustomerBook {
    let count: Int
    private let rows: [[Value]]

    init(count: Int) {
      self.count = count
      rows = (0...count).map { Self.makeRow(Int64($0), count) }
    }

    /// Books are used again: making rows is most of the work of a test.
    private static let known = [700: CustomerBook(count: 700), 5_000: CustomerBook(count: 5_000)]

    static func of(_ count: Int) -> CustomerBook { known[count] ?? CustomerBook(count: count) }

    func row(_ id: Int64) -> [Value] { rows[Int(id)] }

    /// A few rows whose id or name begins with a text.
    func begins(with text: String) -> [[Value]] {
      let found = rows.dropFirst().filter { row in
        if case .integer(let id) = row[0], String(id).hasPrefix(text) { return true }
        if case .text(let name) = row[1] { return name.lowercased().hasPrefix(text.lowercased()) }
        return false
      }
      return Array(found.prefix(5))
    }

    private static func makeRow(_ id: Int64, _ count: Int) -> [Value] {
      let score = 1 - Double(id) / Double(count + 1)
      let level = score > 0.95 ? "critical" : score > 0.8 ? "high" : score > 0.5 ? "medium" : "low"
      return [
        .integer(id), id % 17 == 0 ? .null : .text(names[Int(id) % names.count]),
        .text(["Germany", "France", "Türkiye", "日本"][Int(id) % 4]),
        .text(["premium", "regular", "new"][Int(id) % 3]),
        .text(["VIP", "High Value", "Medium Value", "Standard"][Int(id) % 4]), .integer(id * 7 % 60),
        .number(Double(id * 7_919 % 50_000) / 3), .integer(id * 13 % 101), .text(level), .number(score),
        .number(score * 12), id % 5 == 0 ? .null : .text(["velocity", "amount", "profile"][Int(id) % 3]),
        .text(["Stable", "At Risk Customer"][Int(id) % 2]), .number(now - Double(id) * 7_200),
        .boolean(false),
      ]
    }

    func page(_ request: CustomerListRequest) -> CustomerListPage {
      var ids = (1...Int64(count)).filter { id in
        let row = row(id)
        return request.filters.allSatisfy { filter in
          guard let index = CustomerListFields.all.firstIndex(where: { $0.name == filter.field }) else {
            return false
          }
          switch filter.comparison {
          case .equals: return row[index] == filter.value
          case .contains:
            return row[index].searchText.lowercased().contains(filter.value.searchText.lowercased())
          case .above: return (row[index].number ?? 0) > (filter.value.number ?? 0)
          case .atLeast: return (row[index].number ?? 0) >= (filter.value.number ?? 0)
          case .below: return (row[index].number ?? 0) < (filter.value.number ?? 0)
          default: return true
          }
        }
      }
      let index = CustomerListFields.all.firstIndex { $0.name == request.sort.field } ?? 0
      if request.sort.field != "score" || !request.sort.isDescending {
        ids.sort { left, right in
          let (first, second) = (row(left)[index], row(right)[index])
          if first == second { return left < right }
          return request.sort.isDescending ? second.precedes(first) : first.precedes(second)
        }
      }
      let slice: [Int64]
      let isLast: Bool
      switch request.start {
      case .first:
        slice = Array(ids.prefix(request.limit))
        isLast = ids.count <= request.limit
      case .last:
        slice = Array(ids.suffix(request.limit))
        isLast = ids.count <= request.limit
      case .after(let position):
        let rest = ids.drop { $0 != position.customerID }.dropFirst()
        slice = Array(rest.prefix(request.limit))
        isLast = rest.count <= request.limit
      case .before(let position):
        let rest = ids.prefix { $0 != position.customerID }
        slice = Array(rest.suffix(request.limit))
        isLast = rest.count <= request.limit
      }
      return CustomerListPage(
        request: request, rows: slice.map(row), estimatedTotal: Int64(ids.count), isLast: isLast)
    }
  }

  static func customer(_ id: Int64) -> CustomerPage {
    CustomerPage(
      customerID: id,
      facts: [
        .init(caption: "Full name", value: .text("M**** de la C***"), format: .plain),
        .init(caption: "E-mail", value: .text("m****@e******.org"), format: .plain),
        .init(caption: "Phone", value: .null, format: .plain),
        .init(caption: "City", value: .text(""), format: .plain),
        .init(caption: "Country", value: .text("France"), format: .plain),
        .init(caption: "Segment", value: .text("premium"), format: .plain),
        .init(caption: "Tier", value: .text("VIP"), format: .plain),
        .init(caption: "Total spent", value: .number(18_204.55), format: .currency),
        .init(caption: "Orders", value: .integer(41), format: .integer),
        .init(caption: "Activity", value: .number(78), format: .integer),
        .init(caption: "Completeness", value: .number(0.833), format: .percent),
        .init(caption: "Last order", value: .number(now - 86_400 * 3), format: .date),
      ],
      score: CustomerScore(
        score: 7.31, composite: 0.87, level: "critical", action: "BLOCK_IMMEDIATELY",
        investigationPriority: 1,
        primaryFactor: "velocity",
        factors: [
          .init(factor: "velocity", score: 0.92), .init(factor: "geographic", score: 0.71),
          .init(factor: "behavioural", score: 0.33), .init(factor: "profile", score: 0.12),
          .init(factor: "amount", score: 0.55), .init(factor: "temporal", score: nil),
        ],
        evidences: [
          .init(
            factor: "velocity", name: "burst", contribution: 3.1,
            text: "7 orders within 12 minutes on 2026-11-21, usually 1 a week"),
          .init(
            factor: "geographic", name: "travel", contribution: 2.4,
            text: "Paris to Lagos, 4,700 km in 38 minutes"),
          .init(
            factor: "amount", name: "outlier", contribution: 1.2,
            text: "order of $2,410.00, 6.2 times the customer's median"),
        ], rulesetVersion: "2026-11"),
      orders: orders(), hasMoreOrders: true, scoreHistory: history(), peers: peers(of: id),
      sections: [
        CustomerPage.Section(
          title: "Cases",
          table: table(
            [("case", .number), ("state", .text), ("opened_at", .timestamp), ("note", .text)],
            [[.integer(3), .text("open"), .number(now - 9_000), .text("called back, no answer")]]))
      ])
  }

  private static func orders() -> [CustomerPage.OrderLine] {
    let categories = ["beauty", "groceries", "laptops"]
    return (0..<40).map { index -> CustomerPage.OrderLine in
      let product: String? = index % 9 == 0 ? nil : "Product \(index) 茶"
      return CustomerPage.OrderLine(
        cartID: Int64(9_000 + index / 2), orderedAt: now - Double(index * index) * 7_200,
        isSyntheticTime: true,
        product: product, category: categories[index % 3], quantity: Int64(1 + index % 4),
        lineTotal: Double(20 + index * 37 % 400) + 0.5)
    }
  }

  private static func history() -> [CustomerPage.ScorePoint] {
    (0..<14).map { index -> CustomerPage.ScorePoint in
      let composite = min(0.99, 0.2 + Double(index * index) / 250)
      let time = now - Double(14 - index) * 86_400
      return CustomerPage.ScorePoint(runID: Int64(28 + index), publishedAt: time, composite: composite)
    }
  }

  private static func peers(of id: Int64) -> ValueTable {
    let rows = (1...8).map { row -> [Value] in
      let spent = 18_204 - Double(row) * 210
      return [
        .integer(id + Int64(row)), .text(names[row % names.count]), .number(spent),
        .number(0.1 * Double(row)),
      ]
    }
    return table(
      [
        ("customer_id", .number), ("full_name", .text), ("total_spent", .number),
        ("composite_risk_score", .number),
      ], rows)
  }

  // MARK: Runs

  static let tasks = [
    "extract-products", "extract-customers", "extract-orders", "extract-labels", "load", "validate",
    "test-sources", "build-staging", "test-staging", "score", "build-marts", "test-marts", "publish",
  ]

  static func run(_ id: Int64, state: RunReport.State = .success, done: Int = 13) -> RunReport {
    let start = now - Double(43 - id) * 86_400
    var clock = start
    let reports = tasks.enumerated().map { index, task -> TaskReport in
      let length = [0.82, 0.9, 0.31, 0.2, 0.44, 0.12, 0.1, 0.08, 0.27, 0.6, 0.35, 0.3, 0.05][index]
      let began = index < 4 ? start : clock
      if index >= 4 { clock += length } else { clock = start + 0.9 }
      let taskState: TaskReport.State =
        index < done ? .success : state == .running ? (index == done ? .running : .queued) : .skipped
      return TaskReport(
        task: task, attempt: 1, state: state == .failed && index == done ? .failed : taskState,
        startedAt: index <= done ? began : nil, endedAt: index < done ? began + length : nil, rowsIn: nil,
        rowsOut: index <= done ? Int64(index * 1_733 % 5_000) : nil,
        rowsExpected: index == done ? 5_000 : nil,
        message: nil)
    }
    return RunReport(
      runID: id, source: "demo", state: state, reason: state == .failed ? "critical data test failed" : nil,
      startedAt: start, endedAt: state == .running ? nil : clock, startedBy: "ana@desk", tasks: reports,
      validations: [
        ValidationReport(
          name: "customer id is unique", severity: "critical", failures: 0, checked: 5_000,
          message: "all unique"),
        ValidationReport(
          name: "e-mail is complete", severity: "warning", failures: 42, checked: 5_000,
          message: "42 customers without e-mail"),
      ],
      tests: (0..<30).map { index in
        TestReport(
          test: "not_null_stg_orders_column_\(index)", node: "stg_orders",
          layer: index < 12 ? "source" : "staging",
          status: index == 7 ? "warn" : index == 11 && state == .failed ? "fail" : "pass",
          failures: index == 7 ? 3 : 0, message: nil)
      })
  }

  static func runs() -> [RunReport] {
    (30...42).reversed().map { run($0, state: $0 == 35 ? .failed : .success, done: $0 == 35 ? 8 : 13) }
  }

  // MARK: Answers

  /// What a database would answer.
  static func answer(_ effect: Effect, customers: Int = 5_000) -> [Event] {
    switch effect {
    case .loadDashboard(let name, _, let request):
      let content = name == "fraud" ? fraud() : name == "vip" ? vip() : segmentation()
      return [.dashboardLoaded(content, request: request)]
    case .loadCustomers(let page, let request):
      return [.customersLoaded(CustomerBook.of(customers).page(page), request: request)]
    case .countCustomers(_, let request): return [.customersCounted(Int64(customers), request: request)]
    case .loadCustomer(let id, let request): return [.customerLoaded(customer(id), request: request)]
    case .findCustomers(let text, let request):
      let matches = CustomerBook.of(customers).begins(with: text).compactMap { row -> CustomerMatch? in
        guard case .integer(let id) = row[0], case .text(let level) = row[8] else { return nil }
        let name: String? = if case .text(let name) = row[1] { name } else { nil }
        return CustomerMatch(id: id, name: name, riskLevel: level)
      }
      return [.customersFound(matches, request: request)]
    case .loadRuns(_, let request): return [.runsLoaded(runs(), request: request)]
    case .loadModels(let request): return [.modelsLoaded(models, request: request)]
    case .loadPipeline(let question, let request):
      return pipelineAnswer(question).map { [.pipelineLoaded($0, request: request)] }
        ?? [.failed(QueryFailure(message: "the rows are not kept"), request: request)]
    case .loadWhatIf(let request): return [.whatIfLoaded(whatIf, versions, request: request)]
    case .query(let question, let request):
      return [.queryAnswered(queryAnswer(question), request: request)]
    case .loadCases(let filter, let request):
      return [.casesLoaded(CaseFixtures.queue(filter), request: request)]
    case .loadCase(let id, let request): return [.caseLoaded(CaseFixtures.page(id), request: request)]
    case .loadAudit(let question, let request):
      return [.auditLoaded(AuditFixtures.page(question), request: request)]
    case .performCase(.takeNext): return [.notice("case 12 is yours", tone: .good), .caseTaken(12)]
    case .performCase: return [.notice("done", tone: .good), .casesChanged]
    case .editNote(let caseID): return [.noteWritten("called her\nshe knows nothing of it", caseID: caseID)]
    default: return []
    }
  }

  // MARK: What if

  static let versions = [
    RulesetVersion(
      version: "0123456789ab", note: "queries/risk", savedBy: "ann", savedAt: now - 90_000, basedOn: nil,
      isActive: true),
    RulesetVersion(
      version: "aaaabbbbcccc", note: "less velocity", savedBy: "bob", savedAt: now - 3_600,
      basedOn: "0123456789ab", isActive: false),
  ]

  /// 600 customers with two reasons each, every tenth with a known outcome.
  static let whatIf: WhatIf = {
    var ruleset = shippedRuleset
    ruleset.version = "0123456789ab"
    var builder = WhatIf.Builder(ruleset: ruleset)
    for id in 1...600 {
      let first = Double(id % 50)
      let second = Double(id % 7) * 3
      let composite = ruleset.customerScale.composite(first + second)
      builder.add(
        customer: Int64(id), level: ruleset.level(composite).rawValue, score: first + second,
        evidences: Substring("orders_24h \(first) burst \(second)"),
        isFraud: id % 10 == 0 ? id % 50 > 20 : nil)
    }
    return builder.finish()
  }()

  private static let shippedRuleset: Ruleset = {
    do {
      return try RulesetFiles.read(root.path + "/queries/risk").ruleset
    } catch {
      preconditionFailure("the shipped ruleset cannot be read: \(error)")
    }
  }()

  // MARK: Queries

  static let catalogue = QueryCatalogue(tables: [
    QueryCatalogue.Table(
      name: "analytics.customer_segmentation",
      columns: ["customer_id", "full_name", "customer_segment", "total_spent"]),
    QueryCatalogue.Table(name: "analytics.fraud_analytics", columns: ["customer_id", "risk_level"]),
  ])

  /// Answers to queries: of one that names `big` 5,000 rows, of one that names `tiers` a small table.
  static func queryAnswer(_ question: QueryQuestion) -> QueryAnswer {
    switch question {
    case .run(let sql, _, _) where sql.contains("big"): return .page(bigPage(from: 0), of: 2)
    case .run(let sql, _, _) where sql.contains("tiers"):
      let rows: [[Value]] = [
        [.text("VIP"), .text("Stable"), .integer(80)], [.text("VIP"), .text("Lost"), .integer(6)],
        [.text("Standard"), .text("Stable"), .integer(120)],
      ]
      return .page(
        QuerySession.Page(
          columns: table([("tier", .text), ("status", .text), ("customers", .number)], []).columns, start: 0,
          rows: rows, total: 3), of: 3)
    case .run:
      return .page(
        QuerySession.Page(
          columns: table([("customer_id", .number), ("note", .text)], []).columns, start: 0,
          rows: [[.integer(7), .text("x")], [.integer(8), .null]], total: 2), of: 1)
    case .rows(_, let start, _): return .page(bigPage(from: start), of: 2)
    case .explain:
      return .plan(
        table(
          [("QUERY PLAN", .text)],
          [[.text("Limit  (cost=0.00..1.00 rows=10 width=4)")], [.text("  ->  Seq Scan on big")]]))
    case .catalogue: return .catalogue(catalogue)
    }
  }

  private static func bigPage(from start: Int) -> QuerySession.Page {
    let rows = (start..<min(5_000, start + QueryScreen.pageSize)).map { row -> [Value] in
      [.integer(Int64(row + 1)), .text(names[row % names.count]), .number(Double(row) * 1.5)]
    }
    return QuerySession.Page(
      columns: table([("customer_id", .number), ("full_name", .text), ("spent", .number)], []).columns,
      start: start, rows: rows, total: 5_000)
  }
}
