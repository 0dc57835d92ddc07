/// A model: one SELECT in a file under `model-paths`.
public struct Model: Sendable {
  public enum Materialization: String, Sendable {
    case view, table, incremental, ephemeral
  }

  /// `model.project.name`
  public let id: String
  public let name: String
  /// Project, folders, name.
  public let path: [String]
  /// The file, from the project's folder.
  public let file: String
  /// Where the built relation stands once published.
  public let relation: Relation
  public let materialization: Materialization
  public let configuration: NodeConfiguration
  public let documentation: NodeDocumentation
  /// Ids of the models, seeds and sources it reads, in the order of the text.
  public let dependencies: [String]
  let template: Template
  /// The file's text as it is, for the manifest and its checksum.
  let text: String

  /// Settings of an incremental model; nil for others.
  var isIncremental: Bool { materialization == .incremental }
}

/// What a schema.yml says of a node for people.
public struct NodeDocumentation: Sendable, Hashable {
  public var description = ""
  /// In the order of the file.
  public var columns: [ColumnDocumentation] = []
  /// The schema.yml it stands in.
  public var file: String?

  public init() {}
}

/// What a schema.yml says of a column.
public struct ColumnDocumentation: Sendable, Hashable {
  public let name: String
  public let description: String
  public let dataType: String?
}

/// A CSV file under `seed-paths`.
public struct Seed: Sendable {
  public let id: String
  public let name: String
  public let path: [String]
  public let file: String
  public let relation: Relation
  public let configuration: NodeConfiguration
  public let documentation: NodeDocumentation
  /// SHA-256 of the file, for the manifest.
  let digest: String
}

/// A table other programs fill, declared under `sources:`.
public struct SourceTable: Sendable {
  /// `source.project.source.table`
  public let id: String
  public let sourceName: String
  public let name: String
  public let path: [String]
  public let file: String
  public let relation: Relation
  public let loader: String
  public let configuration: NodeConfiguration
  public let documentation: NodeDocumentation
  public let freshness: SourceFreshness?
}

/// How old the newest row of a source may be.
public struct SourceFreshness: Sendable, Hashable {
  /// An age that matters, in seconds, with the words it was written in.
  public struct Threshold: Sendable, Hashable {
    public let count: Int
    public let period: String
    public var seconds: Double {
      let unit: Double = period == "minute" ? 60 : (period == "hour" ? 3_600 : 86_400)
      return Double(count) * unit
    }
  }

  /// The column, or expression, that tells when a row was loaded.
  public let loadedAtField: String
  public let warnAfter: Threshold?
  public let errorAfter: Threshold?
  public let filter: String?
}

/// A data test: a query that returns the rows that break a rule.
public struct DataTest: Sendable {
  enum Kind: Sendable {
    /// A test out of schema.yml: its macro, package or nil, and its arguments in the order of the text.
    case generic(name: String, package: String?, arguments: [ConfigurationValue.Entry])
    /// A file under `test-paths`.
    case singular(Template, text: String)
  }

  /// Where in the pipeline a test stands.
  public enum Layer: String, Sendable, Hashable, CaseIterable {
    case source, staging, marts, singular
  }

  /// `test.project.name.hash`, or `test.project.name` for a singular test.
  public let id: String
  public let name: String
  /// The name where it differs: long names are cut and hashed.
  public let alias: String
  public let path: [String]
  public let file: String
  let kind: Kind
  /// The model, seed or source the test belongs to; nil for a singular test.
  public let attachedNode: String?
  public let columnName: String?
  public let configuration: NodeConfiguration
  public let description: String
  public let dependencies: [String]
  public let layer: Layer
  /// True where the project names the test itself.
  let isNamed: Bool
  /// The test's place in its file.
  let position: FilePosition

  public enum Severity: String, Sendable { case error, warn }

  public var severity: Severity {
    configuration["severity"]?.string?.lowercased() == "warn" ? .warn : .error
  }
  var filter: String? { configuration["where"]?.string }
  var limit: Int? { if case .integer(let limit)? = configuration["limit"] { limit } else { nil } }
  var failureCount: String { configuration["fail_calc"]?.string ?? "count(*)" }
  var warnIf: String { configuration["warn_if"]?.string ?? "!= 0" }
  var errorIf: String { configuration["error_if"]?.string ?? "!= 0" }
  var storesFailures: Bool {
    if let kind = configuration["store_failures_as"]?.string { return kind != "ephemeral" }
    return configuration["store_failures"]?.boolean ?? false
  }
}
