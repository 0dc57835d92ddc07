import Foundation
import Pipeline
import Workstation

/// Cases as text for people and as JSON for programs.
enum CaseText {
  /// One line: `case 12: customer 42, critical, in review, ann's, due in 3 h`.
  static func line(_ fraudCase: FraudCase, now: Double) -> String {
    let workflow = fraudCase.workflow
    var parts = ["customer \(fraudCase.customerID)", level(fraudCase, now: now), workflow.state.title]
    if let outcome = workflow.outcome {
      parts.append(outcome.title)
    } else {
      parts.append(workflow.assignee.map { "\(printable($0))'s" } ?? "free")
      parts.append(due(fraudCase, now: now))
    }
    return "case \(fraudCase.caseID): " + parts.joined(separator: ", ")
  }

  /// The level that holds, marked where a person set it.
  static func level(_ fraudCase: FraudCase, now: Double) -> String {
    guard fraudCase.isLevelSet else { return fraudCase.level.rawValue }
    let words = fraudCase.levelWords(at: now, time: RunReportText.utc).joined(separator: ", ")
    return "\(fraudCase.level.rawValue) (\(printable(words)))"
  }

  static func due(_ fraudCase: FraudCase, now: Double) -> String {
    let left = fraudCase.workflow.dueAt - now
    return left < 0 ? "late by \(durationText(-left))" : "due in \(durationText(left))"
  }

  static func queue(_ queue: CaseQueue, now: Double) -> ValueTable {
    let names = [
      "case", "customer", "level", "priority", "score", "factor", "state", "assignee", "due", "rules", "name",
    ]
    return ValueTable(
      columns: names.map {
        ValueColumn(name: $0, kind: ["case", "customer", "priority", "score"].contains($0) ? .number : .text)
      },
      rows: queue.cases.map { fraudCase in
        [
          .integer(fraudCase.caseID), .integer(fraudCase.customerID),
          .text(fraudCase.level.rawValue + (fraudCase.isLevelSet ? "*" : "")),
          .integer(Int64(fraudCase.standing.priority)),
          .number((fraudCase.standing.score * 10).rounded() / 10),
          .text(fraudCase.standing.primaryFactor ?? ""), .text(fraudCase.workflow.state.title),
          .text(fraudCase.workflow.assignee ?? ""),
          .text(fraudCase.workflow.outcome?.title ?? due(fraudCase, now: now)),
          .text(fraudCase.standing.ruleHits.joined(separator: " ")), .text(fraudCase.name ?? ""),
        ]
      })
  }

  static func page(_ page: CasePage, now: Double) -> String {
    let fraudCase = page.fraudCase
    let standing = fraudCase.standing
    var lines = [line(fraudCase, now: now)]
    lines.append(
      "  \(printable(fraudCase.name ?? "name not published")), \(printable(fraudCase.country ?? "country not known"))"
    )
    lines.append(
      "  score \(rounded(standing.score)), composite \(rounded(standing.composite)), \(standing.action), priority \(standing.priority), run \(standing.runID), version \(fraudCase.version)"
    )
    lines.append(
      "  opened \(RunReportText.utc(fraudCase.openedAt)), due \(RunReportText.utc(fraudCase.workflow.dueAt))")
    if let reason = fraudCase.workflow.outcomeReason { lines.append("  outcome: \(printable(reason))") }
    if let override = fraudCase.override {
      lines.append(
        "  level set to \(override.level.rawValue) by \(printable(override.madeBy)) until \(RunReportText.utc(override.until)): \(printable(override.reason))"
      )
    }
    for snooze in page.snoozes {
      lines.append(
        "  \(printable(snooze.rule)) snoozed by \(printable(snooze.madeBy)) until \(RunReportText.utc(snooze.until)): \(printable(snooze.reason))"
      )
    }
    for entry in page.entries { lines.append("  " + self.entry(entry)) }
    lines.append("")
    lines.append(page.evidences.isEmpty ? "no evidence" : "evidence, adding up to the score")
    for evidence in page.evidences {
      lines.append(
        "  " + pad(rounded(evidence.contribution), 7) + "  " + padEnd(evidence.factor, 12) + " "
          + printable(evidence.text))
    }
    lines += ["", "what happened"]
    for event in page.events { lines.append("  " + self.event(event)) }
    for other in page.others { lines.append("other " + line(other, now: now)) }
    return lines.joined(separator: "\n")
  }

  static func entry(_ entry: ListEntry) -> String {
    let until = entry.until.map { "until " + RunReportText.utc($0) } ?? "without end"
    return
      "\(entry.list.rawValue) list: \(entry.kind.title) \(printable(entry.value)) \(until), by \(printable(entry.madeBy)): \(printable(entry.reason))"
  }

  static func event(_ event: CaseEvent) -> String {
    var text = "\(RunReportText.utc(event.at))  \(padEnd(printable(event.actor), 10)) \(event.kind.title)"
    let changes = event.changes
    if !changes.isEmpty { text += ": " + printable(changes) }
    if let note = event.note { text += ": " + printable(note) }
    return text
  }

  // MARK: - JSON

  static func json(_ fraudCase: FraudCase) -> String {
    let workflow = fraudCase.workflow
    let standing = fraudCase.standing
    return object([
      ("case", "\(fraudCase.caseID)"), ("customer_id", "\(fraudCase.customerID)"),
      ("state", jsonText(workflow.state.rawValue)), ("assignee", text(workflow.assignee)),
      ("outcome", text(workflow.outcome?.rawValue)), ("outcome_reason", text(workflow.outcomeReason)),
      ("opened_at", time(fraudCase.openedAt)), ("due_at", time(workflow.dueAt)),
      ("changed_at", time(fraudCase.changedAt)), ("closed_at", workflow.closedAt.map(time) ?? "null"),
      ("version", "\(fraudCase.version)"), ("level", jsonText(fraudCase.level.rawValue)),
      ("scored_level", jsonText(standing.scoredLevel.rawValue)), ("priority", "\(standing.priority)"),
      ("score", "\(standing.score)"), ("composite", "\(standing.composite)"),
      ("action", jsonText(standing.action)), ("primary_factor", text(standing.primaryFactor)),
      ("rule_hits", list(standing.ruleHits.map(jsonText))), ("run_id", "\(standing.runID)"),
      ("name", text(fraudCase.name)), ("country", text(fraudCase.country)),
      (
        "override",
        fraudCase.override.map {
          object([
            ("level", jsonText($0.level.rawValue)), ("until", time($0.until)),
            ("reason", jsonText($0.reason)),
            ("made_by", jsonText($0.madeBy)),
          ])
        } ?? "null"
      ),
    ])
  }

  static func json(_ queue: CaseQueue) -> String {
    object([
      ("total", "\(queue.total)"), ("open", "\(queue.open)"), ("free", "\(queue.free)"),
      ("late", "\(queue.late)"), ("cases", list(queue.cases.map(json))),
    ])
  }

  static func json(_ page: CasePage) -> String {
    object([
      ("case", json(page.fraudCase)),
      (
        "evidences",
        list(
          page.evidences.map {
            object([
              ("factor", jsonText($0.factor)), ("name", jsonText($0.name)),
              ("contribution", "\($0.contribution)"), ("text", jsonText($0.text)),
            ])
          })
      ),
      ("events", list(page.events.map(json))),
      (
        "snoozes",
        list(
          page.snoozes.map {
            object([
              ("rule", jsonText($0.rule)), ("until", time($0.until)), ("reason", jsonText($0.reason)),
              ("made_by", jsonText($0.madeBy)),
            ])
          })
      ),
      ("lists", list(page.entries.map(json))),
      (
        "identifiers",
        list(
          page.identifiers.map {
            object([("kind", jsonText($0.kind.rawValue)), ("value", jsonText($0.value))])
          })
      ),
      ("others", list(page.others.map(json))),
    ])
  }

  static func json(_ event: CaseEvent) -> String {
    func fields(_ fields: [String: String?]) -> String {
      object(fields.sorted { $0.key < $1.key }.map { ($0.key, text($0.value)) })
    }
    return object([
      ("event", "\(event.eventID)"), ("case", event.caseID.map { "\($0)" } ?? "null"),
      ("kind", jsonText(event.kind.rawValue)), ("at", time(event.at)), ("actor", jsonText(event.actor)),
      ("database_role", jsonText(event.databaseRole)), ("origin", jsonText(event.origin)),
      ("old", fields(event.old)), ("new", fields(event.new)), ("note", text(event.note)),
      ("undoes", event.undoes.map { "\($0)" } ?? "null"),
    ])
  }

  static func json(_ entry: ListEntry) -> String {
    object([
      ("list", jsonText(entry.list.rawValue)), ("kind", jsonText(entry.kind.rawValue)),
      ("value", jsonText(entry.value)), ("until", entry.until.map(time) ?? "null"),
      ("reason", jsonText(entry.reason)), ("made_by", jsonText(entry.madeBy)),
    ])
  }

  static func value(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .text(let text): jsonText(text)
    case .integer(let number): "\(number)"
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .boolean(let truth): "\(truth)"
    }
  }

  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(jsonText($0)): \($1)" }.joined(separator: ", ") + "}"
  }
  static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",\n ") + "]" }
  static func text(_ value: String?) -> String { value.map(jsonText) ?? "null" }
  private static func time(_ seconds: Double) -> String { jsonText(UTCTime.text(seconds)) }
  private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
  private static func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - displayWidth(text))) + text
  }
  private static func padEnd(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - displayWidth(text)))
  }
}
