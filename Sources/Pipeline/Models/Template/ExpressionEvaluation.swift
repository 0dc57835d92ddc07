/// Expressions: operators, attributes, calls and filters.
extension TemplateEvaluator {
  func evaluate(_ expression: TemplateExpression) throws -> TemplateValue {
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
    case .dictionary(let entries, let offset):
      let dictionary = TemplateDictionary()
      for entry in entries {
        guard let key = TemplateKey(try evaluate(entry.key)) else {
          throw error(.evaluation, "a dictionary's key must be a text or a number", at: offset)
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

  func evaluate(_ arguments: TemplateArguments) throws -> TemplateCall {
    var call = TemplateCall()
    call.positional = try arguments.positional.map(evaluate)
    call.named = try arguments.named.map { ($0.name, try evaluate($0.value)) }
    if let spread = arguments.spread { call.positional += try evaluate(spread).sequence ?? [] }
    if let spread = arguments.spreadNamed, case .dictionary(let dictionary) = try evaluate(spread) {
      call.named += dictionary.entries.map { ($0.key.text, $0.value) }
    }
    return call
  }

  func negative(_ value: TemplateValue, at offset: Int) throws -> TemplateValue {
    if let number = value.wholeNumber, number != .min { return .integer(-number) }
    guard let number = value.number else {
      throw error(.evaluation, "`-` before \(value.typeName)", at: offset)
    }
    return .float(-number)
  }

  func binary(
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

  func comparison(
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

  func holds(
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

  func attribute(_ base: TemplateExpression, _ name: String, at offset: Int) throws -> TemplateValue {
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

  func subscripted(
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

  func slice(
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

  func call(
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

  func filter(
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
}
