/// Evaluates a template's syntax tree to text. One evaluator renders one template and is thrown away.
final class TemplateEvaluator {
  /// What a name outside the template means: functions, `var`, `target`; macros are looked up separately.
  typealias Lookup = (String) -> TemplateValue?

  let macros: MacroLibrary
  let lookup: Lookup
  var source: TemplateSource
  /// Innermost scope last; assignments go there.
  var scopes: [[String: TemplateValue]] = [[:]]
  var output = ""
  var captured = ""
  var callDepth = 0
  /// Macros the template itself defines, and its outermost variables, which they see.
  var ownMacros: [String: TemplateMacro] = [:]
  var ownScope: [String: TemplateValue] = [:]
  var steps = 0

  /// Macros that call each other without an end stop here.
  static let maximumCallDepth = 60
  /// More statements and loop turns than any real project renders; it bounds a template that would never end.
  static let maximumSteps = 1_000_000

  /// `{{ return(value) }}` on its way out of the macro that says it; the value waits in `returned`.
  struct ReturnSignal: Error {
    let offset: Int
  }
  var returned = TemplateValue.none

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

  func text(of body: [TemplateStatement]) throws -> String {
    do {
      try run(body)
    } catch let signal as ReturnSignal {
      throw error(.evaluation, "`return` stands outside a macro", at: signal.offset)
    }
    return output
  }

  // MARK: - Errors and limits

  func error(_ code: ModelError.Code, _ message: String, at offset: Int) -> ModelError {
    source.error(code, message, at: offset)
  }

  func undefined(_ name: String, at offset: Int) -> ModelError {
    error(.undefined, "`\(name)` is not defined", at: offset)
  }

  /// Runs `body` and puts a position on what a filter or operator refuses.
  func located<Answer>(_ offset: Int, _ body: () throws -> Answer) throws -> Answer {
    do {
      return try body()
    } catch let refusal as TemplateFilters.Refusal {
      throw error(refusal.code, refusal.message, at: offset)
    }
  }

  func countStep(at offset: Int) throws {
    steps += 1
    if steps > Self.maximumSteps { throw error(.evaluation, "the template takes too many steps", at: offset) }
  }

  // MARK: - Names

  func variable(_ name: String) -> TemplateValue? {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return nil
  }

  func value(of name: String, at offset: Int) throws -> TemplateValue {
    if let value = variable(name) { return value }
    if name == "return" {
      return .function(
        TemplateFunction("return") { [unowned self] call in
          returned = call.positional.first ?? TemplateValue.none
          throw ReturnSignal(offset: offset)
        })
    }
    if let macro = macros.macro(name) { return .function(function(macro)) }
    if let value = lookup(name) { return value }
    if let construct = MacroLibrary.refusedNames[name] {
      throw error(.unsupported, "`\(name)` is not supported: \(construct)", at: offset)
    }
    return .undefined(name)
  }
}
