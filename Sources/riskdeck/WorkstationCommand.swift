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
    let session = try Session(options)
    let front = FrontSetup(session)
    let place: Place?
    if let screen {
      guard let named = Place(name: screen, dashboards: front.dashboards.map(\.name)) else {
        throw ValidationError("there is no screen \(screen)")
      }
      place = named
    } else {
      place = nil
    }
    let start = FrontStart(
      session: session, runArguments: source.arguments,
      analyst: session.caseActor(name, program: "workstation"))
    let theme = theme
    let isAccessible = accessible
    let ending = try await MainActor.run {
      if isAccessible {
        try Self.printLines(front: front, start: start, place: place)
        return SessionEnding.quit
      }
      return try Self.show(front: front, start: start, place: place, theme: theme)
    }
    try await start.end()
    ending.die()
  }

  private static func program(_ start: FrontStart) -> TerminalProgram<State, Event, Effect> {
    .workstation(
      clock: { Date().timeIntervalSince1970 },
      perform: { effect, post in
        Task.detached {
          for event in await start.answer(effect) { post(event) }
        }
      })
  }

  private static func begin(_ setup: Setup, _ size: Size, _ place: Place?) -> (State, [Effect]) {
    var setup = setup
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
  private static func printLines(front: FrontSetup, start: FrontStart, place: Place?) throws {
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
          front.setup(depth: .mono, isASCII: !isUnicode, analyst: start.analyst),
          Size(width: 100, height: 24), place)
      })
    news.stop()
  }

  /// Runs the poll loop on the main thread until the analyst leaves.
  @MainActor
  private static func show(
    front: FrontSetup, start: FrontStart, place: Place?, theme: String?
  ) throws -> SessionEnding {
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
            depth: profile.colorDepth, isASCII: !profile.isUnicode, theme: theme, analyst: start.analyst),
          size,
          place)
      })
    news.stop()
    return ending
  }
}
