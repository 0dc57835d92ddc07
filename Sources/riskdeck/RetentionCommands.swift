import ArgumentParser
import Glibc
import Pipeline
import Postgres

/// `riskdeck purge`: remove what is older than it need be.
struct PurgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract:
      "Remove runs, logs, replaced scores and hook deliveries older than an age; needs riskdeck_owner.",
    discussion: "What is published and each customer's newest score stay. The audit log is never purged.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "An age such as 90d, 12w or 2y.") var olderThan: String
  @Flag(help: "Say what would go; remove nothing.") var dryRun = false

  func run() async throws {
    let age = try Retention.age(olderThan)
    let connection = try await Session(options).connect(for: .purge)
    let removed = try await Retention.purge(
      olderThan: age, isTrial: dryRun, origin: Session.whoAmI, on: connection)
    await connection.close()
    print(
      "\(dryRun ? "would remove" : "removed") \(removed.runs) runs with \(removed.logLines) log lines, "
        + "\(removed.scores) scores, \(removed.deliveries) hook deliveries")
  }
}

/// `riskdeck forget`: erase a customer.
struct ForgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Erase one customer from raw data, models, scores and history; needs riskdeck_owner.",
    discussion: "Later loads pass the customer over. Cases keep their decisions and lose their texts.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The customer's id.") var customer: Int64
  @Flag(help: "Do not ask.") var yes = false

  func run() async throws {
    let connection = try await Session(options).connect(for: .forgetCustomer)
    if !yes {
      print("Erase customer \(customer) from every table, for good? Type yes: ", terminator: "")
      fflush(nil)
      guard readLine() == "yes" else {
        print("nothing was erased")
        throw ExitCode(ExitStatus.failed.rawValue)
      }
    }
    for erased in try await Erasure.forget(customer, origin: Session.whoAmI, on: connection) {
      print("\(erased.table): \(erased.rows) rows")
    }
    await connection.close()
    print("customer \(customer) is erased")
  }
}
