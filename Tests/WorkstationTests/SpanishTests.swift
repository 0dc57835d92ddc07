import Foundation
import Languages
import Pipeline
import TestSupport
import Testing

@testable import Workstation

/// What comes to the screen out of enumerations and data; scripts/check_language.py compares the texts of the sources.
@Suite("Spanish on the screens")
struct SpanishTests {
  /// Words that are the same in both languages.
  private static let same: Set<String> = [
    "ID", "VIP", "SQL", "premium", "regular", "temporal", "Temporal", "Hash", "Total", "Factor", "error",
    "info",
  ]

  private static func check(_ english: String, _ spanish: String) {
    #expect(spanish != english || same.contains(english), "not translated: \(english)")
  }

  @Test("words of tables are translated, whatever enumeration they come from")
  func words() throws {
    let language = try Fixtures.spanish()
    for level in RiskLevel.allCases {
      Self.check(level.rawValue, language.word(level.rawValue, in: "risk_level"))
    }
    for factor in ["velocity", "geographic", "behavioural", "profile", "amount", "temporal"] {
      Self.check(factor, language.word(factor, in: "primary_risk_factor"))
      Self.check(
        Column.title(ofName: factor), language.column(Column.title(ofName: factor)))
    }
    for state in CaseState.allCases { Self.check(state.title, language.word(state.title, in: "state")) }
    for outcome in CaseOutcome.allCases {
      Self.check(outcome.title, language.word(outcome.title, in: "outcome"))
    }
    for kind in CaseEvent.Kind.allCases { Self.check(kind.title, language.word(kind.title, in: "what")) }
    for word in ["queued", "running", "success", "failed", "skipped", "cancelled", "crashed"] {
      Self.check(word, language.word(word, in: "state"))
    }
  }

  @Test("every key has a title and a line of help, every group a heading")
  func keys() throws {
    let language = try Fixtures.spanish()
    for binding in Keymap.standard.bindings {
      if !binding.title.isEmpty, binding.title != "zoom" {
        Self.check(binding.title, language(binding.title))
      }
      Self.check(binding.summary, language(binding.summary))
    }
    for group in KeyGroup.allCases { Self.check(group.rawValue, language(group.rawValue)) }
  }

  @Test("titles of the customer list's columns and of every shipped card and dashboard are translated")
  func titles() throws {
    let language = try Fixtures.spanish()
    for column in CustomerListFields.columns(visible: []) {
      Self.check(column.title, language.column(column.title))
    }
    let dashboards = try DashboardFiles.read(at: Repository.path("queries/dashboards")).dashboards
    for dashboard in dashboards {
      Self.check(dashboard.title, language(dashboard.title))
      for card in dashboard.cards { Self.check(card.title, language(card.title)) }
    }
  }

  @Test("what analysts typed and what the data say stays as it is")
  func data() throws {
    let text = ValueText(language: try Fixtures.spanish())
    let name = Column(name: "full_name", kind: .text)
    #expect(text.text(.text("critical"), of: name) == "critical")
    #expect(text.text(.text("critical"), of: Column(name: "risk_level", kind: .text)) == "crítico")
  }

  @Test("what the palette finds is looked for in the language of the screen")
  func palette() throws {
    var setup = try Fixtures.setup()
    setup.text.language = try Fixtures.spanish()
    var session = try Session("fraud", size: Size(width: 100, height: 30), setup: setup)
    try session.press(": \"colores\"")
    #expect(session.text.contains("Elegir los colores"))
  }

  @Test("a letter chooses among the titles a form shows")
  func choices() throws {
    var form = Form.lines("x", title: "x", verb: "x", [.choice("Level", ["low", "high", "critical"])])
    #expect(form.handle(.character("a"), in: try Fixtures.spanish()))
    #expect(form.fields[0].text == "high")
  }

  @Test("without UTF-8 letters lose their accents and nothing else")
  func plain() {
    #expect(asciiText("Ejecución: ¿año? crítico") == "Ejecucion: ?ano? critico")
  }

  @Test("lines for screen readers are Spanish as well")
  func lines() throws {
    var setup = try Fixtures.setup()
    setup.text.language = try Fixtures.spanish()
    var session = try Session("customers", size: Size(width: 100, height: 30), setup: setup)
    try session.press("?")
    let lines = accessibleText(session.state)
    #expect(lines.contains("Teclas"))
    #expect(lines.contains { $0.hasSuffix("Elegir la columna por la que ordenar") }, "\(lines)")
  }
}
