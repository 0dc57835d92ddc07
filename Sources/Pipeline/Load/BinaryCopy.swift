/// Rows in PostgreSQL's binary COPY format, collected until they are worth sending.
struct BinaryCopy {
  /// What starts a stream; every later piece holds rows alone.
  private static let header: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xff] + Array("\r\n".utf8) + [0] + [UInt8](repeating: 0, count: 8)
  private static let trailer: [UInt8] = [0xff, 0xff]

  /// Large enough that a hand-over to the connection's thread costs nothing beside it.
  private static let sendAt = 256 << 10

  private var bytes: [UInt8]
  /// Over everything taken so far, for telling whether two loads are the same.
  private(set) var digest = SHA256Hash()

  init() {
    bytes = BinaryCopy.header
    bytes.reserveCapacity(BinaryCopy.sendAt + 4_096)
  }

  var isWorthSending: Bool { bytes.count >= BinaryCopy.sendAt }

  /// Gives away what was collected.
  mutating func take() -> [UInt8] {
    let piece = bytes
    digest.update(piece)
    bytes = []
    bytes.reserveCapacity(BinaryCopy.sendAt + 4_096)
    return piece
  }

  /// Gives away what is left, with the stream's end.
  mutating func takeLast() -> [UInt8] {
    bytes += BinaryCopy.trailer
    return take()
  }

  // MARK: - One row: its number of columns, then each column in order.

  mutating func beginRow(columns: Int16) {
    appendInteger(columns)
  }

  mutating func append(_ value: Int64?) {
    guard let value else { return appendNull() }
    appendInteger(Int32(8))
    appendInteger(value)
  }

  mutating func append(_ value: Int32?) {
    guard let value else { return appendNull() }
    appendInteger(Int32(4))
    appendInteger(value)
  }

  mutating func append(_ value: Bool) {
    appendInteger(Int32(1))
    bytes.append(value ? 1 : 0)
  }

  mutating func append(_ value: Double?) {
    guard let value else { return appendNull() }
    appendInteger(Int32(8))
    appendInteger(value.bitPattern)
  }

  /// Text must be free of NUL, which PostgreSQL cannot store; `PrintableText.clean` sees to it.
  mutating func append(_ value: String?) {
    guard var value else { return appendNull() }
    value.withUTF8 { utf8 in
      appendInteger(Int32(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  /// A `timestamptz`; PostgreSQL counts microseconds from 2000-01-01.
  mutating func append(timestamp microsecondsSince1970: Int64?) {
    append(microsecondsSince1970.map { $0 - 946_684_800_000_000 })
  }

  /// A `numeric`: digits to the base of 10,000, the weight of the first one, sign and number of decimal places.
  mutating func append(_ value: Hundredths?) {
    guard let value else { return appendNull() }
    let magnitude = value.units.magnitude
    var rest = magnitude / 100
    let fraction = Int16(magnitude % 100) * 100
    var digits: (Int16, Int16, Int16, Int16) = (0, 0, 0, 0)
    var count = 0
    while rest > 0 {
      digits = (Int16(rest % 10_000), digits.0, digits.1, digits.2)
      rest /= 10_000
      count += 1
    }
    let weight = count - 1
    let fractionDigits = fraction > 0 ? 1 : 0
    appendInteger(Int32(8 + 2 * (count + fractionDigits)))
    appendInteger(Int16(count + fractionDigits))
    appendInteger(Int16(magnitude == 0 ? 0 : weight))
    appendInteger(UInt16(value.units < 0 ? 0x4000 : 0))
    appendInteger(Int16(2))
    if count > 0 { appendInteger(digits.0) }
    if count > 1 { appendInteger(digits.1) }
    if count > 2 { appendInteger(digits.2) }
    if count > 3 { appendInteger(digits.3) }
    if fractionDigits > 0 { appendInteger(fraction) }
  }

  private mutating func appendNull() {
    appendInteger(Int32(-1))
  }

  private mutating func appendInteger(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
