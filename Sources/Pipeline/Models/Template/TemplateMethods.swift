extension TemplateFilters {
  /// Calls a method of a string, list or dictionary as Python has it; nil where the value has no such method.
  static func method(_ name: String, of value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue? {
    switch value {
    case .string(let text): try stringMethod(name, text, call)
    case .list(let list): try listMethod(name, list, call)
    case .dictionary(let dictionary): try dictionaryMethod(name, dictionary, call)
    case .relation(let relation): relationMethod(name, relation, call)
    default: nil
    }
  }

  private static func string(_ call: TemplateCall, _ position: Int, _ name: String) throws -> String {
    guard case .string(let text)? = call.argument(position, name) else {
      throw Refusal("a string argument expected")
    }
    return text
  }

  private static func stringMethod(_ name: String, _ text: String, _ call: TemplateCall) throws
    -> TemplateValue?
  {
    switch name {
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "capitalize": return .string(capitalized(text))
    case "title": return try apply("title", .string(text), call)
    case "strip", "lstrip", "rstrip":
      let characters: Set<Character>? =
        if case .string(let set)? = call.argument(0, "chars") { Set(set) } else { nil }
      func isStripped(_ character: Character) -> Bool {
        characters?.contains(character) ?? character.isWhitespace
      }
      var kept = Substring(text)
      if name != "rstrip" { kept = kept.drop(while: isStripped) }
      if name != "lstrip" { while let last = kept.last, isStripped(last) { kept.removeLast() } }
      return .string(String(kept))
    case "startswith": return .boolean(text.hasPrefix(try string(call, 0, "prefix")))
    case "endswith": return .boolean(text.hasSuffix(try string(call, 0, "suffix")))
    case "replace":
      let old = try string(call, 0, "old")
      let new = try string(call, 1, "new")
      let limit = call.argument(2, "count")?.wholeNumber ?? .max
      guard !old.isEmpty else { throw Refusal("`replace` of an empty text") }
      return .string(text.replacing(old, with: new, maxReplacements: limit < 0 ? .max : limit))
    case "split":
      let limit = call.argument(1, "maxsplit")?.wholeNumber ?? -1
      let parts: [Substring]
      if case .string(let separator)? = call.argument(0, "sep") {
        guard !separator.isEmpty else { throw Refusal("`split` at an empty text") }
        parts = text.split(
          separator: separator, maxSplits: limit < 0 ? .max : limit, omittingEmptySubsequences: false)
      } else {
        parts = text.split(maxSplits: limit < 0 ? .max : limit, whereSeparator: \.isWhitespace)
      }
      return .list(TemplateList(parts.map { .string(String($0)) }))
    case "splitlines":
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      if lines.last?.isEmpty == true { lines.removeLast() }
      return .list(TemplateList(lines.map { .string(String($0)) }))
    case "join":
      guard let items = call.argument(0, "iterable")?.sequence else {
        throw Refusal("`join` needs a sequence")
      }
      let texts = try items.map { item in
        guard case .string(let text) = item else {
          throw Refusal("`join` of \(item.typeName) where strings belong")
        }
        return text
      }
      return .string(texts.joined(separator: text))
    case "count":
      let wanted = try string(call, 0, "sub")
      return .integer(wanted.isEmpty ? text.unicodeScalars.count + 1 : text.ranges(of: wanted).count)
    case "find", "index":
      guard let range = text.firstRange(of: try string(call, 0, "sub")) else {
        if name == "index" { throw Refusal("`index` finds nothing") }
        return .integer(-1)
      }
      return .integer(text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound))
    case "isdigit": return .boolean(!text.isEmpty && text.allSatisfy(\.isWholeNumber))
    case "isalpha": return .boolean(!text.isEmpty && text.allSatisfy(\.isLetter))
    case "isalnum": return .boolean(!text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber })
    case "isupper": return .boolean(text.contains(where: \.isCased) && text == text.uppercased())
    case "islower": return .boolean(text.contains(where: \.isCased) && text == text.lowercased())
    case "zfill":
      guard let width = call.argument(0, "width")?.wholeNumber, width <= 10_000 else {
        throw Refusal("`zfill` needs a width of at most 10000")
      }
      let padding = String(repeating: "0", count: max(0, width - text.count))
      let hasSign = text.hasPrefix("-") || text.hasPrefix("+")
      return .string(hasSign ? text.prefix(1) + padding + text.dropFirst() : padding + text)
    case "format": return .string(try formatted(text, call))
    default: return nil
    }
  }

  /// `'{} {0} {name}'.format(...)` without format specifications.
  private static func formatted(_ text: String, _ call: TemplateCall) throws -> String {
    var result = ""
    var next = 0
    var rest = Substring(text)
    while let character = rest.first {
      if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
        result.append(character)
        rest = rest.dropFirst(2)
      } else if character == "{" {
        guard let close = rest.firstIndex(of: "}") else { throw Refusal("`format` with an open brace") }
        let field = String(rest[rest.index(after: rest.startIndex)..<close])
        rest = rest[rest.index(after: close)...]
        let value: TemplateValue?
        if field.isEmpty {
          value = next < call.positional.count ? call.positional[next] : nil
          next += 1
        } else if let position = Int(field) {
          value = call.positional.indices.contains(position) ? call.positional[position] : nil
        } else {
          guard field.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
            throw Refusal("a format specification inside `format` is not supported", code: .unsupported)
          }
          value = call.named.first { $0.name == field }?.value
        }
        guard let value else { throw Refusal("`format` has no argument for `{\(field)}`") }
        result += value.text
      } else {
        result.append(character)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func listMethod(_ name: String, _ list: TemplateList, _ call: TemplateCall) throws
    -> TemplateValue?
  {
    func argument() throws -> TemplateValue {
      guard let value = call.positional.first else { throw Refusal("`\(name)` needs an argument") }
      return value
    }
    switch name {
    case "append": list.items.append(try argument())
    case "extend": list.items += try sequence(argument(), name)
    case "insert":
      guard let index = try argument().wholeNumber, call.positional.count == 2 else {
        throw Refusal("`insert` needs an index and a value")
      }
      let position = index < 0 ? max(0, list.items.count + index) : min(index, list.items.count)
      list.items.insert(call.positional[1], at: position)
    case "pop":
      let index = call.positional.first?.wholeNumber ?? -1
      let position = index < 0 ? list.items.count + index : index
      guard list.items.indices.contains(position) else { throw Refusal("`pop` finds no item") }
      return list.items.remove(at: position)
    case "remove":
      let wanted = try argument()
      guard let position = list.items.firstIndex(where: { $0.isEqual(to: wanted) }) else {
        throw Refusal("`remove` finds no such item")
      }
      list.items.remove(at: position)
    case "index":
      let wanted = try argument()
      guard let position = list.items.firstIndex(where: { $0.isEqual(to: wanted) }) else {
        throw Refusal("`index` finds no such item")
      }
      return .integer(position)
    case "count":
      let wanted = try argument()
      return .integer(list.items.count { $0.isEqual(to: wanted) })
    case "reverse": list.items.reverse()
    case "clear": list.items = []
    case "copy": return .list(TemplateList(list.items))
    case "sort":
      guard
        case .list(let sorted) = try apply(
          "sort", .list(list),
          TemplateCall(
            named: call.named.filter { $0.name == "reverse" } + [("case_sensitive", .boolean(true))]))
      else { return TemplateValue.none }
      list.items = sorted.items
    default: return nil
    }
    return TemplateValue.none
  }

  private static func dictionaryMethod(
    _ name: String, _ dictionary: TemplateDictionary, _ call: TemplateCall
  ) throws -> TemplateValue? {
    func key() throws -> TemplateKey {
      guard let value = call.positional.first, let key = TemplateKey(value) else {
        throw Refusal("`\(name)` needs a key")
      }
      return key
    }
    func fallback() -> TemplateValue? { call.argument(1, "default") }
    switch name {
    case "get": return dictionary[try key()] ?? fallback() ?? TemplateValue.none
    case "keys": return .list(TemplateList(dictionary.keys))
    case "values": return .list(TemplateList(dictionary.entries.map(\.value)))
    case "items": return .list(TemplateList(dictionary.entries.map { .tuple([$0.key, $0.value]) }))
    case "update":
      var entries = call.named.map { (key: TemplateValue.string($0.name), value: $0.value) }
      if case .dictionary(let other)? = call.positional.first { entries = other.entries + entries }
      for entry in entries { if let key = TemplateKey(entry.key) { dictionary[key] = entry.value } }
      return TemplateValue.none
    case "pop":
      let key = try key()
      guard let value = dictionary[key] ?? fallback() else { throw Refusal("`pop` finds no such key") }
      dictionary[key] = nil
      return value
    case "setdefault":
      let key = try key()
      if let value = dictionary[key] { return value }
      dictionary[key] = fallback() ?? TemplateValue.none
      return dictionary[key]
    case "copy":
      let copy = TemplateDictionary()
      for entry in dictionary.entries { if let key = TemplateKey(entry.key) { copy[key] = entry.value } }
      return .dictionary(copy)
    default: return nil
    }
  }

  private static func relationMethod(
    _ name: String, _ relation: Relation, _ call: TemplateCall
  ) -> TemplateValue? {
    switch name {
    case "render": .string(relation.description)
    default: nil
    }
  }

  // MARK: - `is` tests

  /// The answer of `value is name(arguments)`; nil where the language has no such test.
  static func test(_ name: String, _ value: TemplateValue, _ call: TemplateCall) throws -> Bool? {
    func wholeNumber(_ value: TemplateValue?) throws -> Int {
      guard let number = value?.wholeNumber else { throw Refusal("`is \(name)` needs an integer") }
      return number
    }
    switch name {
    case "defined": if case .undefined = value { return false } else { return true }
    case "undefined": if case .undefined = value { return true } else { return false }
    case "none": if case .none = value { return true } else { return false }
    case "true": if case .boolean(true) = value { return true } else { return false }
    case "false": if case .boolean(false) = value { return true } else { return false }
    case "boolean": if case .boolean = value { return true } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .float = value { return true } else { return false }
    case "number": return value.number != nil
    case "string": if case .string = value { return true } else { return false }
    case "mapping": if case .dictionary = value { return true } else { return false }
    case "sequence", "iterable": return value.sequence != nil
    case "callable": if case .function = value { return true } else { return false }
    case "even": return try wholeNumber(value) % 2 == 0
    case "odd": return try wholeNumber(value) % 2 != 0
    case "divisibleby":
      let divisor = try wholeNumber(call.positional.first)
      guard divisor != 0 else { throw Refusal("`is divisibleby 0`") }
      return divisor == -1 ? true : try wholeNumber(value) % divisor == 0
    case "upper": return value.text.contains(where: \.isCased) && value.text == value.text.uppercased()
    case "lower": return value.text.contains(where: \.isCased) && value.text == value.text.lowercased()
    case "eq", "equalto", "sameas": return call.positional.first.map { value.isEqual(to: $0) }
    case "ne": return call.positional.first.map { !value.isEqual(to: $0) }
    case "lt", "lessthan", "le", "gt", "greaterthan", "ge":
      guard let other = call.positional.first, let order = value.order(against: other) else {
        throw Refusal("`is \(name)` between values without an order")
      }
      switch name {
      case "lt", "lessthan": return order < 0
      case "le": return order <= 0
      case "ge": return order >= 0
      default: return order > 0
      }
    case "in": return try call.positional.first.map { try TemplateArithmetic.contains($0, value) }
    default: return nil
    }
  }
}
