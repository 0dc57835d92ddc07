import ArgumentParser
import Foundation
import Pipeline

/// `riskdeck risk evaluate`: how well the rules rank known frauds.
struct RiskEvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure the scoring on events whose frauds are known.")

  @OptionGroup var options: EvaluationOptions
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() async throws {
    let report = try await options.evaluation(try options.events.rules()).run()
    print(json ? try encoded(report) : report.text, terminator: json ? "\n" : "")
  }
}

/// `riskdeck risk backtest`: two rulesets on the same events.
struct RiskBacktestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Score known events by two rulesets: who moves, which one ranks better.")

  @OptionGroup var options: EvaluationOptions
  @Option(help: "The other ruleset; or give --ruleset twice.") var against: String?
  @Option(help: "Customers shown.") var moves = 20
  @Flag(help: "Print JSON instead of text.") var json = false

  func validate() throws {
    guard moves >= 0 else { throw ValidationError("--moves must be at least 0") }
  }

  private struct BacktestOutput: Encodable {
    struct Move: Encodable {
      let customer: Int64
      let before: String
      let after: String
      let scoreBefore: Double
      let scoreAfter: Double
      let isFraud: Bool
    }
    let reports: [EvaluationReport]
    let moves: [Move]

    init(_ backtest: Backtest) {
      reports = backtest.reports
      moves = backtest.moves.map {
        Move(
          customer: $0.customer, before: $0.before.rawValue, after: $0.after.rawValue,
          scoreBefore: $0.scoreBefore, scoreAfter: $0.scoreAfter, isFraud: $0.isFraud)
      }
    }
  }

  func run() async throws {
    guard let other = against ?? options.events.ruleset.dropFirst().first else {
      throw ValidationError("name two rulesets: --ruleset A --ruleset B")
    }
    let backtest = try await options.evaluation(try options.events.rules())
      .backtest(against: try options.events.rules(other))
    if json {
      print(try encoded(BacktestOutput(backtest)))
      return
    }
    for report in backtest.reports { print(report.text) }
    print("\(backtest.moves.count) customers change their level")
    for move in backtest.moves.prefix(moves) {
      let known = move.isFraud ? "  known fraud" : ""
      print(
        "\(move.customer): \(move.before.rawValue) (\(rounded(move.scoreBefore))) -> "
          + "\(move.after.rawValue) (\(rounded(move.scoreAfter)))\(known)")
    }
  }
}

/// `riskdeck risk calibrate`: a scorecard out of the outcomes, shown beside the rules and never switched on by itself.
struct RiskCalibrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate", abstract: "Fit weights to known outcomes and show what they would change.")

  @OptionGroup var options: EvaluationOptions
  @Option(help: "Write the weights, to be taken over into ruleset.yml by hand.") var out: String?
  @Flag(help: "Print JSON instead of text.") var json = false

  private struct CalibrationOutput: Encodable {
    let events: Int
    let frauds: Int
    let before: EvaluationReport
    let after: EvaluationReport
    let weights: [String: Double]

    init(_ calibration: Calibration) {
      events = calibration.card.events
      frauds = calibration.card.frauds
      before = calibration.before
      after = calibration.after
      weights = Dictionary(
        uniqueKeysWithValues: zip(Statistic.allCases.map(\.name), calibration.ruleset.weights))
    }
  }

  func run() async throws {
    let files = try options.events.rules()
    guard let calibration = try await options.evaluation(files, usesOutcomes: true).calibrate() else {
      throw ScoringError(
        .data,
        "fewer than \(Scorecard.leastFrauds) known frauds before the ranked days: too few to learn weights from"
      )
    }
    let card = calibration.card
    let text = calibration.ruleset.weightText
    if let out { try PrivateFile.replace([(out, text)]) }
    if json {
      print(try encoded(CalibrationOutput(calibration)))
      return
    }
    print("fitted to \(card.events) events, \(card.frauds) of them frauds\n")
    print(calibration.before.text)
    print(calibration.after.text)
    print(text, terminator: "")
    guard let out else { return }
    print("\nwritten to \(out); nothing changes until ruleset.yml does")
  }
}

func rounded(_ number: Double) -> String { String(format: "%.1f", number) }

func encoded(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
