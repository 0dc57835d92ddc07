import Postgres

/// What the leading daemon reads and writes about due times, over the connection that holds the scheduler's lock:
/// when the lock is lost, so is the power to write.
struct ScheduleBook: Sendable {
  let connection: Connection
  /// user@host of the daemon.
  let who: String

  /// A due time whose run is to be started.
  struct Entry: Sendable, Hashable {
    let scheduleID: Int64
    let name: String
    let dueAt: Double
    let source: String
    let arguments: [String]

    fileprivate var key: [Bind] { [.integer(scheduleID), .double(dueAt)] }
  }

  /// What came of a started entry.
  struct Result: Sendable, Hashable {
    let state: ScheduledRun.State
    /// Nil where no run began.
    let runID: Int64?
    let message: String?
  }

  /// Puts due times into the queue and passes over those that are missed.
  func plan(_ schedules: [Schedule], now: Double) async throws {
    for schedule in schedules where !schedule.isPaused {
      let queued = try await connection.query(
        "select 1 from monitoring.scheduled_runs where schedule_id = $1 and state = 'queued' limit 1",
        [.integer(schedule.id)])
      let plan = DuePlan(
        schedule.expression, in: schedule.clock, catchUp: schedule.catchUp,
        handledUntil: Int(schedule.handledUntil.rounded(.down)), now: Int(now.rounded(.down)),
        isQueued: queued.rowCount > 0)
      if plan.queued.isEmpty, plan.missedCount == 0 { continue }
      try await connection.transaction { connection in
        let insertion = """
          insert into monitoring.scheduled_runs (schedule_id, due_at, state, message)
          values ($1, to_timestamp($2), $3, $4) on conflict (schedule_id, due_at) do nothing
          """
        if let missed = plan.lastMissed {
          let words =
            plan.missedCount == 1
            ? "no run: the time had passed"
            : "no run: the time had passed, as had \(plan.missedCount - 1) before it"
          try connection.query(
            insertion, [.integer(schedule.id), .double(Double(missed)), "missed", .text(words)])
        }
        for due in plan.queued {
          try connection.query(insertion, [.integer(schedule.id), .double(Double(due)), "queued", .null])
        }
        try connection.query(
          """
          update monitoring.schedules set handled_until = greatest(handled_until, to_timestamp($2))
          where schedule_id = $1
          """, [.integer(schedule.id), .double(now)])
      }
    }
  }

  /// What waited while nobody led and is not to be made up for.
  func dropOutdated(now: Double) async throws {
    try await connection.query(
      """
      update monitoring.scheduled_runs r set state = 'missed', message = 'no run: the time had passed'
      from monitoring.schedules s
      where s.schedule_id = r.schedule_id and r.state = 'queued' and s.catch_up = 'none'
        and r.due_at < to_timestamp($1)
      """, [.double(now - Double(DuePlan.tolerance))])
  }

  /// Takes the entry that waits longest; nil where none waits.
  func takeNext() async throws -> Entry? {
    let taken = try await connection.query(
      """
      update monitoring.scheduled_runs r set state = 'started', started_at = clock_timestamp(), started_by = $1
      from monitoring.schedules s
      where s.schedule_id = r.schedule_id and (r.schedule_id, r.due_at) = (
        select q.schedule_id, q.due_at from monitoring.scheduled_runs q
        join monitoring.schedules p on p.schedule_id = q.schedule_id
        where q.state = 'queued' and not p.is_paused order by q.due_at, q.schedule_id limit 1)
      returning r.schedule_id, s.name, extract(epoch from r.due_at)::float8, s.source, s.arguments
      """, [.text(who)])
    return taken.first.map { row in
      Entry(
        scheduleID: row.integer(0) ?? 0, name: row[1] ?? "", dueAt: row.double(2) ?? 0, source: row[3] ?? "",
        arguments: Schedules.texts(row[4]))
    }
  }

  func started(_ entry: Entry, processID: Int32) async throws {
    try await connection.query(
      """
      update monitoring.scheduled_runs set process_id = $3 where schedule_id = $1 and due_at = to_timestamp($2)
      """, entry.key + [.integer(Int64(processID))])
  }

  /// Writes down how a started entry's process ended: as the run log says, or by its exit where no run began.
  @discardableResult
  func ended(_ entry: Entry, status: Int32, problem: String?) async throws -> Result {
    let run = try await run(of: entry)
    let state: ScheduledRun.State
    let message: String?
    if let run {
      state = Self.state(of: run)
      message = run.reason
    } else {
      state = status == 0 ? .success : .failed
      message = status == 0 ? nil : problem ?? "riskdeck run ended with \(status)"
    }
    try await close(entry.key, state, run?.runID, message)
    return Result(state: state, runID: run?.runID, message: message)
  }

  private func close(
    _ key: [Bind], _ state: ScheduledRun.State, _ runID: Int64?, _ message: String?
  ) async throws {
    // A schedule that was removed meanwhile has taken its entries along.
    try await connection.query(
      """
      update monitoring.scheduled_runs set state = $3, run_id = $4, message = $5, ended_at = clock_timestamp()
      where schedule_id = $1 and due_at = to_timestamp($2)
      """, key + [.text(state.rawValue), Bind(runID), Bind(message)])
  }

  private static func state(of run: RunReport) -> ScheduledRun.State {
    switch run.state {
    case .success: .success
    case .failed: .failed
    case .cancelled: .cancelled
    // Its process has ended, or nobody holds the lock.
    case .crashed, .running: .crashed
    }
  }

  private func run(of entry: Entry) async throws -> RunReport? {
    let found = try await connection.query(
      """
      select max(m.run_id) from monitoring.scheduled_runs r join monitoring.runs m
        on m.process_id = r.process_id and m.started_by = r.started_by
          and m.started_at >= r.started_at - interval '5 seconds'
      where r.schedule_id = $1 and r.due_at = to_timestamp($2)
      """, entry.key)
    guard let runID = found.first?.integer(0) else { return nil }
    return try await RunReportReader.run(runID, from: connection)
  }

  /// Brings entries to an end that a daemon before this one had started.
  /// - Parameters:
  ///   - own: the entry this daemon waits for itself.
  ///   - isAlive: whether a process of this machine lives.
  /// - Returns: how many are still at work.
  func settle(except own: Entry?, isAlive: (Int32) -> Bool) async throws -> Int {
    let open = try await connection.query(
      """
      select r.schedule_id, s.name, extract(epoch from r.due_at)::float8, s.source, r.process_id, r.started_by
      from monitoring.scheduled_runs r join monitoring.schedules s on s.schedule_id = r.schedule_id
      where r.state = 'started' order by r.due_at, r.schedule_id
      """)
    var atWork = 0
    for row in open.rows {
      let entry = Entry(
        scheduleID: row.integer(0) ?? 0, name: row[1] ?? "", dueAt: row.double(2) ?? 0, source: row[3] ?? "",
        arguments: [])
      if let own, own.scheduleID == entry.scheduleID, own.dueAt == entry.dueAt { continue }
      let run = try await run(of: entry)
      if let run, run.state != .running {
        try await close(entry.key, Self.state(of: run), run.runID, run.reason)
      } else if run != nil {
        atWork += 1
      } else if row[5] == who, let process = row.integer(4), isAlive(Int32(clamping: process)) {
        // It waits for another run to end.
        atWork += 1
      } else {
        try await close(
          entry.key, .abandoned, nil, "the daemon that started it was gone before its run began")
      }
    }
    return atWork
  }
}
