/// Where the scoring reads whole customers from, as often as it needs to: every reading gives the same customers.
public protocol EventSource: Sendable {
  associatedtype Reader: EventReader
  func reader() async throws -> Reader
}

/// One reading, batch by batch, in bounded memory. Customers come whole, each with its events in order of time.
public protocol EventReader {
  /// The next customers; nil after the last.
  mutating func next() async throws -> EventBatch?
  /// Names of the categories met so far; index 0 stands for none.
  var categoryNames: [String] { get }
}

/// Customers held in memory.
public struct EventsInMemory: EventSource {
  public let batches: [EventBatch]
  public let categoryNames: [String]

  public init(batches: [EventBatch], categoryNames: [String]) {
    self.batches = batches
    self.categoryNames = categoryNames
  }

  public func reader() -> Reader { Reader(source: self) }

  public struct Reader: EventReader {
    let source: EventsInMemory
    var place = 0

    public var categoryNames: [String] { source.categoryNames }

    public mutating func next() -> EventBatch? {
      guard place < source.batches.count else { return nil }
      place += 1
      return source.batches[place - 1]
    }
  }
}

/// Numbers category names in the order in which they are met.
struct CategoryNames: Sendable {
  /// Further categories are taken together as nameless.
  static let most = 4096
  private(set) var names = [""]
  private var numbers: [String: Int32] = [:]

  init() {}

  /// - Parameter names: of numbers that are given already, the nameless first.
  init(names: [String]) {
    for name in names.dropFirst() { _ = number(of: name) }
  }

  mutating func number(of name: String) -> Int32 {
    if let number = numbers[name] { return number }
    guard !name.isEmpty, names.count < Self.most else { return 0 }
    let number = Int32(names.count)
    numbers[name] = number
    names.append(name)
    return number
  }
}
