import Postgres

extension ValueTable {
  /// A query's answer with each column read by its type; dates and times become seconds since 1970, UTC.
  init(_ result: QueryResult) {
    self.init(result, keepsTimeText: false)
  }

  /// - Parameter keepsTimeText: leave dates and times as the server writes them.
  init(_ result: QueryResult, keepsTimeText: Bool) {
    let columns = result.columns
    let kinds = columns.map { ValueColumn.Kind(typeOID: $0.typeOID) }
    let isInteger = columns.map { ValueColumn.Kind.integerTypes.contains($0.typeOID) }
    self.init(
      columns: zip(columns, kinds).map { ValueColumn(name: $0.name, kind: $1) },
      rows: result.rows.map { row in
        kinds.indices.map { column in
          Value(row[column], kind: kinds[column], isInteger: isInteger[column], keepsTimeText: keepsTimeText)
        }
      })
  }
}

extension ValueColumn.Kind {
  /// int8, int2, int4, oid
  fileprivate static let integerTypes: Set<UInt32> = [20, 21, 23, 26]

  /// - Parameter typeOID: pg_type.oid; these numbers of the built-in types never change.
  init(typeOID: UInt32) {
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
  fileprivate init(_ text: String?, kind: ValueColumn.Kind, isInteger: Bool, keepsTimeText: Bool) {
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
    case .timestamp where !keepsTimeText:
      self = ServerTime.seconds(text).map { .number($0) } ?? .text(text)
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

/// PostgreSQL's ISO text of a date or time.
enum ServerTime {
  /// Seconds since 1970, UTC; nil for anything but `YYYY-MM-DD[ HH:MM:SS[.ffffff][+HH[:MM]]]`, such as `infinity`.
  static func seconds(_ text: String) -> Double? {
    let halves = text.split(separator: " ", maxSplits: 1)
    guard let date = halves.first?.split(separator: "-"), date.count == 3, let year = Int(date[0]),
      let month = Int(date[1]), let day = Int(date[2]), (1...12).contains(month)
    else { return nil }
    let days = Double(daysSince1970(year, month, day))
    guard halves.count == 2 else { return days * 86_400 }
    let clock = halves[1].prefix { $0 != "+" && $0 != "-" }
    let parts = clock.split(separator: ":").map { Double($0) }
    guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2] else {
      return nil
    }
    var offset = 0.0
    let zone = halves[1].dropFirst(clock.count)
    if let sign = zone.first {
      let parts = zone.dropFirst().split(separator: ":").map { Double($0) ?? 0 }
      offset = (parts.first ?? 0) * 3_600 + (parts.count > 1 ? parts[1] * 60 : 0)
      if sign == "-" { offset = -offset }
    }
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds - offset
  }

  /// Days from civil date, proleptic Gregorian (Howard Hinnant's algorithm).
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
