/// What the commands do with a project as a whole, in dbt's order.
public struct ProjectRun: Sendable {
  public enum Mode: String, Sendable {
    /// Models, seeds and tests: a node's tests run before what reads it.
    case build
    /// Models alone.
    case runModels = "run-models"
    /// Tests alone, all independent of each other, on what is published.
    case test
    /// Seeds alone.
    case seed
  }

  /// When a build is published.
  public enum Publishing: String, Sendable, CaseIterable {
    /// Only where nothing failed: readers keep the last good state.
    case whenGood = "when-good"
    /// Whatever was built, as dbt does, failed tests or not.
    case always
  }

  public let project: Project
  public let graph: ProjectGraph
  public let mode: Mode
  public var publishing = Publishing.whenGood

  public init(_ project: Project, mode: Mode) throws(ModelError) {
    self.project = project
    self.mode = mode
    graph = try ProjectGraph(project)
  }

  /// Runs over the selected ids and publishes.
  /// - Throws: ``ModelError``, `PostgresError`; what failed in single nodes is in the results instead.
  public func run(_ ids: Set<String>, database: String) async throws -> RunResults {
    let start = ContinuousClock.now
    var results = RunResults(project)
    let build = try await ShadowBuild.begin(project, database: database, models: nodes(ids))
    do {
      switch mode {
      case .build: try await buildAndTest(build, ids, &results)
      case .runModels, .seed: results.nodes = try await build.materialise()
      case .test: results.tests = try await build.test(ids)
      }
      results.compiled = await build.compiledSQLWherePossible(ids)
      if mode != .test, publishing == .always || results.isSuccess {
        try await build.publish(partially: publishing == .always)
      } else {
        await build.abandon()
      }
    } catch {
      await build.abandon()
      throw error
    }
    results.elapsed = (ContinuousClock.now - start).seconds
    return results
  }

  private func nodes(_ ids: Set<String>) -> Set<String> {
    let models = project.models.map(\.id).filter(ids.contains)
    let seeds = project.seeds.map(\.id).filter(ids.contains)
    switch mode {
    case .build: return Set(models + seeds)
    case .runModels: return Set(models)
    case .seed: return Set(seeds)
    case .test: return []
    }
  }

  private func buildAndTest(_ build: ShadowBuild, _ ids: Set<String>, _ results: inout RunResults)
    async throws
  {
    let nodes = nodes(ids)
    var waiting = project.tests.filter { ids.contains($0.id) }
    var gates: [Set<String>] = []
    var good: Set<String> = []

    /// Runs the tests whose parents are all there, or not part of the build.
    func runTests() async throws {
      let ready = waiting.filter { $0.dependencies.allSatisfy { good.contains($0) || !nodes.contains($0) } }
      waiting.removeAll { test in ready.contains { $0.id == test.id } }
      guard !ready.isEmpty else { return }
      for result in try await build.test(Set(ready.map(\.id))) {
        results.tests.append(result)
        if result.status != .pass, result.status != .warn, let test = project.test(result.id) {
          // A test without parents stands alone and gates nothing.
          if !test.dependencies.isEmpty { gates.append(Set(test.dependencies)) }
        }
      }
    }

    try await runTests()
    for level in graph.levels(nodes) {
      for result in try await build.materialise(Set(level), gates: gates) {
        results.nodes.append(result)
        if result.status == .success { good.insert(result.id) }
      }
      // Nothing is made for an ephemeral model, but what keeps others from being made keeps its tests from running.
      for id in level where project.model(id)?.materialization == .ephemeral {
        if await build.reasonToSkip(id, gates) == nil { good.insert(id) }
      }
      try await runTests()
    }
    results.tests += waiting.map { test in
      TestResult(
        test, node: test.attachedNode.flatMap { project.nodeNames[$0] }, status: .skipped,
        message: "skipped because a model it reads was not built", startedAt: Clock.now)
    }
  }
}
