import Foundation
import Languages
import TestSupport
import Testing
import Yams

@testable import Pipeline
@testable import Workstation

/// The schemas of docs/schemas, which editors check files with, against the files that ship and the readers of the program.
@Suite("schemas of the file formats")
struct SchemaTests {
  struct Format: Sendable, CustomTestStringConvertible {
    let name: String
    /// Files that ship, by path.
    let files: [String]
    /// Documents both refuse.
    let wrong: [String]
    /// Reads a document as the program does.
    let read: @Sendable (String) throws -> Void
    var testDescription: String { name }
  }

  private static func shipped(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))) ?? [])
      .filter { $0.hasSuffix(".yml") }.sorted().map { folder + "/" + $0 }
  }

  private static let card = "cards: [{id: a, title: A, sql: d/a.sql, chart: table}]"
  private static let curves = Statistic.allCases.map {
    "  \($0.name): {knots: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], beta: 1}"
  }.joined(separator: "\n")

  static let formats = [
    Format(
      name: "dashboard", files: shipped("queries/dashboards"),
      wrong: [
        "title: A", "\(card)", "title: A\ncards: []", "title: A\ncolour: red\n\(card)",
        "title: A\ncards: [{id: a, title: A, sql: d/a.sql, chart: pie}]",
        "title: A\ncards: [{id: a, title: A, chart: table}]",
        "title: A\ncards: [{id: a, title: A, sql: d/a.sql, chart: table, formats: {x: roman}}]",
        "title: A\nrefresh: soon\n\(card)",
      ],
      read: { yaml in
        _ = try DashboardFiles.definition(yaml: yaml, file: "d.yml", name: "d") { path in
          (try? String(contentsOfFile: Repository.path("queries/dashboards/" + path), encoding: .utf8))
            ?? "select 1 as a"
        }
      }),
    Format(
      name: "theme", files: shipped("themes"),
      wrong: [
        "title: A", "styles: {text: {fg: red}}\ncolour: red", "styles: {txt: {}}",
        "styles: {text: {weight: 3}}",
        "depth: 12\nstyles: {text: {}}", "styles: {text: {attributes: blinking}}",
      ],
      read: { _ = try Theme(yaml: $0, name: "t", file: "t.yml") }),
    Format(
      name: "ruleset", files: ["queries/risk/ruleset.yml"],
      wrong: ["evidence: {threshold: 1, cap: 2}", "weights: {}", "[]"],
      read: { _ = try RulesetReader(yaml: $0, file: "ruleset.yml").ruleset }),
    Format(
      name: "mapping", files: [],
      wrong: ["customers: select 1", "customers: 1\norders: [a]", "customers: a\norders: b\npeople: c"],
      read: { _ = try QueryMapping(yaml: $0, path: "mapping.yml") }),
    Format(
      name: "event-mapping", files: [],
      wrong: [
        "customers: {file: c.csv, id: a}", "events: {file: e.csv, id: a, time: b, customer: c}",
        "time_zone: Mars\nevents: {file: e.csv, id: a, time: b, customer: c, amount: d}",
        "events: {file: e.csv, id: a, time: b, customer: c, amount: d, time_format: roman}",
        "events: {file: e.csv, id: a, time: b, customer: c, amount: d, colour: e}",
        "customers: {file: c.csv}\nevents: {file: e.csv, id: a, time: b, customer: c, amount: d}",
      ],
      read: { _ = try EventMapping.parse($0, file: "mapping.yml") }),
    Format(
      name: "reference", files: ["queries/risk/priors.yml"],
      wrong: [
        "origin: a", "origin: a\nevent_scale: [1, 2, 3]\ncurves:\n\(curves)",
        "origin: a\nevent_scale: [1, 2, 3, 4]\ncurves: {}", "event_scale: [1, 2, 3, 4]\ncurves:\n\(curves)",
      ],
      read: { _ = try ReferenceFile.parse($0, file: "priors.yml") }),
    Format(
      name: "language", files: shipped("languages"),
      wrong: [
        "code: es", "code: es\ntitle: A\npeople: {}", "code: es\ntitle: A\nscreens: [a]",
        "code: es\ntitle: A\nscreens: {a: \"\"}", "code: es\ntitle: A\nwords: {a: b}",
        "code: es\ntitle: A\nwords: [{columns: [a]}]",
      ],
      read: { _ = try Language(yaml: $0, file: "es.yml") }),
    Format(
      name: "project", files: [],
      wrong: ["dashboards: queries", "models: queries\ncolour: red", "models: []", "[]"],
      read: { _ = try ProjectPointer(yaml: $0, file: "riskdeck.yml", folder: Repository.path("")) }),
    Format(
      name: "config", files: [],
      wrong: ["keys: 1", "keys: {fly: a}", "keys: {sort: {a: b}}", "colour: red"],
      read: { yaml in
        if let problem = UserConfiguration(yaml: yaml, file: "config.yml").problems.first { throw problem }
      }),
  ]

  /// The YAML documents that pages show, by the schema they are an example of.
  private static func documented(_ name: String) throws -> [String] {
    let places = [
      "event-mapping": ("docs/event-files.md", "time_zone:"), "mapping": ("docs/sources.md", "customers: |"),
      "config": ("docs/keys.md", "keys:"), "project": ("docs/migrating.md", "models:"),
    ]
    guard let (page, beginning) = places[name] else { return [] }
    let text = try String(contentsOfFile: Repository.path(page), encoding: .utf8)
    let blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    return blocks.map {
      $0.hasPrefix("yaml\n") ? String($0.dropFirst(5)) : String($0.drop { $0 != "\n" }.dropFirst())
    }
    .filter { $0.hasPrefix(beginning) }
  }

  @Test("files that ship, and those that pages show, fit their schema and are read", arguments: formats)
  func good(_ format: Format) throws {
    let schema = try JSONSchema(file: Repository.path("docs/schemas/\(format.name).json"))
    let texts =
      try format.files.map { try String(contentsOfFile: Repository.path($0), encoding: .utf8) }
      + Self.documented(format.name)
    #expect(!texts.isEmpty)
    for text in texts {
      let document = try #require(try Yams.load(yaml: text))
      #expect(try schema.problems(document) == [])
      try format.read(text)
    }
  }

  @Test("what the schema refuses the program refuses as well", arguments: formats)
  func wrong(_ format: Format) throws {
    let schema = try JSONSchema(file: Repository.path("docs/schemas/\(format.name).json"))
    for text in format.wrong {
      let document = try #require(try Yams.load(yaml: text))
      #expect(try !schema.problems(document).isEmpty, "the schema takes \(text)")
      #expect(throws: (any Error).self, "the program takes \(text)") { try format.read(text) }
    }
  }

  @Test("every schema belongs to a format that is tested")
  func allSchemas() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.path("docs/schemas"))
    #expect(names.sorted() == Self.formats.map { $0.name + ".json" }.sorted())
  }

  @Test("the words a schema lists are those the program knows")
  func words() throws {
    func schema(_ name: String) throws -> JSONSchema {
      try JSONSchema(file: Repository.path("docs/schemas/\(name).json"))
    }
    let dashboard = try schema("dashboard")
    let chart = dashboard.texts(at: "$defs", "card", "properties", "chart", "enum")
    #expect(Set(chart) == Set(ChartKind.allCases.map(\.rawValue)))
    #expect(
      Set(dashboard.texts(at: "$defs", "comparison", "enum"))
        == Set(CustomerListFilter.Comparison.allCases.map(\.rawValue)))
    #expect(
      Set(dashboard.texts(at: "$defs", "card", "properties", "formats", "additionalProperties", "enum"))
        == Set(ValueFormat.allCases.map(\.rawValue)))
    #expect(
      Set(try schema("theme").texts(at: "properties", "styles", "properties"))
        == Set(Workstation.Role.allCases.map(\.name)))
    #expect(
      Set(try schema("config").texts(at: "properties", "keys", "propertyNames", "enum"))
        == Set(Action.allCases.map(\.rawValue)))
    #expect(
      Set(try schema("ruleset").texts(at: "properties", "weights", "properties"))
        == Set(Statistic.allCases.map(\.name)))
    let events = try schema("event-mapping")
    #expect(
      Set(events.texts(at: "properties", "events", "properties")).subtracting([
        "file", "time_format", "cursor_format", "fraud_values",
      ])
        == Set(EventMapping.EventField.allCases.map(\.rawValue)))
    #expect(
      Set(events.texts(at: "properties", "customers", "properties")).subtracting([
        "file", "signed_up_format", "cursor_format",
      ])
        == Set(EventMapping.CustomerField.allCases.map(\.rawValue)))
  }
}
