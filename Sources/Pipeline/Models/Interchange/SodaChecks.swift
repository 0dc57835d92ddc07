/// Data tests as Soda Core 3 reads them: SodaCL, one block of checks for each table, named with its schema. The data source
/// of Soda's configuration is to name no schema of its own.
public enum SodaChecks {
  /// The document.
  public static func text(_ tests: [PortableTest]) -> String {
    PortableTest.byTable(tests).map { group in
      "checks for \(group.schema).\(group.table):\n" + group.tests.map(check).joined()
    }.joined(separator: "\n")
  }

  private static func check(_ test: PortableTest) -> String {
    let threshold = test.isWarning ? "warn" : "fail"
    var lines: [String] = []
    switch test.rule {
    case .notNull(let column): lines = ["  - missing_count(\(column)):"]
    case .unique(let column): lines = ["  - duplicate_count(\(column)):"]
    case .acceptedValues(let column, let values):
      lines = [
        "  - invalid_count(\(column)):",
        "      valid values: [\(values.map(jsonText).joined(separator: ", "))]",
      ]
    case .range(let column, let least, let most):
      lines = ["  - invalid_count(\(column)):"]
      if let least { lines.append("      valid min: \(least)") }
      if let most { lines.append("      valid max: \(most)") }
    case .noRows(let query):
      lines = ["  - failed rows:", "      fail query: \(jsonText(query))"]
    }
    lines.append("      name: \(jsonText(test.name))")
    lines.append("      \(threshold): when > 0")
    return lines.map { $0 + "\n" }.joined()
  }
}
