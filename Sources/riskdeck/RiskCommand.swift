import ArgumentParser

/// `riskdeck risk`: what concerns the rules and their measure.
struct RiskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "risk", abstract: "Fit, measure, explain and compare the scoring.",
    subcommands: [
      RiskFitCommand.self, RiskEvaluateCommand.self, RiskExplainCommand.self, RiskBacktestCommand.self,
      RiskCalibrateCommand.self, RiskRulesetsCommand.self,
    ])
}
