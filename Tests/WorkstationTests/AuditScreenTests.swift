import Pipeline
import Testing

@testable import Workstation

/// A log of 500 entries.
enum AuditFixtures {
  static let entries: [AuditLog.Entry] = (1...500).reversed().map { number in
    let kinds: [(String, String, String)] = [
      ("sign in", "workstation", "{}"),
      (
        "export", "table analytics.fraud_analytics",
        #"{"format": "csv", "rows": "\#(number)", "to": "/home/ada/f.csv"}"#
      ),
      ("unmask", "customer \(number)", "{}"),
      ("case decision", "case \(number)", #"{"outcome": "confirmed_fraud"}"#),
    ]
    let (action, subject, detail) = kinds[number % kinds.count]
    return AuditLog.Entry(
      number: Int64(number), happenedAt: Fixtures.now - Double(500 - number) * 600,
      login: number % 3 == 0 ? "bob" : "ada", role: "riskdeck_lead", origin: "ada@desk", action: action,
      subject: subject, detail: detail, hash: String(repeating: "0f", count: 32))
  }

  static func page(_ question: AuditLog.Question) -> AuditLog.Page {
    let passing = entries.filter { entry in
      question.before.map { entry.number < $0 } ?? true
        && question.conditions.allSatisfy { condition in
          let text = condition.field == .login ? entry.login : "\(entry)"
          return text.lowercased().contains(condition.text.lowercased()) != condition.isNegated
        }
    }
    return AuditLog.Page(
      question: question, entries: Array(passing.prefix(100)), isLast: passing.count <= 100)
  }
}

/// The audit log on screen, by keys.
@Suite struct AuditScreenTests {
  private static func questions(_ session: Session) -> [AuditLog.Question] {
    session.effects.compactMap { if case .loadAudit(let question, _) = $0 { question } else { nil } }
  }

  @Test("A shows the newest entries; moving down reads older ones by their number, each once")
  func paging() throws {
    var session = try Session(size: Size(width: 140, height: 40))
    try session.press("A")
    #expect(session.state.place == .audit)
    #expect(session.shows("100 entries read") && session.shows("customer 498"))
    #expect(Self.questions(session).map(\.before) == [nil])
    for _ in 0..<10 { try session.press("G") }
    #expect(Self.questions(session).map(\.before) == [nil, 401, 301, 201, 101])
    #expect(session.shows("500 entries") && !session.shows("entries read"))
    #expect(session.deck?.focused?.grid.table.rows.count == 500)
  }

  @Test("Enter opens an entry whole, with its detail and hash")
  func entry() throws {
    var session = try Session("audit", size: Size(width: 140, height: 40))
    try session.press("j j j Enter")
    for text in ["Entry of the audit log", "/home/ada/f.csv", "0f0f0f0f"] {
      #expect(session.shows(text), "\(text)")
    }
    try session.press("Esc")
    #expect(!session.shows("Entry of the audit log"))
  }

  @Test(
    "a filter asks the server for all entries; what it cannot ask is told; F lifts it, also where nothing passes"
  )
  func filter() throws {
    var session = try Session("audit", size: Size(width: 140, height: 40))
    try session.press("f \"unmask !login:bob\" Enter")
    #expect(
      Self.questions(session).last
        == AuditLog.Question(conditions: [
          AuditLog.Condition(field: nil, text: "unmask"),
          AuditLog.Condition(field: .login, text: "bob", isNegated: true),
        ]))
    #expect(session.shows("unmask !login:bob") && !session.shows("case decision"))
    try session.press("f ctrl-u \"nobody\" Enter")
    #expect(session.shows("no entry passes the filter"))
    try session.press("F")
    #expect(session.shows("100 entries read"))
    try session.press("f \"/unm.*/\" Enter")
    #expect(session.shows("the audit log is filtered by text"))
    try session.press("Esc")
    #expect(session.state.overlay == nil)
  }

  @Test("a role that may not read it is told which may; the palette finds it and says so too")
  func access() throws {
    var session = try Session("fraud", size: Size(width: 140, height: 40))
    session.send(.accessChanged(Access(login: "ada", roles: [.viewer, .analyst])))
    try session.press("A")
    #expect(session.state.place == .dashboard("fraud"))
    #expect(session.shows("this needs the role riskdeck_lead or riskdeck_owner"))
    try session.press(": \"audit\"")
    #expect(session.shows("The audit log: who did what, and when"))
    try session.press("Enter")
    #expect(session.shows("this needs the role riskdeck_lead or riskdeck_owner"))
    #expect(Self.questions(session).isEmpty)
    session.send(.accessChanged(Access(login: "ada", roles: [.viewer, .analyst, .lead])))
    try session.press(": \"audit\" Enter")
    #expect(session.state.place == .audit)
  }
}
