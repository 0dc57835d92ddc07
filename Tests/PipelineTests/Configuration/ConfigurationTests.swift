import Foundation
import Testing

@testable import Pipeline

@Suite("configuration")
struct ConfigurationTests {
  @Test(".env lines give names and values; comments, quotes and export are taken off")
  func dotEnv() throws {
    let values = try Variables.parse(
      """
      # a comment
      RISKDECK_SOURCE=demo

      export MASKING_SALT="two words # and more"
      EMPTY=
      SINGLE='it''s'
      """, path: ".env")
    #expect(values["RISKDECK_SOURCE"] == "demo")
    #expect(values["MASKING_SALT"] == "two words # and more")
    #expect(values["EMPTY"] == "")
    #expect(values["SINGLE"] == "it''s")
  }

  @Test(
    "a line of .env that is none is named by file, line and column",
    arguments: ["A B", "=x", "A-B=1", "x y=1"])
  func badDotEnv(line: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try Variables.parse("OK=1\n" + line, path: ".env")
    }
    #expect(error?.description.hasPrefix(".env:2:1: ") == true)
  }

  @Test("a flag is true or false in several words and nothing else")
  func flags() throws {
    let variables = Variables(["A": "Yes", "B": "off", "C": "maybe", "D": ""])
    #expect(try variables.flag("A", default: false))
    #expect(try !variables.flag("B", default: true))
    #expect(try variables.flag("D", default: true))
    #expect(throws: ConfigurationError.self) { try variables.flag("C", default: true) }
  }

  @Test("folders follow the XDG variables, then HOME; RISKDECK_DATA_DIR comes first")
  func folders() throws {
    let home = try Folders(Variables(["HOME": "/home/ana"]))
    #expect(home.data == "/home/ana/.local/share/riskdeck")
    #expect(home.state == "/home/ana/.local/state/riskdeck")
    #expect(!home.isDataExplicit)
    let named = try Folders(
      Variables(["HOME": "/home/ana", "XDG_CONFIG_HOME": "/cfg", "RISKDECK_DATA_DIR": "/srv/risk"]))
    #expect(named.configuration == "/cfg/riskdeck")
    #expect(named.data == "/srv/risk")
    #expect(named.isDataExplicit)
    #expect(throws: ConfigurationError.self) { try Folders(Variables([:])) }
  }

  @Test("a named project folder must be one; the error names it")
  func project() {
    let error = #expect(throws: ConfigurationError.self) {
      try ProjectFolder.find(
        explicit: "/nonexistent", variables: Variables([:]), executable: "/usr/bin/riskdeck")
    }
    #expect(error?.description.contains("/nonexistent") == true)
  }
}
