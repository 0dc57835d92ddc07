/// What dbt_project.yml says.
public struct ProjectSettings: Sendable {
  public let name: String
  public let version: String?
  public let profile: String?
  public let modelPaths: [String]
  public let testPaths: [String]
  public let macroPaths: [String]
  public let seedPaths: [String]
  public let targetPath: String
  /// Values of `var()`, those of the project's own package overriding the global ones.
  public let variables: [String: ConfigurationValue]
  /// The trees under `models:`, `seeds:`, `data_tests:` and `sources:`.
  let trees: [Tree: YAMLNode]
  /// What the file asks for and this engine does not do, with positions.
  let refusals: [ModelError]

  enum Tree: String, CaseIterable {
    case models, seeds, tests, sources
  }

  static let fileName = "dbt_project.yml"

  /// - Throws: ``ModelError`` with the position of what has no meaning; what is refused is in ``refusals``.
  static func parse(file: String, text: String) throws(ModelError) -> ProjectSettings {
    guard let root = try YAMLNode.parse(file: file, text: text) else {
      throw ModelError(
        .project, "the project file is empty", at: FilePosition(file: file, line: 1, column: 1))
    }
    return try ProjectSettings(root)
  }

  private init(_ root: YAMLNode) throws(ModelError) {
    _ = try root.mapping("the project file")
    guard let name = try root["name"].optionalText("name") else { throw root.failure("`name` is missing") }
    guard
      name.utf8.allSatisfy({
        $0 == UInt8(ascii: "_") || ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0)
      })
    else { throw (root["name"] ?? root).failure("`name` holds more than letters, digits and _") }
    self.name = name
    version = try root["version"].optionalText("version")
    profile = try root["profile"].optionalText("profile")
    func paths(_ key: String, _ old: String?, _ fallback: [String]) throws(ModelError) -> [String] {
      guard let node = root[key] ?? old.flatMap({ root[$0] }) else { return fallback }
      var paths: [String] = []
      for item in try node.list(key) { paths.append(try item.text(key)) }
      return paths
    }
    modelPaths = try paths("model-paths", "source-paths", ["models"])
    testPaths = try paths("test-paths", nil, ["tests"])
    macroPaths = try paths("macro-paths", nil, ["macros"])
    seedPaths = try paths("seed-paths", "data-paths", ["seeds"])
    targetPath = try root["target-path"].optionalText("target-path") ?? "target"

    var variables: [String: ConfigurationValue] = [:]
    if let node = root["vars"], !node.isNull {
      let entries = try node.mapping("vars")
      for entry in entries { variables[entry.key] = entry.value.value }
      if let own = node[name], case .mapping(let entries) = own.content {
        for entry in entries { variables[entry.key] = entry.value.value }
      }
    }
    self.variables = variables

    var trees: [Tree: YAMLNode] = [:]
    for (tree, keys) in [
      (Tree.models, ["models"]), (.seeds, ["seeds"]), (.tests, ["data_tests", "tests"]),
      (.sources, ["sources"]),
    ] {
      for key in keys {
        guard let node = root[key], !node.isNull else { continue }
        _ = try node.mapping(key)
        trees[tree] = node
        break
      }
    }
    self.trees = trees
    var refusals: [ModelError] = []
    for key in ["on-run-start", "on-run-end", "query-comment", "dispatch"] {
      guard let node = root[key], !node.isNull else { continue }
      if case .sequence(let items) = node.content, items.isEmpty { continue }
      if key == "query-comment" { continue }
      refusals.append(ModelError(.unsupported, "`\(key)` is not supported", at: node.position))
    }
    self.refusals = refusals
  }

  /// The configuration a tree holds for a node, the most specific folder last.
  /// - Parameter path: the node's fully qualified name below the project: folders and the node's own name.
  func configuration(_ tree: Tree, path: [String]) -> [(key: String, value: YAMLNode)] {
    guard let root = trees[tree] else { return [] }
    var found = Self.settings(of: root, isTop: true)
    guard var level = root[name] else { return found }
    found += Self.settings(of: level, isTop: false)
    for step in path {
      guard let next = level[step], case .mapping = next.content else { break }
      found += Self.settings(of: next, isTop: false)
      level = next
    }
    return found
  }

  /// The settings on one level: keys with `+`, and plain keys that are no folders.
  private static func settings(of node: YAMLNode, isTop: Bool) -> [(key: String, value: YAMLNode)] {
    guard case .mapping(let entries) = node.content else { return [] }
    return entries.compactMap { entry in
      if entry.key.hasPrefix("+") { return (String(entry.key.dropFirst()), entry.value) }
      if case .mapping = entry.value.content { return nil }
      return (entry.key, entry.value)
    }
  }
}
