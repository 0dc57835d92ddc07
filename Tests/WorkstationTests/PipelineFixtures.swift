@testable import Pipeline

@testable import Workstation

extension Fixtures {
  /// What a database would answer to the Pipeline screens; nil: that there is nothing of that name.
  static func pipelineAnswer(_ question: PipelineQuestion) -> PipelineAnswer? {
    switch question {
    case .log(let runID, let after):
      return .log(
        LogPage(runID: runID, after: after, lines: logLines(runID).filter { $0.line > after }, isLast: true))
    case .task(let runID, let task):
      return .task(
        TaskHistory(
          runID: runID, task: task, attempts: attempts(task),
          lines: logLines(runID).filter { $0.task == task }))
    case .failingRows(let runID, let test, let after):
      guard test.hasSuffix("_7") || test.hasSuffix("_11") else { return nil }
      let numbers = (after + 1)...min(failingRowCount, after + 500)
      return .failingRows(
        FailingRows(
          runID: runID, test: test, after: after,
          table: table(
            [("failing_row", .number), ("customer_id", .number), ("amount", .number), ("note", .text)],
            numbers.map { [.integer($0), .integer($0 * 3), .number(Double($0) / 4), .null] }),
          total: failingRowCount))
    case .timetable:
      return .timetable(timetable)
    }
  }

  static let failingRowCount: Int64 = 640

  static func logLines(_ runID: Int64) -> [LogLine] {
    let start = now - Double(43 - runID) * 86_400
    var number: Int64 = 0
    func line(_ task: String, _ level: String, _ message: String) -> LogLine {
      number += 1
      return LogLine(
        line: number, task: task, attempt: 1, loggedAt: start + Double(number) / 4, level: level,
        message: message)
    }
    var lines = (0..<20).map { line("extract-orders", "info", "page \($0 + 1) of 20: 250 orders") }
    lines.append(line("load", "warning", "3 records were rejected; see staging.rejects"))
    if runID == 35 {
      lines.append(line("test-staging", "error", "1 of 30 data tests failed: not_null_stg_orders_column_11"))
    }
    return lines
  }

  static func attempts(_ task: String) -> [TaskReport] {
    [
      TaskReport(
        task: task, attempt: 1, state: .failed, startedAt: now - 3_600, endedAt: now - 3_598.5, rowsIn: nil,
        rowsOut: 120, rowsExpected: 5_000, message: "server closed the connection unexpectedly"),
      TaskReport(
        task: task, attempt: 2, state: .success, startedAt: now - 3_597, endedAt: now - 3_593, seconds: 4,
        rowsIn: 5_003, rowsOut: 5_000, rowsExpected: 5_000, bytes: 1_250_000, message: "5000 orders"),
    ]
  }

  static let timetable = Timetable(
    entries: [
      Timetable.Entry(
        name: "morning", expression: "0 6 * * 1-5", timeZone: "Europe/Madrid", source: "demo",
        isPaused: false, next: now + 36_000,
        last: ScheduledRun(
          dueAt: now - 50_400, state: .success, runID: 42, startedAt: now - 50_399, endedAt: now - 50_396,
          message: nil)),
      Timetable.Entry(
        name: "files", expression: "@hourly", timeZone: "UTC", source: "files:/data/shop", isPaused: true,
        next: nil, last: nil),
    ],
    hooks: [
      Timetable.HookEntry(
        name: "chat", events: ["failure", "late"], target: "env:CHAT_URL",
        last: HookReport(
          event: "failure", subject: "run 35", state: "failed", message: "the address answered 503",
          claimedAt: now - 691_200)),
      Timetable.HookEntry(name: "mail", events: ["failure"], target: "/usr/bin/mail ops", last: nil),
    ], levels: levels)

  static let levels = (try? ServiceLevels(runSeconds: 900, dataHours: 26)) ?? .none

  // MARK: Models

  static let models: [ModelPage] = {
    func neighbour(_ name: String, _ kind: String) -> ModelPage.Neighbour {
      ModelPage.Neighbour(id: "node.\(name)", name: name, kind: kind)
    }
    func page(
      _ name: String, _ kind: String, _ columns: [ModelPage.Column], reads: [ModelPage.Neighbour],
      readBy: [ModelPage.Neighbour], lineage: [String], sql: String = "", tests: [ModelPage.Test] = []
    ) -> ModelPage {
      ModelPage(
        id: "node.\(name)", name: name, kind: kind, relation: "analytics.\(name)",
        file: "models/\(name).sql", tags: [], description: "One row a customer.\nMade from the raw tables.",
        columns: columns, tests: tests, upstream: reads, downstream: readBy, lineage: lineage, sql: sql)
    }
    func test(_ label: String, _ column: String, _ status: TestResult.Status?) -> ModelPage.Test {
      ModelPage.Test(
        name: "\(label)_\(column)", label: label, description: "", isWarning: false,
        lastResult: status.map {
          ModelPage.Result(
            runID: 42, testedAt: now - 200, status: $0, failures: $0 == .pass ? 0 : 3,
            message: $0 == .pass ? nil : "Got 3 results, configured to warn if != 0")
        })
    }
    let raw = neighbour("staging.raw_orders", "source")
    let orders = neighbour("stg_orders", "view")
    let metrics = neighbour("stg_metrics", "view")
    let marts = neighbour("fraud_analytics", "table")
    return [
      page(
        raw.name, raw.kind, [], reads: [], readBy: [orders, metrics], lineage: ["staging.raw_orders (source)"]
      ),
      page(
        orders.name, orders.kind,
        [
          ModelPage.Column(
            name: "order_id", type: "bigint", description: "The order.",
            tests: [test("unique", "order_id", .pass), test("not_null", "stg_orders_column_7", .warn)]),
          ModelPage.Column(name: "total", type: "numeric", description: "What it cost.", tests: []),
        ], reads: [raw], readBy: [marts],
        lineage: [
          "stg_orders (view)", "  reads", "  └─ staging.raw_orders (source)", "  is read by",
          "  └─ fraud_analytics (table)",
        ], sql: "select order_id, total\nfrom {{ source('staging', 'raw_orders') }}\n"),
      page(metrics.name, metrics.kind, [], reads: [raw], readBy: [marts], lineage: ["stg_metrics (view)"]),
      page(
        marts.name, marts.kind, [], reads: [orders, metrics], readBy: [],
        lineage: ["fraud_analytics (table)"],
        tests: [test("revenue_reconciles", "", nil)]),
    ]
  }()
}
