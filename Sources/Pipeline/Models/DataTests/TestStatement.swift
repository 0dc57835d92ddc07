/// One statement that answers one test or many.
///
/// Every row of its answer is: the test's place in `tests`, the number of failures, and two booleans that are NULL
/// where the thresholds are the plain ones.
struct TestStatement: Sendable {
  var tests: [DataTest]
  /// Statements that must run before, such as those that store failing rows.
  var before: [String] = []
  var sql: String
  /// True where a count of a sieve is no answer yet.
  var usesSieves = false
}

/// Puts the tests of a table into as few scans as possible.
///
/// A test that filters rows becomes one count among others in a single scan. `accepted_values` takes part in that scan
/// as a sieve: only where it lets something through are the distinct values counted. Everything else (groups, joins,
/// singular tests) is a sub-query of its own, beside the others in one UNION ALL. A view that computes is computed once for
/// all of its tests. The results equal those of the tests run one by one.
struct TestPlan: Sendable {
  let renderer: ProjectRenderer
  /// Queries of the rows that changed since all rows were last tested, by node.
  var changedRows: [String: String] = [:]
  /// The nodes whose changed rows are those of the listed keys, neither more nor less: a test may compare them with each other.
  var listed: Set<String> = []
  /// Ids of the tests that all rows passed then.
  var held: Set<String> = []

  /// The name under which the tests of one view read its rows.
  private static let sharedRows = "riskdeck_tested_rows"

  func statements(_ tests: [DataTest]) throws -> [TestStatement] {
    var groups: [(node: String?, tests: [DataTest])] = []
    var positions: [String: Int] = [:]
    let storing = tests.filter(\.storesFailures)
    for test in tests where !test.storesFailures {
      if let node = test.attachedNode, let position = positions[node] {
        groups[position].tests.append(test)
      } else {
        if let node = test.attachedNode { positions[node] = groups.count }
        groups.append((test.attachedNode, [test]))
      }
    }
    return try groups.flatMap { group in
      guard let node = group.node, let rows = changedRows[node] else {
        return [try statement(group.node, group.tests)]
      }
      var byChanges: [DataTest] = []
      var whole: [DataTest] = []
      for test in group.tests {
        if try isAnswered(test, byChangesOf: node) { byChanges.append(test) } else { whole.append(test) }
      }
      let comparing = byChanges.filter { !others($0, node).isEmpty && within($0) != nil }
      byChanges.removeAll { test in comparing.contains { $0.id == test.id } }
      return try (byChanges.isEmpty ? [] : [statement(byChanges, rows: [node: rows])])
        + comparing.map { test in
          let nodes = [node] + others(test, node)
          return try statement(
            [test], rows: changedRows.filter { nodes.contains($0.key) })
        }
        + (whole.isEmpty ? [] : [statement(node, whole)])
    } + storing.map(statement)
  }

  /// The statement of a single test, as dbt runs it.
  func statement(_ test: DataTest) throws -> TestStatement {
    let sql = try renderer.sql(of: test)
    guard test.storesFailures else {
      return TestStatement(tests: [test], sql: Self.wrapped(test, index: 0, sql: sql))
    }
    let stored = try StoredFailures(test, sql: sql, renderer.project.target)
    return TestStatement(
      tests: [test], before: stored.statements, sql: Self.wrapped(test, index: 0, sql: stored.sql))
  }

  private func statement(_ node: String?, _ tests: [DataTest]) throws -> TestStatement {
    guard tests.count > 1, let node, let relation = renderer.relation(node) else {
      var parts: [String] = []
      for (index, test) in tests.enumerated() {
        parts.append(Self.wrapped(test, index: index, sql: try renderer.sql(of: test)))
      }
      return TestStatement(tests: tests, sql: parts.joined(separator: "\nunion all\n"))
    }
    var parts = try self.parts(tests, relation, renderer)
    var prologue = ""
    if parts.count > 1, isComputed(node), let shared = try? Relation.quoted(Self.sharedRows) {
      let rows = Relation(commonTable: shared)
      var sharing = renderer
      let outer = renderer.relation
      sharing.relation = { $0 == node ? rows : outer($0) }
      parts = try self.parts(tests, rows, sharing)
      // SQL-safe: the test's own SQL, out of the project.
      prologue = "with \(rows) as materialized (select * from \(relation))\n"
    }
    return TestStatement(
      tests: tests, sql: prologue + parts.joined(separator: "\nunion all\n"), usesSieves: true)
  }

  /// One statement that asks tests of some rows of nodes alone.
  /// - Parameter queries: the rows, by node.
  private func statement(_ tests: [DataTest], rows queries: [String: String]) throws -> TestStatement {
    var tables: [String: Relation] = [:]
    var prologue: [String] = []
    for (place, (node, query)) in queries.sorted(by: { $0.key < $1.key }).enumerated() {
      let rows = Relation(
        commonTable: try Relation.quoted(Self.sharedRows + (place == 0 ? "" : "_\(place + 1)")))
      tables[node] = rows
      prologue.append("\(rows) as materialized (\(query))")
    }
    var sharing = renderer
    let outer = renderer.relation
    let shared = tables
    sharing.relation = { shared[$0] ?? outer($0) }
    guard let node = tests.first?.attachedNode, let rows = tables[node] else {
      return try statement(nil, tests)
    }
    let parts = try self.parts(tests, rows, sharing)
    // SQL-safe: quoted relations and the tests' own SQL, out of the project.
    return TestStatement(
      tests: tests,
      sql: "with " + prologue.joined(separator: ",\n") + "\n" + parts.joined(separator: "\nunion all\n"),
      usesSieves: true)
  }

  /// What a test reads beside its own node.
  private func others(_ test: DataTest, _ node: String) -> [String] {
    test.dependencies.filter { $0 != node }
  }

  /// The column whose values a test looks at one by one, so that it holds for all where it holds for those that changed.
  private func within(_ test: DataTest) -> String? { test.configuration["meta"]?["within"]?.string }

  /// True where the rows that changed answer for all: the test held for the others, and what it says of a row follows from that
  /// row, or from the rows that change together with it.
  private func isAnswered(_ test: DataTest, byChangesOf node: String) throws -> Bool {
    guard held.contains(test.id), isPlain(test), test.limit == nil,
      let changes = renderer.project.changes(of: node), let relation = renderer.relation(node)
    else { return false }
    guard !Self.looksElsewhere(test.filter ?? "") else { return false }
    let from =
      // SQL-safe: the test's own SQL, out of the project.
      test.filter.map { "(select * from \(relation) where \($0)) dbt_subquery" } ?? relation.description
    if let condition = try condition(of: test, sql: try renderer.sql(of: test), from: from, renderer) {
      return !Self.looksElsewhere(condition)
    }
    if within(test) == changes.column {
      // Two tables are compared by the same keys, or as a whole.
      let others = others(test, node)
      return others.isEmpty
        || ([node] + others).allSatisfy {
          listed.contains($0) && renderer.project.changes(of: $0)?.source == changes.source
        }
    }
    guard case .generic(let name, let package, _) = test.kind, package == nil || package == "dbt",
      !renderer.project.environment.macros.isOwn("test_" + name), test.columnName == changes.column
    else { return false }
    if name == "unique" { return true }
    guard name == "relationships", try renderer.arguments(of: test)["field"]?.text == changes.column else {
      return false
    }
    // A parent that goes is listed with its children.
    return test.dependencies.filter { $0 != node }.allSatisfy {
      renderer.project.changes(of: $0)?.source == changes.source
    }
  }

  /// True for an expression that may change its mind about a row that stays as it is.
  private static func looksElsewhere(_ expression: String) -> Bool {
    let others: Set<String> = [
      "select", "now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
      "clock_timestamp", "statement_timestamp", "transaction_timestamp", "random", "over",
    ]
    return !SQLScan(expression).words().isDisjoint(with: others)
  }

  /// True for a view whose every reading computes more than a projection.
  private func isComputed(_ node: String) -> Bool {
    guard let model = renderer.project.model(node), model.materialization == .view else { return false }
    let computing: Set<String> = ["group", "distinct", "over", "join", "union", "lateral", "order", "exists"]
    return !SQLScan(model.text).words().isDisjoint(with: computing)
  }

  private func parts(_ tests: [DataTest], _ relation: Relation, _ renderer: ProjectRenderer) throws
    -> [String]
  {
    /// Conditions by what they filter: the table, or the table behind a test's own `where`.
    var scans: [(from: String, counts: [(index: Int, condition: String)])] = []
    var parts: [String] = []
    for (index, test) in tests.enumerated() {
      let sql = try renderer.sql(of: test)
      let from =
        // SQL-safe: the test's own SQL, out of the project.
        test.filter.map { "(select * from \(relation) where \($0)) dbt_subquery" } ?? relation.description
      guard isPlain(test), let condition = try condition(of: test, sql: sql, from: from, renderer) else {
        parts.append(Self.wrapped(test, index: index, sql: sql))
        continue
      }
      if let scan = scans.firstIndex(where: { $0.from == from }) {
        scans[scan].counts.append((index, condition))
      } else {
        scans.append((from, [(index, condition)]))
      }
    }
    for scan in scans { parts.append(Self.counted(scan.counts, from: scan.from)) }
    return parts
  }

  /// True where a plain count of rows decides: thresholds are compared outside the statement.
  private func isPlain(_ test: DataTest) -> Bool {
    test.failureCount == "count(*)" && TestThreshold(test.warnIf) != nil
      && TestThreshold(test.errorIf) != nil
  }

  private func condition(
    of test: DataTest, sql: String, from: String, _ renderer: ProjectRenderer
  ) throws -> String? {
    if let filter = RowFilter(sql: sql, relation: from) { return filter.condition }
    guard Self.isSieve(test, renderer) else { return nil }
    let arguments = try renderer.arguments(of: test)
    guard let column = arguments["column_name"]?.text, let values = arguments["values"]?.sequence,
      !values.isEmpty
    else { return nil }
    let isQuoted = arguments["quote"].map(\.isTrue) ?? true
    let list = values.map { isQuoted ? "'" + $0.text.replacing("'", with: "''") + "'" : $0.text }
    return "\(column) not in (\(list.joined(separator: ", ")))"
  }

  /// True for a test whose scan only says whether there are failures; how many is asked of the test alone.
  static func isSieve(_ test: DataTest, _ renderer: ProjectRenderer) -> Bool {
    guard case .generic("accepted_values", let package, _) = test.kind else { return false }
    return package == nil || package == "dbt"
      ? !renderer.project.environment.macros.isOwn("test_accepted_values") : false
  }

  // MARK: - SQL

  private static func counted(_ counts: [(index: Int, condition: String)], from: String) -> String {
    let columns = counts.map { "count(*) filter (where \($0.condition)\n) as c\($0.index)" }
    let indexes = counts.map { String($0.index) }.joined(separator: ", ")
    let names = counts.map { "c\($0.index)" }.joined(separator: ", ")
    // SQL-safe: the test's own SQL, out of the project.
    return """
      select unnest(array[\(indexes)]) as test, unnest(array[\(names)]) as failures, null::boolean, null::boolean
      from (select \(columns.joined(separator: ",\n")) from \(from)) as counted
      """
  }

  private static func wrapped(_ test: DataTest, index: Int, sql: String) -> String {
    let limit = test.limit.map { "\nlimit \($0)" } ?? ""
    let count = test.failureCount
    // SQL-safe: the test's own SQL, out of the project.
    return """
      select \(index) as test, (\(count))::bigint as failures, (\(count) \(test.warnIf))::boolean as should_warn, \
      (\(count) \(test.errorIf))::boolean as should_error
      from (
      \(SQLScan(sql).withoutTrailingSemicolon())\(limit)
      ) dbt_internal_test
      """
  }
}

/// A threshold that is one comparison with a number, such as `!= 0` or `>10`.
struct TestThreshold: Sendable {
  private let comparison: String
  private let number: Int64

  /// Nil for any other SQL, which the server must answer.
  init?(_ text: String) {
    let trimmed = TemplateFilters.trimmed(text)
    guard let comparison = ["!=", "<>", ">=", "<=", "=", ">", "<"].first(where: trimmed.hasPrefix),
      let number = Int64(TemplateFilters.trimmed(String(trimmed.dropFirst(comparison.count))))
    else { return nil }
    self.comparison = comparison
    self.number = number
  }

  func holds(for count: Int64) -> Bool {
    switch comparison {
    case "=": count == number
    case ">": count > number
    case ">=": count >= number
    case "<": count < number
    case "<=": count <= number
    default: count != number
    }
  }
}
