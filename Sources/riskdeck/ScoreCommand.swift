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

  func run() async throws {
    let files = try options.rules()
    let loaded = try options.load()
    let reference = try DatabaseScoring.fittedReference(
      beside: options.ruleset ?? options.defaultRules(), version: files.ruleset.version)
    let engine = ScoringEngine(
      ruleset: files.ruleset, priors: files.priors, reference: reference, threads: options.threadCount)
    let tables = try await engine.tables(of: loaded.events)
    try writeText(tables.events, to: out)
    if let days { try writeText(tables.days, to: days) }
    if let customers { try writeText(tables.customers, to: customers) }
    print(tables.summary.description)
  }
}
