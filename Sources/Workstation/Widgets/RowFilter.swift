import Languages
import Pipeline

/// Why a filter cannot be read: one line for people.
struct FilterError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Code: String, Sendable, Hashable {
    case unknownColumn, ambiguousColumn, notANumber, notATime, badPattern
  }

  let code: Code
  let description: String
}

/// The conditions of a filter line; all must hold.
///
/// `text` any column holds it, `column:text` that column does, `column=text` it is equal, `column>1`, `>=`, `<`,
/// `<=` compare numbers, and days and moments in the analyst's zone (`2026-12-31`, `2026-12-31T18:00`), `column=null`
/// tests for NULL, `/pattern/` and `column:/pattern/` are regular expressions, `!` before a condition or its value
/// turns it round, and double quotes hold spaces together. Texts are found as the screen shows them, too.
struct RowFilter: Sendable, Hashable {
  struct Condition: Sendable, Hashable {
    /// Nil: any column.
    let column: String?
    let comparison: CustomerListFilter.Comparison
    let value: Value
  }

  let text: String
  let conditions: [Condition]
  private let language: Language
  private let patterns: [RegularExpression?]

  /// Reads a filter line over these columns, which are shown by `shown`.
  init(_ text: String, columns: [Column], shown: ValueText) throws(FilterError) {
    var conditions: [Condition] = []
    for word in Self.words(text) { conditions += try Self.conditions(word, columns: columns, shown) }
    self.text = text
    self.conditions = conditions
    language = shown.language
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
        let wanted = condition.value.searchText.lowercased()
        let holds = zip(columns, row).contains { column, value in
          texts(of: value, in: column.name).contains { text in
            pattern.map { $0.matches(text) } ?? text.lowercased().holds(wanted)
          }
        }
        return holds != isNegated
      }
      guard let index = columns.firstIndex(where: { $0.name == name }) else { return true }
      return holds(condition, pattern, row[index], of: columns[index])
    }
  }

  /// The text of a value, and the one that stands for it where the analyst's language has a word.
  private func texts(of value: Value, in column: String) -> [String] {
    guard case .text(let word) = value, language.hasWords(in: column) else { return [value.searchText] }
    return [word, language.word(word, in: column)]
  }

  private func holds(
    _ condition: Condition, _ pattern: RegularExpression?, _ value: Value, of column: ValueColumn
  ) -> Bool {
    let texts = texts(of: value, in: column.name)
    let wanted = condition.value.searchText.lowercased()
    func isHeld() -> Bool { texts.contains { $0.lowercased().holds(wanted) } }
    func isMatched() -> Bool { texts.contains { pattern?.matches($0) == true } }
    func compare(_ test: (Double, Double) -> Bool) -> Bool {
      let isTime = column.kind == .timestamp
      guard let left = isTime ? value.secondsSince1970 : value.number,
        let right = isTime ? condition.value.secondsSince1970 : condition.value.number
      else { return false }
      return test(left, right)
    }
    func isEqual() -> Bool {
      if condition.value == .null || value == .null { return condition.value == value }
      if let left = value.number, let right = condition.value.number { return left == right }
      return texts.contains { $0.lowercased() == wanted }
    }
    switch condition.comparison {
    case .equals: return isEqual()
    case .notEquals: return !isEqual()
    case .contains: return value != .null && isHeld()
    case .notContains: return value == .null || !isHeld()
    case .matches: return value != .null && isMatched()
    case .notMatches: return value == .null || !isMatched()
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

  private static func conditions(
    _ word: String, columns: [Column], _ shown: ValueText
  ) throws(FilterError) -> [Condition] {
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
      let isNegated = isNegated != isInverse
      if column.kind == .timestamp,
        let bounds = try timeBounds(column, sign, String(operand), isNegated: isNegated, in: shown.zone)
      {
        return bounds
      }
      let value = shown.language.source(ofWord: String(operand), in: column.name)
      return [try condition(column, sign, value, isNegated: isNegated)]
    }
    return [try condition(nil, ":", String(rest), isNegated: isNegated)]
  }

  /// The bounds of a condition on a time: of a day both its ends count. Nil: it is one like any other column's.
  private static func timeBounds(
    _ column: Column, _ sign: String, _ operand: String, isNegated: Bool, in zone: DisplayZone
  ) throws(FilterError) -> [Condition]? {
    let isComparison = sign != ":" && sign != "="
    guard let span = CivilTime.span(of: operand, in: zone) else {
      guard isComparison else { return nil }
      throw FilterError(
        code: .notATime,
        description: "\(operand.isEmpty ? "nothing" : operand) after \(sign) is no time; "
          + "write 2026-12-31 or 2026-12-31T18:00")
    }
    func bound(_ comparison: CustomerListFilter.Comparison, _ seconds: Double) -> Condition {
      let moment = CivilTime(secondsSince1970: seconds)
      return Condition(
        column: column.name, comparison: comparison,
        value: .text("\(moment.date)T\(moment.clockWithSeconds)Z"))
    }
    switch (sign, isNegated) {
    case (">", false), ("<=", true): return [bound(.atLeast, span.end)]
    case ("<", false), (">=", true): return [bound(.below, span.start)]
    case (">=", false), ("<", true): return [bound(.atLeast, span.start)]
    case ("<=", false), (">", true): return [bound(.below, span.end)]
    case (_, false): return [bound(.atLeast, span.start), bound(.below, span.end)]
    default:
      throw FilterError(
        code: .notATime,
        description: "a time cannot be turned round; write \(column.name)< or \(column.name)>")
    }
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
