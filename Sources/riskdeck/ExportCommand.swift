import ArgumentParser
import Foundation
import Glibc
import Pipeline
import Postgres
import Workstation

extension ExportFormat: ExpressibleByArgument {}

/// Where an export goes and in which form.
struct ExportOptions: ParsableArguments {
  @Option(help: "csv, json, ndjson, markdown or html; default: what the file's name says, else csv.")
  var format: ExportFormat?

  @Option(help: "The file to write, whole or not at all, readable by you alone; default: standard output.")
  var out: String?

  @Flag(help: "CSV exactly as COPY writes it: no apostrophe before what a spreadsheet takes for a formula.")
  var raw = false

  @Flag(help: "Say what was written as JSON; needs --out.")
  var json = false

  func validate() throws {
    if json, out == nil { throw ValidationError("--json tells of the file written and needs --out FILE") }
    if raw, chosenFormat != .csv { throw ValidationError("--raw is for CSV") }
    if format == nil, let out, let ending = Self.ending(out), ExportFormat(fileName: out) == nil {
      throw ValidationError(
        "nothing is written as .\(ending); name csv, json, ndjson, markdown or html by the file or --format")
    }
  }

  /// The letters and digits after the last dot of a path's name.
  private static func ending(_ path: String) -> String? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
    let ending = name[name.index(after: dot)...]
    return ending.isEmpty || !ending.allSatisfy({ $0.isLetter || $0.isNumber }) ? nil : String(ending)
  }

  var chosenFormat: ExportFormat { format ?? out.flatMap { ExportFormat(fileName: $0) } ?? .csv }

  func formatter(title: String) -> any TableFormatter { chosenFormat.formatter(title: title, isRaw: raw) }

  /// Hands `body` the way to the file or to standard output, and tells what was written: the audit log first.
  func write(
    _ subject: String, filters: [String] = [], sql: String? = nil, _ session: Session,
    _ body: (@escaping @Sendable (String) throws -> Void) async throws -> Int64
  ) async throws {
    let note = ExportNote(
      PrintableText.clean(subject), format: chosenFormat, filters: filters, sql: sql)
    guard let out else {
      // What is printed cannot be taken back.
      try await session.note(note, rows: nil, to: ["standard output"])
      _ = try await body(writeOutput)
      return
    }
    let file = try PrivateFile(out)
    if file.isInPlace { try await session.note(note, rows: nil, to: [out]) }
    let rows = try await body { try file.write($0) }
    if !file.isInPlace { try await session.note(note, rows: rows, to: [out]) }
    try file.finish()
    report([out], rows: rows, bytes: file.bytes)
  }

  func report(_ paths: [String], rows: Int64?, bytes: Int64?) {
    let outcome = ExportOutcome(paths: paths, format: chosenFormat, rows: rows, bytes: bytes)
    if json { print(outcome.json) } else { printError(outcome.text) }
  }
}

/// Writes to standard output.
/// - Throws: ``OutputError`` where it takes no more: a full disk, a closed pipe.
func writeOutput(_ text: String) throws {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw OutputError(reason: String(cString: strerror(errno))) }
    rest = rest.dropFirst(count)
  }
}

/// Standard output could not be written.
struct OutputError: Error, CustomStringConvertible {
  let reason: String

  var description: String { "standard output cannot be written: \(reason)" }
}

/// What was written.
struct ExportOutcome {
  let paths: [String]
  let format: ExportFormat
  let rows: Int64?
  let bytes: Int64?

  var text: String {
    let count = rows.map { $0 == 1 ? "1 row" : "\($0) rows" } ?? "the dashboard"
    return "\(count) written to \(paths.joined(separator: ", "))"
  }

  var json: String {
    let numbers = [("rows", rows), ("bytes", bytes)].compactMap { name, value in
      value.map { ", \"\(name)\": \($0)" }
    }
    let files = paths.map { jsonText($0) }.joined(separator: ", ")
    return "{\"files\": [\(files)], \"format\": \"\(format.rawValue)\"\(numbers.joined())}"
  }
}

/// Values of a dashboard's linked filters.
struct FilterOptions: ParsableArguments {
  @Option(name: .customLong("filter"), help: "A dashboard filter's value, as name=value; may be repeated.")
  var filters: [String] = []

  /// The values by name, checked against what the dashboard knows.
  func values(of dashboard: DashboardDefinition) throws -> [String: String] {
    let values = try pairs(filters, option: "--filter")
    for (name, value) in values {
      guard let filter = dashboard.filters.first(where: { $0.name == name }) else {
        throw DeskError(
          .notFound,
          "\(dashboard.name) has no filter \(name); there are "
            + dashboard.filters.map(\.name).joined(separator: ", "))
      }
      guard filter.options.isEmpty || filter.options.contains(value) else {
        throw DeskError(.notFound, "\(name) is one of \(filter.options.joined(separator: ", "))")
      }
    }
    return values
  }
}

/// Options of the form name=value.
func pairs(_ texts: [String], option: String) throws -> [String: String] {
  var values: [String: String] = [:]
  for text in texts {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw ValidationError("\(option) takes name=value, not \(text)")
    }
    values[String(text[..<equals])] = String(text[text.index(after: equals)...])
  }
  return values
}

/// `riskdeck export`: a table, a card, a dashboard or a query's rows as a file.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a table, a card, a dashboard or a query's rows to a file.",
    discussion: "Rows pass through in constant memory. A dashboard as CSV is one file for each card.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var reading: ReadOptions
  @Option(help: "A table or view of analytics, or schema.table.") var table: String?
  @Option(help: "A card, as dashboard/card.") var card: String?
  @Option(help: "A whole dashboard.") var dashboard: String?
  @Option(help: "A saved query's name, or SQL.") var query: String?
  @Option(
    name: .customLong("set"), help: "A :parameter's value of the query, as name=value; may be repeated.")
  var parameters: [String] = []
  @OptionGroup var filters: FilterOptions
  @OptionGroup var output: ExportOptions

  func validate() throws {
    guard [table, card, dashboard, query].compactMap({ $0 }).count == 1 else {
      throw ValidationError("name one of --table, --card, --dashboard and --query")
    }
    if !filters.filters.isEmpty, card == nil, dashboard == nil {
      throw ValidationError("--filter is for --card and --dashboard")
    }
    if !parameters.isEmpty, query == nil { throw ValidationError("--set is for --query") }
  }

  func run() async throws {
    let session = try Session(options, reading: reading)
    if let dashboard { return try await exportDashboard(dashboard, filters, output, session) }
    if let card { return try await exportCard(card, session) }
    let connection = try await session.connectExporting()
    if let table {
      try await output.write("table \(table)", session) { write in
        try await RowExport.table(table, as: output.formatter(title: table), from: connection, write: write)
      }
    } else if let query {
      let asked = try QuestionText(query, parameters: parameters, session)
      try await output.write("query \(asked.name)", sql: asked.sql, session) { write in
        try await ReadOnlyQuery.export(
          asked.sql, parameters: asked.values, as: output.formatter(title: asked.title), from: connection,
          write: write)
      }
    }
    await connection.close()
  }

  private func exportCard(_ name: String, _ session: Session) async throws {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw ValidationError("--card takes dashboard/card, not \(name)") }
    let definition = try namedDashboard(parts[0], session)
    guard let card = definition.cards.first(where: { $0.id == parts[1] }) else {
      throw DeskError(
        .notFound,
        "\(parts[0]) has no card \(parts[1]); there are \(definition.cards.map(\.id).joined(separator: ", "))"
      )
    }
    let values = try filters.values(of: definition)
    let connection = try await session.connectExporting()
    try await output.write("card \(name)", filters: filters.filters, session) { write in
      try await RowExport.card(
        card, filters: values, as: output.formatter(title: card.title), from: connection, write: write)
    }
    await connection.close()
  }
}

/// Reads a whole dashboard and writes it.
func exportDashboard(_ name: String, _ filters: FilterOptions, _ output: ExportOptions, _ session: Session)
  async throws
{
  let definition = try namedDashboard(name, session)
  let values = try filters.values(of: definition)
  guard output.out != nil || output.chosenFormat != .csv else {
    throw ValidationError("a dashboard as CSV is one file for each card: name them with --out FILE")
  }
  let connection = try await session.connectExporting()
  let content = try await DashboardReader.content(of: definition, filters: values, from: connection)
  await connection.close()
  let export = DashboardFilesExport(
    content: content, filters: values, format: output.chosenFormat, isRaw: output.raw)
  let note = ExportNote(
    "dashboard \(definition.name)", format: output.chosenFormat, filters: filters.filters)
  guard let out = output.out else {
    try await session.note(note, rows: export.rows, to: ["standard output"])
    try writeOutput(export.text())
    return
  }
  let paths = try await export.write(to: out) { try await session.note(note, rows: export.rows, to: $0) }
  output.report(paths, rows: nil, bytes: nil)
}

/// The dashboard of that name.
func namedDashboard(_ name: String, _ session: Session) throws -> DashboardDefinition {
  let contents = try DashboardFiles.read(at: session.project.dashboards)
  if let found = contents.dashboards.first(where: { $0.name == name }) { return found }
  if let error = contents.errors.first(where: { $0.file.hasSuffix("/\(name).yml") }) { throw error }
  let names = contents.dashboards.map(\.name).joined(separator: ", ")
  throw DeskError(.notFound, "there is no dashboard \(name); there are \(names)")
}

/// `riskdeck report`: a dashboard as an HTML page with charts.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a dashboard as one HTML page with charts, for people without a terminal.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var reading: ReadOptions
  @Option(help: "The dashboard's name.") var dashboard: String
  @Option(help: "The file to write, whole or not at all; default: standard output.") var out: String?
  @OptionGroup var filters: FilterOptions
  @Flag(help: "Say what was written as JSON; needs --out.") var json = false

  func run() async throws {
    let place = (out.map { ["--out", $0] } ?? []) + (json ? ["--json"] : [])
    try await exportDashboard(
      dashboard, filters, try ExportOptions.parse(["--format", "html"] + place),
      try Session(options, reading: reading))
  }
}

/// What `query` and `export` are asked: a saved query by name, or SQL.
struct QuestionText {
  /// The saved query's name; `typed` for SQL.
  let name: String
  let title: String
  let sql: String
  let values: [String: String]

  init(_ text: String, parameters: [String], _ session: Session) throws {
    let all = SavedQueries(folder: session.project.saved)
    let saved = all.query(named: text)
    // One word alone is no SQL that anyone means: it is a name.
    if saved == nil, !text.contains(where: \.isWhitespace) {
      throw DeskError(.notFound, Self.unknownName(text, all.all().map(\.name)))
    }
    let names = saved?.parameters.map(\.name) ?? NamedBinds(text).names
    var values: [String: String] = [:]
    for parameter in saved?.parameters ?? [] { values[parameter.name] = parameter.defaultValue }
    let given = try pairs(parameters, option: "--set")
    if let unknown = given.keys.filter({ !names.contains($0) }).min() {
      let known = names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
      throw DeskError(.missingParameter, "the query has no parameter \(unknown); \(known)")
    }
    values.merge(given) { $1 }
    name = saved?.name ?? "typed"
    title = saved?.title ?? "Query"
    sql = saved?.sql ?? text
    self.values = values
  }

  private static func unknownName(_ name: String, _ names: [String]) -> String {
    let near = NearNames.of(name, in: names)
    let hint =
      near.isEmpty
      ? names.isEmpty ? "queries/saved is empty" : "there are \(names.joined(separator: ", "))"
      : "did you mean \(near.joined(separator: ", "))?"
    return "there is no saved query \(name); \(hint)"
  }
}
