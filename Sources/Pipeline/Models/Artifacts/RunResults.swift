/// Writes `target/run_results.json` in dbt's schema version 6.
public struct RunResults: Sendable {
  let project: Project
  public var nodes: [NodeResult] = []
  public var tests: [TestResult] = []
  /// Seconds the whole took.
  public var elapsed: Double = 0
  /// SQL with published names, by id.
  public var compiled: [String: String] = [:]

  public init(_ project: Project) {
    self.project = project
  }

  /// True where nothing failed: errors, failed tests and skipped nodes count, warnings do not.
  public var isSuccess: Bool {
    nodes.allSatisfy { $0.status == .success }
      && tests.allSatisfy { $0.status == .pass || $0.status == .warn }
  }

  /// The whole document.
  /// - Parameters:
  ///   - command: which command ran, for the `args`.
  ///   - generatedAt: seconds since 1970, UTC.
  public func text(command: String, generatedAt: Double) -> String {
    let results =
      nodes.map { node in
        entry(
          id: node.id, status: node.status.rawValue, started: node.startedAt, seconds: node.seconds,
          failures: nil,
          message: node.message,
          response: [("_message", .string(node.message))]
            + (node.rows.map { [("rows_affected", .integer(Int($0)))] } ?? []))
      }
      + tests.map { test in
        entry(
          id: test.id, status: test.status.rawValue, started: test.startedAt, seconds: test.seconds,
          failures: test.failures, message: test.message, response: [])
      }
    return JSONText.object([
      ("metadata", .object(Manifest.metadata("run-results/v6", project, generatedAt: generatedAt))),
      ("results", .array(results)), ("elapsed_time", .number(elapsed)),
      (
        "args",
        .object([("which", .string(command)), ("invocation_command", .string("riskdeck \(command)"))])
      ),
    ]).text
  }

  private func entry(
    id: String, status: String, started: Double, seconds: Double, failures: Int64?, message: String?,
    response: [(String, JSONText)]
  ) -> JSONText {
    let timing = JSONText.object([
      ("name", .string("execute")), ("started_at", .string(UTCTime.text(started, style: .isoMicroseconds))),
      ("completed_at", .string(UTCTime.text(started + seconds, style: .isoMicroseconds))),
    ])
    let relation = project.model(id)?.relation.description
    return .object([
      ("status", .string(status)), ("timing", .array([timing])), ("thread_id", .string("riskdeck")),
      ("execution_time", .number(seconds)), ("adapter_response", .object(response)),
      ("message", JSONText(message)),
      ("failures", failures.map { .integer(Int($0)) } ?? .null), ("unique_id", .string(id)),
      ("compiled", .boolean(compiled[id] != nil)), ("compiled_code", JSONText(compiled[id])),
      ("relation_name", JSONText(relation)), ("batch_results", .null),
    ])
  }
}
