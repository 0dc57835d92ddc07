import Postgres

/// Answers data tests over the connections of a build.
struct TestRunner: Sendable {
  let pool: ConnectionPool
  /// Names of nodes by id, for results.
  let nodeNames: [String: String]

  /// Results stand in the order of the tests.
  /// - Throws: ``ModelError`` where a test cannot be rendered, `PostgresError` where a connection is lost.
  func run(_ tests: [DataTest], plan: TestPlan) async throws -> [TestResult] {
    let statements = try plan.statements(tests)
    let startedAt = Clock.now
    let answers = try await pool.run(statements) { statement, connection in
      await Self.answer(statement, connection)
    }
    var results: [String: TestResult] = [:]
    /// Tests that must be asked alone: those of a failed statement, and sieves that caught something.
    var alone: [DataTest] = []
    for (statement, answer) in zip(statements, answers) {
      guard case .success(let (counts, seconds)) = answer else {
        guard case .failure(let error) = answer else { continue }
        try Self.checkConnection(error)
        if statement.tests.count == 1 {
          results[statement.tests[0].id] = failed(statement.tests[0], error, startedAt)
        } else {
          alone += statement.tests
        }
        continue
      }
      for (index, test) in statement.tests.enumerated() {
        if statement.usesSieves, TestPlan.isSieve(test, plan.renderer), counts[index]?.failures != 0 {
          alone.append(test)
        } else {
          results[test.id] = result(test, counts[index], seconds / Double(statement.tests.count), startedAt)
        }
      }
    }
    if !alone.isEmpty {
      let singles = try alone.map(plan.statement)
      let answers = try await pool.run(singles) { statement, connection in
        await Self.answer(statement, connection)
      }
      for (test, answer) in zip(alone, answers) {
        switch answer {
        case .success(let (counts, seconds)): results[test.id] = result(test, counts[0], seconds, startedAt)
        case .failure(let error):
          try Self.checkConnection(error)
          results[test.id] = failed(test, error, startedAt)
        }
      }
    }
    return tests.compactMap { results[$0.id] }
  }

  private struct Counts: Sendable {
    let failures: Int64?
    let shouldWarn: Bool?
    let shouldError: Bool?
  }

  private static func answer(
    _ statement: TestStatement, _ connection: Connection
  ) async -> Result<([Int: Counts], Double), PostgresError> {
    do {
      let (result, seconds) = try await Clock.measured {
        for sql in statement.before { try await connection.execute(sql) }
        return try await connection.query(statement.sql)
      }
      var counts: [Int: Counts] = [:]
      for row in result.rows {
        guard let index = row.integer(0) else { continue }
        counts[Int(index)] = Counts(
          failures: row.integer(1), shouldWarn: row.boolean(2), shouldError: row.boolean(3))
      }
      return .success((counts, seconds))
    } catch let error as PostgresError {
      return .failure(error)
    } catch {
      return .failure(PostgresError(code: .protocolMisuse, message: "\(error)"))
    }
  }

  /// A test's own error is a result; a lost connection or a cancelled statement ends the whole.
  private static func checkConnection(_ error: PostgresError) throws(PostgresError) {
    if error.code == .connectionLost || error.code == .cancelled { throw error }
  }

  private func name(_ test: DataTest) -> String? { test.attachedNode.flatMap { nodeNames[$0] } }

  private func failed(_ test: DataTest, _ error: PostgresError, _ startedAt: Double) -> TestResult {
    TestResult(test, node: name(test), status: .error, message: error.description, startedAt: startedAt)
  }

  private func result(_ test: DataTest, _ counts: Counts?, _ seconds: Double, _ startedAt: Double)
    -> TestResult
  {
    guard let counts, let counted = counts.failures else {
      return TestResult(
        test, node: name(test), status: .error, message: "the test returned no number of failures",
        seconds: seconds,
        startedAt: startedAt)
    }
    let failures = counts.shouldError == nil ? min(counted, test.limit.map(Int64.init) ?? counted) : counted
    let shouldWarn = counts.shouldWarn ?? TestThreshold(test.warnIf)?.holds(for: failures) ?? false
    let shouldError = counts.shouldError ?? TestThreshold(test.errorIf)?.holds(for: failures) ?? false
    let status: TestResult.Status
    if test.severity == .error, shouldError {
      status = .fail
    } else {
      status = shouldWarn ? .warn : .pass
    }
    let threshold = status == .fail ? ("fail", test.errorIf) : ("warn", test.warnIf)
    let message =
      status == .pass
      ? nil
      : "Got \(failures) \(failures == 1 ? "result" : "results"), configured to \(threshold.0) if \(threshold.1)"
    return TestResult(
      test, node: name(test), status: status, failures: failures, message: message, seconds: seconds,
      startedAt: startedAt)
  }
}
