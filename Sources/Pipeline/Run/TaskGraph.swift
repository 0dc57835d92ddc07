/// A task of a run as data: its name, what must have succeeded before it, and how it is tried again.
public struct TaskDefinition: Sendable, Hashable {
  public let name: String
  public let dependencies: [String]
  public let retry: RetryPolicy
  /// Seconds one attempt may take; nil: as long as the run.
  public let timeout: Double?

  public init(
    _ name: String, after dependencies: [String] = [], retry: RetryPolicy = .standard, timeout: Double? = nil
  ) {
    self.name = name
    self.dependencies = dependencies
    self.retry = retry
    self.timeout = timeout
  }
}

/// How often and after what wait a task that failed for a passing reason is tried again.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts in all, the first included.
  public let attempts: Int
  /// Seconds before the second attempt; doubled for each further one.
  public let firstDelay: Double
  /// Seconds at the most.
  public let longestDelay: Double

  public init(attempts: Int, firstDelay: Double, longestDelay: Double) {
    self.attempts = attempts
    self.firstDelay = firstDelay
    self.longestDelay = longestDelay
  }

  /// Three attempts, after 1 and 2 seconds.
  public static let standard = RetryPolicy(attempts: 3, firstDelay: 1, longestDelay: 30)
  public static let never = RetryPolicy(attempts: 1, firstDelay: 0, longestDelay: 0)

  /// Seconds to wait after the failed attempt of that number.
  /// - Parameter jitter: 0 to 1, so that many clients do not come back at once; the wait is between half and all of
  ///   the exponential delay.
  func delay(afterAttempt attempt: Int, jitter: Double) -> Double {
    var delay = firstDelay
    for _ in 1..<max(attempt, 1) where delay < longestDelay { delay *= 2 }
    return min(delay, longestDelay) * (0.5 + 0.5 * jitter)
  }
}

/// The tasks of a run in an order in which every task stands after those it depends on.
public struct TaskGraph: Sendable, Hashable {
  public let tasks: [TaskDefinition]

  /// The graph of no tasks.
  public static let none = TaskGraph()

  private init() { tasks = [] }

  /// - Throws: ``RunError`` where a name stands twice, a dependency does not exist, or tasks depend on each other in a
  ///   circle, which is named.
  public init(_ definitions: [TaskDefinition]) throws(RunError) {
    var byName: [String: TaskDefinition] = [:]
    for task in definitions {
      guard byName.updateValue(task, forKey: task.name) == nil else {
        throw RunError(.invalid, "the task \(task.name) is defined twice")
      }
    }
    var ordered: [TaskDefinition] = []
    var done: Set<String> = []
    func visit(_ name: String, path: [String]) throws(RunError) {
      if done.contains(name) { return }
      guard let task = byName[name] else {
        throw RunError(.invalid, "the task \(path.last ?? "") depends on \(name), which does not exist")
      }
      if let start = path.firstIndex(of: name) {
        throw RunError(
          .invalid, "tasks depend on each other: \((path[start...] + [name]).joined(separator: " -> "))")
      }
      for dependency in task.dependencies { try visit(dependency, path: path + [name]) }
      done.insert(name)
      ordered.append(task)
    }
    for task in definitions { try visit(task.name, path: []) }
    tasks = ordered
  }

  public func task(_ name: String) -> TaskDefinition? {
    tasks.first { $0.name == name }
  }

  /// The named tasks alone, in the order they have among all; what they depend on besides counts as done.
  /// - Throws: ``RunError`` where a name is not a task's.
  public func restricted(to names: Set<String>) throws(RunError) -> TaskGraph {
    if let unknown = names.sorted().first(where: { task($0) == nil }) {
      throw RunError(
        .invalid, "there is no task \"\(unknown)\"; there are \(tasks.map(\.name).joined(separator: ", "))")
    }
    /// What of the named tasks must be done first, looking through those that are left out.
    func kept(_ dependencies: [String]) -> [String] {
      dependencies.flatMap { names.contains($0) ? [$0] : kept(task($0)?.dependencies ?? []) }
    }
    return try TaskGraph(
      tasks.filter { names.contains($0.name) }.map { task in
        var dependencies: [String] = []
        for name in kept(task.dependencies) where !dependencies.contains(name) { dependencies.append(name) }
        return TaskDefinition(task.name, after: dependencies, retry: task.retry, timeout: task.timeout)
      })
  }

  /// The same tasks with seconds an attempt may take, by task; what is not named keeps its own.
  /// - Throws: ``RunError`` where a name is not a task's.
  public func limited(to timeouts: [String: Double]) throws(RunError) -> TaskGraph {
    _ = try restricted(to: Set(timeouts.keys))
    return try TaskGraph(
      tasks.map { task in
        TaskDefinition(
          task.name, after: task.dependencies, retry: task.retry, timeout: timeouts[task.name] ?? task.timeout
        )
      })
  }

  /// The task and all that depend on it, directly or not, in the order of the graph.
  public func downstream(of name: String) -> [String] {
    var found: Set<String> = [name]
    for task in tasks where task.dependencies.contains(where: found.contains) { found.insert(task.name) }
    return tasks.map(\.name).filter(found.contains)
  }
}
