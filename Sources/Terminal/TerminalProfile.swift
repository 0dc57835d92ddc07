import Workstation

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
          + "set TERM to what you really use, or work by the line with: riskdeck --accessible, "
          + "or print a screen with: riskdeck snapshot SCREEN")
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
    var depth = ColorDepth(terminfoColors: 256, environment: environment)
    let families24 = ["foot", "alacritty", "xterm-kitty", "wezterm", "xterm-ghostty", "contour"]
    if depth > .mono, name.hasSuffix("-direct") || families24.contains(where: name.hasPrefix) {
      depth = .truecolor
    }
    // The Linux console takes such sequences for something else, and GNU screen for a blink.
    if depth == .truecolor, !isXtermLike || wrapsForScreen { depth = .indexed }
    colorDepth = depth
  }

  /// Lowers the depth to what terminfo says of the number of colours.
  mutating func limit(toColors count: Int) {
    colorDepth = min(colorDepth, ColorDepth(terminfoColors: count, environment: [:]))
  }
}

/// The name of a terminal for a message: it is the user's own input, but may hold anything.
private func printableName(_ name: String) -> String {
  String(name.unicodeScalars.prefix(40).filter { $0.value > 0x20 && $0.value < 0x7F }.map(Character.init))
}
