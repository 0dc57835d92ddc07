/// Something a hook is told of.
public struct HookEvent: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A run failed or its process died, or a scheduled run could not begin.
    case failure
    /// A run succeeded after one that did not.
    case recovery
    /// A run or the data are past their limit.
    case late
  }

  public let kind: Kind
  /// What it is about, such as `run 12`: each hook hears of each subject once.
  public let subject: String
  public let runID: Int64?
  /// The run's state.
  public let state: String?
  /// Why, for people.
  public let reason: String?
  public let source: String?
  /// Seconds since 1970.
  public let startedAt: Double?
  public let endedAt: Double?
  /// When it happened, in seconds since 1970; hooks added later do not hear of it.
  public let happenedAt: Double

  public init(
    kind: Kind, subject: String, runID: Int64? = nil, state: String? = nil, reason: String? = nil,
    source: String? = nil, startedAt: Double? = nil, endedAt: Double? = nil, happenedAt: Double
  ) {
    self.kind = kind
    self.subject = subject
    self.runID = runID
    self.state = state
    self.reason = reason
    self.source = source
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.happenedAt = happenedAt
  }

  /// What a run that has ended is worth telling. A cancelled run is neither: somebody knows already.
  /// - Parameter previous: the run before it that was not cancelled.
  static func events(of run: RunReport, previous: RunReport?) -> [HookEvent] {
    let wasBroken = previous.map { $0.state == .failed || $0.state == .crashed } ?? false
    switch run.state {
    case .failed, .crashed: return [HookEvent(kind: .failure, run, reason: run.reason)]
    case .success where wasBroken && run.reachesPublication:
      return [
        HookEvent(kind: .recovery, run, reason: previous.map { "run \($0.runID) had \($0.state.rawValue)" })
      ]
    case .success, .running, .cancelled: return []
    }
  }

  init(kind: Kind, _ run: RunReport, reason: String?) {
    self.init(
      kind: kind, subject: "run \(run.runID)", runID: run.runID, state: run.state.rawValue, reason: reason,
      source: run.source, startedAt: run.startedAt, endedAt: run.endedAt,
      happenedAt: run.endedAt ?? run.startedAt)
  }

  /// - Parameter run: the slow run, or the newest one where the data are stale.
  init(_ lateness: Lateness, run: RunReport?, now: Double) {
    let own = run.flatMap { $0.runID == lateness.runID ? $0 : nil }
    self.init(
      kind: .late, subject: lateness.kind == .run ? "run \(lateness.runID)" : "data of run \(lateness.runID)",
      runID: lateness.runID, state: own?.state.rawValue, reason: lateness.description, source: own?.source,
      startedAt: own?.startedAt, endedAt: own?.endedAt, happenedAt: now)
  }

  /// What is sent.
  func payload(database: String, isTest: Bool = false) -> JSONText {
    func time(_ seconds: Double?) -> JSONText { JSONText(seconds.map(UTCTime.text)) }
    var members: [(String, JSONText)] = [
      ("event", .string(kind.rawValue)), ("subject", .string(subject)), ("database", .string(database)),
      ("run", runID.map { .integer(Int($0)) } ?? .null), ("state", JSONText(state)),
      ("reason", JSONText(reason.map(PrintableText.clean))), ("source", JSONText(source)),
      ("started_at", time(startedAt)), ("ended_at", time(endedAt)), ("happened_at", time(happenedAt)),
    ]
    if isTest { members.append(("test", .boolean(true))) }
    return .object(members)
  }
}
