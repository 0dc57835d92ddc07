import ArgumentParser

@main
struct Riskdeck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "riskdeck", abstract: "Customer risk and fraud analysis in the terminal.")
}
