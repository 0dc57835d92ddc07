import ArgumentParser
import Foundation
import Pipeline
import Postgres
import Workstation

/// `riskdeck customer`: everything about one customer.
struct CustomerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "customer",
    abstract: "Everything about one customer: facts, score with reasons, orders, cases.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The customer's number.") var customer: Int64
  @Flag(help: "Print a JSON object.") var json = false

  func run() async throws {
    let connection = try await Session(options).connect(for: .read)
    let page = try await CustomerPageReader.page(customer, from: connection)
    let newest = try await CaseReader.newestCase(of: customer, from: connection)
    var cases: CasePage?
    if let newest { cases = try await CaseReader.page(newest, from: connection) }
    await connection.close()
    print(json ? Self.json(page, cases) : Self.text(page, cases))
  }

  private static func text(_ page: CustomerPage, _ cases: CasePage?) -> String {
    let values = ValueText()
    var lines = ["customer \(page.customerID)"]
    let width = page.facts.reduce(0) { max($0, displayWidth($1.caption)) }
    for fact in page.facts {
      let caption = fact.caption + String(repeating: " ", count: width - displayWidth(fact.caption))
      lines.append("  \(caption)  \(printable(values.text(fact.value, as: fact.format, kind: .text)))")
    }
    if let score = page.score {
      lines += [
        "",
        "score \((score.score * 100).rounded() / 100), composite \((score.composite * 1000).rounded() / 1000), "
          + "\(score.level)\(score.setting == nil ? "" : "*"), \(score.action), priority \(score.investigationPriority)",
      ]
      let words = page.levelWords(at: Date().timeIntervalSince1970, time: RunReportText.utc)
      if !words.isEmpty { lines.append("  level " + printable(words.joined(separator: ", "))) }
      if let override = page.override { lines.append("  because: " + printable(override.reason)) }
      for factor in score.factors {
        lines.append(
          "  \(factor.factor): \(factor.score.map { "\(($0 * 100).rounded() / 100)" } ?? "not evaluated")")
      }
      for evidence in score.evidences {
        lines.append("  + \((evidence.contribution * 100).rounded() / 100)  \(printable(evidence.text))")
      }
    }
    lines += ["", "\(page.orders.count)\(page.hasMoreOrders ? "+" : "") order lines, the newest:"]
    for order in page.orders.prefix(10) {
      lines.append(
        "  \(RunReportText.utc(order.orderedAt))  \(order.lineTotal)  \(printable(order.product ?? order.category ?? ""))"
      )
    }
    lines += ["", cases.map { CaseText.page($0, now: Date().timeIntervalSince1970) } ?? "no case"]
    return lines.joined(separator: "\n")
  }

  private static func json(_ page: CustomerPage, _ cases: CasePage?) -> String {
    func table(_ table: ValueTable) -> String {
      CaseText.list(
        table.rows.map { row in
          CaseText.object(zip(table.columns, row).map { ($0.name, CaseText.value($1)) })
        })
    }
    func value(of fact: CustomerPage.Fact) -> String {
      guard fact.format == .date, let seconds = fact.value.number else { return CaseText.value(fact.value) }
      return jsonText(UTCTime.text(seconds))
    }
    return CaseText.object([
      ("customer_id", "\(page.customerID)"),
      ("facts", CaseText.object(page.facts.map { ($0.caption, value(of: $0)) })),
      (
        "score",
        page.score.map { score in
          CaseText.object([
            ("score", "\(score.score)"), ("composite", "\(score.composite)"),
            ("level", jsonText(score.level)),
            ("scored_level", jsonText(score.setting?.scored.rawValue ?? score.level)),
            ("level_set_by", CaseText.text(score.setting?.setBy)),
            ("level_set_until", score.setting.map { jsonText(UTCTime.text($0.until)) } ?? "null"),
            ("action", jsonText(score.action)), ("priority", "\(score.investigationPriority)"),
            ("primary_factor", CaseText.text(score.primaryFactor)),
            (
              "factors",
              CaseText.object(score.factors.map { ($0.factor, $0.score.map { "\($0)" } ?? "null") })
            ),
            (
              "evidences",
              CaseText.list(
                score.evidences.map {
                  CaseText.object([
                    ("factor", jsonText($0.factor)), ("name", jsonText($0.name)),
                    ("contribution", "\($0.contribution)"), ("text", jsonText($0.text)),
                  ])
                })
            ), ("ruleset_version", jsonText(score.rulesetVersion)),
          ])
        } ?? "null"
      ),
      (
        "override",
        page.override.map {
          CaseText.object([
            ("level", jsonText($0.level.rawValue)), ("until", jsonText(UTCTime.text($0.until))),
            ("reason", jsonText($0.reason)), ("by", jsonText($0.madeBy)),
          ])
        } ?? "null"
      ),
      (
        "orders",
        CaseText.list(
          page.orders.map {
            CaseText.object([
              ("cart_id", "\($0.cartID)"), ("ordered_at", jsonText(UTCTime.text($0.orderedAt))),
              ("is_synthetic_time", "\($0.isSyntheticTime)"), ("product", CaseText.text($0.product)),
              ("category", CaseText.text($0.category)), ("quantity", "\($0.quantity)"),
              ("line_total", "\($0.lineTotal)"),
            ])
          })
      ),
      ("has_more_orders", "\(page.hasMoreOrders)"),
      (
        "score_history",
        CaseText.list(
          page.scoreHistory.map {
            CaseText.object([
              ("run_id", "\($0.runID)"), ("published_at", jsonText(UTCTime.text($0.publishedAt))),
              ("composite", "\($0.composite)"),
            ])
          })
      ),
      ("peers", table(page.peers)), ("case", cases.map(CaseText.json) ?? "null"),
    ])
  }
}
