import ArgumentParser
import Glibc
import Pipeline

/// Events in files.
struct EventFileOptions: ParsableArguments {
  @Option(name: [.customLong("source"), .customLong("events")], help: "Where the events are: files:DIR.")
  var source: String?

  @Option(help: "Which column means what; default: mapping.yml in that folder.")
  var mapping: String?

  @Option(
    help: "The folder or file of the rules; default: queries/risk of the project. Twice: two to compare.")
  var ruleset: [String] = []

  @Option(help: "The folder that holds queries/ and themes/ (or RISKDECK_PROJECT_DIR).")
  var projectDir: String?

  @Option(help: "Customers scored side by side; default: one a core.")
  var threads: Int?

  @Option(help: "Write the rejected rows: file, line, reason.")
  var rejects: String?

  var threadCount: Int { max(1, threads ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// - Parameter labels: a file that says which events are frauds, instead of the mapping's label column.
  func load(labels: String? = nil) throws -> EventFiles.Loaded {
    guard let source, source.hasPrefix("files:") else {
      throw ValidationError("--source takes files:DIR, not \(source ?? "nothing")")
    }
    let folder = String(source.dropFirst("files:".count))
    let files = EventFiles(
      folder: folder, mapping: try EventMapping.read(mapping ?? "\(folder)/mapping.yml"))
    var loaded = try files.load()
    if let labels { try files.readLabels(labels, into: &loaded) }
    if let rejects { try PrivateFile.replace([(rejects, loaded.rejectTable)]) }
    for reject in loaded.rejects.prefix(10) {
      printError("\(reject.file):\(reject.line): rejected: \(reject.reason)")
    }
    let count = loaded.rejects.count
    if count > 0 {
      let more = count > 10 && rejects == nil ? "; --rejects FILE names them all" : ""
      printError(
        "\(count) rows rejected, \(loaded.eventCount) events of \(loaded.customerCount) customers read\(more)"
      )
    }
    guard loaded.eventCount > 0 || count == 0 else {
      throw ScoringError(.data, "not one event could be read: all rows were rejected")
    }
    return loaded
  }

  func rules(_ other: String? = nil) throws -> RulesetFiles {
    if let named = other ?? ruleset.first { return try RulesetFiles.read(named) }
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

  @Option(help: "A CSV that says which events are frauds, instead of the mapping's label column.")
  var labels: String?

  @Option(help: "Without --source: the PostgreSQL URL whose orders and closed cases are measured.")
  var database: String?

  @Flag(help: "Let outcomes older than the ruleset's delay feed later events.")
  var feedback = false

  @Option(help: "Days at the end that are ranked.")
  var testDays = 50.0

  @Option(help: "Days at the beginning that are too young to learn from.")
  var warmUpDays = 30.0

  @Option(help: "Customers a day that can be looked at, for the precision of the day's first.")
  var capacity = 100

  private var settings: Evaluation.Settings {
    var settings = Evaluation.Settings()
    settings.usesOutcomes = feedback
    settings.testDays = testDays
    settings.warmUpDays = warmUpDays
    settings.dailyCapacity = capacity
    settings.threads = events.threadCount
    return settings
  }

  func validate() throws {
    if let problem = settings.problem { throw ValidationError(problem) }
  }

  func evaluation(_ files: RulesetFiles, usesOutcomes: Bool? = nil) async throws -> Evaluation {
    var settings = settings
    settings.usesOutcomes = usesOutcomes ?? feedback
    return try Evaluation(try await known(), files: files, settings: settings)
  }

  private func known() async throws -> EventFiles.Loaded {
    if events.source != nil { return try events.load(labels: labels) }
    guard labels == nil else { throw ValidationError("--labels needs --source files:DIR") }
    var arguments: [String] = []
    if let database { arguments += ["--database", database] }
    if let folder = events.projectDir { arguments += ["--project-dir", folder] }
    let connection = try await Session(try GlobalOptions.parse(arguments)).connect()
    do {
      let known = try await DatabaseScoring.known(connection)
      await connection.close()
      return known
    } catch {
      await connection.close()
      throw error
    }
  }
}
