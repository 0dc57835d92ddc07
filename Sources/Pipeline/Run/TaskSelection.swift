import Postgres

/// Which tasks of the pipeline a run consists of.
public enum TaskSelection: Sendable, Hashable {
  case all
  /// The task and everything downstream of it, on what is in the database.
  case from(String)
  /// The task alone.
  case only(String)
  /// What a run that did not succeed left undone; nil: the newest.
  case resume(Int64?)

  /// True where the selected tasks read the source.
  public var readsSource: Bool {
    switch self {
    case .all: true
    case .from(let task): task == "load" || Self.extractions.contains(task)
    case .only, .resume: false
    }
  }

  /// How the run log calls it.
  public var title: String {
    switch self {
    case .all: "all"
    case .from(let task): "from \(task)"
    case .only(let task): "only \(task)"
    case .resume(let run): "resume" + (run.map { " \($0)" } ?? "")
    }
  }

  /// Tasks whose work outlives their run. The shadow build does not.
  static let lasting: Set<String> = ["load", "validate", "test-sources", "score"]
  /// Tasks that make nothing visible by themselves.
  static let unfinished = Set(extractions + ["load", "build-staging", "build-marts", "publish"])
  /// Tasks that work on a shadow of their run, and the task that has to make it before.
  private static let beginnings = [
    "test-staging": "build-staging", "test-marts": "build-marts", "publish": "build-marts",
  ]
  static let extractions = RawLoad.Kind.allCases.map(PipelineRun.extraction)

  /// The selected tasks of the graph.
  /// - Throws: ``RunError`` where a task or run does not exist or cannot be run that way.
  func tasks(of graph: TaskGraph, _ connection: Connection) async throws -> Set<String> {
    guard case .resume = self else { return try tasks(of: graph, newest: nil) }
    // Tasks that were run alone leave nothing to go on with, and stand in nobody's way.
    let runs = try await RunReportReader.latest(20, from: connection)
    return try tasks(of: graph, newest: runs.first(where: \.reachesPublication))
  }

  /// The selected tasks of the graph, for a preview of what will run.
  /// - Parameter newest: the newest run that was to publish, which `resume` goes on with.
  /// - Throws: ``RunError`` where a task or run does not exist or cannot be run that way.
  public func tasks(of graph: TaskGraph, newest: RunReport?) throws(RunError) -> Set<String> {
    let all = Set(graph.tasks.map(\.name))
    switch self {
    case .all: return all
    case .from(let task):
      _ = try graph.restricted(to: [task])
      // What one extraction reads is checked against the others: they go together.
      if Self.extractions.contains(task) || task == "load" { return all }
      return Set(graph.downstream(of: Self.beginnings[task] ?? task))
    case .only(let task):
      _ = try graph.restricted(to: [task])
      guard !Self.unfinished.contains(task) else {
        throw RunError(
          .invalid, "\(task) makes nothing visible by itself; use --from, which goes on to publish")
      }
      return [task]
    case .resume(let number):
      guard let run = newest, number == nil || number == run.runID else {
        throw RunError(
          .invalid,
          number.map {
            "run \($0) is not the newest, and newer data took the place of its own; start a new run"
          }
            ?? "there is no run to resume")
      }
      guard run.state != .success else {
        throw RunError(.invalid, "run \(run.runID) succeeded; there is nothing to resume")
      }
      guard run.state != .running else { throw RunError(.busy, "run \(run.runID) is still at work") }
      let finished = run.tasks.filter { task in
        // What was left out because nothing had changed stands as if it had been done.
        task.state == .success
          || task.state == .skipped && task.message?.hasPrefix(TaskInputs.unchanged) == true
      }
      let done = Set(finished.map(\.task)).intersection(Self.lasting)
      // Only what that run was to do, and what follows from it: what it began after had been done before it.
      var left = all.intersection(run.tasks.map(\.task)).subtracting(done)
      for task in left { left.formUnion(Set(graph.downstream(of: task)).subtracting(done)) }
      // Incoming rows serve only the load of their own run.
      return left.contains("load") ? left : left.subtracting(Self.extractions)
    }
  }
}
