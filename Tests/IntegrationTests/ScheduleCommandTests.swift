import Foundation
import Postgres
import TestSupport
import Testing

/// Schedules, the daemon, hooks, limits and metrics through the built program.
@Suite("scheduled runs from the command line")
struct ScheduleCommandTests {
  @Test(
    "the daemon runs a real pipeline that is due, publishes, and ends on SIGTERM", .timeLimit(.minutes(15)))
  func wholeWay() async throws {
    try await TestCluster.withDatabase { url in
      func riskdeck(_ arguments: String...) throws -> CommandTests.Answer {
        try CommandTests.riskdeck(arguments, database: url)
      }
      let added = try riskdeck(
        "schedule", "add", "0 6 1 1 *", "--source", "demo", "--customers", "60", "--time-zone",
        "Europe/Madrid",
        "--name", "nightly")
      #expect(
        added.status == 0 && added.output.contains("-01-01 06:00 +01:00"), "\(added.output)\(added.errors)")
      #expect(try riskdeck("limits", "--run-seconds", "0.001").status == 0)
      #expect(try riskdeck("hook", "add", "told", "--on", "failure,late", "--", "true").status == 0)
      let connection = try await Connection.open(url)
      try await connection.execute(
        "update monitoring.schedules set handled_until = clock_timestamp() - interval '366 days'")

      let daemon = Process()
      daemon.executableURL = URL(fileURLWithPath: PtyProgram.product("riskdeck"))
      daemon.arguments = ["daemon"]
      let home = FileManager.default.temporaryDirectory.path + "/riskdeck-home-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      defer { _ = try? FileManager.default.removeItem(atPath: home) }
      daemon.environment = [
        "HOME": home, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "LC_ALL": "C.UTF-8",
        "RISKDECK_DATABASE_URL": url, "RISKDECK_PROJECT_DIR": Repository.path(""), "MASKING_SALT": "test",
      ]
      daemon.standardError = FileHandle.nullDevice
      try daemon.run()
      while try await connection.query(
        """
        select 1 from monitoring.scheduled_runs r, monitoring.hook_deliveries d
        where r.ended_at is not null and d.state = 'delivered'
        """
      ).rowCount == 0 {
        try await Task.sleep(for: .milliseconds(50))
      }
      daemon.terminate()
      daemon.pollUntilExit()
      #expect(daemon.terminationStatus == 0)

      let row = try await connection.query(
        """
        select r.state, r.run_id = p.run_id, d.event, d.subject
        from monitoring.scheduled_runs r, monitoring.publications p, monitoring.hook_deliveries d
        """)
      #expect(row.rowCount == 1)
      #expect((0..<4).map { row.first?[$0] } == ["success", "t", "late", "run 1"])
      await connection.close()

      let list = try riskdeck("schedule", "list", "--json")
      let rows = try #require(
        try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
      #expect(rows.first?["result"] as? String == "success" && rows.first?["run"] as? Int == 1)
      #expect(try riskdeck("status").output.contains("late: run 1 is slow"))
      let status = try riskdeck("status", "--json")
      let report = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
      #expect((report?["late"] as? [[String: Any]])?.first?["kind"] as? String == "run")
      let metrics = try riskdeck("metrics").output
      #expect(metrics.contains("\nriskdeck_last_run_state{state=\"success\"} 1\n"))
      #expect(metrics.contains("\nriskdeck_run_late 1\n") && metrics.hasSuffix("# EOF\n"))
      let file = home + "/riskdeck.prom"
      #expect(try riskdeck("metrics", "--output", file).output.isEmpty)
      #expect(try String(contentsOfFile: file, encoding: .utf8).hasSuffix("# EOF\n"))

      #expect(try riskdeck("schedule", "pause", "nightly").status == 0)
      #expect(try riskdeck("schedule", "list").output.contains("paused"))
      #expect(try riskdeck("schedule", "resume", "nightly").status == 0)
      #expect(try riskdeck("schedule", "remove", "nightly").status == 0)
      #expect(try riskdeck("hook", "test", "told").output == "delivered\n")
      #expect(try riskdeck("hook", "list").output.contains("delivered"))
      #expect(try riskdeck("hook", "remove", "told").status == 0)
    }
  }

  static let mistakes: [([String], String)] = [
    (["schedule", "add", "0 6 * *"], "five fields"),
    (["schedule", "add", "0 25 * * *"], "hour, position 3: 25"),
    (["schedule", "add", "@daily", "--time-zone", "Mars/Base"], "no time zone"),
    (["schedule", "add", "@daily", "--source", "files:/nonexistent"], "/nonexistent"),
    (["schedule", "remove", "nobody"], "no schedule"), (["schedule", "pause", "nobody"], "no schedule"),
    (["hook", "add", "x"], "--post ADDRESS"), (["hook", "add", "x", "--post", "ftp://y"], "http"),
    (["hook", "add", "x", "--on", "rain", "--", "true"], "no event"),
    (["hook", "test", "nobody"], "no hook"),
    (["limits", "--run-seconds", "soon"], "no limit"), (["limits", "--data-hours", "0"], "above 0"),
    (["metrics", "--output", "/dev/null/x.prom"], "cannot be written"),
  ]

  @Test("a mistake ends with 1 and one clear line", arguments: mistakes.indices)
  func mistake(index: Int) async throws {
    let (arguments, word) = Self.mistakes[index]
    try await TestCluster.withDatabase { url in
      let answer = try CommandTests.riskdeck(arguments, database: url)
      #expect(answer.status == 1 && answer.output.isEmpty, "\(arguments): \(answer.output)")
      #expect(answer.errors.contains(word), "\(answer.errors)")
      #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
    }
  }
}
