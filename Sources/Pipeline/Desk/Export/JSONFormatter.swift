/// Rows as JSON objects: an array of them, or one a line (NDJSON).
///
/// A name that came before gets `_2`, `_3` and so on, because a reader keeps one value of a name.
/// Numbers keep all their digits; NaN and infinity, which JSON does not know, are texts. jsonb documents stand as they are.
struct JSONFormatter: TableFormatter {
  let isLines: Bool
  private var keys: [String] = []
  private var kinds: [ExportColumn.Kind] = []
  private var isFirst = true

  init(isLines: Bool) {
    self.isLines = isLines
  }

  mutating func begin(_ columns: [ExportColumn], to output: inout String) {
    keys = Self.names(columns.map(\.name)).enumerated().map {
      ($0 > 0 ? ", " : "") + jsonText($1) + ": "
    }
    kinds = columns.map(\.kind)
    if !isLines { output += "[" }
  }

  mutating func row(_ cells: [String?], to output: inout String) {
    if !isLines { output += isFirst ? "" : ",\n " }
    isFirst = false
    output += "{"
    for (position, cell) in cells.enumerated() {
      output += keys[position]
      output += Self.value(cell, kinds[position])
    }
    output += isLines ? "}\n" : "}"
  }

  mutating func end(to output: inout String) {
    if !isLines { output += "]\n" }
  }

  private static func names(_ names: [String]) -> [String] {
    var taken = Set(names)
    var seen: Set<String> = []
    return names.map { name in
      if seen.insert(name).inserted { return name }
      var number = 2
      while taken.contains("\(name)_\(number)") { number += 1 }
      taken.insert("\(name)_\(number)")
      return "\(name)_\(number)"
    }
  }

  private static func value(_ cell: String?, _ kind: ExportColumn.Kind) -> String {
    guard let cell else { return "null" }
    switch kind {
    case .boolean: return cell == "t" ? "true" : "false"
    case .number where cell.utf8.last.map { (48...57).contains($0) } ?? false: return cell
    case .json: return JSONText.harmless(cell)
    case .text, .timestamp, .number: return jsonText(cell)
    }
  }
}
