import Foundation

/// As much of JSON Schema as the schemas in docs/schemas use. A word it does not know is a failure, so that none is passed over.
public struct JSONSchema {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private let root: [String: Any]

  /// Reads a schema file.
  public init(file: String) throws {
    let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
    guard let root = document as? [String: Any] else { throw Failure(description: "\(file) holds no object") }
    self.root = root
  }

  /// The value at a path of keys, such as the values of an `enum`.
  public func texts(at path: String...) -> [String] {
    var value: Any? = root
    for key in path { value = (value as? [String: Any])?[key] }
    return (value as? [String]) ?? (value as? [String: Any]).map { Array($0.keys) } ?? []
  }

  /// What is wrong with a document, a line each with its place; empty: nothing.
  public func problems(_ document: Any) throws -> [String] { try problems(document, root, at: "") }

  private func problems(_ value: Any, _ schema: [String: Any], at place: String) throws -> [String] {
    var found: [String] = []
    func complain(_ text: String) { found.append("\(place.isEmpty ? "/" : place): \(text)") }
    let object = Self.object(value)
    let array = value as? [Any]
    let number = Self.number(value)
    for (word, rule) in schema {
      switch word {
      case "$schema", "$defs", "title", "description": break
      case "$ref":
        guard let name = (rule as? String)?.split(separator: "/").last.map(String.init),
          let target = (root["$defs"] as? [String: Any])?[name] as? [String: Any]
        else { throw Failure(description: "there is no \(rule)") }
        found += try problems(value, target, at: place)
      case "type":
        let types = (rule as? [String]) ?? [rule as? String ?? ""]
        if !types.contains(where: { Self.isType($0, value) }) {
          complain("is not \(types.joined(separator: " or "))")
        }
      case "enum":
        let allowed = rule as? [Any] ?? []
        if !allowed.contains(where: { "\($0)" == "\(value)" }) { complain("\(value) is not allowed") }
      case "required":
        for key in rule as? [String] ?? [] where object != nil && object?[key] == nil {
          complain("lacks \(key)")
        }
      case "properties":
        for (key, inner) in rule as? [String: [String: Any]] ?? [:] {
          if let member = object?[key] { found += try problems(member, inner, at: place + "/" + key) }
        }
      case "patternProperties":
        for (pattern, inner) in rule as? [String: [String: Any]] ?? [:] {
          for (key, member) in object ?? [:] where try Self.matches(key, pattern) {
            found += try problems(member, inner, at: place + "/" + key)
          }
        }
      case "additionalProperties":
        for (key, member) in object ?? [:] where try !isNamed(key, schema) {
          if let inner = rule as? [String: Any] {
            found += try problems(member, inner, at: place + "/" + key)
          } else if rule as? Bool == false {
            complain("\(key) is not known")
          }
        }
      case "propertyNames":
        for key in (object ?? [:]).keys {
          found += try problems(key, rule as? [String: Any] ?? [:], at: place + "/" + key)
        }
      case "items":
        for (index, item) in (array ?? []).enumerated() {
          found += try problems(item, rule as? [String: Any] ?? [:], at: "\(place)/\(index)")
        }
      case "anyOf":
        let choices = rule as? [[String: Any]] ?? []
        if try !choices.contains(where: { try problems(value, $0, at: place).isEmpty }) {
          complain("fits none of the choices")
        }
      case "pattern":
        if let text = value as? String, let pattern = rule as? String, try !Self.matches(text, pattern) {
          complain("\(text) does not match \(pattern)")
        }
      case "minimum": if let number, number < Self.limit(rule) { complain("is less than \(rule)") }
      case "maximum": if let number, number > Self.limit(rule) { complain("is more than \(rule)") }
      case "minItems":
        if let array, Double(array.count) < Self.limit(rule) { complain("has too few items") }
      case "maxItems":
        if let array, Double(array.count) > Self.limit(rule) { complain("has too many items") }
      case "minProperties":
        if let object, Double(object.count) < Self.limit(rule) { complain("has too few members") }
      case "maxProperties":
        if let object, Double(object.count) > Self.limit(rule) { complain("has too many members") }
      case "minLength":
        if let text = value as? String, Double(text.count) < Self.limit(rule) {
          complain("is too short")
        }
      default: throw Failure(description: "the word \(word) is not known to this reader of schemas")
      }
    }
    return found
  }

  private func isNamed(_ key: String, _ schema: [String: Any]) throws -> Bool {
    if (schema["properties"] as? [String: Any])?[key] != nil { return true }
    let patterns = (schema["patternProperties"] as? [String: Any] ?? [:]).keys
    return try patterns.contains { try Self.matches(key, $0) }
  }

  private static func matches(_ text: String, _ pattern: String) throws -> Bool {
    try Regex(pattern).firstMatch(in: text) != nil
  }

  private static func object(_ value: Any) -> [String: Any]? {
    if let object = value as? [String: Any] { return object }
    guard let mapping = value as? [AnyHashable: Any] else { return nil }
    return Dictionary(mapping.map { ("\($0.key)", $0.value) }, uniquingKeysWith: { $1 })
  }

  /// A number of the schema. JSON's 0 and 1 also pass for truth values here, so those are not told apart.
  private static func limit(_ rule: Any) -> Double { (rule as? NSNumber)?.doubleValue ?? .nan }

  private static func number(_ value: Any) -> Double? {
    if value is Bool { return nil }
    return (value as? Int).map(Double.init) ?? value as? Double
  }

  private static func isType(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "object": object(value) != nil
    case "array": value is [Any]
    case "string": value is String
    case "boolean": value is Bool
    case "integer": !(value is Bool) && value is Int
    case "number": number(value) != nil
    default: false
    }
  }
}
