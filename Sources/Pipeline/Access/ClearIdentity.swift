import Postgres

/// A customer's name, address and telephone number as the source told them; stored only where masking is switched off.
public struct ClearIdentity: Sendable, Hashable {
  public let fullName: String?
  public let email: String?
  public let phone: String?

  public init(fullName: String?, email: String?, phone: String?) {
    self.fullName = fullName
    self.email = email
    self.phone = phone
  }

  /// Reads the identity and notes in the audit log that it was read: both or neither.
  /// - Parameter origin: user@host, for the audit log.
  /// - Returns: nil where the customer's is not stored.
  /// - Throws: ``AccessError`` where the role may not, `PostgresError`.
  public static func unmask(
    _ customerID: Int64, origin: String, on connection: Connection
  ) async throws -> ClearIdentity? {
    try await Access.read(connection).require(.unmask)
    try await connection.execute("begin")
    do {
      let row = try await connection.query(
        "select full_name, email, phone from restricted.identities where customer_id = $1",
        [.integer(customerID)]
      ).first
      if row != nil {
        try await AuditLog.append(
          .unmask, subject: "customer \(customerID)", origin: origin, on: connection)
      }
      try await connection.execute("commit")
      return row.map { ClearIdentity(fullName: $0[0], email: $0[1], phone: $0[2]) }
    } catch {
      // The first error is the one to report; where the connection is gone the server rolls back by itself.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }
}
