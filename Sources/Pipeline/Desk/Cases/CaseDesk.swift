import Postgres

/// Takes analysts' steps on cases over one connection: each is one transaction that changes the case and logs the event,
/// or does nothing; then every open screen is told.
///
/// A step locks one case and names the version it was decided on, so that two analysts cannot overwrite each other and
/// no two steps wait for each other in a circle.
public struct CaseDesk: Sendable {
  let connection: Connection
  public let actor: CaseActor
  let clock: (@Sendable () -> Double)?

  /// The channel that tells of changes; the payload is the case's number, or 0 for a change outside cases.
  public static let channel = "riskdeck_case"

  /// - Parameter clock: seconds since 1970; nil: the server's clock.
  public init(connection: Connection, actor: CaseActor, clock: (@Sendable () -> Double)? = nil) {
    self.connection = connection
    self.actor = actor
    self.clock = clock
  }

  /// The bind of the moment a step is taken, for `coalesce($n::float8, extract(epoch from clock_timestamp()))`.
  var now: Bind { Bind(clock?()) }

  // MARK: - Steps

  /// Takes a step.
  /// - Parameter version: what the analyst saw; nil: whatever is there now.
  /// - Returns: the case after it.
  /// - Throws: ``CaseError`` where the step cannot be taken, `PostgresError` where the database fails.
  @discardableResult
  public func take(_ step: CaseStep, on caseID: Int64, seen version: Int64? = nil) async throws -> FraudCase {
    try await explainingRights {
      var attempts = 0
      while true {
        let (subject, at) = try await current(caseID)
        // A note takes nothing away from what somebody else does meanwhile.
        let mayFollow = if case .note = step { true } else { version == nil }
        if let version, version != subject.version, !mayFollow {
          throw try await overtaken(subject, since: version, at: at)
        }
        let change = try CaseMachine.change(step, of: subject, by: actor.name, at: at)
        if let changed = try await write(change, on: subject, at: at) { return changed }
        attempts += 1
        if !mayFollow || attempts > 20 {
          throw try await overtaken(try await current(caseID).0, since: subject.version, at: at)
        }
      }
    }
  }

  /// Takes the first free case; two analysts never get the same.
  /// - Parameter filter: which cases come into question; state and assignee are given.
  /// - Returns: nil where none is free.
  public func takeNext(_ filter: CaseFilter = CaseFilter()) async throws -> FraudCase? {
    let (conditions, binds) = filter.statement(startingAt: 4)
    return try await explainingRights {
      // SQL-safe: conditions hold fixed texts and numbered binds only.
      let sql = """
        with moment as materialized (
          select to_timestamp(coalesce($1::float8, extract(epoch from clock_timestamp()))) as at
        ), free as materialized (
          select c.customer_id, c.case_id from desk.cases c
          where c.state = 'new' and c.assignee is null\(conditions)
          order by c.priority, c.score desc, c.customer_id limit 1 for update skip locked
        ), changed as (
          update desk.cases c
          set state = 'in_review', assignee = $2, changed_at = moment.at, version = c.version + 1
          from free cross join moment where c.customer_id = free.customer_id and c.case_id = free.case_id
          returning c.*
        ), logged as (
          insert into desk.case_events (customer_id, case_id, kind, at, actor, origin, old, new)
          select customer_id, case_id, 'taken', changed_at, $2, $3, '{"assignee": null, "state": "new"}',
            jsonb_build_object('assignee', $2::text, 'state', 'in_review')
          from changed
        )
        select \(CaseRows.columns) from changed c \(CaseRows.joins)
        """
      let answer = try await connection.queryPrepared(
        sql, [now, .text(actor.name), .text(actor.origin)] + binds)
      guard let taken = answer.first.flatMap(CaseRows.fraudCase) else { return nil }
      try await tell(taken.caseID)
      return taken
    }
  }

  /// Takes back one's own last step, within a minute and while nobody has followed it with another.
  /// - Parameter caseID: nil: wherever the last step was.
  /// - Returns: the event that was taken back.
  @discardableResult
  public func undo(on caseID: Int64? = nil) async throws -> CaseEvent {
    try await explainingRights {
      let (event, at) = try await lastStep(on: caseID)
      try CaseMachine.checkUndo(event, by: actor.name, at: at)
      guard event.kind.changesWorkflow || event.kind == .noted, let caseID = event.caseID else {
        try await undoSetting(event, at: at)
        return event
      }
      let (subject, _) = try await current(caseID)
      let change = try CaseMachine.undoing(event, of: subject, by: actor.name, at: at)
      guard try await write(change, on: subject, at: at) != nil else {
        throw try await overtaken(try await current(caseID).0, since: subject.version, at: at)
      }
      return event
    }
  }

  // MARK: - Statements

  /// The case as it is, and the moment.
  func current(_ caseID: Int64) async throws -> (FraudCase, Double) {
    // SQL-safe: fixed texts.
    let found = try await connection.queryPrepared(
      """
      select \(CaseRows.columns), null, null, coalesce($2::float8, extract(epoch from clock_timestamp()))::float8
      from desk.cases c \(CaseRows.joins) where c.case_id = $1
      """, [.integer(caseID), now])
    guard let row = found.first, let subject = CaseRows.fraudCase(row) else {
      throw CaseError(.notFound, "there is no case \(caseID)")
    }
    return (subject, row.double(29) ?? 0)
  }

  /// Tells every open screen of a step that has been taken. A statement of its own: the server lets transactions that
  /// notify commit one after the other, and each would keep the others waiting for its disk.
  /// - Parameter caseID: nil: a change outside cases.
  func tell(_ caseID: Int64?) async throws {
    try await connection.queryPrepared(
      "select pg_notify($1, $2)", [.text(Self.channel), .text("\(caseID ?? 0)")])
  }

  /// One statement: the case and its event are written together. Nil where the version is not the case's any more.
  private func write(_ change: CaseChange, on subject: FraudCase, at: Double) async throws -> FraudCase? {
    let workflow = change.workflow
    do {
      // SQL-safe: fixed texts.
      let written = try await connection.queryPrepared(
        """
        with changed as (
          update desk.cases set state = $4, assignee = $5, outcome = $6, outcome_reason = $7,
            due_at = to_timestamp($8::float8), closed_at = to_timestamp($9::float8),
            changed_at = to_timestamp($10::float8), version = version + 1
          where customer_id = $1 and case_id = $2 and version = $3 returning *
        ), logged as (
          insert into desk.case_events (customer_id, case_id, kind, at, actor, origin, old, new, note, undoes)
          select customer_id, case_id, $11, changed_at, $12, $13, $14::jsonb, $15::jsonb, $16, $17 from changed
          returning case_id
        ), audited as (
          select audit.append('\(AuditLog.Action.caseDecision.rawValue)', 'case ' || case_id, jsonb_build_object(
            'step', $11, 'by', $12, 'customer', $1::bigint, 'old', $14::jsonb, 'new', $15::jsonb), $13)
          from logged where $18::boolean
        )
        select \(CaseRows.columns) from changed c \(CaseRows.joins) left join audited on true
        """,
        [
          .integer(subject.customerID), .integer(subject.caseID), .integer(subject.version),
          .text(workflow.state.rawValue), Bind(workflow.assignee), Bind(workflow.outcome?.rawValue),
          Bind(workflow.outcomeReason), .double(workflow.dueAt), Bind(workflow.closedAt), .double(at),
          .text(change.kind.rawValue), .text(actor.name), .text(actor.origin),
          .text(CaseRows.json(change.old)), .text(CaseRows.json(change.new)), Bind(change.note),
          Bind(change.undoes), .boolean(change.isDecision),
        ])
      guard let changed = written.first.flatMap(CaseRows.fraudCase) else { return nil }
      try await tell(changed.caseID)
      return changed
    } catch let error as PostgresError where error.sqlState == "23505" {
      throw CaseError(
        .refused,
        "customer \(subject.customerID) has another open case meanwhile; work on that one instead")
    }
  }

  /// The newest event of the case, or of oneself anywhere, those of runs left out; and the moment.
  private func lastStep(on caseID: Int64?) async throws -> (CaseEvent, Double) {
    var number = caseID
    if number == nil {
      let own = try await connection.query(
        "select case_id, event_id from desk.case_events where actor = $1 order by at desc, event_id desc limit 1",
        [.text(actor.name)])
      guard let row = own.first else { throw CaseError(.refused, "there is no step of yours to undo") }
      number = row.integer(0)
    }
    // SQL-safe: fixed texts.
    let found = try await connection.query(
      """
      select \(CaseRows.eventColumns), coalesce($3::float8, extract(epoch from clock_timestamp()))::float8
      from desk.case_events
      where case_id is not distinct from $1 and kind not in ('rescored', 'opened') and ($1 is not null or actor = $2)
      order by event_id desc limit 1
      """, [Bind(number), .text(actor.name), now])
    guard let row = found.first, let event = CaseRows.event(row) else {
      throw CaseError(.refused, "there is no step of yours to undo")
    }
    return (event, row.double(12) ?? 0)
  }

  /// Says who was faster and with what.
  private func overtaken(_ subject: FraudCase, since version: Int64, at: Double) async throws -> CaseError {
    // SQL-safe: fixed texts.
    let found = try await connection.query(
      """
      select \(CaseRows.eventColumns) from desk.case_events where customer_id = $1 and case_id = $2
      order by event_id desc limit 1
      """, [.integer(subject.customerID), .integer(subject.caseID)])
    guard let event = found.first.flatMap(CaseRows.event) else {
      return CaseError(.overtaken, "case \(subject.caseID) was changed meanwhile; look at it again")
    }
    let ago = max(0, Int(at - event.at))
    let when = ago < 120 ? "\(ago) s ago" : "\(ago / 60) min ago"
    return CaseError(
      .overtaken,
      "\(event.actor) was faster: case \(subject.caseID) was \(event.kind.title) \(when) and is now "
        + "\(subject.workflow.state.title)\(subject.workflow.assignee.map { " with \($0)" } ?? "")")
  }

  /// Turns the server's refusal into a sentence about rights, and tries again where two transactions were in each
  /// other's way.
  func explainingRights<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    var attempts = 0
    while true {
      do { return try await body() } catch let error as PostgresError {
        if error.sqlState == "40P01" || error.sqlState == "40001", attempts < 5 {
          attempts += 1
          continue
        }
        guard error.sqlState == "42501" else { throw error }
        let role = (try? await connection.query("select current_user"))?.first?[0] ?? "this role"
        throw CaseError(
          .forbidden,
          "the database role \(role) may not do this; it takes riskdeck_analyst, or riskdeck_lead for overrides and lists"
        )
      }
    }
  }
}
