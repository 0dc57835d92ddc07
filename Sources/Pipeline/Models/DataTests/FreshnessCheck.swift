import Postgres

/// How old a source's newest row is.
public struct FreshnessResult: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable {
    case pass, warn, error
    /// The question could not be answered.
    case runtimeError = "runtime error"
  }

  public let id: String
  /// source.table
  public let name: String
  public let status: Status
  /// Seconds since 1970, UTC; nil where the source is empty.
  public let newestLoadedAt: Double?
  public let checkedAt: Double
  /// Age of the newest row in seconds.
  public let age: Double?
  public let message: String?
}

/// Asks sources for the age of their newest row and compares it with what schema.yml allows.
public enum FreshnessCheck {
  /// Sources without freshness settings are left out.
  public static func run(
    _ project: Project, ids: Set<String>, _ connection: Connection
  ) async throws -> [FreshnessResult] {
    var results: [FreshnessResult] = []
    for source in project.sources where ids.contains(source.id) {
      guard let freshness = source.freshness else { continue }
      results.append(try await check(source, freshness, connection))
    }
    return results
  }

  private static func check(
    _ source: SourceTable, _ freshness: SourceFreshness, _ connection: Connection
  ) async throws -> FreshnessResult {
    let filter = freshness.filter.map { "\nwhere \($0)" } ?? ""
    // SQL-safe: a quoted relation and the project's own expressions.
    let sql = """
      select extract(epoch from (max(\(freshness.loadedAtField)))::timestamptz), extract(epoch from now())
      from \(source.relation)\(filter)
      """
    let name = source.sourceName + "." + source.name
    do {
      let row = try await connection.query(sql).first
      let now = row?.double(1) ?? Clock.now
      guard let newest = row?.double(0) else {
        return FreshnessResult(
          id: source.id, name: name, status: .error, newestLoadedAt: nil, checkedAt: now, age: nil,
          message: "the source has no row with a time of loading")
      }
      let age = now - newest
      let status: FreshnessResult.Status
      if let limit = freshness.errorAfter, age > limit.seconds {
        status = .error
      } else if let limit = freshness.warnAfter, age > limit.seconds {
        status = .warn
      } else {
        status = .pass
      }
      return FreshnessResult(
        id: source.id, name: name, status: status, newestLoadedAt: newest, checkedAt: now, age: age,
        message: nil)
    } catch let error as PostgresError where error.code == .server {
      return FreshnessResult(
        id: source.id, name: name, status: .runtimeError, newestLoadedAt: nil, checkedAt: Clock.now, age: nil,
        message: error.description)
    }
  }

  /// `target/sources.json` in dbt's schema version 3.
  public static func document(_ results: [FreshnessResult], of project: Project, generatedAt: Double)
    -> String
  {
    let entries = results.map { result in
      let freshness = project.sources.first { $0.id == result.id }?.freshness
      func threshold(_ threshold: SourceFreshness.Threshold?) -> JSONText {
        .object([
          ("count", threshold.map { .integer($0.count) } ?? .null), ("period", JSONText(threshold?.period)),
        ])
      }
      return JSONText.object([
        ("unique_id", .string(result.id)), ("status", .string(result.status.rawValue)),
        ("max_loaded_at", JSONText(result.newestLoadedAt.map { UTCTime.text($0, style: .isoMicroseconds) })),
        ("snapshotted_at", .string(UTCTime.text(result.checkedAt, style: .isoMicroseconds))),
        ("max_loaded_at_time_ago_in_s", result.age.map { .number($0) } ?? .null),
        ("error", JSONText(result.message)),
        (
          "criteria",
          .object([
            ("warn_after", threshold(freshness?.warnAfter)),
            ("error_after", threshold(freshness?.errorAfter)),
            ("filter", JSONText(freshness?.filter)),
          ])
        ),
        ("adapter_response", .object([])), ("timing", .array([])), ("thread_id", .string("riskdeck")),
        ("execution_time", .number(0)),
      ])
    }
    return JSONText.object([
      ("metadata", .object(Manifest.metadata("sources/v3", project, generatedAt: generatedAt))),
      ("results", .array(entries)), ("elapsed_time", .number(0)),
    ]).text
  }
}
