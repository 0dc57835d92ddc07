/// Jinja's filters and tests, and the methods Python's values have in templates. All pure.
enum TemplateFilters {
  /// Something a filter refuses, without a position; the evaluator adds where.
  struct Refusal: Error {
    let code: ModelError.Code
    let message: String

    init(_ message: String, code: ModelError.Code = .evaluation) {
      self.code = code
      self.message = message
    }
  }

  /// Filters that need no evaluator of their own; nil where the name is none of them.
  static func apply(_ name: String, _ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue? {
    switch name {
    case "upper", "lower", "capitalize", "title", "trim", "replace", "string", "e", "escape", "safe",
      "indent",
      "wordcount", "center", "truncate":
      return try text(name, value, call)
    case "length", "count":
      guard let count = value.count else {
        throw Refusal("`\(name)` needs a sequence, not \(value.typeName)")
      }
      return .integer(count)
    case "default", "d":
      let replacement = call.argument(0, "default_value") ?? .string("")
      if case .undefined = value { return replacement }
      return call.argument(1, "boolean")?.isTrue == true && !value.isTrue ? replacement : value
    case "int":
      return .integer(wholeNumber(of: value) ?? call.argument(0, "default")?.wholeNumber ?? 0)
    case "float":
      let parsed: Double? = if case .string(let text) = value { Double(trimmed(text)) } else { value.number }
      return .float(parsed ?? call.argument(0, "default")?.number ?? 0)
    case "abs":
      if let number = value.wholeNumber {
        guard number != .min else { throw Refusal("`abs` is out of range") }
        return .integer(abs(number))
      }
      guard let number = value.number else { throw Refusal("`abs` needs a number, not \(value.typeName)") }
      return .float(abs(number))
    case "round": return try round(value, call)
    case "list":
      return .list(TemplateList(try sequence(value, name)))
    case "first":
      return try sequence(value, name).first ?? .undefined("first")
    case "last":
      return try sequence(value, name).last ?? .undefined("last")
    case "reverse":
      if case .string(let text) = value {
        return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
      }
      return .list(TemplateList(try sequence(value, name).reversed()))
    case "join":
      let separator = call.argument(0, "d")?.text ?? ""
      let items = try sequence(value, name)
      guard let attribute = call.argument(1, "attribute") else {
        return .string(items.map(\.text).joined(separator: separator))
      }
      return .string(items.map { item(of: $0, attribute).text }.joined(separator: separator))
    case "sort": return try sort(value, call)
    case "unique": return try unique(value, call)
    case "sum":
      var total = call.argument(1, "start") ?? .integer(0)
      for value in try sequence(value, name) {
        let addend = call.argument(0, "attribute").map { item(of: value, $0) } ?? value
        total = try TemplateArithmetic.apply(.add, total, addend)
      }
      return total
    case "min", "max":
      let items = try sequence(value, name)
      guard var best = items.first else { return .undefined(name) }
      let isCaseSensitive = call.argument(0, "case_sensitive")?.isTrue == true
      func key(_ value: TemplateValue) -> TemplateValue { isCaseSensitive ? value : foldedCase(value) }
      for item in items.dropFirst() {
        guard let order = key(item).order(against: key(best)) else {
          throw Refusal("`\(name)` of values without an order")
        }
        if name == "min" ? order < 0 : order > 0 { best = item }
      }
      return best
    case "batch": return try batch(value, call)
    case "items":
      guard case .dictionary = value else {
        throw Refusal("`items` needs a dictionary, not \(value.typeName)")
      }
      return try method("items", of: value, TemplateCall())
    case "dictsort":
      guard case .dictionary(let dictionary) = value else {
        throw Refusal("`dictsort` needs a dictionary, not \(value.typeName)")
      }
      let isByValue = call.argument(1, "by")?.text == "value"
      let pairs = try sorted(dictionary.entries) { isByValue ? foldedCase($0.value) : foldedCase($0.key) }
      let ordered = call.argument(2, "reverse")?.isTrue == true ? pairs.reversed() : pairs
      return .list(TemplateList(ordered.map { .tuple([$0.key, $0.value]) }))
    case "tojson": return .string(try TemplateJSON.text(value))
    case "attr":
      guard let attribute = call.argument(0, "name") else { throw Refusal("`attr` needs a name") }
      return item(of: value, attribute)
    case "as_bool", "as_native", "as_number", "as_text": return value
    default: return nil
    }
  }

  /// An item by attribute name, index or key; undefined where there is none.
  static func item(of value: TemplateValue, _ key: TemplateValue) -> TemplateValue {
    var result = value
    let path: [TemplateValue]
    if case .string(let text) = key, text.contains(".") {
      path = text.split(separator: ".").map { Int($0).map { .integer($0) } ?? .string(String($0)) }
    } else {
      path = [key]
    }
    for step in path {
      switch (result, step) {
      case (.dictionary(let dictionary), _):
        result = TemplateKey(step).flatMap { dictionary[$0] } ?? .undefined(step.text)
      case (.relation(let relation), .string(let name)):
        result = attribute(name, of: relation) ?? .undefined(name)
      default:
        guard let items = result.sequence, let position = step.wholeNumber else {
          return .undefined(step.text)
        }
        let index = position < 0 ? items.count + position : position
        result = items.indices.contains(index) ? items[index] : .undefined(step.text)
      }
    }
    return result
  }

  static func attribute(_ name: String, of relation: Relation) -> TemplateValue? {
    switch name {
    case "database": .string(relation.database)
    case "schema": .string(relation.schema)
    case "identifier", "name", "table": .string(relation.identifier)
    default: nil
    }
  }

  static func sequence(_ value: TemplateValue, _ name: String) throws -> [TemplateValue] {
    guard let items = value.sequence else {
      throw Refusal("`\(name)` needs a sequence, not \(value.typeName)")
    }
    return items
  }

  static func trimmed(_ text: String) -> String {
    guard let start = text.firstIndex(where: { !$0.isWhitespace }),
      let end = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[start...end])
  }

  private static func wholeNumber(of value: TemplateValue) -> Int? {
    switch value {
    case .string(let text):
      let text = trimmed(text)
      return Int(text) ?? Double(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }
    case .float(let number): return Int(exactly: number.rounded(.towardZero))
    default: return value.wholeNumber
    }
  }

  private static func round(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    guard let number = value.number else { throw Refusal("`round` needs a number, not \(value.typeName)") }
    let precision = call.argument(0, "precision")?.wholeNumber ?? 0
    let method = call.argument(1, "method")?.text ?? "common"
    // Python rounds an integer to an integer.
    if method == "common", precision >= 0, let whole = value.wholeNumber { return .integer(whole) }
    guard (-300...300).contains(precision) else {
      throw Refusal("`round` takes a precision from -300 to 300")
    }
    var scale = 1.0
    for _ in 0..<abs(precision) { scale *= 10 }
    if precision < 0 { scale = 1 / scale }
    switch method {
    case "common": return .float((number * scale).rounded(.toNearestOrEven) / scale)
    case "ceil": return .float((number * scale).rounded(.up) / scale)
    case "floor": return .float((number * scale).rounded(.down) / scale)
    default: throw Refusal("`round` knows the methods common, ceil and floor")
    }
  }

  private static func foldedCase(_ value: TemplateValue) -> TemplateValue {
    if case .string(let text) = value { return .string(text.lowercased()) }
    return value
  }

  private static func sorted<Item>(_ items: [Item], by key: (Item) -> TemplateValue) throws -> [Item] {
    let keyed = items.enumerated().map { ($0.offset, key($0.element), $0.element) }
    return try keyed.sorted { left, right in
      guard let order = left.1.order(against: right.1) else {
        throw Refusal("values of different types have no order")
      }
      return order == 0 ? left.0 < right.0 : order < 0
    }.map(\.2)
  }

  private static func sort(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    let isCaseSensitive = call.argument(1, "case_sensitive")?.isTrue == true
    let attribute = call.argument(2, "attribute")
    let ordered = try sorted(sequence(value, "sort")) { value in
      let key = attribute.map { item(of: value, $0) } ?? value
      return isCaseSensitive ? key : foldedCase(key)
    }
    // Python's reverse sort keeps equal items in their order, so it is not a plain reversal.
    guard call.argument(0, "reverse")?.isTrue == true else { return .list(TemplateList(ordered)) }
    var reversed: [TemplateValue] = []
    var group: [TemplateValue] = []
    func key(_ value: TemplateValue) -> TemplateValue {
      let key = attribute.map { item(of: value, $0) } ?? value
      return isCaseSensitive ? key : foldedCase(key)
    }
    for item in ordered.reversed() {
      if let last = group.last, !key(last).isEqual(to: key(item)) {
        reversed += group.reversed()
        group = []
      }
      group.append(item)
    }
    return .list(TemplateList(reversed + group.reversed()))
  }

  private static func unique(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    let isCaseSensitive = call.argument(0, "case_sensitive")?.isTrue == true
    let attribute = call.argument(1, "attribute")
    var seen: Set<TemplateKey> = []
    let kept = try sequence(value, "unique").filter { value in
      let raw = attribute.map { item(of: value, $0) } ?? value
      guard let key = TemplateKey(isCaseSensitive ? raw : foldedCase(raw)) else {
        throw Refusal("`unique` needs values that can be compared, not \(raw.typeName)")
      }
      return seen.insert(key).inserted
    }
    return .list(TemplateList(kept))
  }

  private static func batch(_ value: TemplateValue, _ call: TemplateCall) throws -> TemplateValue {
    guard let size = call.argument(0, "linecount")?.wholeNumber, size > 0 else {
      throw Refusal("`batch` needs a size of at least 1")
    }
    let items = try sequence(value, "batch")
    var rows: [TemplateValue] = []
    for start in stride(from: 0, to: items.count, by: size) {
      var row = Array(items[start..<min(start + size, items.count)])
      if let filler = call.argument(1, "fill_with") {
        while row.count < size { row.append(filler) }
      }
      rows.append(.list(TemplateList(row)))
    }
    return .list(TemplateList(rows))
  }

  private static func text(_ name: String, _ value: TemplateValue, _ call: TemplateCall) throws
    -> TemplateValue
  {
    let text = value.text
    switch name {
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "capitalize": return .string(capitalized(text))
    case "title":
      return .string(title(text))
    case "trim": return try method("strip", of: .string(text), call) ?? .string(text)
    case "replace":
      return try method("replace", of: .string(text), call) ?? .string(text)
    case "string", "safe": return .string(text)
    case "indent":
      let width: String =
        if case .string(let filler)? = call.argument(0, "width") { filler } else {
          String(repeating: " ", count: min(max(call.argument(0, "width")?.wholeNumber ?? 4, 0), 1_000))
        }
      let isFirst = call.argument(1, "first")?.isTrue == true
      let isBlank = call.argument(2, "blank")?.isTrue == true
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
        index, line in
        (index == 0 && !isFirst) || (line.isEmpty && !isBlank && index > 0) ? String(line) : width + line
      }
      return .string(lines.joined(separator: "\n"))
    case "wordcount": return .integer(text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.count)
    default: throw Refusal("the filter `\(name)` is not supported", code: .unsupported)
    }
  }

  static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst().lowercased()
  }

  private static func title(_ text: String) -> String {
    var result = ""
    var isStart = true
    for character in text {
      result += isStart ? character.uppercased() : character.lowercased()
      isStart = character.isWhitespace || "-({[<".contains(character)
    }
    return result
  }
}
