import Postgres

/// A form in which tables leave the program; see docs/exports.md.
public enum ExportFormat: String, Sendable, Hashable, CaseIterable {
  case csv, json, ndjson, markdown, html

  /// How people call it.
  public var title: String {
    switch self {
    case .csv: "CSV"
    case .json: "JSON"
    case .ndjson: "NDJSON"
    case .markdown: "Markdown"
    case .html: "HTML"
    }
  }

  /// The ending of its files' names, without the dot.
  public var fileExtension: String { self == .markdown ? "md" : rawValue }

  /// The format a file's name says; nil: it says none.
  public init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    let ending = fileName[fileName.index(after: dot)...].lowercased()
    guard let format = Self.allCases.first(where: { $0.fileExtension == ending }) else { return nil }
    self = format
  }

  /// What writes a table in this format.
  public func formatter(title: String, isRaw: Bool = false) -> any TableFormatter {
    switch self {
    case .csv: CSVFormatter(isRaw: isRaw)
    case .json: JSONFormatter(isLines: false)
    case .ndjson: JSONFormatter(isLines: true)
    case .markdown: MarkdownFormatter(title: title)
    case .html: HTMLFormatter(title: title)
    }
  }
}

/// A column of an export.
public struct ExportColumn: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case text, number, boolean, timestamp
    /// A JSON document on one line, taken over as it is by the JSON formats.
    case json
  }

  public let name: String
  public let kind: Kind

  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }

  init(_ column: ResultColumn) {
    // jsonb, whose text never holds a line break.
    let isDocument = column.typeOID == 3_802
    self.init(
      name: column.name, kind: isDocument ? .json : Kind(ValueColumn.Kind(typeOID: column.typeOID)))
  }
}

extension ExportColumn.Kind {
  init(_ kind: ValueColumn.Kind) {
    self =
      switch kind {
      case .text: .text
      case .number: .number
      case .boolean: .boolean
      case .timestamp: .timestamp
      }
  }
}

/// Writes one table as text, row by row, so that no more than a row is held.
///
/// Cells are the server's text forms; nil is NULL. Every row has as many cells as there are columns.
public protocol TableFormatter: Sendable {
  mutating func begin(_ columns: [ExportColumn], to output: inout String)
  mutating func row(_ cells: [String?], to output: inout String)
  mutating func end(to output: inout String)
}

extension TableFormatter {
  /// Appends a table that is in memory.
  public mutating func write(_ table: ValueTable, to output: inout String) {
    begin(table.exportColumns, to: &output)
    for row in table.rows { self.row(table.exportCells(row), to: &output) }
    end(to: &output)
  }
}

extension ValueTable {
  public var exportColumns: [ExportColumn] {
    columns.map { ExportColumn(name: $0.name, kind: ExportColumn.Kind($0.kind)) }
  }

  /// A row as the server would write it; moments in UTC.
  public func exportCells(_ row: [Value]) -> [String?] {
    zip(row, columns).map { value, column in
      guard column.kind == .timestamp, let seconds = value.number, seconds.isFinite else {
        return value.plainText
      }
      return UTCTime.text(seconds, style: .server)
    }
  }
}

extension Value {
  /// The value without any formatting, as the server writes it; nil is NULL.
  public var plainText: String? {
    switch self {
    case .null: nil
    case .text(let text): text
    case .integer(let number): String(number)
    case .number(let number):
      // Whole numbers without `.0`, as long as they are exact.
      number == number.rounded() && abs(number) < 9e15 ? String(Int64(number)) : "\(number)"
    case .boolean(let truth): truth ? "t" : "f"
    }
  }
}
