import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The database's own schema, as numbered files `queries/schema/NNN_name.sql`: forward only, each in a transaction.
public struct Migrations: Sendable {
  struct Step: Sendable, Hashable {
    let number: Int
    let name: String
    let sql: String
  }

  let steps: [Step]

  /// Makes the roles; what comes later belongs to ``Role/owner``, whoever applies it.
  private static let rolesStep = 5

  /// Reads the folder.
  /// - Throws: ``ConfigurationError`` where a name does not start with a number, a number is missing or stands twice.
  public init(folder: String) throws(ConfigurationError) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }
        .sorted()
    } catch {
      throw ConfigurationError("the schema folder \(folder) cannot be read")
    }
    var steps: [Step] = []
    for name in names {
      guard let number = Int(name.prefix { $0.isNumber }), number == steps.count + 1 else {
        throw ConfigurationError(
          "\(folder)/\(name): schema files are numbered 001, 002, ... without a gap; this should be \(steps.count + 1)"
        )
      }
      guard let data = FileManager.default.contents(atPath: folder + "/" + name) else {
        throw ConfigurationError("\(folder)/\(name) cannot be read")
      }
      steps.append(Step(number: number, name: name, sql: String(decoding: data, as: UTF8.self)))
    }
    self.steps = steps
  }

  /// The version this program knows.
  public var latestVersion: Int { steps.count }

  /// The database's version; 0 for an empty one.
  public static func version(of connection: Connection) async throws -> Int {
    let exists: QueryResult
    do {
      exists = try await connection.query("select to_regclass('riskdeck_schema.steps') is not null")
    } catch let error as PostgresError where error.sqlState == "42501" {
      throw AccessError(
        .forbidden,
        "this login has none of riskdeck's roles; let an administrator grant it one, such as \(Role.viewer.name)"
      )
    }
    guard exists.first?.boolean(0) == true else { return 0 }
    return try await connection.query("select coalesce(max(number), 0) from riskdeck_schema.steps").first?
      .integer(0).map(Int.init) ?? 0
  }

  /// Applies what is missing. Two programs that start at once apply each step once.
  /// - Returns: the names of the steps applied now.
  /// - Throws: ``ConfigurationError`` where the database is newer than this program, ``PostgresError`` otherwise; a
  ///   step that fails leaves nothing behind.
  @discardableResult
  public func apply(to connection: Connection) async throws -> [String] {
    let current = try await Self.version(of: connection)
    guard current <= latestVersion else {
      throw ConfigurationError(
        "the database has schema version \(current) and this riskdeck knows \(latestVersion); "
          + "use the newer riskdeck that made it")
    }
    var applied: [String] = []
    for step in steps.dropFirst(current) {
      let isNew = try await refusingWithAdvice(current) {
        try await connection.transaction { connection in
          try connection.query("select pg_advisory_xact_lock($1, $2)", AdvisoryLock.migration.binds)
          try connection.execute(
            """
            create schema if not exists riskdeck_schema;
            create table if not exists riskdeck_schema.steps (
              number integer primary key, name text not null, applied_at timestamptz not null default now())
            """)
          let done = try connection.query(
            "select 1 from riskdeck_schema.steps where number = $1", [.integer(Int64(step.number))])
          guard done.rowCount == 0 else { return false }
          if step.number > Self.rolesStep {
            try connection.execute("set local role \(try quotedIdentifier(Role.owner.name))")
          }
          try connection.execute(step.sql)
          try connection.query(
            "insert into riskdeck_schema.steps (number, name) values ($1, $2)",
            [.integer(Int64(step.number)), .text(step.name)])
          return true
        }
      }
      if isNew { applied.append(step.name) }
    }
    return applied
  }

  private func refusingWithAdvice(
    _ current: Int, _ body: () async throws -> Bool
  ) async throws -> Bool {
    do {
      return try await body()
    } catch let error as PostgresError where error.sqlState == "42501" {
      throw ConfigurationError(
        "the database has schema version \(current), this riskdeck needs \(latestVersion), and this login may not change "
          + "it (\(error.serverMessage)); let a member of \(Role.owner.name), or an administrator, start riskdeck on it once"
      )
    }
  }
}
