/// One cell of a screen.
public struct Cell: Sendable, Hashable {
  /// A character with its marks, an emoji sequence or a flag; empty in the right half of a wide one.
  public let text: String
  /// 1 or 2; 0 in the right half of a wide character.
  public let width: Int
  public let style: Style

  public init(text: String, width: Int, style: Style) {
    self.text = text
    self.width = width
    self.style = style
  }

  /// A space in the terminal's own colours.
  public static let blank = Cell(text: " ", width: 1, style: .plain)
}

/// A screen as a value: what `view` returns, the terminal driver paints and tests read as text.
///
/// Every cell is printable, and a wide character always has both of its halves: whatever overwrites one half
/// leaves a space in the other.
public struct ScreenBuffer: Sendable {
  /// 16 bytes without references, so that a whole screen is copied and compared as memory is.
  fileprivate struct PackedCell: Sendable, Equatable {
    /// A scalar, or `clusterFlag` and an index into `clusters`; 0 in the right half of a wide character.
    var glyph: UInt32
    var style: Style
    var width: UInt8

    static let clusterFlag: UInt32 = 1 << 31

    static func space(_ style: Style) -> PackedCell { PackedCell(glyph: 0x20, style: style, width: 1) }
  }

  public let size: Size
  /// Where the terminal's own cursor stands, so that screen readers and braille displays follow; nil: hidden.
  public var cursor: Point?
  private var cells: [PackedCell]
  /// Texts of more than one scalar, few on any screen.
  private var clusters: [String] = []

  /// A screen of spaces.
  public init(size: Size, style: Style = .plain) {
    self.size = size
    cells = Array(repeating: .space(style), count: size.width * size.height)
  }

  /// The cell at a column and row; outside of the screen a blank one.
  public subscript(x: Int, y: Int) -> Cell {
    guard x >= 0, x < size.width, y >= 0, y < size.height else { return .blank }
    let cell = cells[y * size.width + x]
    return Cell(text: text(of: cell), width: Int(cell.width), style: cell.style)
  }

  /// Writes one line of text, made printable and clipped to the screen and to `maxWidth` columns.
  ///
  /// A wide character that would be cut in half becomes a space. Columns left of the screen are skipped.
  /// - Returns: The columns written from `x` on, so that `x +` the result is where the next text begins.
  @discardableResult
  public mutating func write(
    _ text: String, at x: Int, _ y: Int, maxWidth: Int = .max, style: Style = .plain
  ) -> Int {
    guard y >= 0, y < size.height, maxWidth > 0, x < size.width else { return 0 }
    let end = maxWidth < size.width - x ? x + maxWidth : size.width
    let row = y * size.width
    var column = x
    if text.unicodeScalars.allSatisfy(isAlwaysPrintable) {
      for scalar in text.unicodeScalars {
        guard column < end else { break }
        if column >= 0 {
          put(PackedCell(glyph: scalar.value, style: style, width: 1), row: row, column: column)
        }
        column += 1
      }
      return column - x
    }
    let safe = printable(text)
    var reader = ClusterReader(safe.unicodeScalars)
    while column < end, let cluster = reader.next() {
      let fits = column >= 0 && column + cluster.width <= end
      if fits {
        let glyph =
          cluster.count == 1 ? cluster.first.value : intern(String(safe.unicodeScalars[cluster.range]))
        put(
          PackedCell(glyph: glyph, style: style, width: UInt8(cluster.width)), row: row, column: column)
      } else {
        for half in max(column, 0)..<max(min(column + cluster.width, end), max(column, 0)) {
          put(.space(style), row: row, column: half)
        }
      }
      column += cluster.width
    }
    return min(column, end) - x
  }

  /// Writes spaces over a rectangle.
  public mutating func fill(_ rect: Rect, style: Style = .plain) {
    let part = rect.intersection(Rect(size))
    guard !part.isEmpty else { return }
    for y in part.y..<part.maxY {
      let row = y * size.width
      put(.space(style), row: row, column: part.x)
      put(.space(style), row: row, column: part.maxX - 1)
      for column in part.x..<part.maxX { cells[row + column] = .space(style) }
    }
  }

  /// Changes the look of the cells of a rectangle and leaves their text.
  public mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
    let part = rect.intersection(Rect(size))
    for y in part.y..<part.maxY {
      for column in part.x..<part.maxX { change(&cells[y * size.width + column].style) }
    }
  }

  /// Copies another screen in, its top left cell at `x`, `y`, for overlays and cards.
  public mutating func draw(_ other: ScreenBuffer, at x: Int, _ y: Int) {
    for sourceY in 0..<other.size.height where y + sourceY >= 0 && y + sourceY < size.height {
      let row = (y + sourceY) * size.width
      for sourceX in 0..<other.size.width where x + sourceX >= 0 && x + sourceX < size.width {
        var cell = other.cells[sourceY * other.size.width + sourceX]
        if cell.width == 0 && x + sourceX > 0 && sourceX > 0 { continue }
        let isCut = cell.width == 0 || x + sourceX + Int(cell.width) > size.width
        if isCut {
          cell = .space(cell.style)
        } else if cell.glyph & PackedCell.clusterFlag != 0 {
          cell.glyph = intern(other.text(of: cell))
        }
        put(cell, row: row, column: x + sourceX)
      }
    }
  }

  /// Every row as text, of the screen's full width.
  public var lines: [String] {
    (0..<size.height).map { y in
      var line = ""
      for column in 0..<size.width {
        let cell = cells[y * size.width + column]
        if cell.width > 0 { line += text(of: cell) }
      }
      return line
    }
  }

  /// For each column of row `y` whether its cell differs from that of a row of another screen of the same width.
  public func changes(inRow y: Int, since other: ScreenBuffer, row otherY: Int) -> [Bool] {
    let (mine, theirs) = (y * size.width, otherY * size.width)
    return (0..<size.width).map { !isEqual(at: mine + $0, to: theirs + $0, of: other) }
  }

  /// A number that is equal for rows that are equal.
  public func rowHash(_ y: Int) -> Int {
    var hasher = Hasher()
    hashRow(y, into: &hasher)
    return hasher.finalize()
  }

  private func hashRow(_ y: Int, into hasher: inout Hasher) {
    for cell in cells[y * size.width..<(y + 1) * size.width] {
      hasher.combine(cell.style)
      hasher.combine(cell.width)
      if cell.glyph & PackedCell.clusterFlag == 0 {
        hasher.combine(cell.glyph)
      } else {
        hasher.combine(text(of: cell))
      }
    }
  }

  private func isEqual(at index: Int, to otherIndex: Int, of other: ScreenBuffer) -> Bool {
    let mine = cells[index]
    let theirs = other.cells[otherIndex]
    if (mine.glyph | theirs.glyph) & PackedCell.clusterFlag == 0 { return mine == theirs }
    return mine.style == theirs.style && mine.width == theirs.width
      && text(of: mine) == other.text(of: theirs)
  }

  private func text(of cell: PackedCell) -> String {
    if cell.width == 0 { return "" }
    if cell.glyph & PackedCell.clusterFlag != 0 { return clusters[Int(cell.glyph ^ PackedCell.clusterFlag)] }
    return Unicode.Scalar(cell.glyph).map { String(Character($0)) } ?? " "
  }

  private mutating func intern(_ text: String) -> UInt32 {
    if let known = clusters.firstIndex(of: text) { return UInt32(known) | PackedCell.clusterFlag }
    clusters.append(text)
    return UInt32(clusters.count - 1) | PackedCell.clusterFlag
  }

  /// Sets a cell that lies on the screen with all of its columns, and mends the wide characters it cuts.
  @inline(__always)
  private mutating func put(_ cell: PackedCell, row: Int, column: Int) {
    let index = row + column
    if cells[index].width != 1 { mend(row: row, column: column) }
    cells[index] = cell
    guard cell.width == 2 else { return }
    if cells[index + 1].width != 1 { mend(row: row, column: column + 1) }
    cells[index] = cell
    cells[index + 1] = PackedCell(glyph: 0, style: cell.style, width: 0)
  }

  /// Makes two spaces of the wide character one of whose halves stands at `column`.
  private mutating func mend(row: Int, column: Int) {
    let left = cells[row + column].width == 0 ? column - 1 : column
    for half in left...left + 1 { cells[row + half] = .space(cells[row + half].style) }
  }
}

extension ScreenBuffer: Hashable {
  public static func == (left: ScreenBuffer, right: ScreenBuffer) -> Bool {
    guard left.size == right.size, left.cursor == right.cursor else { return false }
    if left.clusters.isEmpty && right.clusters.isEmpty { return left.cells == right.cells }
    return left.cells.indices.allSatisfy { left.isEqual(at: $0, to: $0, of: right) }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(size)
    hasher.combine(cursor)
    for y in 0..<size.height { hashRow(y, into: &hasher) }
  }
}
