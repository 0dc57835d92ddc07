import ArgumentParser
import Foundation
import Pipeline
import Postgres

/// `riskdeck cases`: the queue and its cases.
struct CasesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cases",
    abstract: "Work on cases: customers at high and critical, and those a hard rule hit.",
    discussion: """
      Every step is logged with who took it and from where. Exit codes: 0 done; 1 refused or not found; \
      64 wrong usage; 75 somebody else was faster.
      """,
    subcommands: [
      List.self, Show.self, Next.self, Take.self, Release.self, Assign.self, Note.self, Escalate.self,
      Close.self,
      Reopen.self, Undo.self, Snooze.self, Override.self, Lists.self,
    ], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "The queue in the order it is to be worked off.")

    @OptionGroup var options: CaseOptions
    @Option(help: "new, in-review, escalated or closed; may be repeated. Without it the open ones.")
    var state: [CaseState] = []
    @Option(help: "A scored level; may be repeated.") var level: [RiskLevel] = []
    @Option(help: "The factor that weighs most.") var factor: String?
    @Option(help: "Whose; nobody: the free ones.") var assignee: String?
    @Flag(help: "My own.") var mine = false
    @Flag(help: "Those past their due time.") var late = false
    @Option(help: "Opened at least so many hours ago.") var olderThan: Double?
    @Option(help: "Rows at most.") var limit = 100

    func validate() throws {
      if !(1...100_000).contains(limit) { throw ValidationError("--limit is from 1 to 100000") }
      if let olderThan, !(0...Self.mostHours).contains(olderThan) {
        throw ValidationError("--older-than is hours, from 0 to \(Int(Self.mostHours))")
      }
      try checkFactor(factor)
    }

    /// A hundred years.
    private static let mostHours = 876_000.0

    func run() async throws {
      let filter = CaseFilter(
        states: Set(state), levels: Set(level), factor: factor, assignee: try whose(), isLateOnly: late,
        leastAgeHours: olderThan)
      let queue = try await options.reading {
        try await CaseReader.queue(filter, limit: limit, from: $0)
      }
      if options.json {
        print(CaseText.json(queue))
        return
      }
      TableFormat.table.write(CaseText.queue(queue, now: Date().timeIntervalSince1970))
      print(
        "\(queue.cases.count) of \(queue.total); open \(queue.open), free \(queue.free), late \(queue.late)")
    }

    private func whose() throws -> CaseFilter.Assignee {
      if mine {
        return .named(try Session(options.global).caseActor(options.name, program: "").name)
      }
      return assignee.map { $0 == "nobody" ? .nobody : .named($0) } ?? .anybody
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "One case: evidences, what happened, what holds for its customer.")

    @OptionGroup var options: CaseOptions
    @Argument(help: "The case's number.") var caseID: Int64

    func run() async throws {
      let page = try await options.reading { try await CaseReader.page(caseID, from: $0) }
      print(options.json ? CaseText.json(page) : CaseText.page(page, now: Date().timeIntervalSince1970))
    }
  }

  struct Next: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "next",
      abstract: "Take the first free case; two analysts never get the same.")

    @OptionGroup var options: CaseOptions
    @Option(help: "A scored level; may be repeated.") var level: [RiskLevel] = []
    @Option(help: "The factor that weighs most.") var factor: String?

    func validate() throws { try checkFactor(factor) }

    func run() async throws {
      let filter = CaseFilter(levels: Set(level), factor: factor)
      let taken = try await options.desk(for: .workCases) { try await $0.takeNext(filter) }
      guard let taken else { throw CaseError(.notFound, "no case is free") }
      try await options.show(taken)
    }
  }

  struct Take: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "take", abstract: "Make a free case mine.")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64

    func run() async throws { try await step(.take, caseID, options, seen) }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "release", abstract: "Give a case of mine back to the queue.")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64

    func run() async throws { try await step(.release, caseID, options, seen) }
  }

  struct Assign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "assign", abstract: "Hand a case to somebody (leads).")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64
    @Argument(help: "To whom.") var assignee: String

    func run() async throws {
      try await step(.assign(to: try CaseActor.name(assignee)), caseID, options, seen, act: .assignCases)
    }
  }

  struct Note: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "note",
      abstract: "Add a note; without a text it is read from standard input.")
    @OptionGroup var options: CaseOptions
    @Argument(help: "The case's number.") var caseID: Int64
    @Argument(help: "The text.") var text: String?

    func run() async throws {
      let written =
        text
        ?? String(
          decoding: FileHandle.standardInput.readData(ofLength: CaseMachine.longestText + 1), as: UTF8.self)
      try await step(.note(written), caseID, options)
    }
  }

  struct Escalate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "escalate", abstract: "Hand a case to somebody who may decide more.")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64
    @Option(help: "Why.") var reason: String

    func run() async throws { try await step(.escalate(reason: reason), caseID, options, seen) }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "close",
      abstract: "Decide a case.",
      discussion: "Once old enough, outcomes feed the scores of later orders; see docs/cases.md.")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64
    @Option(help: "confirmed-fraud, false-positive or inconclusive.") var outcome: CaseOutcome
    @Option(help: "Why.") var reason: String

    func run() async throws { try await step(.close(outcome, reason: reason), caseID, options, seen) }
  }

  struct Reopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reopen", abstract: "Open a closed case again; it becomes mine.")
    @OptionGroup var options: CaseOptions
    @OptionGroup var seen: SeenOption
    @Argument(help: "The case's number.") var caseID: Int64
    @Option(help: "Why.") var reason: String

    func run() async throws { try await step(.reopen(reason: reason), caseID, options, seen) }
  }

  struct Undo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "undo",
      abstract: "Take back my last step, within a minute and while nobody has followed it with another.")
    @OptionGroup var options: CaseOptions
    @Argument(help: "The case's number; without it wherever my last step was.") var caseID: Int64?

    func run() async throws {
      let undone = try await options.desk(for: .workCases) { try await $0.undo(on: caseID) }
      print(options.json ? CaseText.json(undone) : "undone: " + CaseText.event(undone))
    }
  }
}

/// - Throws: `ValidationError` where there is no such factor.
private func checkFactor(_ name: String?) throws {
  if let name, Factor(rawValue: name) == nil {
    throw ValidationError("--factor is one of \(Factor.allCases.map(\.rawValue).joined(separator: ", "))")
  }
}

/// Takes a step and shows the case after it.
private func step(
  _ step: CaseStep, _ caseID: Int64, _ options: CaseOptions, _ seen: SeenOption? = nil, act: Act = .workCases
) async throws {
  let changed = try await options.desk(for: act) { try await $0.take(step, on: caseID, seen: seen?.seen) }
  try await options.show(changed)
}
