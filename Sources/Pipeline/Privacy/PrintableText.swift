/// Makes text from outside harmless for terminals, files and people before it is stored or shown.
public enum PrintableText {
  /// How many Unicode scalars of one value are kept.
  public static let maximumScalars = 1_000

  /// The text without what moves cursors, hides or reorders: C0 and C1 controls, bidirectional controls, zero-width
  /// and other invisible formatting, line and paragraph separators, noncharacters and private use. Runs of blanks and
  /// controls between words become one space, the ends are trimmed, and over-long text is cut.
  public static func clean(_ text: String) -> String {
    if isPlain(text) { return text }
    var cleaned = String.UnicodeScalarView()
    var isSpacePending = false
    var count = 0
    for scalar in text.unicodeScalars {
      if isBlank(scalar) {
        isSpacePending = !cleaned.isEmpty
      } else if isVisible(scalar) {
        if isSpacePending {
          cleaned.append(" ")
          count += 1
          isSpacePending = false
        }
        guard count < maximumScalars else { break }
        cleaned.append(scalar)
        count += 1
      }
    }
    return String(cleaned)
  }

  /// True for short printable ASCII without blanks at the ends or side by side, which is almost everything.
  private static func isPlain(_ text: String) -> Bool {
    var previous = UInt8(ascii: " ")
    var count = 0
    for byte in text.utf8 {
      if byte < 0x20 || byte > 0x7e || (byte == 0x20 && previous == 0x20) { return false }
      previous = byte
      count += 1
    }
    return count == 0 || (previous != 0x20 && count <= maximumScalars)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: !scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}
