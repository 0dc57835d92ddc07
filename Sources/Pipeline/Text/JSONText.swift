/// A text as a JSON string; control characters are escaped, so that it does no harm on a terminal.
public func jsonText(_ text: String) -> String { JSONText.quoted(text) }

/// A JSON document as a value that keeps the order of its members.
public indirect enum JSONText: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONText])
  case object([(String, JSONText)])

  public init(_ text: String?) {
    self = text.map { .string($0) } ?? .null
  }

  /// The document on one line.
  public var text: String {
    var output = ""
    write(to: &output)
    return output
  }

  func write(to output: inout String) {
    switch self {
    case .null: output += "null"
    case .boolean(let flag): output += flag ? "true" : "false"
    case .integer(let number): output += String(number)
    case .number(let number): output += number.isFinite ? "\(number)" : "null"
    case .string(let text): Self.write(text, to: &output)
    case .array(let items):
      output += "["
      for (index, item) in items.enumerated() {
        if index > 0 { output += ", " }
        item.write(to: &output)
      }
      output += "]"
    case .object(let members):
      output += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { output += ", " }
        Self.write(member.0, to: &output)
        output += ": "
        member.1.write(to: &output)
      }
      output += "}"
    }
  }

  /// A text as a JSON string. Characters that steer a terminal are escaped, so that a document can be shown as it is.
  public static func quoted(_ text: String) -> String {
    var output = ""
    write(text, to: &output)
    return output
  }

  private static func write(_ text: String, to output: inout String) {
    output += "\""
    if text.utf8.allSatisfy(isPlain) {
      output += text
    } else {
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": output += "\\\""
        case "\\": output += "\\\\"
        case "\n": output += "\\n"
        case "\r": output += "\\r"
        case "\t": output += "\\t"
        case _ where scalar.value < 32 || (0x7f...0x9f).contains(scalar.value):
          let digits = String(scalar.value, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: output.unicodeScalars.append(scalar)
        }
      }
    }
    output += "\""
  }

  /// True for bytes that never need an escape; the control characters from U+0080 on begin with 0xC2.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f && byte != 0xC2
  }
}
