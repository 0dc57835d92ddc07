import Foundation
import Glibc
import Pipeline
import Postgres
import Workstation

/// Executes what the front end's pure core asks for, against the database and the files of the user.
struct FrontEdge: Sendable {
  private let session: Session
  let database: String
  let files: DeskFiles
  let connections: DeskConnections
  /// Where dashboards and lists are read from; nil: from the primary.
  let replica: ReadReplica?
  let queries: QuerySession
  private let runArguments: [String]
  private let analyst: CaseActor

  /// - Parameter runArguments: what a run started by a key is given besides `run`.
  init(
    session: Session, database: String, replica: String?, files: DeskFiles, runArguments: [String],
    analyst: CaseActor
  ) {
    self.session = session
    self.database = database
    let connections = DeskConnections(database: database)
    self.connections = connections
    self.replica = replica.map { ReadReplica(database: $0, primary: connections) }
    self.files = files
    queries = QuerySession { try await session.readingURL() }
    self.runArguments = runArguments
    self.analyst = analyst
  }

  /// Executes an effect and returns the events that follow from it.
  func answer(_ effect: Effect) async -> [Event] {
    switch effect {
    case .loadDashboard(let name, let filters, let request):
      return await read(request) { connection in
        .dashboardLoaded(
          try await DashboardReader.content(
            of: try files.dashboard(name), filters: filters, from: connection),
          request: request)
      }
    case .loadCustomers(let list, let request):
      return await read(request) {
        .customersLoaded(try await CustomerListReader.page(list, from: $0), request: request)
      }
    case .countCustomers(let filters, let request):
      return await read(request) {
        .customersCounted(
          try await CustomerListReader.count(CustomerListRequest(filters: filters), from: $0),
          request: request)
      }
    case .loadCustomer(let id, let request):
      return await query(request) { connection in
        do {
          return .customerLoaded(try await CustomerPageReader.page(id, from: connection), request: request)
        } catch let error as DeskError where error.code == .notFound {
          return .customerLoaded(nil, request: request)
        }
      }
    case .findCustomers(let text, let request):
      return await read(request) {
        .customersFound(try await CustomerSearch.matches(text, from: $0), request: request)
      }
    case .loadRuns(let limit, let request):
      return await query(request) {
        .runsLoaded(try await RunReportReader.latest(limit, from: $0), request: request)
      }
    case .loadModels(let request):
      return await query(request) { connection in
        .modelsLoaded(
          try await ModelCatalog.read(project: try await session.models(connection), from: connection),
          request: request)
      }
    case .loadPipeline(let question, let request):
      return await query(request) {
        .pipelineLoaded(try await PipelineDesk.answer(question, from: $0), request: request)
      }
    case .testHook(let name): return await testHook(name)
    case .query(let question, let request):
      return await answering(request) {
        .queryAnswered(try await answer(question, request.number), request: request)
      }
    case .loadWhatIf(let request):
      return await query(request) { connection in
        let rules = session.project.risk
        return .whatIfLoaded(
          try await WhatIfReader.read(rules: rules, from: connection),
          try await RulesetStore.versions(rules: rules, connection), request: request)
      }
    case .changeRuleset(let order): return await change(order)
    case .compareRuleset(let version):
      return await told {
        let (active, chosen) = try await connections.answer(0) { connection in
          (
            try await RulesetStore.text(version: nil, rules: session.project.risk, connection).text,
            try await RulesetStore.text(version: version, rules: session.project.risk, connection).text
          )
        }
        return [.rulesetCompared(version, RulesetStore.difference(active, chosen))]
      }
    case .runDrill(let dashboard, let card, let values, let request):
      return await read(request) { connection in
        guard
          case .query(let sql)? = try files.dashboard(dashboard).cards.first(where: { $0.id == card })?.drill
        else { throw DeskError(.notFound, "the card \(card) of \(dashboard) has no query behind its rows") }
        return .rowsLoaded(
          try await DashboardReader.drill(sql, values: values, from: connection), request: request)
      }
    case .loadCases(let filter, let request):
      return await query(request) {
        .casesLoaded(try await CaseReader.queue(filter, from: $0), request: request)
      }
    case .loadCase(let id, let request):
      return await query(request) { connection in
        do {
          return .caseLoaded(try await CaseReader.page(id, from: connection), request: request)
        } catch let error as CaseError where error.code == .notFound {
          return .caseLoaded(nil, request: request)
        }
      }
    case .loadAudit(let question, let request):
      return await query(request) {
        .auditLoaded(try await AuditLog.page(question, from: $0), request: request)
      }
    case .performCase(let command): return await performCase(command)
    case .cancelQuery(let request):
      await replica?.cancel(request.number)
      await connections.cancel(request.number)
      await queries.cancel(request.number)
      return []
    case .startRun(let selection): return await startRun(selection)
    case .unmask(let id):
      do {
        let identity = try await connections.answer(0) {
          try await ClearIdentity.unmask(id, origin: Session.whoAmI, on: $0)
        }
        return [.unmasked(identity, customerID: id)]
      } catch {
        return [.notice("\(error)", tone: .danger)]
      }
    case .cancelRun(let runID):
      return await notice("asked run \(runID) to end") { connection in
        try await RunControl.cancel(runID, who: Session.whoAmI, on: connection)
      }
    case .export(let order): return await export(order)
    case .savePreferences, .rememberQuery:
      // The program's own (FrontStart); a snapshot remembers nothing.
      return []
    case .copy, .setMouse, .redraw, .suspend, .quit, .editNote:
      // The terminal's own; a snapshot has none.
      return []
    }
  }

  /// The newest run, for a notification.
  func latestRun() async throws -> RunReport? {
    try await connections.answer(0) { try await RunReportReader.latest(1, from: $0) }.first
  }

  /// What is promised of runs and data.
  func serviceLevels() async throws -> ServiceLevels {
    try await connections.answer(0) { try await ServiceLevels.read(from: $0) }
  }

  /// What is published now.
  func publication() async throws -> Publication? {
    try await connections.answer(0) { connection in
      try await connection.transaction("read only") { try await PublicationReader.current($0) }
    }
  }

  /// What every screen shows at its head: what this workstation's login may do, which data are published, what is
  /// promised of them.
  func standing() async throws -> [Event] {
    let access = try await connections.answer(0) { try await Access.read($0) }
    return [
      .accessChanged(access), .publicationChanged(try await publication()),
      .serviceLevelsChanged(try await serviceLevels()),
    ]
  }

  /// Why there is no connection, for people. An embedded server that crashed is started again; one that was stopped
  /// stays so, for somebody had a reason.
  func reasonCutOff(_ error: any Error) async -> String {
    guard session.isEmbedded else { return "\(error)" }
    do {
      let server = try session.embeddedServer
      if server.hasCrashed {
        try await server.start()
        return "the embedded database crashed; it is started again"
      }
      if !server.status().isRunning {
        return "the embedded database was stopped; start it: riskdeck db start"
      }
      return "\(error)"
    } catch {
      return "the embedded database does not start: \(error)"
    }
  }

  private func performCase(_ command: CaseCommand) async -> [Event] {
    do {
      let receipt = try await connections.answer(0) { connection in
        try await CaseDesk(connection: connection, actor: analyst).carryOut(command)
      }
      return [.stepTaken(receipt.message)] + (receipt.takenCase.map { [.caseTaken($0)] } ?? [])
    } catch {
      // Whoever was overtaken sees at once by what.
      let isOvertaken = (error as? CaseError)?.code == .overtaken
      return [.stepFailed("\(error)", canRepeat: !isOvertaken)] + (isOvertaken ? [.casesChanged] : [])
    }
  }

  func close() async {
    await replica?.close()
    await connections.close()
    await queries.close()
  }

  private func answer(_ question: QueryQuestion, _ number: Int) async throws -> QueryAnswer {
    switch question {
    case .run(let sql, let values, let limit):
      let answer = try await queries.run(sql, parameters: values, limit: limit, question: number)
      return .page(answer.page, of: answer.id)
    case .rows(let id, let start, let limit):
      return .page(try await queries.rows(of: id, from: start, limit: limit, question: number), of: id)
    case .explain(let sql, let values):
      return .plan(try await queries.explain(sql, parameters: values, question: number))
    case .catalogue: return .catalogue(try await queries.catalogue(question: number))
    }
  }

  /// Answers out of the published data: from the replica where there is one.
  func reading<Answer: Sendable>(
    _ question: Int, _ body: @Sendable (Connection) async throws -> Answer
  ) async throws -> Answer {
    guard let replica else { return try await connections.answer(question, body) }
    return try await replica.answer(question, body)
  }

  private func read(
    _ request: RequestID, _ body: @Sendable (Connection) async throws -> Event
  ) async -> [Event] {
    let events = await answering(request) { try await reading(request.number, body) }
    guard let replica else { return events }
    return events + [.replicaChanged(await replica.standing)]
  }

  private func query(
    _ request: RequestID, _ body: @Sendable (Connection) async throws -> Event
  ) async -> [Event] {
    await answering(request) {
      do {
        return try await connections.answer(request.number, body)
      } catch let error as PostgresError where error.code == .connectionLost {
        // What only reads may be asked again. Where the server is away, that fails at once.
        return try await connections.answer(request.number, body)
      }
    }
  }

  private func answering(
    _ request: RequestID, _ body: () async throws -> Event
  ) async -> [Event] {
    do {
      return [try await body()]
    } catch let error as PostgresError where error.code == .connectionFailed {
      return [.failed(QueryFailure(message: "\(error)", isUnasked: true), request: request)]
    } catch {
      return [.failed(QueryFailure(message: "\(error)"), request: request)]
    }
  }

  private func notice(
    _ success: String, _ body: @Sendable (Connection) async throws -> Void
  ) async -> [Event] {
    do {
      try await connections.answer(0, body)
      return [.notice(success, tone: .neutral)]
    } catch {
      return [.notice("\(error)", tone: .danger)]
    }
  }

  // MARK: - Runs

  /// Starts the pipeline in a session of its own, so that no hang-up of this terminal ends it, and tells how it ended
  /// where it did not get as far as the run log.
  private func startRun(_ selection: TaskSelection) async -> [Event] {
    let command =
      switch selection {
      case .all: ["run"]
      case .from(let task): ["run", "--from", task]
      case .only(let task): ["run", "--only", task]
      case .resume(let runID): ["resume"] + (runID.map { ["\($0)"] } ?? [])
      }
    do {
      let process = try DetachedProcess.start(
        [Session.executablePath] + command + ["--project-dir", session.project.path]
          + (selection.readsSource ? runArguments : []),
        environment: session.childEnvironment, output: session.folders.state + "/run.log")
      let outcome = await process.ending()
      guard outcome.status != 0, let line = outcome.lastErrorLine else { return [] }
      return [.notice(line, tone: .danger)]
    } catch {
      return [.notice("the run could not be started: \(error)", tone: .danger)]
    }
  }

  private func testHook(_ name: String) async -> [Event] {
    do {
      let now = Date().timeIntervalSince1970
      let problem = try await connections.answer(0) {
        try await Hooks.test(name, event: .failure, now: now, on: $0)
      }
      guard let problem else { return [.notice("the hook \(name) was told", tone: .good)] }
      return [.notice("the hook \(name) could not be told: \(problem)", tone: .danger)]
    } catch {
      return [.notice("\(error)", tone: .danger)]
    }
  }

  // MARK: - Rulesets

  private func change(_ order: RulesetOrder) async -> [Event] {
    await told {
      try await connections.answer(0) { connection in
        let rules = session.project.risk
        let person = analyst.name
        let said: String
        switch order {
        case .save(let tuning, let base, let note):
          let version = try await RulesetStore.save(
            tuning, base: base, note: note, rules: rules, origin: Session.whoAmI, by: person, connection)
          said = "saved as \(version); a activates it"
        case .activate(let version):
          try await RulesetStore.activate(
            version, rules: rules, origin: Session.whoAmI, by: person, connection)
          said = "\(version) is in force from the next run on"
        case .rollBack:
          let version = try await RulesetStore.rollBack(
            rules: rules, origin: Session.whoAmI, by: person, connection)
          said = "\(version) is in force again from the next run on"
        }
        return [
          .notice(said, tone: .good),
          .rulesetsChanged(try await RulesetStore.versions(rules: rules, connection)),
        ]
      }
    }
  }

  /// The events of something done, or the reason why it was not.
  private func told(_ body: () async throws -> [Event]) async -> [Event] {
    do {
      return try await body()
    } catch {
      return [.notice("\(error)", tone: .danger)]
    }
  }

  // MARK: - Exports

  private func export(_ order: ExportOrder) async -> [Event] {
    do {
      return [.notice(try await ScreenExport(edge: self, order: order).write(), tone: .good)]
    } catch {
      return [.notice("\(error)", tone: .danger)]
    }
  }
}
