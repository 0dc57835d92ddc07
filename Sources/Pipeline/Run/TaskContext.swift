import Postgres
import Synchronization

/// What a task did, for the run log; nil where a number makes no sense for the task.
public struct TaskOutcome: Sendable, Hashable {
  public var rowsIn: Int64?
  public var rowsOut: Int64?
  public var bytes: Int64?
  /// One line for people.
  public var message: String?
  /// True where everything was found as the task left it the last time.
  public var changesNothing = false

  public init(rowsIn: Int64? = nil, rowsOut: Int64? = nil, bytes: Int64? = nil, message: String? = nil) {
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    self.bytes = bytes
    self.message = message
  }
}

/// How a task's work ended where it did not throw.
public enum TaskAnswer: Sendable {
  case done(TaskOutcome)
  /// There was nothing to do; dependents go on.
  case unneeded(reason: String)
}

/// The work of a task. It throws where it fails; ``PostgresError`` and ``RunError`` say whether trying again may help.
public typealias TaskBody = @Sendable (TaskContext) async throws -> TaskAnswer

/// What a task's work is given: its name, its log, and connections that end when the run is cancelled.
public struct TaskContext: Sendable {
  public let task: String
  public let attempt: Int
  public var runID: Int64 { log.runID }
  private let database: String
  private let log: RunLog
  private let interruption: Interruption

  init(task: String, attempt: Int, database: String, log: RunLog, interruption: Interruption) {
    self.task = task
    self.attempt = attempt
    self.database = database
    self.log = log
    self.interruption = interruption
  }

  /// Writes a line into the task's log.
  public func log(_ level: LogLevel, _ message: String) async throws {
    try await log.line(task, attempt: attempt, level: level, message)
  }

  /// Tells how many rows are done, of how many where that is known.
  public func progress(rows: Int64, expected: Int64?) async throws {
    try await log.progress(task, attempt: attempt, rows: rows, expected: expected)
  }

  /// Writes the checks' results beside the run.
  public func record(_ validations: [ValidationReport]) async throws {
    try await log.validations(validations)
  }

  /// Writes data tests' results beside the run.
  public func record(_ tests: [TestResult]) async throws {
    try await log.tests(tests)
  }

  /// Calls `stop` when the run is cancelled while `body` works, again and again until it ends.
  public func cancelling<Answer: Sendable>(
    with stop: @escaping @Sendable () -> Void, _ body: () async throws -> Answer
  ) async throws -> Answer {
    let token = interruption.register(stop)
    defer { interruption.remove(token) }
    try Task.checkCancellation()
    return try await body()
  }

  /// Opens a connection for the length of `body`. A cancelled run cancels its statement in the server.
  public func withConnection<Answer: Sendable>(
    _ body: (Connection) async throws -> Answer
  ) async throws -> Answer {
    let connection = try await Connection.open(database, applicationName: "riskdeck run: \(task)")
    do {
      try await connection.execute(PlannerSettings.statement)
      let answer = try await cancelling(with: connection.cancel) { try await body(connection) }
      await connection.close()
      return answer
    } catch {
      await connection.close()
      throw error
    }
  }
}

/// What stops the statements of one attempt from outside.
final class Interruption: Sendable {
  private struct State {
    var stops: [Int: @Sendable () -> Void] = [:]
    var next = 0
    var reason: String?
  }
  private let state = Mutex(State())

  func register(_ stop: @escaping @Sendable () -> Void) -> Int {
    state.withLock { state in
      state.next += 1
      state.stops[state.next] = stop
      return state.next
    }
  }

  func remove(_ token: Int) {
    state.withLock { state in _ = state.stops.removeValue(forKey: token) }
  }

  /// Why the attempt was stopped; nil while nobody stopped it.
  var reason: String? { state.withLock { $0.reason } }

  /// The first reason stays.
  func begin(reason: String) {
    state.withLock { $0.reason = $0.reason ?? reason }
  }

  /// Cancels the statements that run now.
  func cancelStatements() {
    for stop in state.withLock({ Array($0.stops.values) }) { stop() }
  }
}
