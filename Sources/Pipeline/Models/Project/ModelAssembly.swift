/// Models: their configuration, relation and dependencies.
extension ProjectReader {
  struct ModelDraft {
    let file: NodeFile
    let template: Template
    let notes: ReadingNotes
  }

  func draft(_ file: NodeFile, known: KnownNames) throws -> ModelDraft {
    var configuration = NodeConfiguration()
    configuration.merge(try entries(settings.configuration(.models, path: file.path)))
    configuration.merge(try entries(modelPatches[file.name]?.configuration ?? []))
    let template = try TemplateParser.parse(file: file.file, text: file.text)
    return ModelDraft(
      file: file, template: template,
      notes: try notes(template, configuration: configuration, known: known))
  }

  func model(_ draft: ModelDraft, ids: [String: String], sourceIDs: Set<String>) throws -> Model {
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

  func refuseConfiguration(_ configuration: NodeConfiguration, at position: FilePosition)
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

  func dependencies(
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
  func relation(id: String, _ kind: String, _ file: NodeFile, _ configuration: NodeConfiguration)
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
}
