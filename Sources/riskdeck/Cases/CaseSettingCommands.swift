import ArgumentParser
import Foundation
import Pipeline
import Postgres
import Workstation

extension CasesCommand {
  struct Snooze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "snooze",
      abstract: "Let a rule or statistic open no case for a customer until a date, or end that.")

    @OptionGroup var options: CaseOptions
    @OptionGroup var subject: SubjectOptions
    @Argument(help: "The name of a hard rule or statistic, as evidences show it.") var rule: String
    @Option(help: "Until when: \(CaseMoment.forms).") var until: Moment?
    @Option(help: "Why.") var reason: String?
    @Flag(help: "End the snooze instead.") var end = false

    func run() async throws {
      let subject = try subject.needed
      if end {
        try await options.desk(for: .snoozeRule) { try await $0.wake(rule, of: subject) }
        options.show("\(rule) counts again", [("rule", jsonText(rule)), ("ended", "true")], of: subject)
        return
      }
      guard let until, let reason else { throw ValidationError("--until and --reason are needed") }
      let rules = try Session(options.global).project.risk
      try await options.reading { try await RulesetStore.active(rules: rules, $0) }.ruleset.requireEvidence(
        rule)
      try await options.desk(for: .snoozeRule) {
        try await $0.snooze(rule, of: subject, until: until.seconds, reason: reason)
      }
      options.show(
        "\(rule) opens no case until \(RunReportText.utc(until.seconds))",
        [
          ("rule", jsonText(rule)), ("until", jsonText(UTCTime.text(until.seconds))),
          ("reason", jsonText(reason)),
        ], of: subject)
    }
  }

  struct Override: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "override",
      abstract: "Set a customer's level against the score until a date (leads), or end that.")

    @OptionGroup var options: CaseOptions
    @OptionGroup var subject: SubjectOptions
    @Argument(help: "low, medium, high or critical.") var level: RiskLevel?
    @Option(help: "Until when: \(CaseMoment.forms).") var until: Moment?
    @Option(help: "Why.") var reason: String?
    @Flag(help: "Let the score's own level hold again.") var end = false

    func run() async throws {
      let subject = try subject.needed
      if end {
        try await options.desk(for: .overrideLevel) { try await $0.removeOverride(of: subject) }
        options.show(
          "the score's own level holds again from the next run on", [("level", "null"), ("ended", "true")],
          of: subject)
        return
      }
      guard let level, let until, let reason else {
        throw ValidationError("a level, --until and --reason are needed")
      }
      try await options.desk(for: .overrideLevel) {
        try await $0.override(level, of: subject, until: until.seconds, reason: reason)
      }
      options.show(
        "\(level.rawValue) until \(RunReportText.utc(until.seconds)), from the next run on",
        [
          ("level", jsonText(level.rawValue)), ("until", jsonText(UTCTime.text(until.seconds))),
          ("reason", jsonText(reason)),
        ], of: subject)
    }
  }

  /// `riskdeck cases lists`: what must never pass, and what tells nothing against anyone.
  struct Lists: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "lists",
      abstract: "The block and allow lists.", subcommands: [Show.self, Add.self, Remove.self],
      defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
      static let configuration = CommandConfiguration(commandName: "show", abstract: "All entries.")
      @OptionGroup var options: CaseOptions

      func run() async throws {
        let entries = try await options.reading { try await CaseReader.entries(from: $0) }
        if options.json {
          print(CaseText.list(entries.map(CaseText.json)))
          return
        }
        if entries.isEmpty { print("the lists are empty") }
        for entry in entries { print(CaseText.entry(entry)) }
      }
    }

    struct Add: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put a value on a list (leads); the next run counts it.")
      @OptionGroup var options: CaseOptions
      @OptionGroup var subject: SubjectOptions
      @Argument(help: "block or allow.") var list: ListEntry.List
      @Argument(help: "email-hash, device, ip, counterparty or customer.") var kind: ListEntry.Kind
      @Argument(help: "The value as riskdeck cases show --json names it.") var value: String
      @Option(help: "Until when: \(CaseMoment.forms); without it, until it is removed.") var until: Moment?
      @Option(help: "Why.") var reason: String
      @Flag(help: "The value is in clear: list its hash, made with the masking key as the rows' are.")
      var hash = false

      func run() async throws {
        let subject = subject.subject ?? .nobody
        let stored = try await options.desk(for: .editLists) { desk in
          let stored = try named(try await desk.holdsHashes())
          try await desk.list(
            kind, stored, on: list, until: until?.seconds, reason: reason, for: subject)
          return stored
        }
        options.show(
          "\(kind.title) \(stored) is on the \(list.rawValue) list",
          [
            ("list", jsonText(list.rawValue)), ("kind", jsonText(kind.rawValue)), ("value", jsonText(stored)),
            ("until", until.map { jsonText(UTCTime.text($0.seconds)) } ?? "null"),
            ("reason", jsonText(reason)),
          ], of: subject)
      }

      /// The value, hashed where that was asked for and rows are.
      private func named(_ isMasked: Bool) throws -> String {
        guard hash, isMasked || kind == .emailHash else { return value }
        let session = try Session(options.global)
        let masking = try Masking.load(
          environment: session.variables.all, dataFolder: session.folders.data)
        guard let hashed = kind.hash(value, by: masking) else {
          throw CaseError(.invalid, "a \(kind.title) is listed as it is, without --hash")
        }
        return hashed
      }
    }

    struct Remove: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a value off its list (leads).")
      @OptionGroup var options: CaseOptions
      @OptionGroup var subject: SubjectOptions
      @Argument(help: "email-hash, device, ip, counterparty or customer.") var kind: ListEntry.Kind
      @Argument(help: "The value.") var value: String

      func run() async throws {
        let subject = subject.subject ?? .nobody
        try await options.desk(for: .editLists) { try await $0.unlist(kind, value, for: subject) }
        options.show(
          "\(kind.title) \(value) is on no list",
          [("kind", jsonText(kind.rawValue)), ("value", jsonText(value)), ("removed", "true")], of: subject)
      }
    }
  }
}
