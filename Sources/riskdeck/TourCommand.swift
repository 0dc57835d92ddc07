import ArgumentParser
import Foundation
import Glibc
import Pipeline
import Terminal
import Workstation

/// `riskdeck tour`: the guided tour on demo data, in a database of its own that is deleted afterwards.
struct TourCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "A guided tour on made-up data, in a database of its own that is deleted afterwards.",
    discussion: """
      Nothing of yours is read or changed: the database and all files lie in a temporary folder, which goes \
      away however the tour ends.
      """)

  @Option(help: "The folder that holds queries/ and themes/ (or RISKDECK_PROJECT_DIR).")
  var projectDir: String?
  @Option(help: "Customers to make up.") var customers: Int64 = 2_000
  @Option(help: "A theme's name.") var theme: String?
  @Flag(help: "Print screens as lines and read keys by the line, for screen readers and plain terminals.")
  var accessible = false

  func validate() throws {
    guard customers >= 1 else { throw ValidationError("--customers takes a number from 1 on") }
  }

  func run() async throws {
    guard accessible || isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      throw ValidationError("the tour needs a terminal; --accessible prints it as lines")
    }
    let folder = try TourFolder()
    let ending: SessionEnding
    do {
      ending = try await show(in: folder)
    } catch {
      await folder.remove()
      throw error
    }
    await folder.remove()
    ending.die()
  }

  private func show(in folder: TourFolder) async throws -> SessionEnding {
    let options = try GlobalOptions.parse(projectDir.map { ["--project-dir", $0] } ?? [])
    let session = try Session(options, replacing: folder.settings)
    printError("a database for the tour is made in \(folder.path); it is deleted when you leave")
    let source = try SourceOptions.parse(["--source", "demo", "--customers", "\(customers)"])
    try await PipelineStart(
      options: options, source: source, selection: .all, isFullRefresh: false, json: false, waits: false,
      timeouts: try TimeoutOptions.parse([])
    ).run(in: session)
    let opening = WorkstationOpening(
      place: .pipeline, theme: theme, isAccessible: accessible, isTour: true)
    let start = FrontStart(
      session: session, runArguments: source.arguments,
      analyst: try session.caseActor(nil, program: "tour"))
    return try await opening.run(front: FrontSetup(session), start: start)
  }
}

/// Deletes a tour's folder once standard input ends, which it does with the tour's process, however that ends.
struct TourSweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour-sweep", abstract: "Delete a tour's folder when its process is gone.",
    shouldDisplay: false)

  @Argument var folder: String

  func run() async throws {
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 0 || count < 0 && errno != EINTR { break }
    }
    await TourFolder.remove(folder)
  }
}
