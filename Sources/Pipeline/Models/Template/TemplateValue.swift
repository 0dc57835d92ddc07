/// A value while a template is evaluated, with Python's types and truths, as Jinja's users expect them.
///
/// Lists, dictionaries and namespaces are references: `{% do items.append(x) %}` must be seen by every name of the
/// list. Values therefore never leave the evaluation they belong to.
enum TemplateValue {
  /// A name nothing stands behind; harmless until it is used.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case list(TemplateList)
  case tuple([TemplateValue])
  case dictionary(TemplateDictionary)
  case relation(Relation)
  case function(TemplateFunction)
}

final class TemplateList {
  var items: [TemplateValue]

  init(_ items: [TemplateValue]) {
    self.items = items
  }
}

/// A dictionary that keeps the order of insertion; a `namespace()` is one whose attributes can be set.
final class TemplateDictionary {
  private(set) var keys: [TemplateValue] = []
  private var values: [TemplateKey: TemplateValue] = [:]
  let isNamespace: Bool

  init(isNamespace: Bool = false) {
    self.isNamespace = isNamespace
  }

  convenience init(_ entries: [(String, TemplateValue)]) {
    self.init()
    for (key, value) in entries { self[key] = value }
  }

  subscript(key: TemplateKey) -> TemplateValue? {
    get { values[key] }
    set {
      if newValue == nil {
        if values.removeValue(forKey: key) != nil { keys.removeAll { TemplateKey($0) == key } }
      } else if values.updateValue(newValue ?? .none, forKey: key) == nil {
        keys.append(key.value)
      }
    }
  }

  subscript(key: String) -> TemplateValue? {
    get { self[.string(key)] }
    set { self[.string(key)] = newValue }
  }

  var entries: [(key: TemplateValue, value: TemplateValue)] {
    keys.map { ($0, TemplateKey($0).flatMap { self[$0] } ?? .none) }
  }
}

/// What may be a dictionary's key or a member of a set.
enum TemplateKey: Hashable {
  case none
  case number(Double)
  case string(String)
  case tuple([TemplateKey])

  /// Nil for values Python calls unhashable.
  init?(_ value: TemplateValue) {
    switch value {
    case .none: self = .none
    case .boolean(let flag): self = .number(flag ? 1 : 0)
    case .integer(let number): self = .number(Double(number))
    case .float(let number): self = .number(number)
    case .string(let text): self = .string(text)
    case .relation(let relation): self = .string(relation.description)
    case .tuple(let items):
      let keys = items.compactMap { TemplateKey($0) }
      guard keys.count == items.count else { return nil }
      self = .tuple(keys)
    case .undefined, .list, .dictionary, .function: return nil
    }
  }

  var value: TemplateValue {
    switch self {
    case .none: .none
    case .number(let number): Int(exactly: number).map { .integer($0) } ?? .float(number)
    case .string(let text): .string(text)
    case .tuple(let keys): .tuple(keys.map(\.value))
    }
  }
}

/// Arguments of a call after evaluation.
struct TemplateCall {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The argument at a position or of a name; nil where the caller gave none.
  func argument(_ position: Int, _ name: String) -> TemplateValue? {
    if position < positional.count { return positional[position] }
    return named.first { $0.name == name }?.value
  }
}

/// Something a template can call.
final class TemplateFunction {
  let name: String
  /// What stands behind a dot: `config.get`.
  let members: [String: TemplateValue]
  private let body: (TemplateCall) throws -> TemplateValue

  init(
    _ name: String, members: [String: TemplateValue] = [:],
    _ body: @escaping (TemplateCall) throws -> TemplateValue
  ) {
    self.name = name
    self.members = members
    self.body = body
  }

  func callAsFunction(_ call: TemplateCall) throws -> TemplateValue {
    try body(call)
  }
}

extension TemplateValue {
  /// Python's truth.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let flag): flag
    case .integer(let number): number != 0
    case .float(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .tuple(let items): !items.isEmpty
    case .dictionary(let dictionary): dictionary.isNamespace || !dictionary.keys.isEmpty
    case .relation, .function: true
    }
  }

  var typeName: String {
    switch self {
    case .undefined(let name): "undefined `\(name)`"
    case .none: "none"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .relation: "a relation"
    case .function: "a function"
    }
  }

  /// What `{{ value }}` writes: Python's `str()`.
  var text: String {
    switch self {
    case .string(let text): text
    case .undefined: ""
    default: representation
    }
  }

  /// Python's `repr()`, which is also how items look inside a list.
  var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .boolean(let flag): flag ? "True" : "False"
    case .integer(let number): String(number)
    case .float(let number): Self.pythonFloat(number)
    case .string(let text): Self.quoted(text)
    case .list(let list): "[" + list.items.map(\.representation).joined(separator: ", ") + "]"
    case .tuple(let items):
      items.count == 1
        ? "(\(items[0].representation),)" : "(" + items.map(\.representation).joined(separator: ", ") + ")"
    case .dictionary(let dictionary):
      "{"
        + dictionary.entries.map { "\($0.key.representation): \($0.value.representation)" }
        .joined(separator: ", ") + "}"
    case .relation(let relation): relation.description
    case .function(let function): "<function \(function.name)>"
    }
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 32 && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\") }
    if isPlain { return "'" + text + "'" }
    let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "'" where quote == "'": result += "\\'"
      default: result.unicodeScalars.append(character)
      }
    }
    result.append(quote)
    return result
  }

  private static func pythonFloat(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    // Swift and Python both print the shortest digits that read back; they part in the exponent's form.
    let text = "\(number)"
    guard let e = text.firstIndex(of: "e") else { return text }
    var mantissa = String(text[..<e])
    if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
    let exponent = Int(text[text.index(after: e)...]) ?? 0
    if exponent == 16 || exponent == -5 || abs(exponent) > 4 {
      let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(digits)"
    }
    return text
  }

  var number: Double? {
    switch self {
    case .boolean(let flag): flag ? 1 : 0
    case .integer(let number): Double(number)
    case .float(let number): number
    default: nil
    }
  }

  /// Integers and booleans, which Python counts among them.
  var wholeNumber: Int? {
    switch self {
    case .boolean(let flag): flag ? 1 : 0
    case .integer(let number): number
    default: nil
    }
  }

  func isEqual(to other: TemplateValue) -> Bool {
    if let left = number, let right = other.number { return left == right }
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let left), .string(let right)): return left == right
    case (.list(let left), .list(let right)): return Self.areEqual(left.items, right.items)
    case (.tuple(let left), .tuple(let right)): return Self.areEqual(left, right)
    case (.relation(let left), .relation(let right)): return left == right
    case (.function(let left), .function(let right)): return left === right
    case (.dictionary(let left), .dictionary(let right)):
      return left.keys.count == right.keys.count
        && left.entries.allSatisfy { entry in
          TemplateKey(entry.key).flatMap { right[$0] }.map { $0.isEqual(to: entry.value) } ?? false
        }
    default: return false
    }
  }

  private static func areEqual(_ left: [TemplateValue], _ right: [TemplateValue]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
  }

  /// Negative, zero or positive as left stands before, with or behind right; nil where Python knows no order.
  func order(against other: TemplateValue) -> Int? {
    if let left = number, let right = other.number { return left < right ? -1 : (left > right ? 1 : 0) }
    switch (self, other) {
    case (.string(let left), .string(let right)):
      let (left, right) = (left.unicodeScalars, right.unicodeScalars)
      return left.lexicographicallyPrecedes(right) ? -1 : (right.lexicographicallyPrecedes(left) ? 1 : 0)
    case (.list(let left), .list(let right)): return Self.order(left.items, right.items)
    case (.tuple(let left), .tuple(let right)): return Self.order(left, right)
    default: return nil
    }
  }

  private static func order(_ left: [TemplateValue], _ right: [TemplateValue]) -> Int? {
    for (one, other) in zip(left, right) where !one.isEqual(to: other) { return one.order(against: other) }
    return left.count - right.count
  }

  /// The items a `for` walks over; nil for what cannot be walked over. A dictionary gives its keys, a string its characters.
  var sequence: [TemplateValue]? {
    switch self {
    case .list(let list): list.items
    case .tuple(let items): items
    case .dictionary(let dictionary): dictionary.keys
    case .string(let text): text.unicodeScalars.map { .string(String($0)) }
    default: nil
    }
  }

  /// The number of items, or of characters.
  var count: Int? {
    switch self {
    case .string(let text): text.unicodeScalars.count
    default: sequence?.count
    }
  }
}
