/// Which source a run reads: what stands behind `--source` and the options beside it.
public struct SourceSelection: Sendable, Hashable {
  /// `demo`, `files:DIR`, `dummyjson` or `postgres:TARGET`.
  public var source: String
  /// For `demo`.
  public var demo: DemoSettings
  /// For `dummyjson`.
  public var baseURL: String
  /// For `postgres:`, the file that names the queries.
  public var mapping: String?

  public static let publicBaseURL = "https://dummyjson.com"

  public init(
    source: String = "demo", demo: DemoSettings = DemoSettings(),
    baseURL: String = SourceSelection.publicBaseURL,
    mapping: String? = nil
  ) {
    self.source = source
    self.demo = demo
    self.baseURL = baseURL
    self.mapping = mapping
  }

  /// - Throws: `ExtractError` for an unknown source, a folder without data or a URL that is none.
  public func open() throws -> any Source {
    switch source {
    case "demo":
      guard (1...100_000_000).contains(demo.customers) else {
        throw ExtractError(
          .badSpecification, place: "--customers", problem: "\(demo.customers) is out of range",
          advice: "give a number from 1 to 100000000")
      }
      return DemoSource(demo)
    case "dummyjson":
      return try DummyJSONAPI(baseURL: baseURL)
    case _ where source.hasPrefix("files:"):
      return try open(folder: String(source.dropFirst("files:".count)))
    case _ where source.hasPrefix("postgres:"):
      guard let mapping else {
        throw ExtractError(
          .badSpecification, place: "--source postgres:", problem: "no mapping is given",
          advice: "name the file with the queries as --mapping FILE")
      }
      return try PostgresSource(
        target: String(source.dropFirst("postgres:".count)), mapping: QueryMapping(file: mapping))
    default:
      throw ExtractError(
        .badSpecification, place: "--source", problem: "\"\(source)\" is no source",
        advice: "give demo, files:DIR, dummyjson or postgres:URL")
    }
  }

  private func open(folder: String) throws -> any Source {
    if ByteFile.exists("\(folder)/users.json") || ByteFile.exists("\(folder)/carts.json") {
      return JSONFiles(folder: folder)
    }
    if ByteFile.exists("\(folder)/mapping.yml") {
      return EventFileSource(
        EventFiles(folder: folder, mapping: try EventMapping.read("\(folder)/mapping.yml")))
    }
    throw ExtractError(
      .file, place: folder.isEmpty ? "files:" : folder,
      problem: "there is no users.json and carts.json here, and no mapping.yml",
      advice: "name the folder that holds the data")
  }
}
