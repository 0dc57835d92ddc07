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
    let start = FrontStart(session: session, runArguments: source.arguments)
    let theme = theme
    let ending = try await MainActor.run {
      try Self.show(front: front, start: start, place: place, theme: theme)
    }
    try await start.end()
    ending.die()
  }

  /// Runs the poll loop on the main thread until the analyst leaves.
  @MainActor
  private static func show(
    front: FrontSetup, start: FrontStart, place: Place?, theme: String?
  ) throws -> SessionEnding {
    let news = NewsFeed(start)
    let program = TerminalProgram<State, Event, Effect>.workstation(
      clock: { Date().timeIntervalSince1970 },
      perform: { effect, post in
        Task.detached {
          for event in await start.answer(effect) { post(event) }
        }
      })
    let (_, ending) = try TerminalSession.run(
      program, environment: ProcessInfo.processInfo.environment,
      opened: { post in
        start.tell(post)
        news.start(post)
      },
      start: { profile, size in
        var state = State(
          setup: front.setup(depth: profile.colorDepth, isASCII: !profile.isUnicode, theme: theme),
          size: size,
          now: Date().timeIntervalSince1970)
        var effects = state.start()
        if let place { effects += state.go(to: place) }
        return (state, effects)
      })
    news.stop()
    return ending
  }
}
