import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck db`: the embedded PostgreSQL cluster.
struct DatabaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db",
    abstract: "The embedded database: a private PostgreSQL cluster of your own.",
    subcommands: [Start.self, Stop.self, Status.self, URL.self, Reset.self, Distribute.self])

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start",
      abstract: "Start it, making it first where there is none.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let server = try Session(options).embeddedServer
      print(try await server.start() ? "started" : "already running")
    }
  }

  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stop", abstract: "Stop it; nothing is lost.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      print(try await Session(options).embeddedServer.stop() ? "stopped" : "not running")
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status",
      abstract: "Say whether it runs, and where; 1 where it does not.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let status = try Session(options).embeddedServer.status()
      let version = status.majorVersion.map { "PostgreSQL \($0)" } ?? "no database yet"
      guard status.isRunning else {
        print("not running, \(version), \(status.root)")
        throw ExitCode(ExitStatus.failed.rawValue)
      }
      print("running, \(version), process \(status.processID ?? 0), \(status.root)")
    }
  }

  struct URL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "url",
      abstract: "Print its URL, for psql and other programs (starts it).")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      print(try await Session(options).embeddedServer.ensureRunning())
    }
  }

  struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset", abstract: "Stop it and delete all its data.")
    @OptionGroup var options: GlobalOptions
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
      let server = try Session(options).embeddedServer
      if !yes {
        print("Delete the database at \(server.status().root) with all its data? Type yes: ", terminator: "")
        guard readLine() == "yes" else {
          print("nothing was deleted")
          throw ExitCode(ExitStatus.failed.rawValue)
        }
      }
      try await server.reset()
      print("deleted")
    }
  }

  struct Distribute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "distribute",
      abstract: "On Citus: put customers' tables on all nodes, by customer; may be repeated.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let connection = try await Session(options).connect()
      let outcome = try await Distribution.apply(on: connection)
      await connection.close()
      switch outcome {
      case .notInstalled:
        print("the extension citus is not installed in this database; nothing was changed")
      case .placed(let tables):
        print(
          tables.isEmpty ? "all tables are placed already" : "placed " + tables.joined(separator: ", "))
      }
    }
  }
}
