import Postgres

/// Who is connected and what they may do. The server decides in the end; this tells people beforehand.
public struct Access: Sendable, Hashable {
  /// The login, as the server knows the session.
  public let login: String
  public let roles: Set<Role>

  public init(login: String, roles: Set<Role>) {
    self.login = login
    self.roles = roles
  }

  /// Everything: for views of stored states where no server is asked.
  public static let unlimited = Access(login: "riskdeck", roles: Set(Role.allCases))

  /// What the session may do now, after any SET ROLE.
  /// - Throws: `PostgresError`.
  public static func read(_ connection: Connection) async throws -> Access {
    let found = try await connection.query(
      """
      select session_user::text, r.rolname::text from (select 1) session
      left join pg_catalog.pg_roles r on r.rolname like 'riskdeck\\_%' and pg_catalog.pg_has_role(r.oid, 'member')
      """)
    return Access(
      login: found.first?[0] ?? "", roles: Set(found.rows.compactMap { $0[1].flatMap { Role($0) } }))
  }

  public func allows(_ act: Act) -> Bool { act.roles.contains { roles.contains($0) } }

  /// Why not, for people; nil where it is allowed.
  public func refusal(of act: Act) -> String? {
    allows(act)
      ? nil : "this needs the role \(act.roles.map(\.name).joined(separator: " or ")); you have \(shown)"
  }

  /// The roles in one word, for the status line: the highest of them.
  public var title: String {
    for role in [Role.owner, .pipeline, .lead, .analyst, .viewer] where roles.contains(role) {
      return role.rawValue
    }
    return "no role"
  }

  /// - Throws: ``AccessError`` where the act is not allowed.
  public func require(_ act: Act) throws(AccessError) {
    if let refusal = refusal(of: act) { throw AccessError(.forbidden, "\(refusal) (login \(login))") }
  }

  private var shown: String {
    let held = Role.allCases.filter(roles.contains).map(\.name)
    return held.isEmpty ? "none of riskdeck's roles" : held.joined(separator: ", ")
  }
}

/// Something that was asked of RiskDeck by somebody who may not, or a log that was tampered with; one line for people.
public struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    case forbidden, invalid, brokenChain, notFound
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
