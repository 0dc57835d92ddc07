import Postgres

/// What a template told while the project was read: what it refers to and how it configures itself.
final class ReadingNotes {
  var references: [(package: String?, name: String)] = []
  var sources: [(source: String, table: String)] = []
  var configuration: NodeConfiguration

  init(_ configuration: NodeConfiguration) {
    self.configuration = configuration
  }
}

extension ProjectReader {
  /// A node's template run once with nothing but names, to learn its references and configuration.
  private func notes(
    _ template: Template, configuration: NodeConfiguration, known: KnownNames
  ) throws -> ReadingNotes {
    let notes = ReadingNotes(configuration)
    _ = try TemplateEvaluator.render(
      template, macros: environment.macros, lookup: readingScope(notes, known).lookup)
    return notes
  }

  private func readingScope(_ notes: ReadingNotes, _ known: KnownNames) -> NodeScope {
    let target = environment.target
    let projectName = settings.name
    var scope = scope()
    scope.this = try? Relation(database: target.database, schema: target.schema, identifier: "this")
    scope.reference = { package, name in
      guard package == nil || package == projectName else {
        throw TemplateFilters.Refusal(
          "the package `\(package ?? "")` is not part of the project", code: .unsupported)
      }
      guard known.nodes.contains(name) else {
        throw TemplateFilters.Refusal(
          "ref('\(name)') names no model or seed of the project", code: .undefined)
      }
      notes.references.append((package, name))
      return .relation(try Relation(database: target.database, schema: target.schema, identifier: name))
    }
    scope.source = { source, table in
      guard known.sources.contains(source + "." + table) else {
        throw TemplateFilters.Refusal(
          "source('\(source)', '\(table)') names no table of a source in the project", code: .undefined)
      }
      notes.sources.append((source, table))
      return .relation(try Relation(database: target.database, schema: source, identifier: table))
    }
    scope.onConfiguration = { notes.configuration.merge($0) }
    scope.configuration = notes.configuration
    scope.columns = { _ in [] }
    return scope
  }

  struct KnownNames {
    let nodes: Set<String>
    let sources: Set<String>
  }

  // MARK: - Assembly

  func project() throws -> Project {
    let known = KnownNames(
      nodes: Set(modelFiles.map(\.name) + seedFiles.map(\.name)),
      sources: Set(
        sourceProperties.flatMap { entry in entry.source.tables.map { entry.source.name + "." + $0.name } }))
    try checkPatches(known)
    let sources = try sourceProperties.flatMap { try sourceTables($0.source, file: $0.file) }.filter(
      \.configuration.isEnabled)
    let seeds = try seedFiles.map(seed).filter(\.configuration.isEnabled)
    let drafts = try modelFiles.map { try draft($0, known: known) }
    let enabledDrafts = drafts.filter(\.notes.configuration.isEnabled)
    var ids: [String: String] = [:]
    for seed in seeds { ids[seed.name] = seed.id }
    for draft in enabledDrafts { ids[draft.file.name] = "model.\(settings.name).\(draft.file.name)" }
    let sourceIDs = Set(sources.map(\.id))
    let models = try enabledDrafts.map { try model($0, ids: ids, sourceIDs: sourceIDs) }
    try checkRelations(models, seeds)
    var tests: [DataTest] = []
    for file in modelFiles {
      guard let id = ids[file.name], let patch = modelPatches[file.name] else { continue }
      let layer = Self.layer(file.path)
      tests += try genericTests(
        patch.tests, of: .node(id: id, name: file.name, layer: layer), known, ids, sourceIDs)
    }
    for seed in seeds {
      guard let patch = seedPatches[seed.name] else { continue }
      tests += try genericTests(
        patch.tests, of: .node(id: seed.id, name: seed.name, layer: .source), known, ids, sourceIDs)
    }
    for entry in sourceProperties {
      for table in entry.source.tables where sourceIDs.contains(sourceID(entry.source.name, table.name)) {
        tests += try genericTests(
          table.tests, of: .source(name: entry.source.name, table: table.name), known, ids, sourceIDs)
      }
    }
    tests += try singularFiles.compactMap { try singularTest($0, known, ids, sourceIDs) }
    try checkTests(tests)
    return Project(
      settings: settings, directory: files.directory, models: models, seeds: seeds, sources: sources,
      tests: tests,
      notices: notices, documentationBlocks: documentationBlocks, environment: environment)
  }

  private func checkPatches(_ known: KnownNames) throws(ModelError) {
    for patch in [modelPatches, seedPatches].flatMap(\.values) where !known.nodes.contains(patch.name) {
      throw ModelError(
        .project, "`\(patch.name)` is described here, but no file of that name exists", at: patch.position)
    }
  }

  private func checkRelations(_ models: [Model], _ seeds: [Seed]) throws(ModelError) {
    var owners: [Relation: String] = [:]
    for (relation, file) in models.filter({ $0.materialization != .ephemeral }).map({ ($0.relation, $0.file) }
    )
      + seeds.map({ ($0.relation, $0.file) })
    {
      if let other = owners.updateValue(file, forKey: relation) {
        throw ModelError(
          .project, "builds the same relation as \(other): give one of them another alias or schema",
          at: FilePosition(file: file, line: 1, column: 1))
      }
    }
  }

  private func checkTests(_ tests: [DataTest]) throws(ModelError) {
    var positions: [String: FilePosition] = [:]
    for test in tests {
      if let other = positions.updateValue(test.position, forKey: test.id) {
        throw ModelError(
          .project,
          "the test `\(test.name)` stands already at \(other.file):\(other.line); give one of them a `name`",
          at: test.position)
      }
    }
  }

  static func layer(_ path: [String]) -> DataTest.Layer {
    path.dropLast().contains { $0.lowercased() == "staging" } ? .staging : .marts
  }

  // MARK: - Sources and seeds

  private func sourceID(_ source: String, _ table: String) -> String {
    "source.\(settings.name).\(source).\(table)"
  }

  private func sourceTables(_ source: PropertiesFile.Source, file: String) throws -> [SourceTable] {
    let target = environment.target
    let schema = try source.schema.map { try rendered($0).templateValue.text } ?? source.name
    let database = try source.database.map { try rendered($0).templateValue.text } ?? target.database
    return try source.tables.map { table in
      let folders = file.split(separator: "/").dropFirst().dropLast().map(String.init)
      let path = folders + [source.name, table.name]
      var configuration = NodeConfiguration()
      configuration.merge(try entries(settings.configuration(.sources, path: path)))
      configuration.merge(try entries(source.configuration))
      configuration.merge(try entries(table.configuration))
      let identifier = try table.identifier.map { try rendered($0).templateValue.text } ?? table.name
      return SourceTable(
        id: sourceID(source.name, table.name), sourceName: source.name, name: table.name,
        path: [settings.name] + path, file: file,
        relation: try Relation(database: database, schema: schema, identifier: identifier),
        loader: source.loader,
        configuration: configuration, documentation: try documentation(table.documentation),
        freshness: try freshness(source, table))
    }
  }

  private func freshness(_ source: PropertiesFile.Source, _ table: PropertiesFile.Table) throws
    -> SourceFreshness?
  {
    if let own = table.freshness, own.isNull { return nil }
    guard let field = table.loadedAtField ?? source.loadedAtField else { return nil }
    let nodes = [table.freshness, source.freshness].compactMap(\.self)
    guard !nodes.isEmpty else { return nil }
    func threshold(_ key: String) throws -> SourceFreshness.Threshold? {
      for node in nodes {
        guard let found = node[key] else { continue }
        if found.isNull { return nil }
        guard case .integer(let count)? = found["count"]?.value, let period = found["period"]?.value.string,
          ["minute", "hour", "day"].contains(period)
        else { throw found.failure("`\(key)` needs a `count` and a `period` of minute, hour or day") }
        return SourceFreshness.Threshold(count: count, period: period)
      }
      return nil
    }
    let filter = try nodes.compactMap { try $0["filter"].optionalText("filter") }.first
    let freshness = SourceFreshness(
      loadedAtField: field, warnAfter: try threshold("warn_after"), errorAfter: try threshold("error_after"),
      filter: filter)
    return freshness.warnAfter == nil && freshness.errorAfter == nil ? nil : freshness
  }

  private func seed(_ file: NodeFile) throws -> Seed {
    var configuration = NodeConfiguration()
    configuration.merge(try entries(settings.configuration(.seeds, path: file.path)))
    let patch = seedPatches[file.name]
    configuration.merge(try entries(patch?.configuration ?? []))
    let id = "seed.\(settings.name).\(file.name)"
    return Seed(
      id: id, name: file.name, path: [settings.name] + file.path, file: file.file,
      relation: try relation(id: id, "seed", file, configuration), configuration: configuration,
      documentation: try documentation(patch?.documentation ?? NodeDocumentation()),
      digest: Crypto.sha256Hex(file.text))
  }

  // MARK: - Models

  struct ModelDraft {
    let file: NodeFile
    let template: Template
    let notes: ReadingNotes
  }

  private func draft(_ file: NodeFile, known: KnownNames) throws -> ModelDraft {
    var configuration = NodeConfiguration()
    configuration.merge(try entries(settings.configuration(.models, path: file.path)))
    configuration.merge(try entries(modelPatches[file.name]?.configuration ?? []))
    let template = try TemplateParser.parse(file: file.file, text: file.text)
    return ModelDraft(
      file: file, template: template,
      notes: try notes(template, configuration: configuration, known: known))
  }

  private func model(_ draft: ModelDraft, ids: [String: String], sourceIDs: Set<String>) throws -> Model {
    let file = draft.file
    let configuration = draft.notes.configuration
    let position = FilePosition(file: file.file, line: 1, column: 1)
    let kind = configuration["materialized"]?.string ?? "view"
    guard let materialization = Model.Materialization(rawValue: kind) else {
      throw ModelError(
        .unsupported,
        "the materialisation `\(kind)` is not supported; use view, table, incremental or ephemeral",
        at: position)
    }
    try refuseConfiguration(configuration, at: position)
    let id = "model.\(settings.name).\(file.name)"
    return Model(
      id: id, name: file.name, path: [settings.name] + file.path, file: file.file,
      relation: try relation(id: id, "model", file, configuration), materialization: materialization,
      configuration: configuration,
      documentation: try documentation(modelPatches[file.name]?.documentation ?? NodeDocumentation()),
      dependencies: try dependencies(draft.notes, ids, sourceIDs, at: position),
      template: draft.template, text: file.text)
  }

  private func refuseConfiguration(_ configuration: NodeConfiguration, at position: FilePosition)
    throws(ModelError)
  {
    if configuration["contract"]?["enforced"]?.boolean == true {
      throw ModelError(.unsupported, "an enforced contract is not supported", at: position)
    }
    if let database = configuration.database, database != environment.target.database {
      throw ModelError(
        .unsupported, "a model in another database is not possible in PostgreSQL", at: position)
    }
    if configuration["unlogged"]?.boolean == true || configuration["sql_header"]?.string != nil {
      throw ModelError(.unsupported, "`unlogged` and `sql_header` are not supported", at: position)
    }
  }

  private func dependencies(
    _ notes: ReadingNotes, _ ids: [String: String], _ sourceIDs: Set<String>, at position: FilePosition
  ) throws(ModelError) -> [String] {
    var dependencies: [String] = []
    for reference in notes.references {
      guard let id = ids[reference.name] else {
        throw ModelError(.undefined, "ref('\(reference.name)') names a node that is disabled", at: position)
      }
      if !dependencies.contains(id) { dependencies.append(id) }
    }
    for source in notes.sources {
      let id = sourceID(source.source, source.table)
      guard sourceIDs.contains(id) else {
        throw ModelError(
          .undefined, "source('\(source.source)', '\(source.table)') names a table that is disabled",
          at: position)
      }
      if !dependencies.contains(id) { dependencies.append(id) }
    }
    return dependencies
  }

  /// The relation of a model or seed: dbt's schema rule, or the project's own macros in its place.
  private func relation(id: String, _ kind: String, _ file: NodeFile, _ configuration: NodeConfiguration)
    throws -> Relation
  {
    let target = environment.target
    let node: [(String, TemplateValue)] = [
      ("unique_id", .string(id)), ("resource_type", .string(kind)), ("name", .string(file.name)),
      ("package_name", .string(settings.name)), ("original_file_path", .string(file.file)),
      ("fqn", .list(TemplateList(([settings.name] + file.path).map { .string($0) }))),
      (
        "config",
        .dictionary(TemplateDictionary(configuration.entries.map { ($0.key, $0.value.templateValue) }))
      ),
    ]
    func own(_ macro: String, _ custom: String?) throws -> String? {
      guard environment.macros.isOwn(macro), let definition = environment.macros.macro(macro) else {
        return nil
      }
      let call = TemplateCall(
        positional: [custom.map { .string($0) } ?? TemplateValue.none, .dictionary(TemplateDictionary(node))])
      let value = try TemplateEvaluator.call(
        definition, call, macros: environment.macros, lookup: scope().lookup)
      return TemplateFilters.trimmed(value.text)
    }
    let schema =
      try own("generate_schema_name", configuration.schema)
      ?? configuration.schema.map { target.schema + "_" + TemplateFilters.trimmed($0) } ?? target.schema
    let alias = try own("generate_alias_name", configuration.alias) ?? configuration.alias ?? file.name
    do {
      return try Relation(database: target.database, schema: schema, identifier: alias)
    } catch {
      throw ModelError(.project, error.description, at: FilePosition(file: file.file, line: 1, column: 1))
    }
  }

  // MARK: - Tests

  enum TestedNode {
    case node(id: String, name: String, layer: DataTest.Layer)
    case source(name: String, table: String)
  }

  private func genericTests(
    _ declarations: [PropertiesFile.TestDeclaration], of node: TestedNode, _ known: KnownNames,
    _ ids: [String: String],
    _ sourceIDs: Set<String>
  ) throws -> [DataTest] {
    try declarations.compactMap { declaration in
      let test = try genericTest(declaration, of: node, known, ids, sourceIDs)
      return test.configuration.isEnabled ? test : nil
    }
  }

  private func genericTest(
    _ declaration: PropertiesFile.TestDeclaration, of node: TestedNode, _ known: KnownNames,
    _ ids: [String: String],
    _ sourceIDs: Set<String>
  ) throws -> DataTest {
    guard environment.macros.macro("test_" + declaration.test, package: declaration.package) != nil else {
      let name = (declaration.package.map { $0 + "." } ?? "") + declaration.test
      throw ModelError(
        .unsupported, "the data test `\(name)` is not known to the project", at: declaration.position)
    }
    let nodeName: String
    let modelText: String
    let attachedNode: String
    let layer: DataTest.Layer
    var isSource = false
    switch node {
    case .node(let id, let name, let nodeLayer):
      (nodeName, modelText, attachedNode, layer) = (name, "ref('\(name)')", id, nodeLayer)
    case .source(let name, let table):
      (nodeName, modelText) = (name + "_" + table, "source('\(name)', '\(table)')")
      (attachedNode, layer, isSource) = (sourceID(name, table), .source, true)
    }
    let generated = try TestName.generated(
      test: declaration.test, package: declaration.package, isSource: isSource, node: nodeName,
      arguments: declaration.arguments)
    let name = declaration.customName ?? generated.full
    var configuration = NodeConfiguration()
    let folders = declaration.position.file.split(separator: "/").dropFirst().dropLast().map(String.init)
    configuration.merge(try entries(settings.configuration(.tests, path: folders + [name])))
    configuration.merge(try entries(declaration.configuration))
    let hash = try TestName.hash(
      name: name, test: declaration.test, package: declaration.package,
      modelText: "{{ get_where_subquery(\(modelText)) }}", arguments: declaration.arguments)
    let notes = ReadingNotes(configuration)
    if case .node(_, let name, _) = node { notes.references.append((nil, name)) }
    if case .source(let name, let table) = node { notes.sources.append((name, table)) }
    let scope = readingScope(notes, known)
    for argument in declaration.arguments {
      _ = try TestArguments.value(
        argument, at: declaration.position, macros: environment.macros, lookup: scope.lookup)
    }
    return DataTest(
      id: "test.\(settings.name).\(name).\(hash)", name: name,
      alias: configuration.alias ?? declaration.customName ?? generated.short,
      path: [settings.name] + folders + [name], file: declaration.position.file,
      kind: .generic(name: declaration.test, package: declaration.package, arguments: declaration.arguments),
      attachedNode: attachedNode, columnName: declaration.columnName, configuration: configuration,
      description: declaration.description,
      dependencies: try dependencies(notes, ids, sourceIDs, at: declaration.position), layer: layer,
      isNamed: declaration.customName != nil, position: declaration.position)
  }

  private func singularTest(
    _ file: NodeFile, _ known: KnownNames, _ ids: [String: String], _ sourceIDs: Set<String>
  ) throws -> DataTest? {
    var configuration = NodeConfiguration()
    configuration.merge(try entries(settings.configuration(.tests, path: file.path)))
    let patch = singularPatches[file.name]
    configuration.merge(try entries(patch?.configuration ?? []))
    let template = try TemplateParser.parse(file: file.file, text: file.text)
    let notes = try notes(template, configuration: configuration, known: known)
    guard notes.configuration.isEnabled else { return nil }
    let position = FilePosition(file: file.file, line: 1, column: 1)
    return DataTest(
      id: "test.\(settings.name).\(file.name)", name: file.name,
      alias: notes.configuration.alias ?? file.name,
      path: [settings.name] + file.path, file: file.file, kind: .singular(template, text: file.text),
      attachedNode: nil,
      columnName: nil, configuration: notes.configuration,
      description: try documentation(patch?.documentation ?? NodeDocumentation()).description,
      dependencies: try dependencies(notes, ids, sourceIDs, at: position), layer: .singular,
      isNamed: true, position: position)
  }
}
