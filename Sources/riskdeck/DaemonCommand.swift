import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck daemon`: starts scheduled runs.
struct DaemonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daemon",
    abstract: "Start scheduled runs, and tell hooks of what is late; ends on SIGTERM.",
    discussion: """
      One daemon of a database leads; others wait and take over when it is gone. SIGTERM ends the run it started \
      in good order; published data stay as they are.
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let session = try Session(options)
    let connection = try await session.connect(for: .runPipeline)
    await connection.close()
    let url = try await session.databaseURL()
    // The child finds its database as this process did, so that no password stands in its arguments.
    var program = [Session.executablePath, "run", "--wait", "--project-dir", session.project.path]
    if let database = options.database { program += ["--database", database] }
    if let role = options.role { program += ["--role", role] }
    let daemon = ScheduleDaemon(database: url, program: program, who: Session.whoAmI) { line in
      // The journal adds the time.
      printError(line)
    }
    let signals = EndingSignals()
    try await daemon.run(until: signals.reasons)
  }
}
