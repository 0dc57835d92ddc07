import Foundation
import Pipeline

/// Run reports as text for people and as JSON for programs.
enum RunReportText {
  /// Seconds since 1970 as `2026-01-31 12:00:00 UTC`.
  static func utc(_ seconds: Double) -> String {
    UTCTime.text(seconds, style: .plain)
  }

  static func summary(_ run: RunReport) -> String {
    var lines: [String] = []
    let length = run.seconds.map { " in \(seconds($0))" } ?? ""
    lines.append(
      "run \(run.runID): \(run.state.rawValue)\(length), source \(run.source), by \(run.startedBy), "
        + utc(run.startedAt))
    if let reason = run.reason { lines.append("  reason: \(reason)") }
    for task in run.tasks {
      let length = task.seconds.map(seconds) ?? ""
      let rows = task.rowsOut.map { "\($0) rows" } ?? ""
      lines.append(
        "  " + padded(task.state.rawValue, 10) + padded(task.task, 20) + padded(length, 10) + padded(rows, 16)
          + (task.message ?? ""))
    }
    for check in run.validations where check.failures > 0 {
      lines.append("  \(check.severity): \(check.name): \(check.message)")
    }
    let counts = Dictionary(grouping: run.tests, by: \.status).mapValues(\.count)
    if !run.tests.isEmpty {
      let parts = ["pass", "warn", "fail", "error", "skipped"].compactMap { status in
        counts[status].map { "\($0) \(status)" }
      }
      lines.append("  data tests: " + parts.joined(separator: ", "))
    }
    for test in run.tests where test.status != "pass" && test.status != "skipped" {
      lines.append("  \(test.status): \(test.test): \(test.message ?? "\(test.failures ?? 0) rows")")
    }
    return lines.joined(separator: "\n")
  }

  static func json(publication: Publication?, runs: [RunReport], late: [Lateness]) -> String {
    object([
      ("publication", publication.map(json) ?? "null"),
      (
        "late",
        list(
          late.map { late in
            object([
              ("kind", jsonText(late.kind.rawValue)), ("run_id", "\(late.runID)"),
              ("seconds", number(late.seconds)), ("limit", number(late.limit)),
            ])
          })
      ),
      ("runs", list(runs.map(json))),
    ])
  }

  static func json(_ run: RunReport) -> String {
    object([
      ("run_id", "\(run.runID)"), ("source", jsonText(run.source)), ("state", jsonText(run.state.rawValue)),
      ("reason", text(run.reason)), ("started_at", jsonText(utc(run.startedAt))),
      ("seconds", run.seconds.map(number) ?? "null"),
      ("started_by", jsonText(run.startedBy)),
      (
        "tasks",
        list(
          run.tasks.map { task in
            object([
              ("task", jsonText(task.task)), ("attempt", "\(task.attempt)"),
              ("state", jsonText(task.state.rawValue)),
              ("seconds", task.seconds.map(number) ?? "null"),
              ("rows_in", integer(task.rowsIn)), ("rows_out", integer(task.rowsOut)),
              ("message", text(task.message)),
            ])
          })
      ),
      (
        "validations",
        list(
          run.validations.map { check in
            object([
              ("name", jsonText(check.name)), ("severity", jsonText(check.severity)),
              ("failures", "\(check.failures)"), ("checked", "\(check.checked)"),
              ("message", jsonText(check.message)),
            ])
          })
      ),
      (
        "tests",
        list(
          run.tests.map { test in
            object([
              ("test", jsonText(test.test)), ("node", text(test.node)), ("layer", jsonText(test.layer)),
              ("status", jsonText(test.status)), ("failures", integer(test.failures)),
              ("message", text(test.message)),
            ])
          })
      ),
    ])
  }

  private static func json(_ publication: Publication) -> String {
    object([
      ("run_id", "\(publication.runID)"), ("published_at", jsonText(utc(publication.publishedAt))),
      ("source", jsonText(publication.source)), ("has_synthetic_times", "\(publication.hasSyntheticTimes)"),
      ("is_masked", "\(publication.isMasked)"),
    ])
  }

  private static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(jsonText($0)): \($1)" }.joined(separator: ", ") + "}"
  }
  private static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",\n  ") + "]" }
  private static func text(_ value: String?) -> String { value.map(jsonText) ?? "null" }
  private static func integer(_ value: Int64?) -> String { value.map { "\($0)" } ?? "null" }
  private static func number(_ seconds: Double) -> String { "\((seconds * 1_000_000).rounded() / 1_000_000)" }
  private static func seconds(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000) s" }
  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 1))
  }
}
