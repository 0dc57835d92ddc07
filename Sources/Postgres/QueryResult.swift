import CLibpq

/// A column of a result as the server describes it.
public struct ResultColumn: Sendable, Hashable {
  public let name: String
  /// pg_type.oid of the column's type.
  public let typeOID: UInt32
}

/// The whole answer to a statement, held by libpq's own memory and read in place.
public struct QueryResult: Sendable {
  private let storage: ResultStorage

  init(_ result: OpaquePointer) {
    storage = ResultStorage(result)
  }

  public var columns: [ResultColumn] {
    (0..<PQnfields(storage.result)).map { index in
      ResultColumn(
        name: String(cString: PQfname(storage.result, index)), typeOID: PQftype(storage.result, index))
    }
  }

  public var columnCount: Int { Int(PQnfields(storage.result)) }
  public var rowCount: Int { Int(PQntuples(storage.result)) }

  /// Rows inserted, updated, deleted or copied; 0 for other statements.
  public var affectedRows: Int64 {
    Int64(String(cString: PQcmdTuples(storage.result))) ?? 0
  }

  public var rows: some RandomAccessCollection<Row> {
    (0..<rowCount).lazy.map { Row(storage: storage, index: Int32($0)) }
  }

  /// The first row, or nil where there is none.
  public var first: Row? { rowCount > 0 ? Row(storage: storage, index: 0) : nil }

  /// The index of a column by name, or nil.
  public func columnIndex(_ name: String) -> Int? {
    let index = PQfnumber(storage.result, name)
    return index < 0 ? nil : Int(index)
  }
}

/// One row of a ``QueryResult``; values are read when asked for.
public struct Row: Sendable {
  fileprivate let storage: ResultStorage
  fileprivate let index: Int32

  /// The value's text form; nil is SQL NULL.
  public subscript(_ column: Int) -> String? {
    guard PQgetisnull(storage.result, index, Int32(column)) == 0,
      let text = PQgetvalue(storage.result, index, Int32(column))
    else { return nil }
    return String(cString: text)
  }

  /// The value of the column of that name; nil is SQL NULL or no such column.
  public subscript(_ name: String) -> String? {
    let column = PQfnumber(storage.result, name)
    return column < 0 ? nil : self[Int(column)]
  }

  /// The value as an integer; nil is SQL NULL or no integer.
  public func integer(_ column: Int) -> Int64? { self[column].flatMap { Int64($0) } }
  /// The value as an integer; nil is SQL NULL or no integer.
  public func integer(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
  /// The value as a double; nil is SQL NULL or no number.
  public func double(_ column: Int) -> Double? { self[column].flatMap { Double($0) } }
  /// The value as a double; nil is SQL NULL or no number.
  public func double(_ name: String) -> Double? { self[name].flatMap { Double($0) } }
  /// The value as a boolean; nil is SQL NULL.
  public func boolean(_ column: Int) -> Bool? { self[column].map { $0 == "t" } }
  /// The value as a boolean; nil is SQL NULL.
  public func boolean(_ name: String) -> Bool? { self[name].map { $0 == "t" } }
}

/// Owns a libpq result and frees it.
///
/// Unchecked: libpq documents a PGresult as read-only and safe to share between threads once it is complete,
/// and nothing here writes to it before `deinit`.
private final class ResultStorage: @unchecked Sendable {
  let result: OpaquePointer

  init(_ result: OpaquePointer) {
    self.result = result
  }

  deinit {
    PQclear(result)
  }
}
