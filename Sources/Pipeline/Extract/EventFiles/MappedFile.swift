/// A CSV file with a header, whose columns are found by what the mapping says of them.
struct MappedFile<Field: RawRepresentable & CaseIterable & Hashable> where Field.RawValue == String {
  let path: String
  private var reader: CSVReader
  private let columns: [Field: Int]
  private let width: Int

  /// - Parameter places: where the mapping names each column, for the error.
  /// - Throws: `ExtractError` where the file cannot be read, has no header, or lacks a mapped column.
  init(_ path: String, columns names: [Field: String], places: [Field: String] = [:]) throws {
    self.path = path
    reader = try CSVReader(path)
    guard let header = try reader.next(), header.problem == nil else {
      throw ExtractError(
        .file, place: path, problem: "there is no header",
        advice: "begin the file with a line of column names")
    }
    let titles = (0..<header.count).map { String(decoding: header[$0], as: UTF8.self) }
    width = titles.count
    var columns: [Field: Int] = [:]
    for field in Field.allCases {
      guard let name = names[field] else { continue }
      guard let column = titles.firstIndex(of: name) else {
        throw ExtractError(
          .file, place: places[field] ?? "\(path):1",
          problem: "there is no column '\(name)' for \(field.rawValue) in \(path)",
          advice: "the columns are \(titles.joined(separator: ", "))")
      }
      columns[field] = column
    }
    self.columns = columns
  }

  /// A usable row, or why it is none.
  enum Row {
    case values(Values)
    case broken(line: Int, reason: String)
  }

  /// One row by field.
  struct Values {
    fileprivate let record: CSVReader.Record
    fileprivate let columns: [Field: Int]

    var line: Int { record.line }

    /// The bytes without blanks around; nil where they are none or the field is not mapped.
    func bytes(_ field: Field) -> ArraySlice<UInt8>? {
      guard let column = columns[field] else { return nil }
      var bytes = record[column]
      while bytes.first == 32 { bytes = bytes.dropFirst() }
      while bytes.last == 32 { bytes = bytes.dropLast() }
      return bytes.isEmpty ? nil : bytes
    }

    func text(_ field: Field) -> String? { bytes(field).map { String(decoding: $0, as: UTF8.self) } }
    func integer(_ field: Field) -> Int64? { bytes(field).flatMap { DecimalBytes.integer($0) } }

    /// A number; nil where there is none.
    /// - Throws: ``BadValue`` where there is something else.
    func number(_ field: Field) throws(BadValue) -> Double? {
      guard let bytes = bytes(field) else { return nil }
      guard let number = DecimalBytes.double(bytes) else { throw BadValue("\(field.rawValue) is no number") }
      return number
    }

    /// A pair of degrees; nil where one is missing.
    func coordinates(_ latitude: Field, _ longitude: Field) throws(BadValue) -> Coordinates? {
      guard let north = try number(latitude), let east = try number(longitude) else { return nil }
      guard let place = Coordinates(latitude: north, longitude: east) else {
        throw BadValue("\(latitude.rawValue) and \(longitude.rawValue) are no place on earth")
      }
      return place
    }
  }

  mutating func next() throws -> Row? {
    guard let record = try reader.next() else { return nil }
    if let problem = record.problem { return .broken(line: record.line, reason: problem) }
    guard record.count == width else {
      return .broken(line: record.line, reason: "\(record.count) fields, the header has \(width)")
    }
    return .values(Values(record: record, columns: columns))
  }
}

/// Why a row is rejected; names the field, never the value.
struct BadValue: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
