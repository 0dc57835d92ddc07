/// How the cards of a screen share its area.
enum Tiling {
  /// A card's needs.
  struct Tile: Sendable, Hashable {
    /// A band over the whole width, this many rows high, above the others.
    let bandHeight: Int?
    /// Lists need more height than charts.
    let weight: Int
  }

  /// The least a card is legible at, its border included.
  private static let leastWidth = 36
  static let leastHeight = 7

  /// Places the tiles; where they do not all fit, as many as do around the focused one.
  static func place(
    _ tiles: [Tile], focus: Int, in area: Rect, leastHeight: Int = leastHeight
  ) -> [Rect?] {
    var places: [Rect?] = Array(repeating: nil, count: tiles.count)
    guard !tiles.isEmpty, !area.isEmpty else { return places }
    let bands = tiles.indices.filter { tiles[$0].bandHeight != nil }
    let rest = tiles.indices.filter { tiles[$0].bandHeight == nil }
    let perRow = columnsPerRow(rest.count, width: area.width)
    let rowCount = rest.isEmpty ? 0 : (rest.count + perRow - 1) / perRow
    let bandHeights = bands.reduce(0) { $0 + (tiles[$1].bandHeight ?? 0) }
    guard bandHeights + rowCount * leastHeight <= area.height else {
      return scrolled(tiles, focus: focus, perRow: perRow, in: area, leastHeight: leastHeight)
    }
    var y = area.y
    for (number, band) in bands.enumerated() {
      let isLast = rest.isEmpty && number == bands.count - 1
      let height =
        isLast ? min(area.maxY - y, max(tiles[band].bandHeight ?? 0, 8)) : tiles[band].bandHeight ?? 0
      places[band] = Rect(x: area.x, y: y, width: area.width, height: height)
      y += height
    }
    if rest.count == 3, perRow == 2 {
      let left = Rect(x: area.x, y: y, width: area.width, height: area.maxY - y)
      placeThree(rest, tiles, in: left, &places)
      return places
    }
    let rows = (0..<rowCount).map { row in Array(rest[(row * perRow)..<min(rest.count, (row + 1) * perRow)]) }
    let weights = rows.map { row in row.map { tiles[$0].weight }.max() ?? 1 }
    let heights = share(area.maxY - y, among: weights, least: leastHeight)
    for (row, height) in zip(rows, heights) {
      place(row, atY: y, height: height, in: area, &places)
      y += height
    }
    return places
  }

  /// Cards side by side: two from 76 columns on, three in a row of three on wide screens.
  private static func columnsPerRow(_ count: Int, width: Int) -> Int {
    let fitting = max(1, min(width / leastWidth, width >= 200 ? 3 : 2))
    if count == 4 { return min(2, fitting) }
    return max(1, min(fitting, count))
  }

  /// One row of cards at a time, the one with the focused card; a band alone where it has the focus.
  private static func scrolled(
    _ tiles: [Tile], focus: Int, perRow: Int, in area: Rect, leastHeight: Int
  ) -> [Rect?] {
    var places: [Rect?] = Array(repeating: nil, count: tiles.count)
    let focus = max(0, min(focus, tiles.count - 1))
    let lines = max(1, area.height / leastHeight)
    let groups = groupsOfRows(tiles, perRow: perRow)
    guard let current = groups.firstIndex(where: { $0.contains(focus) }) else { return places }
    let first = max(0, min(current - lines / 2, groups.count - lines))
    let shown = Array(groups[first..<min(groups.count, first + lines)])
    let heights = share(area.height, among: shown.map { _ in 1 }, least: 1)
    var y = area.y
    for (group, height) in zip(shown, heights) {
      place(group, atY: y, height: height, in: area, &places)
      y += height
    }
    return places
  }

  /// Two above each other, the one that needs most height beside them.
  private static func placeThree(_ rest: [Int], _ tiles: [Tile], in area: Rect, _ places: inout [Rect?]) {
    let heaviest = rest.map { tiles[$0].weight }.max() ?? 1
    guard let tall = rest.last(where: { tiles[$0].weight == heaviest }) else { return }
    let others = rest.filter { $0 != tall }
    let widths = share(area.width, among: [1, 1], least: 1)
    let heights = share(area.height, among: others.map { tiles[$0].weight }, least: leastHeight)
    let isLeft = tall == rest[0]
    let x = isLeft ? area.x + widths[0] : area.x
    places[tall] = Rect(
      x: isLeft ? area.x : area.x + widths[0], y: area.y, width: isLeft ? widths[0] : widths[1],
      height: area.height)
    var y = area.y
    for (tile, height) in zip(others, heights) {
      places[tile] = Rect(x: x, y: y, width: isLeft ? widths[1] : widths[0], height: height)
      y += height
    }
  }

  private static func groupsOfRows(_ tiles: [Tile], perRow: Int) -> [[Int]] {
    var groups = tiles.indices.filter { tiles[$0].bandHeight != nil }.map { [$0] }
    let rest = tiles.indices.filter { tiles[$0].bandHeight == nil }
    for start in stride(from: 0, to: rest.count, by: perRow) {
      groups.append(Array(rest[start..<min(rest.count, start + perRow)]))
    }
    return groups
  }

  private static func place(_ row: [Int], atY y: Int, height: Int, in area: Rect, _ places: inout [Rect?]) {
    let widths = share(area.width, among: row.map { _ in 1 }, least: 1)
    var x = area.x
    for (tile, width) in zip(row, widths) {
      places[tile] = Rect(x: x, y: y, width: width, height: height)
      x += width
    }
  }

  /// Parts of a length by weight, whole and without a rest.
  static func share(_ length: Int, among weights: [Int], least: Int) -> [Int] {
    guard !weights.isEmpty else { return [] }
    let spare = max(0, length - least * weights.count)
    let total = max(1, weights.reduce(0, +))
    var parts = weights.map { least + spare * $0 / total }
    var left = length - parts.reduce(0, +)
    var index = 0
    while left > 0 {
      parts[index % parts.count] += 1
      left -= 1
      index += 1
    }
    while left < 0, let largest = parts.indices.max(by: { parts[$0] < parts[$1] }), parts[largest] > 0 {
      parts[largest] -= 1
      left += 1
    }
    return parts
  }
}
