import Pipeline
import Testing

@testable import Workstation

@Suite struct RowFilterTests {
  let table = Fixtures.table(
    [("full_name", .text), ("total_spent", .number), ("risk_level", .text), ("note", .text)],
    [
      [.text("Ann Müller"), .number(10.5), .text("high"), .null],
      [.text("bob"), .integer(200), .text("low"), .text("")],
      [.text("Ana Lopez"), .null, .text("critical"), .text("two words")],
    ])

  private func matches(
    _ line: String, in table: ValueTable? = nil, shown: ValueText = ValueText()
  ) throws -> [Int] {
    let table = table ?? self.table
    let columns = table.columns.map { Column(name: $0.name, kind: $0.kind) }
    let filter = try RowFilter(line, columns: columns, shown: shown)
    return table.rows.indices.filter { filter.accepts(table.rows[$0], of: table.columns) }
  }

  @Test(
    "a filter line keeps the rows that pass all of its words",
    arguments: [
      ("", [0, 1, 2]), ("an", [0, 2]), ("!an", [1]), ("name:AN spent>5", [0]), ("level=low", [1]),
      ("level:l", [1, 2]),
      ("!level=low", [0, 2]), ("level=!low", [0, 2]), ("level:!l", [0]), ("!level:!l", [1, 2]),
      ("name:!/^b/", [0, 2]), ("note=!", []), ("spent>10", [0, 1]), ("spent>=200", [1]), ("spent<200", [0]),
      ("spent<=200", [0, 1]),
      ("!spent>10", []), ("spent=200", [1]), ("note=null", [0]), ("!note=null", [1, 2]), ("note=", [1]),
      ("\"two words\"", [2]), ("note:\"two words\"", [2]), ("\"/^an+a? /\"", [0, 2]), ("name:/^b/", [1]),
      ("!name:/^b/", [0, 2]), ("/l(ow|opez)$/", [1, 2]), ("müller", [0]),
    ])
  func lines(_ line: String, _ expected: [Int]) throws {
    #expect(try matches(line) == expected)
  }

  @Test(
    "times are compared with days and moments of the analyst's zone, however the table holds them",
    arguments: [
      ("due<2026-11-28", [0]), ("due>2026-11-28", [2]), ("due>=2026-11-28", [1, 2]),
      ("due<=2026-11-28", [0, 1]),
      ("due=2026-11-28", [1]), ("due:2026-11-28", [1]), ("!due>2026-11-28", [0, 1]),
      ("due<2026-11-28T18:00", [0]), ("due<=2026-11-28T18:00", [0, 1]), ("due=2026-11-28T17:00Z", [1]),
      ("due=null", [3]), ("!due=null", [0, 1, 2]),
    ])
  func times(_ line: String, _ expected: [Int]) throws {
    let table = Fixtures.table(
      [("due", .timestamp)],
      [
        // An hour east of UTC: 2026-11-27 23:59:59, 2026-11-28 18:00 and 2026-11-29 00:00.
        [.text("2026-11-27 22:59:59+00")], [.integer(1_795_885_200)], [.number(1_795_906_800)], [.null],
      ])
    let shown = ValueText(zone: DisplayZone(name: "CET", initialOffset: 3_600))
    #expect(try matches(line, in: table, shown: shown) == expected)
  }

  @Test(
    "words of the program are found in the analyst's language and as the table holds them",
    arguments: [
      ("nivel", []), ("alto", [0]), ("level=CRÍTICO", [2]), ("level:rít", [2]), ("level=high", [0]),
      ("!level:/^al/", [1, 2]),
    ])
  func words(_ line: String, _ expected: [Int]) throws {
    let shown = ValueText(language: try Fixtures.spanish())
    #expect(try matches(line, shown: shown) == expected)
  }

  @Test("a word of the analyst's language is sent to the server as the table holds it")
  func served() throws {
    let columns = table.columns.map { Column(name: $0.name, kind: $0.kind) }
    let filter = try RowFilter("level=alto", columns: columns, shown: ValueText(language: Fixtures.spanish()))
    #expect(filter.conditions.map(\.value) == [.text("high")])
  }

  @Test(
    "what cannot be read is told in one line",
    arguments: [
      ("color:red", FilterError.Code.unknownColumn), ("e:x", .ambiguousColumn), ("spent>x", .notANumber),
      ("spent>", .notANumber), ("/(/", .badPattern), ("name:/[a/", .badPattern),
    ])
  func errors(_ line: String, _ code: FilterError.Code) throws {
    let error = #expect(throws: FilterError.self) { try matches(line) }
    #expect(error?.code == code)
    #expect(error?.description.contains("\n") == false)
  }
}
