/// Writes `target/manifest.json` in dbt's schema version 12.
public struct Manifest: Sendable {
  let project: Project
  let graph: ProjectGraph
  /// SQL with published names, by id; nodes that were not compiled are left out.
  let compiled: [String: String]
  let generatedAt: Double
  private let uses: MacroUses

  public init(_ project: Project, _ graph: ProjectGraph, compiled: [String: String], generatedAt: Double) {
    self.project = project
    self.graph = graph
    self.compiled = compiled
    self.generatedAt = generatedAt
    uses = MacroUses(project)
  }

  static func metadata(_ schema: String, _ project: Project, generatedAt: Double) -> [(String, JSONText)] {
    [
      ("dbt_schema_version", .string("https://schemas.getdbt.com/dbt/\(schema).json")),
      ("dbt_version", .string(ModelEngine.dbtVersion)),
      ("generated_at", .string(UTCTime.text(generatedAt, style: .isoMicroseconds))),
      ("invocation_id", .string(project.environment.invocationID)), ("env", .object([])),
    ]
  }

  /// The whole document.
  public func text() -> String {
    let project = project
    var metadata = Self.metadata("manifest/v12", project, generatedAt: generatedAt)
    metadata += [("project_name", .string(project.settings.name)), ("adapter_type", .string("postgres"))]
    var nodes: [(String, JSONText)] = []
    for model in project.models { nodes.append((model.id, node(model))) }
    for seed in project.seeds { nodes.append((seed.id, node(seed))) }
    for test in project.tests { nodes.append((test.id, node(test))) }
    let sources = project.sources.map { ($0.id, source($0)) }
    let docs = project.documentationBlocks.sorted { $0.key < $1.key }.map { name, text in
      let id = "doc.\(project.settings.name).\(name)"
      return (
        id,
        JSONText.object([
          ("unique_id", .string(id)), ("name", .string(name)), ("resource_type", .string("doc")),
          ("package_name", .string(project.settings.name)), ("block_contents", .string(text)),
        ])
      )
    }
    let macros = project.environment.macros.all.map { package, macro in
      (MacroUses.id(package, macro.name), self.macro(macro, package))
    }
    func edges(_ edges: (String) -> [String]) -> JSONText {
      .object(graph.order.map { ($0, .array(edges($0).map { .string($0) })) })
    }
    return JSONText.object([
      ("metadata", .object(metadata)), ("nodes", .object(nodes)), ("sources", .object(sources)),
      ("macros", .object(macros)), ("docs", .object(docs)), ("exposures", .object([])),
      ("metrics", .object([])),
      ("groups", .object([])), ("selectors", .object([])), ("disabled", .object([])),
      ("parent_map", edges(graph.parents)), ("child_map", edges(graph.children)), ("group_map", .object([])),
      ("saved_queries", .object([])), ("semantic_models", .object([])), ("unit_tests", .object([])),
      ("functions", .object([])),
    ]).text
  }

  // MARK: - Nodes

  private func common(
    _ id: String, _ type: String, _ name: String, path: [String], file: String,
    configuration: NodeConfiguration
  ) -> [(String, JSONText)] {
    [
      ("unique_id", .string(id)), ("resource_type", .string(type)), ("name", .string(name)),
      ("package_name", .string(project.settings.name)), ("path", .string(Self.withoutRoot(file))),
      ("original_file_path", .string(file)), ("fqn", .array(path.map { .string($0) })),
      ("tags", .array(configuration.tags.map { .string($0) })),
      ("meta", configuration["meta"]?.json ?? .object([])),
      ("unrendered_config", .object(configuration.entries.map { ($0.key, $0.value.json) })),
      ("created_at", .number(generatedAt)),
    ]
  }

  private static func withoutRoot(_ file: String) -> String {
    file.firstIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file
  }

  private func place(_ relation: Relation) -> [(String, JSONText)] {
    [
      ("database", .string(relation.database)), ("schema", .string(relation.schema)),
      ("alias", .string(relation.identifier)), ("relation_name", .string(relation.description)),
    ]
  }

  private func documented(_ documentation: NodeDocumentation) -> [(String, JSONText)] {
    let columns = documentation.columns.map { column in
      (
        column.name,
        JSONText.object([
          ("name", .string(column.name)), ("description", .string(column.description)), ("meta", .object([])),
          ("data_type", JSONText(column.dataType)), ("constraints", .array([])), ("quote", .null),
          ("tags", .array([])),
        ])
      )
    }
    return [("description", .string(documentation.description)), ("columns", .object(columns))]
  }

  private func configuration(
    _ configuration: NodeConfiguration, materialized: String, _ more: [(String, JSONText)] = []
  ) -> JSONText {
    var members: [(String, JSONText)] = [
      ("enabled", .boolean(true)), ("materialized", .string(materialized)), ("tags", .array([])),
      ("meta", .object([])),
    ]
    members += more
    for entry in configuration.entries {
      if let index = members.firstIndex(where: { $0.0 == entry.key }) {
        members[index].1 = entry.value.json
      } else {
        members.append((entry.key, entry.value.json))
      }
    }
    return .object(members)
  }

  private func checksum(_ text: String) -> JSONText {
    .object([
      ("name", .string("sha256")), ("checksum", .string(Crypto.sha256Hex(TemplateFilters.trimmed(text)))),
    ])
  }

  private func compiledCode(_ id: String, raw: String) -> [(String, JSONText)] {
    var members: [(String, JSONText)] = [("language", .string("sql")), ("raw_code", .string(raw))]
    if let sql = compiled[id] {
      members += [
        ("compiled", .boolean(true)), ("compiled_code", .string(sql)),
        ("extra_ctes_injected", .boolean(true)),
      ]
    }
    return members + [("extra_ctes", .array([]))]
  }

  private func dependencies(of id: String, _ nodes: [String]) -> (String, JSONText) {
    let macros = uses.direct(of: id).map { JSONText.string($0) }
    return (
      "depends_on", .object([("macros", .array(macros)), ("nodes", .array(nodes.map { .string($0) }))])
    )
  }

  private func macro(_ macro: TemplateMacro, _ package: String) -> JSONText {
    let docs = JSONText.object([("show", .boolean(true)), ("node_color", .null)])
    let id = MacroUses.id(package, macro.name)
    return .object([
      ("name", .string(macro.name)), ("resource_type", .string("macro")), ("package_name", .string(package)),
      ("path", .string(macro.source.file)), ("original_file_path", .string(macro.source.file)),
      ("unique_id", .string(id)), ("macro_sql", .string(macro.text)),
      ("depends_on", .object([("macros", .array(uses.direct(of: id).map { .string($0) }))])),
      ("description", .string("")), ("meta", .object([])), ("docs", docs),
      ("config", .object([("meta", .object([])), ("docs", docs)])), ("patch_path", .null),
      ("arguments", .array([])), ("created_at", .number(generatedAt)), ("supported_languages", .null),
    ])
  }

  private func node(_ model: Model) -> JSONText {
    var members = common(
      model.id, "model", model.name, path: model.path, file: model.file, configuration: model.configuration)
    members += place(model.relation) + documented(model.documentation)
    members += [
      ("checksum", checksum(model.text)),
      ("config", configuration(model.configuration, materialized: model.materialization.rawValue)),
      dependencies(of: model.id, model.dependencies),
    ]
    return .object(members + compiledCode(model.id, raw: TemplateFilters.trimmed(model.text)))
  }

  private func node(_ seed: Seed) -> JSONText {
    var members = common(
      seed.id, "seed", seed.name, path: seed.path, file: seed.file, configuration: seed.configuration)
    members += place(seed.relation) + documented(seed.documentation)
    members += [
      ("checksum", .object([("name", .string("sha256")), ("checksum", .string(seed.digest))])),
      ("config", configuration(seed.configuration, materialized: "seed")), ("raw_code", .string("")),
      ("depends_on", .object([("macros", .array([]))])),
    ]
    return .object(members)
  }

  private func node(_ test: DataTest) -> JSONText {
    var members = common(
      test.id, "test", test.name, path: test.path, file: test.file, configuration: test.configuration)
    let schema = DataTest.failuresSchema(of: test, project.target)
    members += [
      ("database", .string(project.target.database)), ("schema", .string(schema)),
      ("alias", .string(test.alias)),
      ("relation_name", .null), ("description", .string(test.description)), ("columns", .object([])),
      ("checksum", .object([("name", .string("none")), ("checksum", .string(""))])),
      (
        "config",
        configuration(
          test.configuration, materialized: "test",
          [
            ("severity", .string("ERROR")), ("store_failures", .null), ("where", .null), ("limit", .null),
            ("fail_calc", .string("count(*)")), ("warn_if", .string("!= 0")), ("error_if", .string("!= 0")),
          ])
      ),
      dependencies(of: test.id, test.dependencies),
    ]
    var raw = ""
    switch test.kind {
    case .singular(_, let text): raw = TemplateFilters.trimmed(text)
    case .generic(let name, let package, let arguments):
      raw = "{{ \((package.map { $0 + "." } ?? "") + "test_" + name)(**_dbt_generic_test_kwargs) }}"
      members += [
        ("column_name", JSONText(test.columnName)), ("attached_node", JSONText(test.attachedNode)),
        (
          "test_metadata",
          .object([
            ("name", .string(name)), ("namespace", JSONText(package)),
            ("kwargs", .object(arguments.map { ($0.key, $0.value.json) })),
          ])
        ),
      ]
    }
    return .object(members + compiledCode(test.id, raw: raw))
  }

  private func source(_ source: SourceTable) -> JSONText {
    var members = common(
      source.id, "source", source.name, path: source.path, file: source.file,
      configuration: source.configuration)
    members += documented(source.documentation)
    members += [
      ("source_name", .string(source.sourceName)), ("source_description", .string("")),
      ("loader", .string(source.loader)),
      ("database", .string(source.relation.database)), ("schema", .string(source.relation.schema)),
      ("identifier", .string(source.relation.identifier)),
      ("relation_name", .string(source.relation.description)),
      ("config", configuration(source.configuration, materialized: "source")),
      ("loaded_at_field", JSONText(source.freshness?.loadedAtField)),
      ("freshness", source.freshness.map(freshness) ?? .null),
    ]
    return .object(members)
  }

  private func freshness(_ freshness: SourceFreshness) -> JSONText {
    func threshold(_ threshold: SourceFreshness.Threshold?) -> JSONText {
      .object([
        ("count", threshold.map { .integer($0.count) } ?? .null), ("period", JSONText(threshold?.period)),
      ])
    }
    return .object([
      ("warn_after", threshold(freshness.warnAfter)), ("error_after", threshold(freshness.errorAfter)),
      ("filter", JSONText(freshness.filter)),
    ])
  }
}

extension DataTest {
  /// The schema that holds a test's stored failures.
  static func failuresSchema(of test: DataTest, _ target: ModelTarget) -> String {
    target.schema + "_" + (test.configuration.schema ?? "dbt_test__audit")
  }
}
