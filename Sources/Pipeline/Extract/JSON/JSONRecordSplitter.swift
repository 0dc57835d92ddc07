/// Cuts the records out of a JSON document that arrives in pieces: `{"users": [{...}, {...}], "total": 2}` or a
/// plain array. Holds one record at a time, however long the document is.
///
/// A record is found by its brackets and quotes; its inside is checked by ``JSONReader`` later, so one bad record
/// spoils no other. Everything else in the document is stepped over.
struct JSONRecordSplitter {
  struct Problem: Error, Hashable {
    enum Kind: Hashable {
      case html, notJSON, unexpected, endsTooEarly, tooDeep, recordTooLong, keyTooLong, noArray
    }
    let kind: Kind
    /// Bytes from the start of the document.
    let offset: Int
  }

  private enum State {
    case start, beforeKey, inKey, beforeColon, beforeValue, inSkippedValue, inTotal, afterValue
    case beforeElement, inElement, afterElement, end
  }

  private let key: [UInt8]
  private let maximumRecordBytes: Int
  private var state = State.start
  private var isRootArray = false
  private var isKeyFound = false
  private var name: [UInt8] = []
  private var record: [UInt8] = []
  private var nesting = JSONNesting()
  private var offset = 0
  private var expectsItem = false

  /// The document's own "total", once it was read.
  private(set) var total: Int64?

  /// - Parameter key: the name of the array that holds the records.
  init(key: String, maximumRecordBytes: Int = JSONLimits.recordBytes) {
    self.key = Array(key.utf8)
    self.maximumRecordBytes = maximumRecordBytes
  }

  /// Takes the next piece and hands out the records that it completes.
  mutating func feed(_ bytes: [UInt8], _ onRecord: ([UInt8]) throws -> Void) throws {
    var index = 0
    while index < bytes.count {
      switch state {
      case .inElement, .inSkippedValue:
        index = try continueValue(bytes, from: index, onRecord)
      default:
        try step(bytes[index])
        if state == .inElement || state == .inSkippedValue { continue }
        index += 1
        offset += 1
      }
    }
  }

  /// The document ends here.
  func finish() throws(Problem) {
    switch state {
    case .end where isKeyFound: return
    case .end: throw Problem(kind: .noArray, offset: offset)
    default: throw Problem(kind: .endsTooEarly, offset: offset)
    }
  }

  /// One byte outside of values. A state `inElement` or `inSkippedValue` afterwards means that the byte starts it.
  private mutating func step(_ byte: UInt8) throws(Problem) {
    let isBlank = byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    if isBlank, state != .inKey, state != .inTotal { return }
    switch state {
    case .start: try stepAtStart(byte)
    case .beforeKey: try stepBeforeKey(byte)
    case .inKey:
      guard byte == UInt8(ascii: "\"") else {
        name.append(byte)
        if name.count > JSONLimits.topLevelBytes { throw Problem(kind: .keyTooLong, offset: offset) }
        return
      }
      state = .beforeColon
    case .beforeColon: try expect(byte, UInt8(ascii: ":"), then: .beforeValue)
    case .beforeValue: try stepBeforeValue(byte)
    case .inTotal: try stepInTotal(byte)
    case .afterValue: try stepAfterValue(byte)
    case .beforeElement:
      if byte == UInt8(ascii: "]"), !expectsItem {
        endArray()
      } else {
        try begin(.inElement, with: byte)
      }
    case .afterElement:
      if byte == UInt8(ascii: "]") {
        endArray()
      } else {
        try expect(byte, UInt8(ascii: ","), then: .beforeElement)
        expectsItem = true
      }
    case .end: throw Problem(kind: .unexpected, offset: offset)
    case .inElement, .inSkippedValue: break
    }
  }

  private mutating func stepAtStart(_ byte: UInt8) throws(Problem) {
    switch byte {
    case UInt8(ascii: "{"): state = .beforeKey
    case UInt8(ascii: "["):
      isRootArray = true
      isKeyFound = true
      state = .beforeElement
    case UInt8(ascii: "<"): throw Problem(kind: .html, offset: offset)
    case 0xef where offset == 0, 0xbb where offset == 1, 0xbf where offset == 2: break
    default: throw Problem(kind: .notJSON, offset: offset)
    }
  }

  private mutating func stepBeforeKey(_ byte: UInt8) throws(Problem) {
    if byte == UInt8(ascii: "}"), !expectsItem {
      state = .end
      return
    }
    try expect(byte, UInt8(ascii: "\""), then: .inKey)
    name.removeAll(keepingCapacity: true)
  }

  private mutating func stepBeforeValue(_ byte: UInt8) throws(Problem) {
    if name == key, byte == UInt8(ascii: "["), !isKeyFound {
      isKeyFound = true
      expectsItem = false
      state = .beforeElement
    } else if name == Array("total".utf8), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      record = [byte]
      state = .inTotal
    } else {
      try begin(.inSkippedValue, with: byte)
    }
  }

  private mutating func stepInTotal(_ byte: UInt8) throws(Problem) {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
      UInt8(ascii: "+"), UInt8(ascii: "-"):
      record.append(byte)
      if record.count > JSONLimits.topLevelBytes { throw Problem(kind: .keyTooLong, offset: offset) }
    default:
      total = Int64(String(decoding: record, as: UTF8.self))
      state = .afterValue
      if byte != 0x20, byte != 0x0a, byte != 0x0d, byte != 0x09 { try stepAfterValue(byte) }
    }
  }

  private mutating func stepAfterValue(_ byte: UInt8) throws(Problem) {
    if byte == UInt8(ascii: "}") {
      state = .end
    } else {
      try expect(byte, UInt8(ascii: ","), then: .beforeKey)
      expectsItem = true
    }
  }

  private mutating func endArray() {
    expectsItem = false
    state = isRootArray ? .end : .afterValue
  }

  private mutating func begin(_ value: State, with byte: UInt8) throws(Problem) {
    guard JSONNesting.canStartValue(byte) else { throw Problem(kind: .unexpected, offset: offset) }
    nesting = JSONNesting()
    record.removeAll(keepingCapacity: true)
    state = value
  }

  private mutating func expect(_ byte: UInt8, _ expected: UInt8, then next: State) throws(Problem) {
    guard byte == expected else { throw Problem(kind: .unexpected, offset: offset) }
    state = next
  }

  /// Steps over the rest of a value, or as much of it as the piece holds; returns where to go on.
  private mutating func continueValue(
    _ bytes: [UInt8], from start: Int, _ onRecord: ([UInt8]) throws -> Void
  ) throws -> Int {
    var index = start
    var isComplete = false
    while index < bytes.count {
      switch nesting.step(bytes[index]) {
      case .inside: index += 1
      case .last:
        index += 1
        isComplete = true
      case .after: isComplete = true
      case .tooDeep: throw Problem(kind: .tooDeep, offset: offset + index - start)
      }
      if isComplete { break }
    }
    let isRecord = state == .inElement
    if isRecord {
      if record.count + index - start > maximumRecordBytes {
        throw Problem(kind: .recordTooLong, offset: offset)
      }
      record.append(contentsOf: bytes[start..<index])
    }
    offset += index - start
    if isComplete {
      state = isRecord ? .afterElement : .afterValue
      if isRecord { try onRecord(record) }
    }
    return index
  }
}

/// Follows one JSON value by its brackets and quotes alone.
struct JSONNesting {
  enum Step { case inside, last, after, tooDeep }

  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isScalar = false

  static func canStartValue(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// What the byte is to the value: inside of it, its last one, or the first one behind it.
  mutating func step(_ byte: UInt8) -> Step {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
        return depth == 0 ? .last : .inside
      }
      return .inside
    }
    switch byte {
    case UInt8(ascii: "\"") where !isScalar:
      isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth += 1
      if depth > JSONLimits.depth { return .tooDeep }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      if depth == 0 { return .after }
      depth -= 1
      return depth == 0 ? .last : .inside
    case UInt8(ascii: ","), 0x20, 0x0a, 0x0d, 0x09:
      if depth == 0 { return .after }
    default:
      if depth == 0 { isScalar = true }
    }
    return .inside
  }
}
