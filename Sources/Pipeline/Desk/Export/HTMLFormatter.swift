/// A table as a page of its own: no scripts, nothing loaded from elsewhere.
struct HTMLFormatter: TableFormatter {
  let title: String
  private var kinds: [ExportColumn.Kind] = []

  init(title: String) {
    self.title = title
  }

  mutating func begin(_ columns: [ExportColumn], to output: inout String) {
    kinds = columns.map(\.kind)
    output += HTMLPage.head(title: title)
    output += "<main>\n<h1>\(htmlText(title))</h1>\n"
    HTMLPage.beginTable(columns.map { ($0.name, $0.kind == .number) }, caption: title, to: &output)
  }

  mutating func row(_ cells: [String?], to output: inout String) {
    output += "<tr>"
    for (cell, kind) in zip(cells, kinds) {
      HTMLPage.cell(cell, isNumber: kind == .number, to: &output)
    }
    output += "</tr>\n"
  }

  mutating func end(to output: inout String) {
    HTMLPage.endTable(to: &output)
    output += "</main>\n" + HTMLPage.foot
  }
}

/// The frame of every page this program writes: readable from a telephone to paper, in light and dark.
public enum HTMLPage {
  /// The policy forbids whatever a page could load, so that nothing in the data can make it ask for anything.
  public static func head(title: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(htmlText(title))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>

    """
  }

  public static let foot = "</body>\n</html>\n"

  /// - Parameter columns: title, and whether it holds numbers.
  public static func beginTable(
    _ columns: [(title: String, isNumber: Bool)], caption: String, to output: inout String
  ) {
    output += "<div class=\"rows\" tabindex=\"0\" role=\"region\" aria-label=\"\(htmlText(caption))\">\n"
    output += "<table>\n<thead>\n<tr>"
    for column in columns {
      output +=
        "<th scope=\"col\"\(column.isNumber ? " class=\"number\"" : "")>\(htmlText(column.title))</th>"
    }
    output += "</tr>\n</thead>\n<tbody>\n"
  }

  /// - Parameters:
  ///   - text: nil is NULL.
  ///   - tone: a class of the style sheet; empty: none.
  public static func cell(_ text: String?, isNumber: Bool, tone: String = "", to output: inout String) {
    let names = [isNumber ? "number" : "", text == nil ? "null" : tone].filter { !$0.isEmpty }
    output += names.isEmpty ? "<td>" : "<td class=\"\(names.joined(separator: " "))\">"
    output += text.map(htmlText) ?? "NULL"
    output += "</td>"
  }

  public static func endTable(to output: inout String) {
    output += "</tbody>\n</table>\n</div>\n"
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fff; --card: #f6f7f9; --line: #d5dae1;
      --bar: #2f6fab; --good: #2c8a4b; --neutral: #2f6fab; --warning: #b86e00; --danger: #c22f3d;
      --s0: #2f6fab; --s1: #c8791b; --s2: #5a9b4a; --s3: #a04a8c; --s4: #7a6a4f; --s5: #3f9aa3; --s6: #b5483f; --s7: #6d7683; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e3e8ef; --soft: #9aa6b5; --ground: #12161c; --card: #1a2029;
      --line: #323b47; --bar: #6aa9e0; --good: #5fbf7d; --neutral: #6aa9e0; --warning: #e0a040; --danger: #ef6b76;
      --s0: #6aa9e0; --s1: #e0a040; --s2: #86c274; --s3: #cc83ba; --s4: #b3a37f; --s5: #6fc5cd; --s6: #e08079; --s7: #a3adba; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
    main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
    h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
    p { margin: .25rem 0; overflow-wrap: anywhere; }
    .about, .none { color: var(--soft); font-size: .9rem; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem; margin-top: 1rem;
      grid-auto-flow: dense; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; min-width: 0; }
    .wide { grid-column: 1 / -1; }
    svg { display: block; width: 100%; max-width: 40rem; height: auto; }
    svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    svg .soft { fill: var(--soft); } svg .inverse { fill: var(--ground); }
    svg .axis { stroke: var(--line); stroke-width: 1; }
    svg .goal { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
    svg .line { fill: none; stroke: var(--bar); stroke-width: 2; }
    svg .bar { fill: var(--bar); } svg .track { fill: var(--line); }
    svg .good { fill: var(--good); } svg .neutral { fill: var(--neutral); } svg .warning { fill: var(--warning); }
    svg .danger { fill: var(--danger); }
    svg .s0 { fill: var(--s0); } svg .s1 { fill: var(--s1); } svg .s2 { fill: var(--s2); } svg .s3 { fill: var(--s3); }
    svg .s4 { fill: var(--s4); } svg .s5 { fill: var(--s5); } svg .s6 { fill: var(--s6); } svg .s7 { fill: var(--s7); }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0;
      padding: 0; list-style: none; }
    .figures span { display: block; color: var(--soft); font-size: .85rem; } .figures strong { font-size: 1.3rem; }
    .rows { overflow-x: auto; } .rows:focus-visible { outline: 2px solid var(--bar); }
    table { border-collapse: collapse; font-size: .88rem; width: 100%; }
    th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
    th { color: var(--soft); font-weight: 600; white-space: nowrap; }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .null { color: var(--soft); font-style: italic; }
    td.good { color: var(--good); } td.warning { color: var(--warning); } td.danger { color: var(--danger); font-weight: 600; }
    summary { color: var(--soft); cursor: pointer; font-size: .85rem; margin-top: .5rem; }
    @media print { :root { color-scheme: light; --ink: #000; --soft: #444; --ground: #fff; --card: #fff; --line: #bbb;
      --bar: #2f6fab; --good: #2c8a4b; --neutral: #2f6fab; --warning: #b86e00; --danger: #c22f3d; }
      main { max-width: none; padding: 0; } .card { break-inside: avoid; } .long { break-inside: auto; }
      .rows { overflow: visible; } table { font-size: 8pt; } th, td { padding: .1rem .25rem; overflow-wrap: anywhere; }
      thead { display: table-header-group; } tr { break-inside: avoid; }
      svg, .bar, .track { print-color-adjust: exact; } details:not([open]) { display: none; } }
    """
}

/// A text as content or double-quoted attribute of a page or picture. Control characters, which no page may hold, and
/// hidden ones are left out.
public func htmlText(_ text: String) -> String {
  let isPlain = text.utf8.allSatisfy {
    $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "&") && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
      && $0 != UInt8(ascii: "\"")
  }
  if isPlain { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    default:
      // Neither controls nor the code points HTML calls noncharacters.
      let isNoncharacter = scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value)
      if !HiddenText.contains(scalar), !isNoncharacter { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}
