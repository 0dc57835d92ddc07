import Postgres

/// What the queue follows from: the publication, what people did with cases, and the overrides, snoozes and list entries in
/// force. Where it is what it was when a run last looked, no case would open or change.
struct QueueInputs: Sendable {
  private static let task = "open-cases"
  private let digest: String

  /// Takes them as they are now, before a run looks at the queue: what changes while that looks counts as new.
  static func take(_ connection: Connection) async throws -> QueueInputs {
    let found = try await connection.query(
      """
      with parts as (
        select 'publication' as part, coalesce(max(run_id), 0)::text as value from monitoring.publications
        -- Cases that runs open and rescore are not people's doing.
        union all select 'events', count(*)::text from desk.case_events where kind not in ('opened', 'rescored')
        union all
        select 'overrides', string_agg(o::text, ',' order by o.customer_id) from desk.level_overrides o
        where o.until > clock_timestamp()
        union all
        select 'snoozes', string_agg(s::text, ',' order by s.customer_id, s.rule) from desk.rule_snoozes s
        where s.until > clock_timestamp()
        union all
        select 'lists', string_agg(e::text, ',' order by e::text) from desk.list_entries e
        where e.until is null or e.until > clock_timestamp()
      )
      select md5(string_agg(part || ' ' || coalesce(value, ''), E'\\n' order by part)) from parts
      """)
    return QueueInputs(digest: found.first?[0] ?? "")
  }

  /// The run that last looked at the queue with these inputs; nil: none did.
  func lastRun(_ connection: Connection) async throws -> Int64? {
    let last = try await TaskInputs.noted(connection)[Self.task]
    return last?.digest == digest ? last?.runID : nil
  }

  /// Remembers that the run has looked at the queue with them.
  func note(runID: Int64, _ connection: Connection) async throws {
    try await TaskInputs.note(Self.task, digest: digest, runID: runID, connection)
  }
}
