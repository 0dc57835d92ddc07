import Postgres

/// Which customers a scoring has to look at, in `staging.changed_customers`.
struct ScoringScope: Sendable {
  let baseline: ScoringBaseline
  /// Customers that changed.
  let changed: Int64

  /// Above this share of the customers everyone is scored.
  private static let largestShare = 1.0 / 3

  /// Completes the list of customers that changed by those whose scores follow from theirs.
  /// - Parameters:
  ///   - baseline: what is kept of a former scoring.
  ///   - everyone: take all customers, as if all had changed.
  ///   - connection: in no transaction; others see the list when this returns.
  /// - Returns: nil where what is usual is to be learnt anew.
  static func find(
    _ baseline: ScoringBaseline, everyone: Bool, _ connection: Connection
  ) async throws -> ScoringScope? {
    try await connection.transaction { connection in
      try connection.execute("delete from staging.changed_customers where reach > 0")
      if everyone {
        try connection.execute(
          """
          insert into staging.changed_customers (customer_id, reach)
          select customer_id, 0 from staging.raw_customers
          union select customer_id, 0 from staging.raw_orders
          union select customer_id, 0 from staging.fraud_scores
          on conflict (customer_id) do nothing
          """)
      }
      // A level that a person no longer sets becomes again what the score says; one set anew is a change to the history.
      try connection.execute(
        """
        insert into staging.changed_customers (customer_id, reach)
        select distinct customer_id, 0
        from staging.scoring_baseline cross join unnest(overridden) as overridden (customer_id)
        on conflict (customer_id) do nothing
        """)
      try connection.execute(
        """
        insert into staging.changed_customers (customer_id, reach)
        select o.customer_id, 0 from desk.level_overrides o where o.until > clock_timestamp()
        on conflict (customer_id) do nothing
        """)
      for reach in [1, 2] {
        try connection.query(
          """
          with devices as materialized (
            select distinct r.device from staging.changed_customers c
            join staging.raw_customers r on r.customer_id = c.customer_id where r.device is not null
          ), addresses as materialized (
            select distinct r.ip from staging.changed_customers c
            join staging.raw_customers r on r.customer_id = c.customer_id where r.ip is not null
          )
          insert into staging.changed_customers (customer_id, reach)
          select r.customer_id, $1::smallint from staging.raw_customers r join devices d on d.device = r.device
          union
          select r.customer_id, $1::smallint from staging.raw_customers r join addresses a on a.ip = r.ip
          on conflict (customer_id) do nothing
          """, [.integer(Int64(reach))])
      }
      try connection.execute("analyze staging.changed_customers")
      let counts = try connection.query(
        """
        select count(*) filter (where reach = 0), count(*), (select count(*) from staging.raw_customers)
        from staging.changed_customers
        """)
      guard let row = counts.first, let changed = row.integer(0), let read = row.integer(1),
        let all = row.integer(2)
      else { return nil }
      if everyone { return ScoringScope(baseline: baseline, changed: changed) }
      guard Double(read) <= Self.largestShare * Double(all),
        Double(baseline.changed + changed) <= ScoringBaseline.largestChange * Double(all)
      else { return nil }
      let newest = try connection.query(
        """
        select extract(epoch from max(o.ordered_at) filter (where not o.is_synthetic_time))::float8
        from staging.changed_customers c join staging.raw_orders o on o.customer_id = c.customer_id
        """
      ).first?.double(0)
      if let newest, newest > (baseline.usual.population.lastTime ?? newest) + ScoringBaseline.longestTime {
        return nil
      }
      return ScoringScope(baseline: baseline, changed: changed)
    }
  }
}
