/// Comma-separated values as PostgreSQL's `COPY ... (FORMAT csv, HEADER)` writes them, which are RFC 4180's with line feeds:
/// NULL is nothing, the empty text a pair of quotes.
///
/// A cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab or carriage return at its start) gets an apostrophe
/// first. A number of a numeric column stays as it is: it is no formula. Of characters that would steer a terminal or hide, tabs and
/// line ends alone stay; the others become �.
struct CSVFormatter: TableFormatter {
  /// True: no apostrophes, nothing replaced, exactly COPY's bytes.
  let isRaw: Bool
  private var isNumber: [Bool] = []

  init(isRaw: Bool) {
    self.isRaw = isRaw
  }

  mutating func begin(_ columns: [ExportColumn], to output: inout String) {
    isNumber = columns.map { $0.kind == .number }
    write(columns.map(\.name), isText: true, to: &output)
  }

  mutating func row(_ cells: [String?], to output: inout String) {
    write(cells, isText: false, to: &output)
  }

  mutating func end(to output: inout String) {}

  private func write(_ cells: [String?], isText: Bool, to output: inout String) {
    for (position, cell) in cells.enumerated() {
      if position > 0 { output += "," }
      guard let text = cell else { continue }
      let cell = isRaw ? text : Self.visible(text)
      let isNumber = !isText && isNumber.indices.contains(position) && isNumber[position]
      if !isRaw, Self.isFormula(cell, isNumber: isNumber) {
        write("'" + cell, isAlone: false, to: &output)
      } else {
        write(cell, isAlone: cells.count == 1, to: &output)
      }
    }
    output += "\n"
  }

  private func write(_ text: String, isAlone: Bool, to output: inout String) {
    // A line of `\.` alone ends the data where COPY reads them.
    var needsQuotes = text.isEmpty || isAlone && text == "\\."
    for byte in text.utf8 where byte < 45 {
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 10 || byte == 13 {
        needsQuotes = true
        break
      }
    }
    guard needsQuotes else {
      output += text
      return
    }
    output += "\""
    output += text.utf8.contains(UInt8(ascii: "\"")) ? text.replacing("\"", with: "\"\"") : text
    output += "\""
  }

  private static func visible(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let stays = scalar == "\t" || scalar == "\n" || scalar == "\r" || !HiddenText.contains(scalar)
      result.append(stays ? scalar : "\u{FFFD}")
    }
    return String(result)
  }

  private static func isFormula(_ text: String, isNumber: Bool) -> Bool {
    guard let first = text.utf8.first else { return false }
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "@"), 9, 13: return true
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard isNumber, let next = text.utf8.dropFirst().first else { return true }
      // -Infinity is no number to a spreadsheet.
      return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
    default: return false
    }
  }
}
