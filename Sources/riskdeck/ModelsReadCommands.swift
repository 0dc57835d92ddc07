import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck ls`: what the project holds, and where a model stands in it.
struct ModelsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the project's models, tests, seeds and sources, or a model's lineage.")

  @OptionGroup var options: ModelsOptions
  @Option(help: "model, test, seed or source.") var resourceType: String?
  @Option(help: "Show what this node reads and what reads it.") var lineage: String?
  @Option(help: "How many steps of lineage either way.") var depth = 20

  func run() async throws {
    let session = try await ModelsSession(options, isOffline: true)
    if let lineage {
      let id = try node(lineage, session)
      for line in Lineage(session.project, session.graph).lines(of: id, depth: depth) { print(line) }
      return
    }
    let ids = try session.selected()
    let listed = session.graph.order.filter { id in
      ids.contains(id) && (resourceType.map { id.hasPrefix($0 + ".") } ?? true)
    }
    if options.json {
      print("[" + listed.map(jsonText).joined(separator: ",\n ") + "]")
    } else {
      for id in listed { print(id) }
    }
  }

  private func node(_ name: String, _ session: ModelsSession) throws -> String {
    var selector = NodeSelector(session.project, session.graph)
    selector.includesTests = false
    let found = try session.graph.sorted(selector.ids(select: [name]).filter { !$0.hasPrefix("test.") })
    guard let id = found.first, found.count == 1 else {
      throw ModelError(.selection, "--lineage takes one node; `\(name)` names \(found.count)")
    }
    return id
  }
}

/// `riskdeck compile`: the SQL of models and tests as it will run.
struct ModelsCompileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Print the SQL of the selected models and tests, or write it to target/.")

  @OptionGroup var options: ModelsOptions

  func run() async throws {
    let session = try await ModelsSession(options)
    let ids = try session.selected()
    let build = try await ShadowBuild.begin(session.project, database: session.database, models: [])
    let compiled: [String: String]
    do {
      compiled = try await build.compiledSQL(ids)
    } catch {
      await build.abandon()
      throw error
    }
    await build.abandon()
    try session.writeArtifacts("compile", compiled, nil)
    let order = session.graph.sorted(compiled.keys)
    if options.json {
      print(
        "{" + order.map { "\(jsonText($0)): \(jsonText(compiled[$0] ?? ""))" }.joined(separator: ",\n ") + "}"
      )
      return
    }
    // A selection is meant to be read; the whole project is in target/manifest.json.
    guard !options.select.isEmpty else {
      print("\(compiled.count) nodes compiled into \(session.project.settings.targetPath)/manifest.json")
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
    let connection = try await Connection.open(session.database)
    let results = try await FreshnessCheck.run(session.project, ids: session.selected(), connection)
    await connection.close()
    let document = FreshnessCheck.document(
      results, of: session.project, generatedAt: Date().timeIntervalSince1970)
    try session.write(document, to: "sources.json")
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
