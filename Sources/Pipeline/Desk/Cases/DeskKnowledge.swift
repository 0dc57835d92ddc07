import Postgres

/// What the analysts' lists and levels tell the scoring; outcomes of closed cases are read as ``CaseOutcomes``.
struct DeskKnowledge: Sendable {
  /// Added to the ruleset's own.
  var blockList = BlockList()
  /// ``stableHash(_:)`` of devices, addresses and counterparties that tell nothing against anyone.
  var allowed: Set<UInt64> = []
  /// One line each, for people; empty where the desk says nothing.
  var notes: [String] = []

  /// - Parameter now: seconds since 1970; nil: the server's clock.
  static func read(_ connection: Connection, now: Double? = nil) async throws -> DeskKnowledge {
    var knowledge = DeskKnowledge()
    try await knowledge.readLists(connection, now: now)
    return knowledge
  }

  private mutating func readLists(_ connection: Connection, now: Double?) async throws {
    let entries = try await connection.query(
      """
      select e.list, e.kind, e.value, c.customer_id from desk.list_entries e
      left join staging.raw_customers c on e.kind = 'email_hash' and e.list = 'block' and c.email_hash = e.value
      where e.until is null or e.until > coalesce(to_timestamp($1::float8), clock_timestamp())
      """, [Bind(now)])
    var counts: [String: Int] = [:]
    for row in entries.rows {
      guard let list = row[0].flatMap(ListEntry.List.init(rawValue:)),
        let kind = row[1].flatMap(ListEntry.Kind.init(rawValue:)), let value = row[2]
      else { continue }
      counts[list.rawValue, default: 0] += 1
      switch (list, kind) {
      case (.block, .customer): if let number = Int64(value) { blockList.customers.insert(number) }
      case (.block, .emailHash): if let number = row.integer(3) { blockList.customers.insert(number) }
      case (.block, .device): blockList.devices.insert(stableHash(value))
      case (.block, .ip): blockList.ips.insert(stableHash(value))
      case (.block, .counterparty): blockList.counterparties.insert(stableHash(value))
      case (.allow, .device), (.allow, .ip), (.allow, .counterparty): allowed.insert(stableHash(value))
      // Allowed customers are scored like all others, so that one sees what they do; no case is opened for them.
      case (.allow, .customer), (.allow, .emailHash): break
      }
    }
    for (list, count) in counts.sorted(by: { $0.key < $1.key }) {
      notes.append("\(count) \(count == 1 ? "entry" : "entries") of the desk's \(list) list")
    }
  }

  /// Puts what a person set against the score into the scores of a run; `scored_level` keeps what the scoring said.
  /// - Returns: how many levels were set.
  static func applyOverrides(_ connection: Connection, now: Double? = nil) async throws -> Int {
    let overrides = try await connection.query(
      """
      select customer_id, level, made_by, until::text from desk.level_overrides
      where until > coalesce(to_timestamp($1::float8), clock_timestamp()) order by customer_id
      """, [Bind(now)])
    for row in overrides.rows {
      guard let customer = row.integer(0), let level = row[1].flatMap(RiskLevel.init(rawValue:)) else {
        continue
      }
      try await connection.query(
        """
        update staging.fraud_scores set scored_level = coalesce(scored_level, risk_level), risk_level = $2,
          action_required = $3, investigation_priority = $4, level_set_by = $5, level_set_until = $6::timestamptz
        where customer_id = $1
        """,
        [
          .integer(customer), .text(level.rawValue), .text(level.action),
          .integer(Int64(level.usualPriority)), Bind(row[2]), Bind(row[3]),
        ])
    }
    return overrides.rowCount
  }

  /// Customers whose level a person has set, in order.
  static func overridden(_ connection: Connection, now: Double? = nil) async throws -> [Int64] {
    try await connection.query(
      """
      select customer_id from desk.level_overrides
      where until > coalesce(to_timestamp($1::float8), clock_timestamp()) order by customer_id
      """, [Bind(now)]
    ).rows.compactMap { $0.integer(0) }
  }

  /// A text that changes with the lists, however they are ordered.
  var ground: String {
    func text(_ hashes: Set<UInt64>) -> String { hashes.sorted().map { "\($0)" }.joined(separator: ",") }
    return [
      blockList.customers.sorted().map { "\($0)" }.joined(separator: ","), text(blockList.devices),
      text(blockList.ips), text(blockList.counterparties), text(allowed),
    ].joined(separator: "|")
  }

  /// A text that changes whenever the scoring would be told something else.
  static func digest(_ connection: Connection, now: Double? = nil) async throws -> String {
    let found = try await connection.query(
      """
      with moment as materialized (select coalesce(to_timestamp($1::float8), clock_timestamp()) as at), told as (
        select concat_ws('|', 'list', list, kind, value) as line from desk.list_entries, moment
        where until is null or until > moment.at
        union all
        select concat_ws('|', 'override', customer_id, level) from desk.level_overrides, moment where until > moment.at
        union all
        select concat_ws('|', 'outcome', customer_id, outcome, extract(epoch from closed_at)) from desk.case_outcomes
      )
      select coalesce(md5(string_agg(line, chr(10) order by line)), '') from told
      """, [Bind(now)])
    return found.first?[0] ?? ""
  }
}
