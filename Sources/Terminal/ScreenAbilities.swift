import CNcurses
import Workstation

/// What a terminal does with ECMA-48's control sequences, as its terminfo description tells.
struct ScreenAbilities: Sendable {
  /// The colours it shows; 0 where it has none.
  var colorCount = 256
  /// Attributes it shows at all, and those it shows beside colours.
  var attributes: Style.Attributes = [.bold, .dim, .italic, .underline, .reverse]
  var colorableAttributes: Style.Attributes = [.bold, .dim, .italic, .underline, .reverse]
  /// Knows SGR 22 to 27, which end one attribute and leave the others.
  var endsAttributes = true
  /// Erased cells get the background in force, not the terminal's own (bce).
  var erasesInColor = true
  /// ECH: erases a number of cells and leaves the cursor.
  var erasesCharacters = true
  /// REP: repeats the character written last.
  var repeatsCharacters = true
  /// DECSTBM: scrolls some rows and leaves the others.
  var scrollsRegions = true
  /// The cursor stays in the last column until the next character comes, so that the last cell can be written.
  var wrapsLate = true

  /// Of the terminal whose description is loaded; nil: it does not place its cursor by ECMA-48.
  static func ofLoadedTerminal() -> ScreenAbilities? {
    func text(_ name: String) -> String? { riskdeck_capability(name).map { String(cString: $0) } }
    guard text("cup")?.hasPrefix("\u{1B}[%i%p1%d;%p2%dH") == true else { return nil }
    let named: [(String, Style.Attributes)] = [
      ("bold", .bold), ("dim", .dim), ("sitm", .italic), ("smul", .underline), ("rev", .reverse),
    ]
    var abilities = ScreenAbilities()
    abilities.colorCount = max(0, Int(tigetnum("colors")))
    abilities.attributes = []
    for (name, attribute) in named where text(name)?.hasPrefix("\u{1B}[") == true {
      abilities.attributes.insert(attribute)
    }
    // no_color_video: a bit for each attribute that must not meet a colour.
    let excluded = max(0, tigetnum("ncv"))
    let bits: [(Int32, Style.Attributes)] = [(2, .underline), (4, .reverse), (16, .dim), (32, .bold)]
    abilities.colorableAttributes = abilities.attributes
    for (bit, attribute) in bits where excluded & bit != 0 {
      abilities.colorableAttributes.remove(attribute)
    }
    abilities.endsAttributes = text("rmul")?.hasPrefix("\u{1B}[24m") == true
    abilities.erasesInColor = tigetflag("bce") > 0
    abilities.erasesCharacters = text("ech")?.hasPrefix("\u{1B}[%p1%dX") == true
    abilities.repeatsCharacters = text("rep")?.hasPrefix("%p1%c\u{1B}[%p2%{1}%-%db") == true
    abilities.scrollsRegions = text("csr")?.hasPrefix("\u{1B}[%i%p1%d;%p2%dr") == true
    abilities.wrapsLate = tigetflag("xenl") > 0 || tigetflag("am") <= 0
    return abilities
  }
}
