import Postgres

/// Makes the queue follow what a run published: the station of the pipeline after `publish`.
public enum CaseOpening {
  /// What became of the queue.
  public struct Summary: Sendable, Hashable {
    /// Customers that were looked at.
    public var candidates = 0
    public var opened: Int64 = 0
    /// Open cases whose standing changed.
    public var rescored: Int64 = 0

    /// One line for the run log.
    public var description: String {
      "\(opened) cases opened, \(rescored) of the open ones rescored"
    }
  }

  /// Opens cases for customers at high and critical and those whom a hard rule hit, and brings the open ones up to date, in
  /// one transaction over the published scores.
  /// - Parameters:
  ///   - connection: not inside a transaction.
  ///   - origin: who made the run, for the event log.
  ///   - now: seconds since 1970; nil: the server's clock.
  /// - Returns: nil where the models publish no scores.
  public static func run(
    _ connection: Connection, runID: Int64, origin: String, now: Double? = nil
  ) async throws -> Summary? {
    let published = try await connection.query("select to_regclass('analytics.fraud_analytics') is not null")
    guard published.first?.boolean(0) == true else { return nil }
    return try await connection.transaction { connection in
      try connection.query("select pg_advisory_xact_lock_shared($1, $2)", AdvisoryLock.publication.binds)
      let at = try CaseRows.moment(now, connection)
      let intake = try bounds(connection)
      let candidates = try candidates(at, connection)
      var chosen = ""
      for candidate in candidates {
        if case .open(let priority) = intake.decision(candidate) {
          chosen += "\(candidate.customerID)\t\(priority)\n"
        }
      }
      try connection.execute(
        "create temporary table chosen_cases (customer_id bigint primary key, priority integer not null) on commit drop"
      )
      try connection.beginCopyIn("copy chosen_cases from stdin")
      try connection.copyWrite(Array(chosen.utf8))
      try connection.copyFinish()
      // Without its statistics the planner reads all scores for some thousand customers, row by row into JSON.
      try connection.execute("analyze chosen_cases")
      try connection.query(trend, [.integer(runID), .double(at)])
      try connection.execute(movers)
      let binds: [Bind] = [.integer(runID), .double(at), .text(origin)]
      var summary = Summary(candidates: candidates.count)
      summary.rescored = try connection.query(rescoring, binds).first?.integer(0) ?? 0
      summary.opened = try connection.query(opening, binds).first?.integer(0) ?? 0
      if summary.opened + summary.rescored > 0 {
        try connection.query("select pg_notify($1, '0')", [.text(CaseDesk.channel)])
      }
      return summary
    }
  }

  private static func bounds(_ connection: isolated Connection) throws -> CaseIntake {
    let found = try connection.query(
      """
      select min(f.score) filter (where f.risk_level in ('high', 'critical')),
        min(f.score) filter (where f.risk_level = 'critical')
      from analytics.fraud_analytics f
      left join desk.level_overrides o on o.customer_id = f.customer_id
      where f.risk_level in ('high', 'critical') and o.customer_id is null
      """)
    return CaseIntake(highFrom: found.first?.double(0), criticalFrom: found.first?.double(1))
  }

  private static func candidates(
    _ at: Double, _ connection: isolated Connection
  ) throws -> [CaseCandidate] {
    let found = try connection.query(
      """
      with moment as (select to_timestamp($1::float8) as at),
      snoozed as materialized (
        select s.customer_id, string_agg(s.rule, ',') as rules
        from desk.rule_snoozes s cross join moment where s.until > moment.at group by s.customer_id
      ), closed as materialized (
        select distinct on (customer_id) customer_id, extract(epoch from closed_at)::float8 as closed_at, score, level,
          array_to_string(rule_hits, ',') as rule_hits
        from desk.cases where state = 'closed' order by customer_id, closed_at desc, case_id desc
      ), listed as materialized (
        select c.customer_id, bool_or(e.list = 'allow') as is_allowed, bool_or(e.list = 'block') as is_blocked
        from desk.list_entries e cross join moment
        inner join staging.raw_customers c
          on (e.kind = 'customer' and c.customer_id::text = e.value) or (e.kind = 'email_hash' and c.email_hash = e.value)
        where e.until is null or e.until > moment.at group by c.customer_id
      ), due as materialized (
        -- An array, so that some thousand of a million are looked up and not found by joining all.
        select array(
          select customer_id from analytics.fraud_analytics
          where risk_level in ('high', 'critical') or cardinality(rule_hits) > 0
          union select o.customer_id from desk.level_overrides o where o.level in ('high', 'critical')
          union select c.customer_id from desk.cases c where c.state <> 'closed') as customers
      )
      select f.customer_id, f.score, f.risk_level, f.investigation_priority, array_to_string(f.rule_hits, ','),
        o.level, extract(epoch from o.made_at)::float8, coalesce(l.is_allowed, false), coalesce(l.is_blocked, false),
        s.rules, case when s.rules is not null then coalesce((
          select sum((e ->> 'contribution')::float8) from jsonb_array_elements(f.evidences) e
          where e ->> 'name' = any(string_to_array(s.rules, ','))), 0) end,
        open.case_id is not null, closed.closed_at, closed.score, closed.level, closed.rule_hits
      from due cross join unnest(due.customers) as d (customer_id)
      inner join analytics.fraud_analytics f on f.customer_id = d.customer_id
      cross join moment
      left join desk.cases open on open.customer_id = f.customer_id and open.state <> 'closed'
      left join closed on closed.customer_id = f.customer_id
      left join desk.level_overrides o on o.customer_id = f.customer_id and o.until > moment.at
      left join snoozed s on s.customer_id = f.customer_id
      left join listed l on l.customer_id = f.customer_id
      where f.score is not null and (f.risk_level in ('high', 'critical') or cardinality(f.rule_hits) > 0
        or o.level in ('high', 'critical') or open.case_id is not null)
      """, [.double(at)])
    return found.rows.compactMap { row in
      guard let customerID = row.integer(0), let score = row.double(1),
        let level = row[2].flatMap(RiskLevel.init(rawValue:))
      else { return nil }
      var candidate = CaseCandidate(
        customerID: customerID, score: score, level: level, priority: Int(row.integer(3) ?? 5),
        ruleHits: names(row[4]))
      if let level = row[5].flatMap(RiskLevel.init(rawValue:)) {
        candidate.override = (level, row.double(6) ?? 0)
      }
      candidate.isAllowed = row.boolean(7) ?? false
      candidate.isBlocked = row.boolean(8) ?? false
      candidate.snoozed = Set(names(row[9]))
      candidate.snoozedScore = row.double(10) ?? 0
      candidate.isOpen = row.boolean(11) ?? false
      if let closedAt = row.double(12) {
        candidate.closed = .init(
          at: closedAt, score: row.double(13) ?? 0,
          level: row[14].flatMap(RiskLevel.init(rawValue:)) ?? .low, ruleHits: names(row[15]))
      }
      return candidate
    }
  }

  private static func names(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map(String.init)
  }

  /// Customers and money at each level, for the trends.
  private static let trend = """
    insert into analytics.run_trends
      (run_id, published_at, risk_level, customers, spent, vip_customers, vip_spent)
    select $1, to_timestamp($2::float8), risk_level, count(*), coalesce(sum(total_spent), 0),
      count(*) filter (where value_tier = 'VIP'), coalesce(sum(total_spent) filter (where value_tier = 'VIP'), 0)
    from analytics.fraud_analytics where risk_level is not null group by risk_level
    on conflict (run_id, risk_level) do update set published_at = excluded.published_at,
      customers = excluded.customers, spent = excluded.spent, vip_customers = excluded.vip_customers,
      vip_spent = excluded.vip_spent
    """

  /// What Movers shows until the next publication. After the trend, which says what the newest run is.
  private static let movers = """
    delete from analytics.newest_movers;
    insert into analytics.newest_movers select * from analytics.movers_of_history(null)
    """

  // Marts of models older than levels set by hand lack their columns, so those are read by name out of the row.

  /// What changed of the open cases. A more urgent priority brings the due time forward.
  private static let rescoring = """
    with former as materialized (
      select c.*, f.run_id as new_run, f.score as new_score, f.composite_risk_score as new_composite,
        f.risk_level as new_level, f.action_required as new_action, f.primary_risk_factor as new_factor,
        f.rule_hits as new_hits, f.evidences as new_evidences, n.priority as new_priority, h.hours,
        set_by_hand.scored_level as new_scored_level, set_by_hand.level_set_by as new_set_by,
        set_by_hand.level_set_until as new_set_until
      from desk.cases c
      inner join chosen_cases n on n.customer_id = c.customer_id
      inner join analytics.fraud_analytics f on f.customer_id = c.customer_id
      inner join desk.due_hours h on h.priority = n.priority
      cross join lateral jsonb_to_record(to_jsonb(f) - 'evidences')
        as set_by_hand (scored_level text, level_set_by text, level_set_until timestamptz)
      where c.state <> 'closed' and (c.score, c.level, c.priority, c.rule_hits, c.evidences, c.scored_level,
          c.level_set_by, c.level_set_until)
        is distinct from (f.score, f.risk_level, n.priority, f.rule_hits, f.evidences, set_by_hand.scored_level,
          set_by_hand.level_set_by, set_by_hand.level_set_until)
    ), changed as (
      update desk.cases c set run_id = former.new_run, score = former.new_score, composite = former.new_composite,
        level = former.new_level, action = former.new_action, primary_factor = former.new_factor,
        rule_hits = former.new_hits, evidences = former.new_evidences, priority = former.new_priority,
        scored_level = former.new_scored_level, level_set_by = former.new_set_by,
        level_set_until = former.new_set_until,
        due_at = case when former.new_priority < former.priority
          then least(former.due_at, to_timestamp($2::float8) + make_interval(secs => former.hours * 3600))
          else former.due_at end,
        changed_at = to_timestamp($2::float8), version = former.version + 1
      from former where c.customer_id = former.customer_id and c.case_id = former.case_id
        and c.version = former.version
      returning c.customer_id, c.case_id
    ), logged as (
      insert into desk.case_events (customer_id, case_id, kind, at, actor, origin, old, new)
      select former.customer_id, former.case_id, 'rescored', to_timestamp($2::float8), 'run ' || $1::bigint, $3,
        jsonb_strip_nulls(jsonb_build_object('score', round(former.score::numeric, 2)::text, 'level', former.level,
          'scored_level', former.scored_level, 'priority', former.priority::text,
          'rule_hits', array_to_string(former.rule_hits, ', '))),
        jsonb_strip_nulls(jsonb_build_object('score', round(former.new_score::numeric, 2)::text,
          'level', former.new_level, 'scored_level', former.new_scored_level, 'priority', former.new_priority::text,
          'rule_hits', array_to_string(former.new_hits, ', ')))
      from former inner join changed using (customer_id, case_id)
      returning 1
    )
    select count(*) from logged
    """

  private static let opening = """
    with made as (
      insert into desk.cases (customer_id, state, opened_at, due_at, changed_at, run_id, priority, score, composite,
        level, action, primary_factor, rule_hits, evidences, scored_level, level_set_by, level_set_until)
      select f.customer_id, 'new', to_timestamp($2::float8),
        to_timestamp($2::float8) + make_interval(secs => h.hours * 3600), to_timestamp($2::float8), f.run_id,
        n.priority, f.score, f.composite_risk_score, f.risk_level, f.action_required, f.primary_risk_factor,
        f.rule_hits, f.evidences, to_jsonb(f) ->> 'scored_level', to_jsonb(f) ->> 'level_set_by',
        (to_jsonb(f) ->> 'level_set_until')::timestamptz
      from chosen_cases n
      inner join analytics.fraud_analytics f on f.customer_id = n.customer_id
      inner join desk.due_hours h on h.priority = n.priority
      where not exists (select from desk.cases c where c.customer_id = n.customer_id and c.state <> 'closed')
      on conflict (customer_id) where state <> 'closed' do nothing
      returning *
    ), logged as (
      insert into desk.case_events (customer_id, case_id, kind, at, actor, origin, old, new)
      select customer_id, case_id, 'opened', opened_at, 'run ' || $1::bigint, $3, '{}',
        jsonb_strip_nulls(jsonb_build_object('score', round(score::numeric, 2)::text, 'level', level,
          'scored_level', scored_level, 'priority', priority::text, 'rule_hits', array_to_string(rule_hits, ', ')))
      from made returning 1
    )
    select count(*) from logged
    """
}
