import Foundation
import Pipeline
import Postgres
import TestSupport
import Testing

/// The built program as a user starts it.
@Suite("the command line")
struct CommandTests {
  struct Answer {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs `riskdeck` on a database of the suite's cluster.
  /// - Parameter preparation: what a shell does first; the program takes over its process id.
  static func riskdeck(
    _ arguments: [String], database: String, environment: [String: String] = [:], input: String? = nil,
    after preparation: String? = nil
  ) throws -> Answer {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: PtyProgram.product("riskdeck"))
    program.arguments = arguments
    if let preparation {
      program.executableURL = URL(fileURLWithPath: "/bin/sh")
      let words = ["-c", preparation + "; exec \"$0\" \"$@\"", PtyProgram.product("riskdeck")]
      program.arguments = words + arguments
    }
    let home = FileManager.default.temporaryDirectory.path + "/riskdeck-home-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home) }
    program.environment = [
      "HOME": home, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "LC_ALL": "C.UTF-8",
      "RISKDECK_DATABASE_URL": database, "RISKDECK_PROJECT_DIR": Repository.path(""), "MASKING_SALT": "test",
    ].merging(environment) { $1 }
    let output = Pipe()
    let errors = Pipe()
    let words = Pipe()
    program.standardInput = input == nil ? FileHandle.nullDevice : words.fileHandleForReading
    program.standardOutput = output
    program.standardError = errors
    try program.run()
    if let input { words.fileHandleForWriting.write(Data(input.utf8)) }
    try words.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problem = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    program.pollUntilExit()
    return Answer(status: program.terminationStatus, output: text, errors: problem)
  }

  @Test("run, status, query and snapshot work on one database and agree")
  func wholeWay() async throws {
    try await TestCluster.withDatabase { url in
      let run = try Self.riskdeck(["run", "--source", "demo", "--customers", "200", "--json"], database: url)
      #expect(run.status == 0, "\(run.errors)")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(report["state"] as? String == "success")
      #expect((report["tests"] as? [Any])?.count ?? 0 >= 71)

      let status = try Self.riskdeck(["status", "--json"], database: url)
      let known = try #require(
        try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
      #expect((known["publication"] as? [String: Any])?["run_id"] as? Int == report["run_id"] as? Int)

      let csv = try Self.riskdeck(
        ["query", "select count(*) as n from analytics.customer_segmentation", "--format", "csv"],
        database: url)
      #expect(csv.output == "n\n200\n")

      for screen in ["pipeline", "segmentation", "fraud", "vip", "customers", "customer/1"] {
        let shot = try Self.riskdeck(["snapshot", screen, "--size", "100x30"], database: url)
        #expect(shot.status == 0, "\(shot.errors)")
        #expect(shot.output.split(separator: "\n", omittingEmptySubsequences: false).count == 31)
        #expect(!shot.output.contains("nothing has been published"))
        // Every screen tells which data it shows.
        #expect(shot.output.prefix { $0 != "\n" }.contains("run 1"))
      }
      // A second run without words reads the same source.
      let again = try Self.riskdeck(["run"], database: url)
      #expect(again.output.contains("source demo"))
      #expect(again.output.contains("unchanged since run 1"))
      // Models that were built by hand are not taken for those of the last run.
      #expect(try Self.riskdeck(["run-models"], database: url).status == 0)
      let third = try Self.riskdeck(["run"], database: url)
      #expect(third.output.contains("models are live"), "\(third.output)")
    }
  }

  @Test("a query cannot write, whatever it tries")
  func readOnly() async throws {
    try await TestCluster.withDatabase { url in
      for text in [
        "create table x (n int)", "select 1; drop schema public", "commit", "do $$ begin end $$",
        "copy (select 1) to program 'true'", "set transaction read write", " /* */ ( do $$ begin end $$)",
      ] {
        let answer = try Self.riskdeck(["query", text], database: url)
        let connection = try await Connection.open(url)
        #expect(try await connection.query("select to_regclass('x') is null").first?.boolean(0) == true)
        #expect(
          try await connection.query("select to_regnamespace('public') is not null").first?.boolean(0) == true
        )
        await connection.close()
        #expect(answer.status == 1, "\(text)")
      }
    }
  }

  /// Arguments, the exit code, and a word of the one line on standard error.
  static let mistakes: [([String], Int32, String)] = [
    (["nonsense"], 64, "nonsense"),
    (["run", "--source", "ftp:x"], 64, "is no source"),
    (["run", "--source", "files:/nonexistent"], 1, "/nonexistent"),
    (["query", "selec 1"], 1, "only questions"),
    (["query", "select 1 from"], 1, "syntax error"),
    (["query", "copy (select 1) to program 'true'"], 1, "only questions"),
    (["resume"], 64, "no run to resume"),
    (["run", "--from", "nowhere"], 64, "nowhere"),
    (["run", "--from", "score", "--source", "demo"], 64, "leave --source away"),
    (["run", "--timeout", "nan"], 64, "is no limit"),
    (["run", "--timeout", "0"], 64, "is no limit"),
    (["run", "--task-timeout", "load=1e300"], 64, "is no limit"),
    (["schedule", "add", "@daily", "--timeout", "inf"], 64, "is no limit"),
    (["query", "select :name"], 1, "--set name=VALUE"),
    (["snapshot", "nowhere"], 64, "nowhere"),
    (["snapshot", "fraud", "--size", "big"], 64, "160x48"),
    (["snapshot", "fraud", "--theme", "nope"], 64, "there is no theme nope; there are "),
    (["cancel"], 64, "no run is at work"),
    (["run", "--project-dir", "/nonexistent"], 78, "dbt_project.yml"),
    (["status", "--database", "postgresql://x@/y?host=/nonexistent"], 69, "/nonexistent"),
  ]

  @Test("a mistake gets its exit code and one clear line", arguments: mistakes.indices)
  func mistake(index: Int) async throws {
    let (arguments, status, word) = Self.mistakes[index]
    try await TestCluster.withDatabase { url in
      let answer = try Self.riskdeck(arguments, database: url)
      #expect(answer.status == status, "\(arguments): \(answer.errors)")
      #expect(answer.errors.contains(word), "\(answer.errors)")
      #expect(answer.output.isEmpty)
      if status != 64 { #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)") }
    }
  }

  @Test("doctor finds nothing wrong on a good database and says what a newer one needs")
  func doctor() async throws {
    try await TestCluster.withDatabase { url in
      let good = try Self.riskdeck(["doctor"], database: url)
      #expect(good.status == 0, "\(good.output)")
      _ = try Self.riskdeck(["status"], database: url)
      let connection = try await Connection.open(url)
      try await connection.execute("insert into riskdeck_schema.steps (number, name) values (999, 'future')")
      await connection.close()
      let newer = try Self.riskdeck(["doctor"], database: url)
      #expect(newer.status == 1)
      #expect(newer.output.contains("use the newer one"))
      #expect(try Self.riskdeck(["status"], database: url).status == 78)
    }
  }

  @Test("SIGTERM ends a run in good order and the log says who")
  func terminated() async throws {
    try await TestCluster.withDatabase { url in
      _ = try Self.riskdeck(["status"], database: url)
      let blocker = try await Connection.open(url)
      // The load waits for this lock, so the signal meets a run at work.
      try await blocker.execute("begin; lock table staging.raw_customers in access exclusive mode")
      let program = Process()
      program.executableURL = URL(fileURLWithPath: PtyProgram.product("riskdeck"))
      program.arguments = ["run", "--source", "demo", "--customers", "50"]
      program.environment = [
        "HOME": FileManager.default.temporaryDirectory.path,
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        "RISKDECK_DATABASE_URL": url, "RISKDECK_PROJECT_DIR": Repository.path(""), "MASKING_SALT": "test",
      ]
      program.standardOutput = FileHandle.nullDevice
      try program.run()
      let observer = try await Connection.open(url)
      while try await observer.query("select 1 from monitoring.task_attempts where state = 'running'")
        .rowCount == 0
      {
        try await Task.sleep(for: .milliseconds(20))
      }
      program.terminate()
      program.pollUntilExit()
      #expect(program.terminationStatus == 1)
      let row = try await observer.query("select state, reason from monitoring.runs").first
      #expect(row?[0] == "cancelled")
      #expect(row?[1] == "stopped by SIGTERM")
      await observer.close()
      await blocker.close()
    }
  }

  @Test("what cannot be is refused in one clear line")
  func refusals() async throws {
    try await TestCluster.withDatabase { url in
      func line(_ arguments: [String], _ status: Int32, _ environment: [String: String] = [:]) throws
        -> String
      {
        let answer = try Self.riskdeck(arguments, database: url, environment: environment)
        #expect(answer.status == status, "\(arguments): \(answer.errors)")
        let lines = answer.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(arguments): \(answer.errors)")
        return String(lines.last ?? "")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: Repository.path("queries/saved"))
      let name = String(try #require(names.filter { $0.hasSuffix(".sql") }.min()).dropLast(4))
      #expect(
        try line(["query", name + "x"], 1).contains("there is no saved query \(name)x; did you mean \(name)"))
      #expect(try line(["query", "qqqqqqqqqqqqqqqq"], 1).contains("; there are "))
      #expect(
        try line(["query", "select :n::int as n", "--set", "m=1"], 1)
          == "riskdeck: the query has no parameter m; it has n")
      #expect(
        try line(["status", "--database", "postgresql://[h/x"], 78)
          == "riskdeck: --database is no address of a database; write postgresql://USER@HOST:PORT/DATABASE")
      #expect(
        try line(["status"], 78, ["RISKDECK_DATABASE_URL": "postgresql://u:secret@[h/x"])
          == "riskdeck: RISKDECK_DATABASE_URL is no address of a database; write postgresql://USER@HOST:PORT/DATABASE"
      )
      #expect(
        try line(["run"], 78, ["RISKDECK_TASK_TIMEOUTS": "load"]).contains(
          "RISKDECK_TASK_TIMEOUTS: load is no"))
      #expect(
        try line(["run", "--source", "demo", "--customers", "30", "--task-timeout", "lode=1s"], 64)
          .contains("there is no task \"lode\""))
    }
  }

  @Test("a run that failed says why in one line on standard error; the rows that broke its test are kept")
  func failedRun() async throws {
    try await TestCluster.withDatabase { url in
      let copy = FileManager.default.temporaryDirectory.path + "/riskdeck-project-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: copy) }
      try FileManager.default.copyItem(atPath: Repository.path("queries"), toPath: copy + "/queries")
      try FileManager.default.copyItem(atPath: Repository.path("themes"), toPath: copy + "/themes")
      let test = copy + "/queries/tests/nobody_is_here.sql"
      try "select customer_id, full_name from {{ ref('customer_segmentation') }};\n".write(
        toFile: test, atomically: true, encoding: .utf8)
      let arguments = ["run", "--source", "demo", "--customers", "700"]
      let run = try Self.riskdeck(arguments, database: url, environment: ["RISKDECK_PROJECT_DIR": copy])
      #expect(run.status == 1)
      #expect(
        run.errors == "riskdeck: run 1 failed: test-marts: 1 of 80 data tests failed: nobody_is_here\n",
        "\(run.errors)")
      let connection = try await Connection.open(url)
      func rows(after: Int64) async throws -> FailingRows {
        let answer = try await PipelineDesk.answer(
          .failingRows(runID: 1, test: "nobody_is_here", after: after), from: connection)
        guard case .failingRows(let rows) = answer else { throw CancellationError() }
        return rows
      }
      let first = try await rows(after: 0)
      #expect(first.total == 700)
      #expect(first.table.rows.count == 500)
      #expect(first.table.columns.map(\.name) == ["failing_row", "customer_id", "full_name"])
      let rest = try await rows(after: 500)
      #expect(rest.table.rows.count == 200)
      #expect(rest.table.rows.first?[0] == .integer(501))
      // A run that tests it again and finds nothing leaves nothing behind.
      try "select 1 as one from {{ ref('customer_segmentation') }} where false\n".write(
        toFile: test, atomically: true, encoding: .utf8)
      let again = try Self.riskdeck(arguments, database: url, environment: ["RISKDECK_PROJECT_DIR": copy])
      #expect(again.status == 0, "\(again.errors)")
      let error = await #expect(throws: DeskError.self) { _ = try await rows(after: 0) }
      #expect(error?.code == .notFound)
      await connection.close()
    }
  }
}
