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

  /// Reads the identity; the server notes in the audit log that it was read: both or neither.
  /// - Parameter origin: user@host, for the audit log.
  /// - Returns: nil where the customer's is not stored.
  /// - Throws: ``AccessError`` where the role may not, `PostgresError`.
  public static func unmask(
    _ customerID: Int64, origin: String, on connection: Connection
  ) async throws -> ClearIdentity? {
    try await Access.read(connection).require(.unmask)
    return try await connection.query(
      "select full_name, email, phone from restricted.unmask($1, $2)", [.integer(customerID), .text(origin)]
    ).first.map { ClearIdentity(fullName: $0[0], email: $0[1], phone: $0[2]) }
  }
}
