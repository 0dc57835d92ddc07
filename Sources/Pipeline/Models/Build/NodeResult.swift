/// What became of a node of a build.
public struct NodeResult: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable {
    case success, error, skipped
  }

  /// The node's id, such as `model.riskdeck.stg_orders`.
  public let id: String
  public let name: String
  public let status: Status
  /// One line: what was built, or why not.
  public let message: String
  /// Rows of a table or of an increment; nil for views.
  public let rows: Int64?
  public let seconds: Double
  /// Seconds since 1970, UTC.
  public let startedAt: Double

  public init(
    id: String, name: String, status: Status, message: String, rows: Int64?, seconds: Double,
    startedAt: Double
  ) {
    self.id = id
    self.name = name
    self.status = status
    self.message = message
    self.rows = rows
    self.seconds = seconds
    self.startedAt = startedAt
  }
}

/// What a data test found.
public struct TestResult: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable {
    case pass, warn, fail, error, skipped
  }

  public let id: String
  public let name: String
  /// The name of the model, seed or source it belongs to; nil for a singular test.
  public let node: String?
  public let layer: DataTest.Layer
  public let status: Status
  /// nil where the test was not answered.
  public let failures: Int64?
  /// What is wrong; nil where the test passed.
  public let message: String?
  /// Tests that were answered by one statement share its time evenly.
  public let seconds: Double
  /// Seconds since 1970, UTC.
  public let startedAt: Double
}

extension TestResult {
  init(
    _ test: DataTest, node: String?, status: Status, failures: Int64? = nil, message: String? = nil,
    seconds: Double = 0,
    startedAt: Double
  ) {
    self.init(
      id: test.id, name: test.name, node: node, layer: test.layer, status: status, failures: failures,
      message: message, seconds: seconds, startedAt: startedAt)
  }
}
