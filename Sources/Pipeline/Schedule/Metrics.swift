import Foundation
import Glibc
import Postgres

/// The state of runs, data and schedules for a monitoring system.
public enum Metrics {
  /// Reads the database and writes all metrics as one OpenMetrics document.
  /// - Parameter now: seconds since 1970.
  public static func document(version: String, now: Double, on connection: Connection) async throws -> String
  {
    let run = try await RunReportReader.latest(1, from: connection).first
    let success = try await connection.query(
      "select extract(epoch from max(ended_at))::float8 from monitoring.runs where state = 'success'")
    let publication = try await connection.transaction("read only") {
      try await PublicationReader.current($0)
    }
    return document(
      version: version, run: run, lastSuccess: success.first?.double(0), publication: publication,
      levels: try await ServiceLevels.read(from: connection),
      schedules: try await Schedules.all(on: connection),
      now: now)
  }

  static func document(
    version: String, run: RunReport?, lastSuccess: Double?, publication: Publication?, levels: ServiceLevels,
    schedules: [Schedule], now: Double
  ) -> String {
    var build = MetricFamily(
      "riskdeck_build_info", "The program that wrote these metrics.", labels: ["version"])
    build.add([version], 1)
    let late = levels.lateness(run: run, publication: publication, now: now)
    return MetricFamily.document(
      [build] + runFamilies(run, lastSuccess: lastSuccess, now: now)
        + [
          MetricFamily(
            "riskdeck_published_timestamp_seconds", "When the data readers see were published.",
            publication?.publishedAt),
          MetricFamily(
            "riskdeck_published_age_seconds", "Age of the data readers see.",
            publication.map { now - $0.publishedAt }),
          MetricFamily(
            "riskdeck_published_run", "Number of the run whose data readers see.",
            publication.map { Double($0.runID) }),
          MetricFamily("riskdeck_run_limit_seconds", "Seconds a run may take.", levels.runSeconds),
          MetricFamily(
            "riskdeck_data_limit_seconds", "Age the data may have.", levels.dataHours.map { $0 * 3_600 }),
          MetricFamily(
            "riskdeck_run_late", "1 where the last run is past its limit.",
            levels.runSeconds.map { _ in late.contains { $0.kind == .run } ? 1 : 0 }),
          MetricFamily(
            "riskdeck_data_late", "1 where the data are older than their limit.",
            levels.dataHours.map { _ in late.contains { $0.kind == .data } ? 1 : 0 }),
        ] + scheduleFamilies(schedules))
  }

  private static func runFamilies(_ run: RunReport?, lastSuccess: Double?, now: Double) -> [MetricFamily] {
    let succeeded = MetricFamily(
      "riskdeck_last_success_timestamp_seconds", "When the last successful run ended.", lastSuccess)
    guard let run else { return [succeeded] }
    var state = MetricFamily("riskdeck_last_run_state", "1 for the state of the last run.", labels: ["state"])
    for known in RunReport.State.allCases { state.add([known.rawValue], known == run.state ? 1 : 0) }
    var durations = MetricFamily(
      "riskdeck_task_duration_seconds", "Length of the last attempt of each task of the last run.",
      labels: ["task"])
    var rows = MetricFamily(
      "riskdeck_task_rows", "Rows each task of the last run read and wrote.", labels: ["task", "direction"])
    for task in run.tasks {
      if let seconds = task.seconds { durations.add([task.task], seconds) }
      if let count = task.rowsIn { rows.add([task.task, "in"], Double(count)) }
      if let count = task.rowsOut { rows.add([task.task, "out"], Double(count)) }
    }
    var tests = MetricFamily(
      "riskdeck_data_tests", "Data tests of the last run by their status.", labels: ["status"])
    for status in ["pass", "warn", "fail", "error", "skipped"] {
      tests.add([status], Double(run.tests.count { $0.status == status }))
    }
    var checks = MetricFamily(
      "riskdeck_validation_failures", "Findings of the checks of raw data in the last run.",
      labels: ["check", "severity"])
    for check in run.validations { checks.add([check.name, check.severity], Double(check.failures)) }
    return [
      MetricFamily("riskdeck_last_run", "Number of the last run.", Double(run.runID)), state,
      MetricFamily(
        "riskdeck_last_run_start_timestamp_seconds", "When the last run began.", run.startedAt),
      MetricFamily(
        "riskdeck_last_run_duration_seconds", "Length of the last run, so far where it is at work.",
        run.seconds ?? (run.state == .running ? max(0, now - run.startedAt) : nil)),
      succeeded, durations, rows, tests, checks,
    ]
  }

  private static func scheduleFamilies(_ schedules: [Schedule]) -> [MetricFamily] {
    var next = MetricFamily(
      "riskdeck_schedule_next_timestamp_seconds", "When the schedule is due next.", labels: ["schedule"])
    var paused = MetricFamily(
      "riskdeck_schedule_paused", "1 where the schedule is paused.", labels: ["schedule"])
    var state = MetricFamily(
      "riskdeck_schedule_last_state", "1 for what came of the schedule's last due time.",
      labels: ["schedule", "state"])
    for schedule in schedules {
      if let due = schedule.next { next.add([schedule.name], due) }
      paused.add([schedule.name], schedule.isPaused ? 1 : 0)
      guard let last = schedule.last else { continue }
      for known in ScheduledRun.State.allCases {
        state.add([schedule.name, known.rawValue], known == last.state ? 1 : 0)
      }
    }
    return [next, paused, state]
  }

  /// Writes a file that others read at any moment: they see the old one or the new one, whole.
  /// - Throws: ``PrivacyError`` where it cannot be written; the old file stays.
  public static func write(_ document: String, to path: String) throws {
    let file = try PrivateFile(path, mode: 0o644)
    try file.write(document)
    try file.finish()
  }
}
