/// What one schema.yml declares, before it is joined with the files it speaks of.
struct PropertiesFile: Sendable {
  /// Models, seeds and singular tests: properties of something that stands in a file of its own.
  struct Patch: Sendable {
    let name: String
    let configuration: [(key: String, value: YAMLNode)]
    let documentation: NodeDocumentation
    let tests: [TestDeclaration]
    let position: FilePosition
  }

  struct Source: Sendable {
    let name: String
    let schema: YAMLNode?
    let database: YAMLNode?
    let loader: String
    let description: String
    let configuration: [(key: String, value: YAMLNode)]
    let loadedAtField: String?
    let freshness: YAMLNode?
    let tables: [Table]
  }

  struct Table: Sendable {
    let name: String
    let identifier: YAMLNode?
    let configuration: [(key: String, value: YAMLNode)]
    let documentation: NodeDocumentation
    let loadedAtField: String?
    let freshness: YAMLNode?
    let tests: [TestDeclaration]
    let position: FilePosition
  }

  /// One entry under `data_tests:` (or `tests:`), either dialect.
  struct TestDeclaration: Sendable {
    let test: String
    let package: String?
    let arguments: [ConfigurationValue.Entry]
    let configuration: [(key: String, value: YAMLNode)]
    let customName: String?
    let description: String
    let columnName: String?
    let position: FilePosition
  }

  private(set) var models: [Patch] = []
  private(set) var seeds: [Patch] = []
  private(set) var singularTests: [Patch] = []
  private(set) var sources: [Source] = []
  /// Parts of the file this engine reads over, with what that means.
  private(set) var notices: [String] = []

  /// Keys of a test that configure it; all others are arguments.
  private static let testSettings: Set<String> = [
    "severity", "tags", "enabled", "where", "limit", "warn_if", "error_if", "fail_calc", "store_failures",
    "store_failures_as", "sql_header", "meta", "database", "schema", "alias",
  ]

  static func parse(file: String, text: String) throws(ModelError) -> PropertiesFile {
    var properties = PropertiesFile()
    guard let root = try YAMLNode.parse(file: file, text: text), !root.isNull else { return properties }
    for (key, node) in try root.mapping("a schema file") {
      switch key {
      case "version", "macros", "exposures", "groups", "analyses", "anchors": break
      case "models": for item in try node.list(key) { properties.models.append(try patch(item, of: "model")) }
      case "seeds": for item in try node.list(key) { properties.seeds.append(try patch(item, of: "seed")) }
      case "data_tests", "tests":
        for item in try node.list(key) { properties.singularTests.append(try patch(item, of: "test")) }
      case "sources": for item in try node.list(key) { properties.sources.append(try source(item)) }
      case "unit_tests":
        properties.notices.append("\(node.position.file):\(node.position.line): unit tests are not run")
      case "metrics", "semantic_models", "saved_queries":
        properties.notices.append("\(node.position.file):\(node.position.line): `\(key)` are not built")
      case "snapshots":
        throw ModelError(.unsupported, "`snapshots` are not supported", at: node.position)
      default: throw node.failure("`\(key)` is no part of a schema file")
      }
    }
    return properties
  }

  private static func patch(_ node: YAMLNode, of kind: String) throws(ModelError) -> Patch {
    _ = try node.mapping("a \(kind)")
    guard let name = try node["name"].optionalText("name") else {
      throw node.failure("a \(kind) without a `name`")
    }
    if let versions = node["versions"], !versions.isNull {
      throw ModelError(.unsupported, "versions of a model are not supported", at: versions.position)
    }
    let documentation = try documentation(node)
    return Patch(
      name: name, configuration: try configuration(node), documentation: documentation,
      tests: try tests(node), position: node.position)
  }

  private static func source(_ node: YAMLNode) throws(ModelError) -> Source {
    _ = try node.mapping("a source")
    guard let name = try node["name"].optionalText("name") else {
      throw node.failure("a source without a `name`")
    }
    var tables: [Table] = []
    for table in try node["tables"].items("tables") {
      _ = try table.mapping("a source's table")
      guard let tableName = try table["name"].optionalText("name") else {
        throw table.failure("a table without a `name`")
      }
      tables.append(
        Table(
          name: tableName, identifier: table["identifier"], configuration: try configuration(table),
          documentation: try documentation(table),
          loadedAtField: try (table["config"]?["loaded_at_field"] ?? table["loaded_at_field"]).optionalText(
            "loaded_at_field"),
          freshness: table["config"]?["freshness"] ?? table["freshness"], tests: try tests(table),
          position: table.position))
    }
    return Source(
      name: name, schema: node["schema"], database: node["database"],
      loader: try node["loader"].optionalText("loader") ?? "",
      description: try node["description"].optionalText("description") ?? "",
      configuration: try configuration(node),
      loadedAtField: try (node["config"]?["loaded_at_field"] ?? node["loaded_at_field"]).optionalText(
        "loaded_at_field"),
      freshness: node["config"]?["freshness"] ?? node["freshness"], tables: tables)
  }

  private static func configuration(_ node: YAMLNode) throws(ModelError) -> [(key: String, value: YAMLNode)] {
    var entries: [(key: String, value: YAMLNode)] = []
    // Tags, meta and a few others may stand beside `config:` as well as in it.
    for key in ["tags", "meta", "enabled"] {
      if let value = node[key] { entries.append((key, value)) }
    }
    if let block = node["config"], !block.isNull { entries += try block.mapping("config") }
    return entries
  }

  private static func documentation(_ node: YAMLNode) throws(ModelError) -> NodeDocumentation {
    var documentation = NodeDocumentation()
    documentation.description = try node["description"].optionalText("description") ?? ""
    documentation.file = node.position.file
    for column in try node["columns"].items("columns") {
      _ = try column.mapping("a column")
      guard let name = try column["name"].optionalText("name") else {
        throw column.failure("a column without a `name`")
      }
      documentation.columns.append(
        ColumnDocumentation(
          name: name, description: try column["description"].optionalText("description") ?? "",
          dataType: try column["data_type"].optionalText("data_type")))
    }
    return documentation
  }

  // MARK: - Tests

  private static func tests(_ node: YAMLNode) throws(ModelError) -> [TestDeclaration] {
    var declarations: [TestDeclaration] = []
    for column in try node["columns"].items("columns") {
      let name = try column["name"].optionalText("name") ?? ""
      let isQuoted = column["quote"]?.value.boolean == true
      let columnName = isQuoted ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
      for test in try testNodes(column) { declarations.append(try declaration(test, column: columnName)) }
    }
    for test in try testNodes(node) { declarations.append(try declaration(test, column: nil)) }
    return declarations
  }

  private static func testNodes(_ node: YAMLNode) throws(ModelError) -> [YAMLNode] {
    let current = try node["data_tests"].items("data_tests")
    let former = try node["tests"].items("tests")
    guard current.isEmpty || former.isEmpty else {
      throw node.failure("`tests` and `data_tests` stand side by side; keep one of them")
    }
    return current + former
  }

  private static func declaration(_ node: YAMLNode, column: String?) throws(ModelError) -> TestDeclaration {
    var testName: String
    var entries: [(key: String, value: YAMLNode)] = []
    switch node.content {
    case .scalar: testName = try node.text("a test")
    case .sequence: throw node.failure("a test must be a name or a mapping")
    case .mapping(let members):
      if let named = node["test_name"] {
        testName = try named.text("test_name")
        entries = members.filter { $0.key != "test_name" }
      } else {
        guard let member = members.first, members.count == 1 else {
          throw node.failure("a test must be a mapping of one name; indent its arguments below it")
        }
        testName = member.key
        entries = member.value.isNull ? [] : try member.value.mapping("the arguments of `\(testName)`")
      }
    }
    var package: String?
    if let dot = testName.firstIndex(of: ".") {
      package = String(testName[..<dot])
      testName = String(testName[testName.index(after: dot)...])
    }
    return try declaration(testName, package: package, entries: entries, column: column, at: node.position)
  }

  private static func declaration(
    _ test: String, package: String?, entries: [(key: String, value: YAMLNode)], column: String?,
    at position: FilePosition
  ) throws(ModelError) -> TestDeclaration {
    var arguments: [ConfigurationValue.Entry] = []
    var configuration: [(key: String, value: YAMLNode)] = []
    var customName: String?
    var description = ""
    if let column { arguments.append(ConfigurationValue.Entry("column_name", .string(column))) }
    for (key, value) in entries {
      switch key {
      case "config": if !value.isNull { configuration += try value.mapping("config") }
      case "name": customName = try value.text("name")
      case "description": description = try value.text("description")
      case "arguments":
        if value.isNull { break }
        for (name, argument) in try value.mapping("arguments") {
          arguments.append(ConfigurationValue.Entry(name, argument.value))
        }
      case "model": throw value.failure("a test's argument cannot be called `model`")
      case _ where testSettings.contains(key): configuration.append((key, value))
      default: arguments.append(ConfigurationValue.Entry(key, value.value))
      }
    }
    return TestDeclaration(
      test: test, package: package, arguments: arguments, configuration: configuration,
      customName: customName,
      description: description, columnName: column, position: position)
  }
}
