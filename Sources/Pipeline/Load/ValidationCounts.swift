import Postgres

/// What the validation counts in the raw tables, in `staging.validation_counts`: sums over customers, so that a load can correct them
/// by those it changes. Amounts are summed exactly: corrected counts are those of a look over everything.
enum ValidationCounts {
  /// The scans as (counts of one row, the rows, whose they are).
  private static let scans = [customerScan, orderScan]

  private struct Scan {
    /// (name, expression)
    let counts: [(String, String)]
    let rows: String
    let customer: String

    /// What it counts among some of the rows, as JSON: a list of names and values.
    func read(_ filter: String, sign: String = "", _ connection: Connection) async throws -> JSONText {
      let expressions = counts.map { "\(sign)(\($0.1)) as \($0.0)" }.joined(separator: ", ")
      // SQL-safe: constants of this program.
      let found = try await connection.query("select \(expressions) from \(rows)\(filter)")
      return .array(
        found.columns.enumerated().map { place, column in
          .object([("name", .string(column.name)), ("value", .string(found.first?[place] ?? "0"))])
        })
    }
  }

  private static func failing(_ condition: String) -> String { "count(*) filter (where \(condition))" }

  private static let customerScan = Scan(
    counts: [
      ("customers", "count(*)"), ("customer_ids", failing("customer_id <= 0")),
      ("email", failing("email is null")),
      ("email_form", failing("email is not null and email_domain is null")),
      ("phone", failing("phone is null")), ("country", failing("country is null")),
      ("name", failing("full_name is null")),
      ("birth_year", failing("birth_year not between 1900 and extract(year from now())")),
      (
        "signed_up_at",
        failing("signed_up_at > now() + interval '1 day' or signed_up_at < timestamptz '1990-01-01'")
      ),
    ], rows: "staging.raw_customers", customer: "customer_id")

  /// Lines beside their customers, in one look: reading them is what it costs.
  private static let orderScan = Scan(
    counts: [
      ("lines", "count(*)"),
      ("order_ids", failing("o.order_id <= 0 or o.cart_id <= 0 or o.customer_id <= 0")),
      ("quantity", failing("o.quantity <= 0")), ("amount", failing("o.price < 0 or o.line_total < 0")),
      ("discount", failing("o.discount not between 0 and 100")),
      (
        "total",
        failing(
          "abs(o.line_total - o.price * o.quantity * (1 - o.discount / 100)) > 0.01 * abs(o.quantity) + 0.01")
      ),
      (
        "date",
        failing("o.ordered_at > now() + interval '1 day' or o.ordered_at < timestamptz '1990-01-01'")
      ),
      ("category", failing("o.category is null")), ("synthetic", failing("o.is_synthetic_time")),
      ("sum", "coalesce(sum(o.line_total), 0)"),
      ("squares", "coalesce(sum(o.line_total * o.line_total), 0)"),
      ("unknown", failing("c.customer_id is null")),
      ("before_sign_up", failing("o.ordered_at < c.signed_up_at")),
    ],
    rows: "staging.raw_orders o left join staging.raw_customers c on c.customer_id = o.customer_id",
    customer: "o.customer_id")

  /// The count that tells how many rows a table holds; nil for a table that is not counted.
  static func rowCount(of table: String) -> String? {
    switch table {
    case RawTarget.customers.table: "customers"
    case RawTarget.orders.table: "lines"
    default: nil
    }
  }

  /// Counts everything and keeps the counts.
  static func take(_ connection: Connection) async throws -> [String: Double] {
    try await connection.execute("begin")
    do {
      try await forget(connection)
      for scan in scans {
        try await connection.query(
          """
          insert into staging.validation_counts (name, value)
          select name, value from jsonb_to_recordset($1::jsonb) as counted (name text, value numeric)
          """, [.text(try await scan.read("", connection).text)])
      }
      let counts = try await read(connection)
      try await connection.execute("commit")
      return counts
    } catch {
      // The first error is the one to report; where the connection is gone the server rolls back by itself.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }

  /// What is kept; nil where nothing is, or where a row may have become right or wrong by the clock.
  static func kept(_ connection: Connection) async throws -> [String: Double]? {
    let counts = try await read(connection)
    let ofTime = ["birth_year", "signed_up_at", "date"]
    guard !counts.isEmpty, ofTime.allSatisfy({ counts[$0] == 0 }) else { return nil }
    return counts
  }

  private static func read(_ connection: Connection) async throws -> [String: Double] {
    let rows = try await connection.query(
      """
      with kept as (select name, value from staging.validation_counts), amounts as (
        select max(value) filter (where name = 'lines') as lines, max(value) filter (where name = 'sum') as total,
          max(value) filter (where name = 'squares') as squares
        from kept
      )
      select name, value::float8 from kept
      union all select 'mean', (total / lines)::float8 from amounts where lines > 0
      union all
      select 'deviation', sqrt(greatest(squares / lines - (total / lines) * (total / lines), 0))::float8
      from amounts where lines > 0
      """
    ).rows
    return Dictionary(
      rows.map { ($0[0] ?? "", $0.double(1) ?? 0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes what customers contribute out of the kept counts, before a load changes their rows, or puts it in, afterwards.
  /// - Parameter customers: a table of this program with a customer_id.
  static func correct(
    by customers: String, isBefore: Bool, _ connection: Connection
  ) async throws {
    for scan in scans {
      // SQL-safe: constants of this program.
      let filter = " where \(scan.customer) in (select customer_id from \(customers))"
      let counted = try await scan.read(filter, sign: isBefore ? "-" : "", connection)
      try await connection.query(
        """
        update staging.validation_counts v set value = v.value + counted.value
        from jsonb_to_recordset($1::jsonb) as counted (name text, value numeric) where counted.name = v.name
        """, [.text(counted.text)])
    }
  }

  /// The next validation counts everything.
  static func forget(_ connection: isolated Connection) throws {
    try connection.execute("delete from staging.validation_counts")
  }
}
