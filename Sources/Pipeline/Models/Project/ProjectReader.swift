/// Reads a project's folder into a ``Project``: files, their properties, their configuration, their references.
struct ProjectReader {
  let files: ProjectFiles
  let settings: ProjectSettings
  var environment: RenderEnvironment
  var modelFiles: [NodeFile] = []
  var seedFiles: [NodeFile] = []
  var singularFiles: [NodeFile] = []
  var modelPatches: [String: PropertiesFile.Patch] = [:]
  var seedPatches: [String: PropertiesFile.Patch] = [:]
  var singularPatches: [String: PropertiesFile.Patch] = [:]
  var sourceProperties: [(file: String, source: PropertiesFile.Source)] = []
  var documentationBlocks: [String: String] = [:]
  var notices: [String] = []
  /// What was wrong so far where reading goes on behind it; nil: the first thing that is wrong ends it.
  var findings: [ModelError]?

  /// A file that is a node of its own.
  struct NodeFile: Sendable {
    let file: String
    let name: String
    /// Folders below the root it was found in, and the name.
    let path: [String]
    let text: String
  }

  // MARK: - Files

  /// Does a step; what is wrong with it is thrown, or kept where findings are gathered.
  mutating func attempt(_ step: (inout ProjectReader) throws -> Void) throws {
    do { try step(&self) } catch let error as ModelError where findings != nil { findings?.append(error) }
  }

  mutating func readFiles() throws {
    for root in settings.macroPaths {
      for file in try files.list(root) where file.hasSuffix(".sql") {
        try attempt { try $0.addMacros(of: file) }
      }
    }
    var names: [String: String] = [:]
    for root in settings.modelPaths {
      for file in try files.list(root) {
        try attempt { reader in
          if file.hasSuffix(".sql") {
            reader.modelFiles.append(try reader.nodeFile(file, below: root, among: &names))
          } else if file.hasSuffix(".py") {
            throw ModelError(
              .unsupported, "Python models are not supported",
              at: FilePosition(file: file, line: 1, column: 1))
          } else {
            try reader.readProperties(file)
          }
        }
      }
    }
    for root in settings.seedPaths {
      for file in try files.list(root) {
        try attempt { reader in
          if file.hasSuffix(".csv") {
            reader.seedFiles.append(try reader.nodeFile(file, below: root, among: &names))
          } else {
            try reader.readProperties(file)
          }
        }
      }
    }
    var testNames: [String: String] = [:]
    for root in settings.testPaths {
      for file in try files.list(root) {
        try attempt { reader in
          if file.hasPrefix(root + "/generic/"), file.hasSuffix(".sql") {
            try reader.addMacros(of: file)
          } else if file.hasSuffix(".sql") {
            reader.singularFiles.append(try reader.nodeFile(file, below: root, among: &testNames))
          } else {
            try reader.readProperties(file)
          }
        }
      }
    }
    if let snapshot = try files.list("snapshots").first {
      try attempt { _ in
        throw ModelError(
          .unsupported, "snapshots are not supported: the folder snapshots is not empty",
          at: FilePosition(file: snapshot, line: 1, column: 1))
      }
    }
  }

  private mutating func addMacros(of file: String) throws {
    try environment.macros.add(try TemplateParser.parse(file: file, text: try files.text(file)))
  }

  private func nodeFile(_ file: String, below root: String, among names: inout [String: String]) throws
    -> NodeFile
  {
    var path = file.dropFirst(root.count + 1).split(separator: "/").map(String.init)
    let last = path.removeLast()
    let name = String(last[..<(last.lastIndex(of: ".") ?? last.endIndex)])
    if let other = names.updateValue(file, forKey: name) {
      throw ModelError(
        .project, "the name `\(name)` is taken already by \(other)",
        at: FilePosition(file: file, line: 1, column: 1))
    }
    return NodeFile(file: file, name: name, path: path + [name], text: try files.text(file))
  }

  private mutating func readProperties(_ file: String) throws {
    if file.hasSuffix(".md") {
      let template = try TemplateParser.parse(file: file, text: try files.text(file))
      for case .docs(let name, let text) in template.body {
        documentationBlocks[name] = TemplateFilters.trimmed(text)
      }
      return
    }
    guard file.hasSuffix(".yml") || file.hasSuffix(".yaml") else { return }
    let properties = try PropertiesFile.parse(file: file, text: try files.text(file))
    notices += properties.notices
    try Self.add(properties.models, to: &modelPatches)
    try Self.add(properties.seeds, to: &seedPatches)
    try Self.add(properties.singularTests, to: &singularPatches)
    sourceProperties += properties.sources.map { (file, $0) }
  }

  private static func add(
    _ patches: [PropertiesFile.Patch], to index: inout [String: PropertiesFile.Patch]
  ) throws(ModelError) {
    for patch in patches {
      if let other = index.updateValue(patch, forKey: patch.name) {
        throw ModelError(
          .project, "`\(patch.name)` is described already at \(other.position.file):\(other.position.line)",
          at: patch.position)
      }
    }
  }

  // MARK: - Templates inside YAML

  func scope() -> NodeScope {
    let blocks = documentationBlocks
    return NodeScope(environment: environment, documentation: { blocks[$0] })
  }

  /// A value of a YAML file with its templates rendered, as dbt does while it reads.
  func rendered(_ node: YAMLNode) throws -> ConfigurationValue {
    try rendered(node.value, at: node.position)
  }

  func rendered(_ value: ConfigurationValue, at position: FilePosition) throws -> ConfigurationValue {
    switch value {
    case .string(let text) where text.contains("{{") || text.contains("{%"):
      let template = try TemplateParser.parse(file: position.file, text: text)
      do {
        let value = try TemplateEvaluator.value(
          of: template, macros: environment.macros, lookup: scope().lookup)
        return ConfigurationValue(value) ?? .null
      } catch let error as ModelError {
        // The position inside the value means little; the value's own place is what the author looks for.
        throw ModelError(error.code, error.message, at: position)
      }
    case .list(let items): return .list(try items.map { try rendered($0, at: position) })
    case .map(let entries):
      return .map(try entries.map { ConfigurationValue.Entry($0.key, try rendered($0.value, at: position)) })
    default: return value
    }
  }

  func entries(_ configuration: [(key: String, value: YAMLNode)]) throws -> [ConfigurationValue.Entry] {
    try configuration.map { entry in
      // Hooks are rendered when they run; they may speak of `this`.
      if ["pre-hook", "post-hook", "pre_hook", "post_hook"].contains(entry.key) {
        return ConfigurationValue.Entry(entry.key, entry.value.value)
      }
      return ConfigurationValue.Entry(entry.key, try rendered(entry.value))
    }
  }

  func documentation(_ documentation: NodeDocumentation) throws -> NodeDocumentation {
    var result = documentation
    let position = FilePosition(file: documentation.file ?? "", line: 1, column: 1)
    func text(_ text: String) throws -> String {
      try rendered(.string(text), at: position).string ?? text
    }
    result.description = try text(documentation.description)
    result.columns = try documentation.columns.map {
      ColumnDocumentation(name: $0.name, description: try text($0.description), dataType: $0.dataType)
    }
    return result
  }
}
