/// The arguments of a generic test as its macro gets them.
enum TestArguments {
  /// An argument with its template rendered: `to: ref('orders')` is an expression, other texts may hold `{{ }}`.
  static func value(
    _ argument: ConfigurationValue.Entry, at position: FilePosition, macros: MacroLibrary,
    lookup: @escaping TemplateEvaluator.Lookup
  ) throws -> TemplateValue {
    // A column's name is a text whatever it looks like.
    if argument.key == "column_name" { return argument.value.templateValue }
    return try value(argument.value, at: position, macros: macros, lookup: lookup)
  }

  private static func value(
    _ value: ConfigurationValue, at position: FilePosition, macros: MacroLibrary,
    lookup: @escaping TemplateEvaluator.Lookup
  ) throws -> TemplateValue {
    switch value {
    case .string(let text):
      let source: String
      if isCall(text) {
        source = "{{ \(text) }}"
      } else if text.contains("{{") || text.contains("{%") || text.contains("{#") {
        source = text
      } else {
        return .string(text)
      }
      do {
        let template = try TemplateParser.parse(file: position.file, text: source)
        return try TemplateEvaluator.value(of: template, macros: macros, lookup: lookup)
      } catch let error as ModelError {
        throw ModelError(error.code, error.message, at: position)
      }
    case .list(let items):
      return .list(
        TemplateList(try items.map { try self.value($0, at: position, macros: macros, lookup: lookup) }))
    case .map(let entries):
      let dictionary = TemplateDictionary()
      for entry in entries {
        dictionary[entry.key] = try self.value(entry.value, at: position, macros: macros, lookup: lookup)
      }
      return .dictionary(dictionary)
    default: return value.templateValue
    }
  }

  /// True for a text that is one call of a function dbt evaluates in arguments.
  private static func isCall(_ text: String) -> Bool {
    let trimmed = TemplateFilters.trimmed(text)
    guard trimmed.hasSuffix(")"), let open = trimmed.firstIndex(of: "(") else { return false }
    let name = TemplateFilters.trimmed(String(trimmed[..<open]))
    return ["ref", "source", "var", "env_var", "doc"].contains(name)
  }
}
