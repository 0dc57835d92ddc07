import Pipeline

/// When a run will end, from what earlier runs took and how far its tasks are.
enum RunEstimate {
  /// Earlier runs that are asked.
  private static let lookBack = 10

  /// Seconds until the run ends; nil where earlier runs do not say.
  /// - Parameters:
  ///   - run: at work.
  ///   - runs: newest first.
  ///   - now: seconds since 1970.
  static func secondsLeft(_ run: RunReport, of runs: [RunReport], graph: TaskGraph, now: Double) -> Double? {
    let earlier = runs.filter { $0.state == .success && $0.runID < run.runID }.prefix(lookBack)
    guard run.state == .running, !earlier.isEmpty else { return nil }
    var ends: [String: Double] = [:]
    for task in run.tasks {
      let left: Double
      switch task.state {
      case .running:
        left =
          secondsLeft(task, now: now) ?? usual(task.task, earlier).map { max(0, $0 - elapsed(task, now)) }
          ?? 0
      case .queued: left = usual(task.task, earlier) ?? 0
      case .success, .failed, .skipped, .cancelled, .crashed: left = 0
      }
      let before = graph.task(task.task)?.dependencies.compactMap { ends[$0] }.max() ?? 0
      ends[task.task] = before + left
    }
    return ends.values.max()
  }

  /// Seconds until a task ends by the rows it has done of those it expects.
  static func secondsLeft(_ task: TaskReport, now: Double) -> Double? {
    guard let done = task.rowsOut ?? task.rowsIn, let expected = task.rowsExpected, done > 0, expected > done
    else { return nil }
    let elapsed = elapsed(task, now)
    guard elapsed > 0.5 else { return nil }
    return Double(expected - done) / (Double(done) / elapsed)
  }

  /// Rows a second; nil where there is nothing to say.
  static func rate(_ task: TaskReport, now: Double) -> Double? {
    guard let rows = task.rowsOut ?? task.rowsIn, rows > 0 else { return nil }
    let seconds = elapsed(task, now)
    return seconds > 0.001 ? Double(rows) / seconds : nil
  }

  /// How long the task took, or has been at work.
  static func elapsed(_ task: TaskReport, _ now: Double) -> Double {
    task.seconds ?? task.startedAt.map { max(0, now - $0) } ?? 0
  }

  /// The median of what the task took.
  private static func usual(_ task: String, _ runs: ArraySlice<RunReport>) -> Double? {
    let lengths = runs.compactMap { run in
      run.tasks.first { $0.task == task && $0.state == .success }?.seconds
    }.sorted()
    return lengths.isEmpty ? nil : lengths[lengths.count / 2]
  }
}

extension RunReport {
  /// Tasks that need no more work.
  var tasksDone: Int { tasks.filter { $0.state == .success || $0.state == .skipped }.count }

  /// How long it took, or has been at work.
  func length(now: Double) -> Double { seconds ?? (state == .running ? max(0, now - startedAt) : 0) }
}
