import Testing

@testable import Pipeline

@Suite("Export formats")
struct ExportFormatTests {
  static let columns = [
    ExportColumn(name: "id", kind: .number), ExportColumn(name: "note", kind: .text),
    ExportColumn(name: "ok", kind: .boolean), ExportColumn(name: "facts", kind: .json),
  ]

  static func text(
    _ format: ExportFormat, _ rows: [[String?]], columns: [ExportColumn] = columns, isRaw: Bool = false
  ) -> String {
    var formatter = format.formatter(title: "A & <B>", isRaw: isRaw)
    var output = ""
    formatter.begin(columns, to: &output)
    for row in rows { formatter.row(row, to: &output) }
    formatter.end(to: &output)
    return output
  }

  @Test(
    "a text that a spreadsheet would take for a formula gets an apostrophe",
    arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=", "-"])
  func formulas(_ cell: String) {
    let column = [ExportColumn(name: "note", kind: .text)]
    let shown = Self.text(.csv, [[cell]], columns: column)
    #expect(shown.contains("'\(cell)"))
    let raw = Self.text(.csv, [[cell]], columns: column, isRaw: true)
    #expect(!raw.contains("'"))
  }

  @Test("numbers of a numeric column stay numbers; what is none there does not")
  func numbers() {
    let column = [ExportColumn(name: "n", kind: .number)]
    #expect(
      Self.text(.csv, [["-1.50"], ["+2"], ["-Infinity"], ["1e-9"]], columns: column)
        == "n\n-1.50\n+2\n'-Infinity\n1e-9\n")
  }

  @Test("a column's name is neutralised as a cell is, also over numbers")
  func headers() {
    #expect(Self.text(.csv, [], columns: [ExportColumn(name: "=cmd()", kind: .number)]) == "'=cmd()\n")
  }

  @Test("commas, quotes and line ends are quoted; NULL and the empty text differ")
  func quoting() {
    #expect(
      Self.text(.csv, [["1", "a,b", "t", nil], ["2", "say \"hi\"", "f", "x\ny"], ["3", "", nil, "c\rd"]])
        == "id,note,ok,facts\n1,\"a,b\",t,\n2,\"say \"\"hi\"\"\",f,\"x\ny\"\n3,\"\",,\"c\rd\"\n")
  }

  @Test("JSON keeps digits, documents and truth values")
  func json() {
    let row: [String?] = ["12345678901234567890.10", "a\"\u{1B}\u{9B}\\", "t", "{\"a\": 1}"]
    let object =
      "{\"id\": 12345678901234567890.10, \"note\": \"a\\\"\\u001b\\u009b\\\\\", \"ok\": true, \"facts\": {\"a\": 1}}"
    #expect(Self.text(.ndjson, [row, row]) == object + "\n" + object + "\n")
    #expect(Self.text(.json, [row, row]) == "[" + object + ",\n " + object + "]\n")
    #expect(Self.text(.json, []) == "[]\n")
    #expect(
      Self.text(.ndjson, [["NaN", nil, nil, nil]])
        == "{\"id\": \"NaN\", \"note\": null, \"ok\": null, \"facts\": null}\n")
  }

  @Test("in Markdown nothing of the data is markup")
  func markdown() {
    #expect(
      Self.text(.markdown, [["1", "a|b\n*c* <img src=x> [d](e)", nil, "\u{1B}f"]])
        == "## A &amp; &lt;B&gt;\n\n| id | note | ok | facts |\n|---:|---|---|---|\n"
        + "| 1 | a\\|b \\*c\\* &lt;img src=x&gt; \\[d\\](e) |  | f |\n")
  }

  @Test("in HTML nothing of the data is markup, and nothing is loaded or run")
  func html() {
    let page = Self.text(.html, [["1", "<script>alert('x')</script>&\u{0}\u{FFFE}", nil, "{}"]])
    #expect(page.contains("<td>&lt;script&gt;alert('x')&lt;/script&gt;&amp;</td>"))
    #expect(page.contains("<td class=\"null\">NULL</td>"))
    #expect(page.contains("default-src 'none'"))
    #expect(!page.contains("<script"))
    #expect(page.contains("<h1>A &amp; &lt;B&gt;</h1>"))
  }

  /// Escape sequences of seven and eight bits, a turned direction, and what is not seen.
  static let hidden = "a\u{1B}[2Jb\u{9B}c\u{7F}d\u{202E}e\u{200B}f\u{2028}g\u{FEFF}h\u{E0041}ié"

  @Test("what steers a terminal, turns text or hides is in no format; COPY's own bytes have it")
  func hiddenCharacters() {
    let columns = [ExportColumn(name: Self.hidden, kind: .text), ExportColumn(name: "facts", kind: .json)]
    let rows: [[String?]] = [[Self.hidden, "{\"a\": \"\(Self.hidden.dropFirst(2))\"}"]]
    for format in ExportFormat.allCases {
      let shown = Self.text(format, rows, columns: columns)
      let found = shown.unicodeScalars.filter { $0 != "\n" && HiddenText.contains($0) }
      #expect(found.isEmpty, "\(format): \(found.map { String($0.value, radix: 16) })")
      #expect(shown.contains("ié"))
    }
    #expect(Self.text(.csv, [["\(Self.hidden)\t\r\n", nil]], columns: columns).hasSuffix("ié\t\r\n\",\n"))
    #expect(Self.text(.csv, [[Self.hidden, nil]], columns: columns, isRaw: true).contains(Self.hidden))
    #expect(
      Self.text(
        .ndjson, [["\u{202E}\u{E0041}", "{\"a\": \"\u{9B}é\"}"]],
        columns: [
          ExportColumn(name: "n", kind: .text), ExportColumn(name: "f", kind: .json),
        ]) == "{\"n\": \"\\u202e\\udb40\\udc41\", \"f\": {\"a\": \"\\u009bé\"}}\n")
  }

  @Test("a table in memory is written as the server would write it")
  func inMemory() {
    let table = ValueTable(
      columns: [
        ValueColumn(name: "n", kind: .number), ValueColumn(name: "at", kind: .timestamp),
        ValueColumn(name: "ok", kind: .boolean),
      ],
      rows: [
        [.number(2), .number(1_795_550_400.25), .boolean(true)], [.number(0.5), .null, .boolean(false)],
        [.integer(-7), .number(-1), .null],
      ])
    var output = ""
    var formatter = ExportFormat.csv.formatter(title: "")
    formatter.write(table, to: &output)
    #expect(
      output
        == "n,at,ok\n2,2026-11-24 20:00:00.25+00,t\n0.5,,f\n-7,1969-12-31 23:59:59+00,\n")
  }

  @Test("a file's name says the format")
  func names() {
    #expect(ExportFormat(fileName: "a.b/x.MD") == .markdown)
    #expect(ExportFormat(fileName: "x.ndjson") == .ndjson)
    #expect(ExportFormat(fileName: "x") == nil)
    #expect(ExportFormat(fileName: "x.xls") == nil)
  }
}
