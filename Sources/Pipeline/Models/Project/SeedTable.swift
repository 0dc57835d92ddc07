import Postgres

/// A seed's rows with the types its texts have.
struct SeedTable: Sendable {
  let columns: [(name: String, type: String)]
  /// nil is SQL NULL.
  let rows: [[String?]]

  /// Reads the seed's CSV file.
  /// - Throws: ``ModelError`` with the line of what is wrong.
  static func read(_ seed: Seed, of project: Project) throws -> SeedTable {
    let text = try ProjectFiles(directory: project.directory).text(seed.file)
    let delimiter = seed.configuration["delimiter"]?.string ?? ","
    guard let byte = delimiter.utf8.first, delimiter.utf8.count == 1 else {
      throw ModelError(
        .project, "`delimiter` must be one character", at: FilePosition(file: seed.file, line: 1, column: 1))
    }
    let lines = try CSVText(file: seed.file, text: text, delimiter: byte).lines()
    guard let header = lines.first else {
      throw ModelError(
        .project, "the seed has no header line", at: FilePosition(file: seed.file, line: 1, column: 1))
    }
    for (index, line) in lines.enumerated() where line.fields.count != header.fields.count {
      throw ModelError(
        .project, "row \(index + 1) has \(line.fields.count) fields, the header \(header.fields.count)",
        at: FilePosition(file: seed.file, line: line.number, column: 1))
    }
    let rows = lines.dropFirst().map { line in
      line.fields.map { field in
        let trimmed = TemplateFilters.trimmed(field)
        return trimmed.isEmpty || trimmed.lowercased() == "null" ? nil : field
      }
    }
    let given = seed.configuration["column_types"]
    let columns = header.fields.enumerated().map { index, name in
      (name: name, type: given?[name]?.string ?? SeedType.inferred(rows.lazy.map { $0[index] }))
    }
    return SeedTable(columns: columns, rows: Array(rows))
  }

  /// Makes the table and copies the rows into it.
  /// - Returns: the number of rows.
  func load(into relation: Relation, _ connection: Connection) async throws -> Int64 {
    let list = try columns.map { "\(try quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ")
    // SQL-safe: a quoted relation, quoted columns and the types the project gives.
    try await connection.execute("create table \(relation) (\(list))")
    // SQL-safe: a quoted relation.
    try await connection.beginCopyIn("copy \(relation) from stdin")
    var buffer: [UInt8] = []
    for row in rows {
      for (index, field) in row.enumerated() {
        if index > 0 { buffer.append(UInt8(ascii: "\t")) }
        Self.append(field, to: &buffer)
      }
      buffer.append(UInt8(ascii: "\n"))
      if buffer.count > 65_536 {
        try await connection.copyWrite(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    if !buffer.isEmpty { try await connection.copyWrite(buffer) }
    return try await connection.copyFinish()
  }

  private static func append(_ field: String?, to buffer: inout [UInt8]) {
    guard let field else {
      buffer += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
      return
    }
    for byte in field.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): buffer += [byte, byte]
      case 9: buffer += Array("\\t".utf8)
      case 10: buffer += Array("\\n".utf8)
      case 13: buffer += Array("\\r".utf8)
      default: buffer.append(byte)
      }
    }
  }
}

/// The type of a seed's column, by the rules dbt has them: the narrowest that fits every value.
enum SeedType {
  static func inferred(_ values: some Sequence<String?>) -> String {
    var types = ["integer", "float8", "boolean", "date", "timestamp without time zone", "text"]
    var isEmpty = true
    for case .some(let raw) in values {
      isEmpty = false
      let value = TemplateFilters.trimmed(raw)
      types.removeAll { !fits(value, $0) }
    }
    // A column without a value is a column of integers in dbt.
    return isEmpty ? "integer" : types[0]
  }

  private static func fits(_ value: String, _ type: String) -> Bool {
    switch type {
    case "integer": return Int32(value) != nil && !value.hasPrefix("+")
    case "float8":
      let isPlain = value.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || "+-.eE".utf8.contains($0) }
      return isPlain && Double(value) != nil
    case "boolean": return ["true", "false"].contains(value.lowercased())
    case "date": return isDate(value[...])
    case "timestamp without time zone":
      guard let separator = value.firstIndex(where: { $0 == " " || $0 == "T" }) else {
        return isDate(value[...])
      }
      return isDate(value[..<separator]) && isTime(value[value.index(after: separator)...])
    default: return true
    }
  }

  private static func isDate(_ text: Substring) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2 else {
      return false
    }
    guard let month = Int(parts[1]), let day = Int(parts[2]), Int(parts[0]) != nil else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }

  private static func isTime(_ text: Substring) -> Bool {
    let clock = text.split(separator: ".", maxSplits: 1)[0]
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { $0.count == 2 && Int($0) != nil }
  }
}

/// Cuts CSV text into fields (RFC 4180).
struct CSVText {
  let file: String
  let text: String
  let delimiter: UInt8

  struct Line {
    let number: Int
    let fields: [String]
  }

  func lines() throws(ModelError) -> [Line] {
    let bytes = Array(text.utf8)
    var lines: [Line] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    var number = 1
    var start = 1
    var index = 0
    func close() {
      fields.append(String(decoding: field, as: UTF8.self))
      field = []
      wasQuoted = false
    }
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 10 { number += 1 }
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          field.append(byte)
        } else if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
          field.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), field.isEmpty, !wasQuoted {
        (isQuoted, wasQuoted) = (true, true)
      } else if byte == delimiter {
        close()
      } else if byte == 10 {
        if field.last == 13 { field.removeLast() }
        // An empty line holds no row.
        if !fields.isEmpty || !field.isEmpty || wasQuoted {
          close()
          lines.append(Line(number: start, fields: fields))
        }
        fields = []
        start = number
      } else {
        field.append(byte)
      }
    }
    guard !isQuoted else {
      throw ModelError(
        .project, "a quoted field is not closed", at: FilePosition(file: file, line: start, column: 1))
    }
    if !fields.isEmpty || !field.isEmpty || wasQuoted {
      close()
      lines.append(Line(number: start, fields: fields))
    }
    return lines
  }
}
