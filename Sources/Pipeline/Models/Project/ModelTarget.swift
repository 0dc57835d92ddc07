/// Where a project is built: what dbt calls the target of a profile, here one of riskdeck's own connections.
public struct ModelTarget: Sendable, Hashable {
  /// What `{{ target.name }}` says.
  public let name: String
  public let profile: String
  public let database: String
  /// The schema of models without a schema of their own.
  public let schema: String
  public let host: String
  public let port: Int
  public let user: String
  /// How many connections build side by side.
  public let threads: Int

  public init(
    name: String = "riskdeck", profile: String = "riskdeck", database: String, schema: String = "analytics",
    host: String = "localhost", port: Int = 5_432, user: String = "riskdeck", threads: Int = 2
  ) {
    self.name = name
    self.profile = profile
    self.database = database
    self.schema = schema
    self.host = host
    self.port = port
    self.user = user
    self.threads = max(1, threads)
  }
}
