import ArgumentParser
import Foundation
import Pipeline
import Workstation

/// How a command prints a table: aligned for people, or in one of the formats of an export.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, ndjson, markdown, html

  /// The export's format; nil: aligned for people.
  var export: ExportFormat? { ExportFormat(rawValue: rawValue) }

  func write(_ table: ValueTable, title: String = "") {
    guard let export else { return writeAligned(table) }
    var formatter = export.formatter(title: title)
    var output = ""
    formatter.write(table, to: &output)
    // A document of its own form: nothing in it hides, and every byte counts.
    Swift.print(output, terminator: "")
  }

  /// Columns padded by display width; numbers to the right, NULL as a middle dot's width of nothing.
  private func writeAligned(_ table: ValueTable) {
    let cells = table.rows.map { row in row.map(Self.word) }
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

  private static func word(_ value: Value) -> String {
    if case .boolean(let truth) = value { return truth ? "true" : "false" }
    return printable(value.plainText ?? "∅")
  }
}

extension String {
  fileprivate var trimmedAtEnd: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
