import Postgres

/// The pipeline as a graph of tasks: from a source to published dashboards.
///
///     extract-products, extract-customers, extract-orders, extract-labels (side by side) -> load -> validate
///     -> test-sources -> build-staging -> test-staging -> score -> build-marts -> test-marts -> publish -> open-cases
///
/// Nothing readers see changes before `publish`, which is one transaction; `open-cases` is another, on what was published.
public struct PipelineRun: Sendable {
  private let database: String
  private let project: Project
  private let projectFolder: String
  private let rulesetFolder: String
  private let source: any Source
  private let masking: Masking
  private let scoringThreads: Int

  /// The channel that tells of a publication; the payload is the run's number.
  public static let publishedChannel = "riskdeck_published"

  /// - Parameters:
  ///   - database: a URL for libpq; its schema is up to date.
  ///   - project: the models and tests, read from `projectFolder`.
  ///   - rulesetFolder: holds ruleset.yml.
  public init(
    database: String, project: Project, projectFolder: String, rulesetFolder: String, source: any Source,
    masking: Masking,
    scoringThreads: Int = 2
  ) {
    self.database = database
    self.project = project
    self.projectFolder = projectFolder
    self.rulesetFolder = rulesetFolder
    self.source = source
    self.masking = masking
    self.scoringThreads = scoringThreads
  }

  /// The tasks in running order.
  public static func graph() throws(RunError) -> TaskGraph {
    // A task that works in the shadow build cannot be tried again by itself: a lost connection takes the shadow along.
    let extractions = RawLoad.Kind.allCases.map(Self.extraction)
    return try TaskGraph(
      extractions.map { TaskDefinition($0) } + [
        TaskDefinition("load", after: extractions),
        TaskDefinition("validate", after: ["load"]),
        TaskDefinition("test-sources", after: ["validate"], retry: .never),
        TaskDefinition("build-staging", after: ["test-sources"], retry: .never),
        TaskDefinition("test-staging", after: ["build-staging"], retry: .never),
        TaskDefinition("score", after: ["test-staging"]),
        TaskDefinition("build-marts", after: ["score"], retry: .never),
        TaskDefinition("test-marts", after: ["build-marts"], retry: .never),
        TaskDefinition("publish", after: ["test-marts"], retry: .never),
        // After publish and never without it: cases speak of scores that passed every test and that readers see.
        TaskDefinition("open-cases", after: ["publish"]),
      ])
  }

  /// Runs the selected tasks and returns the run's number; how it ended stands in the run log.
  /// - Parameters:
  ///   - selection: which tasks.
  ///   - isFullRefresh: do every task, also those whose inputs are what they were.
  ///   - timeouts: seconds an attempt may take, by task.
  ///   - waiting: told once which run it waits for, where the settings say to wait.
  /// - Throws: ``RunError`` where it could not start, ``ModelError`` where the models form a circle, `PostgresError`
  ///   where the run log was lost.
  public func execute(
    _ settings: RunSettings, selection: TaskSelection = .all, isFullRefresh: Bool = false,
    timeouts: [String: Double] = [:],
    cancellations: AsyncStream<String> = AsyncStream { $0.finish() },
    waiting: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> Int64 {
    let stations = try PipelineStations(project: project)
    let whole = try Self.graph().limited(to: timeouts)
    let connection = try await Connection.open(database)
    let names = try await selection.tasks(of: whole, connection)
    let activeRuleset = try await RulesetStore.activeVersion(connection)
    let desk = try await DeskKnowledge.digest(connection)
    let inputs = try TaskInputs(
      source: source, masking: masking, models: projectFolder, rules: rulesetFolder,
      activeRuleset: activeRuleset, desk: desk)
    let held = isFullRefresh ? [] : try await heldTests(inputs, connection)
    await connection.close()
    // The marts read the tables of the staging models, which only a build brings up to date.
    let isBuilding = names.contains("build-marts")
    let shadow = ShadowHolder(
      project: project, database: database,
      models: (isBuilding || names.contains("build-staging") ? stations.stagingModels : [])
        .union(isBuilding ? stations.martModels : []), held: held, isFullRefresh: isFullRefresh)
    // Only a run of everything knows that what it skips is what it would have made.
    let maySkip = selection == .all && !isFullRefresh
    let bodies = bodies(stations, shadow, settings, isFullRefresh: isFullRefresh).map { task, body in
      (task, remembering(task, inputs, maySkip: maySkip, body))
    }
    let executor = RunExecutor(
      database: database, graph: try whole.restricted(to: names),
      bodies: Dictionary(uniqueKeysWithValues: bodies))
    do {
      let runID = try await executor.run(settings, cancellations: cancellations, waiting: waiting)
      await shadow.end()
      return runID
    } catch {
      await shadow.end()
      throw error
    }
  }

  /// Ids of the tests that every row passed when all models were last published by these files. Of a task that was left out then,
  /// because nothing had changed, the results it last had count.
  private func heldTests(_ inputs: TaskInputs, _ connection: Connection) async throws -> Set<String> {
    guard try await inputs.holdModels(connection) else { return [] }
    let passed = try await connection.query(
      """
      with published as materialized (
        select run_id from monitoring.publications order by published_at desc, run_id desc limit 1
      )
      select r.test from monitoring.test_results r
      where r.status = 'pass' and r.failures = 0 and (
        r.run_id in (select run_id from published)
        or r.layer = 'source' and r.run_id in (
          select i.run_id from monitoring.task_inputs i
          join monitoring.task_attempts a on a.task = i.task and a.state = 'skipped'
          join published p on p.run_id = a.run_id
          where i.task = 'test-sources')
        and not exists (
          select from monitoring.test_results n join published p on p.run_id = n.run_id where n.test = r.test))
      """)
    let names = Set(passed.rows.compactMap { $0[0] })
    return Set(project.tests.filter { names.contains($0.name) }.map(\.id))
  }

  private func bodies(
    _ stations: PipelineStations, _ shadow: ShadowHolder, _ settings: RunSettings, isFullRefresh: Bool
  ) -> [String: TaskBody] {
    let extracted = ExtractionHolder()
    var bodies: [String: TaskBody] = [:]
    for kind in RawLoad.Kind.allCases {
      bodies[Self.extraction(kind)] = { try await extract(kind, $0, extracted, rewrites: isFullRefresh) }
    }
    let others: [String: TaskBody] = [
      "load": { try await load($0, extracted, rewrites: isFullRefresh) },
      "validate": validate,
      "test-sources": { try await test(stations.sourceTests, shadow, $0) },
      "build-staging": { try await build(stations.stagingModels, shadow, $0) },
      "test-staging": { try await test(stations.stagingTests, shadow, $0) },
      "score": { try await score($0, shadow, isFullRefresh ? .anew : .changed) },
      "build-marts": { try await build(stations.stagingModels.union(stations.martModels), shadow, $0) },
      "test-marts": { try await test(stations.martTests, shadow, $0) },
      "publish": { try await publish(shadow, $0) },
      "open-cases": { try await openCases($0, settings.startedBy, isFullRefresh: isFullRefresh) },
    ]
    return bodies.merging(others) { extraction, _ in extraction }
  }

  static func extraction(_ kind: RawLoad.Kind) -> String { "extract-" + kind.rawValue }

  /// The body, skipped where it was last done with the same inputs, with its inputs noted once it is done.
  private func remembering(
    _ task: String, _ inputs: TaskInputs, maySkip: Bool, _ body: @escaping TaskBody
  ) -> TaskBody {
    let isNoted = TaskSelection.lasting.contains(task) || task == "publish"
    return { context in
      if maySkip {
        let last = try await context.withConnection { try await inputs.lastRun(of: task, $0) }
        if let last { return .unneeded(reason: TaskInputs.unchanged + "\(last)") }
      }
      let former = isNoted ? try await context.withConnection { try await TaskInputs.take(task, $0) } : nil
      let answer = try await body(context)
      if isNoted {
        let isUnchanged = if case .done(let outcome) = answer { outcome.changesNothing } else { false }
        try await context.withConnection {
          try await inputs.note(task, runID: context.runID, former: isUnchanged ? former : nil, $0)
        }
      }
      if task == "publish" {
        try await context.withConnection {
          try await inputs.note(TaskInputs.models, runID: context.runID, $0)
        }
      }
      return answer
    }
  }

  // MARK: - Stations

  private func rawLoad(_ context: TaskContext, rewrites: Bool = false) -> RawLoad {
    RawLoad(source: source, masking: masking, runID: context.runID, rewrites: rewrites) { progress in
      // A lost run log is noticed by its next own line; progress is only for the eye.
      try? await context.progress(rows: progress.read, expected: progress.expected)
    }
  }

  private func extract(
    _ kind: RawLoad.Kind, _ context: TaskContext, _ extracted: ExtractionHolder, rewrites: Bool
  ) async throws -> TaskAnswer {
    let extraction = try await context.withConnection {
      try await rawLoad(context, rewrites: rewrites).extract(kind, on: $0)
    }
    await extracted.note(extraction)
    return .done(
      TaskOutcome(
        rowsIn: extraction.records + extraction.rejects, rowsOut: extraction.rows, bytes: extraction.bytes,
        message: "\(extraction.records) \(kind == .orders ? "orders" : kind.rawValue)"))
  }

  private func load(
    _ context: TaskContext, _ extracted: ExtractionHolder, rewrites: Bool
  ) async throws -> TaskAnswer {
    let extractions = try await extracted.all()
    let summary = try await context.withConnection {
      try await rawLoad(context, rewrites: rewrites).replace(with: extractions, on: $0)
    }
    if summary.rejects > 0 {
      try await context.log(.warning, "\(summary.rejects) records were rejected; see staging.rejects")
    }
    var outcome = TaskOutcome(
      rowsIn: summary.customers + summary.lines + summary.products + summary.rejects,
      rowsOut: summary.customers + summary.lines + summary.products,
      message:
        "\(summary.customers) customers, \(summary.orders) orders with \(summary.lines) lines, "
        + "\(summary.products) products, \(summary.rejects) rejects; \(summary.written) rows written")
    // Rejects are counted by the validation of their own run.
    outcome.changesNothing = summary.written == 0 && summary.rejects == 0
    return .done(outcome)
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
    let held = shadow.held
    let results = try await context.cancelling(with: build.cancel) {
      try await build.test(tests, held: held)
    }
    try await context.record(results)
    let runID = context.runID
    let problems = try await context.cancelling(with: build.cancel) {
      try await build.keepFailingRows(of: results, runID: runID)
    }
    for problem in problems { try await context.log(.warning, problem) }
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

  private func score(
    _ context: TaskContext, _ shadow: ShadowHolder, _ extent: DatabaseScoring.Extent
  ) async throws -> TaskAnswer {
    let summary = try await context.withConnection { connection in
      try await context.withConnection { reader in
        try await DatabaseScoring.scoreDatabase(
          connection, reader: reader, rulesetDirectory: rulesetFolder, runID: context.runID,
          threads: scoringThreads, extent: extent
        ) { try await context.progress(rows: $0, expected: nil) }
      }
    }
    await shadow.note(summary)
    for note in summary.notes { try await context.log(.info, note) }
    return .done(
      TaskOutcome(
        rowsIn: summary.scored == nil ? Int64(summary.events) : nil,
        rowsOut: Int64(summary.scored ?? summary.customers),
        message: summary.description))
  }

  private func publish(_ shadow: ShadowHolder, _ context: TaskContext) async throws -> TaskAnswer {
    let build = try await shadow.build()
    let scoringNotes = await shadow.scoringNotes
    let isWhole = shadow.models.isSuperset(of: project.models.map(\.id))
    let runID = context.runID
    try await context.cancelling(with: build.cancel) {
      try await build.publish { connection in
        let notes = scoringNotes.map { "{" + $0.map(FraudScoreRow.arrayElement).joined(separator: ",") + "}" }
        // Where this run did not score, the notes of the run that did still hold.
        try connection.query(
          """
          insert into monitoring.publications
            (run_id, published_at, source, has_synthetic_times, is_masked, scoring_notes)
          -- A load leaves no customer of another source or masking.
          select $1, clock_timestamp(), coalesce((select source from staging.raw_customers limit 1), ''),
            coalesce(
              (select value > 0 from staging.validation_counts where name = 'synthetic'),
              exists (select 1 from staging.raw_orders where is_synthetic_time)),
            coalesce((select is_masked from staging.raw_customers limit 1), true),
            coalesce($2::text[], (
              select scoring_notes from monitoring.publications order by published_at desc, run_id desc limit 1), '{}')
          """, [.integer(runID), Bind(notes)])
        if isWhole { try TouchedCustomers.clear(connection) }
        try connection.query("select pg_notify($1, $2)", [.text(Self.publishedChannel), .text("\(runID)")])
      }
    }
    await shadow.published()
    // A table that took a few rows keeps its statistics until the server looks after it.
    let tables = await build.wholeTables
    try await context.withConnection { connection in
      for table in tables {
        // SQL-safe: a quoted relation.
        try await connection.execute("analyze \(table)")
      }
    }
    return .done(TaskOutcome(message: "\(project.models.count) models are live"))
  }

  private func openCases(
    _ context: TaskContext, _ startedBy: String, isFullRefresh: Bool
  ) async throws -> TaskAnswer {
    let inputs = try await context.withConnection { try await QueueInputs.take($0) }
    if !isFullRefresh, let last = try await context.withConnection({ try await inputs.lastRun($0) }) {
      return .unneeded(reason: TaskInputs.unchanged + "\(last)")
    }
    let summary = try await context.withConnection {
      try await CaseOpening.run($0, runID: context.runID, origin: startedBy)
    }
    guard let summary else { return .unneeded(reason: "the models publish no scores") }
    let runID = context.runID
    try await context.withConnection { try await inputs.note(runID: runID, $0) }
    return .done(
      TaskOutcome(
        rowsIn: Int64(summary.candidates), rowsOut: summary.opened + summary.rescored,
        message: summary.description))
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

/// What the extractions of one run leave for the load.
private actor ExtractionHolder {
  private var extractions: [RawLoad.Kind: RawLoad.Extraction] = [:]

  func note(_ extraction: RawLoad.Extraction) { extractions[extraction.kind] = extraction }

  func all() throws -> [RawLoad.Extraction] {
    guard extractions.count == RawLoad.Kind.allCases.count else {
      throw RunError(.invalid, "nothing was extracted in this run; begin with the extraction")
    }
    return Array(extractions.values)
  }
}

/// What the tasks of one run hand to each other: the shadow build, begun by the first task that needs it.
private actor ShadowHolder {
  private let project: Project
  private let database: String
  let models: Set<String>
  /// Tests that every row passed at the last publication.
  let held: Set<String>
  private let isFullRefresh: Bool
  private var current: Task<ShadowBuild, any Error>?
  /// What the scores of this run rest on; nil where it did not score.
  private(set) var scoringNotes: [String]?

  init(
    project: Project, database: String, models: Set<String>, held: Set<String>, isFullRefresh: Bool
  ) {
    self.isFullRefresh = isFullRefresh
    self.project = project
    self.database = database
    self.models = models
    self.held = held
  }

  func build() async throws -> ShadowBuild {
    if let current { return try await current.value }
    let beginning = Task { [project, database, models, isFullRefresh] in
      try await ShadowBuild.begin(project, database: database, models: models, isFullRefresh: isFullRefresh)
    }
    current = beginning
    return try await beginning.value
  }

  func note(_ summary: ScoringEngine.Summary) { scoringNotes = summary.notes }

  func published() { current = nil }

  func end() async {
    // A build that could not begin left nothing to abandon; its task has told why.
    if let build = try? await current?.value { await build.abandon() }
    current = nil
  }
}
