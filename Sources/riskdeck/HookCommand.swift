import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck hook`: who is told when a run fails, recovers or is late.
struct HookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook",
    abstract: "Who is told when a run fails, succeeds again, or something is late.",
    subcommands: [Add.self, List.self, Remove.self, Test.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Add a hook: a command that gets JSON on its standard input, or an address it is posted to.")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "What to call it.") var name: String
    @Option(help: "failure, recovery or late; several parted by commas.") var on = "failure,recovery"
    @Option(help: "The address of the POST, or env:NAME for the variable that holds it.") var post: String?
    @Option(help: "HEADER=VARIABLE: a header whose value an environment variable holds. May be repeated.")
    var header: [String] = []
    @Option(help: "Tries in all.") var attempts = 3
    @Option(help: "Seconds one try may take.") var timeout = 10.0
    @Argument(parsing: .postTerminator, help: "After --: the program and its arguments; no shell reads them.")
    var command: [String] = []

    func run() async throws {
      var events: Set<HookEvent.Kind> = []
      for word in on.split(separator: ",") {
        guard let kind = HookEvent.Kind(rawValue: String(word)) else {
          throw ScheduleError(.invalid, "\"\(word)\" is no event; give failure, recovery or late")
        }
        events.insert(kind)
      }
      let hook = try Hook(
        name: name, events: events, target: try target(), attempts: attempts, timeout: timeout)
      let connection = try await Session(options).connect(for: .editSchedules)
      try await Hooks.add(hook, who: Session.whoAmI, on: connection)
      await connection.close()
      print("added \(name); riskdeck hook test \(name) tries it")
    }

    private func target() throws -> Hook.Target {
      guard let post else {
        guard header.isEmpty, !command.isEmpty else {
          throw ScheduleError(.invalid, "give --post ADDRESS, or -- and a command")
        }
        return .command(command)
      }
      guard command.isEmpty else {
        throw ScheduleError(.invalid, "a hook posts or starts a command, not both")
      }
      var headers: [String: String] = [:]
      for pair in header {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
          throw ScheduleError(.invalid, "a header is NAME=VARIABLE, such as Authorization=HOOK_TOKEN")
        }
        headers[parts[0]] = parts[1]
      }
      return .post(url: post, headers: headers)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List hooks and how the last telling of each went.")
    @OptionGroup var options: GlobalOptions
    @Flag(help: "Print a JSON array.") var json = false

    func run() async throws {
      let connection = try await Session(options).connect()
      let hooks = try await Hooks.all(on: connection)
      await connection.close()
      if hooks.isEmpty, !json {
        print("no hooks; riskdeck hook add makes one")
        return
      }
      let columns = ["name", "events", "target", "last", "subject", "result", "message"]
      let table = ValueTable(
        columns: columns.map { ValueColumn(name: $0, kind: .text) },
        rows: hooks.map { hook, last in
          let target =
            switch hook.target {
            case .command(let words): words.joined(separator: " ")
            case .post(let url, _): "POST " + url
            }
          return [
            .text(hook.name), .text(hook.events.map(\.rawValue).sorted().joined(separator: ",")),
            .text(target),
          ]
            + [last?.event, last?.subject, last?.state, last?.message].map { $0.map { .text($0) } ?? .null }
        })
      (json ? TableFormat.json : .table).write(table)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a hook.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The hook's name.") var name: String

    func run() async throws {
      let connection = try await Session(options).connect(for: .editSchedules)
      try await Hooks.remove(name, on: connection)
      await connection.close()
      print("removed \(name)")
    }
  }

  struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Send a made-up event, marked as a test; 1 where it does not arrive.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The hook's name.") var name: String
    @Option(help: "failure, recovery or late.") var event: HookEvent.Kind = .failure

    func run() async throws {
      let connection = try await Session(options).connect(for: .editSchedules)
      let problem = try await Hooks.test(
        name, event: event, now: Date().timeIntervalSince1970, on: connection)
      await connection.close()
      if let problem { throw ScheduleError(.failed, "\(name): \(problem)") }
      print("delivered")
    }
  }
}

extension HookEvent.Kind: ExpressibleByArgument {}
