import ArgumentParser
import Dispatch
import Foundation
import Glibc
import Pipeline
import Postgres

/// Which source a run reads, as options of `run` and of the workstation, which starts runs with a key.
struct SourceOptions: ParsableArguments {
  @Option(
    help: """
      demo, files:DIR, dummyjson or postgres:URL. Without it: RISKDECK_SOURCE, else the last run's, else demo.
      """)
  var source: String?
  @Option(help: "Customers of the demo source.") var customers: Int64?
  @Option(help: "Seed of the demo source; equal seeds give equal data.") var seed: UInt64?
  @Option(name: .customLong("base-url"), help: "Where the dummyjson source finds its API.") var baseURL:
    String?

  @Option(help: "The file with the queries of a postgres source.") var mapping: String?

  /// What to read: these options, what the environment says, or what the last run read.
  func selection(_ session: Session, _ connection: Connection) async throws -> SourceSelection {
    var selection = SourceSelection()
    if let named = source ?? session.variables["RISKDECK_SOURCE"] {
      selection.source = named
    } else if let last = try await SourceMemory.lastRun(on: connection) {
      selection = last
    }
    if let customers { selection.demo.customers = customers }
    if let seed { selection.demo.seed = seed }
    if let baseURL { selection.baseURL = baseURL }
    if let mapping { selection.mapping = SourceOptions.absolute(mapping) }
    if selection.source.hasPrefix("files:") {
      selection.source =
        "files:" + SourceOptions.absolute(String(selection.source.dropFirst("files:".count)))
    }
    return selection
  }

  /// The path as a run started later, from another folder, needs it; unchanged where there is nothing.
  private static func absolute(_ path: String) -> String {
    guard let absolute = realpath(path, nil) else { return path }
    defer { free(absolute) }
    return String(cString: absolute)
  }

  /// The options again, for a process that reads the same.
  var arguments: [String] {
    [
      source.map { ["--source", $0] }, customers.map { ["--customers", "\($0)"] },
      seed.map { ["--seed", "\($0)"] },
      baseURL.map { ["--base-url", $0] }, mapping.map { ["--mapping", $0] },
    ].compactMap { $0 }.flatMap { $0 }
  }
}

/// The source selection as the run log keeps it, so that the next run reads the same.
enum SourceMemory {
  /// - Parameter more: further members of the object, names and JSON values.
  static func json(_ selection: SourceSelection, more: [(name: String, json: String)] = []) -> String {
    let members = [
      ("source", jsonText(selection.source)), ("customers", "\(selection.demo.customers)"),
      ("seed", "\"\(selection.demo.seed)\""), ("base_url", jsonText(selection.baseURL)),
      ("mapping", selection.mapping.map(jsonText) ?? "null"),
    ]
    return "{" + (members + more).map { "\(jsonText($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
  }

  static func lastRun(on connection: Connection) async throws -> SourceSelection? {
    let found = try await connection.query(
      """
      select settings->>'source', settings->>'customers', settings->>'seed', settings->>'base_url',
        settings->>'mapping'
      from monitoring.runs order by run_id desc limit 1
      """)
    guard let row = found.first, let source = row[0] else { return nil }
    var selection = SourceSelection(source: source)
    if let customers = row.integer(1) { selection.demo.customers = customers }
    if let seed = row[2].flatMap({ UInt64($0) }) { selection.demo.seed = seed }
    if let baseURL = row[3] { selection.baseURL = baseURL }
    selection.mapping = row[4]
    return selection
  }
}

/// How long runs and their tasks may take.
struct TimeoutOptions: ParsableArguments {
  @Option(help: "Seconds the run may take.") var timeout: Double?
  @Option(
    name: .customLong("task-timeout"),
    help:
      "How long an attempt of a task may take, such as load=60s; may be repeated (or RISKDECK_TASK_TIMEOUTS)."
  )
  var taskTimeouts: [String] = []

  func validate() throws {
    try Self.check(timeout)
    do { _ = try TaskTimeouts.read(taskTimeouts) } catch { throw ValidationError("--task-timeout: \(error)") }
  }

  /// - Throws: `ValidationError` for what is no length of a run.
  static func check(_ timeout: Double?) throws {
    guard let timeout, !TaskTimeouts.isLimit(timeout) else { return }
    throw ValidationError("--timeout: \(timeout) is no limit; write seconds, up to 2592000 (30 days)")
  }

  /// Seconds by task: those of the environment, and over them the options.
  func byTask(_ variables: Variables) throws -> [String: Double] {
    let variable = TaskTimeouts.variable
    let listed: [String: Double]
    do { listed = try TaskTimeouts.read(list: variables[variable] ?? "") } catch {
      throw ConfigurationError("\(variable): \(error)")
    }
    return try listed.merging(TaskTimeouts.read(taskTimeouts)) { _, option in option }
  }
}

/// `riskdeck run`: the whole pipeline, in this process.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the pipeline: extract, mask, load, validate, model, test, score, publish.",
    discussion: "Ends with 1 where the run failed or was cancelled, 75 where another run is at work.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var source: SourceOptions
  @Flag(help: "Print the run with every task, check and test as a JSON object.") var json = false
  @Flag(help: "Wait for a run that is at work to end, instead of giving up.") var wait = false
  @OptionGroup var timeouts: TimeoutOptions
  @Option(help: "Begin with this task; what is upstream counts as done.") var from: String?
  @Option(help: "Run this task alone.") var only: String?
  @Flag(name: .customLong("full-refresh"), help: "Run every task, also those whose inputs did not change.")
  var isFullRefresh = false

  func validate() throws {
    if from != nil, only != nil { throw ValidationError("--from and --only exclude each other") }
  }

  func run() async throws {
    let selection: TaskSelection = from.map { .from($0) } ?? only.map { .only($0) } ?? .all
    try await PipelineStart(
      options: options, source: source, selection: selection, isFullRefresh: isFullRefresh, json: json,
      waits: wait, timeouts: timeouts
    ).run()
  }
}

/// `riskdeck resume`: what a run that did not succeed left undone.
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on where the newest run failed, crashed or was cancelled.",
    discussion: "Loading, validation and scoring that succeeded are kept; models are built and tested anew.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The run's number; it must be the newest.") var run: Int64?
  @Flag(help: "Print the run as a JSON object.") var json = false
  @OptionGroup var timeouts: TimeoutOptions

  func run() async throws {
    try await PipelineStart(
      options: options, source: nil, selection: .resume(run), isFullRefresh: false, json: json,
      waits: false, timeouts: timeouts
    ).run()
  }
}

/// A run of the pipeline in this process, from options to the printed report.
struct PipelineStart {
  let options: GlobalOptions
  /// What to read; nil: what the last run read.
  let source: SourceOptions?
  let selection: TaskSelection
  let isFullRefresh: Bool
  let json: Bool
  let waits: Bool
  let timeouts: TimeoutOptions

  func run() async throws { try await run(in: try Session(options)) }

  func run(in session: Session) async throws {
    try await session.waitForServer()
    let connection = try await session.connect(for: .runPipeline)
    let chosen = try await chosenSource(session, connection)
    // The embedded server has made it; with a database elsewhere this may be the first file in it, the masking key.
    try session.makeDataFolder()
    let masking = try Masking.load(environment: session.variables.all, dataFolder: session.folders.data)
    let pipeline = PipelineRun(
      database: try await session.pipelineURL(), project: try await session.models(connection),
      projectFolder: session.project.models, rulesetFolder: session.project.risk, source: try chosen.open(),
      masking: masking, scoringThreads: Session.processorCount)
    let settings = RunSettings(
      source: chosen.source, startedBy: Session.whoAmI, processID: getpid(), version: Riskdeck.version,
      settingsJSON: try settingsJSON(chosen, masking, session), waits: waits, timeout: timeouts.timeout)
    let signals = EndingSignals()
    let runID = try await pipeline.execute(
      settings, selection: selection, isFullRefresh: isFullRefresh,
      timeouts: timeouts.byTask(session.variables),
      cancellations: signals.reasons, waiting: { printError($0) })
    guard let report = try await RunReportReader.run(runID, from: connection) else {
      throw RunError(.failed, "run \(runID) is not in the run log")
    }
    try await Hooks.fire(
      for: report, previous: try await Hooks.previous(of: report, on: connection), on: connection)
    await connection.close()
    print(json ? RunReportText.json(report) : RunReportText.summary(report))
    guard report.state != .success else { return }
    printError("run \(runID) \(report.state.rawValue)" + (report.reason.map { ": \($0)" } ?? ""))
    throw ExitCode(ExitStatus.failed.rawValue)
  }
}

extension PipelineStart {
  /// What is read; where nothing is, the source of the data that are there.
  private func chosenSource(_ session: Session, _ connection: Connection) async throws -> SourceSelection {
    if !selection.readsSource {
      if let option = source?.arguments.first {
        throw RunError(
          .invalid, "a run \(selection.title) works on the data that are loaded; leave \(option) away")
      }
      if let last = try await SourceMemory.lastRun(on: connection) { return last }
    }
    return try await (source ?? SourceOptions.parse([])).selection(session, connection)
  }

  /// What was asked for, as the run log keeps it.
  private func settingsJSON(
    _ chosen: SourceSelection, _ masking: Masking, _ session: Session
  ) throws -> String {
    let limits = try timeouts.byTask(session.variables).sorted { $0.key < $1.key }
    return SourceMemory.json(
      chosen,
      more: [
        ("tasks", jsonText(selection.title)), ("full_refresh", "\(isFullRefresh)"),
        ("masking", "\(masking.isEnabled)"), ("timeout", timeouts.timeout.map { "\($0)" } ?? "null"),
        (
          "task_timeouts",
          "{" + limits.map { "\(jsonText($0.key)): \($0.value)" }.joined(separator: ", ") + "}"
        ),
      ])
  }
}

/// `riskdeck cancel`: end the run that is at work.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Ask the run that is at work to end; published data stay as they are.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The run's number; without it whichever is at work.") var run: Int64?

  func run() async throws {
    let connection = try await Session(options).connect(for: .cancelRun)
    let runID = try await RunControl.cancel(run, who: Session.whoAmI, on: connection)
    await connection.close()
    print("asked run \(runID) to end")
  }
}

/// SIGINT, SIGTERM and SIGHUP as reasons to end a run in good order.
struct EndingSignals {
  let reasons: AsyncStream<String>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream<String>.makeStream()
    reasons = stream
    sources = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")].map { number, name in
      // The default action would end the process before the source sees the signal.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield("stopped by \(name)") }
      source.resume()
      return source
    }
  }
}
