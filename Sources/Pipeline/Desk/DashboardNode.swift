import Yams

/// A node of a dashboard's file, read strictly: whatever is wrong is thrown with its file, line and column.
struct DashboardNode {
  let node: Node
  let file: String

  /// - Throws: `DashboardFileError` where the text is not one YAML document.
  static func compose(yaml: String, file: String) throws(DashboardFileError) -> DashboardNode {
    func syntax(_ mark: Mark?, _ problem: String) -> DashboardFileError {
      DashboardFileError(
        code: .syntax, file: file, line: mark?.line, column: mark?.column, problem: problem)
    }
    do {
      guard let node = try Yams.compose(yaml: yaml, .basic) else { throw syntax(nil, "the file is empty") }
      return DashboardNode(node: node, file: file)
    } catch let error as DashboardFileError {
      throw error
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _)
    {
      throw syntax(mark, "not YAML: \(problem)")
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw syntax(context.mark, "\(quotedList(keys.sorted())) is given more than once")
    } catch YamlError.reader(let problem, _, _, _) {
      throw syntax(nil, "not YAML: \(problem)")
    } catch {
      throw syntax(nil, "not YAML")
    }
  }

  /// File, line and column.
  var place: String { file + (node.mark.map { ":\($0.line):\($0.column)" } ?? "") }

  /// An error at this node's place.
  func error(_ code: DashboardFileError.Code, _ problem: String) -> DashboardFileError {
    DashboardFileError(
      code: code, file: file, line: node.mark?.line, column: node.mark?.column, problem: problem)
  }

  /// The pairs of a mapping in the order of the file.
  func pairs(of what: String) throws(DashboardFileError) -> [(key: DashboardNode, value: DashboardNode)] {
    guard case .mapping(let mapping) = node else { throw error(.wrongType, "\(what) must be a mapping") }
    return mapping.map {
      (DashboardNode(node: $0.key, file: file), DashboardNode(node: $0.value, file: file))
    }
  }

  /// A mapping by key.
  /// - Throws: `DashboardFileError` for a key that is not in `known`.
  func fields(of what: String, known: [String]) throws(DashboardFileError) -> [String: DashboardNode] {
    var fields: [String: DashboardNode] = [:]
    for (key, value) in try pairs(of: what) {
      let name = try key.text("a key")
      guard known.contains(name) else {
        throw key.error(.unknownKey, "\(what) knows no key '\(name)'; it knows \(quotedList(known))")
      }
      fields[name] = value
    }
    return fields
  }

  /// The elements of a list.
  func elements(of what: String) throws(DashboardFileError) -> [DashboardNode] {
    guard case .sequence(let sequence) = node else { throw error(.wrongType, "\(what) must be a list") }
    return sequence.map { DashboardNode(node: $0, file: file) }
  }

  /// A scalar's text, not blank.
  func text(_ what: String) throws(DashboardFileError) -> String {
    guard case .scalar(let scalar) = node else { throw error(.wrongType, "\(what) must be text") }
    guard scalar.string.contains(where: { !$0.isWhitespace }) else {
      throw error(.badValue, "\(what) must not be blank")
    }
    return scalar.string
  }

  /// A finite number.
  func number(_ what: String) throws(DashboardFileError) -> Double {
    guard case .scalar(let scalar) = node, let number = Double(scalar.string), number.isFinite else {
      throw error(.wrongType, "\(what) must be a number")
    }
    return number
  }

  /// One of an enumeration's values.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ what: String, _ type: Choice.Type
  ) throws(DashboardFileError) -> Choice where Choice.RawValue == String {
    let text = try text(what)
    guard let choice = Choice(rawValue: text) else {
      let possible = quotedList(Choice.allCases.map(\.rawValue))
      throw error(.badValue, "\(what) cannot be '\(text)'; it can be \(possible)")
    }
    return choice
  }
}

/// `'a', 'b' or 'c'`.
func quotedList(_ values: [String]) -> String {
  let quoted = values.map { "'\($0)'" }
  guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
  return "\(quoted.dropLast().joined(separator: ", ")) or \(last)"
}
