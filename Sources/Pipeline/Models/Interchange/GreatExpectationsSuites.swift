/// Data tests as Great Expectations 1.x reads them: a JSON array with one expectation suite for each table.
public enum GreatExpectationsSuites {
  /// The document.
  public static func text(_ tests: [PortableTest]) -> String {
    let suites = PortableTest.byTable(tests).map { group in
      JSONText.object([
        ("name", .string("\(group.schema).\(group.table)")),
        ("expectations", .array(group.tests.map(expectation))),
        ("meta", .object([("schema", .string(group.schema)), ("table", .string(group.table))])),
      ]).text
    }
    return "[" + suites.joined(separator: ",\n ") + "]"
  }

  private static func expectation(_ test: PortableTest) -> JSONText {
    let (type, arguments) = call(test.rule)
    var members: [(String, JSONText)] = [
      ("type", .string(type)), ("kwargs", .object(arguments)),
      ("meta", .object([("test", .string(test.id)), ("name", .string(test.name))])),
      ("severity", .string(test.isWarning ? "warning" : "critical")),
    ]
    if !test.description.isEmpty { members.append(("notes", .string(test.description))) }
    return .object(members)
  }

  private static func call(_ rule: PortableTest.Rule) -> (String, [(String, JSONText)]) {
    switch rule {
    case .notNull(let column):
      ("expect_column_values_to_not_be_null", [("column", .string(column))])
    case .unique(let column):
      ("expect_column_values_to_be_unique", [("column", .string(column))])
    case .acceptedValues(let column, let values):
      (
        "expect_column_values_to_be_in_set",
        [("column", .string(column)), ("value_set", .array(values.map { .string($0) }))]
      )
    case .range(let column, let least, let most):
      (
        "expect_column_values_to_be_between",
        [("column", .string(column))]
          + [("min_value", least), ("max_value", most)].compactMap { name, bound in
            bound.flatMap(Double.init).map { (name, .number($0)) }
          }
      )
    case .noRows(let query):
      // The text is a format string there: a brace of its own is written twice.
      (
        "unexpected_rows_expectation",
        [("unexpected_rows_query", .string(query.replacing("{", with: "{{").replacing("}", with: "}}")))]
      )
    }
  }
}
