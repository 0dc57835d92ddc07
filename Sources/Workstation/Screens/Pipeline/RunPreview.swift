import Pipeline

/// What is asked before a run is cancelled, begun in the middle, or gone on with.
enum RunPreview {
  /// Why the action does nothing now; nil: it does.
  static func reasonDisabled(_ action: Action, runs: [RunReport], task: String?) -> String? {
    let running = runs.first { $0.state == .running }
    if action == .cancelRun { return running == nil ? "no run is under way" : nil }
    if let running { return "run \(running.runID) is under way" }
    guard let newest = runs.first else { return "the pipeline has not run yet" }
    if action == .rerun { return task == nil ? "select a task first" : nil }
    return newest.state == .success ? "run \(newest.runID) succeeded; there is nothing to resume" : nil
  }

  /// The question; nil where there is nothing to ask.
  /// - Parameter task: where to begin, for a re-run.
  static func confirmation(
    _ action: Action, runs: [RunReport], task: String?, graph: TaskGraph
  ) -> Confirmation? {
    switch action {
    case .cancelRun:
      guard let run = runs.first(where: { $0.state == .running }) else { return nil }
      return Confirmation(
        title: "Cancel run \(run.runID)",
        question: "The run stops and its work is rolled back. What was published last stays as it is.",
        verb: "cancel the run", effect: .cancelRun(runID: run.runID))
    case .rerun:
      guard let task else { return nil }
      return preview(
        "Run again from \(task)", .from(task), graph, newest: runs.first,
        rest: "Upstream tasks stay as they are.", verb: "run")
    case .resumeRun:
      guard let run = runs.first(where: \.reachesPublication) else { return nil }
      return preview(
        "Resume run \(run.runID)", .resume(run.runID), graph, newest: run,
        rest: "What the run finished is kept.", verb: "resume")
    default: return nil
    }
  }

  private static func preview(
    _ title: String, _ selection: TaskSelection, _ graph: TaskGraph, newest: RunReport?, rest: String,
    verb: String
  ) -> Confirmation {
    do throws(RunError) {
      let names = try selection.tasks(of: graph, newest: newest)
      let tasks = graph.tasks.map(\.name).filter(names.contains)
      let count = tasks.count == 1 ? "1 task" : "\(tasks.count) of \(graph.tasks.count) tasks"
      return Confirmation(
        title: title,
        question: "Runs \(count): \(tasks.joined(separator: ", ")). "
          + (tasks.count < graph.tasks.count ? rest + " " : "") + "It goes on where this terminal closes.",
        verb: verb, effect: .startRun(selection))
    } catch {
      // Asked of the run itself, which tells the same reason.
      return Confirmation(
        title: title, question: error.description, verb: verb, effect: .startRun(selection))
    }
  }
}
