import Postgres
import Synchronization

/// Carries out what ``RunMachine`` decides: runs the tasks' work side by side, writes the run log, waits between
/// attempts, and stops everything when asked.
public struct RunExecutor: Sendable {
  private let database: String
  private let graph: TaskGraph
  private let bodies: [String: TaskBody]

  /// - Parameter bodies: the work by task name; a task of the graph without one is an error when the run starts.
  public init(database: String, graph: TaskGraph, bodies: [String: TaskBody]) {
    self.database = database
    self.graph = graph
    self.bodies = bodies
  }

  /// Runs the graph to its end.
  /// - Parameters:
  ///   - cancellations: reasons to stop, from signals or people; also while it waits for another run.
  ///   - waiting: told once who holds the lock where the settings say to wait.
  /// - Returns: the run's number; its result stands in the run log.
  /// - Throws: ``RunError`` where the run could not start, ``PostgresError`` where the run log was lost.
  public func run(
    _ settings: RunSettings, cancellations: AsyncStream<String> = AsyncStream { $0.finish() },
    waiting: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> Int64 {
    for task in graph.tasks where bodies[task.name] == nil {
      throw RunError(.invalid, "the task \(task.name) has no work to do")
    }
    // A server that recovers from a crash refuses connections for a moment.
    try await ServerAvailability.wait(for: database)
    let (events, continuation) = AsyncStream<RunMachine.Event>.makeStream()
    let opening = Task {
      try await RunLog.open(database: database, settings: settings, graph: graph, waiting: waiting)
    }
    let stopped = Mutex<String?>(nil)
    let signals = Task {
      for await reason in cancellations {
        stopped.withLock { $0 = $0 ?? reason }
        opening.cancel()
        continuation.yield(.cancel(reason: reason))
      }
    }
    defer {
      signals.cancel()
      continuation.finish()
    }
    let log: RunLog
    do { log = try await opening.value } catch is CancellationError {
      throw RunError(.cancelled, "\(stopped.withLock { $0 } ?? "stopped") while it waited for another run")
    }
    do {
      try await withControl(of: log, settings, { continuation.yield($0) }) { post in
        try await execute(log, events, post)
      }
    } catch {
      await log.close()
      throw error
    }
    await log.close()
    return log.runID
  }

  /// Listens for reasons to stop while `body` runs.
  private func withControl(
    of log: RunLog, _ settings: RunSettings, _ post: @escaping @Sendable (RunMachine.Event) -> Void,
    _ body: (@escaping @Sendable (RunMachine.Event) -> Void) async throws -> Void
  ) async throws {
    let control = try await NotificationListener.open(database, channels: [RunLog.controlChannel])
    let listening = Task {
      do {
        // Looked at once before anything is heard: the run could be seen, and cancelled, before this listened.
        var isAsked = true
        while true {
          if isAsked, let who = try await log.canceller() { post(.cancel(reason: "cancelled by \(who)")) }
          let notifications = try await control.next()
          if notifications.isEmpty { return }
          isAsked = notifications.contains { $0.payload == "cancel \(log.runID)" }
        }
      } catch {
        post(.giveUp(reason: "the connection to the database was lost: \(error)"))
      }
    }
    // The lock is gone with its connection: another run may begin, so this one must not go on until its next log line.
    let watch = Task {
      while !(await log.isLost) { try await Task.sleep(for: .seconds(1)) }
      post(.giveUp(reason: Self.lostLog))
    }
    let limit = Task {
      guard let seconds = settings.timeout else { return }
      try await Task.sleep(for: .seconds(seconds))
      post(.giveUp(reason: "the run took longer than \(seconds) s"))
    }
    post(.begin)
    let result: Result<Void, any Error>
    do { result = .success(try await body(post)) } catch { result = .failure(error) }
    limit.cancel()
    watch.cancel()
    control.stop()
    _ = await listening.value
    await control.close()
    try result.get()
  }

  private func execute(
    _ log: RunLog, _ events: AsyncStream<RunMachine.Event>,
    _ post: @escaping @Sendable (RunMachine.Event) -> Void
  ) async throws {
    var machine = RunMachine(graph: graph)
    let positions = Dictionary(uniqueKeysWithValues: graph.tasks.enumerated().map { ($1.name, $0) })
    var attempts: [String: Int] = [:]
    var running: [String: Attempt] = [:]
    var waits: [Task<Void, any Error>] = []
    defer { for wait in waits { wait.cancel() } }
    var logFailure: (any Error)?
    var isCancelled = false

    /// A run whose log is lost has lost its lock as well: everything stops, and the first error is the run's.
    func logging(_ write: () async throws -> Void) async {
      guard logFailure == nil else { return }
      do { try await write() } catch {
        logFailure = error
        post(.giveUp(reason: Self.lostLog))
      }
    }

    for await event in events {
      switch event {
      case .cancel, .giveUp: isCancelled = true
      default: break
      }
      if case .failed(let task, let reason, _) = event, running[task] != nil, let attempt = attempts[task] {
        running[task] = nil
        let state: RunLog.AttemptState = isCancelled ? .cancelled : .failed
        await logging {
          try await log.line(task, attempt: attempt, level: .error, reason)
          try await log.ended(task, attempt: attempt, state: state, message: reason)
        }
      } else if case .succeeded(let task, let outcome) = event, running[task] != nil,
        let attempt = attempts[task]
      {
        running[task] = nil
        await logging {
          try await log.ended(
            task, attempt: attempt, state: .success, message: outcome.message, outcome: outcome)
        }
      }
      for action in machine.handle(event, jitter: .random(in: 0...1)) {
        switch action {
        case .start(let task, let number):
          attempts[task] = number
          await logging { try await log.started(task, attempt: number, position: positions[task] ?? 0) }
          if logFailure == nil {
            running[task] = start(task, number, log, post)
          } else {
            post(.failed(task: task, reason: Self.lostLog, isTransient: false))
          }
        case .wait(let task, let number, let seconds):
          await logging {
            try await log.line(
              task, attempt: number - 1, level: .warning,
              "attempt \(number) follows in \((seconds * 10).rounded() / 10) s")
          }
          waits.append(
            Task {
              try await Task.sleep(for: .seconds(seconds))
              post(.retryDue(task: task))
            })
        case .skip(let task, let reason):
          running[task] = nil
          await logging {
            try await log.ended(task, attempt: attempts[task] ?? 1, state: .skipped, message: reason)
          }
        case .interrupt(let task):
          running[task]?.interrupt(reason: "stopped")
        case .finish(let outcome):
          await logging { try await log.finish(outcome) }
          if let logFailure { throw Self.ended(log.runID, logFailure) }
          return
        }
      }
    }
  }

  private static let lostLog = "the run log was lost"

  /// The error of a run that could not write its end any more.
  private static func ended(_ runID: Int64, _ error: any Error) -> any Error {
    guard let error = error as? PostgresError else { return error }
    return PostgresError(
      code: error.code,
      message:
        "run \(runID) was stopped, because the run log was lost: \(error). What is published stays as it is; "
        + "riskdeck resume goes on")
  }

  private func start(
    _ task: String, _ number: Int, _ log: RunLog, _ post: @escaping @Sendable (RunMachine.Event) -> Void
  ) -> Attempt {
    let interruption = Interruption()
    let context = TaskContext(
      task: task, attempt: number, database: database, log: log, interruption: interruption)
    let work = Task { [bodies] in
      do {
        guard let body = bodies[task] else { throw RunError(.invalid, "the task \(task) has no work to do") }
        switch try await body(context) {
        case .done(let outcome): post(.succeeded(task: task, outcome: outcome))
        case .unneeded(let reason): post(.unneeded(task: task, reason: reason))
        }
      } catch  where interruption.reason != nil || error is CancellationError {
        post(.failed(task: task, reason: interruption.reason ?? "stopped", isTransient: false))
      } catch {
        let isTransient = (error as? any Retriable)?.isTransient ?? false
        post(.failed(task: task, reason: "\(error)", isTransient: isTransient))
      }
    }
    let attempt = Attempt(work: work, interruption: interruption)
    if let seconds = graph.task(task)?.timeout {
      let timer = Task {
        try await Task.sleep(for: .seconds(seconds))
        attempt.interrupt(reason: "took longer than \(seconds) s")
      }
      attempt.whenDone { timer.cancel() }
    }
    return attempt
  }
}

/// One attempt of a task at work.
private struct Attempt: Sendable {
  private let work: Task<Void, Never>
  private let interruption: Interruption

  init(work: Task<Void, Never>, interruption: Interruption) {
    self.work = work
    self.interruption = interruption
  }

  /// Asks the work to stop until it has: a statement may begin between two requests.
  func interrupt(reason: String) {
    interruption.begin(reason: reason)
    work.cancel()
    let pacing = Task {
      while !Task.isCancelled {
        interruption.cancelStatements()
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    whenDone { pacing.cancel() }
  }

  func whenDone(_ action: @escaping @Sendable () -> Void) {
    Task {
      await work.value
      action()
    }
  }
}
