/// Where the analyst is: which screen, of what.
public enum Place: Sendable, Hashable {
  case pipeline
  /// A task of a run.
  case task(runID: Int64, task: String)
  /// The rows that broke a data test of a run.
  case failingRows(runID: Int64, test: String)
  /// The lineage of all models.
  case models
  /// A model, seed or source by its name.
  case model(String)
  /// The queue of cases.
  case cases
  /// One case by number.
  case fraudCase(Int64)
  /// A dashboard by the name of its file.
  case dashboard(String)
  case customers
  /// One customer by id.
  case customer(Int64)
  /// The rows behind a row of a dashboard's card.
  case drill(dashboard: String, card: String, values: [String: String])
  /// The log of what people did.
  case audit
  /// The scoring with other numbers.
  case whatIf
  /// The analyst's own query.
  case query
  /// The rows of a saved query by its name.
  case savedQuery(String)

  /// How `riskdeck snapshot` and preferences name it: `pipeline`, `fraud`, `customers`, `customer/42`, `what-if`,
  /// `query`, `query/NAME`, `task/RUN/NAME`, `failing-rows/RUN/TEST`, `models`,
  /// `model/NAME`, `cases`, `case/12`, `audit`.
  public var name: String {
    switch self {
    case .pipeline: "pipeline"
    case .models: "models"
    case .model(let name): "model/\(name)"
    case .task(let runID, let task): "task/\(runID)/\(task)"
    case .failingRows(let runID, let test): "failing-rows/\(runID)/\(test)"
    case .cases: "cases"
    case .fraudCase(let id): "case/\(id)"
    case .dashboard(let name): name
    case .customers: "customers"
    case .customer(let id): "customer/\(id)"
    case .drill(let dashboard, _, _): dashboard
    case .audit: "audit"
    case .whatIf: "what-if"
    case .query: "query"
    case .savedQuery(let name): "query/\(name)"
    }
  }

  /// The place of that name; a dashboard must be one of `dashboards`.
  public init?(name: String, dashboards: [String]) {
    if name == "pipeline" {
      self = .pipeline
    } else if name == "customers" {
      self = .customers
    } else if name == "what-if" {
      self = .whatIf
    } else if name == "query" {
      self = .query
    } else if name == "audit" {
      self = .audit
    } else if name == "cases" {
      self = .cases
    } else if name.hasPrefix("case/"), let id = Int64(name.dropFirst(5)) {
      self = .fraudCase(id)
    } else if dashboards.contains(name) {
      self = .dashboard(name)
    } else if name.hasPrefix("customer/"), let id = Int64(name.dropFirst(9)) {
      self = .customer(id)
    } else if name == "models" {
      self = .models
    } else if name.hasPrefix("model/"), name.count > 6 {
      self = .model(String(name.dropFirst(6)))
    } else if let (runID, task) = Self.partOfRun(name, after: "task/") {
      self = .task(runID: runID, task: task)
    } else if let (runID, test) = Self.partOfRun(name, after: "failing-rows/") {
      self = .failingRows(runID: runID, test: test)
    } else if name.hasPrefix("query/"), name.count > 6 {
      self = .savedQuery(String(name.dropFirst(6)))
    } else {
      return nil
    }
  }

  /// The run's number and what follows it.
  private static func partOfRun(_ name: String, after prefix: String) -> (Int64, String)? {
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let runID = Int64(parts[0]) else { return nil }
    return (runID, String(parts[1]))
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
  /// It keeps what is shown up to date and is no wait of the analyst's.
  var isQuiet = false
}
