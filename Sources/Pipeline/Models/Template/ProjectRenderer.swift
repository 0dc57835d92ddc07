/// Renders the models and tests of a project to SQL, with every name pointing where the caller wants it.
struct ProjectRenderer: Sendable {
  let project: Project
  /// The relation a model, seed or source is read from; the published one unless a build has its own.
  var relation: @Sendable (String) -> Relation?
  /// Whether `is_incremental()` holds for the model of that id.
  var isIncremental: @Sendable (String) -> Bool = { _ in false }
  /// True where tests shall return whole rows, for people to look at.
  var showsWholeRows = false
  /// Columns of relations that were looked up because a template asked for them.
  var columns: [Relation: [String]] = [:]

  init(_ project: Project) {
    self.project = project
    relation = { project.relation($0) }
  }

  // MARK: - Models

  /// The SELECT of a model, with the ephemeral models it reads in front as common table expressions.
  /// - Throws: ``ModelError``; ``ColumnsNeeded`` where the columns of a relation must be looked up first.
  func sql(of model: Model) throws -> String {
    var tables = CommonTables()
    let body = try body(of: model, into: &tables)
    return tables.prepended(to: body)
  }

  private func body(of model: Model, into tables: inout CommonTables) throws -> String {
    guard !tables.open.contains(model.id) else {
      throw ModelError(
        .cycle, "the ephemeral model `\(model.name)` reads itself",
        at: FilePosition(file: model.file, line: 1, column: 1))
    }
    tables.open.insert(model.id)
    defer { tables.open.remove(model.id) }
    let ephemeral = EphemeralReferences()
    let scope = scope(of: model, ephemeral)
    let text = try TemplateEvaluator.render(
      model.template, macros: project.environment.macros, lookup: scope.lookup)
    for id in ephemeral.ids where !tables.isHeld(id) {
      guard let other = project.model(id) else { continue }
      tables.add(id, name: Self.commonTableName(other), sql: try body(of: other, into: &tables))
    }
    return text
  }

  private func scope(of model: Model, _ ephemeral: EphemeralReferences) -> NodeScope {
    var scope = executingScope(model.configuration, ephemeral)
    scope.this = model.relation
    scope.isIncremental = isIncremental(model.id)
    scope.node = [
      ("unique_id", .string(model.id)), ("name", .string(model.name)), ("resource_type", .string("model")),
      ("alias", .string(model.relation.identifier)), ("schema", .string(model.relation.schema)),
      ("database", .string(model.relation.database)), ("package_name", .string(project.settings.name)),
      ("original_file_path", .string(model.file)), ("path", .string(model.file)),
      ("fqn", .list(TemplateList(model.path.map { .string($0) }))),
      (
        "config",
        .dictionary(TemplateDictionary(model.configuration.entries.map { ($0.key, $0.value.templateValue) }))
      ),
    ]
    return scope
  }

  /// A hook of a model, an SQL text that may hold templates.
  func sql(ofHook hook: String, of model: Model, this: Relation) throws -> String {
    let template = try TemplateParser.parse(file: model.file, text: hook)
    var scope = scope(of: model, EphemeralReferences())
    scope.this = this
    do {
      return try TemplateEvaluator.render(template, macros: project.environment.macros, lookup: scope.lookup)
    } catch let error as ModelError {
      throw ModelError(
        error.code, "in a hook: " + error.message, at: FilePosition(file: model.file, line: 1, column: 1))
    }
  }

  static func commonTableName(_ model: Model) -> String { "__dbt__cte__" + model.name }

  private func executingScope(_ configuration: NodeConfiguration, _ ephemeral: EphemeralReferences)
    -> NodeScope
  {
    var scope = NodeScope(environment: project.environment)
    scope.configuration = configuration
    scope.isExecuting = true
    let blocks = project.documentationBlocks
    scope.documentation = { blocks[$0] }
    scope.reference = { _, name in
      guard let id = project.reference(name) else {
        throw TemplateFilters.Refusal("ref('\(name)') names no enabled model or seed", code: .undefined)
      }
      if let model = project.model(id), model.materialization == .ephemeral {
        ephemeral.add(id)
        return .relation(Relation(commonTable: Self.commonTableName(model)))
      }
      guard let relation = relation(id) else { return .undefined(name) }
      return .relation(relation)
    }
    scope.source = { source, table in
      guard let relation = project.sourceReference(source, table).flatMap(relation) else {
        throw TemplateFilters.Refusal(
          "source('\(source)', '\(table)') names no enabled table of a source", code: .undefined)
      }
      return .relation(relation)
    }
    scope.columns = { relation in
      guard let found = columns[relation] else { throw ColumnsNeeded(relation: relation) }
      return found
    }
    return scope
  }

  // MARK: - Tests

  /// The query of a test: the rows that break the rule.
  func sql(of test: DataTest) throws -> String {
    let ephemeral = EphemeralReferences()
    var scope = executingScope(test.configuration, ephemeral)
    scope.storesFailures = test.storesFailures || showsWholeRows
    let text: String
    switch test.kind {
    case .singular(let template, _):
      text = try TemplateEvaluator.render(template, macros: project.environment.macros, lookup: scope.lookup)
    case .generic(let name, let package, let arguments):
      guard let macro = project.environment.macros.macro("test_" + name, package: package) else {
        throw ModelError(
          .unsupported, "the data test `\(name)` is not known to the project", at: test.position)
      }
      var call = TemplateCall(named: [("model", .string(try testedRelation(of: test, scope)))])
      for argument in arguments {
        call.named.append((argument.key, try self.argument(argument, of: test, scope)))
      }
      do {
        text = try TemplateEvaluator.call(
          macro, call, macros: project.environment.macros, lookup: scope.lookup
        ).text
      } catch let error as ModelError where !project.environment.macros.isOwn(macro.name) {
        throw ModelError(error.code, error.message, at: test.position)
      }
    }
    var tables = CommonTables()
    for id in ephemeral.ids where !tables.isHeld(id) {
      guard let model = project.model(id) else { continue }
      tables.add(id, name: Self.commonTableName(model), sql: try body(of: model, into: &tables))
    }
    return tables.prepended(to: text)
  }

  /// The arguments of a generic test with their templates rendered.
  func arguments(of test: DataTest) throws -> [String: TemplateValue] {
    guard case .generic(_, _, let arguments) = test.kind else { return [:] }
    let scope = executingScope(test.configuration, EphemeralReferences())
    return try Dictionary(
      arguments.map { ($0.key, try argument($0, of: test, scope)) }, uniquingKeysWith: { _, last in last })
  }

  private func argument(
    _ argument: ConfigurationValue.Entry, of test: DataTest, _ scope: NodeScope
  ) throws -> TemplateValue {
    try TestArguments.value(
      argument, at: test.position, macros: project.environment.macros, lookup: scope.lookup)
  }

  /// The relation a test reads, wrapped where the test has a `where`.
  private func testedRelation(of test: DataTest, _ scope: NodeScope) throws -> String {
    guard let id = test.attachedNode else { return "" }
    let name: String
    if let model = project.model(id), model.materialization == .ephemeral {
      name = try scope.reference(nil, model.name).text
    } else {
      name = relation(id)?.description ?? ""
    }
    guard let filter = test.filter, !filter.isEmpty else { return name }
    // SQL-safe: a quoted relation and the test's own filter, out of the project.
    return "(select * from \(name) where \(filter)) dbt_subquery"
  }
}

/// The ephemeral models a template referred to, in the order it did.
private final class EphemeralReferences {
  private(set) var ids: [String] = []

  func add(_ id: String) {
    if !ids.contains(id) { ids.append(id) }
  }
}

/// The common table expressions a statement needs, each after those it reads.
private struct CommonTables {
  private var tables: [(id: String, name: String, sql: String)] = []
  var open: Set<String> = []

  func isHeld(_ id: String) -> Bool {
    tables.contains { $0.id == id }
  }

  mutating func add(_ id: String, name: String, sql: String) {
    if !isHeld(id) { tables.append((id, name, sql)) }
  }

  func prepended(to sql: String) -> String {
    guard !tables.isEmpty else { return sql }
    let list = tables.map { " \($0.name) as (\n\($0.sql)\n)" }.joined(separator: ", ")
    let scan = SQLScan(sql)
    guard let afterWith = scan.endOfLeadingWord("with") else {
      return "with " + list + " " + sql
    }
    let isRecursive = scan.endOfLeadingWord("recursive", from: afterWith)
    let insertion = isRecursive ?? afterWith
    return scan.prefix(insertion) + list + ", " + scan.suffix(insertion)
  }
}
