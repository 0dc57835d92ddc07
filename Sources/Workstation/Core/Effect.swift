import Pipeline

/// What the core asks the edge to do. Whatever loads is answered by an ``Event`` with the same request id.
public enum Effect: Sendable, Hashable {
  /// Answer: `dashboardLoaded`. `filters` are the values of linked filters by name; a filter without one is absent.
  case loadDashboard(name: String, filters: [String: String], request: RequestID)
  /// Answer: `customersLoaded`.
  case loadCustomers(CustomerListRequest, request: RequestID)
  /// Answer: `customersCounted`, the exact number of rows that pass the filters.
  case countCustomers(filters: [CustomerListFilter], request: RequestID)
  /// Answer: `customerLoaded`.
  case loadCustomer(id: Int64, request: RequestID)
  /// Customers whose id or name begins with a text, a few. Answer: `customersFound`.
  case findCustomers(String, request: RequestID)
  /// The latest runs, newest first. Answer: `runsLoaded`.
  case loadRuns(limit: Int, request: RequestID)
  /// Every model, seed and source of the project. Answer: `modelsLoaded`.
  case loadModels(request: RequestID)
  /// Answer: `pipelineLoaded`.
  case loadPipeline(PipelineQuestion, request: RequestID)
  /// The rows behind a row of a card, its columns and the linked filters by name. Answer: `rowsLoaded`.
  case runDrill(dashboard: String, card: String, values: [String: String], request: RequestID)
  /// Answer: `queryAnswered`.
  case query(QueryQuestion, request: RequestID)
  /// Note a query that was run for sessions to come.
  case rememberQuery(String)
  /// Answer: `whatIfLoaded`.
  case loadWhatIf(request: RequestID)
  /// Answer: `rulesetsChanged` and a `notice`.
  case changeRuleset(RulesetOrder)
  /// How a version differs from the one in force. Answer: `rulesetCompared`.
  case compareRuleset(String)
  /// Answer: `casesLoaded`.
  case loadCases(CaseFilter, request: RequestID)
  /// Answer: `caseLoaded`.
  case loadCase(id: Int64, request: RequestID)
  /// Entries of the audit log. Answer: `auditLoaded`.
  case loadAudit(AuditLog.Question, request: RequestID)
  /// Take a step on a case; answered by a `notice`, and by `caseTaken` where one was taken from the queue.
  case performCase(CaseCommand)
  /// Write a note on a case in the analyst's own editor; answered by `noteWritten`.
  case editNote(caseID: Int64)
  /// Stop the query in the server; its answer is not awaited any more.
  case cancelQuery(RequestID)
  /// Start these tasks of the pipeline as a detached process. Progress comes as `runChanged`; a refusal as `notice`.
  case startRun(TaskSelection)
  case cancelRun(runID: Int64)
  /// Send a made-up event to a hook; answered by a `notice`.
  case testHook(name: String)
  /// Read a customer's clear identity, noted in the audit log. Answer: `unmasked`, or a `notice` where it is refused.
  case unmask(customerID: Int64)
  /// Put the text on the terminal's clipboard (OSC 52).
  case copy(String)
  /// Write a file and answer by a `notice` that names it.
  case export(ExportOrder)
  case setMouse(isOn: Bool)
  /// Store where the analyst is and how things look, in the XDG state folder.
  case savePreferences(Preferences)
  /// Paint every cell anew.
  case redraw
  /// Stop the process as ctrl-z does.
  case suspend
  case quit
}

/// What is to become of the ruleset.
public enum RulesetOrder: Sendable, Hashable {
  case save(RulesetTuning, base: String, note: String)
  case activate(String)
  case rollBack
}

/// What the query screen asks.
public enum QueryQuestion: Sendable, Hashable {
  case run(String, [String: String], limit: Int)
  /// Further rows of an answer by its number.
  case rows(of: Int, from: Int, limit: Int)
  case explain(String, [String: String])
  case catalogue
}

/// The answer to it.
public enum QueryAnswer: Sendable, Hashable {
  /// Rows with the number of the answer they belong to.
  case page(QuerySession.Page, of: Int)
  case plan(ValueTable)
  case catalogue(QueryCatalogue)
}

/// What is remembered from one session to the next.
public struct Preferences: Sendable, Hashable {
  /// A ``Place/name``.
  public var place: String
  public var theme: String
  public var isMouseOn: Bool
  /// The column and direction the customer list is sorted by.
  public var customerSort: CustomerListSort
  /// Names of the customer list's visible columns in their order; empty: the default.
  public var customerColumns: [String]

  public init(
    place: String = "pipeline", theme: String = "dark", isMouseOn: Bool = true,
    customerSort: CustomerListSort = CustomerListRequest().sort, customerColumns: [String] = []
  ) {
    self.place = place
    self.theme = theme
    self.isMouseOn = isMouseOn
    self.customerSort = customerSort
    self.customerColumns = customerColumns
  }
}
