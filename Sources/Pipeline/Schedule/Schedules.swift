import Foundation
import Postgres

/// The schedules of a database.
public enum Schedules {
  /// The channel that tells of a changed schedule, hook or limit.
  public static let channel = "riskdeck_schedules"

  /// Adds a schedule; its first run is the first due time from now on.
  /// - Parameters:
  ///   - name: nil: made from the source.
  ///   - source: the source for people.
  ///   - arguments: what `riskdeck run` is started with.
  ///   - who: user@host.
  /// - Throws: ``ScheduleError`` where the name is taken or empty; `PostgresError`.
  @discardableResult
  public static func add(
    name: String?, expression: CronExpression, clock: ZoneClock, catchUp: CatchUp, source: String,
    arguments: [String], who: String, on connection: Connection
  ) async throws -> Schedule {
    let chosen: String
    if let name { chosen = name } else { chosen = try await freeName(source, connection) }
    guard !chosen.isEmpty, chosen.allSatisfy({ !$0.isNewline }) else {
      throw ScheduleError(.name, "a schedule's name is one line of text")
    }
    let inserted = try await connection.query(
      """
      insert into monitoring.schedules
        (name, expression, time_zone, catch_up, source, arguments, handled_until, created_at, created_by)
      values ($1, $2, $3, $4, $5, $6::jsonb, clock_timestamp(), clock_timestamp(), $7)
      on conflict (name) do nothing returning schedule_id
      """,
      [
        .text(chosen), .text(expression.description), .text(clock.identifier), .text(catchUp.rawValue),
        .text(source), .text(JSONText.texts(arguments).text), .text(who),
      ])
    guard let id = inserted.first?.integer(0) else {
      throw ScheduleError(
        .name, "there is a schedule \"\(chosen)\" already; give another --name or remove it")
    }
    try await tell(connection)
    guard let schedule = try await all(on: connection).first(where: { $0.id == id }) else {
      throw ScheduleError(.unknown, "the schedule \"\(chosen)\" was removed at once by somebody else")
    }
    return schedule
  }

  private static func freeName(_ source: String, _ connection: Connection) async throws -> String {
    let base = String(source.prefix { $0 != ":" })
    let taken = Set(
      try await connection.query("select name from monitoring.schedules").rows.compactMap { $0[0] })
    var number = 1
    var name = base
    while taken.contains(name) {
      number += 1
      name = "\(base)-\(number)"
    }
    return name
  }

  /// All schedules by name.
  /// - Throws: ``ScheduleError`` where a stored expression or zone is not known to this program; `PostgresError`.
  public static func all(on connection: Connection) async throws -> [Schedule] {
    let found = try await connection.query(
      """
      select s.schedule_id, s.name, s.expression, s.time_zone, s.catch_up, s.source, s.arguments, s.is_paused,
        extract(epoch from s.handled_until)::float8, extract(epoch from r.due_at)::float8, r.state, r.run_id,
        extract(epoch from r.started_at)::float8, extract(epoch from r.ended_at)::float8, r.message
      from monitoring.schedules s
      left join lateral (
        select * from monitoring.scheduled_runs r where r.schedule_id = s.schedule_id
        order by r.due_at desc limit 1) r on true
      order by s.name
      """)
    return try found.rows.map { row in
      let last = row.double(9).map { due in
        ScheduledRun(
          dueAt: due, state: row[10].flatMap(ScheduledRun.State.init(rawValue:)) ?? .abandoned,
          runID: row.integer(11), startedAt: row.double(12), endedAt: row.double(13), message: row[14])
      }
      do {
        return Schedule(
          id: row.integer(0) ?? 0, name: row[1] ?? "", expression: try CronExpression(row[2] ?? ""),
          clock: try ZoneClock(row[3] ?? ""), catchUp: row[4].flatMap(CatchUp.init(rawValue:)) ?? .none,
          source: row[5] ?? "", arguments: texts(row[6]), isPaused: row.boolean(7) ?? false,
          handledUntil: row.double(8) ?? 0, last: last)
      } catch let error as ScheduleError {
        throw ScheduleError(
          error.code, "the schedule \"\(row[1] ?? "")\": \(error); remove it and add it anew")
      }
    }
  }

  /// - Throws: ``ScheduleError`` where there is none of that name.
  public static func remove(_ name: String, on connection: Connection) async throws {
    try await change(
      name, connection, "delete from monitoring.schedules where name = $1 returning schedule_id",
      [.text(name)])
  }

  /// Stops its runs until it is resumed; due times meanwhile are passed over.
  /// - Throws: ``ScheduleError`` where there is none of that name.
  public static func setPaused(_ name: String, _ isPaused: Bool, on connection: Connection) async throws {
    if isPaused {
      try await connection.query(
        """
        update monitoring.scheduled_runs set state = 'missed', message = 'the schedule was paused'
        where state = 'queued' and schedule_id = (select schedule_id from monitoring.schedules where name = $1)
        """, [.text(name)])
    }
    try await change(
      name, connection,
      """
      update monitoring.schedules set is_paused = $2::boolean,
        handled_until = case when is_paused then clock_timestamp() else handled_until end
      where name = $1 returning schedule_id
      """, [.text(name), .boolean(isPaused)])
  }

  private static func change(
    _ name: String, _ connection: Connection, _ sql: String, _ binds: [Bind]
  ) async throws {
    guard try await connection.query(sql, binds).rowCount > 0 else {
      throw ScheduleError(.unknown, "there is no schedule \"\(name)\"; riskdeck schedule list shows them")
    }
    try await tell(connection)
  }

  /// Wakes the daemon.
  static func tell(_ connection: Connection) async throws {
    try await connection.query("select pg_notify($1, '')", [.text(channel)])
  }

  /// A JSON array of texts; anything else is empty.
  static func texts(_ json: String?) -> [String] {
    // The column's own writer is the one above, so there is nothing to tell about a failure.
    (try? JSONDecoder().decode([String].self, from: Data((json ?? "[]").utf8))) ?? []
  }
}

extension JSONText {
  static func texts(_ texts: [String]) -> JSONText { .array(texts.map { .string($0) }) }
}
