import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck query`: a saved query by name, or SQL, in a read-only transaction.
struct QueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Answer a saved query (queries/saved/NAME.sql) or an SQL text, read-only.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "A saved query's name, or SQL.") var query: String
  @Option(help: "table, csv or json.") var format: TableFormat = .table
  @Option(name: .customLong("set"), help: "A :parameter's value, as name=value; may be repeated.")
  var parameters: [String] = []

  func run() async throws {
    let session = try Session(options)
    let saved = SavedQueries(folder: session.project.saved).query(named: query)
    var values: [String: String] = [:]
    for parameter in saved?.parameters ?? [] { values[parameter.name] = parameter.defaultValue }
    for parameter in parameters {
      guard let equals = parameter.firstIndex(of: "=") else {
        throw ValidationError("--set takes name=value, not \(parameter)")
      }
      values[String(parameter[..<equals])] = String(parameter[parameter.index(after: equals)...])
    }
    let connection = try await session.connectReading()
    let table = try await ReadOnlyQuery.answer(
      saved?.sql ?? query, parameters: values, keepsTimeText: true, from: connection)
    await connection.close()
    format.write(table)
  }
}
