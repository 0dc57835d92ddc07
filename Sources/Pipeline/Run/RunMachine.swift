/// What a run does next, as a pure state machine: events in, actions out.
///
/// It knows no clock, no database and no process; ``RunExecutor`` carries its actions out.
struct RunMachine: Sendable {
  enum Event: Sendable, Equatable {
    case begin
    case succeeded(task: String, outcome: TaskOutcome = TaskOutcome())
    /// The task found nothing to do, which its dependents take as success.
    case unneeded(task: String, reason: String)
    case failed(task: String, reason: String, isTransient: Bool)
    case retryDue(task: String)
    /// A person or a signal.
    case cancel(reason: String)
    /// The run's own time limit, or a lost connection: as a cancel, but the run has failed.
    case giveUp(reason: String)
  }

  enum Action: Sendable, Equatable {
    case start(task: String, attempt: Int)
    /// Send `retryDue` after so many seconds.
    case wait(task: String, attempt: Int, seconds: Double)
    /// The task will not run.
    case skip(task: String, reason: String)
    /// Stop what runs; each task answers with `failed` as its work ends.
    case interrupt(task: String)
    case finish(Outcome)
  }

  enum Outcome: Sendable, Equatable {
    case success
    case failed(reason: String)
    case cancelled(reason: String)
  }

  private enum State: Equatable {
    case queued
    case running(attempt: Int)
    case waiting(attempt: Int)
    case succeeded
    case failed
    case skipped
  }

  let graph: TaskGraph
  private var states: [String: State]
  private var failure: String?
  /// Why everything stops, and whether that is a failure.
  private var cancellation: (reason: String, isFailure: Bool)?
  private var isFinished = false

  init(graph: TaskGraph) {
    self.graph = graph
    states = Dictionary(uniqueKeysWithValues: graph.tasks.map { ($0.name, .queued) })
  }

  /// Takes an event in. Events that come too late for their task's state change nothing.
  /// - Parameter jitter: 0 to 1, for the wait before a retry.
  mutating func handle(_ event: Event, jitter: Double = 1) -> [Action] {
    guard !isFinished else { return [] }
    var actions: [Action] = []
    switch event {
    case .begin:
      break
    case .succeeded(let task, _):
      guard case .running = states[task] else { return [] }
      states[task] = .succeeded
    case .unneeded(let task, let reason):
      guard case .running = states[task] else { return [] }
      states[task] = .succeeded
      actions.append(.skip(task: task, reason: reason))
    case .failed(let task, let reason, let isTransient):
      guard case .running(let attempt) = states[task], let definition = graph.task(task) else { return [] }
      if isTransient, cancellation == nil, attempt < definition.retry.attempts {
        states[task] = .waiting(attempt: attempt)
        let seconds = definition.retry.delay(afterAttempt: attempt, jitter: jitter)
        actions.append(.wait(task: task, attempt: attempt + 1, seconds: seconds))
      } else {
        states[task] = .failed
        if cancellation == nil, failure == nil { failure = "\(task): \(reason)" }
      }
    case .retryDue(let task):
      guard case .waiting(let attempt) = states[task], cancellation == nil else { return [] }
      states[task] = .running(attempt: attempt + 1)
      actions.append(.start(task: task, attempt: attempt + 1))
    case .cancel(let reason), .giveUp(let reason):
      guard cancellation == nil else { return [] }
      cancellation = if case .giveUp = event { (reason, true) } else { (reason, false) }
      for task in graph.tasks {
        switch states[task.name] {
        case .running: actions.append(.interrupt(task: task.name))
        case .queued, .waiting:
          states[task.name] = .skipped
          actions.append(.skip(task: task.name, reason: reason))
        default: break
        }
      }
    }
    return actions + proceed()
  }

  /// Starts what has become ready, skips what cannot run any more, and ends the run when nothing is left.
  private mutating func proceed() -> [Action] {
    var actions: [Action] = []
    for task in graph.tasks where states[task.name] == .queued {
      if let failed = task.dependencies.first(where: { states[$0] == .failed || states[$0] == .skipped }) {
        states[task.name] = .skipped
        actions.append(.skip(task: task.name, reason: "\(failed) did not succeed"))
      } else if task.dependencies.allSatisfy({ states[$0] == .succeeded }) {
        states[task.name] = .running(attempt: 1)
        actions.append(.start(task: task.name, attempt: 1))
      }
    }
    let isDone = states.values.allSatisfy { $0 == .succeeded || $0 == .failed || $0 == .skipped }
    if isDone {
      isFinished = true
      if let cancellation {
        // A cancel that came when all work was done has cancelled nothing.
        let isWhole = states.values.allSatisfy { $0 == .succeeded }
        let (reason, isFailure) = cancellation
        actions.append(
          .finish(isWhole ? .success : isFailure ? .failed(reason: reason) : .cancelled(reason: reason)))
      } else {
        actions.append(.finish(failure.map { .failed(reason: $0) } ?? .success))
      }
    }
    return actions
  }
}
