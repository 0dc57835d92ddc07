import Postgres

/// What the audit log says of an export: of what, how much and where to, never its data.
public struct ExportNote: Sendable, Hashable {
  /// For instance `table analytics.fraud_analytics`, `dashboard vip`, `customers`.
  public let subject: String
  private let detail: [String: String]

  /// - Parameters:
  ///   - filters: what the rows were narrowed by; only the names of values that a person typed.
  ///   - sql: a query; its digest alone is kept, for values stand in it.
  public init(_ subject: String, format: ExportFormat, filters: [String] = [], sql: String? = nil) {
    self.subject = subject
    var detail = ["format": format.rawValue]
    if !filters.isEmpty { detail["filters"] = filters.joined(separator: ", ") }
    if let sql { detail["sql_sha256"] = Crypto.sha256Hex(sql) }
    self.detail = detail
  }

  /// Writes the entry. It comes before the files get their names: an export that cannot be noted does not happen.
  /// - Parameters:
  ///   - rows: nil where they are counted only once they are gone.
  ///   - places: the files, or `standard output`.
  /// - Throws: `PostgresError`.
  public func append(rows: Int64?, to places: [String], origin: String, on connection: Connection)
    async throws
  {
    var detail = detail
    detail["to"] = places.joined(separator: ", ")
    if let rows { detail["rows"] = String(rows) }
    try await AuditLog.append(.export, subject: subject, detail: detail, origin: origin, on: connection)
  }
}
