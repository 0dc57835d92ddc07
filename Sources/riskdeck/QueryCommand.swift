import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck query`: a saved query by name, or SQL, in a read-only transaction.
struct QueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Answer a saved query (queries/saved/NAME.sql) or an SQL text, read-only.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "A saved query's name, or SQL.") var query: String
  @Option(help: "table, csv, json, ndjson, markdown or html.") var format: TableFormat = .table
  @Option(name: .customLong("set"), help: "A :parameter's value, as name=value; may be repeated.")
  var parameters: [String] = []

  func run() async throws {
    let session = try Session(options)
    let asked = try QuestionText(query, parameters: parameters, session)
    let connection = try await session.connectReading()
    if let export = format.export {
      _ = try await ReadOnlyQuery.export(
        asked.sql, parameters: asked.values, as: export.formatter(title: asked.title), from: connection
      ) { try writeOutput($0) }
    } else {
      format.write(
        try await ReadOnlyQuery.answer(
          asked.sql, parameters: asked.values, keepsTimeText: true, from: connection))
    }
    await connection.close()
  }
}
