import ArgumentParser
import Pipeline
import Postgres

/// `riskdeck audit`: the log of what people did.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read and check the log of what people did.",
    subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Print entries, newest first; needs the role riskdeck_lead or riskdeck_owner.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "Only this action, such as export or unmask.") var action: String?
    @Option(help: "Only this subject, such as \"customer 17\".") var subject: String?
    @Option(help: "Only entries before this number.") var before: Int64?
    @Option(help: "At most so many.") var limit = 100
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard limit > 0 else { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
      let connection = try await Session(options).connect(for: .readAudit)
      let entries = try await AuditLog.entries(
        before: before, action: action, subject: subject, limit: limit, from: connection)
      await connection.close()
      if json {
        print("[" + entries.map(Self.json).joined(separator: ",\n ") + "]")
      } else {
        let columns = ["entry", "at", "login", "role", "origin", "action", "subject", "detail"]
        TableFormat.table.write(
          ValueTable(
            columns: columns.map { ValueColumn(name: $0, kind: $0 == "entry" ? .number : .text) },
            rows: entries.map { entry in
              [.integer(entry.number), .text(RunReportText.utc(entry.happenedAt))]
                + [entry.login, entry.role, entry.origin, entry.action, entry.subject, entry.detail].map {
                  Value.text($0)
                }
            }))
      }
    }

    private static func json(_ entry: AuditLog.Entry) -> String {
      let texts = [
        ("at", RunReportText.utc(entry.happenedAt)), ("login", entry.login), ("role", entry.role),
        ("origin", entry.origin), ("action", entry.action), ("subject", entry.subject), ("hash", entry.hash),
      ].map { "\(jsonText($0)): \(jsonText($1))" }
      return
        "{\"entry\": \(entry.number), \(texts.joined(separator: ", ")), \"detail\": \(JSONText.harmless(entry.detail))}"
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Recompute the chain of hashes; 1 where an entry was changed, removed or cut off.",
      discussion: "Note the head it prints elsewhere: with --head the next check also finds a cut-off end.")
    @OptionGroup var options: GlobalOptions
    @Option(help: "A head that an earlier check printed.") var head: String?

    func run() async throws {
      let connection = try await Session(options).connect(for: .readAudit)
      let verdict = try await AuditLog.verify(expectedHead: head, on: connection)
      await connection.close()
      if let entry = verdict.firstBroken {
        throw AccessError(
          .brokenChain, "the audit log was changed: entry \(entry) does not follow from those before it")
      }
      guard verdict.containsExpectedHead else {
        throw AccessError(.brokenChain, "the audit log was cut off: the noted head is in none of its entries")
      }
      print("\(verdict.entries) entries, all as they were written; head \(verdict.head ?? "none")")
    }
  }
}
