import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// Options of the commands that work with the project of models.
struct ModelsOptions: ParsableArguments {
  @OptionGroup var global: GlobalOptions

  @Option(help: "A dbt project's folder instead of queries/.")
  var project: String?

  @Option(help: "The schema of models without a schema of their own.")
  var targetSchema = "analytics"

  @Option(help: "What {{ target.name }} says.")
  var targetName = "riskdeck"

  @Option(help: "How many connections build side by side.")
  var threads = 2

  @Option(help: "Values of var() as a YAML or JSON mapping, such as '{as_of: 2026-01-31}'.")
  var vars: String?

  @Option(
    name: [.customLong("select"), .customShort("s")], parsing: .upToNextOption,
    help: "Nodes by dbt's selection syntax, such as +name, tag:staging or path:models/marts.")
  var select: [String] = []

  @Option(parsing: .upToNextOption, help: "Nodes to leave out, by the same syntax.")
  var exclude: [String] = []

  @Option(help: "A folder with an earlier manifest.json, for state: selectors.")
  var state: String?

  @Flag(help: "Make incremental models whole.") var fullRefresh = false
  @Flag(help: "Print JSON.") var json = false
}

/// A project read for a database, with what the commands need of both.
struct ModelsSession {
  let project: Project
  let graph: ProjectGraph
  let database: String
  let options: ModelsOptions
  let directory: String

  /// - Parameter isOffline: reads the project without asking a database; enough to list and describe.
  init(_ options: ModelsOptions, isOffline: Bool = false) async throws {
    self.options = options
    let variables = try Variables.current()
    if isOffline {
      directory = try options.project ?? Session(options.global).project.queries
      database = ""
      project = try Self.read(
        directory, options,
        ModelTarget(
          name: options.targetName, database: "riskdeck", schema: options.targetSchema,
          threads: options.threads), variables)
    } else {
      let session = try Session(options.global)
      directory = options.project ?? session.project.queries
      // Another project's database is none of ours to change beyond its models, and has none of our roles.
      let isOurs = options.project == nil
      if isOurs { await (try session.connect(for: .runPipeline)).close() }
      database = try await isOurs ? session.pipelineURL() : session.databaseURL()
      let connection = try await Connection.open(database)
      let row = try await connection.query("select current_database(), current_user, inet_server_port()")
        .first
      await connection.close()
      project = try Self.read(
        directory, options,
        ModelTarget(
          name: options.targetName, database: row?[0] ?? "", schema: options.targetSchema,
          port: Int(row?.integer(2) ?? 5_432),
          user: row?[1] ?? "", threads: options.threads), variables)
    }
    graph = try ProjectGraph(project)
    for notice in project.notices { printError(notice) }
  }

  private static func read(
    _ directory: String, _ options: ModelsOptions, _ target: ModelTarget, _ variables: Variables
  ) throws -> Project {
    try Project.read(
      directory, target: target, variables: try options.vars.map(Project.variables) ?? [:],
      environment: ProcessInfo.processInfo.environment, invocationID: UUID().uuidString.lowercased(),
      startedAt: Date().timeIntervalSince1970, isFullRefresh: options.fullRefresh)
  }

  /// The ids the options select.
  func selected() throws -> Set<String> {
    var selector = NodeSelector(project, graph)
    selector.state = try options.state.map { try SavedManifest.read($0) }
    return try selector.ids(select: options.select, exclude: options.exclude)
  }

  /// Writes a file of `target/` whole or not at all.
  func write(_ text: String, to name: String) throws {
    let folder = directory + "/" + project.settings.targetPath
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name), options: .atomic)
    } catch {
      throw ModelError(.file, "\(folder)/\(name) cannot be written; is the folder yours?")
    }
  }

  /// Writes manifest.json, and run_results.json where there are results.
  func writeArtifacts(_ command: String, _ compiled: [String: String], _ results: RunResults?) throws {
    let now = Date().timeIntervalSince1970
    try write(Manifest(project, graph, compiled: compiled, generatedAt: now).text(), to: "manifest.json")
    guard var results else { return }
    results.compiled = compiled
    try write(results.text(command: command, generatedAt: now), to: "run_results.json")
  }
}
