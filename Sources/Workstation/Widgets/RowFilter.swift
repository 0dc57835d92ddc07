import Pipeline

/// Why a filter cannot be read: one line for people.
struct FilterError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Code: String, Sendable, Hashable {
    case unknownColumn, ambiguousColumn, notANumber, badPattern
  }

  let code: Code
  let description: String
}

/// The conditions of a filter line; all must hold.
///
/// `text` any column holds it, `column:text` that column does, `column=text` it is equal, `column>1`, `>=`, `<`,
/// `<=` compare numbers, `column=null` tests for NULL, `/pattern/` and `column:/pattern/` are regular
/// expressions, `!` before a condition or its value turns it round, and double quotes hold spaces together.
struct RowFilter: Sendable, Hashable {
  struct Condition: Sendable, Hashable {
    /// Nil: any column.
    let column: String?
    let comparison: CustomerListFilter.Comparison
    let value: Value
  }

  let text: String
  let conditions: [Condition]
  private let patterns: [RegularExpression?]

  /// Reads a filter line over these columns.
  init(_ text: String, columns: [Column]) throws(FilterError) {
    var conditions: [Condition] = []
    for word in Self.words(text) { conditions.append(try Self.condition(word, columns: columns)) }
    try self.init(text: text, conditions: conditions)
  }

  private init(text: String, conditions: [Condition]) throws(FilterError) {
    self.text = text
    self.conditions = conditions
    var patterns: [RegularExpression?] = []
    for condition in conditions {
      let isPattern = condition.comparison == .matches || condition.comparison == .notMatches
      patterns.append(isPattern ? try RegularExpression(condition.value.searchText) : nil)
    }
    self.patterns = patterns
  }

  var isEmpty: Bool { conditions.isEmpty }

  /// Whether a row of a table with these columns passes.
  func accepts(_ row: [Value], of columns: [ValueColumn]) -> Bool {
    zip(conditions, patterns).allSatisfy { condition, pattern in
      guard let name = condition.column else {
        let isNegated = condition.comparison == .notContains || condition.comparison == .notMatches
        let holds = row.contains { value in
          pattern.map { $0.matches(value.searchText) }
            ?? value.searchText.lowercased().holds(condition.value.searchText.lowercased())
        }
        return holds != isNegated
      }
      guard let index = columns.firstIndex(where: { $0.name == name }) else { return true }
      return Self.holds(condition, pattern, row[index])
    }
  }

  private static func holds(_ condition: Condition, _ pattern: RegularExpression?, _ value: Value) -> Bool {
    let text = value.searchText.lowercased()
    let wanted = condition.value.searchText.lowercased()
    func compare(_ test: (Double, Double) -> Bool) -> Bool {
      guard let left = value.number, let right = condition.value.number else { return false }
      return test(left, right)
    }
    func isEqual() -> Bool {
      if condition.value == .null || value == .null { return condition.value == value }
      if let left = value.number, let right = condition.value.number { return left == right }
      return text == wanted
    }
    switch condition.comparison {
    case .equals: return isEqual()
    case .notEquals: return !isEqual()
    case .contains: return value != .null && text.holds(wanted)
    case .notContains: return value == .null || !text.holds(wanted)
    case .matches: return value != .null && pattern?.matches(value.searchText) == true
    case .notMatches: return value == .null || pattern?.matches(value.searchText) != true
    case .atLeast: return compare(>=)
    case .atMost: return compare(<=)
    case .above: return compare(>)
    case .below: return compare(<)
    case .isNull: return value == .null
    }
  }

  // MARK: Reading

  /// Splits at spaces outside of double quotes.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in text {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == " " && !isQuoted {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  private static func condition(_ word: String, columns: [Column]) throws(FilterError) -> Condition {
    var rest = Substring(word)
    let isNegated = rest.first == "!" && rest.count > 1
    if isNegated { rest = rest.dropFirst() }
    if rest.first != "/", let mark = rest.firstIndex(where: { ":=<>".contains($0) }), mark > rest.startIndex {
      var operand = rest[rest.index(after: mark)...]
      var sign = String(rest[mark])
      if operand.first == "=", sign == "<" || sign == ">" {
        sign += "="
        operand = operand.dropFirst()
      }
      // The exclamation mark stands before the column or before the value.
      let isInverse = operand.first == "!" && operand.count > 1 && (sign == ":" || sign == "=")
      if isInverse { operand = operand.dropFirst() }
      let column = try Self.column(String(rest[..<mark]), among: columns)
      return try condition(column, sign, String(operand), isNegated: isNegated != isInverse)
    }
    return try condition(nil, ":", String(rest), isNegated: isNegated)
  }

  private static func condition(
    _ column: Column?, _ sign: String, _ operand: String, isNegated: Bool
  ) throws(FilterError) -> Condition {
    let isPattern = operand.count > 2 && operand.hasPrefix("/") && operand.hasSuffix("/")
    func made(_ comparison: CustomerListFilter.Comparison, _ value: Value) -> Condition {
      Condition(column: column?.name, comparison: comparison, value: value)
    }
    switch sign {
    case ":" where isPattern:
      return made(isNegated ? .notMatches : .matches, .text(String(operand.dropFirst().dropLast())))
    case ":":
      return made(isNegated ? .notContains : .contains, .text(operand))
    case "=":
      if operand.lowercased() == "null" {
        return isNegated ? made(.notEquals, .null) : made(.isNull, .null)
      }
      let value = column?.kind == .number ? number(operand) ?? .text(operand) : .text(operand)
      return made(isNegated ? .notEquals : .equals, value)
    default:
      guard let bound = number(operand) else {
        throw FilterError(
          code: .notANumber,
          description: "\(operand.isEmpty ? "nothing" : operand) after \(sign) is no number")
      }
      switch (sign, isNegated) {
      case (">", false), ("<=", true): return made(.above, bound)
      case ("<", false), (">=", true): return made(.below, bound)
      case (">=", false), ("<", true): return made(.atLeast, bound)
      default: return made(.atMost, bound)
      }
    }
  }

  /// The column of that name or title, or the only one whose name or title holds it.
  static func column(_ name: String, among columns: [Column]) throws(FilterError) -> Column {
    let wanted = name.lowercased()
    if let exact = columns.first(where: { $0.name.lowercased() == wanted || $0.title.lowercased() == wanted })
    {
      return exact
    }
    let found = columns.filter {
      $0.name.lowercased().holds(wanted) || $0.title.lowercased().holds(wanted)
    }
    if found.count == 1, let only = found.first { return only }
    let names = (found.isEmpty ? columns : found).map(\.name).joined(separator: ", ")
    throw found.isEmpty
      ? FilterError(code: .unknownColumn, description: "there is no column \(name); columns are \(names)")
      : FilterError(code: .ambiguousColumn, description: "\(name) may be \(names)")
  }

  private static func number(_ text: String) -> Value? {
    if let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { return nil }
    return .number(number)
  }
}
