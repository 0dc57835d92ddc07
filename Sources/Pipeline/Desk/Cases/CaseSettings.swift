import Postgres

/// What a snooze, override or list entry is made for.
public enum CaseSubject: Sendable, Hashable {
  case fraudCase(Int64)
  case customer(Int64)
  /// List entries alone.
  case nobody
}

extension CaseDesk {
  /// Lets a rule or statistic open no case for the customer until a moment.
  public func snooze(
    _ rule: String, of subject: CaseSubject, until: Double, reason: String
  ) async throws {
    try await set(.snooze(rule: rule), of: subject, kind: .snoozed, reason: reason, until: until) {
      ["rule": rule, "until": UTCTime.text(until), "reason": $0, "made_by": actor.name]
    }
  }

  /// Ends a snooze before its time.
  public func wake(_ rule: String, of subject: CaseSubject) async throws {
    try await remove(.snooze(rule: rule), of: subject, kind: .woken)
  }

  /// Sets the customer's level against the score until a moment.
  public func override(
    _ level: RiskLevel, of subject: CaseSubject, until: Double, reason: String
  ) async throws {
    try await set(.override, of: subject, kind: .overridden, reason: reason, until: until) {
      ["level": level.rawValue, "until": UTCTime.text(until), "reason": $0, "made_by": actor.name]
    }
  }

  public func removeOverride(of subject: CaseSubject) async throws {
    try await remove(.override, of: subject, kind: .overrideRemoved)
  }

  /// Puts a value on the block or allow list.
  /// - Throws: ``CaseError`` also where it stands on the other list, or is in clear where rows hold hashes.
  public func list(
    _ kind: ListEntry.Kind, _ value: String, on list: ListEntry.List, until: Double?, reason: String,
    for subject: CaseSubject = .nobody
  ) async throws {
    let value = try CaseMachine.needed(value, "a value for the list")
    if kind == .customer, Int64(value) == nil {
      throw CaseError(.invalid, "a customer is listed by number, not as \(value)")
    }
    try kind.check(value, isMasked: try await holdsHashes())
    try await set(
      .entry(kind: kind, value: value), of: subject, kind: .listed, reason: reason, until: until
    ) {
      [
        "list": list.rawValue, "kind": kind.rawValue, "value": value, "until": until.map(UTCTime.text),
        "reason": $0, "made_by": actor.name,
      ]
    }
  }

  public func unlist(
    _ kind: ListEntry.Kind, _ value: String, for subject: CaseSubject = .nobody
  ) async throws {
    try await remove(.entry(kind: kind, value: value), of: subject, kind: .unlisted)
  }

  // MARK: - One way for the three

  /// Which row of which table a setting is.
  private enum Setting: Sendable {
    case snooze(rule: String)
    case override
    case entry(kind: ListEntry.Kind, value: String)

    var title: String {
      switch self {
      case .snooze(let rule): "snooze of \(rule)"
      case .override: "level override"
      case .entry(let kind, let value): "list entry for \(kind.title) \(value)"
      }
    }

    /// How the audit log calls it; nil: it does not.
    var audited: AuditLog.Action? {
      switch self {
      case .snooze: nil
      case .override: .levelOverride
      case .entry: .listChange
      }
    }
  }

  private func set(
    _ setting: Setting, of subject: CaseSubject, kind: CaseEvent.Kind, reason: String, until: Double?,
    _ fields: (String) -> [String: String?]
  ) async throws {
    let reason = try CaseMachine.needed(reason, "a reason")
    let new = fields(reason)
    try await explainingRights {
      let caseID = try await connection.transaction { connection in
        let (customerID, caseID, at) = try locked(subject, connection)
        if let until, until <= at { throw CaseError(.invalid, "the date is in the past") }
        try requirePublished(setting, of: subject, connection)
        let old = try row(setting, customerID, connection)
        try refuseOtherList(setting, old: old, new: new, at: at, connection)
        try put(new, setting, customerID, at: at, connection)
        try log(
          kind, setting, customerID, caseID, at: at, old: old ?? [:], new: new, note: reason, connection)
        return caseID
      }
      try await tell(caseID)
    }
  }

  /// A customer that nobody published is a slip of the pen. Before the first run there is nothing to compare with.
  private func requirePublished(
    _ setting: Setting, of subject: CaseSubject, _ connection: isolated Connection
  ) throws {
    var customers: [Int64] = []
    if case .customer(let customer) = subject { customers.append(customer) }
    if case .entry(.customer, let value) = setting, let customer = Int64(value) { customers.append(customer) }
    let published = try connection.query("select to_regclass('analytics.customer_segmentation') is not null")
    guard !customers.isEmpty, published.first?.boolean(0) == true else { return }
    for customer in customers {
      let found = try connection.query(
        "select 1 from analytics.customer_segmentation where customer_id = $1", [.integer(customer)])
      if found.rowCount == 0 {
        throw CaseError(.notFound, "there is no customer \(customer) in the published data")
      }
    }
  }

  /// What stands on one list is taken off it before it goes to the other, so that nobody's entry vanishes silently.
  private func refuseOtherList(
    _ setting: Setting, old: [String: String?]?, new: [String: String?], at: Double,
    _ connection: isolated Connection
  ) throws {
    guard case .entry(let kind, let value) = setting, let list = old?["list"] ?? nil,
      list != new["list"] ?? nil
    else { return }
    let held = try connection.query(
      "select 1 from desk.list_entries where kind = $1 and value = $2 and (until is null or until > to_timestamp($3::float8))",
      [.text(kind.rawValue), .text(value), .double(at)])
    guard held.rowCount > 0 else { return }
    throw CaseError(
      .refused,
      "\(kind.title) \(value) is on the \(list) list; take it off first (riskdeck cases lists remove)")
  }

  private func remove(_ setting: Setting, of subject: CaseSubject, kind: CaseEvent.Kind) async throws {
    try await explainingRights {
      let caseID = try await connection.transaction { connection in
        let (customerID, caseID, at) = try locked(subject, connection)
        guard let old = try row(setting, customerID, connection) else {
          throw CaseError(.notFound, "there is no \(setting.title)")
        }
        try delete(setting, customerID, connection)
        try log(kind, setting, customerID, caseID, at: at, old: old, new: [:], note: nil, connection)
        return caseID
      }
      try await tell(caseID)
    }
  }

  /// Puts back what a setting was before the event.
  func undoSetting(_ event: CaseEvent, at: Double) async throws {
    let fields = event.new.isEmpty ? event.old : event.new
    let setting: Setting
    switch event.kind {
    case .snoozed, .woken: setting = .snooze(rule: (fields["rule"] ?? nil) ?? "")
    case .overridden, .overrideRemoved: setting = .override
    case .listed, .unlisted:
      guard let kind = (fields["kind"] ?? nil).flatMap(ListEntry.Kind.init(rawValue:)),
        let value = fields["value"] ?? nil
      else { throw CaseError(.refused, "the last step cannot be undone") }
      setting = .entry(kind: kind, value: value)
    default: throw CaseError(.refused, "the last step cannot be undone")
    }
    try await connection.transaction { connection in
      let subject: CaseSubject =
        event.caseID.map { .fraudCase($0) } ?? (event.customerID == 0 ? .nobody : .customer(event.customerID))
      let (customerID, caseID, _) = try locked(subject, connection)
      if event.old.isEmpty {
        try delete(setting, customerID, connection)
      } else {
        try put(event.old, setting, customerID, at: at, connection)
      }
      try log(
        .undone, setting, customerID, caseID, at: at, old: event.new, new: event.old, note: nil,
        undoes: event.eventID,
        connection)
    }
    try await tell(event.caseID)
  }

  /// The customer and the open case, locked, so that nobody closes it meanwhile; and the moment.
  private func locked(
    _ subject: CaseSubject, _ connection: isolated Connection
  ) throws -> (customer: Int64, fraudCase: Int64?, at: Double) {
    let at = try CaseRows.moment(clock?(), connection)
    switch subject {
    case .nobody: return (0, nil, at)
    case .customer(let customerID):
      guard customerID > 0 else { throw CaseError(.invalid, "a customer has a positive number") }
      let open = try connection.query(
        "select case_id from desk.cases where customer_id = $1 and state <> 'closed' for no key update",
        [.integer(customerID)])
      return (customerID, open.first?.integer(0), at)
    case .fraudCase(let caseID):
      let found = try connection.query(
        "select customer_id, state from desk.cases where case_id = $1 for no key update", [.integer(caseID)])
      guard let row = found.first, let customerID = row.integer(0) else {
        throw CaseError(.notFound, "there is no case \(caseID)")
      }
      guard row[1] != CaseState.closed.rawValue else {
        throw CaseError(.refused, "case \(caseID) is closed; reopen it to change it")
      }
      return (customerID, caseID, at)
    }
  }

  private func row(
    _ setting: Setting, _ customerID: Int64, _ connection: isolated Connection
  ) throws -> [String: String?]? {
    switch setting {
    case .snooze(let rule):
      // SQL-safe: fixed texts.
      let found = try connection.query(
        "select \(CaseRows.snoozeColumns) from desk.rule_snoozes where customer_id = $1 and rule = $2",
        [.integer(customerID), .text(rule)])
      return found.first.map(CaseRows.snooze).map {
        ["rule": $0.rule, "until": UTCTime.text($0.until), "reason": $0.reason, "made_by": $0.madeBy]
      }
    case .override:
      let found = try connection.query(
        """
        select level, extract(epoch from until)::float8, reason, made_by from desk.level_overrides
        where customer_id = $1
        """, [.integer(customerID)])
      return found.first.map {
        ["level": $0[0], "until": $0.double(1).map(UTCTime.text), "reason": $0[2], "made_by": $0[3]]
      }
    case .entry(let kind, let value):
      // SQL-safe: fixed texts.
      let found = try connection.query(
        "select \(CaseRows.entryColumns) from desk.list_entries where kind = $1 and value = $2",
        [.text(kind.rawValue), .text(value)])
      return found.first.flatMap(CaseRows.entry).map {
        [
          "list": $0.list.rawValue, "kind": kind.rawValue, "value": value,
          "until": $0.until.map(UTCTime.text),
          "reason": $0.reason, "made_by": $0.madeBy,
        ]
      }
    }
  }

  private func put(
    _ fields: [String: String?], _ setting: Setting, _ customerID: Int64, at: Double,
    _ connection: isolated Connection
  ) throws {
    func field(_ name: String) -> Bind { Bind(fields[name] ?? nil) }
    switch setting {
    case .snooze(let rule):
      try connection.query(
        """
        insert into desk.rule_snoozes (customer_id, rule, until, reason, made_by, made_at)
        values ($1, $2, $3::timestamptz, $4, $5, to_timestamp($6::float8))
        on conflict (customer_id, rule) do update set until = excluded.until, reason = excluded.reason,
          made_by = excluded.made_by, made_at = excluded.made_at
        """,
        [
          .integer(customerID), .text(rule), field("until"), field("reason"), field("made_by"), .double(at),
        ])
    case .override:
      try connection.query(
        """
        insert into desk.level_overrides (customer_id, level, until, reason, made_by, made_at)
        values ($1, $2, $3::timestamptz, $4, $5, to_timestamp($6::float8))
        on conflict (customer_id) do update set level = excluded.level, until = excluded.until,
          reason = excluded.reason, made_by = excluded.made_by, made_at = excluded.made_at
        """,
        [
          .integer(customerID), field("level"), field("until"), field("reason"), field("made_by"),
          .double(at),
        ])
    case .entry(let kind, let value):
      try connection.query(
        """
        insert into desk.list_entries (kind, value, list, until, reason, made_by, made_at, customer_id)
        values ($1, $2, $3, $4::timestamptz, $5, $6, to_timestamp($7::float8), $8)
        on conflict (kind, value) do update set list = excluded.list, until = excluded.until,
          reason = excluded.reason, made_by = excluded.made_by, made_at = excluded.made_at
        """,
        [
          .text(kind.rawValue), .text(value), field("list"), field("until"), field("reason"),
          field("made_by"), .double(at), .integer(customerID),
        ])
    }
  }

  private func delete(
    _ setting: Setting, _ customerID: Int64, _ connection: isolated Connection
  ) throws {
    switch setting {
    case .snooze(let rule):
      try connection.query(
        "delete from desk.rule_snoozes where customer_id = $1 and rule = $2",
        [.integer(customerID), .text(rule)])
    case .override:
      try connection.query(
        "delete from desk.level_overrides where customer_id = $1", [.integer(customerID)])
    case .entry(let kind, let value):
      try connection.query(
        "delete from desk.list_entries where kind = $1 and value = $2", [.text(kind.rawValue), .text(value)])
    }
  }

  private func log(
    _ kind: CaseEvent.Kind, _ setting: Setting, _ customerID: Int64, _ caseID: Int64?, at: Double,
    old: [String: String?], new: [String: String?], note: String?, undoes: Int64? = nil,
    _ connection: isolated Connection
  ) throws {
    try connection.query(
      """
      insert into desk.case_events (customer_id, case_id, kind, at, actor, origin, old, new, note, undoes)
      values ($1, $2, $3, to_timestamp($4::float8), $5, $6, $7::jsonb, $8::jsonb, $9, $10)
      """,
      [
        .integer(customerID), Bind(caseID), .text(kind.rawValue), .double(at), .text(actor.name),
        .text(actor.origin), .text(CaseRows.json(old)), .text(CaseRows.json(new)), Bind(note), Bind(undoes),
      ])
    guard let action = setting.audited else { return }
    try connection.query(
      """
      select audit.append($1, $2, jsonb_build_object('step', $3::text, 'by', $4::text, 'customer', $5::bigint,
        'old', $6::jsonb, 'new', $7::jsonb), $8)
      """,
      [
        .text(action.rawValue), .text(setting.title), .text(kind.rawValue), .text(actor.name),
        .integer(customerID), .text(CaseRows.json(old)), .text(CaseRows.json(new)), .text(actor.origin),
      ])
  }
}
