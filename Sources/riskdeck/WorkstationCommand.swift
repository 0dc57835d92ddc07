import ArgumentParser
import Foundation
import Pipeline
import Postgres
import Terminal
import Workstation

/// `riskdeck` without a command: the workstation on this terminal.
struct WorkstationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workstation", abstract: "Open the workstation on this terminal (the default).")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var reading: ReadOptions
  @OptionGroup var source: SourceOptions
  @Option(help: "The screen to begin with.") var screen: String?
  @Option(help: "A theme's name.") var theme: String?
  @Flag(help: "Print screens as lines and read keys by the line, for screen readers and plain terminals.")
  var accessible = false
  @Option(
    name: .customLong("as"),
    help: "The name to take cases under (or RISKDECK_AS); without it the login name. Both are logged.")
  var name: String?

  func run() async throws {
    let session = try Session(options, reading: reading)
    let front = FrontSetup(session)
    var opening = WorkstationOpening(theme: theme, isAccessible: accessible)
    if let screen {
      guard let named = Place(name: screen, dashboards: front.dashboards.map(\.name)) else {
        throw ValidationError("there is no screen \(screen)")
      }
      opening.place = named
    }
    // Who names a screen has been here before.
    opening.isFirstStart = front.isFirstStart && screen == nil
    let start = FrontStart(
      session: session, runArguments: source.arguments,
      analyst: try session.caseActor(name, program: "workstation"))
    try await opening.run(front: front, start: start).die()
  }
}

/// How the workstation is opened.
struct WorkstationOpening: Sendable {
  /// The screen to begin with; nil: the one of the session before.
  var place: Place?
  var theme: String?
  var isAccessible = false
  var isTour = false
  var isFirstStart = false

  /// Shows it until the analyst leaves.
  func run(front: FrontSetup, start: FrontStart) async throws -> SessionEnding {
    let ending = try await MainActor.run {
      if isAccessible {
        try printLines(front: front, start: start)
        return SessionEnding.quit
      }
      return try show(front: front, start: start)
    }
    try await start.end()
    return ending
  }

  private func program(_ start: FrontStart) -> TerminalProgram<State, Event, Effect> {
    .workstation(
      clock: { Date().timeIntervalSince1970 },
      perform: { effect, post in
        if start.remember(effect, post) { return }
        Task.detached {
          for event in await start.answer(effect) { post(event) }
        }
      })
  }

  /// Saved queries are read after the first frame unless it shows one.
  private var beginsWithSavedQuery: Bool {
    if case .savedQuery? = place { true } else { false }
  }

  private func begin(_ setup: Setup, _ size: Size) -> (State, [Effect]) {
    var setup = setup
    setup.isTour = isTour
    setup.isFirstStart = isFirstStart
    var later: Place?
    switch place {
    case .pipeline?, .dashboard?, .customers?: setup.preferences.place = place?.name ?? ""
    default: later = place
    }
    var state = State(setup: setup, size: size, now: Date().timeIntervalSince1970)
    var effects = state.start()
    if let later { effects += state.go(to: later) }
    return (state, effects)
  }

  /// The screens as lines, until the analyst leaves or the input ends.
  @MainActor
  private func printLines(front: FrontSetup, start: FrontStart) throws {
    let news = NewsFeed(start)
    try LineSession.run(
      program(start), environment: ProcessInfo.processInfo.environment,
      lines: accessibleText, isBusy: \.isLoading, read: LineSession.workstationEvents,
      opened: { post in
        start.tell(post)
        news.start(post)
      },
      start: { isUnicode in
        // Rows enough to read, few enough to listen to.
        begin(
          front.setup(
            depth: .mono, isASCII: !isUnicode, readsSavedQueries: beginsWithSavedQuery, analyst: start.analyst
          ),
          Size(width: 100, height: 24))
      })
    news.stop()
  }

  /// Runs the poll loop on the main thread until the analyst leaves.
  @MainActor
  private func show(front: FrontSetup, start: FrontStart) throws -> SessionEnding {
    let news = NewsFeed(start)
    let (_, ending) = try TerminalSession.run(
      program(start), environment: ProcessInfo.processInfo.environment,
      opened: { post in
        start.tell(post)
        news.start(post)
      },
      start: { profile, size in
        begin(
          front.setup(
            depth: profile.colorDepth, isASCII: !profile.isUnicode, theme: theme,
            readsSavedQueries: beginsWithSavedQuery, analyst: start.analyst),
          size)
      })
    news.stop()
    return ending
  }
}
