/// Reads the records of a CSV file (RFC 4180) one after the other, in constant memory: fields in double quotes may hold
/// commas, line breaks and doubled quotes; lines end in LF or CRLF; empty lines are skipped.
struct CSVReader {
  /// One record; bytes of all fields end to end.
  struct Record {
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate var ends: [Int] = []
    /// Where it begins, from 1.
    fileprivate(set) var line = 0
    /// Why it cannot be used; nil: it can.
    fileprivate(set) var problem: String?

    var count: Int { ends.count }

    subscript(field: Int) -> ArraySlice<UInt8> {
      bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]]
    }
  }

  /// A record longer than this is none: a quote was not closed.
  private static let longestRecord = 1 << 20

  private let path: String
  private let file: ByteFile
  private var buffer: [UInt8] = []
  private var place = 0
  private var line = 1
  /// Where the last quote opened.
  private var quoteLine = 1
  private var record = Record()

  /// - Throws: `ExtractError` where the file cannot be read.
  init(_ path: String) throws {
    self.path = path
    file = try ByteFile(path)
    if let first = try file.next() {
      buffer = first
      if buffer.starts(with: [0xef, 0xbb, 0xbf]) { place = 3 }
    }
  }

  private mutating func nextByte() throws -> UInt8? {
    if place == buffer.count {
      guard let more = try file.next() else { return nil }
      buffer = more
      place = 0
    }
    place += 1
    return buffer[place - 1]
  }

  private enum State {
    case fieldStart, plain, quoted, quoteInQuoted
  }

  /// The next record, broken ones included; nil at the end.
  /// - Throws: `ExtractError` for a quote that is not closed: it would swallow the rest of the file.
  mutating func next() throws -> Record? {
    record.bytes.removeAll(keepingCapacity: true)
    record.ends.removeAll(keepingCapacity: true)
    record.problem = nil
    record.line = line
    var state = State.fieldStart
    while let byte = try nextByte() {
      switch (state, byte) {
      case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
      case (.quoted, _):
        if byte == UInt8(ascii: "\n") { line += 1 }
        record.bytes.append(byte)
      case (.quoteInQuoted, UInt8(ascii: "\"")):
        record.bytes.append(byte)
        state = .quoted
      case (_, UInt8(ascii: ",")):
        record.ends.append(record.bytes.count)
        state = .fieldStart
      case (_, UInt8(ascii: "\n")):
        line += 1
        if state == .plain, record.bytes.last == UInt8(ascii: "\r") { record.bytes.removeLast() }
        let isEmpty = record.ends.isEmpty && record.bytes.isEmpty && state != .quoteInQuoted
        if isEmpty {
          record.line = line
          state = .fieldStart
          continue
        }
        record.ends.append(record.bytes.count)
        return record
      case (.fieldStart, UInt8(ascii: "\"")):
        state = .quoted
        quoteLine = line
      case (.quoteInQuoted, UInt8(ascii: "\r")): break
      case (.quoteInQuoted, _):
        record.problem = record.problem ?? "a quoted field goes on after its closing quote"
        state = .plain
      case (.plain, UInt8(ascii: "\"")):
        record.problem = record.problem ?? "a quote inside a field that is not quoted"
      default:
        record.bytes.append(byte)
        state = .plain
      }
      if record.bytes.count > Self.longestRecord {
        if state == .quoted { throw openQuote("within \(Self.longestRecord) bytes") }
        return try skipped()
      }
    }
    if state == .quoted { throw openQuote("before the end of the file") }
    if record.ends.isEmpty, record.bytes.isEmpty, state != .quoteInQuoted {
      return nil
    }
    record.ends.append(record.bytes.count)
    return record
  }

  private func openQuote(_ bound: String) -> ExtractError {
    ExtractError(
      .file, place: "\(path):\(quoteLine)",
      problem: "the quote that opens a field here is not closed \(bound)",
      advice: "close it, or double a quote that belongs to the value; nothing was read")
  }

  /// Gives a far too long record up at the next line break.
  private mutating func skipped() throws -> Record {
    while let byte = try nextByte(), byte != UInt8(ascii: "\n") {}
    line += 1
    record.bytes.removeAll(keepingCapacity: true)
    record.ends = [0]
    record.problem = "longer than \(Self.longestRecord) bytes"
    return record
  }
}
