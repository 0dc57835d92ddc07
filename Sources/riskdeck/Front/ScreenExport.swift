import Foundation
import Pipeline
import Postgres
import Workstation

/// What a screen exports, as files in the working folder.
struct ScreenExport: Sendable {
  let edge: FrontEdge
  let order: ExportOrder

  /// Where the files go: named after what they hold and the moment.
  private var path: String {
    let safe = order.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let stamp = RunReportText.utc(Date().timeIntervalSince1970).filter(\.isNumber)
    return FileManager.default.currentDirectoryPath + "/riskdeck-\(String(safe))-\(stamp)."
      + order.format.fileExtension
  }

  /// Writes it and says where it is.
  func write() async throws -> String {
    let path = path
    switch order.content {
    case .table(let table):
      let file = try PrivateFile(path)
      var formatter = order.format.formatter(title: order.title)
      var text = ""
      formatter.write(table, to: &text)
      try file.write(text)
      return try await finish(file, rows: table.rows.count, note("screen \(order.name)"))
    case .customers(let request):
      let file = try PrivateFile(path)
      let count = try await writeCustomers(request, to: file)
      // A filter's value may be somebody's name.
      return try await finish(
        file, rows: count, note("customers", filters: Set(request.filters.map(\.field)).sorted()))
    case .dashboard(let name, let filters):
      let definition = try edge.files.dashboard(name)
      let content = try await edge.reading(0) {
        try await DashboardReader.content(of: definition, filters: filters, from: $0)
      }
      let export = DashboardFilesExport(content: content, filters: filters, format: order.format)
      let noted = note(
        "dashboard \(name)",
        filters: filters.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }.sorted())
      let paths = try await export.write(to: path) { try await append(noted, rows: export.rows, to: $0) }
      return "\(order.title) is in \(paths.count == 1 ? path : "\(paths.count) files, the first \(paths[0])")"
    case .query(let sql, let parameters):
      let file = try PrivateFile(path)
      let formatter = order.format.formatter(title: order.title)
      let count = try await edge.queries.export(sql, parameters: parameters, as: formatter) {
        try file.write($0)
      }
      return try await finish(file, rows: Int(count), note("screen \(order.name)", sql: sql))
    }
  }

  private func note(_ subject: String, filters: [String] = [], sql: String? = nil) -> ExportNote {
    ExportNote(subject, format: order.format, filters: filters, sql: sql)
  }

  private func append(_ note: ExportNote, rows: Int64, to paths: [String]) async throws {
    try await edge.connections.answer(0) {
      try await note.append(rows: rows, to: paths, origin: Session.whoAmI, on: $0)
    }
  }

  /// Notes the export and, only then, gives the file its name.
  private func finish(_ file: PrivateFile, rows: Int, _ note: ExportNote) async throws -> String {
    try await append(note, rows: Int64(rows), to: [file.path])
    try file.finish()
    return "\(self.rows(rows)) in \(file.path)"
  }

  private func rows(_ count: Int) -> String { count == 1 ? "1 row is" : "\(count) rows are" }

  private func writeCustomers(_ request: CustomerListRequest, to file: PrivateFile) async throws -> Int {
    let none = ValueTable(columns: CustomerListFields.rows, rows: [])
    var formatter = order.format.formatter(title: order.title)
    var text = ""
    formatter.begin(none.exportColumns, to: &text)
    var page = request
    page.start = .first
    page.limit = 1_000
    var count = 0
    while true {
      let next = page
      let answer = try await edge.reading(0) { try await CustomerListReader.page(next, from: $0) }
      for row in answer.rows { formatter.row(none.exportCells(row), to: &text) }
      count += answer.rows.count
      try file.write(text)
      text = ""
      guard !answer.isLast, let last = answer.rows.last, case .integer(let id) = last[0],
        let column = CustomerListFields.all.firstIndex(where: { $0.name == page.sort.field })
      else { break }
      page.start = .after(CustomerListPosition(sortValue: last[column], customerID: id))
    }
    formatter.end(to: &text)
    try file.write(text)
    return count
  }
}

/// A whole dashboard as one file, or as one CSV file a card.
struct DashboardFilesExport {
  let content: DashboardContent
  let filters: [String: String]
  let format: ExportFormat
  var isRaw = false

  /// The rows of all cards.
  var rows: Int64 {
    content.cards.reduce(0) { $0 + Int64((try? $1.result.get().rows.count) ?? 0) }
  }

  /// Writes all files or none.
  /// - Parameters:
  ///   - path: of the file; CSV files are named after it and the card.
  ///   - note: called with the files' paths before they are there.
  /// - Returns: the files' paths.
  func write(to path: String, note: ([String]) async throws -> Void) async throws -> [String] {
    guard format == .csv else {
      let file = try PrivateFile(path)
      if file.isInPlace { try await note([path]) }
      try file.write(text())
      if !file.isInPlace { try await note([path]) }
      try file.finish()
      return [path]
    }
    let stem = path.hasSuffix(".csv") ? String(path.dropLast(4)) : path
    var files: [PrivateFile] = []
    for card in content.cards {
      let table = try card.result.get()
      let file = try PrivateFile("\(stem)-\(card.card.id).csv")
      var formatter = format.formatter(title: card.card.title, isRaw: isRaw)
      var text = ""
      formatter.write(table, to: &text)
      try file.write(text)
      files.append(file)
    }
    try await note(files.map(\.path))
    for file in files { try file.finish() }
    return files.map(\.path)
  }

  /// The dashboard as one text, in any format but CSV.
  func text() -> String {
    guard format == .html else { return content.exportText(format) }
    return dashboardReport(content, filters: filters, now: Date().timeIntervalSince1970)
  }
}
