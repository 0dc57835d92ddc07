import Postgres

/// The append-only log of what people did, chained by hashes; written and checked by the database's own function.
public struct AuditLog: Sendable {
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case signIn = "sign in"
    case unmask, export
    case caseDecision = "case decision"
    case listChange = "list change"
    case levelOverride = "level override"
    case rulesetChange = "ruleset change"
    case roleUse = "role use"
    case purge, forget
    case keyRotation = "key rotation"
  }

  public struct Entry: Sendable, Hashable {
    public let number: Int64
    /// Seconds since 1970, UTC.
    public let happenedAt: Double
    /// As the server knows the session.
    public let login: String
    public let role: String
    /// user@host, as the program said.
    public let origin: String
    public let action: String
    public let subject: String
    /// A JSON object.
    public let detail: String
    /// 64 hexadecimal digits.
    public let hash: String

    public init(
      number: Int64, happenedAt: Double, login: String, role: String, origin: String, action: String,
      subject: String, detail: String, hash: String
    ) {
      self.number = number
      self.happenedAt = happenedAt
      self.login = login
      self.role = role
      self.origin = origin
      self.action = action
      self.subject = subject
      self.detail = detail
      self.hash = hash
    }
  }

  /// What a check of the whole chain found.
  public struct Verdict: Sendable, Hashable {
    public let entries: Int64
    /// The newest entry's hash: noted elsewhere, it also shows that nothing was cut off at the end.
    public let head: String?
    /// The first entry whose hash, number or link is not what it should be.
    public let firstBroken: Int64?
    /// False where the hash that was asked for is in no entry.
    public let containsExpectedHead: Bool

    public var isWhole: Bool { firstBroken == nil && containsExpectedHead }
  }

  /// Appends an entry, and waits for nobody: it is received, and chained by this session or the next that appends or reads.
  /// - Parameters:
  ///   - detail: names and values for people; no value that must not be stored in clear.
  ///   - origin: user@host.
  /// - Throws: `PostgresError`.
  public static func append(
    _ action: Action, subject: String, detail: [String: String] = [:], origin: String,
    on connection: Connection
  ) async throws {
    let names = detail.keys.sorted()
    var binds: [Bind] = [.text(action.rawValue), .text(subject), .text(origin)]
    for name in names {
      binds.append(.text(name))
      binds.append(.text(detail[name] ?? ""))
    }
    let pairs = names.indices.map { "$\(4 + 2 * $0)::text, $\(5 + 2 * $0)::text" }.joined(separator: ", ")
    // SQL-safe: numbers of binds.
    try await connection.query("select audit.append($1, $2, jsonb_build_object(\(pairs)), $3)", binds)
  }

  /// Chains what was received and not chained yet.
  private static func seal(_ connection: Connection) async throws {
    try await connection.query("select audit.seal()", [])
  }

  /// What an entry must say to be found, ignoring case.
  public struct Condition: Sendable, Hashable {
    public enum Field: String, Sendable, Hashable, CaseIterable {
      case login, role, origin, action, subject, detail
    }

    /// Nil: any of them.
    public let field: Field?
    public let text: String
    /// It must not say it.
    public let isNegated: Bool

    public init(field: Field?, text: String, isNegated: Bool = false) {
      self.field = field
      self.text = text
      self.isNegated = isNegated
    }
  }

  /// What a screen asks: entries before a number, a page at a time.
  public struct Question: Sendable, Hashable {
    /// Nil: from the newest on.
    public let before: Int64?
    /// All must hold.
    public let conditions: [Condition]

    public init(before: Int64? = nil, conditions: [Condition] = []) {
      self.before = before
      self.conditions = conditions
    }
  }

  /// Entries, newest first.
  public struct Page: Sendable, Hashable {
    public let question: Question
    public let entries: [Entry]
    /// Nothing older passes.
    public let isLast: Bool

    public init(question: Question, entries: [Entry], isLast: Bool) {
      self.question = question
      self.entries = entries
      self.isLast = isLast
    }
  }

  /// - Throws: `PostgresError`, ``AccessError`` where the role may not read the log.
  public static func page(
    _ question: Question, size: Int = 200, from connection: Connection
  ) async throws -> Page {
    try await Access.read(connection).require(.readAudit)
    let entries = try await entries(
      before: question.before, conditions: question.conditions, limit: size + 1, from: connection)
    return Page(question: question, entries: Array(entries.prefix(size)), isLast: entries.count <= size)
  }

  /// The newest entries, newest first.
  /// - Parameters:
  ///   - before: only entries with smaller numbers; nil: from the newest on.
  ///   - action: only these; nil: all.
  /// - Throws: `PostgresError`, also where the role may not read the log.
  public static func entries(
    before: Int64? = nil, action: String? = nil, subject: String? = nil, conditions: [Condition] = [],
    limit: Int = 200, from connection: Connection
  ) async throws -> [Entry] {
    try await seal(connection)
    let wanted = JSONText.array(
      conditions.map { condition in
        .object([
          ("field", JSONText(condition.field?.rawValue)), ("wanted", .string(condition.text)),
          ("negated", .boolean(condition.isNegated)),
        ])
      })
    return try await connection.query(
      """
      select entry, extract(epoch from happened_at)::float8, login, role, origin, action, subject, detail::text,
        encode(hash, 'hex')
      from audit.entries
      where ($1::bigint is null or entry < $1) and ($2::text is null or action = $2)
        and ($3::text is null or subject = $3)
        and not exists (
          select from jsonb_to_recordset($5::jsonb) c (field text, wanted text, negated boolean)
          where c.negated = (strpos(lower(case c.field when 'login' then login when 'role' then role
            when 'origin' then origin when 'action' then action when 'subject' then subject
            when 'detail' then detail::text
            else concat_ws(E'\n', login, role, origin, action, subject, detail::text) end), lower(c.wanted)) > 0))
      order by entry desc limit $4
      """,
      [
        before.map { .integer($0) } ?? .null, action.map { .text($0) } ?? .null,
        subject.map { .text($0) } ?? .null, .integer(Int64(limit)), .text(wanted.text),
      ]
    ).rows.map { row in
      Entry(
        number: row.integer(0) ?? 0, happenedAt: row.double(1) ?? 0, login: row[2] ?? "", role: row[3] ?? "",
        origin: row[4] ?? "", action: row[5] ?? "", subject: row[6] ?? "", detail: row[7] ?? "{}",
        hash: row[8] ?? "")
    }
  }

  /// Recomputes every hash and link of the chain in the server.
  /// - Parameter expectedHead: a hash noted earlier, which must still be in the chain.
  /// - Throws: `PostgresError`.
  public static func verify(
    expectedHead: String? = nil, on connection: Connection
  ) async throws -> Verdict {
    try await seal(connection)
    let row = try await connection.query(
      """
      with chain as (
        select e.entry, e.hash, e.previous_hash, sha256(e.previous_hash || convert_to(jsonb_build_array(
            e.entry, extract(epoch from e.happened_at)::text, e.login, e.role, e.origin, e.action, e.subject,
            e.detail)::text, 'UTF8')) as computed,
          lag(e.hash, 1, decode(repeat('00', 32), 'hex')) over (order by e.entry) as link,
          row_number() over (order by e.entry) as number
        from audit.entries e
      )
      select count(*), (select encode(hash, 'hex') from chain order by entry desc limit 1),
        min(entry) filter (where hash <> computed or previous_hash <> link or entry <> number),
        $1::text is null or coalesce(bool_or(encode(hash, 'hex') = $1), false)
      from chain
      """, [expectedHead.map { .text($0) } ?? .null]
    ).first
    return Verdict(
      entries: row?.integer(0) ?? 0, head: row?[1], firstBroken: row?.integer(2),
      containsExpectedHead: row?.boolean(3) ?? false)
  }
}
