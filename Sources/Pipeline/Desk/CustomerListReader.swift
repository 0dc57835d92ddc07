import Postgres

/// Reads the customer list page by page out of analytics.customer_segmentation, by keyset: a page costs the same
/// wherever it lies.
///
/// Rows without a value in the sorted column stand last in either direction, so the list has two parts, each in the
/// order of an index on (column, customer_id).
public enum CustomerListReader {
  /// - Throws: ``DeskError`` where a field does not exist or nothing was published, ``PostgresError`` otherwise.
  public static func page(
    _ request: CustomerListRequest, from connection: Connection
  ) async throws -> CustomerListPage {
    let limit = min(max(request.limit, 1), 1_000)
    let read = try Reading(request)
    do {
      return try await DashboardReader.reading(connection) { connection in
        var rows: [[Value]] = []
        for part in read.parts where rows.count <= limit {
          let (sql, binds) = read.statement(part, limit: limit + 1 - rows.count)
          rows += ValueTable(try connection.query(sql, binds)).rows
        }
        let isLast = rows.count <= limit
        rows = Array(rows.prefix(limit))
        if read.isBackward { rows.reverse() }
        let estimate = try connection.query("explain (format json) " + read.allRows, read.filterBinds)
        return CustomerListPage(
          request: request, rows: rows, estimatedTotal: Self.plannedRows(estimate.first?[0] ?? ""),
          isLast: isLast)
      }
    } catch let error as PostgresError where error.isMissingRelation {
      throw DeskError.nothingPublished
    }
  }

  /// The exact number of rows behind a request's filters; costs a scan.
  public static func count(_ request: CustomerListRequest, from connection: Connection) async throws -> Int64
  {
    let read = try Reading(request)
    // SQL-safe: allRows holds checked and quoted names and numbered binds only.
    let counted = try await connection.query(
      "select count(*) from (\(read.allRows)) counted", read.filterBinds)
    return counted.first?.integer(0) ?? 0
  }

  /// The outermost "Plan Rows" of a plan as JSON.
  private static func plannedRows(_ plan: String) -> Int64 {
    guard let range = plan.firstRange(of: "\"Plan Rows\": ") else { return 0 }
    return Int64(plan[range.upperBound...].prefix { $0.isNumber }) ?? 0
  }

  /// A request taken apart into SQL. Field names are checked against the list and then quoted; values are binds.
  private struct Reading {
    /// A stretch of the list: rows with a value in the sorted column, or those without.
    struct Part {
      let hasValue: Bool
      let bound: CustomerListPosition?
    }

    let parts: [Part]
    let isBackward: Bool
    let filterBinds: [Bind]
    private let column: String
    private let isDescending: Bool
    private let conditions: [String]

    init(_ request: CustomerListRequest) throws {
      guard CustomerListFields.all.contains(where: { $0.name == request.sort.field }) else {
        throw DeskError(.notFound, "the customer list has no column \(request.sort.field) to sort by")
      }
      column = try quotedIdentifier(request.sort.field)
      isDescending = request.sort.isDescending
      var conditions: [String] = []
      var binds: [Bind] = []
      for filter in request.filters {
        guard CustomerListFields.filterable.contains(where: { $0.name == filter.field }) else {
          throw DeskError(.notFound, "the customer list has no column \(filter.field) to filter by")
        }
        let name = try quotedIdentifier(filter.field)
        if filter.comparison == .isNull || filter.value == .null {
          conditions.append(filter.comparison == .notEquals ? "\(name) is not null" : "\(name) is null")
          continue
        }
        binds.append(filter.value.bind)
        conditions.append(Self.condition(name, filter.comparison, "$\(binds.count)"))
      }
      self.conditions = conditions
      filterBinds = binds
      switch request.start {
      case .first:
        isBackward = false
        parts = [Part(hasValue: true, bound: nil), Part(hasValue: false, bound: nil)]
      case .last:
        isBackward = true
        parts = [Part(hasValue: false, bound: nil), Part(hasValue: true, bound: nil)]
      case .after(let position):
        isBackward = false
        parts =
          position.sortValue == .null
          ? [Part(hasValue: false, bound: position)]
          : [Part(hasValue: true, bound: position), Part(hasValue: false, bound: nil)]
      case .before(let position):
        isBackward = true
        parts =
          position.sortValue == .null
          ? [Part(hasValue: false, bound: position), Part(hasValue: true, bound: nil)]
          : [Part(hasValue: true, bound: position)]
      }
    }

    private static func condition(
      _ name: String, _ comparison: CustomerListFilter.Comparison, _ bind: String
    ) -> String {
      switch comparison {
      case .equals: "\(name) = \(bind)"
      case .notEquals: "\(name) is distinct from \(bind)"
      case .contains: "position(lower(\(bind)) in lower(\(name)::text)) > 0"
      case .notContains: "coalesce(position(lower(\(bind)) in lower(\(name)::text)), 0) = 0"
      case .matches: "\(name)::text ~* \(bind)"
      case .notMatches: "coalesce(\(name)::text !~* \(bind), true)"
      case .atLeast: "\(name) >= \(bind)"
      case .atMost: "\(name) <= \(bind)"
      case .above: "\(name) > \(bind)"
      case .below: "\(name) < \(bind)"
      case .isNull: "\(name) is null"
      }
    }

    /// All rows behind the filters, for estimates and counts.
    var allRows: String {
      "select 1 from analytics.customer_segmentation" + whereClause(conditions)
    }

    func statement(_ part: Part, limit: Int) -> (String, [Bind]) {
      var binds = filterBinds
      var conditions = conditions + ["\(column) is \(part.hasValue ? "not " : "")null"]
      let descends = isDescending != isBackward
      if let bound = part.bound {
        let comparison = descends ? "<" : ">"
        if part.hasValue {
          binds.append(bound.sortValue.bind)
          binds.append(.integer(bound.customerID))
          conditions.append("(\(column), customer_id) \(comparison) ($\(binds.count - 1), $\(binds.count))")
        } else {
          binds.append(.integer(bound.customerID))
          conditions.append("customer_id \(comparison) $\(binds.count)")
        }
      }
      let direction = descends ? "desc" : "asc"
      let columns = CustomerListFields.rows.map { field in
        // Marts of models older than levels set by hand lack the column.
        field.name == CustomerListFields.levelSetByHand
          ? "coalesce((to_jsonb(listed) ->> 'level_set_by_hand')::boolean, false) as level_set_by_hand"
          : field.name
      }.joined(separator: ", ")
      let order = " order by \(column) \(direction), customer_id \(direction)"
      // SQL-safe: columns are the list's own names, everything else is quoted or a bind.
      let sql =
        "select \(columns) from (select * from analytics.customer_segmentation" + whereClause(conditions)
        + order
        + " limit \(limit)) listed" + order
      return (sql, binds)
    }

    private func whereClause(_ conditions: [String]) -> String {
      conditions.isEmpty ? "" : " where " + conditions.joined(separator: " and ")
    }
  }
}
