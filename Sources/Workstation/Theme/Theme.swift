/// What a piece of the screen means; a theme gives each a look.
public enum Role: Int, Sendable, Hashable, CaseIterable {
  case text, muted, faint, title, accent
  case header, tab, tabActive, badge
  case border, borderFocused
  case selection, selectionInactive, columnTitle, null, changed, match
  case good, neutral, warning, danger
  case bar, track, axis, goal
  case footer, footerKey
  case overlay, overlayBorder, overlayTitle, input

  /// How theme files name it.
  public var name: String { "\(self)" }

  /// Every role by its name. Made once: the name of a case costs a search of the program's types.
  static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
}

/// Colours and attributes for every role, as a theme file gives them.
public struct Theme: Sendable, Hashable {
  /// The look of a role before it is degraded to a terminal.
  public struct Look: Sendable, Hashable {
    public var style: Style
    /// The attributes on a terminal without colours; nil: those of `style`, and reverse where it has a background.
    public var monoAttributes: Style.Attributes?

    public init(style: Style, monoAttributes: Style.Attributes? = nil) {
      self.style = style
      self.monoAttributes = monoAttributes
    }
  }

  /// The file's name without its extension.
  public let name: String
  public let title: String
  /// The most colours the theme makes use of.
  public let depth: ColorDepth
  public let looks: [Role: Look]
  /// Colours that tell series apart, in order.
  public let series: [Color]
  /// Backgrounds from the lowest to the highest value of a heat map.
  public let heat: [Color]
  /// What pictures of the screen show for the terminal's own foreground and background.
  public let ink: Color
  public let ground: Color
  /// The text that ``loaded()`` reads the looks from; nil: they are here.
  private(set) var source: Source?

  /// A theme file that was not read yet.
  struct Source: Sendable, Hashable {
    let yaml: String
    let file: String
  }

  /// A theme by its file's text, of which nothing but the title is read before the theme is used: at the start one
  /// theme of many is, and reading YAML is slow beside painting a screen.
  public static func deferred(yaml: String, name: String, file: String) -> Theme {
    var title = name
    for line in yaml.split(separator: "\n") where line.hasPrefix("title:") {
      title = String(line.dropFirst(6)).trimmed
      break
    }
    var theme = Theme(name: name, title: title, depth: .mono, looks: [:], series: [], heat: [])
    theme.source = Source(yaml: yaml, file: file)
    return theme
  }

  /// The theme with its looks, read from the text of its file where that was deferred.
  public func loaded() throws(ConfigurationError) -> Theme {
    guard let source else { return self }
    return try Theme(yaml: source.yaml, name: name, file: source.file)
  }

  public init(
    name: String, title: String, depth: ColorDepth, looks: [Role: Look], series: [Color], heat: [Color],
    ink: Color = .rgb(213, 217, 224), ground: Color = .rgb(18, 22, 29)
  ) {
    self.name = name
    self.title = title
    self.depth = depth
    self.looks = looks
    self.series = series
    self.heat = heat
    self.ink = ink
    self.ground = ground
  }

  /// The looks for a terminal of that depth.
  public func palette(for terminal: ColorDepth) -> Palette {
    let reached = min(depth, terminal)
    let styles = Role.allCases.map { role in
      let look = looks[role] ?? looks[.text] ?? Look(style: .plain)
      var style = look.style
      if reached == .mono {
        let hasBackground = style.background != .default
        style.attributes = look.monoAttributes ?? style.attributes.union(hasBackground ? .reverse : [])
      }
      style.foreground = style.foreground.degraded(to: reached)
      style.background = style.background.degraded(to: reached)
      return style
    }
    return Palette(
      theme: name, depth: reached, styles: styles, series: series.map { $0.degraded(to: reached) },
      heat: heat.map { $0.degraded(to: reached) }, ink: ink, ground: ground)
  }

  /// Black on white or white on black as the terminal has it, with the user's own palette: what is used
  /// where no theme file is found.
  public static let plain = Theme(
    name: "plain", title: "Plain", depth: .sixteen,
    looks: [
      .text: Look(style: .plain),
      .muted: Look(style: Style(attributes: .dim)),
      .faint: Look(style: Style(attributes: .dim)),
      .title: Look(style: Style(attributes: .bold)),
      .accent: Look(style: Style(foreground: .palette(6))),
      .header: Look(style: .plain),
      .tabActive: Look(style: Style(attributes: [.bold, .reverse])),
      .badge: Look(style: Style(foreground: .palette(3))),
      .border: Look(style: Style(attributes: .dim)),
      .borderFocused: Look(style: Style(foreground: .palette(6)), monoAttributes: .bold),
      .selection: Look(style: Style(attributes: .reverse)),
      .selectionInactive: Look(style: Style(attributes: .bold)),
      .columnTitle: Look(style: Style(attributes: .bold)),
      .null: Look(style: Style(attributes: .dim)),
      .changed: Look(style: Style(attributes: .bold)),
      .match: Look(style: Style(attributes: .underline)),
      .good: Look(style: Style(foreground: .palette(2))),
      .neutral: Look(style: .plain),
      .warning: Look(style: Style(foreground: .palette(3)), monoAttributes: .underline),
      .danger: Look(style: Style(foreground: .palette(1)), monoAttributes: .bold),
      .bar: Look(style: Style(foreground: .palette(6))),
      .track: Look(style: Style(attributes: .dim)),
      .axis: Look(style: Style(attributes: .dim)),
      .goal: Look(style: Style(foreground: .palette(3))),
      .footerKey: Look(style: Style(attributes: .bold)),
      .overlayTitle: Look(style: Style(attributes: .bold)),
      .input: Look(style: .plain),
    ],
    series: [6, 3, 2, 5, 4, 1].map { .palette($0) },
    heat: [4, 6, 2, 3, 1].map { .palette($0) })
}

/// A theme made ready for one terminal.
public struct Palette: Sendable, Hashable {
  public let theme: String
  public let depth: ColorDepth
  private let styles: [Style]
  private let series: [Color]
  private let heat: [Color]
  let ink: Color
  let ground: Color

  init(
    theme: String, depth: ColorDepth, styles: [Style], series: [Color], heat: [Color], ink: Color,
    ground: Color
  ) {
    self.theme = theme
    self.depth = depth
    self.styles = styles
    self.series = series
    self.heat = heat
    self.ink = ink
    self.ground = ground
  }

  public subscript(role: Role) -> Style { styles[role.rawValue] }

  /// The look of the series of that number; they repeat.
  func series(_ index: Int) -> Style {
    var style = self[.bar]
    if !series.isEmpty { style.foreground = series[index % series.count] }
    return style
  }

  /// The look of a heat map's cell; `share` 0 to 1. Nil where the terminal has no colours.
  func heat(_ share: Double) -> Style? {
    guard depth != .mono, !heat.isEmpty else { return nil }
    let index = min(heat.count - 1, bounded(max(0, min(1, share)) * Double(heat.count)))
    let background = heat[index]
    return Style(foreground: background.readableForeground(depth: depth), background: background)
  }

  /// The role's look on the background of another role.
  func style(_ role: Role, on background: Role?) -> Style {
    guard let background else { return self[role] }
    var style = self[role]
    let under = self[background]
    style.background = under.background
    style.attributes.formUnion(under.attributes)
    if under.foreground != .default, role == .text || role == .muted || role == .null {
      style.foreground = under.foreground
    }
    return style
  }
}

extension Color {
  /// Black or white, whichever reads better on this background (WCAG 2 relative luminance).
  func readableForeground(depth: ColorDepth) -> Color {
    guard let (red, green, blue) = components else { return .default }
    func linear(_ component: UInt8) -> Double {
      let share = Double(component) / 255
      return share * share
    }
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    let isLight = luminance > 0.215
    return depth == .sixteen
      ? .palette(isLight ? 0 : 15)
      : (isLight ? Color.rgb(16, 16, 20) : .rgb(250, 250, 250)).degraded(to: depth)
  }
}
