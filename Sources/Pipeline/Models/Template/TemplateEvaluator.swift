/// Evaluates a template's syntax tree to text. One evaluator renders one template and is thrown away.
final class TemplateEvaluator {
  /// What a name outside the template means: functions, `var`, `target`; macros are looked up separately.
  typealias Lookup = (String) -> TemplateValue?

  private let macros: MacroLibrary
  private let lookup: Lookup
  private var source: TemplateSource
  /// Innermost scope last; assignments go there.
  private var scopes: [[String: TemplateValue]] = [[:]]
  private var output = ""
  private var captured = ""
  private var callDepth = 0
  /// Macros the template itself defines, and its outermost variables, which they see.
  private var ownMacros: [String: TemplateMacro] = [:]
  private var ownScope: [String: TemplateValue] = [:]
  private var steps = 0

  /// Macros that call each other without an end stop here.
  private static let maximumCallDepth = 60
  /// More statements and loop turns than any real project renders; it bounds a template that would never end.
  private static let maximumSteps = 1_000_000

  /// `{{ return(value) }}` on its way out of the macro that says it; the value waits in `returned`.
  private struct ReturnSignal: Error {}
  private var returned = TemplateValue.none

  init(source: TemplateSource, macros: MacroLibrary, lookup: @escaping Lookup) {
    self.source = source
    self.macros = macros
    self.lookup = lookup
  }

  // MARK: - Entry points

  /// The text of a whole template.
  static func render(
    _ template: Template, macros: MacroLibrary, lookup: @escaping Lookup
  ) throws -> String {
    let evaluator = TemplateEvaluator(source: template.source, macros: macros, lookup: lookup)
    return try evaluator.text(of: template.body)
  }

  /// The value of a template that is one expression, else its text: what dbt does with arguments in YAML.
  static func value(
    of template: Template, macros: MacroLibrary, lookup: @escaping Lookup
  ) throws -> TemplateValue {
    let evaluator = TemplateEvaluator(source: template.source, macros: macros, lookup: lookup)
    if template.body.count == 1, case .output(let expression, let offset) = template.body[0] {
      let value = try evaluator.evaluate(expression)
      if case .undefined(let name) = value { throw evaluator.undefined(name, at: offset) }
      return value
    }
    return .string(try evaluator.text(of: template.body))
  }

  /// Calls a macro of the library from outside.
  static func call(
    _ macro: TemplateMacro, _ call: TemplateCall, macros: MacroLibrary, lookup: @escaping Lookup
  ) throws -> TemplateValue {
    try TemplateEvaluator(source: macro.source, macros: macros, lookup: lookup).run(macro, call)
  }

  private func text(of body: [TemplateStatement]) throws -> String {
    do {
      try run(body)
    } catch is ReturnSignal {
      throw ModelError(.evaluation, "`return` stands outside a macro", at: source.position(0))
    }
    return output
  }

  // MARK: - Statements

  private func error(_ code: ModelError.Code, _ message: String, at offset: Int) -> ModelError {
    source.error(code, message, at: offset)
  }

  private func undefined(_ name: String, at offset: Int) -> ModelError {
    error(.undefined, "`\(name)` is not defined", at: offset)
  }

  /// Runs `body` and puts a position on what a filter or operator refuses.
  private func located<Answer>(_ offset: Int, _ body: () throws -> Answer) throws -> Answer {
    do {
      return try body()
    } catch let refusal as TemplateFilters.Refusal {
      throw error(refusal.code, refusal.message, at: offset)
    }
  }

  private func countStep(at offset: Int) throws {
    steps += 1
    if steps > Self.maximumSteps { throw error(.evaluation, "the template takes too many steps", at: offset) }
  }

  private func run(_ body: [TemplateStatement]) throws {
    for statement in body { try run(statement) }
  }

  private func run(_ statement: TemplateStatement) throws {
    switch statement {
    case .text(let text):
      output += text
    case .output(let expression, let offset):
      try countStep(at: offset)
      let value = try evaluate(expression)
      if case .undefined(let name) = value { throw undefined(name, at: offset) }
      output += value.text
    case .set(let target, let expression, let offset):
      try countStep(at: offset)
      try assign(target, try evaluate(expression), at: offset)
    case .setBlock(let name, let filter, let body):
      let text = try capture(body)
      if let filter {
        captured = text
        scopes[scopes.count - 1][name] = try evaluate(filter)
      } else {
        scopes[scopes.count - 1][name] = .string(text)
      }
    case .conditional(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition).isTrue {
        return try run(branch.body)
      }
      try run(otherwise)
    case .loop(let loop, let offset):
      try run(loop, at: offset)
    case .macro(let macro):
      ownMacros[macro.name] = macro
      scopes[scopes.count - 1][macro.name] = .function(function(macro))
    case .callBlock(let parameters, let call, let body, let offset):
      output += try callBlock(parameters, call, body, at: offset).text
    case .perform(let expression):
      _ = try evaluate(expression)
    case .filterBlock(let filter, let body):
      captured = try capture(body)
      output += try evaluate(filter).text
    case .docs:
      break
    }
  }

  private func capture(_ body: [TemplateStatement]) throws -> String {
    let outer = output
    output = ""
    defer { output = outer }
    scopes.append([:])
    defer { scopes.removeLast() }
    try run(body)
    return output
  }

  private func assign(_ target: TemplateAssignment, _ value: TemplateValue, at offset: Int) throws {
    switch target {
    case .name(let name):
      scopes[scopes.count - 1][name] = value
    case .attribute(let name, let attribute):
      guard case .dictionary(let dictionary)? = variable(name), dictionary.isNamespace else {
        throw error(.evaluation, "an attribute can only be set on a `namespace()`", at: offset)
      }
      dictionary[attribute] = value
    case .tuple(let targets):
      guard let items = value.sequence, items.count == targets.count else {
        throw error(
          .evaluation, "\(value.typeName) cannot be taken apart into \(targets.count) names", at: offset)
      }
      for (target, item) in zip(targets, items) { try assign(target, item, at: offset) }
    }
  }

  private func run(_ loop: TemplateLoop, at offset: Int) throws {
    let value = try evaluate(loop.sequence)
    if case .undefined(let name) = value { throw undefined(name, at: offset) }
    guard var items = value.sequence else {
      throw error(.evaluation, "`for` cannot walk over \(value.typeName)", at: offset)
    }
    scopes.append([:])
    defer { scopes.removeLast() }
    if let filter = loop.filter {
      items = try items.filter { item in
        try assign(loop.target, item, at: offset)
        return try evaluate(filter).isTrue
      }
    }
    guard !items.isEmpty else { return try run(loop.otherwise) }
    for (index, item) in items.enumerated() {
      try countStep(at: offset)
      scopes[scopes.count - 1] = loop.usesLoop ? ["loop": .dictionary(loopVariable(items, index))] : [:]
      try assign(loop.target, item, at: offset)
      try run(loop.body)
    }
  }

  private func loopVariable(_ items: [TemplateValue], _ index: Int) -> TemplateDictionary {
    let loop = TemplateDictionary([
      ("index", .integer(index + 1)), ("index0", .integer(index)),
      ("revindex", .integer(items.count - index)), ("revindex0", .integer(items.count - index - 1)),
      ("first", .boolean(index == 0)), ("last", .boolean(index == items.count - 1)),
      ("length", .integer(items.count)),
      (
        "cycle",
        .function(
          TemplateFunction("cycle") { call in
            guard !call.positional.isEmpty else { throw TemplateFilters.Refusal("`cycle` needs values") }
            return call.positional[index % call.positional.count]
          })
      ),
    ])
    if index > 0 { loop["previtem"] = items[index - 1] }
    if index + 1 < items.count { loop["nextitem"] = items[index + 1] }
    return loop
  }

  // MARK: - Macros

  private func function(_ macro: TemplateMacro) -> TemplateFunction {
    TemplateFunction(macro.name) { [unowned self] call in try run(macro, call) }
  }

  private func run(_ macro: TemplateMacro, _ call: TemplateCall, caller: TemplateFunction? = nil) throws
    -> TemplateValue
  {
    guard callDepth < Self.maximumCallDepth else {
      throw macro.source.error(
        .evaluation, "macros call each other more than \(Self.maximumCallDepth) deep, at `\(macro.name)`",
        at: macro.offset)
    }
    callDepth += 1
    let (outerScopes, outerOutput, outerSource) = (scopes, output, source)
    defer {
      callDepth -= 1
      (scopes, output, source) = (outerScopes, outerOutput, outerSource)
    }
    if callDepth == 1 { ownScope = outerScopes[0] }
    // A macro sees its own arguments and the library, not the variables of its caller; one of the template itself also
    // the template's outermost variables.
    scopes = [ownMacros[macro.name] == nil ? [:] : ownScope, [:]]
    output = ""
    source = macro.source
    try bind(macro.parameters, call, of: macro.name, at: macro.offset)
    if let caller { scopes[0]["caller"] = .function(caller) }
    do {
      try run(macro.body)
      return .string(output)
    } catch is ReturnSignal {
      return returned
    }
  }

  private func bind(
    _ parameters: [TemplateParameter], _ call: TemplateCall, of name: String, at offset: Int
  ) throws {
    let level = scopes.count - 1
    var named = call.named
    for (position, parameter) in parameters.enumerated() {
      if position < call.positional.count {
        scopes[level][parameter.name] = call.positional[position]
      } else if let index = named.firstIndex(where: { $0.name == parameter.name }) {
        scopes[level][parameter.name] = named.remove(at: index).value
      } else if let defaultValue = parameter.defaultValue {
        scopes[level][parameter.name] = try evaluate(defaultValue)
      } else {
        scopes[level][parameter.name] = .undefined(parameter.name)
      }
    }
    let surplus = Array(call.positional.dropFirst(parameters.count))
    scopes[level]["varargs"] = .list(TemplateList(surplus))
    scopes[level]["kwargs"] = .dictionary(TemplateDictionary(named.map { ($0.name, $0.value) }))
  }

  private func callBlock(
    _ parameters: [TemplateParameter], _ expression: TemplateExpression, _ body: [TemplateStatement],
    at offset: Int
  ) throws -> TemplateValue {
    guard case .call(let callee, let arguments, let callOffset) = expression else {
      throw error(.syntax, "`{% call %}` needs a call of a macro", at: offset)
    }
    if case .name("statement", _) = callee {
      throw error(
        .unsupported, "`{% call statement(...) %}` is not supported: models may not query while they render",
        at: offset)
    }
    let definitionScopes = scopes
    let definitionSource = source
    let caller = TemplateFunction("caller") { [unowned self] call in
      let (outerScopes, outerOutput, outerSource) = (scopes, output, source)
      defer { (scopes, output, source) = (outerScopes, outerOutput, outerSource) }
      scopes = definitionScopes + [[:]]
      source = definitionSource
      output = ""
      try bind(parameters, call, of: "caller", at: offset)
      try run(body)
      return .string(output)
    }
    let call = try evaluate(arguments)
    guard let macro = try macro(callee) else {
      throw error(.undefined, "`{% call %}` names no macro of the project", at: callOffset)
    }
    return try run(macro, call, caller: caller)
  }

  private func macro(_ callee: TemplateExpression) throws -> TemplateMacro? {
    switch callee {
    case .name(let name, _): ownMacros[name] ?? macros.macro(name)
    case .attribute(.name(let package, _), let name, _): macros.macro(name, package: package)
    default: nil
    }
  }

  // MARK: - Names

  private func variable(_ name: String) -> TemplateValue? {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return nil
  }

  private func value(of name: String, at offset: Int) throws -> TemplateValue {
    if let value = variable(name) { return value }
    if name == "return" {
      return .function(
        TemplateFunction("return") { [unowned self] call in
          returned = call.positional.first ?? TemplateValue.none
          throw ReturnSignal()
        })
    }
    if let macro = macros.macro(name) { return .function(function(macro)) }
    if let value = lookup(name) { return value }
    if let construct = MacroLibrary.refusedNames[name] {
      throw error(.unsupported, "`\(name)` is not supported: \(construct)", at: offset)
    }
    return .undefined(name)
  }

  // MARK: - Expressions

  private func evaluate(_ expression: TemplateExpression) throws -> TemplateValue {
    switch expression {
    case .literal(let literal):
      switch literal {
      case .none: return TemplateValue.none
      case .boolean(let flag): return .boolean(flag)
      case .integer(let number): return .integer(number)
      case .float(let number): return .float(number)
      case .string(let text): return .string(text)
      }
    case .captured: return .string(captured)
    case .name(let name, let offset): return try value(of: name, at: offset)
    case .list(let items): return .list(TemplateList(try items.map(evaluate)))
    case .tuple(let items): return .tuple(try items.map(evaluate))
    case .dictionary(let entries):
      let dictionary = TemplateDictionary()
      for entry in entries {
        guard let key = TemplateKey(try evaluate(entry.key)) else {
          throw ModelError(
            .evaluation, "a dictionary's key must be a text or a number", at: source.position(0))
        }
        dictionary[key] = try evaluate(entry.value)
      }
      return .dictionary(dictionary)
    case .attribute(let base, let name, let offset): return try attribute(base, name, at: offset)
    case .subscripted(let base, let key, let offset): return try subscripted(base, key, at: offset)
    case .slice(let base, let from, let to, let step, let offset):
      return try slice(
        try evaluate(base), from.map(evaluate), to.map(evaluate), step.map(evaluate), at: offset)
    case .call(let callee, let arguments, let offset): return try call(callee, arguments, at: offset)
    case .filter(let base, let name, let arguments, let offset):
      return try filter(name, try evaluate(base), try evaluate(arguments), at: offset)
    case .test(let base, let name, let arguments, let isNegated, let offset):
      let value = try evaluate(base)
      let call = try evaluate(arguments)
      guard let answer = try located(offset, { try TemplateFilters.test(name, value, call) }) else {
        throw error(.unsupported, "the test `is \(name)` is not supported", at: offset)
      }
      return .boolean(answer != isNegated)
    case .not(let operand): return .boolean(!(try evaluate(operand).isTrue))
    case .negative(let operand, let offset): return try negative(try evaluate(operand), at: offset)
    case .binary(let operation, let left, let right, let offset):
      return try binary(operation, left, right, at: offset)
    case .comparison(let first, let rest, let offset): return try comparison(first, rest, at: offset)
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map(evaluate) ?? .string("")
    }
  }

  private func evaluate(_ arguments: TemplateArguments) throws -> TemplateCall {
    var call = TemplateCall()
    call.positional = try arguments.positional.map(evaluate)
    call.named = try arguments.named.map { ($0.name, try evaluate($0.value)) }
    if let spread = arguments.spread { call.positional += try evaluate(spread).sequence ?? [] }
    if let spread = arguments.spreadNamed, case .dictionary(let dictionary) = try evaluate(spread) {
      call.named += dictionary.entries.map { ($0.key.text, $0.value) }
    }
    return call
  }

  private func negative(_ value: TemplateValue, at offset: Int) throws -> TemplateValue {
    if let number = value.wholeNumber, number != .min { return .integer(-number) }
    guard let number = value.number else {
      throw error(.evaluation, "`-` before \(value.typeName)", at: offset)
    }
    return .float(-number)
  }

  private func binary(
    _ operation: TemplateOperator, _ left: TemplateExpression, _ right: TemplateExpression, at offset: Int
  ) throws -> TemplateValue {
    let one = try evaluate(left)
    switch operation {
    case .and: return one.isTrue ? try evaluate(right) : one
    case .or: return one.isTrue ? one : try evaluate(right)
    default:
      let other = try evaluate(right)
      for value in [one, other] {
        if case .undefined(let name) = value { throw undefined(name, at: offset) }
      }
      return try located(offset) { try TemplateArithmetic.apply(operation, one, other) }
    }
  }

  private func comparison(
    _ first: TemplateExpression, _ rest: [(TemplateComparison, TemplateExpression)], at offset: Int
  ) throws -> TemplateValue {
    var left = try evaluate(first)
    for (comparison, expression) in rest {
      let right = try evaluate(expression)
      guard try located(offset, { try holds(comparison, left, right, at: offset) }) else {
        return .boolean(false)
      }
      left = right
    }
    return .boolean(true)
  }

  private func holds(
    _ comparison: TemplateComparison, _ left: TemplateValue, _ right: TemplateValue, at offset: Int
  ) throws -> Bool {
    switch comparison {
    case .equal: return left.isEqual(to: right)
    case .notEqual: return !left.isEqual(to: right)
    case .contained: return try TemplateArithmetic.contains(right, left)
    case .notContained: return !(try TemplateArithmetic.contains(right, left))
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard let order = left.order(against: right) else {
        throw error(.evaluation, "\(left.typeName) and \(right.typeName) have no order", at: offset)
      }
      switch comparison {
      case .less: return order < 0
      case .lessOrEqual: return order <= 0
      case .greater: return order > 0
      default: return order >= 0
      }
    }
  }

  private func attribute(_ base: TemplateExpression, _ name: String, at offset: Int) throws -> TemplateValue {
    // `package.macro`, unless a variable of the package's name is in the way.
    if case .name(let package, _) = base, variable(package) == nil, macros.hasPackage(package) {
      guard let macro = macros.macro(name, package: package) else {
        throw error(.unsupported, "the macro `\(package).\(name)` is not supported", at: offset)
      }
      return .function(function(macro))
    }
    let value = try evaluate(base)
    switch value {
    case .undefined(let undefinedName): throw undefined(undefinedName, at: offset)
    case .dictionary(let dictionary):
      if let item = dictionary[name] { return item }
    case .relation(let relation):
      if let item = TemplateFilters.attribute(name, of: relation) { return item }
    case .function(let function):
      if let item = function.members[name] { return item }
    default: break
    }
    return .undefined(name)
  }

  private func subscripted(
    _ base: TemplateExpression, _ key: TemplateExpression, at offset: Int
  ) throws -> TemplateValue {
    let value = try evaluate(base)
    if case .undefined(let name) = value { throw undefined(name, at: offset) }
    let key = try evaluate(key)
    if case .string(let name) = key, case .dictionary(let dictionary) = value {
      return dictionary[name] ?? .undefined(name)
    }
    return TemplateFilters.item(of: value, key)
  }

  private func slice(
    _ value: TemplateValue, _ from: TemplateValue?, _ to: TemplateValue?, _ step: TemplateValue?,
    at offset: Int
  ) throws -> TemplateValue {
    if case .dictionary = value { throw error(.evaluation, "a dictionary has no slices", at: offset) }
    guard let items = value.sequence else {
      throw error(.evaluation, "\(value.typeName) has no slices", at: offset)
    }
    let stride = step?.wholeNumber ?? 1
    guard stride != 0, stride != .min else { throw error(.evaluation, "a slice's step is zero", at: offset) }
    func bound(_ value: TemplateValue?, _ fallback: Int) -> Int {
      guard let index = value?.wholeNumber else { return fallback }
      let position = index < 0 ? index.addingReportingOverflow(items.count).partialValue : index
      return stride > 0 ? min(max(position, 0), items.count) : min(max(position, -1), items.count - 1)
    }
    let lower = bound(from, stride > 0 ? 0 : items.count - 1)
    let upper = bound(to, stride > 0 ? items.count : -1)
    let kept = Swift.stride(from: lower, to: upper, by: stride).map { items[$0] }
    switch value {
    case .string: return .string(kept.map(\.text).joined())
    case .tuple: return .tuple(kept)
    default: return .list(TemplateList(kept))
    }
  }

  private func call(
    _ callee: TemplateExpression, _ arguments: TemplateArguments, at offset: Int
  ) throws -> TemplateValue {
    try countStep(at: offset)
    // A method of a value, unless the name is a macro of a package or a dictionary's own entry.
    if case .attribute(let base, let name, let nameOffset) = callee {
      let isPackage =
        if case .name(let package, _) = base { variable(package) == nil && macros.hasPackage(package) } else {
          false
        }
      if !isPackage {
        let value = try evaluate(base)
        if case .undefined(let undefinedName) = value { throw undefined(undefinedName, at: offset) }
        let call = try evaluate(arguments)
        if case .dictionary(let dictionary) = value, case .function(let function)? = dictionary[name] {
          return try located(offset) { try function(call) }
        }
        if case .function(let owner) = value, case .function(let function)? = owner.members[name] {
          return try located(offset) { try function(call) }
        }
        guard let answer = try located(nameOffset, { try TemplateFilters.method(name, of: value, call) })
        else {
          throw error(.unsupported, "\(value.typeName) has no method `\(name)`", at: nameOffset)
        }
        return answer
      }
    }
    let function = try evaluate(callee)
    switch function {
    case .function(let function):
      let call = try evaluate(arguments)
      return try located(offset) { try function(call) }
    case .undefined(let name):
      throw error(.undefined, "no macro or function `\(name)` is known", at: offset)
    default:
      throw error(.evaluation, "\(function.typeName) cannot be called", at: offset)
    }
  }

  private func filter(
    _ name: String, _ value: TemplateValue, _ call: TemplateCall, at offset: Int
  ) throws -> TemplateValue {
    if case .undefined(let undefinedName) = value, !["default", "d"].contains(name) {
      throw undefined(undefinedName, at: offset)
    }
    return try located(offset) {
      switch name {
      case "map", "select", "reject", "selectattr", "rejectattr", "groupby":
        return try sequenceFilter(name, value, call, at: offset)
      default:
        guard let answer = try TemplateFilters.apply(name, value, call) else {
          throw error(.unsupported, "the filter `\(name)` is not supported", at: offset)
        }
        return answer
      }
    }
  }

  /// Filters that apply another filter or test to every item.
  private func sequenceFilter(
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
