import Postgres

/// A build beside the published tables: models are made and tested in shadow schemas, and one transaction puts them
/// in place. Readers see the last published state whole until the next one is whole.
///
/// Use it in steps: ``begin(_:database:models:)``, ``materialise(_:)``, ``test(_:)``, ``publish(alsoInTransaction:)`` or
/// ``abandon()``. For a target schema `analytics` the shadow is `analytics__build`; what a killed build left there is
/// removed by the next one.
public actor ShadowBuild {
  let project: Project
  let graph: ProjectGraph
  let pool: ConnectionPool
  /// The models and seeds this build makes, all of them from the start: a reference to one of them means its shadow.
  let models: Set<String>
  var made: [String: MadeModel] = [:]
  private(set) var nodeResults: [String: NodeResult] = [:]
  private(set) var columns: [Relation: [String]] = [:]
  /// Published relations of the build's models that exist, with their kind.
  var published: [Relation: PublishedRelation]
  /// Models for which `is_incremental()` holds.
  var incremental: Set<String> = []
  /// What tables of models with a list of changes are made from, by id.
  var origins: [String: TableOrigin] = [:]
  /// Rows of the largest published table that changes by a list, by the list's source.
  var listedAmong: [String: Int64] = [:]
  var isOver = false

  /// A model that stands in its shadow.
  struct MadeModel: Sendable {
    enum Form: Sendable, Hashable {
      case view
      case table
      /// Only the new rows were made; the shadow is a view that lays them over the published table.
      case increment(IncrementPlan)
    }

    let id: String
    let form: Form
    let shadow: Relation
    /// True where the shadow reads an increment's overlay, itself or through views: it is made anew when it is published.
    let readsOverlay: Bool
  }

  public static let shadowSuffix = "__build"

  // MARK: - Begin

  /// Opens the connections and makes empty shadow schemas.
  /// - Parameters:
  ///   - database: what ``Connection/open(_:applicationName:)`` takes.
  ///   - models: ids of the models and seeds to build; nil for all models that are not ephemeral.
  ///   - isFullRefresh: makes every model whole, also where the project was not read for a full refresh.
  /// - Throws: ``ModelError`` where another build is at work or the models have a cycle, `PostgresError`.
  public static func begin(
    _ project: Project, database: String, models: Set<String>? = nil, isFullRefresh: Bool = false
  ) async throws -> ShadowBuild {
    let graph = try ProjectGraph(project)
    let all = Set(project.models.filter { $0.materialization != .ephemeral }.map(\.id))
    let buildable = all.union(project.seeds.map(\.id))
    let pool = try await ConnectionPool.open(database, maximum: project.target.threads)
    do {
      let selected = models.map { $0.intersection(buildable) } ?? all
      let connection = await pool.first
      try await prepare(connection, schemas: Set(selected.compactMap { project.relation($0)?.schema }))
      let published = try await PublishedRelation.all(
        in: Set(project.models.map(\.relation.schema)), connection)
      let build = ShadowBuild(project, graph, pool, selected, published)
      try await build.chooseIncrements(isFullRefresh: isFullRefresh)
      return build
    } catch {
      await pool.close()
      throw error
    }
  }

  private init(
    _ project: Project, _ graph: ProjectGraph, _ pool: ConnectionPool, _ models: Set<String>,
    _ published: [Relation: PublishedRelation]
  ) {
    self.project = project
    self.graph = graph
    self.pool = pool
    self.models = models
    self.published = published
  }

  /// Takes the build lock and empties the shadow schemas; neither where nothing is to be built.
  private static func prepare(_ connection: Connection, schemas: Set<String>) async throws {
    guard !schemas.isEmpty else { return }
    let lock = try await connection.query(
      "select pg_try_advisory_lock($1::int, $2::int)", AdvisoryLock.build.binds)
    guard lock.first?.boolean(0) == true else {
      throw ModelError(.busy, "another build is at work in this database; wait for it to end")
    }
    var statements: [String] = []
    for schema in schemas.sorted() {
      let shadow = try quotedIdentifier(schema + shadowSuffix)
      // SQL-safe: a quoted schema.
      statements.append("drop schema if exists \(shadow) cascade; create schema \(shadow)")
    }
    try await connection.execute(statements.joined(separator: ";"))
  }

  // MARK: - Names

  /// The relation to read a model, seed or source from while this build lasts: the shadow of a model of this build,
  /// else the published one. nil for a name the project does not have.
  public func relation(of name: String) throws -> Relation? {
    guard let id = project.reference(name) else { return nil }
    return try relation(id: id)
  }

  private func relation(id: String) throws -> Relation? {
    guard let relation = project.relation(id) else { return nil }
    return models.contains(id) ? try relation.moved(to: relation.schema + Self.shadowSuffix) : relation
  }

  func renderer() -> ProjectRenderer {
    var renderer = ProjectRenderer(project)
    let (project, models, incremental) = (project, models, incremental)
    renderer.relation = { id in
      guard let relation = project.relation(id) else { return nil }
      return models.contains(id) ? try? relation.moved(to: relation.schema + Self.shadowSuffix) : relation
    }
    renderer.isIncremental = { incremental.contains($0) }
    renderer.columns = columns
    return renderer
  }

  /// Renders, looking up the columns of relations a template asks for.
  func rendered(
    with renderer: (() -> ProjectRenderer)? = nil, _ body: (ProjectRenderer) throws -> String
  ) async throws -> String {
    // Every turn learns one relation's columns, and a template names only so many.
    while true {
      do {
        return try body((renderer ?? self.renderer)())
      } catch let needed as ColumnsNeeded {
        guard columns[needed.relation] == nil else {
          throw ModelError(.database, "the columns of \(needed.relation) are not known")
        }
        columns[needed.relation] = try await PublishedRelation.columns(of: needed.relation, await pool.first)
          .map(\.name)
      }
    }
  }

  // MARK: - Steps

  /// Makes models and seeds in their shadows, those that do not depend on each other side by side. The descendants of
  /// one that failed are skipped.
  /// - Parameters:
  ///   - ids: models and seeds of this build; nil for all that are not made yet.
  ///   - gates: sets of ids, such as the parents of a failed test: what descends from all of a set is skipped.
  /// - Returns: a result for everything the call should make, in the order it was made.
  public func materialise(_ ids: Set<String>? = nil, gates: [Set<String>] = []) async throws -> [NodeResult] {
    let wanted = (ids ?? models).intersection(models).filter { nodeResults[$0] == nil }
    var results: [NodeResult] = []
    for level in graph.levels(wanted) {
      var jobs: [MaterialisationJob] = []
      for id in level {
        if let reason = reasonToSkip(id, gates) {
          results.append(record(id, .skipped, reason))
          continue
        }
        do {
          if let job = try await job(for: id) { jobs.append(job) }
        } catch let error as ModelError {
          results.append(record(id, .error, error.description))
        }
      }
      // Views cost next to nothing each: all of a level go to one connection, first; every table is a job of its own.
      let ordered = jobs.filter(\.isView) + jobs.filter { !$0.isView }
      let viewCount = jobs.count(where: \.isView)
      let batches = (viewCount > 0 ? [Array(ordered[..<viewCount])] : []) + ordered[viewCount...].map { [$0] }
      let answers = try await pool.run(batches) { batch, connection in
        await MaterialisationJob.run(batch, on: connection)
      }
      for (job, answer) in zip(ordered, answers.flatMap(\.self)) { results.append(finish(job, answer)) }
    }
    return results
  }

  /// Why nothing is to be made of a node: something above it failed. nil where nothing did.
  func reasonToSkip(_ id: String, _ gates: [Set<String>]) -> String? {
    let ancestors = graph.ancestors(of: id)
    if let failed = graph.sorted(ancestors).first(where: {
      nodeResults[$0].map { $0.status != .success } ?? false
    }) {
      return "skipped because \(project.nodeNames[failed] ?? failed) did not succeed"
    }
    if gates.contains(where: { $0.isSubset(of: ancestors) }) {
      return "skipped because a test above it did not pass"
    }
    return nil
  }

  private func record(_ id: String, _ status: NodeResult.Status, _ message: String) -> NodeResult {
    let result = NodeResult(
      id: id, name: project.nodeNames[id] ?? id, status: status, message: message, rows: nil, seconds: 0,
      startedAt: Clock.now)
    nodeResults[id] = result
    return result
  }

  private func job(for id: String) async throws -> MaterialisationJob? {
    guard let shadow = try relation(id: id) else { return nil }
    if let seed = project.seeds.first(where: { $0.id == id }) {
      let table = try SeedTable.read(seed, of: project)
      return MaterialisationJob(id: id, name: seed.name, file: seed.file, work: .seed(table), shadow: shadow)
    }
    guard let model = project.model(id) else { return nil }
    let sql = SQLScan(try await rendered { try $0.sql(of: model) }).withoutTrailingSemicolon()
    let renderer = renderer()
    func hooks(_ key: String) throws -> [String] {
      try ModelHooks.texts(model.configuration[key], of: model).map {
        try renderer.sql(ofHook: $0, of: model, this: shadow)
      }
    }
    let work: MaterialisationJob.Work
    switch model.materialization {
    case .ephemeral: return nil
    case .view: work = .view(sql: sql)
    case .table: work = .table(sql: sql)
    case .incremental:
      let settings = try IncrementalSettings(model)
      work =
        incremental.contains(id)
        ? .increment(
          sql: sql, settings: settings, target: model.relation, changes: project.changes(of: id))
        : .table(sql: sql)
    }
    let readsOverlay = graph.parents(of: id).contains { parent in
      guard let parent = made[parent] else { return false }
      if case .increment = parent.form { return true }
      return parent.form == .view && parent.readsOverlay
    }
    return MaterialisationJob(
      id: id, name: model.name, file: model.file, work: work, shadow: shadow, before: try hooks("pre_hook"),
      after: try hooks("post_hook"), indexes: try TableIndex.statements(for: model, on: shadow),
      readsOverlay: readsOverlay, origin: origins[id])
  }

  private func finish(_ job: MaterialisationJob, _ answer: MaterialisationJob.Answer) -> NodeResult {
    switch answer.outcome {
    case .success(let (form, rows)):
      made[job.id] = MadeModel(id: job.id, form: form, shadow: job.shadow, readsOverlay: job.readsOverlay)
      let result = NodeResult(
        id: job.id, name: job.name, status: .success, message: job.message(form, rows), rows: rows,
        seconds: answer.seconds, startedAt: answer.startedAt)
      nodeResults[job.id] = result
      return result
    case .failure(let error):
      return record(job.id, .error, error.description)
    }
  }

  /// Stops the statements that run; the step that waits for them throws.
  public nonisolated func cancel() {
    Task { await pool.cancel() }
  }
}

extension Project {
  /// The plain names of models, seeds and sources by id.
  var nodeNames: [String: String] {
    var names: [String: String] = [:]
    for model in models { names[model.id] = model.name }
    for seed in seeds { names[seed.id] = seed.name }
    for source in sources { names[source.id] = source.sourceName + "." + source.name }
    return names
  }
}
