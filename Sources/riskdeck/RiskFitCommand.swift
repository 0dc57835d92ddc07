import ArgumentParser
import Pipeline

/// `riskdeck risk fit`: writes what is usual in a population beside the rules.
struct RiskFitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Learn what is usual and write reference.yml, which later scorings use.",
    discussion: "Without --source the raw tables of the database are read.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "files:DIR instead of the database.") var source: String?
  @Option(help: "Which column means what; default: mapping.yml in that folder.") var mapping: String?
  @Option(help: "Where to write; default: reference.yml beside the rules.") var out: String?
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() async throws {
    let session = try Session(options)
    let files = try RulesetFiles.read(session.project.risk)
    let engine = ScoringEngine(ruleset: files.ruleset, priors: files.priors, threads: 2)
    let reference: Reference
    if let source {
      let events = try EventFileOptions.parse(
        ["--source", source] + (mapping.map { ["--mapping", $0] } ?? [])
      ).load()
      reference = try await engine.prepare(events.events).scorer.reference
    } else {
      let connection = try await session.connect()
      reference = try await DatabaseScoring.fit(connection, engine)
      await connection.close()
    }
    let path = out ?? session.project.risk + "/reference.yml"
    let yaml = ReferenceFile(reference: reference, rulesetVersion: files.ruleset.version).yaml
    try PrivateFile.replace([(path, yaml)])
    let report = FitReport(
      file: path, rulesetVersion: files.ruleset.version, origin: reference.origin,
      curves: Statistic.allCases.count, priors: reference.priorCount)
    if json {
      print(try encoded(report))
    } else {
      print("\(report.origin); \(report.priors) of \(report.curves) curves are priors")
      print("written to \(path) for ruleset \(report.rulesetVersion)")
    }
  }
}

/// What `risk fit` learned from, and where it stands now.
private struct FitReport: Encodable {
  let file: String
  let rulesetVersion: String
  let origin: String
  let curves: Int
  /// Curves for which the data were too few.
  let priors: Int
}
