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

/// Takes a page; the source waits for it, and an error it throws ends the reading.
public typealias PageReceiver<Record: Sendable> = @Sendable (Page<Record>) async throws -> Void

/// A bounded piece of what a source hands out.
public struct Page<Record: Sendable>: Sendable {
  public var records: [Record]
  public var rejects: [Reject]
  /// How many customers, carts or products the source announces in all, where it does.
  public var expected: Int64?

  public init(records: [Record] = [], rejects: [Reject] = [], expected: Int64? = nil) {
    self.records = records
    self.rejects = rejects
    self.expected = expected
  }

  /// Large enough to make the hand-over cheap, small enough to stay in the cache.
  public static var preferredCount: Int { 2_000 }
}
