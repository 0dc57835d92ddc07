import ArgumentParser
import Glibc
import Pipeline

/// Events in files, for the commands that need no database.
struct EventFileOptions: ParsableArguments {
  @Option(help: "Where the events are: files:DIR.")
  var source: String

  @Option(help: "Which column means what; default: mapping.yml in that folder.")
  var mapping: String?

  @Option(help: "The folder or file of the rules; default: queries/risk of the project.")
  var ruleset: String?

  @Option(help: "The folder that holds queries/ and themes/ (or RISKDECK_PROJECT_DIR).")
  var projectDir: String?

  @Option(help: "Customers scored side by side; default: one a core.")
  var threads: Int?

  var threadCount: Int { max(1, threads ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  func load() throws -> EventFiles.Loaded {
    guard source.hasPrefix("files:") else {
      throw ValidationError("--source takes files:DIR, not \(source)")
    }
    let folder = String(source.dropFirst("files:".count))
    let loaded = try EventFiles(
      folder: folder, mapping: try EventMapping.read(mapping ?? "\(folder)/mapping.yml")
    ).load()
    for reject in loaded.rejects.prefix(10) { printError("\(reject.record): rejected: \(reject.reason)") }
    if loaded.rejectCount > 0 {
      printError(
        "\(loaded.rejectCount) rows rejected, \(loaded.eventCount) events of \(loaded.customerCount) customers read"
      )
    }
    return loaded
  }

  func rules(_ other: String? = nil) throws -> RulesetFiles {
    if let named = other ?? ruleset { return try RulesetFiles.read(named) }
    return try RulesetFiles.read(defaultRules())
  }

  func defaultRules() throws -> String {
    try ProjectFolder.find(
      explicit: projectDir, variables: try Variables.current(), executable: Session.executablePath
    ).risk
  }
}

/// Options of what is measured on known frauds.
struct EvaluationOptions: ParsableArguments {
  @OptionGroup var events: EventFileOptions

  @Flag(help: "Let outcomes older than the ruleset's delay feed later events.")
  var feedback = false

  @Option(help: "Days at the end that are ranked.")
  var testDays = 50.0

  @Option(help: "Days at the beginning that are too young to learn from.")
  var warmUpDays = 30.0

  @Option(help: "Customers a day that can be looked at, for the precision of the day's first.")
  var capacity = 100

  func evaluation(_ files: RulesetFiles, usesOutcomes: Bool? = nil) throws -> Evaluation {
    var settings = Evaluation.Settings()
    settings.usesOutcomes = usesOutcomes ?? feedback
    settings.testDays = testDays
    settings.warmUpDays = warmUpDays
    settings.dailyCapacity = max(1, capacity)
    settings.threads = events.threadCount
    return try Evaluation(try events.load(), files: files, settings: settings)
  }
}

/// Writes a text file whole, or says why not.
func writeText(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else {
    throw ScoringError(.data, place: path, "cannot be written: \(String(cString: strerror(errno)))")
  }
  let written = fputs(text, file)
  guard fclose(file) == 0, written >= 0 else {
    throw ScoringError(.data, place: path, "cannot be written: \(String(cString: strerror(errno)))")
  }
}
