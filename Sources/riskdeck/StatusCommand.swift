import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck status`: what is published and how the last runs ended.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "What is published, and how the last run ended.")

  @OptionGroup var options: GlobalOptions
  @Flag(help: "Print a JSON object.") var json = false
  @Option(help: "Of how many runs.") var runs = 1

  func run() async throws {
    let connection = try await Session(options).connect()
    let reports = try await RunReportReader.latest(max(runs, 1), from: connection)
    let publication = try await connection.transaction("read only") {
      try await PublicationReader.current($0)
    }
    let late = try await ServiceLevels.read(from: connection).lateness(
      run: reports.first, publication: publication, now: Date().timeIntervalSince1970)
    await connection.close()
    if json {
      print(RunReportText.json(publication: publication, runs: reports, late: late))
      return
    }
    if let publication {
      print(
        "published: run \(publication.runID) of \(publication.source), \(RunReportText.utc(publication.publishedAt))"
      )
    } else {
      print("published: nothing yet; riskdeck run loads demo data")
    }
    for lateness in late { print("late: \(lateness)") }
    for report in reports { print(RunReportText.summary(report)) }
  }
}
