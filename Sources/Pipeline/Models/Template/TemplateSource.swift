/// The text of a template with what is needed to say where in it something stands.
struct TemplateSource: Sendable {
  let file: String
  let bytes: [UInt8]

  init(file: String, text: String) {
    self.file = file
    // Jinja reads every line break as one newline; lines and columns stay the same.
    let utf8 = Array(text.utf8)
    self.bytes = utf8.contains(13) ? Self.withoutCarriageReturns(utf8) : utf8
  }

  /// The line and column of a byte offset; a column counts characters, not bytes.
  func position(_ offset: Int) -> FilePosition {
    let end = min(max(offset, 0), bytes.count)
    var line = 1
    var lineStart = 0
    for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    let column = String(decoding: bytes[lineStart..<end], as: UTF8.self).count + 1
    return FilePosition(file: file, line: line, column: column)
  }

  func error(_ code: ModelError.Code, _ message: String, at offset: Int) -> ModelError {
    ModelError(code, message, at: position(offset))
  }

  private static func withoutCarriageReturns(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte != 13 {
        result.append(byte)
      } else if index + 1 == bytes.count || bytes[index + 1] != 10 {
        result.append(10)
      }
    }
    return result
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }
}
