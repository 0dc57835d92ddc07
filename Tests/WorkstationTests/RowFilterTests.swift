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

  private func matches(_ line: String) throws -> [Int] {
    let columns = table.columns.map { Column(name: $0.name, kind: $0.kind) }
    let filter = try RowFilter(line, columns: columns)
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
