/// Where the analyst is: which screen, of what.
public enum Place: Sendable, Hashable {
  case pipeline
  /// A dashboard by the name of its file.
  case dashboard(String)
  case customers
  /// One customer by id.
  case customer(Int64)
  /// The rows of a saved query by its name.
  case savedQuery(String)

  /// How `riskdeck snapshot` and preferences name it: `pipeline`, `fraud`, `customers`, `customer/42`, `query/NAME`.
  public var name: String {
    switch self {
    case .pipeline: "pipeline"
    case .dashboard(let name): name
    case .customers: "customers"
    case .customer(let id): "customer/\(id)"
    case .savedQuery(let name): "query/\(name)"
    }
  }

  /// The place of that name; a dashboard must be one of `dashboards`.
  public init?(name: String, dashboards: [String]) {
    if name == "pipeline" {
      self = .pipeline
    } else if name == "customers" {
      self = .customers
    } else if dashboards.contains(name) {
      self = .dashboard(name)
    } else if name.hasPrefix("customer/"), let id = Int64(name.dropFirst(9)) {
      self = .customer(id)
    } else if name.hasPrefix("query/"), name.count > 6 {
      self = .savedQuery(String(name.dropFirst(6)))
    } else {
      return nil
    }
  }
}

/// The number of a request for data; a result that carries another one than awaited is dropped.
public struct RequestID: Sendable, Hashable, Comparable {
  public let number: Int

  public init(number: Int) {
    self.number = number
  }

  public static func < (left: RequestID, right: RequestID) -> Bool { left.number < right.number }
}

/// A request under way.
struct Pending: Sendable, Hashable {
  let id: RequestID
  /// Seconds since 1970.
  let since: Double
}
