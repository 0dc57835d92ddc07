import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck limits`: how long a run may take and how old the data may be.
struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Show or set how long a run may take and how old the data may be.",
    discussion:
      "What is past its limit is marked by riskdeck status and the metrics, and told to hooks on late.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "Seconds a run may take, or none.") var runSeconds: String?
  @Option(help: "Hours since the data were published, or none.") var dataHours: String?

  func run() async throws {
    let changes = runSeconds != nil || dataHours != nil
    let connection = try await Session(options).connect(for: changes ? .editSchedules : .read)
    var levels = try await ServiceLevels.read(from: connection)
    if changes {
      levels = try ServiceLevels(
        runSeconds: try number(runSeconds, unless: levels.runSeconds),
        dataHours: try number(dataHours, unless: levels.dataHours))
      try await levels.write(who: Session.whoAmI, on: connection)
    }
    await connection.close()
    print("a run may take: \(levels.runSeconds.map { "\($0) s" } ?? "no limit")")
    print("data may be old: \(levels.dataHours.map { "\($0) h" } ?? "no limit")")
  }

  private func number(_ text: String?, unless current: Double?) throws -> Double? {
    guard let text else { return current }
    if text == "none" { return nil }
    guard let number = Double(text) else {
      throw ScheduleError(.invalid, "\"\(text)\" is no limit; give a number above 0, or none")
    }
    return number
  }
}
