/// A time table of runs as the database keeps it.
public struct Schedule: Sendable, Hashable {
  public let id: Int64
  public let name: String
  public let expression: CronExpression
  public let clock: ZoneClock
  public let catchUp: CatchUp
  /// The source, for people.
  public let source: String
  /// Of `riskdeck run`.
  public let arguments: [String]
  public let isPaused: Bool
  /// Due times up to here have been dealt with; seconds since 1970.
  public let handledUntil: Double
  /// The latest due time that was dealt with.
  public let last: ScheduledRun?

  /// When the next run is due, in seconds since 1970; nil while paused.
  public var next: Double? {
    isPaused ? nil : expression.next(after: Int(handledUntil.rounded(.down)), in: clock).map(Double.init)
  }
}

extension ZoneClock: Hashable {
  public static func == (left: ZoneClock, right: ZoneClock) -> Bool { left.identifier == right.identifier }
  public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

/// A due time of a schedule and what came of it.
public struct ScheduledRun: Sendable, Hashable {
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// It waits for its run to be started.
    case queued
    /// Its run was started and has not ended.
    case started
    case success, failed, cancelled, crashed
    /// It has no run; the schedule's catch-up says so.
    case missed
    /// The daemon that started it was gone before its run began.
    case abandoned
  }

  public let dueAt: Double
  public let state: State
  public let runID: Int64?
  public let startedAt: Double?
  public let endedAt: Double?
  public let message: String?

  public init(
    dueAt: Double, state: State, runID: Int64?, startedAt: Double?, endedAt: Double?, message: String?
  ) {
    self.dueAt = dueAt
    self.state = state
    self.runID = runID
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.message = message
  }
}
