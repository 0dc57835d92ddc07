/// Statements: text, output, `set`, `if`, `for`.
extension TemplateEvaluator {
  func run(_ body: [TemplateStatement]) throws {
    for statement in body { try run(statement) }
  }

  func run(_ statement: TemplateStatement) throws {
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

  func capture(_ body: [TemplateStatement]) throws -> String {
    let outer = output
    output = ""
    defer { output = outer }
    scopes.append([:])
    defer { scopes.removeLast() }
    try run(body)
    return output
  }

  func assign(_ target: TemplateAssignment, _ value: TemplateValue, at offset: Int) throws {
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

  func run(_ loop: TemplateLoop, at offset: Int) throws {
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

  func loopVariable(_ items: [TemplateValue], _ index: Int) -> TemplateDictionary {
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
}
