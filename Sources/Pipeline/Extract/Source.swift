/// Where customers, orders and products come from.
///
/// A source hands out its records page by page and waits for the receiver before it makes the next page, so that
/// a table of any length passes through a bounded memory. Reading twice gives the same records in the same order.
/// Records that cannot be read become rejects of their page; an error ends the reading.
public protocol Source: Sendable {
  /// What the rows and the run log call it, for instance "demo" or "files:data"; never holds a password.
  var name: String { get }

  /// True where the lines of one cart always come side by side, so that counting carts needs no pass of its own.
  var keepsCartsTogether: Bool { get }

  /// Changes when what the source would hand out changes; nil where only reading everything would tell.
  func fingerprint() throws -> String?

  // The four are read at the same time, each once.

  /// The catalogue.
  func products(_ receive: PageReceiver<ProductRecord>) async throws
  func customers(_ receive: PageReceiver<CustomerRecord>) async throws
  /// A line without a category takes that of the product it names.
  func orders(_ receive: PageReceiver<OrderLineRecord>) async throws
  /// Known frauds, where the source has some; the default has none.
  func labels(_ receive: PageReceiver<LabelRecord>) async throws
}

extension Source {
  public var keepsCartsTogether: Bool { false }
  public func fingerprint() throws -> String? { nil }
  public func labels(_ receive: PageReceiver<LabelRecord>) async throws {}
}

/// A source whose rows may name the moment they last changed, so that a run can read what changed alone.
public protocol ChangeSource: Source {
  /// A text that changes with what the moments and ids mean: another place, other columns. Cursors of another ground are none.
  var ground: String { get }

  /// The same source, which hands out of customers and orders the rows that changed since, and those that went as deleted ones.
  func changed(since cursors: SourceCursors) -> any Source
}

/// How far customers and orders were read: the newest moment of change of each, microseconds since 1970; nil: they are read whole.
public struct SourceCursors: Sendable, Hashable {
  public var customers: Int64?
  public var orders: Int64?

  /// Rows that changed up to five minutes before are read again: transactions at the source may become visible in another order
  /// than that of their moments.
  static let overlap: Int64 = 300_000_000

  public init(customers: Int64? = nil, orders: Int64? = nil) {
    self.customers = customers
    self.orders = orders
  }
}

/// Takes a page; the source waits for it, and an error it throws ends the reading.
public typealias PageReceiver<Record: Sendable> = @Sendable (Page<Record>) async throws -> Void

/// A bounded piece of what a source hands out.
public struct Page<Record: Sendable>: Sendable {
  public var records: [Record]
  public var rejects: [Reject]
  /// How many customers, carts or products the source announces in all, where it does.
  public var expected: Int64?
  /// The newest moment of change among the rows of the page, microseconds since 1970; nil where rows name none.
  public var newest: Int64?

  public init(
    records: [Record] = [], rejects: [Reject] = [], expected: Int64? = nil, newest: Int64? = nil
  ) {
    self.records = records
    self.rejects = rejects
    self.expected = expected
    self.newest = newest
  }

  /// Large enough to make the hand-over cheap, small enough to stay in the cache.
  public static var preferredCount: Int { 2_000 }
}
