/// One page of the customer list, read by keyset: the bound of the page is a row's sort value and id.
public struct CustomerListRequest: Sendable, Hashable {
  /// Where the page lies in the sort order. Rows always come in the sort order, whichever way they were read.
  public enum Start: Sendable, Hashable {
    /// The first rows of the list.
    case first
    /// The rows that follow this one.
    case after(CustomerListPosition)
    /// The rows just before this one.
    case before(CustomerListPosition)
    /// The last rows of the list.
    case last
  }

  public var sort: CustomerListSort
  public var filters: [CustomerListFilter]
  public var start: Start
  /// 1 to 1,000.
  public var limit: Int

  public init(
    sort: CustomerListSort = CustomerListSort(field: "score", isDescending: true),
    filters: [CustomerListFilter] = [],
    start: Start = .first, limit: Int = 200
  ) {
    self.sort = sort
    self.filters = filters
    self.start = start
    self.limit = limit
  }
}

/// The order of the customer list; ties are broken by customer_id.
public struct CustomerListSort: Sendable, Hashable {
  /// A name out of ``CustomerListFields/all``.
  public let field: String
  public let isDescending: Bool

  public init(field: String, isDescending: Bool) {
    self.field = field
    self.isDescending = isDescending
  }
}

/// A condition on one column of the customer list.
public struct CustomerListFilter: Sendable, Hashable {
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// `contains` ignores case; `matches` is a regular expression that ignores case; `isNull` has no value.
    /// A negated comparison also holds for NULL.
    case equals, notEquals, contains, notContains, matches, notMatches, atLeast, atMost, above, below, isNull
  }
  /// A name out of ``CustomerListFields/filterable``.
  public let field: String
  public let comparison: Comparison
  public let value: Value

  public init(field: String, comparison: Comparison, value: Value) {
    self.field = field
    self.comparison = comparison
    self.value = value
  }
}

/// Where a page of the customer list ends.
public struct CustomerListPosition: Sendable, Hashable {
  public let sortValue: Value
  public let customerID: Int64

  public init(sortValue: Value, customerID: Int64) {
    self.sortValue = sortValue
    self.customerID = customerID
  }
}

/// A page of customers; columns are ``CustomerListFields/rows`` in that order.
public struct CustomerListPage: Sendable, Hashable {
  public let request: CustomerListRequest
  public let rows: [[Value]]
  /// Estimated by the planner, not counted.
  public let estimatedTotal: Int64
  /// True: there are no rows beyond these in the direction of the read (after them; before them where the
  /// page was read backward).
  public let isLast: Bool

  public init(request: CustomerListRequest, rows: [[Value]], estimatedTotal: Int64, isLast: Bool) {
    self.request = request
    self.rows = rows
    self.estimatedTotal = estimatedTotal
    self.isLast = isLast
  }
}

/// The columns of the customer list by which it can be sorted, all out of the published marts.
public enum CustomerListFields {
  public static let all: [ValueColumn] = [
    ValueColumn(name: "customer_id", kind: .number),
    ValueColumn(name: "full_name", kind: .text),
    ValueColumn(name: "country", kind: .text),
    ValueColumn(name: "customer_segment", kind: .text),
    ValueColumn(name: "value_tier", kind: .text),
    ValueColumn(name: "total_orders", kind: .number),
    ValueColumn(name: "total_spent", kind: .number),
    ValueColumn(name: "customer_activity_score", kind: .number),
    ValueColumn(name: "risk_level", kind: .text),
    ValueColumn(name: "composite_risk_score", kind: .number),
    ValueColumn(name: "score", kind: .number),
    ValueColumn(name: "primary_risk_factor", kind: .text),
    ValueColumn(name: "retention_status", kind: .text),
    ValueColumn(name: "last_order_at", kind: .timestamp),
  ]

  /// True where a person set the level against the score.
  public static let levelSetByHand = "level_set_by_hand"

  /// What a page's rows hold: the columns, and what marks their values.
  public static let rows: [ValueColumn] = all + [ValueColumn(name: levelSetByHand, kind: .boolean)]

  /// The columns a filter may name: those of the list, and others of its table.
  public static let filterable: [ValueColumn] =
    rows + [
      ValueColumn(name: "email", kind: .text),
      ValueColumn(name: "city", kind: .text),
      ValueColumn(name: "country_code", kind: .text),
      ValueColumn(name: "customer_tier", kind: .text),
      ValueColumn(name: "lifecycle_stage", kind: .text),
      ValueColumn(name: "activity_level", kind: .text),
      ValueColumn(name: "action_required", kind: .text),
      ValueColumn(name: "investigation_priority", kind: .number),
      ValueColumn(name: "days_since_last_order", kind: .number),
      ValueColumn(name: "avg_order_value", kind: .number),
      ValueColumn(name: "profile_completeness", kind: .number),
      ValueColumn(name: "recency_score", kind: .number),
      ValueColumn(name: "frequency_score", kind: .number),
      ValueColumn(name: "monetary_score", kind: .number),
    ]
}
