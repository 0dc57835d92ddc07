import Foundation
import TestSupport
import Testing

/// The language of help and errors on the command line, as the locale and the configuration say.
@Suite("the language of the command line")
struct LanguageCommandTests {
  private static func riskdeck(
    _ arguments: [String], _ environment: [String: String], configuration: String? = nil
  ) throws -> CommandTests.Answer {
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-language-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder + "/riskdeck", withIntermediateDirectories: true)
    if let configuration {
      try configuration.write(toFile: folder + "/riskdeck/config.yml", atomically: true, encoding: .utf8)
    }
    return try CommandTests.riskdeck(
      arguments, database: "",
      environment: ["LC_ALL": "", "XDG_CONFIG_HOME": folder].merging(environment) { $1 })
  }

  private static let wrong = ["status", "--project-dir", "/nonexistent"]
  private static let english = "riskdeck: --project-dir names /nonexistent, which holds neither"
  private static let spanish = "riskdeck: --project-dir nombra /nonexistent, que no tiene"

  @Test("errors are in the language of the locale; the status stays")
  func errors() throws {
    for (environment, beginning) in [
      (["LANG": "es_MX.UTF-8"], Self.spanish), (["LANG": "es_ES", "LC_MESSAGES": "C"], Self.english),
      (["LANG": "de_DE.UTF-8"], Self.english), (["LANG": "es_ES.UTF-8", "LC_ALL": "C.UTF-8"], Self.english),
      ([:], Self.english),
    ] {
      let answer = try Self.riskdeck(Self.wrong, environment)
      #expect(answer.status == 78)
      #expect(answer.errors.hasPrefix(beginning), "\(environment): \(answer.errors)")
    }
  }

  @Test("the configuration's language comes before the locale's")
  func configured() throws {
    let spanish = try Self.riskdeck(Self.wrong, ["LANG": "C"], configuration: "language: es\n")
    #expect(spanish.errors.hasPrefix(Self.spanish), "\(spanish.errors)")
    let english = try Self.riskdeck(Self.wrong, ["LANG": "es_ES.UTF-8"], configuration: "language: en\n")
    #expect(english.errors.hasPrefix(Self.english), "\(english.errors)")
    // A name is no path.
    let path = try Self.riskdeck(Self.wrong, [:], configuration: "language: ../languages/es\n")
    #expect(path.errors.hasPrefix(Self.english), "\(path.errors)")
  }

  @Test("help of every command is in Spanish, with the names of commands and options as they are")
  func help() throws {
    let spanish = ["LANG": "es_ES.UTF-8"]
    let run = try Self.riskdeck(["run", "--help"], spanish)
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("RESUMEN: Ejecutar el proceso"), "\(run.output)")
    #expect(run.output.contains("\nUSO: riskdeck run [--database <database>]"))
    #expect(run.output.contains("  --json                  Mostrar la ejecución con cada tarea"))
    let nested = try Self.riskdeck(["help", "risk", "rulesets"], spanish)
    #expect(nested.output.contains("Listar las versiones, la más nueva primero."), "\(nested.output)")
    let english = try Self.riskdeck(["run", "--help"], [:])
    #expect(english.output.hasPrefix("OVERVIEW: Run the pipeline"))
  }

  @Test("wrong usage is told in Spanish as well, ours and the parser's own")
  func usage() throws {
    let spanish = ["LANG": "es_ES.UTF-8"]
    let unknown = try Self.riskdeck(["run", "--bogus"], spanish)
    #expect(unknown.status == 64)
    #expect(unknown.errors.hasPrefix("Error: Opción desconocida '--bogus'\nUso:"), "\(unknown.errors)")
    let ours = try Self.riskdeck(["build", "--threads", "0"], spanish)
    #expect(ours.status == 64)
    #expect(ours.errors.hasPrefix("Error: --threads admite de 1 a 64\n"), "\(ours.errors)")
    let version = try Self.riskdeck(["--version"], spanish)
    #expect(version.status == 0 && version.errors.isEmpty)
  }

  @Test("a snapshot is drawn in the language, and nothing of the data is translated")
  func snapshot() async throws {
    try await TestCluster.withDatabase { url in
      let run = try CommandTests.riskdeck(["run", "--source", "demo", "--customers", "60"], database: url)
      #expect(run.status == 0, "\(run.errors)")
      let screen = try CommandTests.riskdeck(
        ["snapshot", "fraud", "--size", "120x36"], database: url,
        environment: ["LC_ALL": "", "LANG": "es_ES.UTF-8"])
      #expect(screen.output.contains("Clientes por nivel de riesgo"), "\(screen.output)\(screen.errors)")
      #expect(screen.output.contains("bajo"))
    }
  }
}
