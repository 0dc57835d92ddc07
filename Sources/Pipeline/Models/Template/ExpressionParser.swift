/// Reads the words of one tag or output as Jinja's expression grammar.
struct ExpressionParser {
  private let source: TemplateSource
  private let tokens: [TemplateToken]
  private let endOffset: Int
  private var index = 0
  private var depth = 0

  init(source: TemplateSource, tokens: [TemplateToken], endOffset: Int) {
    self.source = source
    self.tokens = tokens
    self.endOffset = endOffset
  }

  // MARK: - Words

  private var kind: TemplateToken.Kind { index < tokens.count ? tokens[index].kind : .end }

  private var offset: Int {
    index < tokens.count ? tokens[index].offset : (tokens.last?.offset ?? endOffset)
  }

  private func failure(_ message: String) -> ModelError {
    source.error(.syntax, message, at: offset)
  }

  private var found: String {
    switch kind {
    case .name(let name): "`\(name)`"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "`\(symbol)`"
    case .end: "the end of the tag"
    }
  }

  func isAt(_ symbol: String) -> Bool { kind == .symbol(symbol) }

  private func isAtName(_ name: String) -> Bool { kind == .name(name) }

  mutating func accept(_ symbol: String) -> Bool {
    guard isAt(symbol) else { return false }
    index += 1
    return true
  }

  mutating func acceptName(_ name: String) -> Bool {
    guard isAtName(name) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ symbol: String) throws(ModelError) {
    guard accept(symbol) else { throw failure("`\(symbol)` expected, found \(found)") }
  }

  mutating func expectName(_ name: String) throws(ModelError) {
    guard acceptName(name) else { throw failure("`\(name)` expected, found \(found)") }
  }

  mutating func skipName() {
    if case .name = kind { index += 1 }
  }

  mutating func expectEnd() throws(ModelError) {
    guard index >= tokens.count else { throw failure("the end of the tag expected, found \(found)") }
  }

  mutating func name(_ what: String) throws(ModelError) -> String {
    guard case .name(let name) = kind else { throw failure("\(what) expected, found \(found)") }
    index += 1
    return name
  }

  // MARK: - Targets and parameters

  mutating func assignmentTarget() throws(ModelError) -> TemplateAssignment {
    var targets = [try singleTarget()]
    guard isAt(",") else { return targets[0] }
    while accept(",") {
      if isAtName("in") || isAt("=") || isAt(")") { break }
      targets.append(try singleTarget())
    }
    return .tuple(targets)
  }

  private mutating func singleTarget() throws(ModelError) -> TemplateAssignment {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateParser.maximumDepth else { throw failure("parentheses are nested too deep") }
    if accept("(") {
      let inner = try assignmentTarget()
      try expect(")")
      return inner
    }
    let first = try name("a name to assign to")
    return accept(".") ? .attribute(first, try name("an attribute")) : .name(first)
  }

  /// Parameters up to the closing parenthesis.
  mutating func parameters() throws(ModelError) -> [TemplateParameter] {
    var parameters: [TemplateParameter] = []
    while !accept(")") {
      if !parameters.isEmpty {
        try expect(",")
        if accept(")") { break }
      }
      let parameter = try name("a parameter's name")
      parameters.append(
        TemplateParameter(name: parameter, defaultValue: accept("=") ? try expression() : nil))
    }
    return parameters
  }

  // MARK: - Expressions, loosest first

  mutating func tupleOrExpression() throws(ModelError) -> TemplateExpression {
    try tuple(startingWith: try expression()) { parser throws(ModelError) in try parser.expression() }
  }

  /// The sequence of a `for`: a conditional there would take the `if` of the loop's own filter.
  mutating func tupleWithoutCondition() throws(ModelError) -> TemplateExpression {
    try tuple(startingWith: try disjunction()) { parser throws(ModelError) in try parser.disjunction() }
  }

  private mutating func tuple(
    startingWith first: TemplateExpression,
    next: (inout ExpressionParser) throws(ModelError) -> TemplateExpression
  ) throws(ModelError) -> TemplateExpression {
    guard isAt(",") else { return first }
    var items = [first]
    while accept(",") {
      if index >= tokens.count || isAt(")") || isAt("]") { break }
      items.append(try next(&self))
    }
    return .tuple(items)
  }

  mutating func expression() throws(ModelError) -> TemplateExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateParser.maximumDepth else { throw failure("an expression is nested too deep") }
    var value = try disjunction()
    while acceptName("if") {
      let condition = try disjunction()
      let otherwise = acceptName("else") ? try expression() : nil
      value = .conditional(value, condition: condition, otherwise: otherwise)
    }
    return value
  }

  private mutating func disjunction() throws(ModelError) -> TemplateExpression {
    var left = try conjunction()
    while isAtName("or") {
      let at = offset
      index += 1
      left = .binary(.or, left, try conjunction(), offset: at)
    }
    return left
  }

  private mutating func conjunction() throws(ModelError) -> TemplateExpression {
    var left = try negation()
    while isAtName("and") {
      let at = offset
      index += 1
      left = .binary(.and, left, try negation(), offset: at)
    }
    return left
  }

  private mutating func negation() throws(ModelError) -> TemplateExpression {
    var count = 0
    while acceptName("not") { count += 1 }
    var value = try comparison()
    // An even number of `not` still makes a boolean, so all of them count up to two.
    for _ in 0..<min(count, 2 - count % 2) { value = .not(value) }
    return value
  }

  private mutating func comparison() throws(ModelError) -> TemplateExpression {
    let start = offset
    let first = try sum()
    var rest: [(TemplateComparison, TemplateExpression)] = []
    while let comparison = acceptComparison() { rest.append((comparison, try sum())) }
    return rest.isEmpty ? first : .comparison(first, rest, offset: start)
  }

  private mutating func acceptComparison() -> TemplateComparison? {
    if case .symbol(let symbol) = kind {
      let comparison: TemplateComparison? =
        switch symbol {
        case "==": .equal
        case "!=": .notEqual
        case "<": .less
        case "<=": .lessOrEqual
        case ">": .greater
        case ">=": .greaterOrEqual
        default: nil
        }
      if comparison != nil { index += 1 }
      return comparison
    }
    if acceptName("in") { return .contained }
    if isAtName("not"), index + 1 < tokens.count, tokens[index + 1].kind == .name("in") {
      index += 2
      return .notContained
    }
    return nil
  }

  private mutating func sum() throws(ModelError) -> TemplateExpression {
    var left = try concatenation()
    while isAt("+") || isAt("-") {
      let at = offset
      let symbol: TemplateOperator = isAt("+") ? .add : .subtract
      index += 1
      left = .binary(symbol, left, try concatenation(), offset: at)
    }
    return left
  }

  private mutating func concatenation() throws(ModelError) -> TemplateExpression {
    var left = try product()
    while isAt("~") {
      let at = offset
      index += 1
      left = .binary(.concatenate, left, try product(), offset: at)
    }
    return left
  }

  private mutating func product() throws(ModelError) -> TemplateExpression {
    var left = try unary()
    while case .symbol(let symbol) = kind, ["*", "/", "//", "%"].contains(symbol),
      let operation = TemplateOperator(rawValue: symbol)
    {
      let at = offset
      index += 1
      left = .binary(operation, left, try unary(), offset: at)
    }
    return left
  }

  private mutating func unary() throws(ModelError) -> TemplateExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateParser.maximumDepth else { throw failure("an expression is nested too deep") }
    let at = offset
    // As in Jinja, a filter binds looser than a sign and looser than a power: `-1|abs` is 1.
    return try filtersAndTests(on: try signed(at))
  }

  private mutating func signed(_ at: Int) throws(ModelError) -> TemplateExpression {
    var isNegative = false
    while isAt("-") || isAt("+") {
      if isAt("-") { isNegative.toggle() }
      index += 1
    }
    let value = try power()
    return isNegative ? .negative(value, offset: at) : value
  }

  private mutating func power() throws(ModelError) -> TemplateExpression {
    let base = try postfix(on: try primary())
    guard isAt("**") else { return base }
    let at = offset
    index += 1
    return .binary(.power, base, try unary(), offset: at)
  }

  // MARK: - What follows a value

  private mutating func postfix(on start: TemplateExpression) throws(ModelError) -> TemplateExpression {
    var value = start
    while true {
      let at = offset
      if accept(".") {
        if case .integer(let number) = kind {
          index += 1
          value = .subscripted(value, .literal(.integer(number)), offset: at)
        } else {
          value = .attribute(value, try name("an attribute's name"), offset: at)
        }
      } else if accept("[") {
        value = try subscripted(value, at: at)
      } else if accept("(") {
        value = .call(value, try arguments(), offset: at)
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(
    _ value: TemplateExpression, at: Int
  ) throws(ModelError) -> TemplateExpression {
    let from = isAt(":") ? nil : try expression()
    guard isAt(":") else {
      try expect("]")
      return .subscripted(value, from ?? .literal(.none), offset: at)
    }
    index += 1
    let to = isAt(":") || isAt("]") ? nil : try expression()
    let step = accept(":") && !isAt("]") ? try expression() : nil
    try expect("]")
    return .slice(value, from: from, to: to, step: step, offset: at)
  }

  /// Arguments up to the closing parenthesis.
  private mutating func arguments() throws(ModelError) -> TemplateArguments {
    var arguments = TemplateArguments()
    var isFirst = true
    while !accept(")") {
      if !isFirst {
        try expect(",")
        if accept(")") { break }
      }
      isFirst = false
      if accept("**") {
        arguments.spreadNamed = try expression()
      } else if accept("*") {
        arguments.spread = try expression()
      } else if case .name(let name) = kind, index + 1 < tokens.count, tokens[index + 1].kind == .symbol("=")
      {
        index += 2
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else {
          throw failure("a positional argument stands behind a named one")
        }
        arguments.positional.append(try expression())
      }
    }
    return arguments
  }

  private mutating func filtersAndTests(
    on start: TemplateExpression
  ) throws(ModelError) -> TemplateExpression {
    var value = start
    while true {
      let at = offset
      if accept("|") {
        value = try filter(on: value, at: at)
      } else if acceptName("is") {
        let isNegated = acceptName("not")
        let test = try name("the name of a test")
        var testArguments = TemplateArguments()
        if accept("(") {
          testArguments = try arguments()
        } else if startsTestArgument {
          testArguments.positional = [try postfix(on: try primary())]
        }
        value = .test(value, test, testArguments, isNegated: isNegated, offset: at)
      } else {
        return value
      }
    }
  }

  /// True where a test's single argument stands without parentheses: `x is divisibleby 3`.
  private var startsTestArgument: Bool {
    switch kind {
    case .string, .integer, .float: true
    case .symbol(let symbol): symbol == "[" || symbol == "{"
    case .name(let name): !["and", "or", "else", "if", "is", "in", "not", "recursive"].contains(name)
    case .end: false
    }
  }

  private mutating func filter(
    on value: TemplateExpression, at: Int
  ) throws(ModelError) -> TemplateExpression {
    let filter = try name("a filter's name")
    return .filter(value, filter, accept("(") ? try arguments() : TemplateArguments(), offset: at)
  }

  /// `name|name(...)` of a filter block, or `|name|name` behind the name of a `set` block.
  mutating func filterChain(
    on start: TemplateExpression, isPiped: Bool = false
  ) throws(ModelError) -> TemplateExpression {
    let value = isPiped ? start : try filter(on: start, at: offset)
    return try filtersAndTests(on: value)
  }

  // MARK: - Primary values

  private mutating func primary() throws(ModelError) -> TemplateExpression {
    let at = offset
    switch kind {
    case .name(let name):
      index += 1
      switch name {
      case "true", "True": return .literal(.boolean(true))
      case "false", "False": return .literal(.boolean(false))
      case "none", "None": return .literal(.none)
      case "and", "or", "not", "in", "is", "if", "else", "elif":
        throw source.error(.syntax, "a value expected, found `\(name)`", at: at)
      default: return .name(name, offset: at)
      }
    case .string(var text):
      index += 1
      // Adjacent strings are one, as in Python.
      while case .string(let more) = kind {
        text += more
        index += 1
      }
      return .literal(.string(text))
    case .integer(let value):
      index += 1
      return .literal(.integer(value))
    case .float(let value):
      index += 1
      return .literal(.float(value))
    case .symbol("("):
      index += 1
      if accept(")") { return .tuple([]) }
      let value = try tupleOrExpression()
      try expect(")")
      return value
    case .symbol("["):
      index += 1
      return .list(try items(until: "]"))
    case .symbol("{"):
      let at = offset
      index += 1
      return try dictionary(at: at)
    default:
      throw failure("a value expected, found \(found)")
    }
  }

  private mutating func items(until closer: String) throws(ModelError) -> [TemplateExpression] {
    var items: [TemplateExpression] = []
    while !accept(closer) {
      if !items.isEmpty {
        try expect(",")
        if accept(closer) { break }
      }
      items.append(try expression())
    }
    return items
  }

  private mutating func dictionary(at offset: Int) throws(ModelError) -> TemplateExpression {
    var entries: [(key: TemplateExpression, value: TemplateExpression)] = []
    while !accept("}") {
      if !entries.isEmpty {
        try expect(",")
        if accept("}") { break }
      }
      let key = try expression()
      try expect(":")
      entries.append((key, try expression()))
    }
    return .dictionary(entries, offset: offset)
  }
}
