import ArgumentParser
import Foundation
import Pipeline
import Postgres

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
        print("\(rule) counts again")
        return
      }
      guard let until, let reason else { throw ValidationError("--until and --reason are needed") }
      try await options.desk(for: .snoozeRule) {
        try await $0.snooze(rule, of: subject, until: until.seconds, reason: reason)
      }
      print("\(rule) opens no case until \(RunReportText.utc(until.seconds))")
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
        print("the score's own level holds again")
        return
      }
      guard let level, let until, let reason else {
        throw ValidationError("a level, --until and --reason are needed")
      }
      try await options.desk(for: .overrideLevel) {
        try await $0.override(level, of: subject, until: until.seconds, reason: reason)
      }
      print("\(level.rawValue) until \(RunReportText.utc(until.seconds))")
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

      func run() async throws {
        try await options.desk(for: .editLists) {
          try await $0.list(
            kind, value, on: list, until: until?.seconds, reason: reason, for: subject.subject ?? .nobody)
        }
        print("\(kind.title) \(value) is on the \(list.rawValue) list")
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
        try await options.desk(for: .editLists) {
          try await $0.unlist(kind, value, for: subject.subject ?? .nobody)
        }
        print("\(kind.title) \(value) is on no list")
      }
    }
  }
}
