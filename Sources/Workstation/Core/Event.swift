import Pipeline

/// What happens: input, answers to effects, news from the database, the clock.
public enum Event: Sendable {
  case input(InputEvent)
  case dashboardLoaded(DashboardContent, request: RequestID)
  case customersLoaded(CustomerListPage, request: RequestID)
  case customersCounted(Int64, request: RequestID)
  /// Nil: there is no such customer in the published data.
  case customerLoaded(CustomerPage?, request: RequestID)
  case customersFound([CustomerMatch], request: RequestID)
  case runsLoaded([RunReport], request: RequestID)
  case modelsLoaded([ModelPage], request: RequestID)
  case pipelineLoaded(PipelineAnswer, request: RequestID)
  /// The rows behind a row of a card.
  case rowsLoaded(ValueTable, request: RequestID)
  case queryAnswered(QueryAnswer, request: RequestID)
  case whatIfLoaded(WhatIf, [RulesetVersion], request: RequestID)
  /// A version was saved or put in force.
  case rulesetsChanged([RulesetVersion])
  /// The lines in which a version differs from the one in force, `-` there and `+` in the version.
  case rulesetCompared(String, [String])
  case casesLoaded(CaseQueue, request: RequestID)
  /// Nil: there is no such case.
  case caseLoaded(CasePage?, request: RequestID)
  case auditLoaded(AuditLog.Page, request: RequestID)
  /// A request could not be answered; the reason is one line for people.
  case failed(QueryFailure, request: RequestID)
  /// A run started, moved on or ended, whoever started it.
  case runChanged(RunReport)
  /// A run published new data: what is on screen is old.
  case published
  /// Which data readers see, for the header: at the start and after `published`. Nil: none were published yet.
  case publicationChanged(Publication?)
  /// What the database promises of runs and data: at the start and after it changed.
  case serviceLevelsChanged(ServiceLevels)
  /// Who is connected and what they may do: at the start and whenever the connection came back.
  case accessChanged(Access)
  /// Nil: no clear identity of the customer is stored.
  case unmasked(ClearIdentity?, customerID: Int64)
  /// What was asked of a case is done.
  case stepTaken(String)
  /// It is not; one line says why. Repeating it as it was is of use unless somebody else was faster.
  case stepFailed(String, canRepeat: Bool)
  /// Somebody changed cases, whoever it was.
  case casesChanged
  /// A case was taken from the queue and is to be looked at.
  case caseTaken(Int64)
  /// A note came back from the editor; nil: it was left empty.
  case noteWritten(String?, caseID: Int64)
  /// The saved queries were read, beside the first frame.
  case savedQueriesRead([SavedQuery])
  /// A line for the analyst about something done or refused.
  case notice(String, tone: Threshold.Tone)
  /// The connection to the database was lost (with the reason) or came back (nil).
  case connectionChanged(problem: String?)
  /// How the replica stands that dashboards and lists are read from; nil: it has not been asked yet.
  case replicaChanged(ReplicaStanding?)
  /// There is no database to work with: the program ends and its edge tells why.
  case unavailable
  /// The time in seconds since 1970.
  case tick(Double)
}

/// Why a query has no answer.
public struct QueryFailure: Error, Sendable, Hashable {
  /// One line for people: what, why, what to do.
  public let message: String
  /// There was no server to ask: once it is back, the question may be asked again without anybody's word.
  public let isUnasked: Bool

  public init(message: String, isUnasked: Bool = false) {
    self.message = message
    self.isUnasked = isUnasked
  }
}

/// An answer to a request, parted from the events that are none.
enum Answer: Sendable {
  case dashboard(DashboardContent)
  case customers(CustomerListPage)
  case count(Int64)
  case customer(CustomerPage?)
  case matches([CustomerMatch])
  case runs([RunReport])
  case pipeline(PipelineAnswer)
  case models([ModelPage])
  case table(ValueTable)
  case query(QueryAnswer)
  case whatIf(WhatIf, [RulesetVersion])
  case cases(CaseQueue)
  case fraudCase(CasePage?)
  case audit(AuditLog.Page)
  case failure(QueryFailure)
}

extension Event {
  var answer: (Answer, RequestID)? {
    switch self {
    case .dashboardLoaded(let content, let id): (.dashboard(content), id)
    case .customersLoaded(let page, let id): (.customers(page), id)
    case .customersCounted(let count, let id): (.count(count), id)
    case .customerLoaded(let page, let id): (.customer(page), id)
    case .customersFound(let matches, let id): (.matches(matches), id)
    case .runsLoaded(let runs, let id): (.runs(runs), id)
    case .pipelineLoaded(let answer, let id): (.pipeline(answer), id)
    case .modelsLoaded(let pages, let id): (.models(pages), id)
    case .rowsLoaded(let table, let id): (.table(table), id)
    case .queryAnswered(let answer, let id): (.query(answer), id)
    case .whatIfLoaded(let model, let versions, let id): (.whatIf(model, versions), id)
    case .casesLoaded(let queue, let id): (.cases(queue), id)
    case .caseLoaded(let page, let id): (.fraudCase(page), id)
    case .auditLoaded(let page, let id): (.audit(page), id)
    case .failed(let failure, let id): (.failure(failure), id)
    case .unavailable: nil
    case .input, .rulesetsChanged, .rulesetCompared, .runChanged, .published, .publicationChanged,
      .serviceLevelsChanged, .accessChanged,
      .unmasked,
      .casesChanged, .stepTaken, .stepFailed, .caseTaken, .noteWritten, .savedQueriesRead, .notice,
      .connectionChanged, .replicaChanged, .tick:
      nil
    }
  }
}
