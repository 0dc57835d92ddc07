/// Macros: what they see, how arguments reach them, and `{% call %}`.
extension TemplateEvaluator {
  func function(_ macro: TemplateMacro) -> TemplateFunction {
    TemplateFunction(macro.name) { [unowned self] call in try run(macro, call) }
  }

  func run(_ macro: TemplateMacro, _ call: TemplateCall, caller: TemplateFunction? = nil) throws
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

  func bind(
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

  func callBlock(
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

  func macro(_ callee: TemplateExpression) throws -> TemplateMacro? {
    switch callee {
    case .name(let name, _): ownMacros[name] ?? macros.macro(name)
    case .attribute(.name(let package, _), let name, _): macros.macro(name, package: package)
    default: nil
    }
  }
}
