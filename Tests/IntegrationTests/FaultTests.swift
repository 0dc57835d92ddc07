import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// Whatever happens to a run or its server: what was published stays whole and readable, nothing is half-written, the run
/// log tells the truth, and the next run ends as if nothing had happened.
///
/// Two seeds of the demo source take turns. Every fault hits a run of one while the other is published; then that run
/// is made again and must publish exactly what an undisturbed one does.
@Suite("faults", .serialized)
struct FaultTests {
  static let customers = 120
  static let tables = ["customer_segmentation", "fraud_analytics", "high_value_customers"]

  /// A database with two known outcomes to take turns with.
  actor Stage {
    let url: String
    private let expected: [Int: String]
    private var published: Int

    init(url: String) async throws {
      self.url = url
      var expected: [Int: String] = [:]
      for seed in [1, 2] {
        let run = try CommandTests.riskdeck(Stage.arguments(seed), database: url)
        try #require(run.status == 0, "\(run.errors)\(run.output)")
        expected[seed] = try await Stage.digest(url)
      }
      self.expected = expected
      published = 2
      #expect(expected[1] != expected[2])
    }

    /// The seed whose data are not published.
    var next: Int { 3 - published }

    static func arguments(_ seed: Int) -> [String] {
      ["run", "--source", "demo", "--customers", "\(FaultTests.customers)", "--seed", "\(seed)"]
    }

    static func digest(_ url: String) async throws -> String {
      let connection = try await Connection.open(url)
      var digest = ""
      for table in FaultTests.tables {
        let row = try await connection.query(
          "select md5(string_agg((to_jsonb(m) - 'run_id')::text, '|' order by customer_id)) from analytics.\(table) m"
        )
        digest += (row.first?[0] ?? "none") + " "
      }
      await connection.close()
      return digest
    }

    /// Whether the last run's publication was started; before that nothing of it may be seen.
    func hasBegunPublishing() async throws -> Bool {
      let connection = try await Connection.open(url)
      let begun = try await connection.query(
        """
        select 1 from monitoring.task_attempts
        where run_id = (select max(run_id) from monitoring.runs) and task = 'publish' and state <> 'queued'
        """)
      await connection.close()
      return begun.rowCount > 0
    }

    /// What readers see is what was published before.
    func checkUntouched(_ what: String) async throws {
      #expect(try await Stage.digest(url) == expected[published], "\(what)")
    }

    /// The log calls the last run by the right name, the next run succeeds, and its data are those of an undisturbed one.
    func checkRecovery(_ what: String, lastState: Set<RunReport.State>) async throws {
      let connection = try await Connection.open(url)
      let last = try await RunReportReader.latest(1, from: connection).first
      await connection.close()
      if let last { #expect(lastState.contains(last.state), "\(what): \(last.state)") }
      let seed = next
      let run = try CommandTests.riskdeck(Stage.arguments(seed), database: url)
      #expect(run.status == 0, "\(what): \(run.errors)\(run.output)")
      published = seed
      #expect(try await Stage.digest(url) == expected[seed], "\(what)")
    }

    /// The published seed after a run that was disturbed but ended well.
    func noteSuccess() async throws {
      published = next
      #expect(try await Stage.digest(url) == expected[published])
    }
  }

  /// Starts a run that may be disturbed.
  static func start(_ stage: Stage, _ more: [String] = []) async throws -> Process {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: PtyProgram.product("riskdeck"))
    program.arguments = Stage.arguments(await stage.next) + more
    program.environment = [
      "HOME": FileManager.default.temporaryDirectory.path,
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
      "RISKDECK_DATABASE_URL": stage.url, "RISKDECK_PROJECT_DIR": Repository.path(""), "MASKING_SALT": "test",
    ]
    program.standardInput = FileHandle.nullDevice
    program.standardOutput = FileHandle.nullDevice
    program.standardError = FileHandle.nullDevice
    try program.run()
    return program
  }

  /// Waits until a query has a row, while the program runs.
  static func wait(_ program: Process, _ url: String, _ sql: String, _ binds: [Bind] = []) async throws {
    let connection = try await Connection.open(url)
    while program.isRunning {
      if try await connection.query(sql, binds).rowCount > 0 { break }
    }
    await connection.close()
  }

  @Test("kill -9 of the run at each task and at twenty other moments")
  func killedRuns() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      for task in try PipelineRun.graph().tasks.map(\.name) {
        let program = try await Self.start(stage)
        try await Self.wait(
          program, url,
          """
          select 1 from monitoring.task_attempts
          where run_id = (select max(run_id) from monitoring.runs where state = 'running') and task = $1
            and state in ('running', 'success')
          """, [.text(task)])
        kill(program.processIdentifier, SIGKILL)
        program.pollUntilExit()
        // A kill that came after the end has hit nothing.
        if program.terminationReason == .exit, program.terminationStatus == 0 {
          try await stage.noteSuccess()
          continue
        }
        // A busy machine kills later than was meant: the publication may have been committed, and the run may have ended.
        let isLate = try await stage.hasBegunPublishing()
        if !isLate { try await stage.checkUntouched("killed at \(task)") }
        try await stage.checkRecovery(
          "killed at \(task)", lastState: isLate ? [.crashed, .running, .success] : [.crashed, .running])
      }
      for _ in 0..<20 {
        let program = try await Self.start(stage)
        let moment = Int.random(in: 0...900)
        try await Task.sleep(for: .milliseconds(moment))
        kill(program.processIdentifier, SIGKILL)
        program.pollUntilExit()
        if program.terminationReason == .exit, program.terminationStatus == 0 {
          try await stage.noteSuccess()
        } else {
          try await stage.checkRecovery(
            "killed after \(moment) ms", lastState: [.crashed, .success, .running])
        }
      }
    }
  }

  @Test("kill -9 of the whole database server at five moments of a run")
  func killedServer() async throws {
    let folder = "/tmp/rd-fault-\(getpid())"
    let server = try EmbeddedServer(root: folder + "/server")
    let url = try await server.ensureRunning()
    do {
      let stage = try await Stage(url: url)
      for moment in [50, 150, 300, 500, 800] {
        let program = try await Self.start(stage)
        try await Task.sleep(for: .milliseconds(moment))
        if let postmaster = server.status().processID {
          let pids = Self.children(of: postmaster) + [postmaster]
          for process in pids { kill(process, SIGKILL) }
          // The kill is asked for at once and done a moment later.
          for process in pids { while kill(process, 0) == 0 { usleep(1_000) } }
        }
        program.pollUntilExit()
        try await server.ensureRunning()
        if program.terminationStatus == 0, program.terminationReason == .exit {
          try await stage.noteSuccess()
        } else {
          try await stage.checkRecovery(
            "server killed after \(moment) ms", lastState: [.crashed, .failed, .success, .cancelled])
        }
      }
    } catch {
      try await server.reset()
      throw error
    }
    try await server.reset()
    try? FileManager.default.removeItem(atPath: folder)
  }

  @Test("a run that is started while the server recovers from a crash waits for it and succeeds")
  func startedInRecovery() async throws {
    let folder = "/tmp/rd-recovery-\(getpid())"
    let server = try EmbeddedServer(root: folder + "/server")
    let url = try await server.ensureRunning()
    do {
      let stage = try await Stage(url: url)
      for _ in 0..<3 {
        // A server process that dies makes the server end all sessions and recover.
        let victim = try await Connection.open(url)
        kill(try await victim.backendProcessID, SIGKILL)
        let program = try await Self.start(stage)
        program.pollUntilExit()
        #expect(program.terminationStatus == 0)
        try await stage.noteSuccess()
        await victim.close()
      }
    } catch {
      try await server.reset()
      throw error
    }
    try await server.reset()
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static func children(of process: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { candidate in
      guard let status = try? String(contentsOfFile: "/proc/\(candidate)/stat", encoding: .utf8),
        let rest = status.split(separator: ")").last
      else { return false }
      let fields = rest.split(separator: " ")
      return fields.count > 1 && fields[1] == "\(process)"
    }
  }

  @Test("a connection that is cut in the middle of a COPY is made again, and the run succeeds")
  func cutConnection() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      let blocker = try await Connection.open(url)
      // The extraction gets as far as this table and waits there, whatever the speed of the machine.
      try await blocker.execute("begin; lock table staging.incoming_customers in access exclusive mode")
      let program = try await Self.start(stage)
      let loading = "application_name = 'riskdeck run: extract-customers' and datname = current_database()"
      try await Self.wait(
        program, url, "select 1 from pg_stat_activity where \(loading) and wait_event_type = 'Lock'")
      let observer = try await Connection.open(url)
      try await observer.query("select pg_terminate_backend(pid) from pg_stat_activity where \(loading)")
      try await blocker.execute("commit")
      program.pollUntilExit()
      #expect(program.terminationStatus == 0)
      try await stage.noteSuccess()
      let attempts = try await observer.query(
        """
        select state from monitoring.task_attempts
        where task = 'extract-customers' and run_id = (select max(run_id) from monitoring.runs) order by attempt
        """)
      #expect(attempts.rows.map { $0[0] } == ["failed", "success"])
      await observer.close()
      await blocker.close()
    }
  }

  @Test("a statement timeout of the server fails the run and nothing else")
  func statementTimeout() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      let administrator = try await Connection.open(url)
      let name = try quotedIdentifier(
        try await administrator.query("select current_database()").first?[0] ?? "")
      try await administrator.execute("alter database \(name) set statement_timeout = '3ms'")
      let program = try await Self.start(stage)
      program.pollUntilExit()
      #expect(program.terminationStatus != 0)
      try await administrator.execute(
        "set statement_timeout = 0; alter database \(name) reset statement_timeout")
      try await stage.checkUntouched("statement timeout")
      try await stage.checkRecovery(
        "statement timeout", lastState: [.failed, .cancelled, .success, .crashed])
      await administrator.close()
    }
  }

  @Test("a full disk fails the run with one line and leaves what is published")
  func fullDisk() async throws {
    let folder = "/tmp/rd-small-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func shell(_ words: String...) throws -> Int32 {
      let program = Process()
      program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      program.arguments = words
      program.standardError = FileHandle.nullDevice
      try program.run()
      program.pollUntilExit()
      return program.terminationStatus
    }
    // A tablespace on a disk of 3 MB: temporary tables and new models go there.
    guard try shell("mount", "-t", "tmpfs", "-o", "size=3m,mode=777", "tmpfs", folder) == 0 else {
      print("notice: a small disk cannot be mounted here, the test of a full one is skipped")
      return
    }
    defer {
      _ = try? shell("umount", folder)
      try? FileManager.default.removeItem(atPath: folder)
    }
    let space = folder + "/space"
    try FileManager.default.createDirectory(atPath: space, withIntermediateDirectories: true)
    if geteuid() == 0, let owner = getpwnam("postgres") {
      chown(space, owner.pointee.pw_uid, owner.pointee.pw_gid)
    }
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      let administrator = try await Connection.open(url)
      let name = try quotedIdentifier(
        try await administrator.query("select current_database()").first?[0] ?? "")
      let small = try quotedIdentifier("small_\(getpid())")
      try await administrator.execute("create tablespace \(small) location \(try quotedLiteral(space))")
      try await administrator.execute("grant create on tablespace \(small) to riskdeck_pipeline")
      try await administrator.execute(
        "alter database \(name) set default_tablespace = \(small); alter database \(name) set temp_tablespaces = \(small)"
      )
      let answer = try CommandTests.riskdeck(
        ["run", "--source", "demo", "--customers", "3000", "--seed", "9"], database: url)
      #expect(answer.status == 1)
      #expect(
        answer.output.contains("No space left on device") || answer.output.contains("53100"),
        "\(answer.output)")
      try await administrator.execute(
        "alter database \(name) reset default_tablespace; alter database \(name) reset temp_tablespaces")
      try await stage.checkUntouched("full disk")
      try await stage.checkRecovery("full disk", lastState: [.failed])
      await administrator.close()
      let cleaner = try await Connection.open(url)
      try await cleaner.execute("drop tablespace \(small)")
      await cleaner.close()
    }
  }

  @Test("of two runs started at once one is told of the other, and one succeeds")
  func twoAtOnce() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      let programs = [try await Self.start(stage), try await Self.start(stage)]
      for program in programs { program.pollUntilExit() }
      #expect(programs.map(\.terminationStatus).sorted() == [0, 75])
      try await stage.noteSuccess()
    }
  }

  @Test("a run that is stopped and continued goes on; SIGHUP, SIGINT and SIGTERM end it in good order")
  func signals() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      for stop in [SIGSTOP, SIGTSTP] {
        let stopped = try await Self.start(stage)
        try await Task.sleep(for: .milliseconds(150))
        kill(stopped.processIdentifier, stop)
        try await Task.sleep(for: .milliseconds(300))
        kill(stopped.processIdentifier, SIGCONT)
        stopped.pollUntilExit()
        #expect(stopped.terminationStatus == 0)
        try await stage.noteSuccess()
      }
      for (number, name) in [(SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
        let program = try await Self.start(stage)
        try await Self.wait(
          program, url, "select 1 from monitoring.task_attempts where state = 'running'")
        kill(program.processIdentifier, number)
        program.pollUntilExit()
        if program.terminationStatus == 0 {
          try await stage.noteSuccess()
        } else {
          try await stage.checkUntouched(name)
          try await stage.checkRecovery(name, lastState: [.cancelled])
        }
      }
    }
  }

  @Test("a model that fails is named, with its reason, and nothing is published")
  func failingModel() async throws {
    try await TestCluster.withDatabase { url in
      let stage = try await Stage(url: url)
      let copy = FileManager.default.temporaryDirectory.path + "/riskdeck-project-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: copy) }
      try FileManager.default.copyItem(atPath: Repository.path("queries"), toPath: copy + "/queries")
      try FileManager.default.copyItem(atPath: Repository.path("themes"), toPath: copy + "/themes")
      let model = copy + "/queries/models/marts/high_value_customers.sql"
      let text = try String(contentsOfFile: model, encoding: .utf8)
      try (text + "\n, 1 / 0").write(toFile: model, atomically: true, encoding: .utf8)
      let answer = try CommandTests.riskdeck(
        Stage.arguments(await stage.next), database: url, environment: ["RISKDECK_PROJECT_DIR": copy])
      #expect(answer.status == 1)
      #expect(answer.output.contains("high_value_customers"), "\(answer.output)")
      try await stage.checkUntouched("failing model")
      try await stage.checkRecovery("failing model", lastState: [.failed])
    }
  }
}
