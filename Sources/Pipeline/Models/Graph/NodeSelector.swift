/// dbt's selection syntax: methods, graph operators, unions by blanks, intersections by commas.
///
/// A criterion is `[N+]method:value[+N]`, or `@method:value`; without a method the value is a name, a file or a folder.
/// Indirect selection is dbt's eager default: a test is selected with any of the nodes it reads.
public struct NodeSelector: Sendable {
  let project: Project
  let graph: ProjectGraph
  /// What `state:` compares with; nil where none was given.
  public var state: SavedManifest?
  /// Whether tests of a selected node come along.
  public var includesTests = true

  public init(_ project: Project, _ graph: ProjectGraph) {
    self.project = project
    self.graph = graph
  }

  /// The ids selected by criteria, each an element of `--select` that may hold several parted by blanks.
  /// - Parameter select: nil or empty: everything.
  /// - Throws: ``ModelError`` for a criterion without meaning, or one that names nothing.
  public func ids(select: [String], exclude: [String] = []) throws(ModelError) -> Set<String> {
    var selected = try union(select) ?? Set(graph.order)
    if includesTests { selected.formUnion(attachedTests(selected)) }
    if var excluded = try union(exclude) {
      if includesTests { excluded.formUnion(attachedTests(excluded)) }
      selected.subtract(excluded)
    }
    return selected
  }

  private func attachedTests(_ ids: Set<String>) -> [String] {
    project.tests.filter { test in test.dependencies.contains(where: ids.contains) }.map(\.id)
  }

  private func union(_ criteria: [String]) throws(ModelError) -> Set<String>? {
    let terms = criteria.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    guard !terms.isEmpty else { return nil }
    var selected: Set<String> = []
    for term in terms { selected.formUnion(try intersection(term)) }
    return selected
  }

  private func intersection(_ term: String) throws(ModelError) -> Set<String> {
    var selected: Set<String>?
    for part in term.split(separator: ",") {
      let ids = try criterion(String(part))
      selected = selected?.intersection(ids) ?? ids
    }
    guard let selected else { throw ModelError(.selection, "an empty selector: `\(term)`") }
    return selected
  }

  // MARK: - One criterion

  private func criterion(_ text: String) throws(ModelError) -> Set<String> {
    var rest = Substring(text)
    var parentDepth: Int?
    var childDepth: Int?
    let isClosure = rest.hasPrefix("@")
    if isClosure { rest = rest.dropFirst() }
    if let plus = rest.firstIndex(of: "+"), rest[..<plus].allSatisfy(\.isWholeNumber) {
      parentDepth = plus == rest.startIndex ? .max : Int(rest[..<plus]) ?? .max
      rest = rest[rest.index(after: plus)...]
    }
    if let plus = rest.lastIndex(of: "+"), rest[rest.index(after: plus)...].allSatisfy(\.isWholeNumber) {
      let digits = rest[rest.index(after: plus)...]
      childDepth = digits.isEmpty ? .max : Int(digits) ?? .max
      rest = rest[..<plus]
    }
    guard !rest.isEmpty else { throw ModelError(.selection, "the selector `\(text)` names nothing") }
    let direct = try matches(String(rest))
    var selected = direct
    for id in direct {
      if let parentDepth { selected.formUnion(graph.ancestors(of: id, depth: parentDepth)) }
      if let childDepth { selected.formUnion(graph.descendants(of: id, depth: childDepth)) }
      if isClosure {
        let descendants = graph.descendants(of: id)
        selected.formUnion(descendants)
        for descendant in descendants { selected.formUnion(graph.ancestors(of: descendant)) }
        selected.formUnion(graph.ancestors(of: id))
      }
    }
    return selected
  }

  private func matches(_ text: String) throws(ModelError) -> Set<String> {
    guard let colon = text.firstIndex(of: ":") else {
      let found = text.contains("/") ? byPath(text) : byName(text)
      guard !found.isEmpty else {
        throw ModelError(.selection, "the selector `\(text)` matches no node of the project")
      }
      return found
    }
    let method = String(text[..<colon])
    let value = String(text[text.index(after: colon)...])
    switch method {
    case "fqn", "name": return byName(value)
    case "path": return byPath(value)
    case "file":
      return nodes {
        $0.file.split(separator: "/").last.map(String.init) == value
          || $0.file.split(separator: "/").last.map(Self.stem) == value
      }
    case "tag": return nodes { $0.configuration.tags.contains { Self.glob(value, $0) } }
    case "source": return sources(value)
    case "resource_type": return nodes { $0.type == value }
    case "package": return value == project.settings.name || value == "this" ? Set(graph.order) : []
    case "test_type": return try tests(ofType: value)
    case "test_name":
      return Set(
        project.tests.filter { test in
          if case .generic(let name, let package, _) = test.kind {
            return Self.glob(value, name) || package.map { Self.glob(value, $0 + "." + name) } == true
          }
          return Self.glob(value, test.name)
        }.map(\.id))
    case "state":
      guard let state else {
        throw ModelError(.selection, "`state:` needs a manifest to compare with: --state FOLDER")
      }
      return try StateComparison(project, state).ids(value)
    case _ where method.hasPrefix("config."):
      let key = String(method.dropFirst("config.".count))
      return nodes { node in Self.holds(node, key, value) }
    default:
      throw ModelError(
        .selection,
        "the selector method `\(method):` is not supported; there are name, path, file, tag, source, config.KEY, "
          + "resource_type, package, test_type, test_name and state")
    }
  }

  private static func stem(_ name: Substring) -> String {
    String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
  }

  /// What selectors look at, alike for every kind of node.
  private struct Facts {
    let id: String
    let name: String
    let type: String
    let path: [String]
    let file: String
    let configuration: NodeConfiguration
    var materialization: String?
  }

  private var facts: [Facts] {
    project.models.map {
      Facts(
        id: $0.id, name: $0.name, type: "model", path: $0.path, file: $0.file,
        configuration: $0.configuration,
        materialization: $0.materialization.rawValue)
    }
      + project.seeds.map {
        Facts(
          id: $0.id, name: $0.name, type: "seed", path: $0.path, file: $0.file,
          configuration: $0.configuration,
          materialization: "seed")
      }
      + project.sources.map {
        Facts(
          id: $0.id, name: $0.name, type: "source", path: $0.path, file: $0.file,
          configuration: $0.configuration)
      }
      + project.tests.map {
        Facts(
          id: $0.id, name: $0.name, type: "test", path: $0.path, file: $0.file,
          configuration: $0.configuration,
          materialization: "test")
      }
  }

  private func nodes(_ isMatch: (Facts) -> Bool) -> Set<String> {
    Set(facts.filter(isMatch).map(\.id))
  }

  /// A name, or the beginning of a fully qualified name with or without the project's own.
  private func byName(_ value: String) -> Set<String> {
    let steps = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return nodes { node in
      if Self.glob(value, node.name) || value == node.id { return true }
      // Names of tests may hold a dot themselves.
      if value == node.path.joined(separator: ".") { return node.type != "source" }
      guard node.type != "source" || steps.count > 1 else { return false }
      for path in [node.path, Array(node.path.dropFirst())] where path.count >= steps.count {
        if zip(steps, path).allSatisfy({ Self.glob($0, $1) }) { return true }
      }
      return false
    }
  }

  private func byPath(_ value: String) -> Set<String> {
    let folder = value.hasSuffix("/") ? String(value.dropLast()) : value
    let pattern = folder.hasPrefix("./") ? String(folder.dropFirst(2)) : folder
    return nodes { node in
      let steps = node.file.split(separator: "/")
      return (1...max(1, steps.count)).contains {
        Self.glob(pattern, steps.prefix($0).joined(separator: "/"))
      }
    }
  }

  private func sources(_ value: String) -> Set<String> {
    let steps = value.split(separator: ".").map(String.init)
    let name = steps.count == 3 ? Array(steps.dropFirst()) : steps
    return Set(
      project.sources.filter { source in
        Self.glob(name.first ?? "", source.sourceName) && (name.count < 2 || Self.glob(name[1], source.name))
      }.map(\.id))
  }

  private func tests(ofType value: String) throws(ModelError) -> Set<String> {
    guard value == "generic" || value == "singular" || value == "data" else {
      throw ModelError(.selection, "`test_type:` takes generic, singular or data")
    }
    return Set(
      project.tests.filter { test in
        guard value != "data" else { return true }
        if case .generic = test.kind { return value == "generic" }
        return value == "singular"
      }.map(\.id))
  }

  private static func holds(_ node: Facts, _ key: String, _ value: String) -> Bool {
    if key == "materialized", let materialization = node.materialization {
      return glob(value, materialization)
    }
    var found: ConfigurationValue?
    for (index, step) in key.split(separator: ".").enumerated() {
      found = index == 0 ? node.configuration[String(step)] : found?[String(step)]
    }
    switch found {
    case nil, .null: return false
    case .boolean(let flag): return value.lowercased() == (flag ? "true" : "false")
    case .list(let items): return items.contains { glob(value, $0.templateValue.text) }
    case .map(let entries): return entries.contains { glob(value, $0.key) }
    case .some(let single): return glob(value, single.templateValue.text)
    }
  }

  /// Shell patterns: `*` for any run of characters, `?` for one.
  static func glob(_ pattern: String, _ text: String) -> Bool {
    if !pattern.contains("*") && !pattern.contains("?") { return pattern == text }
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var (patternIndex, textIndex) = (0, 0)
    var (star, mark) = (-1, 0)
    while textIndex < text.count {
      if patternIndex < pattern.count,
        pattern[patternIndex] == "?" || pattern[patternIndex] == text[textIndex]
      {
        patternIndex += 1
        textIndex += 1
      } else if patternIndex < pattern.count, pattern[patternIndex] == "*" {
        (star, mark) = (patternIndex, textIndex)
        patternIndex += 1
      } else if star >= 0 {
        patternIndex = star + 1
        mark += 1
        textIndex = mark
      } else {
        return false
      }
    }
    while patternIndex < pattern.count, pattern[patternIndex] == "*" { patternIndex += 1 }
    return patternIndex == pattern.count
  }
}
