/// Characters that are not seen and act all the same: on a terminal, on the direction of text, or on what an eye compares.
public enum HiddenText {
  /// True for C0 and C1 controls, bidirectional marks, zero-width and other format characters, and line and paragraph
  /// separators.
  public static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f: return true
    case 0x20..<0x7f: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}
