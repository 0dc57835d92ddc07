import Postgres

/// Looks over the raw tables before any model is built: one pass over the customers, two over the order lines. Where the counts of
/// the last look are kept (``ValidationCounts``), loads correct them by the customers that change, and one pass remains.
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
    let counts: [String: Double]
    if let kept = try await ValidationCounts.kept(connection) {
      counts = kept
    } else {
      counts = try await ValidationCounts.take(connection)
    }
    let limit = (counts["mean"] ?? 0) + highAmountDeviations * (counts["deviation"] ?? 0)
    let high = try await connection.query(
      "select count(*) from staging.raw_orders where line_total > $1::numeric", [.text("\(limit)")])
    let rejects = try await connection.query(
      "select count(*) from staging.rejects where run_id = $1", [.integer(runID)])
    let lines = counts["lines"] ?? 0
    return customerReports(counts) + orderReports(counts)
      + referenceReports(counts, high: high.first?.double(0) ?? 0, lines: lines, limit: limit)
      + [
        rejectReport(rejects.first?.double(0) ?? 0, loaded: (counts["customers"] ?? 0) + lines)
      ]
  }

  // MARK: - Reports

  private static func customerReports(_ counts: [String: Double]) -> [ValidationReport] {
    let checked = counts["customers"] ?? 0
    func report(_ name: String, _ column: String, _ severity: Severity, _ what: String) -> ValidationReport {
      self.report(name, counts[column] ?? 0, of: checked, "customers", severity, what)
    }
    return [
      presence("customers_present", checked, "customers"),
      report("customer_id_positive", "customer_ids", .critical, "without an id above 0"),
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
    let checked = counts["lines"] ?? 0
    func report(_ name: String, _ column: String, _ severity: Severity, _ what: String) -> ValidationReport {
      self.report(name, counts[column] ?? 0, of: checked, "order lines", severity, what)
    }
    return [
      presence("orders_present", checked, "order lines"),
      report("order_id_positive", "order_ids", .critical, "with an id that is not above 0"),
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
    _ counts: [String: Double], high: Double, lines: Double, limit: Double
  ) -> [ValidationReport] {
    [
      report(
        "order_customer_known", counts["unknown"] ?? 0, of: lines, "order lines", .critical,
        "of a customer that does not exist"),
      report(
        "order_after_sign_up", counts["before_sign_up"] ?? 0, of: lines, "order lines", .warning,
        "dated before their customer signed up"),
      report(
        "order_amount_not_extreme", high, of: lines, "order lines", .info,
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
