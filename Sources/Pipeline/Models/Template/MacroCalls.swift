/// A call of a macro as a template writes it.
struct MacroCall: Hashable {
  /// Nil where the template names none.
  let package: String?
  let name: String
}

/// Finds the calls in a template's syntax tree, whether or not a rendering gets to them.
struct MacroCalls {
  /// In the order of the text, each once. Names that are functions or variables stand among them.
  private(set) var calls: [MacroCall] = []
  private var seen: Set<MacroCall> = []

  init(_ body: [TemplateStatement]) {
    add(body)
  }

  init(_ macro: TemplateMacro) {
    add(macro.parameters)
    add(macro.body)
  }

  private mutating func add(_ body: [TemplateStatement]) {
    for statement in body { add(statement) }
  }

  private mutating func add(_ parameters: [TemplateParameter]) {
    for parameter in parameters { add(parameter.defaultValue) }
  }

  private mutating func add(_ statement: TemplateStatement) {
    switch statement {
    case .text, .docs: break
    case .output(let expression, _), .perform(let expression), .set(_, let expression, _): add(expression)
    case .setBlock(_, let filter, let body):
      add(filter)
      add(body)
    case .conditional(let branches, let otherwise):
      for branch in branches {
        add(branch.condition)
        add(branch.body)
      }
      add(otherwise)
    case .loop(let loop, _):
      add(loop.sequence)
      add(loop.filter)
      add(loop.body)
      add(loop.otherwise)
    case .macro(let macro):
      add(macro.parameters)
      add(macro.body)
    case .callBlock(let parameters, let call, let body, _):
      add(parameters)
      add(call)
      add(body)
    case .filterBlock(let filter, let body):
      add(filter)
      add(body)
    }
  }

  private mutating func add(_ expression: TemplateExpression?) {
    guard let expression else { return }
    switch expression {
    case .literal, .captured, .name: break
    case .list(let items), .tuple(let items): for item in items { add(item) }
    case .dictionary(let entries, _):
      for entry in entries {
        add(entry.key)
        add(entry.value)
      }
    case .attribute(let base, _, _): add(base)
    case .subscripted(let base, let key, _):
      add(base)
      add(key)
    case .slice(let base, let from, let to, let step, _):
      for part in [base, from, to, step] { add(part) }
    case .call(let callee, let arguments, _):
      switch callee {
      case .name(let name, _): note(MacroCall(package: nil, name: name))
      case .attribute(.name(let package, _), let name, _): note(MacroCall(package: package, name: name))
      default: add(callee)
      }
      add(arguments)
    case .filter(let base, _, let arguments, _), .test(let base, _, let arguments, _, _):
      add(base)
      add(arguments)
    case .not(let operand), .negative(let operand, _): add(operand)
    case .binary(_, let left, let right, _):
      add(left)
      add(right)
    case .comparison(let first, let rest, _):
      add(first)
      for (_, operand) in rest { add(operand) }
    case .conditional(let value, let condition, let otherwise):
      for part in [value, condition, otherwise] { add(part) }
    }
  }

  private mutating func add(_ arguments: TemplateArguments) {
    for argument in arguments.positional { add(argument) }
    for argument in arguments.named { add(argument.value) }
    add(arguments.spread)
    add(arguments.spreadNamed)
  }

  private mutating func note(_ call: MacroCall) {
    if seen.insert(call).inserted { calls.append(call) }
  }
}
