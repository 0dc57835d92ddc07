/// A raster of dots, two wide and four high in each cell, for lines finer than cells.
struct BrailleCanvas: Sendable {
  /// In cells.
  let width: Int
  let height: Int
  private var cells: [UInt8]

  /// Bits of the dots of a cell by row and column (Unicode, "Braille Patterns").
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: 0, count: self.width * self.height)
  }

  var dotWidth: Int { width * 2 }
  var dotHeight: Int { height * 4 }

  /// Sets the dot at a column and row, from the upper left; outside of the raster nothing happens.
  mutating func set(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < dotWidth, y < dotHeight else { return }
    cells[y / 4 * width + x / 2] |= Self.bits[y % 4][x % 2]
  }

  /// A line between two dots (Bresenham).
  mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
    var (x, y) = start
    let (dx, dy) = (abs(end.x - x), -abs(end.y - y))
    let (stepX, stepY) = (x < end.x ? 1 : -1, y < end.y ? 1 : -1)
    var error = dx + dy
    while true {
      set(x, y)
      if x == end.x, y == end.y { return }
      let doubled = 2 * error
      if doubled >= dy {
        error += dy
        x += stepX
      }
      if doubled <= dx {
        error += dx
        y += stepY
      }
    }
  }

  /// The text of a row of cells; empty cells are spaces.
  func text(row: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for cell in cells[(row * width)..<((row + 1) * width)] {
      scalars.append(cell == 0 ? " " : Unicode.Scalar(0x2800 + UInt32(cell)) ?? " ")
    }
    return String(scalars)
  }

  /// The same row with ASCII: a star where a cell has dots.
  func asciiText(row: Int) -> String {
    String(cells[(row * width)..<((row + 1) * width)].map { $0 == 0 ? " " : "*" })
  }
}
