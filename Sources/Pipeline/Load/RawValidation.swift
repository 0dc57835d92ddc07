import Postgres

/// Looks over the raw tables before any model is built: one pass over the customers, two over the order lines.
///
/// Every check has a name that stays, a severity, the number of rows it looked at and of those that fail. A few bad
/// rows are a warning; where more than `criticalShare` of them fail, the check turns critical, which stops the run.
public enum RawValidation {
  /// Above this share of failing rows a warning becomes critical.
  static let criticalShare = 0.05
  /// A line of more than this many standard deviations above the mean stands out.
  static let highAmountDeviations = 6.0

  /// - Parameter runID: whose rejects are counted.
  /// - Throws: `PostgresError`.
  public static func run(on connection: Connection, runID: Int64) async throws -> [ValidationReport] {
    let customers = try await counts(connection, customerScan)
    let orders = try await counts(connection, orderScan)
    let mean = orders["mean"] ?? 0
    let limit = mean + highAmountDeviations * (orders["deviation"] ?? 0)
    let references = try await counts(connection, referenceScan, [.double(limit)])
    let rejects = try await counts(
      connection, "select count(*) as rejected from staging.rejects where run_id = $1", [.integer(runID)])
    return customerReports(customers) + orderReports(orders)
      + referenceReports(references, lines: orders["checked"] ?? 0, limit: limit)
      + [
        rejectReport(rejects["rejected"] ?? 0, loaded: (customers["checked"] ?? 0) + (orders["checked"] ?? 0))
      ]
  }

  // MARK: - Scans

  private static let customerScan = """
    select count(*) as checked,
      count(*) filter (where customer_id <= 0) as ids,
      count(*) filter (where email is null) as email,
      count(*) filter (where email is not null and email_domain is null) as email_form,
      count(*) filter (where phone is null) as phone,
      count(*) filter (where country is null) as country,
      count(*) filter (where full_name is null) as name,
      count(*) filter (where birth_year not between 1900 and extract(year from now())) as birth_year,
      count(*) filter (where signed_up_at > now() + interval '1 day' or signed_up_at < timestamptz '1990-01-01')
        as signed_up_at
    from staging.raw_customers
    """

  private static let orderScan = """
    select count(*) as checked,
      count(*) filter (where order_id <= 0 or cart_id <= 0 or customer_id <= 0) as ids,
      count(*) filter (where quantity <= 0) as quantity,
      count(*) filter (where price < 0 or line_total < 0) as amount,
      count(*) filter (where discount not between 0 and 100) as discount,
      count(*) filter (where abs(line_total - price * quantity * (1 - discount / 100)) > 0.01 * abs(quantity) + 0.01)
        as total,
      count(*) filter (where ordered_at > now() + interval '1 day' or ordered_at < timestamptz '1990-01-01') as date,
      count(*) filter (where category is null) as category,
      count(*) filter (where is_synthetic_time) as synthetic,
      coalesce(avg(line_total::double precision), 0) as mean,
      coalesce(stddev_pop(line_total::double precision), 0) as deviation
    from staging.raw_orders
    """

  private static let referenceScan = """
    select count(*) filter (where c.customer_id is null) as unknown,
      count(*) filter (where o.ordered_at < c.signed_up_at) as before_sign_up,
      count(*) filter (where o.line_total::double precision > $1::double precision) as high
    from staging.raw_orders o
    left join staging.raw_customers c on c.customer_id = o.customer_id
    """

  private static func counts(
    _ connection: Connection, _ statement: String, _ binds: [Bind] = []
  ) async throws -> [String: Double] {
    let result = try await connection.query(statement, binds)
    var counts: [String: Double] = [:]
    for column in result.columns { counts[column.name] = result.first?.double(column.name) }
    return counts
  }

  // MARK: - Reports

  private static func customerReports(_ counts: [String: Double]) -> [ValidationReport] {
    let checked = counts["checked"] ?? 0
    func report(_ name: String, _ column: String, _ severity: Severity, _ what: String) -> ValidationReport {
      self.report(name, counts[column] ?? 0, of: checked, "customers", severity, what)
    }
    return [
      presence("customers_present", checked, "customers"),
      report("customer_id_positive", "ids", .critical, "without an id above 0"),
      report("customer_name_complete", "name", .info, "without a name"),
      report("customer_email_complete", "email", .warning, "without an e-mail address"),
      report("customer_email_form", "email_form", .warning, "with an e-mail address that has no domain"),
      report("customer_phone_complete", "phone", .warning, "without a telephone number"),
      report("customer_country_complete", "country", .warning, "without a country"),
      report("customer_birth_year_plausible", "birth_year", .warning, "born before 1900 or in the future"),
      report(
        "customer_sign_up_plausible", "signed_up_at", .warning, "signed up before 1990 or in the future"),
    ]
  }

  private static func orderReports(_ counts: [String: Double]) -> [ValidationReport] {
    let checked = counts["checked"] ?? 0
    func report(_ name: String, _ column: String, _ severity: Severity, _ what: String) -> ValidationReport {
      self.report(name, counts[column] ?? 0, of: checked, "order lines", severity, what)
    }
    return [
      presence("orders_present", checked, "order lines"),
      report("order_id_positive", "ids", .critical, "with an id that is not above 0"),
      report("order_quantity_positive", "quantity", .escalating, "with a quantity that is not above 0"),
      report("order_amount_not_negative", "amount", .escalating, "with a negative price or total"),
      report("order_discount_in_range", "discount", .escalating, "with a discount outside of 0 to 100 %"),
      report(
        "order_total_consistent", "total", .warning, "whose total is not price x quantity less discount"),
      report("order_date_plausible", "date", .escalating, "dated before 1990 or in the future"),
      report("order_category_complete", "category", .warning, "without a category"),
      report("order_time_known", "synthetic", .info, "whose time is synthetic, for the source has none"),
    ]
  }

  private static func referenceReports(
    _ counts: [String: Double], lines: Double, limit: Double
  ) -> [ValidationReport] {
    [
      report(
        "order_customer_known", counts["unknown"] ?? 0, of: lines, "order lines", .critical,
        "of a customer that does not exist"),
      report(
        "order_after_sign_up", counts["before_sign_up"] ?? 0, of: lines, "order lines", .warning,
        "dated before their customer signed up"),
      report(
        "order_amount_not_extreme", counts["high"] ?? 0, of: lines, "order lines", .info,
        "above \(Int64(limit.rounded())), the mean and \(Int(highAmountDeviations)) standard deviations"),
    ]
  }

  private static func rejectReport(_ rejected: Double, loaded: Double) -> ValidationReport {
    report(
      "records_loadable", rejected, of: rejected + loaded, "records", .escalating,
      "were rejected; staging.rejects says which and why")
  }

  // MARK: - One report

  private enum Severity {
    case info, warning, critical
    /// A warning for few failing rows, critical for many.
    case escalating
  }

  private static func presence(_ name: String, _ count: Double, _ noun: String) -> ValidationReport {
    ValidationReport(
      name: name, severity: "critical", failures: count > 0 ? 0 : 1, checked: 1,
      message: count > 0 ? "\(Int64(count)) \(noun)" : "there are no \(noun)")
  }

  private static func report(
    _ name: String, _ failures: Double, of checked: Double, _ noun: String, _ severity: Severity,
    _ what: String
  ) -> ValidationReport {
    let level =
      switch severity {
      case .info: "info"
      case .warning: "warning"
      case .critical: "critical"
      case .escalating: failures > criticalShare * checked ? "critical" : "warning"
      }
    return ValidationReport(
      name: name, severity: level, failures: Int64(failures), checked: Int64(checked),
      message: failures > 0
        ? "\(Int64(failures)) of \(Int64(checked)) \(noun) \(what)" : "all \(Int64(checked)) \(noun) pass")
  }
}
