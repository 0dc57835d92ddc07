import ArgumentParser
import Pipeline

/// `riskdeck ls`: what the project holds, and where a model stands in it.
struct ModelsListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the project's models, tests, seeds and sources, or a model's lineage.",
    discussion: """
      With --format the selected data tests are printed for other tools to run: gx writes suites of Great Expectations \
      1.x, soda checks of Soda Core 3. Tests they cannot be told of are named on standard error.
      """)

  /// What a line says of a node.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    /// As `--select` takes it.
    case selector
    case name, path, json
  }

  enum ResourceType: String, ExpressibleByArgument, CaseIterable {
    case model, test, seed, source
  }

  /// Another tool that runs data tests.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case gx, soda
  }

  @OptionGroup var options: ModelsOptions
  @Flag(help: "List data tests alone, as --resource-type test does.") var tests = false
  @Option(help: "Print the tests as gx (Great Expectations) or soda (Soda Core) reads them.") var format:
    Format?
  @Option(parsing: .upToNextOption, help: "model, test, seed or source; several may be named.")
  var resourceType: [ResourceType] = []
  @Option(help: "selector, name, path or json.") var output = Output.selector
  @Option(help: "Show what this node reads and what reads it.") var lineage: String?
  @Option(help: "How many steps of lineage either way.") var depth = 20

  func validate() throws {
    guard depth >= 1 else { throw ValidationError("--depth takes a number from 1 on") }
    guard format == nil || tests else { throw ValidationError("--format goes with --tests") }
    guard !tests || resourceType.isEmpty || resourceType == [.test] else {
      throw ValidationError("--tests and --resource-type exclude each other")
    }
  }

  func run() async throws {
    let session = try await ModelsSession(options, isOffline: format == nil)
    if let format { return try await printTests(as: format, session) }
    if let lineage { return try showLineage(of: lineage, session) }
    let ids = try session.selected()
    let types = Set(tests ? ["test"] : resourceType.map(\.rawValue))
    let nodes = session.graph.order.filter(ids.contains).compactMap { ListedNode($0, session.project) }
      .filter { types.isEmpty || types.contains($0.resourceType) }
    switch options.json ? .json : output {
    case .selector: for node in nodes { print(node.selector) }
    case .name: for node in nodes { print(node.name) }
    case .path: for node in nodes { print(node.file) }
    case .json: print("[" + nodes.map(\.json).joined(separator: ",\n ") + "]")
    }
  }

  private func printTests(as format: Format, _ session: ModelsSession) async throws {
    let ids = try session.selected().filter { session.project.test($0) != nil }
    let build = try await ShadowBuild.begin(session.project, database: session.database, models: [])
    let compiled: [String: String]
    do {
      compiled = try await build.compiledSQL(ids)
    } catch {
      await build.abandon()
      throw error
    }
    await build.abandon()
    let portable = try PortableTest.of(session.project, ids, compiled: compiled)
    for line in portable.refused { printError("left out: \(line)") }
    switch format {
    case .gx: print(GreatExpectationsSuites.text(portable.tests))
    case .soda: print(SodaChecks.text(portable.tests), terminator: "")
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
