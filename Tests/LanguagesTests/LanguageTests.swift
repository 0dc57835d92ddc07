import Foundation
import TestSupport
import Testing

@testable import Languages

@Suite("languages")
struct LanguageTests {
  private static let yaml = """
    code: es
    title: Español
    screens:
      "Customers": "Clientes"
      "run {1} is under way": "la ejecución {1} está en curso"
      "{1} of {2}": "{1#} de {2*}"
      "about {1}": "unos {1}"
      "run {1} failed: {2}": "ejecución {1} fallida: {2*}"
      "Press {filter} now.": "Pulse {filter} ahora."
      "there is no {1}": "no hay {1}"
    columns: {"Customers": "Número de clientes"}
    commands: {"Print {1}.": "Mostrar {1}."}
    words:
      - columns: [level, was]
        texts: {low: bajo}
    """

  private static func spanish() throws -> Language { try Language(yaml: yaml, file: "es.yml") }

  @Test("a text is found whole, or as the template it was made from")
  func texts() throws {
    let language = try Self.spanish()
    #expect(language("Customers") == "Clientes")
    #expect(language("run 12 is under way") == "la ejecución 12 está en curso")
    #expect(language("something else") == "something else")
    #expect(language.column("Customers") == "Número de clientes")
    #expect(language.command("Print {1}.", with: "JSON") == "Mostrar JSON.")
  }

  @Test("what stands in a place is kept; where the translation says so it is a text itself")
  func places() throws {
    let language = try Self.spanish()
    #expect(language("3 of about 5,000") == "3 de unos 5,000")
    #expect(language("Share of Customers") == "Share of Customers")
    #expect(language("run 4 failed: there is no Customers") == "ejecución 4 fallida: no hay Customers")
    // The longest fixed text decides between templates that fit.
    #expect(language("run 1 of 2 is under way") == "la ejecución 1 of 2 está en curso")
  }

  @Test("a text whose places are filled in later is found as it stands in the source")
  func named() throws {
    #expect(try Self.spanish()("Press {filter} now.") == "Pulse {filter} ahora.")
  }

  @Test("of a line put together of parts, each part is translated; what is none stays as it is")
  func composed() throws {
    let language = try Self.spanish()
    #expect(language("a b.yml:3:14: there is no x") == "a b.yml:3:14: no hay x")
    #expect(language("x: y: run 3 is under way") == "x: y: la ejecución 3 está en curso")
    #expect(language("run 3 is under way; Customers") == "la ejecución 3 está en curso; Clientes")
    #expect(language("x: y; z") == "x: y; z")
  }

  @Test("words of a table are those of its column alone")
  func words() throws {
    let language = try Self.spanish()
    #expect(language.word("low", in: "level") == "bajo")
    #expect(language.word("low", in: "name") == "low")
    #expect(language.hasWords(in: "was") && !language.hasWords(in: "name"))
  }

  @Test("English leaves everything as it is")
  func english() {
    #expect(Language.english("Customers") == "Customers")
    #expect(Language.english.word("low", in: "level") == "low")
  }

  @Test("a process's environment names its language as programs of POSIX read it")
  func environment() {
    func code(_ values: [String: String]) -> String? { Language.code { values[$0] } }
    #expect(code(["LANG": "es_MX.UTF-8"]) == "es")
    #expect(code(["LANG": "es_ES", "LC_MESSAGES": "en_GB.UTF-8"]) == "en")
    #expect(code(["LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "es"]) == "es")
    #expect(code(["LANG": "es_ES.UTF-8", "LC_ALL": "C.UTF-8"]) == nil)
    #expect(code(["LANG": "es_ES.UTF-8", "LC_ALL": ""]) == "es")
    #expect(code([:]) == nil)
  }

  @Test(
    "a broken file is told with its place",
    arguments: [
      ("code: es", "es.yml: needs code and title"),
      ("- a", "es.yml: must hold sections of texts"),
      ("code: es\ntitle: E\npeople: {}", "es.yml:3:1: 'people' is no section of a language"),
      ("code: es\ntitle: E\nscreens: [a]", "es.yml:3:10: a section holds 'English: translation' pairs"),
      (
        "code: es\ntitle: E\nscreens: {\"a {1}\": \"b {2}\"}",
        "es.yml:3:20: the translation names a place that the text has not"
      ),
      ("code: es\ntitle: E\nwords: {a: b}", "es.yml:3:8: words must be a list of columns with texts"),
    ])
  func broken(_ yaml: String, _ message: String) {
    let error = #expect(throws: LanguageError.self) { try Language(yaml: yaml, file: "es.yml") }
    #expect(error?.description == message)
  }

  @Test("braces that hold no name are text")
  func braces() {
    #expect(Template("{{ ref('x') }} {1}").places == ["1"])
    #expect(Template("{ a b } {name*}").pieces.last == .place("name", .translated))
  }
}
