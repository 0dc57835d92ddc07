/// Filters that apply another filter or test to every item.
extension TemplateEvaluator {
  func sequenceFilter(
    _ name: String, _ value: TemplateValue, _ call: TemplateCall, at offset: Int
  ) throws -> TemplateValue {
    let items = try TemplateFilters.sequence(value, name)
    let isByAttribute = name == "selectattr" || name == "rejectattr"
    func rest(_ count: Int) -> TemplateCall {
      TemplateCall(positional: Array(call.positional.dropFirst(count)))
    }
    switch name {
    case "groupby":
      guard let attribute = call.argument(0, "attribute") else {
        throw TemplateFilters.Refusal("`groupby` needs an attribute")
      }
      let sorted = try TemplateFilters.apply("sort", value, TemplateCall(named: [("attribute", attribute)]))
      var groups: [(TemplateValue, [TemplateValue])] = []
      for item in sorted?.sequence ?? [] {
        let key = TemplateFilters.item(of: item, attribute)
        if let last = groups.last, last.0.isEqual(to: key) {
          groups[groups.count - 1].1.append(item)
        } else {
          groups.append((key, [item]))
        }
      }
      return .list(TemplateList(groups.map { .tuple([$0.0, .list(TemplateList($0.1))]) }))
    case "map":
      if let attribute = call.named.first(where: { $0.name == "attribute" })?.value {
        let fallback = call.named.first { $0.name == "default" }?.value
        return .list(
          TemplateList(
            items.map { item in
              let found = TemplateFilters.item(of: item, attribute)
              if case .undefined = found { return fallback ?? found }
              return found
            }))
      }
      guard case .string(let filterName)? = call.positional.first else {
        throw TemplateFilters.Refusal("`map` needs a filter's name or `attribute=`")
      }
      return .list(TemplateList(try items.map { try filter(filterName, $0, rest(1), at: offset) }))
    default:
      let position = isByAttribute ? 1 : 0
      let test = call.positional.count > position ? call.positional[position].text : nil
      let attribute = isByAttribute ? call.positional.first : nil
      let kept = try items.filter { item in
        let subject = attribute.map { TemplateFilters.item(of: item, $0) } ?? item
        guard let test else { return subject.isTrue == name.hasPrefix("select") }
        guard let answer = try TemplateFilters.test(test, subject, rest(position + 1)) else {
          throw TemplateFilters.Refusal("the test `\(test)` is not supported", code: .unsupported)
        }
        return answer == name.hasPrefix("select")
      }
      return .list(TemplateList(kept))
    }
  }
}
