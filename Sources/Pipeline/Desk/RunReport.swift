/// A run of the pipeline as the run log in `monitoring` holds it.
public struct RunReport: Sendable, Hashable {
  public enum State: String, Sendable, Hashable, CaseIterable {
    case running, success, failed, cancelled, crashed
  }

  public let runID: Int64
  public let source: String
  public let state: State
  /// Why it did not succeed, for people.
  public let reason: String?
  /// Seconds since 1970, UTC.
  public let startedAt: Double
  public let endedAt: Double?
  /// How long it took by the program's monotonic clock; nil: it has not ended, or its process died.
  public let seconds: Double?
  public let startedBy: String
  /// In the order of the run.
  public let tasks: [TaskReport]
  public let validations: [ValidationReport]
  public let tests: [TestReport]

  /// False for a task that was run alone.
  public var reachesPublication: Bool { tasks.contains { $0.task == "publish" } }

  public init(
    runID: Int64, source: String, state: State, reason: String?, startedAt: Double, endedAt: Double?,
    seconds: Double? = nil, startedBy: String, tasks: [TaskReport], validations: [ValidationReport],
    tests: [TestReport]
  ) {
    self.runID = runID
    self.source = source
    self.state = state
    self.reason = reason
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.seconds = seconds ?? endedAt.map { max(0, $0 - startedAt) }
    self.startedBy = startedBy
    self.tasks = tasks
    self.validations = validations
    self.tests = tests
  }
}

/// An attempt of one task of a run; in a ``RunReport`` the latest.
public struct TaskReport: Sendable, Hashable {
  public enum State: String, Sendable, Hashable, CaseIterable {
    case queued, running, success, failed, skipped, cancelled, crashed
  }

  public let task: String
  public let attempt: Int64
  public let state: State
  public let startedAt: Double?
  public let endedAt: Double?
  /// How long it took by the program's monotonic clock; nil: it has not ended.
  public let seconds: Double?
  public let rowsIn: Int64?
  public let rowsOut: Int64?
  public let rowsExpected: Int64?
  public let bytes: Int64?
  public let message: String?

  public init(
    task: String, attempt: Int64, state: State, startedAt: Double?, endedAt: Double?, seconds: Double? = nil,
    rowsIn: Int64?, rowsOut: Int64?, rowsExpected: Int64?, bytes: Int64? = nil, message: String?
  ) {
    self.task = task
    self.attempt = attempt
    self.state = state
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.seconds = seconds ?? startedAt.flatMap { start in endedAt.map { max(0, $0 - start) } }
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    self.rowsExpected = rowsExpected
    self.bytes = bytes
    self.message = message
  }
}

/// One check of the raw data before the models are built.
public struct ValidationReport: Sendable, Hashable {
  public let name: String
  /// info, warning or critical; a critical one with failures stops the run.
  public let severity: String
  public let failures: Int64
  public let checked: Int64
  public let message: String

  public init(name: String, severity: String, failures: Int64, checked: Int64, message: String) {
    self.name = name
    self.severity = severity
    self.failures = failures
    self.checked = checked
    self.message = message
  }
}

/// One data test's result in a run.
public struct TestReport: Sendable, Hashable {
  public let test: String
  /// The model or source it belongs to; nil for a singular test of several.
  public let node: String?
  /// source, staging, marts or singular.
  public let layer: String
  /// pass, warn, fail, error or skipped.
  public let status: String
  public let failures: Int64?
  public let message: String?

  public init(
    test: String, node: String?, layer: String, status: String, failures: Int64?, message: String?
  ) {
    self.test = test
    self.node = node
    self.layer = layer
    self.status = status
    self.failures = failures
    self.message = message
  }
}
