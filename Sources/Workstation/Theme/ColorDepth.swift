/// How many colours a terminal shows.
public enum ColorDepth: Int, Sendable, Hashable, Comparable, CaseIterable {
  case mono, sixteen, indexed, truecolor

  public static func < (left: ColorDepth, right: ColorDepth) -> Bool { left.rawValue < right.rawValue }

  /// The depth a terminal can show, from its environment.
  ///
  /// NO_COLOR (https://no-color.org) wins over everything; COLORTERM tells of truecolour; the count of colours
  /// comes from terminfo.
  public init(terminfoColors: Int, environment: [String: String]) {
    if let noColor = environment["NO_COLOR"], !noColor.isEmpty {
      self = .mono
    } else if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") {
      self = .truecolor
    } else if terminfoColors >= 1 << 24 {
      self = .truecolor
    } else if terminfoColors >= 256 {
      self = .indexed
    } else {
      self = terminfoColors >= 8 ? .sixteen : .mono
    }
  }
}

extension Color {
  /// The nearest colour a terminal of that depth shows.
  public func degraded(to depth: ColorDepth) -> Color {
    switch (self, depth) {
    case (_, .mono): return .default
    case (.default, _), (_, .truecolor): return self
    case (.rgb(let red, let green, let blue), .indexed):
      return .palette(Self.nearestIndexed(red, green, blue))
    case (.palette, .indexed): return self
    case (.palette(let index), .sixteen):
      if index < 16 { return self }
      let (red, green, blue) = Self.components(ofIndexed: index)
      return .palette(Self.nearestOfSixteen(red, green, blue))
    case (.rgb(let red, let green, let blue), .sixteen):
      return .palette(Self.nearestOfSixteen(red, green, blue))
    }
  }

  /// Red, green and blue as a terminal with xterm's default palette shows them; nil: the terminal's own colour.
  public var components: (red: UInt8, green: UInt8, blue: UInt8)? {
    switch self {
    case .default: nil
    case .rgb(let red, let green, let blue): (red, green, blue)
    case .palette(let index): Self.components(ofIndexed: index)
    }
  }

  private static let cubeLevels: [UInt8] = [0, 95, 135, 175, 215, 255]

  /// xterm's default first sixteen colours.
  private static let sixteen: [(UInt8, UInt8, UInt8)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
    (255, 0, 255), (0, 255, 255), (255, 255, 255),
  ]

  private static func components(ofIndexed index: UInt8) -> (UInt8, UInt8, UInt8) {
    if index < 16 { return sixteen[Int(index)] }
    if index >= 232 {
      let gray = 8 + (index - 232) * 10
      return (gray, gray, gray)
    }
    let cube = Int(index) - 16
    return (cubeLevels[cube / 36], cubeLevels[cube / 6 % 6], cubeLevels[cube % 6])
  }

  private static func nearestIndexed(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let index = (UInt8(16)...255).min {
      distance(components(ofIndexed: $0), (red, green, blue))
        < distance(components(ofIndexed: $1), (red, green, blue))
    }
    return index ?? 7
  }

  /// By hue first: a pale accent must stay the colour it is, not fall to gray.
  private static func nearestOfSixteen(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let high = max(red, green, blue)
    let low = min(red, green, blue)
    if high - low < 40 {
      switch (Int(red) + Int(green) + Int(blue)) / 3 {
      case ..<64: return 0
      case ..<150: return 8
      case ..<215: return 7
      default: return 15
      }
    }
    let middle = (Int(high) + Int(low)) / 2
    let hue = (red > middle ? 1 : 0) | (green > middle ? 2 : 0) | (blue > middle ? 4 : 0)
    return UInt8(hue) + (high > 170 ? 8 : 0)
  }

  private static func distance(_ left: (UInt8, UInt8, UInt8), _ right: (UInt8, UInt8, UInt8)) -> Int {
    let red = Int(left.0) - Int(right.0)
    let green = Int(left.1) - Int(right.1)
    let blue = Int(left.2) - Int(right.2)
    // Weights of the eye's sensitivity, as in the "redmean" family.
    return 3 * red * red + 4 * green * green + 2 * blue * blue
  }
}
