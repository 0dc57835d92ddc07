import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Pipeline
@testable import Workstation

/// What people and machines hand in wrongly, and what each is told. docs/bad-input.md is what these tests produce; record it
/// anew with RISKDECK_RECORD=1.
@Suite("bad input")
struct BadInputTests {
  struct Row {
    let area: String
    let input: String
    let answer: String
    /// The answer says where in the input the mistake is.
    var hasPlace = false
  }

  /// Refusals of a reader for each of the inputs.
  private static func rows(
    _ area: String, _ inputs: [String], shown: (String) -> String = { $0 }, hasPlace: Bool = false,
    _ read: (String) throws -> Void
  ) -> [Row] {
    inputs.map { input in
      do {
        try read(input)
        return Row(area: area, input: shown(input), answer: "", hasPlace: hasPlace)
      } catch {
        return Row(area: area, input: shown(input), answer: "\(error)", hasPlace: hasPlace)
      }
    }
  }

  private static var settings: [Row] {
    let environment = rows("settings", ["flase", "2", "ja"], shown: { "ENABLE_PII_MASKING=\($0)" }) {
      _ = try Masking.load(
        environment: ["ENABLE_PII_MASKING": $0, "MASKING_SALT": "x"], dataFolder: "/nowhere")
    }
    let file = rows(".env", ["NAME", "A B=1", "=x", "ä=1"], hasPlace: true) {
      _ = try Variables.parse($0, path: ".env")
    }
    let folders = rows("folders", [""], shown: { _ in "no HOME" }) { _ in _ = try Folders(Variables([:])) }
    return environment + file + folders
  }

  private static var keys: [Row] {
    let keys = rows("Fernet key", ["", "short", String(repeating: "A", count: 44), "not base64!"]) {
      _ = try Fernet(keys: $0.isEmpty ? [] : [$0 == String(repeating: "A", count: 44) ? $0 + "!" : $0])
    }
    let tokens = rows("Fernet token", ["", "gAAAA", "gAAAAABh", "plain text"]) {
      _ = try Fernet(keys: ["cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="]).decrypt($0)
    }
    let connections = rows("connection", ["a b", "", "x/y", "ü"], shown: { "name \"\($0)\"" }) {
      try SavedConnections(dataFolder: "/nowhere", environment: [:]).add(
        $0, target: "postgresql://h/d", password: nil, now: 0)
    }
    let targets = rows(
      "connection", ["word", "postgresql://u:pw@h/d", "host=h password=x"], shown: { "target \($0)" }
    ) {
      try SavedConnections(dataFolder: "/nowhere", environment: [:]).add(
        "ok", target: $0, password: nil, now: 0)
    }
    let ages = rows("retention", ["30", "d", "-3d", "soon", "1e9y"]) { _ = try Retention.age($0) }
    return keys + tokens + connections + targets + ages
  }

  /// Users of a JSON file: what spoils the file is an error, what spoils one user a reject.
  private static func json() async throws -> [Row] {
    let inputs = [
      "", "<html>no</html>", "{", "{}", "{\"users\": 1}", "{\"users\": [", "{\"users\": [{\"id\": 1}",
      "{\"users\": [{\"id\": 1},", "{\"users\": [{\"id\" 1}]}", "{\"users\": [{\"id\": }]}",
      "{\"users\": [{id: 1}]}",
      "{\"users\": [{\"id\": 01}]}", "{\"users\": [{\"id\": 1.5}]}", "{\"users\": [{\"id\": 1e}]}",
      "{\"users\": [{\"id\": \"x\"}]}", "{\"users\": [{\"id\": null}]}", "{\"users\": [{}]}",
      "{\"users\": [7]}",
      "{\"users\": [{\"id\": 1, \"firstName\": \"\\x\"}]}",
      "{\"users\": [{\"id\": 1, \"firstName\": \"\\u12\"}]}",
      "{\"users\": [{\"id\": 99999999999999999999}]}",
      "{\"users\": [" + String(repeating: "[", count: 300) + "]}",
      "{\"users\": [{\"id\": " + String(repeating: "9", count: 5_000) + "}]}",
    ]
    let folder = NSTemporaryDirectory() + "riskdeck-bad-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var rows: [Row] = []
    for input in inputs {
      try Data(input.utf8).write(to: URL(fileURLWithPath: folder + "/users.json"))
      let reasons = Mutex<[String]>([])
      var answer = ""
      do {
        try await JSONFiles(folder: folder).customers { page in
          reasons.withLock { $0 += page.rejects.map { "rejected: \($0.record): \($0.reason)" } }
        }
        answer = reasons.withLock { $0.first ?? "" }
      } catch {
        answer = "\(error)".replacing(folder + "/", with: "")
      }
      let shown = input.count > 50 ? "\(input.prefix(20))… (\(input.count) characters)" : input
      rows.append(Row(area: "users.json", input: shown, answer: answer))
    }
    return rows
  }

  private static var schedules: [Row] {
    rows(
      "schedule",
      [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,,2 * * * *", "0 0 31 2 *", "* * * jan-foo *",
      ]
    ) { _ = try CronExpression($0) }
  }

  private static var templates: [Row] {
    rows(
      "template",
      [
        "{{", "{{ }}", "{{ 1 + }}", "{% if %}", "{% if x %}", "{% endif %}", "{% for x %}{% endfor %}",
        "{% frob %}",
        "{{ missing() }}", "{{ run_query('x') }}", "{{ adapter.dispatch('x') }}", "{{ 'a }}", "{# open",
        "{{ x | nofilter }}",
        "{{ 1 is nonsense }}", "{{ [1, 2 }}", "{% set = 1 %}", "{% macro %}{% endmacro %}", "{{ 1 / 0 }}",
        "{{ env_var('NOT_THERE') }}", "{{ var('not_there') }}", "{% snapshot x %}{% endsnapshot %}",
        "{% raw %}", "{% call m() %}{% endcall %}", "{{ range(100000000) }}",
      ], hasPlace: true
    ) { _ = try rendered($0) }
  }

  /// Renders a template that sees nothing but the language itself.
  private static func rendered(_ text: String) throws -> String {
    let environment = RenderEnvironment(
      projectName: "shop", target: ModelTarget(database: "shop", schema: "analytics"), variables: [:],
      environment: [:],
      macros: try MacroLibrary.withBuiltIns(projectName: "shop"), invocationID: "", startedAt: "")
    var scope = NodeScope(environment: environment)
    scope.isExecuting = true
    return try TemplateEvaluator.render(
      try TemplateParser.parse(file: "models/a.sql", text: text), macros: environment.macros,
      lookup: scope.lookup)
  }

  private static var rulesets: [Row] {
    let yaml =
      (try? String(contentsOfFile: Repository.path("queries/risk/ruleset.yml"), encoding: .utf8)) ?? ""
    let changes = [
      ("orders_1h: 1", "orders_1h: -1"), ("orders_1h: 1", "orders_2h: 1"),
      ("orders_1h: 1", "orders_1h: many"),
      ("travel_speed_kmh > 900", "speed > 900"), ("travel_speed_kmh > 900", "travel_speed_kmh => 900"),
      ("travel_speed_kmh > 900", "travel_speed_kmh > fast"), ("travel_speed_kmh > 900", "travel_speed_kmh"),
      ("name: burst", "name: impossible_travel"), ("high: 0.6", "high: 0.2"),
      ("factor: velocity", "factor: speed"),
      ("priors: priors.yml", ""), ("scale: [12, 22, 35, 60]", "scale: [12]"),
    ]
    return rows("ruleset", changes.map { "\($0.0) -> \($0.1.isEmpty ? "(removed)" : $0.1)" }, hasPlace: true)
    { input in
      guard
        let change = changes.first(where: {
          input.hasPrefix($0.0 + " -> ") && (input.hasSuffix($0.1) || $0.1.isEmpty)
        }),
        let range = yaml.range(of: change.0)
      else { return }
      _ = try RulesetReader(yaml: yaml.replacingCharacters(in: range, with: change.1), file: "ruleset.yml")
    }
  }

  private static var mappings: [Row] {
    let inputs = [
      "", "a: [", "- 1", "customers: 1", "events: {file: x.csv}", "time_zone: Mars\nevents: {file: x.csv}",
      "events: {file: x.csv, id: a, time: b, customer: c, amount: d, colour: e}",
      "events:\n  file: ../x.csv\n  id: a",
    ]
    let queries = ["", "queries: 1", "customers: select 1", "orders: select 1\ncustomers: [1]", "{"]
    return rows("mapping", inputs, hasPlace: true) { _ = try EventMapping.parse($0, file: "mapping.yml") }
      + rows("query mapping", queries, hasPlace: true) { _ = try QueryMapping(yaml: $0, path: "mapping.yml") }
  }

  private static var dashboards: [Row] {
    let cards = [
      "    chart: pie\n", "    rolls: {label: a}\n", "    chart: table\n    formats: {a: money}\n",
      "    chart: table\n    goal: high\n", "    chart: table\n    thresholds: [1]\n",
      "    chart: table\n    thresholds:\n      - {from: x, tone: good}\n",
      "    chart: table\n    thresholds:\n      - {from: 1, tone: pink}\n",
      "    chart: table\n    drill: nowhere\n",
    ]
    let whole = [
      "", "cards: []", "title: x", "title: x\ncards: 1", "title: [", "title: x\nrefresh: fast\ncards: []",
    ]
    func read(_ yaml: String) throws {
      _ = try DashboardFiles.definition(yaml: yaml, file: "d.yml", name: "d") {
        $0 == "d/one.sql" ? "select 1 as a\n" : nil
      }
    }
    return rows("card", cards, hasPlace: true) {
      try read("title: Example\ncards:\n  - id: one\n    title: One\n    sql: d/one.sql\n\($0)")
    } + rows("dashboard", whole, hasPlace: true) { try read($0) }
  }

  private static var looks: [Row] {
    let themes = ["", "colors: [", "accent: 1", "name: x\ncolors: {no_such_role: red}", "name: 1\nroles: 2"]
    let keys = ["keys: 1", "keys:\n  fly: a", "keys:\n  sort: ctrl-ß", "keys: [", "keys:\n  sort: {a: b}"]
    let columns = [
      Column(name: "amount", kind: .number), Column(name: "name", kind: .text),
      Column(name: "due", kind: .timestamp),
    ]
    let filters = [
      "/(/", "amount>many", "nothing:x", "/[z-a]/", "/a{2,1}/", "due<tomorrow", "!due=2026-12-31",
    ]
    return rows("theme", themes, hasPlace: true) { _ = try Theme(yaml: $0, name: "x", file: "themes/x.yml") }
      + rows("key table", keys, hasPlace: true) {
        if let problem = Keymap.configured(yaml: $0, file: "config.yml").problems.first { throw problem }
      } + rows("filter", filters) { _ = try Workstation.RowFilter($0, columns: columns, shown: ValueText()) }
  }

  private static var selections: [Row] {
    let sources = ["", "mysql:x", "files:", "postgres:", "postgres:postgresql://h/d"]
    let tasks = ["fly", ""]
    return rows("source", sources) { _ = try SourceSelection(source: $0).open() }
      + rows("--from", tasks) { _ = try TaskSelection.from($0).tasks(of: PipelineRun.graph(), newest: nil) }
  }

  static func all() async throws -> [Row] {
    let files = templates + rulesets + mappings + dashboards + looks
    return try await settings + keys + json() + schedules + files + selections
  }

  @Test("every bad input is refused in one harmless line, those of files with their place")
  func refused() async throws {
    let rows = try await Self.all()
    #expect(rows.count >= 100)
    for row in rows {
      #expect(!row.answer.isEmpty, "\(row.area): \(row.input) was taken")
      #expect(!row.answer.contains("\n"), "\(row.area): \(row.input)")
      #expect(row.answer == PrintableText.clean(row.answer), "\(row.area): \(row.input)")
      #expect(row.answer.count < 600, "\(row.area): \(row.input)")
      if row.hasPlace {
        #expect(row.answer.contains(#/^[\w/.-]+(:\d+:\d+)?: /#), "\(row.area): \(row.input): \(row.answer)")
      }
    }
  }

  @Test("docs/bad-input.md is what these tests produce")
  func table() async throws {
    func cell(_ text: String) -> String {
      text.replacing("\n", with: "⏎").replacing("|", with: "\\|").replacing("`", with: "'")
    }
    var page = """
      # What bad input is told

      Produced by `BadInputTests`; nothing is half-written after any of these.

      | where | input | answer |
      |---|---|---|

      """
    for row in try await Self.all() {
      page +=
        "| \(row.area) | `\(cell(row.input.isEmpty ? "(nothing)" : row.input))` | \(cell(row.answer)) |\n"
    }
    let file = URL(fileURLWithPath: Repository.path("docs/bad-input.md"))
    if ProcessInfo.processInfo.environment["RISKDECK_RECORD"] != nil {
      try page.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == page)
  }
}
