/// A data test as other tools can be told of it: a rule they know by name, or the query of the rows that break it.
public struct PortableTest: Sendable, Hashable {
  /// What must hold. Rules over a column pass over NULL, as dbt's do.
  public enum Rule: Sendable, Hashable {
    case notNull(column: String)
    case unique(column: String)
    case acceptedValues(column: String, [String])
    /// Bounds as they were written, in digits.
    case range(column: String, least: String?, most: String?)
    /// Rows this query returns break the rule.
    case noRows(query: String)
  }

  public let id: String
  public let name: String
  public let description: String
  /// The table or view it is about; a test of no table stands with the first one it reads.
  public let schema: String
  public let table: String
  public let rule: Rule
  /// It warns and fails nothing.
  public let isWarning: Bool

  /// The selected tests in the order of their files.
  /// - Parameter compiled: the SQL of tests by id, with published names.
  /// - Returns: tests, and a line each, with its place, for those that cannot be handed on.
  public static func of(
    _ project: Project, _ ids: Set<String>, compiled: [String: String]
  ) throws -> (tests: [PortableTest], refused: [String]) {
    let renderer = ProjectRenderer(project)
    var tests: [PortableTest] = []
    var refused: [String] = []
    for test in project.tests where ids.contains(test.id) {
      let place = "\(test.position.file):\(test.position.line):\(test.position.column)"
      guard test.hasPlainThresholds else {
        refused.append("\(place): \(test.name): thresholds of its own (fail_calc, warn_if, error_if, limit)")
        continue
      }
      guard
        let about = ([test.attachedNode].compactMap { $0 } + test.dependencies)
          .lazy.compactMap({ project.relation($0) }).first, let sql = compiled[test.id]
      else {
        refused.append("\(place): \(test.name): it reads no table")
        continue
      }
      tests.append(
        PortableTest(
          id: test.id, name: test.name, description: test.description, schema: about.schema,
          table: about.identifier, rule: try rule(of: test, sql: sql, project, renderer),
          isWarning: test.severity == .warn))
    }
    return (tests, refused)
  }

  /// The tests by the table they are about, in the order of first mention.
  static func byTable(_ tests: [PortableTest]) -> [(schema: String, table: String, tests: [PortableTest])] {
    var groups: [(schema: String, table: String, tests: [PortableTest])] = []
    for test in tests {
      if let index = groups.firstIndex(where: { $0.schema == test.schema && $0.table == test.table }) {
        groups[index].tests.append(test)
      } else {
        groups.append((test.schema, test.table, [test]))
      }
    }
    return groups
  }

  private static func rule(
    of test: DataTest, sql: String, _ project: Project, _ renderer: ProjectRenderer
  ) throws -> Rule {
    let query = Rule.noRows(query: SQLScan(sql).withoutTrailingSemicolon())
    guard case .generic(let name, let package, _) = test.kind, test.filter == nil,
      let id = test.attachedNode, project.model(id)?.materialization != .ephemeral
    else { return query }
    let arguments = try renderer.arguments(of: test)
    // An expression in place of a column is known to the database alone.
    guard let column = arguments["column_name"]?.text, column.isPlainName else { return query }
    // A macro of the project's own under dbt's name may mean anything.
    let isOwn = renderer.project.environment.macros.isOwn("test_" + name)
    switch name {
    case "not_null" where !isOwn: return .notNull(column: column)
    case "unique" where !isOwn: return .unique(column: column)
    case "accepted_values" where !isOwn:
      guard let values = arguments["values"]?.sequence, arguments["quote"].map(\.isTrue) ?? true else {
        return query
      }
      return .acceptedValues(column: column, values.map(\.text))
    case "accepted_range" where package == nil || package == "dbt_utils":
      let known: Set<String> = ["column_name", "min_value", "max_value", "inclusive"]
      let bounds = ["min_value", "max_value"].map { name -> String? in
        guard let bound = arguments[name] else { return nil }
        if case .none = bound { return nil }
        return bound.text
      }
      guard known.isSuperset(of: arguments.keys), arguments["inclusive"].map(\.isTrue) ?? true,
        bounds.allSatisfy({ $0?.isNumber ?? true }), bounds.contains(where: { $0 != nil })
      else { return query }
      return .range(column: column, least: bounds[0], most: bounds[1])
    default: return query
    }
  }
}

extension DataTest {
  /// Any row that breaks the rule counts, and nothing else.
  fileprivate var hasPlainThresholds: Bool {
    failureCount == "count(*)" && limit == nil
      && [warnIf, errorIf].allSatisfy { $0 == "!= 0" || $0 == "> 0" }
  }
}

extension String {
  /// A column's name that needs no quoting.
  fileprivate var isPlainName: Bool {
    !isEmpty && first?.isNumber == false
      && allSatisfy { $0 == "_" || $0.isASCII && ($0.isLowercase || $0.isNumber) }
  }

  fileprivate var isNumber: Bool {
    Double(self) != nil && allSatisfy { $0 == "-" || $0 == "." || $0.isASCII && $0.isNumber }
  }
}
