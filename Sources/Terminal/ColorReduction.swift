import Workstation

/// Numbers of colours in the scheme of a terminal; -1 is the terminal's own.
enum ColorReduction {
  /// The number under which a terminal of that depth shows a colour best.
  static func number(of color: Color, depth: ColorDepth) -> Int32 {
    switch color {
    case .default: return -1
    case .palette(let index):
      switch depth {
      case .mono: return -1
      case .truecolor, .indexed256: return Int32(index)
      case .sixteen: return index < 16 ? Int32(index) : nearestBasic(to: components(ofIndex: index))
      case .eight: return (index < 16 ? Int32(index) : nearestBasic(to: components(ofIndex: index))) % 8
      }
    case .rgb(let red, let green, let blue):
      let wanted = Components(red: Int(red), green: Int(green), blue: Int(blue))
      switch depth {
      case .mono: return -1
      case .truecolor:
        let number = Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
        // Below 256 stand the palette's numbers; one step of green is not seen.
        return number < 256 ? number | 0x100 : number
      case .indexed256: return nearestIndexed(to: wanted)
      case .sixteen: return nearestBasic(to: wanted)
      case .eight: return nearestBasic(to: wanted) % 8
      }
    }
  }

  /// Whether an eight-colour terminal needs bold to show this foreground's bright half.
  static func needsBold(_ color: Color) -> Bool {
    if case .palette(let index) = color { return (8..<16).contains(index) }
    return false
  }

  struct Components: Hashable {
    var red: Int
    var green: Int
    var blue: Int

    func distance(to other: Components) -> Int {
      // Weights of the eye's sensitivity, 3:4:2 as in the common "redmean" approximation.
      let (r, g, b) = (red - other.red, green - other.green, blue - other.blue)
      return 3 * r * r + 4 * g * g + 2 * b * b
    }
  }

  private static let cubeSteps = [0, 95, 135, 175, 215, 255]
  /// xterm's defaults for the first sixteen colours.
  private static let basic: [Components] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
  ].map { Components(red: $0.0, green: $0.1, blue: $0.2) }

  static func components(ofIndex index: UInt8) -> Components {
    let index = Int(index)
    switch index {
    case 0..<16: return basic[index]
    case 232...: return gray(index - 232)
    default:
      let cube = index - 16
      return Components(
        red: cubeSteps[cube / 36], green: cubeSteps[cube / 6 % 6], blue: cubeSteps[cube % 6])
    }
  }

  private static func gray(_ step: Int) -> Components {
    Components(red: 8 + 10 * step, green: 8 + 10 * step, blue: 8 + 10 * step)
  }

  private static func nearestIndexed(to wanted: Components) -> Int32 {
    func step(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : min(5, (value - 35) / 40) }
    let (red, green, blue) = (step(wanted.red), step(wanted.green), step(wanted.blue))
    let cube = Components(red: cubeSteps[red], green: cubeSteps[green], blue: cubeSteps[blue])
    let grayStep = max(0, min(23, ((wanted.red + wanted.green + wanted.blue) / 3 - 3) / 10))
    let isGrayNearer = gray(grayStep).distance(to: wanted) < cube.distance(to: wanted)
    return Int32(isGrayNearer ? 232 + grayStep : 16 + 36 * red + 6 * green + blue)
  }

  private static func nearestBasic(to wanted: Components) -> Int32 {
    var best = 0
    for index in 1..<16 where basic[index].distance(to: wanted) < basic[best].distance(to: wanted) {
      best = index
    }
    return Int32(best)
  }
}
