/// How many colours are shown.
public enum ColorDepth: Int, Sendable, Hashable, Comparable, CaseIterable {
  case mono, eight, sixteen, indexed256, truecolor

  public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }
}

/// What the driver may use of a terminal; views read it to choose charts and themes.
public struct TerminalProfile: Sendable, Hashable {
  /// The value of TERM.
  public let name: String
  public var colorDepth: ColorDepth
  /// False: everything is painted in ASCII.
  public let isUnicode: Bool
  /// Understands xterm's private modes and OSC sequences (title, clipboard, paste, mouse).
  public let isXtermLike: Bool
  /// Whether it may be asked for synchronised output; it is used once the terminal said yes.
  let answersModeQueries: Bool
  let wrapsForScreen: Bool

  /// Decides from the environment alone; the colours that terminfo lists are found later.
  /// - Parameter isUnicode: Whether the locale's character set is UTF-8.
  /// - Throws: ``TerminalError`` where TERM is missing or names a terminal without cursor addressing.
  public init(environment: [String: String], isUnicode: Bool) throws(TerminalError) {
    guard let name = environment["TERM"], !name.isEmpty else {
      throw TerminalError(
        .dumbTerminal,
        "TERM is not set, so the terminal's abilities are unknown; set it, for example: export TERM=xterm-256color"
      )
    }
    guard name != "dumb" && name != "unknown" else {
      throw TerminalError(
        .dumbTerminal,
        "the terminal \"\(printableName(name))\" cannot place a cursor; "
          + "set TERM to what you really use, or print a screen with: riskdeck snapshot SCREEN")
    }
    self.name = name
    self.isUnicode = isUnicode
    let families = [
      "xterm", "tmux", "foot", "alacritty", "kitty", "wezterm", "contour", "ghostty", "rio", "mintty",
    ]
    let modern = families.contains { name.hasPrefix($0) }
    let isScreen = name.hasPrefix("screen")
    isXtermLike =
      modern || isScreen
      || ["rxvt", "st", "gnome", "konsole", "vte", "putty"].contains { name.hasPrefix($0) }
    answersModeQueries = modern
    wrapsForScreen = isScreen && environment["TMUX"] == nil
    if let noColor = environment["NO_COLOR"], !noColor.isEmpty {
      colorDepth = .mono
    } else if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "")
      || name.hasSuffix("-direct")
      || ["foot", "alacritty", "xterm-kitty", "wezterm", "xterm-ghostty", "contour"].contains(
        where: name.hasPrefix)
    {
      // The Linux console takes such sequences for something else, and old screen for a blink.
      colorDepth = isXtermLike && !wrapsForScreen ? .truecolor : .indexed256
    } else {
      colorDepth = .indexed256
    }
  }

  /// Lowers the depth to what terminfo says of the number of colours.
  mutating func limit(toColors count: Int) {
    let known: ColorDepth =
      switch count {
      case ..<8: .mono
      case 8..<16: .eight
      case 16..<256: .sixteen
      case 256..<65_536: .indexed256
      default: .truecolor
      }
    colorDepth = min(colorDepth, known)
  }
}

/// The name of a terminal for a message: it is the user's own input, but may hold anything.
private func printableName(_ name: String) -> String {
  String(name.unicodeScalars.prefix(40).filter { $0.value > 0x20 && $0.value < 0x7F }.map(Character.init))
}
