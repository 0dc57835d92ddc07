/// What a load put into the raw tables.
public struct LoadSummary: Sendable, Hashable {
  public var customers: Int64
  /// Carts with at least one loaded line.
  public var orders: Int64
  public var lines: Int64
  public var products: Int64
  public var labels: Int64
  public var rejects: Int64
  /// True where at least one order's time was made up, see `SyntheticTimeline`.
  public var hasSyntheticTimes: Bool
  /// Equal for equal rows in equal order, masked with the same key.
  public var digest: String
  /// Rows of the raw tables that were inserted, replaced or deleted: those that differ from what was there, or all.
  public var written: Int64
  /// Lines that were rejected because their customer is not known.
  var unknown: Int64 = 0
}

/// Where a load stands, for the run log and the screens.
public struct LoadProgress: Sendable, Hashable {
  public enum Stage: String, Sendable, Hashable, CaseIterable {
    /// Reading, masking and sending one kind of record.
    case products, customers, orders, labels
    /// Checking references and replacing the raw tables.
    case replace
  }

  public var stage: Stage
  /// Customers, carts or products so far; rows for the others.
  public var read: Int64
  public var rejected: Int64
  public var bytes: Int64
  /// How many there will be, where the source tells.
  public var expected: Int64?
  public var isDone: Bool
}
