/// A parsed template: what Jinja calls its syntax tree. Offsets are byte offsets into the source, for error messages.
struct Template: Sendable {
  let source: TemplateSource
  let body: [TemplateStatement]
}

/// One piece of a template's body.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression, offset: Int)
  case set(TemplateAssignment, TemplateExpression, offset: Int)
  case setBlock(String, filter: TemplateExpression?, [TemplateStatement])
  case conditional([TemplateBranch], otherwise: [TemplateStatement])
  case loop(TemplateLoop, offset: Int)
  case macro(TemplateMacro)
  case callBlock(parameters: [TemplateParameter], call: TemplateExpression, [TemplateStatement], offset: Int)
  case perform(TemplateExpression)
  case filterBlock(TemplateExpression, [TemplateStatement])
  /// Documentation in a Markdown file: `{% docs name %}`.
  case docs(String, String)
}

struct TemplateBranch: Sendable {
  let condition: TemplateExpression
  let body: [TemplateStatement]
}

struct TemplateLoop: Sendable {
  let target: TemplateAssignment
  let sequence: TemplateExpression
  let filter: TemplateExpression?
  let body: [TemplateStatement]
  let otherwise: [TemplateStatement]
  /// False where nothing in the loop speaks of `loop`, so that it need not be made.
  let usesLoop: Bool
}

/// What `set` and `for` write to.
indirect enum TemplateAssignment: Sendable {
  case name(String)
  case tuple([TemplateAssignment])
  /// `namespace.attribute`
  case attribute(String, String)
}

struct TemplateParameter: Sendable {
  let name: String
  let defaultValue: TemplateExpression?
}

/// `{% macro name(parameters) %}`, and `{% test name(...) %}` under the name `test_name`, as in dbt.
struct TemplateMacro: Sendable {
  let name: String
  let parameters: [TemplateParameter]
  let body: [TemplateStatement]
  /// The text the macro was written in, for error positions while it runs.
  let source: TemplateSource
  let offset: Int
  let end: Int

  /// The macro as it was written, from its first tag to its last.
  var text: String { source.text(offset..<end) }
}

enum TemplateLiteral: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
}

struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
  /// `*list`
  var spread: TemplateExpression?
  /// `**dictionary`
  var spreadNamed: TemplateExpression?
}

enum TemplateComparison: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contained, notContained
}

enum TemplateOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
  case concatenate = "~"
  case and
  case or
}

indirect enum TemplateExpression: Sendable {
  case literal(TemplateLiteral)
  case name(String, offset: Int)
  case list([TemplateExpression])
  case tuple([TemplateExpression])
  case dictionary([(key: TemplateExpression, value: TemplateExpression)], offset: Int)
  case attribute(TemplateExpression, String, offset: Int)
  case subscripted(TemplateExpression, TemplateExpression, offset: Int)
  case slice(
    TemplateExpression, from: TemplateExpression?, to: TemplateExpression?, step: TemplateExpression?,
    offset: Int)
  case call(TemplateExpression, TemplateArguments, offset: Int)
  case filter(TemplateExpression, String, TemplateArguments, offset: Int)
  case test(TemplateExpression, String, TemplateArguments, isNegated: Bool, offset: Int)
  case not(TemplateExpression)
  case negative(TemplateExpression, offset: Int)
  case binary(TemplateOperator, TemplateExpression, TemplateExpression, offset: Int)
  case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)], offset: Int)
  case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
  /// Stands for the body of a `filter` block or `set` block inside its filter chain.
  case captured
}
