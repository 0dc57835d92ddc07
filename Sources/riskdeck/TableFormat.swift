import ArgumentParser
import Foundation
import Pipeline
import Workstation

/// How a command prints a table.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json

  func write(_ table: ValueTable) {
    switch self {
    case .table: writeAligned(table)
    case .csv: writeCSV(table)
    case .json: writeJSON(table)
    }
  }

  /// Columns padded by display width; numbers to the right, NULL as a middle dot's width of nothing.
  private func writeAligned(_ table: ValueTable) {
    let cells = table.rows.map { row in row.map { printable($0.plainText ?? "∅") } }
    let widths = table.columns.indices.map { column in
      cells.reduce(displayWidth(table.columns[column].name)) { max($0, displayWidth($1[column])) }
    }
    func line(_ texts: [String]) -> String {
      texts.indices.map { column in
        let padding = String(repeating: " ", count: max(widths[column] - displayWidth(texts[column]), 0))
        return table.columns[column].kind == .number ? padding + texts[column] : texts[column] + padding
      }.joined(separator: "  ").trimmedAtEnd
    }
    print(line(table.columns.map { printable($0.name) }))
    print(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "))
    for row in cells { print(line(row)) }
  }

  private func writeCSV(_ table: ValueTable) {
    print(CSV.header(table.columns), terminator: "")
    for row in table.rows { print(CSV.line(row, table.columns), terminator: "") }
  }

  private func writeJSON(_ table: ValueTable) {
    let rows = table.rows.map { row in
      "{" + zip(table.columns, row).map { "\(jsonText($0.name)): \($1.json)" }.joined(separator: ", ") + "}"
    }
    print("[" + rows.joined(separator: ",\n ") + "]")
  }
}

/// A text as a JSON string.
func jsonText(_ text: String) -> String { JSONText.quoted(text) }

extension Value {
  /// The value without any formatting; nil is NULL.
  var plainText: String? {
    switch self {
    case .null: nil
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .boolean(let flag): flag ? "true" : "false"
    }
  }

  var json: String {
    switch self {
    case .null: "null"
    case .text(let text): jsonText(text)
    case .number(let number) where !number.isFinite: "null"
    case .integer, .number, .boolean: plainText ?? "null"
    }
  }
}

extension String {
  fileprivate var trimmedAtEnd: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
