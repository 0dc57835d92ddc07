/// A node as `riskdeck ls` lists it.
public struct ListedNode: Sendable, Hashable {
  public let id: String
  public let name: String
  /// model, test, seed or source.
  public let resourceType: String
  /// What selects the node and nothing else, as dbt writes it.
  public let selector: String
  /// The file it stands in, from the project's folder.
  public let file: String
  public let tags: [String]
  /// view, table, incremental, ephemeral, seed, test or source.
  public let materialization: String
  public let dependencies: [String]

  /// Nil for an unknown id.
  public init?(_ id: String, _ project: Project) {
    self.id = id
    if let model = project.model(id) {
      (name, resourceType, materialization) = (model.name, "model", model.materialization.rawValue)
      (file, tags, dependencies) = (model.file, model.configuration.tags, model.dependencies)
      selector = model.path.joined(separator: ".")
    } else if let test = project.test(id) {
      (name, resourceType, materialization) = (test.name, "test", "test")
      (file, tags, dependencies) = (test.file, test.configuration.tags, test.dependencies)
      selector = test.path.joined(separator: ".")
    } else if let seed = project.seeds.first(where: { $0.id == id }) {
      (name, resourceType, materialization) = (seed.name, "seed", "seed")
      (file, tags, dependencies) = (seed.file, seed.configuration.tags, [])
      selector = seed.path.joined(separator: ".")
    } else if let source = project.sources.first(where: { $0.id == id }) {
      (name, resourceType, materialization) = (source.name, "source", "source")
      (file, tags, dependencies) = (source.file, source.configuration.tags, [])
      selector = "source:" + [project.settings.name, source.sourceName, source.name].joined(separator: ".")
    } else {
      return nil
    }
  }

  /// The node as a JSON object with dbt's names.
  public var json: String {
    JSONText.object([
      ("unique_id", .string(id)), ("name", .string(name)), ("resource_type", .string(resourceType)),
      ("selector", .string(selector)), ("original_file_path", .string(file)),
      ("tags", .array(tags.map { .string($0) })),
      ("config", .object([("materialized", .string(materialization))])),
      ("depends_on", .object([("nodes", .array(dependencies.map { .string($0) }))])),
    ]).text
  }
}
