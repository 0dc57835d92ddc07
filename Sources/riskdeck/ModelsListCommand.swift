import ArgumentParser
import Pipeline

/// `riskdeck ls`: what the project holds, and where a model stands in it.
struct ModelsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the project's models, tests, seeds and sources, or a model's lineage.")

  /// What a line says of a node.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    /// As `--select` takes it.
    case selector
    case name, path, json
  }

  enum ResourceType: String, ExpressibleByArgument, CaseIterable {
    case model, test, seed, source
  }

  @OptionGroup var options: ModelsOptions
  @Option(parsing: .upToNextOption, help: "model, test, seed or source; several may be named.")
  var resourceType: [ResourceType] = []
  @Option(help: "selector, name, path or json.") var output = Output.selector
  @Option(help: "Show what this node reads and what reads it.") var lineage: String?
  @Option(help: "How many steps of lineage either way.") var depth = 20

  func validate() throws {
    guard depth >= 1 else { throw ValidationError("--depth takes a number from 1 on") }
  }

  func run() async throws {
    let session = try await ModelsSession(options, isOffline: true)
    if let lineage { return try showLineage(of: lineage, session) }
    let ids = try session.selected()
    let types = Set(resourceType.map(\.rawValue))
    let nodes = session.graph.order.filter(ids.contains).compactMap { ListedNode($0, session.project) }
      .filter { types.isEmpty || types.contains($0.resourceType) }
    switch options.json ? .json : output {
    case .selector: for node in nodes { print(node.selector) }
    case .name: for node in nodes { print(node.name) }
    case .path: for node in nodes { print(node.file) }
    case .json: print("[" + nodes.map(\.json).joined(separator: ",\n ") + "]")
    }
  }

  private func showLineage(of name: String, _ session: ModelsSession) throws {
    let id = try node(name, session)
    guard options.json || output == .json else {
      for line in Lineage(session.project, session.graph).lines(of: id, depth: depth) { print(line) }
      return
    }
    func list(_ ids: Set<String>) -> JSONText {
      .array(session.graph.sorted(ids.filter { !$0.hasPrefix("test.") }).map { .string($0) })
    }
    print(
      JSONText.object([
        ("unique_id", .string(id)), ("upstream", list(session.graph.ancestors(of: id, depth: depth))),
        ("downstream", list(session.graph.descendants(of: id, depth: depth))),
      ]).text)
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
