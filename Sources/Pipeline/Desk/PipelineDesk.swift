import Postgres

/// What the screens of the pipeline ask besides the runs themselves.
public enum PipelineQuestion: Sendable, Hashable {
  /// Log lines of a run behind the line of that number, oldest first.
  case log(runID: Int64, after: Int64)
  /// Every attempt of a task of a run with its log.
  case task(runID: Int64, task: String)
  /// Rows that broke a data test of a run, behind the row of that number.
  case failingRows(runID: Int64, test: String, after: Int64)
  /// Schedules, hooks and limits.
  case timetable
}

/// The answer to a ``PipelineQuestion``.
public enum PipelineAnswer: Sendable {
  case log(LogPage)
  case task(TaskHistory)
  case failingRows(FailingRows)
  case timetable(Timetable)
}

/// A part of a run's log.
public struct LogPage: Sendable, Hashable {
  public let runID: Int64
  /// The line the question named; 0: from the beginning.
  public let after: Int64
  public let lines: [LogLine]
  /// False: more lines follow that were there when this was read.
  public let isLast: Bool

  public init(runID: Int64, after: Int64, lines: [LogLine], isLast: Bool) {
    self.runID = runID
    self.after = after
    self.lines = lines
    self.isLast = isLast
  }
}

/// A task of one run: its attempts and what they wrote.
public struct TaskHistory: Sendable, Hashable {
  public let runID: Int64
  public let task: String
  /// Oldest first.
  public let attempts: [TaskReport]
  public let lines: [LogLine]

  public init(runID: Int64, task: String, attempts: [TaskReport], lines: [LogLine]) {
    self.runID = runID
    self.task = task
    self.attempts = attempts
    self.lines = lines
  }
}

/// When the pipeline runs by itself, who is told, and what is promised.
public struct Timetable: Sendable, Hashable {
  /// A schedule with its next and last run.
  public struct Entry: Sendable, Hashable {
    public let name: String
    public let expression: String
    public let timeZone: String
    public let source: String
    public let isPaused: Bool
    /// Seconds since 1970; nil while paused.
    public let next: Double?
    public let last: ScheduledRun?

    public init(
      name: String, expression: String, timeZone: String, source: String, isPaused: Bool, next: Double?,
      last: ScheduledRun?
    ) {
      self.name = name
      self.expression = expression
      self.timeZone = timeZone
      self.source = source
      self.isPaused = isPaused
      self.next = next
      self.last = last
    }
  }

  /// A hook with how its last telling went.
  public struct HookEntry: Sendable, Hashable {
    public let name: String
    /// What it listens to, by name.
    public let events: [String]
    /// The command or the address, for people.
    public let target: String
    public let last: HookReport?

    public init(name: String, events: [String], target: String, last: HookReport?) {
      self.name = name
      self.events = events
      self.target = target
      self.last = last
    }
  }

  public let entries: [Entry]
  public let hooks: [HookEntry]
  public let levels: ServiceLevels

  public init(entries: [Entry], hooks: [HookEntry], levels: ServiceLevels) {
    self.entries = entries
    self.hooks = hooks
    self.levels = levels
  }
}

/// Answers the questions of the Pipeline screens.
public enum PipelineDesk {
  /// Lines of a log that are read at once.
  static let logPage = 2_000

  /// - Throws: ``DeskError`` where there is nothing of that name, ``ScheduleError`` for a stored schedule this program
  ///   cannot read, `PostgresError`.
  public static func answer(
    _ question: PipelineQuestion, from connection: Connection
  ) async throws -> PipelineAnswer {
    switch question {
    case .log(let runID, let after):
      let lines = try await RunReportReader.logLines(
        of: runID, after: after, limit: logPage, from: connection)
      return .log(LogPage(runID: runID, after: after, lines: lines, isLast: lines.count < logPage))
    case .task(let runID, let task):
      let attempts = try await RunReportReader.attempts(of: task, runID: runID, from: connection)
      guard !attempts.isEmpty else { throw DeskError(.notFound, "run \(runID) has no task \(task)") }
      return .task(
        TaskHistory(
          runID: runID, task: task, attempts: attempts,
          lines: try await RunReportReader.logLines(of: runID, task: task, from: connection)))
    case .failingRows(let runID, let test, let after):
      return .failingRows(try await FailingRowStore.page(of: test, runID: runID, after: after, connection))
    case .timetable: return .timetable(try await timetable(connection))
    }
  }

  private static func timetable(_ connection: Connection) async throws -> Timetable {
    let entries = try await Schedules.all(on: connection).map { schedule in
      Timetable.Entry(
        name: schedule.name, expression: schedule.expression.description,
        timeZone: schedule.clock.identifier, source: schedule.source, isPaused: schedule.isPaused,
        next: schedule.next, last: schedule.last)
    }
    let hooks = try await Hooks.all(on: connection).map { hook, last in
      let target =
        switch hook.target {
        case .command(let words): words.joined(separator: " ")
        case .post(let address, _): address
        }
      return Timetable.HookEntry(
        name: hook.name, events: hook.events.map(\.rawValue).sorted(), target: target, last: last)
    }
    return Timetable(
      entries: entries, hooks: hooks, levels: try await ServiceLevels.read(from: connection))
  }
}
