/// A value of a configuration, out of YAML or out of `config(...)` in a model.
public indirect enum ConfigurationValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([ConfigurationValue])
  case map([Entry])

  /// A member of a map, which keeps the order of its text.
  public struct Entry: Sendable, Hashable {
    public let key: String
    public let value: ConfigurationValue

    public init(_ key: String, _ value: ConfigurationValue) {
      self.key = key
      self.value = value
    }
  }

  /// The member of that name; nil for other values and where there is none.
  public subscript(key: String) -> ConfigurationValue? {
    guard case .map(let entries) = self else { return nil }
    return entries.last { $0.key == key }?.value
  }

  var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  var boolean: Bool? {
    if case .boolean(let flag) = self { return flag }
    return nil
  }

  /// The texts of a list, or the one text that stands in for a list of one.
  var strings: [String]? {
    switch self {
    case .string(let text): [text]
    case .list(let items):
      items.allSatisfy { $0.string != nil } ? items.compactMap(\.string) : nil
    default: nil
    }
  }
}

extension ConfigurationValue {
  /// The value as a template sees it.
  var templateValue: TemplateValue {
    switch self {
    case .null: TemplateValue.none
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .float(number)
    case .string(let text): .string(text)
    case .list(let items): .list(TemplateList(items.map(\.templateValue)))
    case .map(let entries): .dictionary(TemplateDictionary(entries.map { ($0.key, $0.value.templateValue) }))
    }
  }

  /// The value a template holds; nil for what has no place in a configuration, such as a function.
  init?(_ value: TemplateValue) {
    switch value {
    case .undefined, .function: return nil
    case .none: self = .null
    case .boolean(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .float(let number): self = .number(number)
    case .string(let text): self = .string(text)
    case .relation(let relation): self = .string(relation.description)
    case .list, .tuple:
      let items = (value.sequence ?? []).map { ConfigurationValue($0) }
      guard items.allSatisfy({ $0 != nil }) else { return nil }
      self = .list(items.compactMap { $0 })
    case .dictionary(let dictionary):
      let entries = dictionary.entries.map { (key: $0.key.text, value: ConfigurationValue($0.value)) }
      guard entries.allSatisfy({ $0.value != nil }) else { return nil }
      self = .map(entries.compactMap { entry in entry.value.map { Entry(entry.key, $0) } })
    }
  }

  var json: JSONText {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .string(let text): .string(text)
    case .list(let items): .array(items.map(\.json))
    case .map(let entries): .object(entries.map { ($0.key, $0.value.json) })
    }
  }
}
