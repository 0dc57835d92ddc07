import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck risk rulesets`: versions of the ruleset.
struct RiskRulesetsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rulesets", abstract: "List, show, save, compare and activate versions of the ruleset.",
    discussion: "The files of queries/risk are in force until a version of the database was activated.",
    subcommands: [List.self, Show.self, Save.self, Activate.self, Rollback.self, Diff.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the versions, the newest first.")
    @OptionGroup var options: GlobalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let session = try Session(options)
      let connection = try await session.connect()
      let versions = try await RulesetStore.versions(rules: session.project.risk, connection)
      await connection.close()
      let columns: [(String, ValueColumn.Kind)] = [
        ("version", .text), ("active", .boolean), ("saved_at", .text), ("saved_by", .text),
        ("based_on", .text),
        ("note", .text),
      ]
      let table = ValueTable(
        columns: columns.map { ValueColumn(name: $0.0, kind: $0.1) },
        rows: versions.map { version in
          [
            .text(version.version), .boolean(version.isActive),
            version.savedAt > 0 ? .text(RunReportText.utc(version.savedAt)) : .null, .text(version.savedBy),
            version.basedOn.map { .text($0) } ?? .null, .text(version.note),
          ]
        })
      (json ? TableFormat.json : .table).write(table)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print a version's rules.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The version; default: the one in force.") var version: String?

    func run() async throws {
      let session = try Session(options)
      let connection = try await session.connect()
      let text = try await RulesetStore.text(version: version, rules: session.project.risk, connection).text
      await connection.close()
      print(text, terminator: "")
    }
  }

  struct Save: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "save",
      abstract: "Save a file, or the version in force with other numbers, as a version.",
      discussion:
        "Numbers are named as in the file: --set weights.orders_1h=0.8 --set hard_rules.burst.points=30.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "A ruleset.yml.") var file: String?
    @Option(help: "The version whose numbers are changed; default: the one in force.") var base: String?
    @Option(name: .customLong("set"), help: "A number, as name=value; may be repeated.") var numbers:
      [String] = []
    @Option(help: "Why; it stays with the version.") var note: String
    @Flag(help: "Put it in force at once.") var activate = false

    func validate() throws {
      guard (file != nil) != !numbers.isEmpty else {
        throw ValidationError("name --file or numbers by --set")
      }
    }

    func run() async throws {
      let session = try Session(options)
      let person = try session.caseActor(nil, program: "command line").name
      let connection = try await session.connect(for: .saveRuleset)
      let rules = session.project.risk
      let version: String
      if let file {
        guard let data = FileManager.default.contents(atPath: file),
          let text = String(validating: data, as: UTF8.self)
        else { throw ScoringError(.ruleset, place: file, "cannot be read as UTF-8") }
        version = try await RulesetStore.save(
          text: text, basedOn: nil, note: note, rules: rules, origin: Session.whoAmI, by: person,
          connection)
      } else {
        version = try await RulesetStore.save(
          try pairs(numbers, option: "--set"), base: base, note: note, rules: rules, origin: Session.whoAmI,
          by: person, connection)
      }
      if activate {
        try await RulesetStore.activate(
          version, note: note, rules: rules, origin: Session.whoAmI, by: person,
          connection)
      }
      await connection.close()
      print(version)
    }
  }

  struct Activate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "activate",
      abstract: "Put a version in force: the next run scores with it.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The version.") var version: String
    @Option(help: "Why.") var note = ""

    func run() async throws {
      let session = try Session(options)
      let person = try session.caseActor(nil, program: "command line").name
      let connection = try await session.connect(for: .activateRuleset)
      try await RulesetStore.activate(
        version, note: note, rules: session.project.risk, origin: Session.whoAmI, by: person,
        connection)
      await connection.close()
      print("\(version) is in force from the next run on")
    }
  }

  struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rollback",
      abstract: "Put the version in force that was so before.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let session = try Session(options)
      let person = try session.caseActor(nil, program: "command line").name
      let connection = try await session.connect(for: .activateRuleset)
      let version = try await RulesetStore.rollBack(
        rules: session.project.risk, origin: Session.whoAmI, by: person,
        connection)
      await connection.close()
      print("\(version) is in force from the next run on")
    }
  }

  struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "diff", abstract: "Print the lines in which two versions differ.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "The first version.") var first: String
    @Argument(help: "The second; default: the one in force.") var second: String?

    func run() async throws {
      let session = try Session(options)
      let connection = try await session.connect()
      let rules = session.project.risk
      let (old, new) = (
        try await RulesetStore.text(version: first, rules: rules, connection),
        try await RulesetStore.text(version: second, rules: rules, connection)
      )
      await connection.close()
      print("--- \(old.version)\n+++ \(new.version)")
      for line in RulesetStore.difference(old.text, new.text) { print(line) }
    }
  }
}
