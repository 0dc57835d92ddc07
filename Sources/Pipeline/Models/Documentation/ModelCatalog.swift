import Postgres

/// The pages of a project's models, seeds and sources.
public struct ModelCatalog: Sendable {
  /// Types of published columns, in the order of the table.
  var columns: [Relation: [PublishedRelation.Column]] = [:]
  /// What each test said last, by its name.
  var results: [String: ModelPage.Result] = [:]

  /// A catalogue of what the project's files say alone.
  public init() {}

  /// Every page, with the types of published columns and the last results of the tests.
  ///
  /// Two statements, whatever the size of the project. A database without a run log answers without results.
  /// - Throws: ``ModelError`` for models that read each other in a circle, `PostgresError`.
  public static func read(project: Project, from connection: Connection) async throws -> [ModelPage] {
    var catalog = ModelCatalog()
    let schemas = project.models.map(\.relation.schema) + project.seeds.map(\.relation.schema)
    catalog.columns = try await PublishedRelation.columns(
      in: Set(schemas + project.sources.map(\.relation.schema)), connection)
    catalog.results = try await TestHistory.latest(from: connection)
    return try catalog.pages(of: project)
  }

  /// Every page in the order of the graph: what is read stands before what reads it.
  /// - Throws: ``ModelError`` for models that read each other in a circle.
  public func pages(of project: Project) throws(ModelError) -> [ModelPage] {
    let graph = try ProjectGraph(project)
    let lineage = Lineage(project, graph)
    let tests = TestsByPlace(project, results)
    return graph.order.compactMap { page($0, project, graph, lineage, tests) }
  }

  private func page(
    _ id: String, _ project: Project, _ graph: ProjectGraph, _ lineage: Lineage, _ tests: TestsByPlace
  ) -> ModelPage? {
    guard let node = lineage.neighbour(id) else { return nil }
    let file: String
    let documentation: NodeDocumentation
    let configuration: NodeConfiguration
    var sql = ""
    if let model = project.model(id) {
      (file, documentation, configuration) = (model.file, model.documentation, model.configuration)
      sql = model.text
    } else if let seed = project.seeds.first(where: { $0.id == id }) {
      (file, documentation, configuration) = (seed.file, seed.documentation, seed.configuration)
    } else if let source = project.sources.first(where: { $0.id == id }) {
      (file, documentation, configuration) = (source.file, source.documentation, source.configuration)
    } else {
      return nil
    }
    let relation = project.relation(id)
    let published = relation.flatMap { columns[$0] } ?? []
    let types = Dictionary(published.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    let described = documentation.columns.map { column in
      ModelPage.Column(
        name: column.name, type: types[column.name] ?? column.dataType, description: column.description,
        tests: tests.of(id, column.name))
    }
    let names = Set(described.map(\.name))
    let others = published.filter { !names.contains($0.name) }.map {
      ModelPage.Column(name: $0.name, type: $0.type, description: "", tests: tests.of(id, $0.name))
    }
    return ModelPage(
      id: id, name: node.name, kind: node.kind,
      relation: node.kind == "ephemeral" ? nil : relation.map { $0.schema + "." + $0.identifier },
      file: file, tags: configuration.tags, description: documentation.description,
      columns: described + others, tests: tests.ofWhole(id),
      upstream: graph.parents(of: id).compactMap(lineage.neighbour),
      downstream: lineage.readers(of: id).compactMap(lineage.neighbour), lineage: lineage.lines(of: id),
      sql: sql)
  }
}

/// The tests of a project by what they watch.
private struct TestsByPlace {
  private struct Place: Hashable {
    let node: String
    let column: String?
  }

  private var tests: [Place: [ModelPage.Test]] = [:]

  init(_ project: Project, _ results: [String: ModelPage.Result]) {
    for test in project.tests {
      let page = ModelPage.Test(
        name: test.name, label: test.label, description: test.description, isWarning: test.severity == .warn,
        lastResult: results[test.name])
      // A singular test watches everything it reads.
      let nodes = test.attachedNode.map { [$0] } ?? test.dependencies
      let column = test.columnName.map(Self.withoutQuotes)
      for node in nodes { tests[Place(node: node, column: column), default: []].append(page) }
    }
  }

  /// A test names its column as SQL does.
  private static func withoutQuotes(_ column: String) -> String {
    guard column.count > 1, column.hasPrefix("\""), column.hasSuffix("\"") else { return column }
    return String(column.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }

  func of(_ node: String, _ column: String) -> [ModelPage.Test] {
    tests[Place(node: node, column: column)] ?? []
  }

  func ofWhole(_ node: String) -> [ModelPage.Test] {
    tests[Place(node: node, column: nil)] ?? []
  }
}

extension DataTest {
  /// A name for people who know already which node and column it is about.
  var label: String {
    if case .generic(let name, _, _) = kind, !isNamed { return name }
    return name
  }
}
