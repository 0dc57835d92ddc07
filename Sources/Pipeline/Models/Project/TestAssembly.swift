/// Data tests: generic ones out of properties files, singular ones out of their own.
extension ProjectReader {
  enum TestedNode {
    case node(id: String, name: String, layer: DataTest.Layer)
    case source(name: String, table: String)
  }

  func genericTests(
    _ declarations: [PropertiesFile.TestDeclaration], of node: TestedNode, _ known: KnownNames,
    _ ids: [String: String],
    _ sourceIDs: Set<String>
  ) throws -> [DataTest] {
    try declarations.compactMap { declaration in
      let test = try genericTest(declaration, of: node, known, ids, sourceIDs)
      return test.configuration.isEnabled ? test : nil
    }
  }

  func genericTest(
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

  func singularTest(
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
