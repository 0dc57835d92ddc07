import Postgres

/// Brings the raw tables to what an extraction has, by the smaller way of two: writing the rows that differ, or all of them.
///
/// The result is the same either way. Rows are compared by a keyed digest: of each row where a key is a customer, and of
/// all lines of a customer together where there are many, because joining two tables of lines costs more than writing one.
/// Only what belongs to keys whose digests differ is compared column by column.
struct RawChanges {
  /// Above this share of differing keys everything is written: a table without dead rows, for less work.
  static let largestShare = 1.0 / 3

  private let connection: Connection
  private let runID: Int64
  private let rewrites: Bool
  /// The kinds of which what changed alone came in.
  private let kinds: Set<RawLoad.Kind>
  /// No stored line has a higher id; nil: not known.
  private let highestOrder: Int64?
  /// The digests' key: nobody can make a row that passes for another one.
  private let seed = Int64.random(in: 0...Int64.max)
  /// Rows inserted, replaced or deleted.
  private(set) var written: Int64 = 0
  /// Rows left out because their key came before.
  private(set) var repeated: Int64 = 0
  /// Carts that came less those that went, where changed orders came in.
  private(set) var moreCarts: Int64 = 0

  /// - Parameter connection: in the load's transaction.
  init(
    _ connection: Connection, runID: Int64, rewrites: Bool, changes kinds: Set<RawLoad.Kind> = [],
    highestOrder: Int64? = nil
  ) {
    self.connection = connection
    self.kinds = kinds
    self.highestOrder = highestOrder
    self.runID = runID
    self.rewrites = rewrites
  }

  /// Brings one table to the incoming rows and returns how many it holds then. Of rows that share a key the first is kept,
  /// the others become rejects.
  @discardableResult
  mutating func bring(_ target: RawTarget) async throws -> Int64 {
    let stored = try await rows(of: target)
    let count: Int64
    let isChanged = target.kind.map(kinds.contains) ?? false
    let keys = isChanged || !target.isByCustomer ? target.key : ["customer_id"]
    switch isChanged ? try await changedKeys(target) : try await plan(target, stored: stored) {
    case .nothing:
      return stored
    case .everything:
      if target.concernsScores {
        try await ValidationCounts.forget(connection)
        try await ScoringBaseline.forget(connection)
        try await TouchedCustomers.addEveryone(
          and: "select customer_id from staging.incoming_customers", connection)
      }
      // From here on readers wait until the new rows are whole.
      // SQL-safe: tables and columns are constants of this program, here and below.
      try await connection.execute("truncate \(target.table)")
      let (inserted, rejected) = try await withUniqueKeys(target) {
        // SQL-safe: constants.
        try await connection.query(
          "insert into \(target.table) (\(target.columnList)) select \(target.valueList) from \(target.rows)"
        ).affectedRows
      }
      count = inserted
      repeated += rejected
      written += count
    case .differing(let differing):
      if target.concernsScores {
        try await note(differing, isProfile: !target.isByCustomer)
        try await ValidationCounts.correct(by: differing, isBefore: true, connection)
      }
      let carts = isChanged && target.isByCustomer ? try await self.carts(of: differing) : 0
      let ((deleted, inserted), rejected) = try await withUniqueKeys(target) {
        try await apply(target, differing, by: keys)
      }
      if isChanged, target.isByCustomer { moreCarts += try await self.carts(of: differing) - carts }
      if target.concernsScores {
        try await ValidationCounts.correct(by: differing, isBefore: false, connection)
      }
      repeated += rejected
      count = stored - deleted + inserted
      // A replaced row was deleted and inserted.
      written += max(deleted, inserted)
      guard max(deleted, inserted) * 20 > stored else { return count }
    }
    // Identities are read by key alone.
    if target.table != RawTarget.identities.table, target.table != RawTarget.labels.table {
      // SQL-safe: a constant.
      try await connection.execute("analyze \(target.table)")
    }
    return count
  }

  // MARK: - What to do

  private enum Plan {
    case nothing
    case everything
    /// Name of a temporary table of the keys whose digests differ: `customer_id`, or the table's own key.
    case differing(String)
  }

  private func plan(_ target: RawTarget, stored: Int64) async throws -> Plan {
    guard !rewrites, stored > 0 else { return .everything }
    // SQL-safe: a constant.
    let incoming = try await count("select count(*) from staging.\(target.incoming.incoming)")
    // So many more or fewer rows cannot be a third alone.
    if Double(abs(incoming - stored)) > Self.largestShare * Double(stored),
      target.table != RawTarget.identities.table
    {
      return .everything
    }
    let name = target.differing
    let keys = target.isByCustomer ? ["customer_id"] : target.key
    let list = keys.joined(separator: ", ")
    let match = keys.map { "new_rows.\($0) = old_rows.\($0)" }.joined(separator: " and ")
    let either = keys.map { "coalesce(new_rows.\($0), old_rows.\($0)) as \($0)" }.joined(separator: ", ")
    // Two equal rows would cancel each other, and a repeated key must not pass: rows are counted as well.
    let digest = { (columns: String) in
      "count(*) as row_count, bit_xor(hash_record_extended(row(\(columns)), \(seed))) as digest"
    }
    // SQL-safe: constants and a number.
    try await connection.execute(
      """
      create temporary table \(name) on commit drop as
      select \(either)
      from (
        select \(RawTarget.list(keys, of: "i")), \(digest(target.valueList)) from \(target.rows) group by 1
      ) new_rows
      full join (
        select \(list), \(digest(target.columnList)) from \(target.table) group by 1
      ) old_rows on \(match)
      where (new_rows.row_count, new_rows.digest) is distinct from (old_rows.row_count, old_rows.digest)
      """)
    // SQL-safe: a constant, here and below.
    try await connection.execute("analyze \(name)")
    // SQL-safe: a constant.
    let differing = try await count("select count(*) from \(name)")
    if differing == 0 { return .nothing }
    let all =
      target.isByCustomer
      ? try await count("select count(*) from staging.raw_customers") : max(stored, incoming)
    return Double(differing) > Self.largestShare * Double(all) ? .everything : .differing(name)
  }

  /// The keys of incoming rows that differ from the stored ones, and of stored ones that are gone.
  private func changedKeys(_ target: RawTarget) async throws -> Plan {
    let name = target.differing
    let list = RawTarget.list(target.key, of: "r")
    let gone: String
    switch target.table {
    case RawTarget.customers.table, RawTarget.identities.table:
      // SQL-safe: constants, here and below.
      gone = """
        select \(list) from \(target.table) r
        join staging.incoming_customers i on i.customer_id = r.customer_id
        where i.is_deleted\(target.isIdentities ? " or num_nonnulls(i.clear_name, i.clear_email, i.clear_phone) = 0" : "")
        """
    default:
      let orphans =
        kinds.contains(.customers)
        ? "join staging.incoming_customers c on c.customer_id = r.customer_id where c.is_deleted"
        : "where not exists (select from staging.raw_customers c where c.customer_id = r.customer_id)"
      try await findMovedLines()
      // A line that moved to another customer leaves the former; customers who are gone leave no lines.
      // SQL-safe: constants.
      gone = """
        select \(list) from \(target.table) r
        join staging.incoming_orders i on \(target.matches("i", "r")) where i.is_deleted
        union
        select \(list) from \(target.table) r
        join moved_lines i on i.order_id = r.order_id where i.customer_id <> r.customer_id
        union
        select \(list) from \(target.table) r \(orphans)
        """
    }
    // SQL-safe: constants.
    try await connection.execute(
      """
      create temporary table \(name) on commit drop as
      select \(RawTarget.list(target.key, of: "i")) from \(target.rows)
      left join \(target.table) r on \(target.matches("i", "r"))
      where (\(target.valueList)) is distinct from (\(RawTarget.list(target.columns, of: "r")))
      union
      \(gone)
      """)
    // SQL-safe: a constant.
    try await connection.execute("analyze \(name)")
    // SQL-safe: a constant.
    return try await count("select count(*) from \(name)") == 0 ? .nothing : .differing(name)
  }

  /// Lists in `moved_lines` the incoming lines that may stand with another customer: those that are not there with their own,
  /// except where their ids are higher than any that was stored, as those of new orders are. To look for what is listed all lines
  /// are read; for an empty list none.
  private func findMovedLines() async throws {
    let highest = highestOrder.map { "and i.order_id <= \($0)" } ?? ""
    // SQL-safe: constants and a number.
    try await connection.execute(
      """
      create temporary table moved_lines on commit drop as
      select i.customer_id, i.order_id from staging.incoming_orders i
      left join staging.raw_orders r on r.customer_id = i.customer_id and r.order_id = i.order_id
      where r.order_id is null \(highest);
      analyze moved_lines
      """)
  }

  /// How many rows a table holds: as loads kept count of, where they did.
  private func rows(of target: RawTarget) async throws -> Int64 {
    if let name = ValidationCounts.rowCount(of: target.table),
      let kept = try await connection.query(
        "select value::bigint from staging.validation_counts where name = $1", [.text(name)]
      ).first?.integer(0)
    {
      return kept
    }
    // SQL-safe: a constant.
    return try await count("select count(*) from \(target.table)")
  }

  /// Carts of the customers that are named.
  private func carts(of differing: String) async throws -> Int64 {
    // SQL-safe: a constant.
    try await count(
      """
      select count(*) from (
        select distinct customer_id, cart_id from staging.raw_orders
        where customer_id in (select customer_id from \(differing))
      ) carts
      """)
  }

  private func count(_ statement: String) async throws -> Int64 {
    try await connection.query(statement).first?.integer(0) ?? 0
  }

  // MARK: - Doing it

  /// Remembers for the scoring who changed: with a profile also who shared its device or address, before it changes.
  private func note(_ differing: String, isProfile: Bool) async throws {
    // SQL-safe: a constant.
    try await TouchedCustomers.add("select customer_id from \(differing)", connection)
    // SQL-safe: a constant, here and below.
    try await connection.execute(
      """
      insert into staging.changed_customers (customer_id, reach) select distinct customer_id, 0 from \(differing)
      on conflict (customer_id) do update set reach = excluded.reach
      """)
    guard isProfile else { return }
    // SQL-safe: a constant.
    try await connection.execute(
      """
      with devices as materialized (
        select distinct r.device from staging.raw_customers r join \(differing) d on d.customer_id = r.customer_id
        where r.device is not null
      ), addresses as materialized (
        select distinct r.ip from staging.raw_customers r join \(differing) d on d.customer_id = r.customer_id
        where r.ip is not null
      )
      insert into staging.changed_customers (customer_id, reach)
      select r.customer_id, 0 from staging.raw_customers r join devices d on d.device = r.device
      union
      select r.customer_id, 0 from staging.raw_customers r join addresses a on a.ip = r.ip
      on conflict (customer_id) do update set reach = excluded.reach
      """)
  }

  /// Deletes what is gone or different and inserts what is new or different, among the given keys.
  private func apply(
    _ target: RawTarget, _ differing: String, by keys: [String]
  ) async throws -> (deleted: Int64, inserted: Int64) {
    let (new, gone) = (differing + "_new", differing + "_gone")
    let keyList = target.key.joined(separator: ", ")
    let ofKeys = { (row: String) in
      keys.map { "d.\($0) = \(row).\($0)" }.joined(separator: " and ")
    }
    let named = zip(target.values, target.columns).map { "\($0) as \($1)" }.joined(separator: ", ")
    // SQL-safe: constants. Its key makes a repeated one fail here, before it can hide another row.
    try await connection.execute(
      """
      create temporary table \(new) on commit drop as
      select \(named) from \(target.rows) join \(differing) d on \(ofKeys("i"));
      create unique index on \(new) (\(keyList));
      analyze \(new) (\(keyList));
      create temporary table \(gone) on commit drop as
      select \(RawTarget.list(target.key, of: "r"))
      from \(target.table) r
      join \(differing) d on \(ofKeys("r"))
      left join \(new) n on \(target.matches("n", "r"))
      where n.\(target.key[0]) is null
        or (\(RawTarget.list(target.columns, of: "n"))) is distinct from (\(RawTarget.list(target.columns, of: "r")));
      analyze \(gone)
      """)
    // SQL-safe: constants, here and below.
    let deleted = try await connection.query(
      "delete from \(target.table) r using \(gone) g where \(target.matches("g", "r"))"
    ).affectedRows
    // SQL-safe: constants.
    let inserted = try await connection.query(
      """
      insert into \(target.table) (\(target.columnList))
      select \(RawTarget.list(target.columns, of: "n")) from \(new) n
      left join \(target.table) r on \(target.matches("r", "n"))
      where r.\(target.key[0]) is null
      """
    ).affectedRows
    return (deleted, inserted)
  }

  /// Runs the work; where a key exists twice, rejects all but the first of each and runs it again. The usual case
  /// of unique keys costs no pass of its own.
  private func withUniqueKeys<Answer>(
    _ target: RawTarget, _ work: () async throws -> Answer
  ) async throws -> (answer: Answer, rejected: Int64) {
    try await connection.execute("savepoint unique_keys")
    do {
      let answer = try await work()
      try await connection.execute("release savepoint unique_keys")
      return (answer, 0)
    } catch let error as PostgresError where error.sqlState == "23505" {
      try await connection.execute("rollback to savepoint unique_keys")
      let rejected = try await RawTables.rejectRepeated(target.incoming, connection, runID: runID)
      return (try await work(), rejected)
    }
  }
}
