import Pipeline
import Yams

/// Why a file of the user's cannot be used: one line with its place.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    case syntax, unknownName, badColor, badKey, conflict, missing
  }

  public let code: Code
  public let file: String
  /// From 1; nil where the whole file is meant.
  public let line: Int?
  public let column: Int?
  public let message: String

  public init(code: Code, file: String, line: Int?, column: Int?, message: String) {
    self.code = code
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  init(_ code: Code, file: String, at node: Node?, _ message: String) {
    self.init(code: code, file: file, line: node?.mark?.line, column: node?.mark?.column, message: message)
  }

  public var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(
      separator: ":")
    // What a file says wrongly is quoted, and may hold anything.
    return PrintableText.clean("\(place): \(message)")
  }
}

/// The root of a YAML file, which must be a mapping.
func yamlRoot(_ yaml: String, file: String) throws(ConfigurationError) -> Node.Mapping {
  let node: Node?
  do {
    // Nobody asks for the types of scalars here; working them out would take most of the time.
    node = try Yams.compose(yaml: yaml, .basic)
  } catch let error as YamlError {
    throw ConfigurationError(
      code: .syntax, file: file, line: error.mark?.line, column: error.mark?.column,
      message: "is not YAML: \(error.problem)")
  } catch {
    throw ConfigurationError(code: .syntax, file: file, line: nil, column: nil, message: "is not YAML")
  }
  guard let node else { return Node.Mapping([]) }
  guard let mapping = node.mapping else {
    throw ConfigurationError(.syntax, file: file, at: node, "must hold `name: value` pairs")
  }
  return mapping
}

extension YamlError {
  fileprivate var mark: Mark? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark
    default: nil
    }
  }

  fileprivate var problem: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
      problem
    default: "cannot be read"
    }
  }
}

extension Theme {
  /// Reads a theme file's text.
  ///
  /// - Parameters:
  ///   - name: The file's name without its extension.
  ///   - file: The path errors name.
  public init(yaml: String, name: String, file: String) throws(ConfigurationError) {
    let root = try yamlRoot(yaml, file: file)
    var reader = ThemeReader(file: file)
    for (key, node) in root {
      guard key.string == "colors" else { continue }
      try reader.readNames(node)
    }
    var title = name
    var depth = ColorDepth.truecolor
    var looks: [Role: Look] = [:]
    var series: [Color] = []
    var heat: [Color] = []
    var picture = Theme.Look(style: Style(foreground: .rgb(213, 217, 224), background: .rgb(18, 22, 29)))
    for (key, node) in root {
      switch key.string {
      case "colors": continue
      case "title": title = node.string ?? name
      case "depth": depth = try reader.depth(node)
      case "styles": looks = try reader.looks(node)
      case "series": series = try reader.colors(node)
      case "heat": heat = try reader.colors(node)
      case "picture": picture = try reader.look(node)
      default:
        throw ConfigurationError(
          .unknownName, file: file, at: key,
          "unknown entry \(key.string ?? "?"); known are title, depth, colors, styles, series, heat, picture")
      }
    }
    guard looks[.text] != nil else {
      throw ConfigurationError(
        code: .missing, file: file, line: nil, column: nil, message: "styles must give a look for text")
    }
    self.init(
      name: name, title: title, depth: depth, looks: looks, series: series, heat: heat,
      ink: picture.style.foreground, ground: picture.style.background)
  }
}

/// Reads the parts of a theme file.
private struct ThemeReader {
  let file: String
  private var names: [String: Color] = [:]

  init(file: String) {
    self.file = file
  }

  mutating func readNames(_ node: Node) throws(ConfigurationError) {
    for (key, value) in try mapping(node) {
      names[key.string ?? ""] = try color(value)
    }
  }

  func depth(_ node: Node) throws(ConfigurationError) -> ColorDepth {
    switch node.string {
    case "mono": return .mono
    case "16": return .sixteen
    case "256": return .indexed
    case "truecolor": return .truecolor
    default:
      throw ConfigurationError(
        .unknownName, file: file, at: node, "depth must be mono, 16, 256 or truecolor")
    }
  }

  func looks(_ node: Node) throws(ConfigurationError) -> [Role: Theme.Look] {
    var looks: [Role: Theme.Look] = [:]
    for (key, value) in try mapping(node) {
      guard let role = key.string.flatMap({ Role.byName[$0] }) else {
        throw ConfigurationError(
          .unknownName, file: file, at: key, "there is no style \(key.string ?? "?") to set")
      }
      looks[role] = try look(value)
    }
    return looks
  }

  func colors(_ node: Node) throws(ConfigurationError) -> [Color] {
    guard let sequence = node.sequence else {
      throw ConfigurationError(.syntax, file: file, at: node, "must be a list of colours")
    }
    var colors: [Color] = []
    for item in sequence { colors.append(try color(item)) }
    return colors
  }

  func look(_ node: Node) throws(ConfigurationError) -> Theme.Look {
    var look = Theme.Look(style: .plain)
    for (key, value) in try mapping(node) {
      switch key.string {
      case "fg": look.style.foreground = try color(value)
      case "bg": look.style.background = try color(value)
      case "attributes": look.style.attributes = try attributes(value)
      case "mono": look.monoAttributes = try attributes(value)
      default:
        throw ConfigurationError(
          .unknownName, file: file, at: key,
          "unknown entry \(key.string ?? "?"); known are fg, bg, attributes, mono")
      }
    }
    return look
  }

  private func attributes(_ node: Node) throws(ConfigurationError) -> Style.Attributes {
    var attributes: Style.Attributes = []
    for item in node.sequence.map(Array.init) ?? [node] {
      switch item.string {
      case "bold": attributes.insert(.bold)
      case "dim": attributes.insert(.dim)
      case "italic": attributes.insert(.italic)
      case "underline": attributes.insert(.underline)
      case "reverse": attributes.insert(.reverse)
      case "none": continue
      default:
        throw ConfigurationError(
          .unknownName, file: file, at: item,
          "unknown attribute \(item.string ?? "?"); known are bold, dim, italic, underline, reverse, none")
      }
    }
    return attributes
  }

  private func color(_ node: Node) throws(ConfigurationError) -> Color {
    let text = node.string ?? ""
    if let named = names[text] { return named }
    if text == "default" { return .default }
    if let index = UInt8(text) { return .palette(index) }
    let digits = text.dropFirst()
    if text.hasPrefix("#"), digits.count == 6, let value = UInt32(digits, radix: 16) {
      return .rgb(UInt8(value >> 16), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF))
    }
    throw ConfigurationError(
      .badColor, file: file, at: node,
      "\(text) is no colour: write \"#rrggbb\", 0 to 255, default, or a name out of colors")
  }

  private func mapping(_ node: Node) throws(ConfigurationError) -> Node.Mapping {
    guard let mapping = node.mapping else {
      throw ConfigurationError(.syntax, file: file, at: node, "must hold `name: value` pairs")
    }
    return mapping
  }
}
