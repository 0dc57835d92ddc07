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
      try file.finish()
      return "\(rows(table.rows.count)) in \(path)"
    case .customers(let request):
      let file = try PrivateFile(path)
      let count = try await writeCustomers(request, to: file)
      try file.finish()
      return "\(rows(count)) in \(path)"
    case .dashboard(let name, let filters):
      let definition = try edge.files.dashboard(name)
      let content = try await edge.reading(0) {
        try await DashboardReader.content(of: definition, filters: filters, from: $0)
      }
      let paths = try DashboardFilesExport(content: content, filters: filters, format: order.format).write(
        to: path)
      return "\(order.title) is in \(paths.count == 1 ? path : "\(paths.count) files, the first \(paths[0])")"
    case .query(let sql, let parameters):
      let file = try PrivateFile(path)
      let formatter = order.format.formatter(title: order.title)
      let count = try await edge.queries.export(sql, parameters: parameters, as: formatter) {
        try file.write($0)
      }
      try file.finish()
      return "\(rows(Int(count))) in \(path)"
    }
  }

  private func rows(_ count: Int) -> String { count == 1 ? "1 row is" : "\(count) rows are" }

  private func writeCustomers(_ request: CustomerListRequest, to file: PrivateFile) async throws -> Int {
    let none = ValueTable(columns: CustomerListFields.all, rows: [])
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

  /// Writes all files or none.
  /// - Parameter path: of the file; CSV files are named after it and the card.
  /// - Returns: the files' paths.
  func write(to path: String) throws -> [String] {
    guard format == .csv else {
      let file = try PrivateFile(path)
      try file.write(text())
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
    for file in files { try file.finish() }
    return files.map(\.path)
  }

  /// The dashboard as one text, in any format but CSV.
  func text() -> String {
    guard format == .html else { return content.exportText(format) }
    return dashboardReport(content, filters: filters, now: Date().timeIntervalSince1970)
  }
}
