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
  func notes(
    _ template: Template, configuration: NodeConfiguration, known: KnownNames
  ) throws -> ReadingNotes {
    let notes = ReadingNotes(configuration)
    _ = try TemplateEvaluator.render(
      template, macros: environment.macros, lookup: readingScope(notes, known).lookup)
    return notes
  }

  func readingScope(_ notes: ReadingNotes, _ known: KnownNames) -> NodeScope {
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

  var knownNames: KnownNames {
    KnownNames(
      nodes: Set(modelFiles.map(\.name) + seedFiles.map(\.name)),
      sources: Set(
        sourceProperties.flatMap { entry in entry.source.tables.map { entry.source.name + "." + $0.name } }))
  }

  // MARK: - Assembly

  func project() throws -> Project {
    let known = knownNames
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

  func checkPatches(_ known: KnownNames) throws(ModelError) {
    for patch in [modelPatches, seedPatches].flatMap(\.values) where !known.nodes.contains(patch.name) {
      throw ModelError(
        .project, "`\(patch.name)` is described here, but no file of that name exists", at: patch.position)
    }
  }

  func checkRelations(_ models: [Model], _ seeds: [Seed]) throws(ModelError) {
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

  func checkTests(_ tests: [DataTest]) throws(ModelError) {
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
}
