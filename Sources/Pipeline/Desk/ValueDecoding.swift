import Postgres

extension ValueTable {
  /// A query's answer with each column read by its type.
  init(_ result: QueryResult) {
    let columns = result.columns
    let kinds = columns.map { ValueColumn.Kind(typeOID: $0.typeOID) }
    let isInteger = columns.map { ValueColumn.Kind.integerTypes.contains($0.typeOID) }
    self.init(
      columns: zip(columns, kinds).map { ValueColumn(name: $0.name, kind: $1) },
      rows: result.rows.map { row in
        kinds.indices.map { Value(row[$0], kind: kinds[$0], isInteger: isInteger[$0]) }
      })
  }
}

extension ValueColumn.Kind {
  /// int8, int2, int4, oid
  fileprivate static let integerTypes: Set<UInt32> = [20, 21, 23, 26]

  /// - Parameter typeOID: pg_type.oid; these numbers of the built-in types never change.
  fileprivate init(typeOID: UInt32) {
    self =
      switch typeOID {
      case 16: .boolean
      // the integers, float4, float8, numeric
      case 20, 21, 23, 26, 700, 701, 1_700: .number
      // date, timestamp, timestamptz
      case 1_082, 1_114, 1_184: .timestamp
      default: .text
      }
  }
}

extension Value {
  /// - Parameter text: the server's text form; nil is SQL NULL.
  fileprivate init(_ text: String?, kind: ValueColumn.Kind, isInteger: Bool) {
    guard let text else {
      self = .null
      return
    }
    switch kind {
    case .boolean: self = .boolean(text == "t")
    case .number:
      if isInteger, let number = Int64(text) {
        self = .integer(number)
      } else {
        self = Double(text).map { .number($0) } ?? .text(text)
      }
    case .text, .timestamp: self = .text(text)
    }
  }

  /// The value as it travels beside a statement.
  var bind: Bind {
    switch self {
    case .null: .null
    case .text(let value): .text(value)
    case .integer(let value): .integer(value)
    case .number(let value): .double(value)
    case .boolean(let value): .boolean(value)
    }
  }
}
