import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// Options of the commands that work with the project of models.
struct ModelsOptions: ParsableArguments {
  @OptionGroup var global: GlobalOptions

  @Option(
    name: [.customLong("project"), .customLong("models")],
    help: "A dbt project's folder instead of queries/.")
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

  @Option(help: "Where results are written instead of the project's target/, or of a folder of your own.")
  var targetPath: String?

  @Flag(help: "Make incremental models whole.") var fullRefresh = false
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...64).contains(threads) else { throw ValidationError("--threads takes 1 to 64") }
  }
}

/// A project read for a database, with what the commands need of both.
struct ModelsSession {
  let project: Project
  let graph: ProjectGraph
  let database: String
  let options: ModelsOptions
  private let variables: Variables

  /// - Parameter isOffline: reads the project without asking a database; enough to list and describe.
  init(_ options: ModelsOptions, isOffline: Bool = false) async throws {
    self.options = options
    variables = try Variables.current()
    if isOffline {
      let directory = try options.project ?? Session(options.global).project.models
      database = ""
      project = try Self.read(
        directory, options,
        ModelTarget(
          name: options.targetName, database: "riskdeck", schema: options.targetSchema,
          threads: options.threads), variables)
    } else {
      let session = try Session(options.global)
      let directory = options.project ?? session.project.models
      // Another project's database is none of ours to change beyond its models, and has none of our roles.
      let isOurs = options.project == nil && !session.project.isImported
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

  /// Where the command leaves its files. Ask for it before long work, so that a folder nobody can write is known early.
  func artifacts() throws -> ModelsArtifacts {
    try ModelsArtifacts(of: project, named: options.targetPath, variables: variables)
  }

  /// The ids the options select; none of them is no error, but said.
  func selected() throws -> Set<String> {
    var selector = NodeSelector(project, graph)
    selector.state = try options.state.map { try SavedManifest.read($0) }
    let ids = try selector.ids(select: options.select, exclude: options.exclude)
    if ids.isEmpty { printError("the selection holds no node of the project") }
    return ids
  }

  /// Writes manifest.json, and run_results.json where there are results.
  func write(
    _ command: String, _ compiled: [String: String], _ results: RunResults?, to artifacts: ModelsArtifacts
  )
    throws
  {
    let now = Date().timeIntervalSince1970
    try artifacts.write(
      Manifest(project, graph, compiled: compiled, generatedAt: now).text(), to: "manifest.json")
    guard var results else { return }
    results.compiled = compiled
    try artifacts.write(results.text(command: command, generatedAt: now), to: "run_results.json")
  }
}
