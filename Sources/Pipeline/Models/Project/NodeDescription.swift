/// A node's documentation as lines of text: description, grain of its columns, and the tests that watch them.
public struct NodeDescription: Sendable, Hashable {
  public struct Column: Sendable, Hashable {
    public let name: String
    public let description: String
    /// Short names of the tests on the column.
    public let tests: [String]
  }

  public let name: String
  /// view, table, incremental, ephemeral, seed or source.
  public let kind: String
  /// The file it stands in.
  public let file: String
  public let description: String
  public let columns: [Column]
  /// Short names of the tests on the node as a whole.
  public let tests: [String]

  /// Nil for tests and unknown ids.
  public init?(_ id: String, _ project: Project) {
    let documentation: NodeDocumentation
    if let model = project.model(id) {
      (name, kind, file, documentation) = (
        model.name, model.materialization.rawValue, model.file, model.documentation
      )
    } else if let seed = project.seeds.first(where: { $0.id == id }) {
      (name, kind, file, documentation) = (seed.name, "seed", seed.file, seed.documentation)
    } else if let source = project.sources.first(where: { $0.id == id }) {
      (name, kind, file, documentation) = (
        source.sourceName + "." + source.name, "source", source.file, source.documentation
      )
    } else {
      return nil
    }
    description = documentation.description
    let own = project.tests.filter { $0.attachedNode == id }
    func names(_ column: String?) -> [String] {
      own.filter { $0.columnName == column }.map { test in
        if case .generic(let name, _, _) = test.kind, !test.isNamed { return name }
        return test.name
      }
    }
    columns = documentation.columns.map {
      Column(name: $0.name, description: $0.description, tests: names($0.name))
    }
    tests = names(nil)
  }

  /// The description for a terminal.
  public var lines: [String] {
    var lines = ["\(name)  \(kind)  \(file)"]
    if !description.isEmpty { lines += description.split(separator: "\n").map { "  " + $0 } }
    if !tests.isEmpty { lines.append("  tests: " + tests.joined(separator: ", ")) }
    let width = columns.map(\.name.count).max() ?? 0
    for column in columns {
      let padding = String(repeating: " ", count: width - column.name.count)
      let watched = column.tests.isEmpty ? "" : "  [" + column.tests.joined(separator: ", ") + "]"
      lines.append("  \(column.name)\(padding)  \(column.description)\(watched)")
    }
    return lines
  }
}
