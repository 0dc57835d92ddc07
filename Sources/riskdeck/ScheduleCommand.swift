import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck schedule`: when runs start by themselves.
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "When runs start by themselves; riskdeck daemon starts them.",
    subcommands: [Add.self, List.self, Remove.self, Pause.self, Resume.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Add a schedule, such as \"0 6 * * 1-5\" for six o'clock on working days.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var source: SourceOptions
    @Argument(
      help: "Minute, hour, day of month, month and weekday, or @hourly, @daily, @weekly, @monthly, @yearly.")
    var expression: String
    @Option(help: "The zone its times are meant in; without it this machine's.") var timeZone: String?
    @Option(help: "What happens to times that passed while no daemon was there: none, one or all.")
    var catchUp: CatchUp = .one
    @Option(help: "What to call it; without it the source's name.") var name: String?
    @Option(help: "Seconds a run may take.") var timeout: Double?

    func validate() throws { try TimeoutOptions.check(timeout) }

    func run() async throws {
      let cron = try CronExpression(expression)
      let clock = try ZoneClock(timeZone ?? ZoneClock.current)
      let session = try Session(options)
      let connection = try await session.connect(for: .editSchedules)
      let selection = try await source.selection(session, connection)
      // What cannot be read is told now, not at six in the morning.
      _ = try selection.open()
      let schedule = try await Schedules.add(
        name: name, expression: cron, clock: clock, catchUp: catchUp, source: selection.source,
        arguments: selection.arguments + (timeout.map { ["--timeout", "\($0)"] } ?? []), who: Session.whoAmI,
        on: connection)
      await connection.close()
      let next = schedule.next.map { clock.text($0) } ?? "never"
      print("\(schedule.name): next run \(next), source \(schedule.source); riskdeck daemon starts it")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List schedules with their next and last runs.")

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Print a JSON array.") var json = false

    func run() async throws {
      let connection = try await Session(options).connect()
      let schedules = try await Schedules.all(on: connection)
      await connection.close()
      if schedules.isEmpty, !json {
        print("no schedules; riskdeck schedule add \"0 6 * * 1-5\" makes one")
        return
      }
      let columns = [
        "name", "expression", "time zone", "catch-up", "source", "next run", "last due", "result", "run",
      ]
      let table = ValueTable(
        columns: columns.map {
          ValueColumn(
            name: json ? $0.replacing(" ", with: "_") : $0, kind: $0 == "run" ? .number : .text)
        },
        rows: schedules.map { schedule in
          func time(_ instant: Double?) -> Value {
            instant.map { .text(json ? RunReportText.utc($0) : schedule.clock.text($0)) } ?? .null
          }
          return [
            .text(schedule.name), .text(schedule.expression.description), .text(schedule.clock.identifier),
            .text(schedule.catchUp.rawValue), .text(schedule.source),
            schedule.isPaused && !json ? .text("paused") : time(schedule.next), time(schedule.last?.dueAt),
            schedule.last.map { .text($0.state.rawValue) } ?? .null,
            schedule.last?.runID.map { .integer($0) } ?? .null,
          ]
        })
      (json ? TableFormat.json : .table).write(table)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Remove a schedule; its runs stay in the run log.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The schedule's name.") var name: String

    func run() async throws {
      let connection = try await Session(options).connect(for: .editSchedules)
      try await Schedules.remove(name, on: connection)
      await connection.close()
      print("removed \(name)")
    }
  }

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause",
      abstract: "Start no runs of a schedule until it is resumed; times meanwhile are passed over.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The schedule's name.") var name: String

    func run() async throws {
      let connection = try await Session(options).connect(for: .editSchedules)
      try await Schedules.setPaused(name, true, on: connection)
      await connection.close()
      print("paused \(name)")
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Start a paused schedule's runs again.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The schedule's name.") var name: String

    func run() async throws {
      let connection = try await Session(options).connect(for: .editSchedules)
      try await Schedules.setPaused(name, false, on: connection)
      await connection.close()
      print("resumed \(name)")
    }
  }
}

extension CatchUp: ExpressibleByArgument {}

extension SourceSelection {
  /// The options of `riskdeck run` that read the same.
  fileprivate var arguments: [String] {
    switch source {
    case "demo": ["--source", source, "--customers", "\(demo.customers)", "--seed", "\(demo.seed)"]
    case "dummyjson": ["--source", source, "--base-url", baseURL]
    default: ["--source", source] + (mapping.map { ["--mapping", $0] } ?? [])
    }
  }
}
