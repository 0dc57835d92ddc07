import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck build`: models, seeds and their tests, published together.
struct ModelsBuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the models and run their tests; publish when all is good.")

  @OptionGroup var options: ModelsOptions
  @Option(help: "when-good: publish only where nothing failed; always: publish what was built, as dbt does.")
  var publish = ProjectRun.Publishing.whenGood

  func run() async throws {
    try await ModelsRunCommand.run(.build, options, publish)
  }
}

/// `riskdeck run-models`: models without their tests.
struct ModelsRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-models", abstract: "Build the models without running tests.")

  @OptionGroup var options: ModelsOptions
  @Option(help: "when-good: publish only where nothing failed; always: publish what was built, as dbt does.")
  var publish = ProjectRun.Publishing.whenGood

  func run() async throws {
    try await Self.run(.runModels, options, publish)
  }

  /// Runs, prints, writes the artifacts and fails where a node failed.
  static func run(
    _ mode: ProjectRun.Mode, _ options: ModelsOptions, _ publishing: ProjectRun.Publishing = .whenGood
  ) async throws {
    let session = try await ModelsSession(options)
    let ids = try session.selected()
    var run = try ProjectRun(session.project, mode: mode)
    run.publishing = publishing
    let artifacts = try session.artifacts()
    try await RunMemory.forgetPublication(in: session.database)
    let results = try await run.run(ids, database: session.database)
    try session.write(mode.rawValue, results.compiled, results, to: artifacts)
    if options.json {
      print(results.text(command: mode.rawValue, generatedAt: Date().timeIntervalSince1970))
    } else {
      ModelsReport.write(results, mode, publishing)
    }
    if !results.isSuccess { throw ExitCode(1) }
  }
}

/// `riskdeck seed`: the project's CSV files as tables.
struct ModelsSeedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", abstract: "Load the project's CSV files into tables.")

  @OptionGroup var options: ModelsOptions

  func run() async throws {
    try await ModelsRunCommand.run(.seed, options)
  }
}

/// `riskdeck test`: data tests on what is published, their history, and the rows that break one.
struct ModelsTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the data tests on what is published.")

  @OptionGroup var options: ModelsOptions
  @Flag(help: "Show what the tests said in the last runs instead of running them.") var history = false
  @Option(help: "Of how many runs the history is.") var runs = 10
  @Option(help: "Print every row that breaks this test.") var showFailures: String?
  @Option(help: "How the rows are printed: table, csv or json.") var format: TableFormat = .table

  func run() async throws {
    if history { return try await showHistory() }
    if let showFailures { return try await show(showFailures) }
    try await ModelsRunCommand.run(.test, options)
  }

  private func showHistory() async throws {
    let connection = try await Session(options.global).connect()
    var histories = try await TestHistory.read(test: nil, runs: max(1, runs), from: connection)
    await connection.close()
    if !options.select.isEmpty || !options.exclude.isEmpty {
      let session = try await ModelsSession(options, isOffline: true)
      let ids = try session.selected()
      let names = Set(session.project.tests.filter { ids.contains($0.id) }.map(\.name))
      histories = histories.filter { names.contains($0.test) }
    }
    if options.json { format(histories, as: .json) } else { format(histories, as: format) }
  }

  private func format(_ histories: [TestHistory], as format: TableFormat) {
    let columns = [
      ValueColumn(name: "test", kind: .text), ValueColumn(name: "run", kind: .number),
      ValueColumn(name: "tested_at", kind: .timestamp), ValueColumn(name: "status", kind: .text),
      ValueColumn(name: "failures", kind: .number), ValueColumn(name: "message", kind: .text),
    ]
    let rows: [[Value]] = histories.flatMap { history in
      history.entries.map { entry in
        [
          .text(history.test), .integer(entry.runID), .text(entry.testedAt), .text(entry.status),
          entry.failures.map { .integer($0) } ?? .null, entry.message.map { .text($0) } ?? .null,
        ]
      }
    }
    format.write(ValueTable(columns: columns, rows: rows))
  }

  private func show(_ name: String) async throws {
    let session = try await ModelsSession(options)
    guard
      let test = session.project.tests.first(where: { $0.name == name || $0.id == name || $0.alias == name })
    else {
      throw ModelError(
        .selection, "no test is called \(name); riskdeck ls --resource-type test names them all")
    }
    let build = try await ShadowBuild.begin(session.project, database: session.database, models: [])
    do {
      (options.json ? .json : format).write(try await build.failures(of: test))
    } catch {
      await build.abandon()
      throw error
    }
    await build.abandon()
  }
}

/// What a run says to people.
enum ModelsReport {
  static func write(_ results: RunResults, _ mode: ProjectRun.Mode, _ publishing: ProjectRun.Publishing) {
    for node in results.nodes {
      print("\(mark(node.status)) \(node.name)  \(node.message)  \(milliseconds(node.seconds))")
    }
    for test in results.tests where test.status != .pass && test.status != .skipped {
      print("\(mark(test.status)) \(test.name)  \(test.message ?? "")")
    }
    let states: [(TestResult.Status, String)] = [
      (.pass, "passed"), (.warn, "warned"), (.fail, "failed"), (.error, "could not be answered"),
      (.skipped, "skipped"),
    ]
    let tests = states.compactMap { status, word -> String? in
      let count = results.tests.count { $0.status == status }
      return count == 0 ? nil : "\(count) \(word)"
    }
    var parts: [String] = []
    if mode != .test {
      let good = results.nodes.count { $0.status == .success }
      parts.append("\(good) of \(results.nodes.count) built")
    }
    if !tests.isEmpty { parts.append("tests: " + tests.joined(separator: ", ")) }
    parts.append(milliseconds(results.elapsed))
    print(parts.joined(separator: "; "))
    if mode != .test, !results.isSuccess {
      print(
        publishing == .always
          ? "published what was built" : "nothing was published: the last good state stands")
    }
  }

  private static func mark(_ status: NodeResult.Status) -> String {
    switch status {
    case .success: "ok     "
    case .error: "ERROR  "
    case .skipped: "skipped"
    }
  }

  private static func mark(_ status: TestResult.Status) -> String {
    switch status {
    case .pass: "ok     "
    case .warn: "warn   "
    case .fail: "FAIL   "
    case .error: "ERROR  "
    case .skipped: "skipped"
    }
  }

  private static func milliseconds(_ seconds: Double) -> String {
    "\((seconds * 10_000).rounded() / 10) ms"
  }
}

extension ProjectRun.Publishing: ExpressibleByArgument {}
