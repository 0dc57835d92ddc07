import Yams

/// A node of a YAML file with the place it stands at.
struct YAMLNode: Sendable {
  indirect enum Content: Sendable {
    case scalar(ConfigurationValue)
    case sequence([YAMLNode])
    case mapping([(key: String, value: YAMLNode)])
  }

  let content: Content
  let position: FilePosition

  /// Reads a whole file; nil for an empty one.
  static func parse(file: String, text: String) throws(ModelError) -> YAMLNode? {
    do {
      // What an unquoted scalar means is decided below: the reader's own rules are regular expressions, and slow.
      guard let root = try Yams.compose(yaml: text, .basic) else { return nil }
      var count = 0
      return try YAMLNode(root, file: file, depth: 0, count: &count)
    } catch let error as ModelError {
      throw error
    } catch let error as YamlError {
      throw Self.failure(error, file: file)
    } catch {
      throw ModelError(.project, "not readable as YAML", at: FilePosition(file: file, line: 1, column: 1))
    }
  }

  private static func failure(_ error: YamlError, file: String) -> ModelError {
    let start = FilePosition(file: file, line: 1, column: 1)
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ModelError(
        .project, "not valid YAML: \(problem)",
        at: FilePosition(file: file, line: mark.line, column: mark.column))
    case .duplicatedKeysInMapping(let duplicates, _):
      let key = duplicates.first.map { " `\($0)`" } ?? ""
      return ModelError(.project, "a key\(key) stands twice in one mapping", at: start)
    default:
      return ModelError(.project, "not valid YAML", at: start)
    }
  }

  /// A few aliases of aliases stand for more values than any memory holds.
  private static let mostNodes = 500_000

  private init(_ node: Node, file: String, depth: Int, count: inout Int) throws(ModelError) {
    let mark = node.mark
    position = FilePosition(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
    guard depth < 100 else { throw ModelError(.project, "nested more than 100 deep", at: position) }
    count += 1
    guard count <= Self.mostNodes else {
      throw ModelError(
        .project, "holds more than \(Self.mostNodes) values, with what its aliases stand for", at: position)
    }
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.style == .plain ? Self.plainValue(scalar.string) : .string(scalar.string))
    case .sequence(let sequence):
      var items: [YAMLNode] = []
      items.reserveCapacity(sequence.count)
      for item in sequence { items.append(try YAMLNode(item, file: file, depth: depth + 1, count: &count)) }
      content = .sequence(items)
    case .mapping(let mapping):
      var entries: [(key: String, value: YAMLNode)] = []
      entries.reserveCapacity(mapping.count)
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw ModelError(.project, "a key of a mapping must be a plain text", at: position)
        }
        entries.append((name.string, try YAMLNode(value, file: file, depth: depth + 1, count: &count)))
      }
      content = .mapping(entries)
    case .alias:
      throw ModelError(.project, "an alias without its anchor", at: position)
    }
  }

  /// What an unquoted scalar means under YAML 1.1 as PyYAML reads it, less the forms dbt projects do not hold
  /// (sexagesimal and octal numbers, dates), which stay texts.
  private static func plainValue(_ text: String) -> ConfigurationValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .boolean(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .boolean(false)
    default: break
    }
    guard let first = text.utf8.first,
      (first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")) || "+-.".utf8.contains(first)
    else { return .string(text) }
    let digits = text.replacing("_", with: "")
    if let number = Int(digits) { return .integer(number) }
    if digits.contains("."), digits.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
      let number = Double(digits)
    {
      return .number(number)
    }
    return .string(text)
  }

  // MARK: - Access

  /// The node as a plain value.
  var value: ConfigurationValue {
    switch content {
    case .scalar(let value): value
    case .sequence(let items): .list(items.map(\.value))
    case .mapping(let entries): .map(entries.map { ConfigurationValue.Entry($0.key, $0.value.value) })
    }
  }

  subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  var isNull: Bool {
    if case .scalar(.null) = content { return true }
    return false
  }

  func failure(_ message: String) -> ModelError {
    ModelError(.project, message, at: position)
  }

  func mapping(_ what: String) throws(ModelError) -> [(key: String, value: YAMLNode)] {
    guard case .mapping(let entries) = content else { throw failure("\(what) must be a mapping") }
    return entries
  }

  /// The items of a list; empty where the node is null.
  func list(_ what: String) throws(ModelError) -> [YAMLNode] {
    if isNull { return [] }
    guard case .sequence(let items) = content else { throw failure("\(what) must be a list") }
    return items
  }

  func text(_ what: String) throws(ModelError) -> String {
    switch content {
    case .scalar(.string(let text)): return text
    case .scalar(.integer(let number)): return String(number)
    case .scalar(.number(let number)): return "\(number)"
    default: throw failure("\(what) must be a text")
    }
  }
}

extension Optional where Wrapped == YAMLNode {
  /// The items of a list that may be missing.
  func items(_ what: String) throws(ModelError) -> [YAMLNode] {
    guard let self else { return [] }
    return try self.list(what)
  }

  func optionalText(_ what: String) throws(ModelError) -> String? {
    guard let self, !self.isNull else { return nil }
    return try self.text(what)
  }
}
