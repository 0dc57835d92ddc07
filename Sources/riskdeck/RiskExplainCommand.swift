import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck risk explain`: why a customer has the score.
struct RiskExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say why a customer has the score: factors, evidences, rules.",
    discussion: "Without --source the scores of the last run are read.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The customer's id.") var customer: Int64
  @Option(help: "files:DIR instead of the database.") var source: String?
  @Option(help: "Which column means what; default: mapping.yml in that folder.") var mapping: String?
  @Option(help: "With --source: the folder or file of the rules; default: queries/risk of the project.")
  var ruleset: String?
  @Flag(help: "Print JSON instead of text.") var json = false

  func validate() throws {
    guard ruleset == nil || source != nil else {
      throw ValidationError("--ruleset needs --source: the database holds the scores of the last run")
    }
  }

  func run() async throws {
    let session = try Session(options)
    if let source {
      let rules = ruleset ?? session.project.risk
      let files = try RulesetFiles.read(rules)
      let loaded = try EventFileOptions.parse(
        ["--source", source] + (mapping.map { ["--mapping", $0] } ?? [])
      ).load()
      let reference = try DatabaseScoring.fittedReference(beside: rules, version: files.ruleset.version)
      let engine = ScoringEngine(
        ruleset: files.ruleset, priors: files.priors, reference: reference, threads: 2)
      let prepared = try await engine.prepare(loaded.events)
      guard let assessment = prepared.scorer.assess(customer, in: loaded.events) else { throw unknown }
      try show(assessment.explanation(rulesetVersion: files.ruleset.version))
      for note in prepared.summary.notes { printError("note: \(note)") }
      return
    }
    let connection = try await session.connect()
    let explanation = try await DatabaseScoring.explanation(of: customer, connection)
    await connection.close()
    guard let explanation else { throw unknown }
    try show(explanation)
  }

  private func show(_ explanation: Explanation) throws {
    if json { print(try encoded(explanation)) } else { print(explanation.text, terminator: "") }
  }

  private var unknown: ScoringError { ScoringError(.data, "customer \(customer) has no score") }
}
