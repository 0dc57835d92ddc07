import ArgumentParser
import Foundation
import Pipeline
import Workstation

/// `riskdeck snapshot`: a screen as text, without a terminal.
struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Print a screen as text; keys may drive it first.",
    discussion: """
      SCREEN is pipeline, customers, customer/ID, query/NAME, models, model/NAME, task/RUN/TASK, \
      failing-rows/RUN/TEST, audit or a dashboard's name.
      """)

  @OptionGroup var options: GlobalOptions
  @OptionGroup var reading: ReadOptions
  @Argument(help: "Which screen.") var screen: String
  @Option(help: "WIDTHxHEIGHT.") var size: String = "160x48"
  @Option(help: "Keys to press first, e.g. \"3 Enter s\".") var keys: String = ""
  @Flag(help: "Draw with ASCII alone.") var ascii = false
  @Option(help: "text, svg (a picture) or lines (in reading order, for screen readers).") var format = Format
    .text
  @Option(help: "A theme's name, for pictures.") var theme: String?

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, svg, lines
  }

  func run() async throws {
    let numbers = size.split(separator: "x").compactMap { Int($0) }
    guard numbers.count == 2, (1...1_000).contains(numbers[0]), (1...1_000).contains(numbers[1]) else {
      throw ValidationError("--size takes WIDTHxHEIGHT, such as 160x48, not \(size)")
    }
    let session = try Session(options, reading: reading)
    let front = FrontSetup(session)
    guard let place = Place(name: screen, dashboards: front.dashboards.map(\.name)) else {
      let names =
        ["pipeline"] + front.dashboards.map(\.name) + [
          "customers", "customer/ID", "cases", "case/NUMBER", "audit", "query/NAME",
        ]
      throw ValidationError("there is no screen \(screen); there are \(names.joined(separator: ", "))")
    }
    let files = try DeskFiles(session.project)
    // The query screen would open on the name all the same, for an analyst to choose another.
    if case .savedQuery(let name) = place { _ = try files.savedQuery(name) }
    if let theme, !front.themes.contains(where: { $0.name == theme }) {
      let names = front.themes.map(\.name).joined(separator: ", ")
      throw ValidationError("there is no theme \(theme); there are \(names)")
    }
    let script = try keyScript(keys)
    let connection = try await session.connect()
    await connection.close()
    let edge = FrontEdge(
      session: session, database: try await session.databaseURL(), replica: try session.replicaURL(),
      files: files,
      runArguments: [], analyst: try session.caseActor(nil, program: "snapshot"))
    var start = State(
      setup: front.setup(
        depth: format == .svg ? .truecolor : .mono, isASCII: ascii, theme: theme, remembers: false),
      size: Size(width: numbers[0], height: numbers[1]), now: Date().timeIntervalSince1970)
    for event in try await edge.standing() { _ = start.handle(event) }
    if let replica = edge.replica {
      await replica.check()
      _ = start.handle(.replicaChanged(await replica.standing))
    }
    let state = await Snapshot.drive(start, place: place, keys: script) { effect in
      switch effect {
      case .startRun, .cancelRun, .testHook:
        [.notice("a snapshot starts and ends no runs and tells nobody", tone: .warning)]
      case .unmask: [.notice("a snapshot shows nothing in clear", tone: .warning)]
      case .performCase, .editNote: [.notice("a snapshot takes no steps on cases", tone: .warning)]
      default: await edge.answer(effect)
      }
    }
    await edge.close()
    if state.place == place, let reason = state.emptiness { throw DeskError(.notFound, reason) }
    switch format {
    case .text: Swift.print(view(state, state.size).plainText, terminator: "")
    case .svg: Swift.print(svg(state, state.size), terminator: "")
    case .lines: print(accessibleText(state).joined(separator: "\n"))
    }
  }
}
