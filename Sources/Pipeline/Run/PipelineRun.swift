import Postgres

/// The pipeline as a graph of tasks: from a source to published dashboards.
///
///     load -> validate -> test-sources -> build-staging -> test-staging -> score -> build-marts -> test-marts -> publish
///
/// Nothing readers see changes before `publish`, which is one transaction.
public struct PipelineRun: Sendable {
  private let database: String
  private let project: Project
  private let rulesetFolder: String
  private let source: any Source
  private let masking: Masking
  private let scoringThreads: Int

  /// The channel that tells of a publication; the payload is the run's number.
  public static let publishedChannel = "riskdeck_published"

  /// - Parameters:
  ///   - database: a URL for libpq; its schema is up to date.
  ///   - project: the models and tests.
  ///   - rulesetFolder: holds ruleset.yml.
  public init(
    database: String, project: Project, rulesetFolder: String, source: any Source, masking: Masking,
    scoringThreads: Int = 2
  ) {
    self.database = database
    self.project = project
    self.rulesetFolder = rulesetFolder
    self.source = source
    self.masking = masking
    self.scoringThreads = scoringThreads
  }

  /// The tasks in running order.
  public static func graph() throws(RunError) -> TaskGraph {
    // A task that works in the shadow build cannot be tried again by itself: a lost connection takes the shadow along.
    try TaskGraph([
      TaskDefinition("load"),
      TaskDefinition("validate", after: ["load"]),
      TaskDefinition("test-sources", after: ["validate"], retry: .never),
      TaskDefinition("build-staging", after: ["test-sources"], retry: .never),
      TaskDefinition("test-staging", after: ["build-staging"], retry: .never),
      TaskDefinition("score", after: ["test-staging"]),
      TaskDefinition("build-marts", after: ["score"], retry: .never),
      TaskDefinition("test-marts", after: ["build-marts"], retry: .never),
      TaskDefinition("publish", after: ["test-marts"], retry: .never),
    ])
  }

  /// Runs everything and returns the run's number; how it ended stands in the run log.
  /// - Throws: ``RunError`` where it could not start, ``ModelError`` where the models form a circle, `PostgresError`
  ///   where the run log was lost.
  public func execute(
    _ settings: RunSettings, cancellations: AsyncStream<String> = AsyncStream { $0.finish() }
  ) async throws -> Int64 {
    let stations = try PipelineStations(project: project)
    let shadow = ShadowHolder()
    let executor = RunExecutor(database: database, graph: try Self.graph(), bodies: bodies(stations, shadow))
    do {
      let runID = try await executor.run(settings, cancellations: cancellations)
      await shadow.end()
      return runID
    } catch {
      await shadow.end()
      throw error
    }
  }

  private func bodies(_ stations: PipelineStations, _ shadow: ShadowHolder) -> [String: TaskBody] {
    [
      "load": { try await load($0, shadow) },
      "validate": validate,
      "test-sources": { context in
        try await shadow.begin(project, database)
        return try await test(stations.sourceTests, shadow, context)
      },
      "build-staging": { try await build(stations.stagingModels, shadow, $0) },
      "test-staging": { try await test(stations.stagingTests, shadow, $0) },
      "score": { try await score($0, shadow) },
      "build-marts": { try await build(stations.martModels, shadow, $0) },
      "test-marts": { try await test(stations.martTests, shadow, $0) },
      "publish": { try await publish(shadow, $0) },
    ]
  }

  // MARK: - Stations

  private func load(_ context: TaskContext, _ shadow: ShadowHolder) async throws -> TaskAnswer {
    let summary = try await context.withConnection { connection in
      try await RawLoad(source: source, masking: masking, runID: context.runID) { progress in
        // A lost run log is noticed by its next own line; progress is only for the eye.
        try? await context.progress(rows: progress.read, expected: progress.expected)
      }.run(on: connection)
    }
    await shadow.note(summary)
    if summary.rejects > 0 {
      try await context.log(.warning, "\(summary.rejects) records were rejected; see staging.rejects")
    }
    return .done(
      TaskOutcome(
        rowsIn: summary.customers + summary.lines + summary.products + summary.rejects,
        rowsOut: summary.customers + summary.lines + summary.products,
        message:
          "\(summary.customers) customers, \(summary.orders) orders with \(summary.lines) lines, "
          + "\(summary.products) products, \(summary.rejects) rejects"))
  }

  private func validate(_ context: TaskContext) async throws -> TaskAnswer {
    let reports = try await context.withConnection {
      try await RawValidation.run(on: $0, runID: context.runID)
    }
    try await context.record(reports)
    let failing = reports.filter { $0.failures > 0 }
    for report in failing {
      try await context.log(report.severity == "info" ? .info : .warning, "\(report.name): \(report.message)")
    }
    let critical = failing.filter { $0.severity == "critical" }
    guard critical.isEmpty else {
      throw RunError(
        .failed, "validation: " + critical.map { "\($0.name): \($0.message)" }.joined(separator: "; "))
    }
    return .done(TaskOutcome(message: "\(reports.count) checks, \(failing.count) with findings"))
  }

  private func build(
    _ models: Set<String>, _ shadow: ShadowHolder, _ context: TaskContext
  ) async throws -> TaskAnswer {
    let build = try await shadow.build()
    let results = try await context.cancelling(with: build.cancel) { try await build.materialise(models) }
    for result in results {
      try await context.log(result.status == .success ? .info : .error, "\(result.name): \(result.message)")
    }
    guard let failed = results.first(where: { $0.status == .error }) else {
      let rows = results.compactMap(\.rows)
      return .done(
        TaskOutcome(
          rowsOut: rows.isEmpty ? nil : rows.reduce(0, +),
          message: results.map(\.name).joined(separator: ", ")))
    }
    throw RunError(.failed, "model \(failed.name): \(failed.message)")
  }

  private func test(
    _ tests: Set<String>, _ shadow: ShadowHolder, _ context: TaskContext
  ) async throws -> TaskAnswer {
    let build = try await shadow.build()
    let results = try await context.cancelling(with: build.cancel) { try await build.test(tests) }
    try await context.record(results)
    for result in results where result.status != .pass {
      try await context.log(
        result.status == .warn ? .warning : .error,
        "\(result.name): \(result.message ?? result.status.rawValue)")
    }
    let failed = results.filter { $0.status == .fail || $0.status == .error }
    guard failed.isEmpty else {
      let names = failed.prefix(3).map(\.name).joined(separator: ", ")
      let more = failed.count > 3 ? " and \(failed.count - 3) more" : ""
      throw RunError(.failed, "\(failed.count) of \(results.count) data tests failed: \(names)\(more)")
    }
    let warned = results.count { $0.status == .warn }
    return .done(
      TaskOutcome(
        message: "\(results.count) tests passed" + (warned > 0 ? ", \(warned) of them with a warning" : "")))
  }

  private func score(_ context: TaskContext, _ shadow: ShadowHolder) async throws -> TaskAnswer {
    let summary = try await context.withConnection { connection in
      try await DatabaseScoring.scoreDatabase(
        connection, rulesetDirectory: rulesetFolder, runID: context.runID, threads: scoringThreads
      ) { try await context.progress(rows: $0, expected: nil) }
    }
    await shadow.note(summary)
    for note in summary.notes { try await context.log(.info, note) }
    return .done(
      TaskOutcome(
        rowsIn: Int64(summary.events), rowsOut: Int64(summary.customers), message: summary.description))
  }

  private func publish(_ shadow: ShadowHolder, _ context: TaskContext) async throws -> TaskAnswer {
    let build = try await shadow.build()
    let (load, scoringNotes) = try await shadow.facts()
    let (runID, sourceName, isMasked) = (context.runID, source.name, masking.isEnabled)
    try await context.cancelling(with: build.cancel) {
      try await build.publish { connection in
        let notes = "{" + scoringNotes.map(FraudScoreRow.quoted).joined(separator: ",") + "}"
        try connection.query(
          """
          insert into monitoring.publications
            (run_id, published_at, source, has_synthetic_times, is_masked, scoring_notes)
          values ($1, clock_timestamp(), $2, $3, $4, $5::text[])
          """,
          [
            .integer(runID), .text(sourceName), .boolean(load.hasSyntheticTimes), .boolean(isMasked),
            .text(notes),
          ])
        try connection.query("select pg_notify($1, $2)", [.text(Self.publishedChannel), .text("\(runID)")])
      }
    }
    await shadow.published()
    let tables = project.models.filter { $0.materialization == .table || $0.materialization == .incremental }
    try await context.withConnection { connection in
      for table in tables {
        try await connection.execute("analyze \(table.relation)")
      }
    }
    return .done(TaskOutcome(message: "\(project.models.count) models are live"))
  }
}

/// Which models and tests belong to which task: those that need the scores come after the scoring.
struct PipelineStations: Sendable {
  let stagingModels: Set<String>
  let martModels: Set<String>
  let sourceTests: Set<String>
  let stagingTests: Set<String>
  let martTests: Set<String>

  init(project: Project) throws {
    let graph = try ProjectGraph(project)
    let scores = project.sources.first { $0.relation.schema == "staging" && $0.name == "fraud_scores" }?.id
    func needsScores(_ id: String) -> Bool {
      guard let scores else { return false }
      return id == scores || graph.ancestors(of: id).contains(scores)
    }
    let models = project.models.map(\.id)
    martModels = Set(models.filter(needsScores))
    stagingModels = Set(models).subtracting(martModels)
    martTests = Set(project.tests.filter { $0.dependencies.contains(where: needsScores) }.map(\.id))
    let sources = Set(project.sources.map(\.id))
    sourceTests = Set(
      project.tests.filter { !$0.dependencies.isEmpty && $0.dependencies.allSatisfy(sources.contains) }.map(
        \.id)
    ).subtracting(martTests)
    stagingTests = Set(project.tests.map(\.id)).subtracting(martTests).subtracting(sourceTests)
  }
}

/// What the tasks of one run hand to each other.
private actor ShadowHolder {
  private var current: ShadowBuild?
  private var load: LoadSummary?
  private var scoringNotes: [String] = []

  func begin(_ project: Project, _ database: String) async throws {
    await current?.abandon()
    current = nil
    current = try await ShadowBuild.begin(project, database: database)
  }

  func build() throws -> ShadowBuild {
    guard let current else { throw RunError(.invalid, "the shadow build has not begun") }
    return current
  }

  func note(_ summary: LoadSummary) { load = summary }
  func note(_ summary: ScoringEngine.Summary) { scoringNotes = summary.notes }

  func facts() throws -> (LoadSummary, [String]) {
    guard let load else { throw RunError(.invalid, "nothing was loaded in this run") }
    return (load, scoringNotes)
  }

  func published() { current = nil }

  func end() async {
    await current?.abandon()
    current = nil
  }
}
