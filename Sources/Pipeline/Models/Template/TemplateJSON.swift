/// Template values as JSON, with Python's spacing, for the `tojson` filter and function.
enum TemplateJSON {
  static func text(_ value: TemplateValue) throws -> String {
    switch value {
    case .none: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer, .float: value.text
    case .string(let text): JSONText.quoted(text)
    case .relation(let relation): JSONText.quoted(relation.description)
    case .list(let list): "[" + (try list.items.map(text)).joined(separator: ", ") + "]"
    case .tuple(let items): "[" + (try items.map(text)).joined(separator: ", ") + "]"
    case .dictionary(let dictionary):
      "{"
        + (try dictionary.entries.map { JSONText.quoted($0.key.text) + ": " + (try text($0.value)) })
        .joined(separator: ", ") + "}"
    case .undefined, .function:
      throw TemplateFilters.Refusal("\(value.typeName) has no form in JSON")
    }
  }
}
