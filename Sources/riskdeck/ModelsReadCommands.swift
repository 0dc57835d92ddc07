import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck compile`: the SQL of models and tests as it will run.
struct ModelsCompileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Print the SQL of the selected models and tests; all of it goes into manifest.json.")

  @OptionGroup var options: ModelsOptions

  func run() async throws {
    let session = try await ModelsSession(options)
    let ids = try session.selected()
    let artifacts = try session.artifacts()
    let build = try await ShadowBuild.begin(session.project, database: session.database, models: [])
    let compiled: [String: String]
    do {
      compiled = try await build.compiledSQL(ids)
    } catch {
      await build.abandon()
      throw error
    }
    await build.abandon()
    try session.write("compile", compiled, nil, to: artifacts)
    let order = session.graph.sorted(compiled.keys)
    if options.json {
      print(
        "{" + order.map { "\(jsonText($0)): \(jsonText(compiled[$0] ?? ""))" }.joined(separator: ",\n ") + "}"
      )
      return
    }
    // A selection is meant to be read; the whole project is in the manifest.
    guard !options.select.isEmpty else {
      print("\(compiled.count) nodes compiled into \(artifacts.path)/manifest.json")
      return
    }
    for id in order { print("-- \(id)\n\(compiled[id] ?? "")\n") }
  }
}

/// `riskdeck docs`: what schema.yml says of models and columns.
struct ModelsDocsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs", abstract: "Describe models, seeds and sources with their columns and tests.")

  @OptionGroup var options: ModelsOptions

  func run() async throws {
    let session = try await ModelsSession(options, isOffline: true)
    let ids = try session.selected()
    if options.json {
      print(
        Manifest(session.project, session.graph, compiled: [:], generatedAt: Date().timeIntervalSince1970)
          .text())
      return
    }
    let pages = try ModelCatalog().pages(of: session.project).filter { ids.contains($0.id) }
    print(pages.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n\n"))
  }
}

/// `riskdeck freshness`: how old the newest rows of the sources are.
struct ModelsFreshnessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freshness", abstract: "Check how old the newest row of each source is.")

  @OptionGroup var options: ModelsOptions

  func run() async throws {
    let session = try await ModelsSession(options)
    let artifacts = try session.artifacts()
    let connection = try await Connection.open(session.database)
    let results = try await FreshnessCheck.run(session.project, ids: session.selected(), connection)
    await connection.close()
    let document = FreshnessCheck.document(
      results, of: session.project, generatedAt: Date().timeIntervalSince1970)
    try artifacts.write(document, to: "sources.json")
    if options.json {
      print(document)
    } else if results.isEmpty {
      print("no selected source says how fresh it must be")
    }
    for result in results where !options.json {
      let age = result.age.map { " \(Int($0)) s old" } ?? ""
      print("\(result.status.rawValue)  \(result.name)\(age)\(result.message.map { "  " + $0 } ?? "")")
    }
    if results.contains(where: { $0.status == .error || $0.status == .runtimeError }) { throw ExitCode(1) }
  }
}
