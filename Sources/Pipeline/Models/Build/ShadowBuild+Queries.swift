import Postgres

/// What a build answers beside making models: tests, compiled SQL, rows that break a test.
extension ShadowBuild {
  /// Runs data tests: on the shadows of this build's models, on the published tables of all others, sources included.
  /// - Parameters:
  ///   - ids: ids of tests; nil for all of the project.
  ///   - held: ids of tests that every row passed when all models were last published; they are asked of the rows that
  ///     changed since, where those answer for all.
  public func test(_ ids: Set<String>? = nil, held: Set<String> = []) async throws -> [TestResult] {
    let tests = project.tests.filter { ids?.contains($0.id) ?? true }
    for test in tests {
      // Looks up what columns a test's own template asks for, so that the plan can render it.
      _ = try await rendered { try $0.sql(of: test) }
    }
    let runner = TestRunner(pool: pool, nodeNames: project.nodeNames)
    var plan = TestPlan(renderer: renderer(), held: held)
    if !held.isEmpty {
      let attached = tests.filter { $0.attachedNode != nil }
      let nodes = Set(attached.compactMap(\.attachedNode) + attached.flatMap(\.dependencies))
      plan.changedRows = try await changedRows(nodes)
      plan.listed = Set(
        plan.changedRows.keys.filter { if case .increment = made[$0]?.form { false } else { true } })
    }
    return try await runner.run(tests, plan: plan)
  }

  /// Runs the data tests of layers: the pipeline's steps.
  public func test(layers: Set<DataTest.Layer>) async throws -> [TestResult] {
    try await test(Set(project.tests.filter { layers.contains($0.layer) }.map(\.id)))
  }

  /// Renders with the names things have once they are published.
  func finalRenderer() -> ProjectRenderer {
    var renderer = ProjectRenderer(project)
    let incremental = incremental
    renderer.isIncremental = { incremental.contains($0) }
    renderer.columns = columns
    return renderer
  }

  /// The SQL of models and tests with published names, as artifacts show it.
  /// - Throws: ``ModelError`` for a template that fails.
  public func compiledSQL(_ ids: Set<String>? = nil) async throws -> [String: String] {
    var compiled: [String: String] = [:]
    for id in ids ?? Set(graph.order) {
      if let model = project.model(id) {
        compiled[id] = try await rendered(with: finalRenderer) { try $0.sql(of: model) }
      } else if let test = project.test(id) {
        compiled[id] = try await rendered(with: finalRenderer) { try $0.sql(of: test) }
      }
    }
    return compiled
  }

  /// As ``compiledSQL(_:)`` without those that cannot be compiled: their errors stand in the results of the run.
  func compiledSQLWherePossible(_ ids: Set<String>) async -> [String: String] {
    var compiled: [String: String] = [:]
    for id in ids {
      guard let sql = try? await compiledSQL([id])[id] else { continue }
      compiled[id] = sql
    }
    return compiled
  }

  /// The rows that break a test, all of them, whole where the test knows how.
  public func failures(of test: DataTest) async throws -> ValueTable {
    let sql = try await rendered { renderer in
      var renderer = renderer
      renderer.showsWholeRows = true
      return try renderer.sql(of: test)
    }
    let body = SQLScan(sql).withoutTrailingSemicolon()
    return try await pool.first.transaction("read only") { ValueTable(try $0.query(body)) }
  }
}
