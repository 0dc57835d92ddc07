/// One value as a screen, an export or a snapshot shows it. NULL is not the empty string.
public enum Value: Sendable, Hashable {
  case null
  case text(String)
  case integer(Int64)
  /// Floating point and numeric columns alike; money is summed in SQL, so a Double is for display alone.
  case number(Double)
  case boolean(Bool)

  /// The number behind the value, for charts and right alignment; nil for text, booleans and NULL.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .null, .text, .boolean: nil
    }
  }
}

/// A column of a ``ValueTable``: its name as the query returns it.
public struct ValueColumn: Sendable, Hashable {
  /// What the values are; decides alignment and default format.
  public enum Kind: String, Sendable, Hashable {
    case text, number, boolean, timestamp
  }

  public let name: String
  public let kind: Kind

  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// The result of a query: columns and rows of equal width.
public struct ValueTable: Sendable, Hashable {
  public let columns: [ValueColumn]
  public let rows: [[Value]]

  public init(columns: [ValueColumn], rows: [[Value]]) {
    self.columns = columns
    self.rows = rows
  }

  /// The index of the column of that name, or nil.
  public func columnIndex(_ name: String) -> Int? {
    columns.firstIndex { $0.name == name }
  }
}
