import Workstation

/// Rows of a screen that stand some rows higher or lower in the next one, so that the terminal can move them itself.
struct ScrollPlan: Equatable {
  /// The rows that move and those they move over.
  let region: ClosedRange<Int>
  /// How many rows they move up; negative: down.
  let distance: Int

  /// Fewer rows than this are written anew.
  private static let leastRows = 5
  private static let longestDistance = 24

  /// The move after which the least is left to write; nil: none is worth it.
  static func find(from old: ScreenBuffer, to new: ScreenBuffer) -> ScrollPlan? {
    let height = new.size.height
    let oldRows = (0..<height).map(old.rowHash)
    let newRows = (0..<height).map(new.rowHash)
    let changed = (0..<height).filter { oldRows[$0] != newRows[$0] }
    guard changed.count > leastRows else { return nil }
    var best: (plan: ScrollPlan, gain: Int)?
    for distance in -longestDistance...longestDistance where distance != 0 {
      let moved = changed.filter {
        (0..<height).contains($0 + distance) && newRows[$0] == oldRows[$0 + distance]
      }
      guard moved.count >= leastRows, let first = moved.first, let last = moved.last else { continue }
      let region = min(first, first + distance)...max(last, last + distance)
      // What stands still in between must be written again.
      let lost = region.filter { oldRows[$0] == newRows[$0] }.count
      let gain = moved.count - lost
      if gain >= leastRows, gain > best?.gain ?? 0 {
        best = (ScrollPlan(region: region, distance: distance), gain)
      }
    }
    return best?.plan
  }

  /// The row of the old screen that stands in row `y` after the move; nil: a blank one.
  func origin(ofRow y: Int) -> Int? {
    guard region.contains(y) else { return y }
    return region.contains(y + distance) ? y + distance : nil
  }

  /// The sequences that move the rows, in the terminal's own background.
  var sequence: String {
    let set = "\u{1B}[\(region.lowerBound + 1);\(region.upperBound + 1)r"
    let edge = distance > 0 ? region.upperBound : region.lowerBound
    let step = distance > 0 ? "\n" : "\u{1B}M"
    return set + "\u{1B}[\(edge + 1)H" + String(repeating: step, count: abs(distance)) + "\u{1B}[r"
  }
}
