import Postgres

/// Which cases a queue shows.
public struct CaseFilter: Sendable, Hashable {
  /// Empty: the open ones.
  public var states: Set<CaseState>
  /// Empty: all.
  public var levels: Set<RiskLevel>
  /// The factor that weighs most; nil: any.
  public var factor: String?
  public var assignee: Assignee
  public var isLateOnly: Bool
  /// Opened at least so many hours ago.
  public var leastAgeHours: Double?

  public enum Assignee: Sendable, Hashable {
    case anybody
    case nobody
    case named(String)
  }

  public init(
    states: Set<CaseState> = [], levels: Set<RiskLevel> = [], factor: String? = nil,
    assignee: Assignee = .anybody, isLateOnly: Bool = false, leastAgeHours: Double? = nil
  ) {
    self.states = states
    self.levels = levels
    self.factor = factor
    self.assignee = assignee
    self.isLateOnly = isLateOnly
    self.leastAgeHours = leastAgeHours
  }

  /// Conditions on `c` (each begins with ` and `), with binds from that number on. States are left to the caller.
  func statement(startingAt first: Int) -> (conditions: String, binds: [Bind]) {
    var conditions = ""
    var binds: [Bind] = []
    func add(_ condition: (String) -> String, _ bind: Bind) {
      conditions += " and " + condition("$\(first + binds.count)")
      binds.append(bind)
    }
    if !levels.isEmpty {
      add({ "c.level = any(\($0)::text[])" }, .text(Self.array(levels.map(\.rawValue))))
    }
    if let factor { add({ "c.primary_factor = \($0)" }, .text(factor)) }
    switch assignee {
    case .anybody: break
    case .nobody: conditions += " and c.assignee is null"
    case .named(let name): add({ "c.assignee = \($0)" }, .text(name))
    }
    if isLateOnly { conditions += " and c.state <> 'closed' and c.due_at < clock_timestamp()" }
    if let leastAgeHours {
      add(
        { "c.opened_at <= clock_timestamp() - make_interval(secs => \($0)::float8)" },
        .double(leastAgeHours * 3_600))
    }
    return (conditions, binds)
  }

  /// Names of states and levels as an array literal; they hold letters and underscores only.
  fileprivate static func array(_ names: [String]) -> String {
    "{" + names.sorted().joined(separator: ",") + "}"
  }
}

/// The queue as one read found it.
public struct CaseQueue: Sendable, Hashable {
  public let filter: CaseFilter
  /// In the order in which they are to be worked off; closed ones come newest first.
  public let cases: [FraudCase]
  /// How many pass the filter; `cases` may hold fewer.
  public let total: Int64
  /// Of all open cases: how many there are, are free, are late.
  public let open: Int64
  public let free: Int64
  public let late: Int64

  public init(filter: CaseFilter, cases: [FraudCase], total: Int64, open: Int64, free: Int64, late: Int64) {
    self.filter = filter
    self.cases = cases
    self.total = total
    self.open = open
    self.free = free
    self.late = late
  }
}

/// One case with everything that belongs to it.
public struct CasePage: Sendable, Hashable {
  public let fraudCase: FraudCase
  /// The reasons for the score when a run last saw the case open, largest first.
  public let evidences: [CustomerScore.ShownEvidence]
  /// Oldest first: the case's own, and what was set for its customer.
  public let events: [CaseEvent]
  /// What holds at the moment.
  public let snoozes: [RuleSnooze]
  public let entries: [ListEntry]
  /// The customer's other cases, newest first.
  public let others: [FraudCase]
  /// What of this customer may be listed: e-mail hash, device, address.
  public let identifiers: [Identifier]

  public struct Identifier: Sendable, Hashable {
    public let kind: ListEntry.Kind
    public let value: String

    public init(kind: ListEntry.Kind, value: String) {
      self.kind = kind
      self.value = value
    }
  }

  public init(
    fraudCase: FraudCase, evidences: [CustomerScore.ShownEvidence], events: [CaseEvent],
    snoozes: [RuleSnooze], entries: [ListEntry], others: [FraudCase], identifiers: [Identifier]
  ) {
    self.fraudCase = fraudCase
    self.evidences = evidences
    self.events = events
    self.snoozes = snoozes
    self.entries = entries
    self.others = others
    self.identifiers = identifiers
  }
}

/// Reads cases for screens and commands.
public enum CaseReader {
  /// Rows of a queue at most.
  public static let mostCases = 1_000

  /// - Throws: ``DeskError`` where the database has no cases yet.
  public static func queue(
    _ filter: CaseFilter, limit: Int = mostCases, from connection: Connection
  ) async throws -> CaseQueue {
    let states = filter.states.isEmpty ? CaseState.allCases.filter { $0 != .closed } : Array(filter.states)
    let (conditions, more) = filter.statement(startingAt: 3)
    let binds = [Bind.text(CaseFilter.array(states.map(\.rawValue)))]
    return try await reading(connection) { connection in
      let hasMarts = try hasCustomers(connection)
      // SQL-safe: conditions hold fixed texts and numbered binds only.
      let cases = try connection.query(
        """
        select \(CaseRows.columns)\(hasMarts ? ", s.full_name, s.country" : ", null, null")
        from (
          select * from desk.cases c where c.state = any($1::text[])\(conditions)
          order by c.state = 'closed', c.closed_at desc, c.priority, c.score desc, c.customer_id, c.case_id limit $2
        ) c \(CaseRows.joins)
        \(hasMarts ? "left join analytics.customer_segmentation s on s.customer_id = c.customer_id" : "")
        order by c.state = 'closed', c.closed_at desc, c.priority, c.score desc, c.customer_id, c.case_id
        """, binds + [.integer(Int64(limit))] + more)
      // SQL-safe: as above.
      let counts = try connection.query(
        """
        select count(*) filter (where state = any($1::text[])\(conditions)),
          count(*) filter (where state <> 'closed'),
          count(*) filter (where state = 'new' and assignee is null),
          count(*) filter (where state <> 'closed' and due_at < clock_timestamp()), $2::bigint
        from desk.cases c
        """, binds + [.integer(Int64(limit))] + more)
      let row = counts.first
      return CaseQueue(
        filter: filter, cases: cases.rows.compactMap(CaseRows.fraudCase), total: row?.integer(0) ?? 0,
        open: row?.integer(1) ?? 0, free: row?.integer(2) ?? 0, late: row?.integer(3) ?? 0)
    }
  }

  /// - Throws: ``CaseError`` where there is no such case.
  public static func page(_ caseID: Int64, from connection: Connection) async throws -> CasePage {
    try await reading(connection) { connection in
      let hasMarts = try hasCustomers(connection)
      // SQL-safe: fixed texts.
      let select = """
        select \(CaseRows.columns)\(hasMarts ? ", s.full_name, s.country" : ", null, null"), c.evidences::text
        from desk.cases c \(CaseRows.joins)
        \(hasMarts ? "left join analytics.customer_segmentation s on s.customer_id = c.customer_id" : "")
        """
      let found = try connection.query(select + " where c.case_id = $1", [.integer(caseID)])
      guard let row = found.first, let fraudCase = CaseRows.fraudCase(row) else {
        throw CaseError(.notFound, "there is no case \(caseID)")
      }
      let customer = Bind.integer(fraudCase.customerID)
      let others = try connection.query(
        select + " where c.customer_id = $1 and c.case_id <> $2 order by c.case_id desc",
        [customer, .integer(caseID)])
      let identifiers = try identifiers(fraudCase.customerID, connection)
      return CasePage(
        fraudCase: fraudCase, evidences: try CustomerPageReader.evidences(row[29] ?? "[]"),
        events: try events(customer, caseID: caseID, connection),
        snoozes: try snoozes(customer, connection),
        entries: try entries(of: identifiers, connection), others: others.rows.compactMap(CaseRows.fraudCase),
        identifiers: identifiers)
    }
  }

  /// The open case of a customer, or the newest closed one; nil where there is none.
  public static func newestCase(of customerID: Int64, from connection: Connection) async throws -> Int64? {
    let found = try await connection.query(
      "select case_id from desk.cases where customer_id = $1 order by state = 'closed', case_id desc limit 1",
      [.integer(customerID)])
    return found.first?.integer(0)
  }

  /// All entries of the lists that hold, or have expired.
  public static func entries(from connection: Connection) async throws -> [ListEntry] {
    // SQL-safe: fixed texts.
    let found = try await connection.query(
      "select \(CaseRows.entryColumns) from desk.list_entries order by list desc, kind, value")
    return found.rows.compactMap(CaseRows.entry)
  }

  static func events(
    _ customer: Bind, caseID: Int64?, _ connection: isolated Connection
  ) throws -> [CaseEvent] {
    // SQL-safe: fixed texts.
    let found = try connection.query(
      """
      select \(CaseRows.eventColumns) from desk.case_events
      where customer_id = $1 and ($2::bigint is null or case_id is null or case_id = $2) order by event_id
      """, [customer, Bind(caseID)])
    return found.rows.compactMap(CaseRows.event)
  }

  static func snoozes(_ customer: Bind, _ connection: isolated Connection) throws -> [RuleSnooze] {
    // SQL-safe: fixed texts.
    let found = try connection.query(
      """
      select \(CaseRows.snoozeColumns) from desk.rule_snoozes
      where customer_id = $1 and until > clock_timestamp() order by rule
      """, [customer])
    return found.rows.map(CaseRows.snooze)
  }

  private static func identifiers(
    _ customerID: Int64, _ connection: isolated Connection
  ) throws -> [CasePage.Identifier] {
    let found = try connection.query(
      "select email_hash, device, ip from staging.raw_customers where customer_id = $1",
      [.integer(customerID)])
    let kinds: [ListEntry.Kind] = [.emailHash, .device, .ip]
    let known = kinds.enumerated().compactMap { place, kind in
      found.first?[place].map { CasePage.Identifier(kind: kind, value: $0) }
    }
    return [CasePage.Identifier(kind: .customer, value: "\(customerID)")] + known
  }

  private static func entries(
    of identifiers: [CasePage.Identifier], _ connection: isolated Connection
  ) throws -> [ListEntry] {
    try identifiers.flatMap { identifier in
      // SQL-safe: fixed texts.
      try connection.query(
        """
        select \(CaseRows.entryColumns) from desk.list_entries
        where kind = $1 and value = $2 and (until is null or until > clock_timestamp())
        """, [.text(identifier.kind.rawValue), .text(identifier.value)]
      ).rows.compactMap(CaseRows.entry)
    }
  }

  /// What a person says the customer's level is, while that holds.
  static func override(
    of customer: Bind, _ connection: isolated Connection
  ) throws -> LevelOverride? {
    let found = try connection.query(
      """
      select level, extract(epoch from until)::float8, reason, made_by from desk.level_overrides
      where customer_id = $1 and until > clock_timestamp()
      """, [customer])
    guard let row = found.first, let level = row[0].flatMap(RiskLevel.init(rawValue:)) else { return nil }
    return LevelOverride(
      level: level, until: row.double(1) ?? 0, reason: row[2] ?? "", madeBy: row[3] ?? "")
  }

  /// What the customer's own page shows of the desk: cases, notes, what holds; sections without rows are left out.
  static func sections(
    of customerID: Int64, _ connection: isolated Connection
  ) throws -> [CustomerPage.Section] {
    let customer = Bind.integer(customerID)
    let tables: [(title: String, sql: String)] = [
      (
        "Cases",
        """
        select case_id, replace(state, '_', ' ') as state, replace(outcome, '_', ' ') as outcome, level,
          assignee, opened_at, closed_at, outcome_reason as reason
        from desk.cases where customer_id = $1 order by case_id desc
        """
      ),
      (
        "Notes",
        """
        select n.at, n.actor as who, n.note, n.case_id from desk.case_events n
        where n.customer_id = $1 and n.kind = 'noted' and not exists (
          select 1 from desk.case_events u where u.customer_id = n.customer_id and u.undoes = n.event_id)
        order by n.event_id desc
        """
      ),
      (
        "In force",
        """
        select 'level ' || level as what, until, made_by as by, reason from desk.level_overrides
        where customer_id = $1 and until > clock_timestamp()
        union all
        select rule || ' snoozed', until, made_by, reason from desk.rule_snoozes
        where customer_id = $1 and until > clock_timestamp()
        order by 1
        """
      ),
    ]
    return try tables.compactMap { title, sql in
      let table = ValueTable(try connection.query(sql, [customer]))
      return table.rows.isEmpty ? nil : CustomerPage.Section(title: title, table: table)
    }
  }

  private static func hasCustomers(_ connection: isolated Connection) throws -> Bool {
    try connection.query("select to_regclass('analytics.customer_segmentation') is not null").first?.boolean(
      0)
      ?? false
  }

  private static func reading<Answer: Sendable>(
    _ connection: Connection, _ body: @Sendable (isolated Connection) async throws -> Answer
  ) async throws -> Answer {
    do { return try await DashboardReader.reading(connection, body) } catch let error as PostgresError
      where error.isMissingRelation
    {
      throw DeskError.nothingPublished
    }
  }
}
