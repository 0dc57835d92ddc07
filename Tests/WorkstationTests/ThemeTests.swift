import Foundation
import Testing

@testable import Workstation

@Suite struct ThemeTests {
  @Test("the six themes of the repository give a look to every role")
  func themes() throws {
    let themes = try Fixtures.themes()
    #expect(
      Set(themes.map(\.name)) == [
        "dark", "light", "high-contrast", "colour-blind-safe", "16-colours", "mono",
      ])
    for theme in themes {
      #expect(Set(theme.looks.keys) == Set(Role.allCases), "\(theme.name)")
      #expect(!theme.series.isEmpty && !theme.heat.isEmpty, "\(theme.name)")
    }
  }

  @Test("a deferred theme is read when it is chosen; one that cannot be read is told and changes nothing")
  func deferred() throws {
    let text = try String(contentsOf: Fixtures.root.appending(path: "themes/light.yml"), encoding: .utf8)
    let light = Theme.deferred(yaml: text, name: "light", file: "light.yml")
    #expect(light.title == "Light")
    #expect(try light.loaded() == Theme(yaml: text, name: "light", file: "light.yml"))
    var setup = try Fixtures.setup()
    let broken = Theme.deferred(
      yaml: "title: Broken\nstyles: {text: {fg: x}}", name: "broken", file: "b.yml")
    setup.themes = [light, broken]
    var session = try Session(setup: setup)
    #expect(session.state.palette.theme == "light")
    try session.press("T Down")
    #expect(session.shows("b.yml:2:21: x is no colour"))
    #expect(session.state.palette.theme == "light")
  }

  @Test(
    "text reads at 4.5:1 or better on its ground in the coloured themes, at 7:1 in the one of high contrast")
  func contrast() throws {
    for theme in try Fixtures.themes() where theme.depth == .truecolor {
      let least = theme.name == "high-contrast" ? 7.0 : 4.5
      let roles: [Role] = [
        .text, .muted, .title, .accent, .header, .tab, .tabActive, .badge, .selection, .selectionInactive,
        .columnTitle, .changed, .match, .good, .warning, .danger, .footer, .footerKey, .overlay,
        .overlayTitle,
        .input,
      ]
      let palette = theme.palette(for: .truecolor)
      for role in roles {
        let style = palette[role]
        let front = style.foreground == .default ? theme.ink : style.foreground
        let back = style.background == .default ? theme.ground : style.background
        let ratio = Self.contrast(front, back)
        #expect(ratio >= least, "\(theme.name) \(role): \(ratio)")
      }
    }
  }

  @Test("a heat map's numbers read on each of its grounds")
  func heatContrast() throws {
    for theme in try Fixtures.themes() where theme.depth == .truecolor {
      let palette = theme.palette(for: .truecolor)
      for step in 0..<10 {
        let style = try #require(palette.heat(Double(step) / 9))
        #expect(Self.contrast(style.foreground, style.background) >= 4.5, "\(theme.name) step \(step)")
      }
    }
  }

  /// The contrast of two colours (WCAG 2.2, "contrast ratio").
  private static func contrast(_ one: Color, _ other: Color) -> Double {
    func luminance(_ color: Color) -> Double {
      guard let (red, green, blue) = color.components else { return 0 }
      func linear(_ byte: UInt8) -> Double {
        let share = Double(byte) / 255
        if share <= 0.04045 { return share / 12.92 }
        // ((share + 0.055) / 1.055) ^ 2.4 without a library: x^2.4 = x^2 * (x^2)^(1/5), by Newton's steps.
        let base = (share + 0.055) / 1.055
        let square = base * base
        var root = 1.0
        for _ in 0..<60 {
          root -= (root * root * root * root * root - square) / (5 * root * root * root * root)
        }
        return square * root
      }
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
    let (light, dark) = (max(luminance(one), luminance(other)), min(luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
  }

  @Test("a theme uses no more colours than its terminal has")
  func depths() throws {
    for theme in try Fixtures.themes() {
      for depth in ColorDepth.allCases {
        let palette = theme.palette(for: depth)
        for role in Role.allCases {
          for color in [palette[role].foreground, palette[role].background] {
            switch (color, depth) {
            case (.default, _), (_, .truecolor), (.palette, .indexed): continue
            case (.palette(let index), .sixteen): #expect(index < 16)
            default: Issue.record("\(theme.name) \(role) has \(color) at \(depth)")
            }
          }
        }
      }
    }
  }

  @Test("the selected row and the active tab are seen without colours")
  func mono() throws {
    for theme in try Fixtures.themes() {
      let palette = theme.palette(for: .mono)
      #expect(palette[.selection].attributes.contains(.reverse), "\(theme.name)")
      #expect(palette[.tabActive].attributes.contains(.reverse), "\(theme.name)")
      #expect(palette[.danger] != palette[.text], "\(theme.name)")
      #expect(palette[.warning] != palette[.text], "\(theme.name)")
    }
  }

  @Test("NO_COLOR wins, then COLORTERM, then terminfo")
  func colorDepth() {
    #expect(
      ColorDepth(terminfoColors: 256, environment: ["NO_COLOR": "1", "COLORTERM": "truecolor"]) == .mono)
    #expect(ColorDepth(terminfoColors: 256, environment: ["NO_COLOR": ""]) == .indexed)
    #expect(ColorDepth(terminfoColors: 8, environment: ["COLORTERM": "24bit"]) == .truecolor)
    #expect(ColorDepth(terminfoColors: 16, environment: [:]) == .sixteen)
    #expect(ColorDepth(terminfoColors: 8, environment: [:]) == .sixteen)
    #expect(ColorDepth(terminfoColors: -1, environment: [:]) == .mono)
  }

  @Test("colours fall to the nearest a terminal has, by their hue")
  func degradation() {
    #expect(Color.rgb(255, 0, 0).degraded(to: .indexed) == .palette(196))
    #expect(Color.rgb(8, 8, 8).degraded(to: .indexed) == .palette(232))
    #expect(Color.rgb(240, 120, 124).degraded(to: .sixteen) == .palette(9))
    #expect(Color.rgb(134, 197, 138).degraded(to: .sixteen) == .palette(10))
    #expect(Color.palette(196).degraded(to: .sixteen) == .palette(9))
    #expect(Color.palette(3).degraded(to: .indexed) == .palette(3))
    #expect(Color.rgb(1, 2, 3).degraded(to: .mono) == .default)
  }

  @Test(
    "what is wrong with a theme file is told with its place",
    arguments: [
      ("styles: {text: {fg: nope}}", "t.yml:1:21: nope is no colour"),
      ("styles:\n  txt: {fg: 1}", "t.yml:2:3: there is no style txt to set"),
      ("styles: {text: {fg: 1}}\nhue: 3", "t.yml:2:1: unknown entry hue"),
      ("styles: {text: {attributes: blink}}", "t.yml:1:29: unknown attribute blink"),
      ("title: X", "t.yml: styles must give a look for text"),
      ("depth: 12", "t.yml:1:8: depth must be"),
      ("- a", "t.yml:1:1: must hold"),
      ("styles: {text: [", "t.yml"),
    ])
  func errors(_ yaml: String, _ message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try Theme(yaml: yaml, name: "t", file: "t.yml") }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }
}
