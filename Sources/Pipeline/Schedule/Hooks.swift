import Foundation
import Postgres

/// The hooks of a database, and telling them.
public enum Hooks {
  /// - Parameter who: user@host.
  /// - Throws: ``ScheduleError`` where the name is taken; `PostgresError`.
  public static func add(_ hook: Hook, who: String, on connection: Connection) async throws {
    var command: Bind = .null
    var url: Bind = .null
    var headers: [String: String] = [:]
    switch hook.target {
    case .command(let words): command = .text(JSONText.texts(words).text)
    case .post(let address, let names):
      url = .text(address)
      headers = names
    }
    let inserted = try await connection.query(
      """
      insert into monitoring.hooks
        (name, events, command, url, headers, attempts, timeout_seconds, created_at, created_by)
      values ($1, $2::jsonb, $3::jsonb, $4, $5::jsonb, $6, $7, clock_timestamp(), $8)
      on conflict (name) do nothing returning hook_id
      """,
      [
        .text(hook.name), .text(JSONText.texts(hook.events.map(\.rawValue).sorted()).text), command, url,
        .text(JSONText.object(headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }).text),
        .integer(Int64(hook.attempts)), .double(hook.timeout), .text(who),
      ])
    guard inserted.rowCount == 1 else {
      throw ScheduleError(.name, "there is a hook \"\(hook.name)\" already; give another name or remove it")
    }
    try await Schedules.tell(connection)
  }

  /// All hooks by name, with how the last telling of each went.
  public static func all(on connection: Connection) async throws -> [(hook: Hook, last: HookReport?)] {
    let found = try await connection.query(
      """
      select h.name, h.events, h.command, h.url, h.headers, h.attempts, h.timeout_seconds,
        d.event, d.subject, d.state, d.message, extract(epoch from d.claimed_at)::float8
      from monitoring.hooks h
      left join lateral (
        select * from monitoring.hook_deliveries d where d.hook_id = h.hook_id
        order by d.claimed_at desc, d.event, d.subject limit 1) d on true
      order by h.name
      """)
    return try found.rows.map { row in
      let last = row[7].map { event in
        HookReport(
          event: event, subject: row[8] ?? "", state: row[9] ?? "", message: row[10],
          claimedAt: row.double(11) ?? 0)
      }
      return (try hook(row), last)
    }
  }

  /// - Throws: ``ScheduleError`` where there is none of that name.
  public static func remove(_ name: String, on connection: Connection) async throws {
    let removed = try await connection.query(
      "delete from monitoring.hooks where name = $1 returning hook_id", [.text(name)])
    guard removed.rowCount > 0 else { throw unknown(name) }
    try await Schedules.tell(connection)
  }

  /// Sends a made-up event, marked as a test, and keeps no record of it.
  /// - Returns: why it failed, for people; nil: it was delivered.
  /// - Throws: ``ScheduleError`` where there is none of that name.
  public static func test(
    _ name: String, event: HookEvent.Kind, now: Double, on connection: Connection
  ) async throws -> String? {
    guard let hook = try await all(on: connection).first(where: { $0.hook.name == name })?.hook else {
      throw unknown(name)
    }
    let example = HookEvent(
      kind: event, subject: "test", reason: "a test of the hook \(name)", happenedAt: now)
    let payload = example.payload(database: try await database(connection), isTest: true).text
    return await HookDelivery(hook: hook, payload: payload, event: event).send().problem
  }

  private static func unknown(_ name: String) -> ScheduleError {
    ScheduleError(.unknown, "there is no hook \"\(name)\"; riskdeck hook list shows them")
  }

  // MARK: - Telling

  /// Tells the hooks how a run ended. Each hook hears of each run once, whoever calls this first: the run itself, the
  /// daemon, or both. Returns when all are told or given up; what failed stands in the deliveries and stops nothing.
  /// - Parameter previous: the run before it; see ``previous(of:on:)``.
  public static func fire(for run: RunReport, previous: RunReport?, on connection: Connection) async throws {
    var events = HookEvent.events(of: run, previous: previous)
    // A run whose process died could not tell of it itself.
    if let previous, previous.state == .crashed { events += HookEvent.events(of: previous, previous: nil) }
    let levels = try await ServiceLevels.read(from: connection)
    let now = run.endedAt ?? run.startedAt
    events += levels.lateness(run: run, publication: nil, now: now).map {
      HookEvent($0, run: run, now: now)
    }
    await deliver(try await claim(events, on: connection), on: connection)
  }

  /// The run before `run` that was not cancelled and has ended, tasks that went well alone left out; nil where there is none.
  public static func previous(of run: RunReport, on connection: Connection) async throws -> RunReport? {
    let found = try await connection.query(
      """
      select run_id from monitoring.runs r
      where run_id < $1 and state <> 'cancelled' and (state <> 'success' or exists (
        select from monitoring.task_attempts t where t.run_id = r.run_id and t.task = 'publish'))
      order by run_id desc limit 1
      """, [.integer(run.runID)])
    guard let runID = found.first?.integer(0) else { return nil }
    return try await RunReportReader.run(runID, from: connection)
  }

  /// A message that is this process's to send.
  struct Claim: Sendable {
    let hookID: Int64
    let hook: Hook
    let event: HookEvent.Kind
    let subject: String
    let payload: String
  }

  /// Takes the events nobody has taken yet, for each hook that listens to them.
  static func claim(_ events: [HookEvent], on connection: Connection) async throws -> [Claim] {
    guard !events.isEmpty else { return [] }
    let name = try await database(connection)
    var claims: [Claim] = []
    for event in events {
      let payload = event.payload(database: name).text
      let taken = try await connection.query(
        """
        with taken as (
          insert into monitoring.hook_deliveries (hook_id, event, subject, state, payload, claimed_at)
          select hook_id, $1::text, $2, 'sending', $3::jsonb, clock_timestamp() from monitoring.hooks
          where jsonb_exists(events, $1::text) and created_at <= to_timestamp($4)
          on conflict (hook_id, event, subject) do nothing returning hook_id)
        select h.name, h.events, h.command, h.url, h.headers, h.attempts, h.timeout_seconds, h.hook_id
        from taken join monitoring.hooks h using (hook_id) order by h.name
        """, [.text(event.kind.rawValue), .text(event.subject), .text(payload), .double(event.happenedAt)])
      for row in taken.rows {
        claims.append(
          Claim(
            hookID: row.integer(7) ?? 0, hook: try hook(row), event: event.kind, subject: event.subject,
            payload: payload))
      }
    }
    return claims
  }

  /// Takes over what a process that has gone wanted to send.
  static func abandonedClaims(on connection: Connection) async throws -> [Claim] {
    // Longer ago than ten attempts of five minutes take.
    let taken = try await connection.query(
      """
      with taken as (
        update monitoring.hook_deliveries set claimed_at = clock_timestamp()
        where state = 'sending' and claimed_at < clock_timestamp() - interval '1 hour' returning *)
      select h.name, h.events, h.command, h.url, h.headers, h.attempts, h.timeout_seconds, h.hook_id,
        taken.event, taken.subject, taken.payload
      from taken join monitoring.hooks h using (hook_id) order by h.name, taken.event, taken.subject
      """)
    return try taken.rows.map { row in
      Claim(
        hookID: row.integer(7) ?? 0, hook: try hook(row),
        event: row[8].flatMap(HookEvent.Kind.init(rawValue:)) ?? .failure, subject: row[9] ?? "",
        payload: row[10] ?? "{}")
    }
  }

  /// Sends all at the same time and writes down what came of it.
  static func deliver(
    _ claims: [Claim], on connection: Connection,
    through delivery: @escaping @Sendable (Claim) -> HookDelivery = {
      HookDelivery(hook: $0.hook, payload: $0.payload, event: $0.event)
    }
  ) async {
    await withTaskGroup { group in
      for claim in claims {
        group.addTask {
          let outcome = await delivery(claim).send()
          // Where the database is gone the delivery stays "sending", and the next daemon takes it over.
          _ = try? await connection.query(
            """
            update monitoring.hook_deliveries set state = $4, attempts = $5, message = $6, ended_at = clock_timestamp()
            where hook_id = $1 and event = $2 and subject = $3
            """,
            [
              .integer(claim.hookID), .text(claim.event.rawValue), .text(claim.subject),
              .text(outcome.problem == nil ? "delivered" : "failed"), .integer(Int64(outcome.attempts)),
              Bind(outcome.problem),
            ])
        }
      }
    }
  }

  private static func database(_ connection: Connection) async throws -> String {
    try await connection.query("select current_database()").first?[0] ?? ""
  }

  private static func hook(_ row: Row) throws -> Hook {
    let kinds = Set(Schedules.texts(row[1]).compactMap(HookEvent.Kind.init(rawValue:)))
    let target: Hook.Target
    if let url = row[3] {
      let headers = try JSONDecoder().decode([String: String].self, from: Data((row[4] ?? "{}").utf8))
      target = .post(url: url, headers: headers)
    } else {
      target = .command(Schedules.texts(row[2]))
    }
    return try Hook(
      name: row[0] ?? "", events: kinds, target: target, attempts: row.integer(5).map(Int.init) ?? 1,
      timeout: row.double(6) ?? 10)
  }
}

/// How the last telling of a hook went.
public struct HookReport: Sendable, Hashable {
  public let event: String
  public let subject: String
  /// sending, delivered or failed.
  public let state: String
  public let message: String?
  /// Seconds since 1970.
  public let claimedAt: Double

  public init(event: String, subject: String, state: String, message: String?, claimedAt: Double) {
    self.event = event
    self.subject = subject
    self.state = state
    self.message = message
    self.claimedAt = claimedAt
  }
}
