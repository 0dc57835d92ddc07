import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Answers an analyst's own query without letting it change anything.
public enum ReadOnlyQuery {
  /// One statement, with `:name` parameters as binds, in a read-only transaction.
  /// - Throws: ``DeskError`` where a parameter has no value, ``PostgresError`` for what the server says.
  public static func answer(
    _ text: String, parameters: [String: String] = [:], from connection: Connection
  ) async throws -> ValueTable {
    let query = NamedBinds(text)
    for name in query.names where parameters[name] == nil {
      throw DeskError(
        .missingParameter, "the query's parameter :\(name) has no value; give it with --set \(name)=VALUE")
    }
    // The extended protocol takes one statement only, so a text cannot end this transaction and begin another.
    return try await DashboardReader.reading(connection) { connection in
      ValueTable(try connection.query(query.sql, query.names.map { Bind(parameters[$0]) }))
    }
  }
}

/// The analysts' saved queries: `queries/saved/NAME.sql`.
public struct SavedQueries: Sendable {
  private let folder: String

  public init(folder: String) {
    self.folder = folder
  }

  /// Their names in order.
  public func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// The query's text; nil where none has that name.
  public func sql(named name: String) throws -> String? {
    guard names().contains(name) else { return nil }
    return FileManager.default.contents(atPath: "\(folder)/\(name).sql").map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
