import ArgumentParser
import Pipeline

/// `riskdeck score`: scores events in files, without a database.
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Score events in files and write the scores as CSV.")

  @OptionGroup var options: EventFileOptions
  @Option(help: "One line an event.") var out: String
  @Option(help: "Also one line a customer and day.") var days: String?
  @Option(help: "Also one line a customer.") var customers: String?
  @Flag(help: "Print the summary as JSON.") var json = false

  private struct SummaryOutput: Encodable {
    let customers: Int
    let events: Int
    let levels: [String: Int]
    let rulesetVersion: String
    let notes: [String]
    let rejected: [EventFiles.RejectedRow]

    init(_ summary: ScoringEngine.Summary, rejected: [EventFiles.RejectedRow]) {
      self.rejected = rejected
      customers = summary.customers
      events = summary.events
      levels = Dictionary(uniqueKeysWithValues: zip(RiskLevel.allCases.map(\.rawValue), summary.levels))
      rulesetVersion = summary.rulesetVersion
      notes = summary.notes
    }
  }

  func run() async throws {
    let files = try options.rules()
    let loaded = try options.load()
    let reference = try DatabaseScoring.fittedReference(
      beside: options.ruleset.first ?? options.defaultRules(), version: files.ruleset.version)
    let engine = ScoringEngine(
      ruleset: files.ruleset, priors: files.priors, reference: reference, threads: options.threadCount)
    let tables = try await engine.tables(of: loaded.events)
    var texts = [(path: out, text: tables.events)]
    if let days { texts.append((days, tables.days)) }
    if let customers { texts.append((customers, tables.customers)) }
    try PrivateFile.replace(texts)
    print(
      json ? try encoded(SummaryOutput(tables.summary, rejected: loaded.rejects)) : tables.summary.description
    )
  }
}
