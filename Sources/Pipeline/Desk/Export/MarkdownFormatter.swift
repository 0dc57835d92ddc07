/// A table of GitHub's Markdown under a heading; numbers to the right.
struct MarkdownFormatter: TableFormatter {
  /// Empty: no heading.
  let title: String

  init(title: String) {
    self.title = title
  }

  mutating func begin(_ columns: [ExportColumn], to output: inout String) {
    if !title.isEmpty { output += "## \(markdownText(title))\n\n" }
    output += "| " + columns.map { markdownText($0.name) }.joined(separator: " | ") + " |\n|"
    for column in columns { output += column.kind == .number ? "---:|" : "---|" }
    output += "\n"
  }

  mutating func row(_ cells: [String?], to output: inout String) {
    output += "|"
    for cell in cells {
      output += " "
      if let cell { output += markdownText(cell) }
      output += " |"
    }
    output += "\n"
  }

  mutating func end(to output: inout String) {}
}

/// A text on one line in which nothing is markup.
func markdownText(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n", "\r", "\t": result += " "
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\\", "|", "`", "*", "_", "[", "]", "~", "#":
      result += "\\"
      result.unicodeScalars.append(scalar)
    default: if !HiddenText.contains(scalar) { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}
