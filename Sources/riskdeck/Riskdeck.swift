import ArgumentParser
import Glibc
import Pipeline
import Postgres
import Workstation

/// The program: one sub-command a file, wired together here.
///
/// Every command states its name: one derived from its type costs a search of the whole program at each start.
@main
struct Riskdeck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "riskdeck",
    abstract: "Customer risk and fraud analysis in the terminal.",
    discussion: """
      Without a command the workstation opens.

      Exit codes: 0 done; 1 a run, test or check failed; 64 wrong usage; 69 no database; \
      75 another run is at work, or somebody else was faster; 77 not allowed; 78 wrong configuration.
      """,
    version: version,
    subcommands: [
      WorkstationCommand.self, TourCommand.self, TourSweepCommand.self, RunCommand.self,
      ResumeCommand.self, CancelCommand.self, StatusCommand.self,
      SnapshotCommand.self, ScheduleCommand.self, DaemonCommand.self, HookCommand.self, LimitsCommand.self,
      MetricsCommand.self,
      CasesCommand.self, CustomerCommand.self,
      QueryCommand.self, ExportCommand.self, ReportCommand.self, DatabaseCommand.self, ConnectionCommand.self,
      AuditCommand.self, PurgeCommand.self,
      ForgetCommand.self, LicensesCommand.self, DoctorCommand.self, RiskCommand.self, ScoreCommand.self,
      ModelsBuildCommand.self, ModelsRunCommand.self, ModelsTestCommand.self, ModelsCompileCommand.self,
      ModelsListCommand.self, ModelsDocsCommand.self, ModelsFreshnessCommand.self, ModelsSeedCommand.self,
      ImportCommand.self,
    ],
    defaultSubcommand: WorkstationCommand.self)

  /// Ends as the parser does: with help, the version or wrong usage, in the language of the process.
  private static func leave(with error: any Error, of command: (any ParsableCommand.Type)?) -> Never {
    let language = ProgramLanguage.current.language
    let code = exitCode(for: error)
    if language.isEnglish, code.isSuccess { exit(withError: error) }
    var message = fullMessage(for: error)
    // Thrown by a command at work, it knows no command and would show the program's own usage.
    if error is ValidationError, let command {
      message = "Error: \(error)\nUsage: \(usageString(for: command))"
    }
    if code.isSuccess, message.contains("USAGE: ") {
      let arguments = Array(CommandLine.arguments.dropFirst())
      let width = terminalWidth
      if let help = try? HelpText(language: language, description: _dumpHelp()) {
        print(help.text(for: arguments, width: width))
        Glibc.exit(code.rawValue)
      }
    }
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map {
      printable(language(String($0)))
    }
    if code.isSuccess { print(lines.joined(separator: "\n")) } else { write(lines.joined(separator: "\n")) }
    Glibc.exit(code.rawValue)
  }

  private static func write(_ text: String) {
    guard !text.isEmpty else { return }
    let line = text + "\n"
    _ = line.withCString { Glibc.write(2, $0, strlen($0)) }
  }

  /// Columns of the terminal, for help; 80 where there is none.
  private static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return max(60, min(120, Int(size.ws_col)))
  }

  static let version = "0.1.0"

  /// The command that the arguments ask for.
  private static func parsed() throws -> any ParsableCommand {
    // Options without a command are the workstation's. The tree of all commands takes a sixth of the time to its first
    // frame, and is built where these options are not understood, so that help and errors are the program's.
    if CommandLine.arguments.dropFirst().first?.hasPrefix("-") ?? true,
      let workstation = try? WorkstationCommand.parse()
    {
      return workstation
    }
    return try parseAsRoot()
  }

  static func main() async {
    forbidCoreDumps()
    var ran: (any ParsableCommand.Type)?
    do {
      var command = try parsed()
      ran = type(of: command)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard let code = ExitStatus(of: error) else { leave(with: error, of: ran) }
      printError("\(error)")
      Glibc.exit(code.rawValue)
    }
  }
}

/// What the program ends with; documented in its help and in docs/commands.md.
enum ExitStatus: Int32 {
  case failed = 1
  case usage = 64
  case noDatabase = 69
  case busy = 75
  case forbidden = 77
  case configuration = 78

  /// The status for an error of this program; nil for those ArgumentParser explains itself.
  init?(of error: any Error) {
    switch error {
    case let error as PostgresError:
      switch error.code {
      case .connectionFailed, .connectionLost, .embeddedServer: self = .noDatabase
      case .server, .cancelled, .protocolMisuse: self = .failed
      }
    case let error as CaseError:
      switch error.code {
      case .overtaken: self = .busy
      case .invalid: self = .usage
      case .forbidden: self = .forbidden
      case .notFound, .refused: self = .failed
      }
    case let error as RunError:
      switch error.code {
      case .busy: self = .busy
      case .invalid: self = .usage
      case .failed, .cancelled, .timedOut: self = .failed
      }
    case let error as ModelError where error.code == .selection: self = .usage
    case let error as ModelError where error.code == .busy: self = .busy
    case let error as PrivacyError where error.code == .file: self = .failed
    case is Pipeline.ConfigurationError, is PrivacyError, is DashboardFileError: self = .configuration
    case let error as AccessError:
      self = error.code == .forbidden ? .forbidden : error.code == .brokenChain ? .failed : .configuration
    case let error as ExtractError where error.code == .badSpecification: self = .usage
    case is ExitCode, is CleanExit, is ValidationError: return nil
    default:
      // A parsing error of ArgumentParser's own, which prints usage, or any other error of ours.
      if "\(type(of: error))" == "CommandError" { return nil }
      self = .failed
    }
  }
}

/// One line on standard error, with the program's name, in the language of the process. What came from outside is made
/// printable.
func printError(_ message: String) {
  let shown = ProgramLanguage.current.language(message).split(
    separator: "\n", omittingEmptySubsequences: false
  )
  .map { printable(String($0)) }
  let line = "riskdeck: \(shown.joined(separator: "\n"))\n"
  _ = line.withCString { write(2, $0, strlen($0)) }
}
