import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck metrics`: the state of runs and data for a monitoring system.
struct MetricsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Print runs, data and schedules as OpenMetrics text, for node_exporter's textfile collector.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "Replace this file instead, in one step; the collector reads names that end in .prom.")
  var output: String?

  func run() async throws {
    let connection = try await Session(options).connect()
    let document = try await Metrics.document(
      version: Riskdeck.version, now: Date().timeIntervalSince1970, on: connection)
    await connection.close()
    guard let output else {
      print(document, terminator: "")
      return
    }
    try Metrics.write(document, to: output)
  }
}
