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
    return try tasks(of: graph, newest: try await RunReportReader.latest(1, from: connection).first)
  }

  /// The selected tasks of the graph, for a preview of what will run.
  /// - Parameter newest: the newest run, which `resume` goes on with.
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
      // Incoming rows serve only the load of their own run.
      return all.subtracting(done).subtracting(done.contains("load") ? Self.extractions : [])
    }
  }
}
