/// A dbt project as it was read: every enabled node with what it depends on.
public struct Project: Sendable {
  public let settings: ProjectSettings
  /// The project's folder.
  public let directory: String
  public let models: [Model]
  public let seeds: [Seed]
  public let sources: [SourceTable]
  public let tests: [DataTest]
  /// Parts of the project that are read over, each in one line.
  public let notices: [String]
  /// Docs blocks of Markdown files.
  let documentationBlocks: [String: String]
  let environment: RenderEnvironment

  private let modelIndex: [String: Int]
  private let testIndex: [String: Int]
  private let relations: [String: Relation]
  private let references: [String: String]

  init(
    settings: ProjectSettings, directory: String, models: [Model], seeds: [Seed], sources: [SourceTable],
    tests: [DataTest], notices: [String], documentationBlocks: [String: String],
    environment: RenderEnvironment
  ) {
    self.settings = settings
    self.directory = directory
    self.models = models
    self.seeds = seeds
    self.sources = sources
    self.tests = tests
    self.notices = notices
    self.documentationBlocks = documentationBlocks
    self.environment = environment
    modelIndex = Dictionary(models.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    testIndex = Dictionary(tests.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var relations: [String: Relation] = [:]
    var references: [String: String] = [:]
    for model in models {
      relations[model.id] = model.relation
      references[model.name] = model.id
    }
    for seed in seeds {
      relations[seed.id] = seed.relation
      references[seed.name] = seed.id
    }
    for source in sources {
      relations[source.id] = source.relation
      references[source.sourceName + "." + source.name] = source.id
    }
    self.relations = relations
    self.references = references
  }

  /// The target the project was read for.
  public var target: ModelTarget { environment.target }

  /// A model by its id.
  public func model(_ id: String) -> Model? { modelIndex[id].map { models[$0] } }

  /// A test by its id.
  public func test(_ id: String) -> DataTest? { testIndex[id].map { tests[$0] } }

  /// The published relation of a model, seed or source.
  public func relation(_ id: String) -> Relation? { relations[id] }

  /// The id behind `ref('name')`; nil where there is none.
  func reference(_ name: String) -> String? { references[name] }

  /// The id behind `source('source', 'table')`; nil where there is none.
  func sourceReference(_ source: String, _ table: String) -> String? { references[source + "." + table] }
}
