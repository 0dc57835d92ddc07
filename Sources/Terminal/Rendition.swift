import Workstation

/// A style as one terminal shows it: colours and attributes it has, nothing else.
struct Rendition: Sendable, Hashable {
  var foreground: Color
  var background: Color
  var attributes: Style.Attributes

  static let plain = Rendition(foreground: .default, background: .default, attributes: [])

  init(foreground: Color, background: Color, attributes: Style.Attributes) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  init(_ style: Style, depth: ColorDepth, abilities: ScreenAbilities) {
    foreground = style.foreground.degraded(to: depth)
    background = style.background.degraded(to: depth)
    attributes = style.attributes.intersection(abilities.attributes)
    if abilities.colorCount < 16 {
      // Eight colours: bold shows the bright half, as terminals with no more colours do.
      if case .palette(let index) = foreground, index >= 8 {
        foreground = .palette(index % 8)
        attributes.formUnion(abilities.attributes.intersection(.bold))
      }
      if case .palette(let index) = background, index >= 8 { background = .palette(index % 8) }
    }
    if foreground != .default || background != .default {
      attributes.formIntersection(abilities.colorableAttributes)
    }
  }

  /// Whether a space shows anything but the background.
  var showsOnSpaces: Bool { !attributes.isDisjoint(with: [.underline, .reverse]) }

  /// The shortest sequence that makes this rendition of another one; empty where they are equal.
  func sequence(after previous: Rendition, _ abilities: ScreenAbilities) -> String {
    if self == previous { return "" }
    let anew = ["0"] + parameters(after: .plain)
    let whole = "\u{1B}[" + (anew.count == 1 ? "" : anew.joined(separator: ";")) + "m"
    let ended = previous.attributes.subtracting(attributes)
    guard ended.isEmpty || abilities.endsAttributes else { return whole }
    let change = "\u{1B}[" + parameters(after: previous).joined(separator: ";") + "m"
    return change.utf8.count < whole.utf8.count ? change : whole
  }

  private func parameters(after previous: Rendition) -> [String] {
    var result: [String] = []
    var kept = previous.attributes.intersection(attributes)
    let ended = previous.attributes.subtracting(attributes)
    if !ended.isDisjoint(with: [.bold, .dim]) {
      // One number ends both.
      result.append("22")
      kept.subtract([.bold, .dim])
    }
    if ended.contains(.italic) { result.append("23") }
    if ended.contains(.underline) { result.append("24") }
    if ended.contains(.reverse) { result.append("27") }
    let begun = attributes.subtracting(kept)
    let numbers: [(Style.Attributes, String)] = [
      (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.reverse, "7"),
    ]
    for (attribute, number) in numbers where begun.contains(attribute) { result.append(number) }
    if foreground != previous.foreground { result.append(Self.number(of: foreground, basic: 30)) }
    if background != previous.background { result.append(Self.number(of: background, basic: 40)) }
    return result
  }

  private static func number(of color: Color, basic: Int) -> String {
    switch color {
    case .default: return String(basic + 9)
    case .palette(let index) where index < 8: return String(basic + Int(index))
    case .palette(let index) where index < 16: return String(basic + 60 + Int(index) - 8)
    case .palette(let index): return "\(basic + 8);5;\(index)"
    case .rgb(let red, let green, let blue): return "\(basic + 8);2;\(red);\(green);\(blue)"
    }
  }
}
