/// Builds the syntax tree of a template. Statements here, expressions in `ExpressionParser`.
struct TemplateParser {
  private let source: TemplateSource
  private let segments: [TemplateSegment]
  private var index = 0
  private var depth = 0
  /// Where the tag read last ends.
  private var tagEnd = 0

  /// Deeper nesting than any real template has; it keeps a hostile one from exhausting the stack.
  static let maximumDepth = 100

  static func parse(file: String, text: String) throws(ModelError) -> Template {
    let source = TemplateSource(file: file, text: text)
    return Template(source: source, body: try parse(source))
  }

  private static func parse(_ source: TemplateSource) throws(ModelError) -> [TemplateStatement] {
    var parser = TemplateParser(source: source, segments: try TemplateLexer.segments(source))
    let (body, ending) = try parser.block(until: [], opener: "", openedAt: 0)
    precondition(ending == nil)
    return body
  }

  private init(source: TemplateSource, segments: [TemplateSegment]) {
    self.source = source
    self.segments = segments
  }

  /// The tag that ended a block, with the words behind its name still to be read.
  private struct Ending {
    let word: String
    var words: ExpressionParser
  }

  /// Reads statements up to one of the tags in `enders`, or to the end of the text where there are none.
  private mutating func block(
    until enders: [String], opener: String, openedAt: Int
  ) throws(ModelError) -> ([TemplateStatement], Ending?) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw source.error(.syntax, "blocks are nested more than \(Self.maximumDepth) deep", at: openedAt)
    }
    var statements: [TemplateStatement] = []
    while index < segments.count {
      let segment = segments[index]
      index += 1
      switch segment {
      case .text(let text):
        statements.append(.text(text))
      case .output(let tokens, let offset):
        var words = ExpressionParser(source: source, tokens: tokens, endOffset: offset)
        let expression = try words.tupleOrExpression()
        try words.expectEnd()
        statements.append(.output(expression, offset: offset))
      case .tag(let tokens, let offset, let end):
        tagEnd = end
        var words = ExpressionParser(source: source, tokens: tokens, endOffset: offset)
        let word = try words.name("a tag's name")
        if enders.contains(word) { return (statements, Ending(word: word, words: words)) }
        statements.append(try statement(word, &words, at: offset))
      }
    }
    guard enders.isEmpty else {
      throw source.error(
        .syntax, "`{% \(opener) %}` is not closed by `{% \(enders[enders.count - 1]) %}`", at: openedAt)
    }
    return (statements, nil)
  }

  /// Reads a block with one possible end and checks that nothing stands behind the end tag's name.
  private mutating func body(_ opener: String, at offset: Int) throws(ModelError) -> [TemplateStatement] {
    var (statements, ending) = try block(until: ["end" + opener], opener: opener, openedAt: offset)
    // `{% endmacro name %}` repeats the macro's name in some projects.
    if opener == "macro" || opener == "test" { ending?.words.skipName() }
    try ending?.words.expectEnd()
    return statements
  }

  private mutating func statement(
    _ word: String, _ words: inout ExpressionParser, at offset: Int
  ) throws(ModelError) -> TemplateStatement {
    switch word {
    case "set": return try setStatement(&words, at: offset)
    case "if": return try ifStatement(&words, at: offset)
    case "for": return try forStatement(&words, at: offset)
    case "macro", "test", "data_test": return try macro(word, &words, at: offset)
    case "do":
      let expression = try words.tupleOrExpression()
      try words.expectEnd()
      return .perform(expression)
    case "call":
      var parameters: [TemplateParameter] = []
      if words.accept("(") { parameters = try words.parameters() }
      let call = try words.expression()
      try words.expectEnd()
      return .callBlock(parameters: parameters, call: call, try body("call", at: offset), offset: offset)
    case "filter":
      let chain = try words.filterChain(on: .captured)
      try words.expectEnd()
      return .filterBlock(chain, try body("filter", at: offset))
    case "docs":
      let name = try words.name("the name of a docs block")
      try words.expectEnd()
      let (statements, _) = try block(until: ["enddocs"], opener: "docs", openedAt: offset)
      guard case .text(let text)? = statements.first else { return .docs(name, "") }
      return .docs(name, text)
    case "materialization", "snapshot", "include", "import", "from", "extends", "block", "autoescape", "with",
      "trans", "break", "continue":
      throw source.error(.unsupported, "`{% \(word) %}` is not supported", at: offset)
    case "else", "elif", "endif", "endfor", "endmacro", "endtest", "enddata_test", "endset", "endcall",
      "endfilter",
      "endraw", "enddocs", "endmaterialization", "endsnapshot":
      throw source.error(.syntax, "`{% \(word) %}` stands where no block of its kind is open", at: offset)
    default:
      throw source.error(.syntax, "`{% \(word) %}` is no tag of the template language", at: offset)
    }
  }

  private mutating func setStatement(
    _ words: inout ExpressionParser, at offset: Int
  ) throws(ModelError) -> TemplateStatement {
    let target = try words.assignmentTarget()
    if words.accept("=") {
      let value = try words.tupleOrExpression()
      try words.expectEnd()
      return .set(target, value, offset: offset)
    }
    guard case .name(let name) = target else {
      throw source.error(.syntax, "a `{% set %}` block takes one name", at: offset)
    }
    let filter = words.isAt("|") ? try words.filterChain(on: .captured, isPiped: true) : nil
    try words.expectEnd()
    return .setBlock(name, filter: filter, try body("set", at: offset))
  }

  private mutating func ifStatement(
    _ words: inout ExpressionParser, at offset: Int
  ) throws(ModelError) -> TemplateStatement {
    var branches: [TemplateBranch] = []
    var condition = try words.tupleOrExpression()
    try words.expectEnd()
    while true {
      var (statements, ending) = try block(until: ["elif", "else", "endif"], opener: "if", openedAt: offset)
      branches.append(TemplateBranch(condition: condition, body: statements))
      switch ending?.word {
      case "elif":
        condition = try ending?.words.tupleOrExpression() ?? condition
        try ending?.words.expectEnd()
      case "else":
        try ending?.words.expectEnd()
        return .conditional(branches, otherwise: try body("if", at: offset))
      default:
        try ending?.words.expectEnd()
        return .conditional(branches, otherwise: [])
      }
    }
  }

  private mutating func forStatement(
    _ words: inout ExpressionParser, at offset: Int
  ) throws(ModelError) -> TemplateStatement {
    let target = try words.assignmentTarget()
    try words.expectName("in")
    let sequence = try words.tupleWithoutCondition()
    let filter = words.acceptName("if") ? try words.expression() : nil
    if words.acceptName("recursive") {
      throw source.error(.unsupported, "`{% for ... recursive %}` is not supported", at: offset)
    }
    try words.expectEnd()
    let start = index
    var (statements, ending) = try block(until: ["else", "endfor"], opener: "for", openedAt: offset)
    let usesLoop = segments[start..<index].contains { segment in
      switch segment {
      case .text: false
      case .output(let tokens, _), .tag(let tokens, _, _): tokens.contains { $0.kind == .name("loop") }
      }
    }
    try ending?.words.expectEnd()
    let otherwise = ending?.word == "else" ? try body("for", at: offset) : []
    return .loop(
      TemplateLoop(
        target: target, sequence: sequence, filter: filter, body: statements, otherwise: otherwise,
        usesLoop: usesLoop),
      offset: offset)
  }

  private mutating func macro(
    _ word: String, _ words: inout ExpressionParser, at offset: Int
  ) throws(ModelError) -> TemplateStatement {
    let name = try words.name("the name of a \(word)")
    try words.expect("(")
    let parameters = try words.parameters()
    try words.expectEnd()
    let statements = try body(word, at: offset)
    return .macro(
      TemplateMacro(
        name: word == "macro" ? name : "test_" + name, parameters: parameters, body: statements,
        source: source, offset: offset, end: tagEnd))
  }
}
