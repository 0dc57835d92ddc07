/// Names that somebody may have meant.
public enum NearNames {
  /// The names that differ from `name` by a few letters or hold it, the nearest first.
  /// - Parameter most: how many at the most.
  public static func of(_ name: String, in names: [String], most: Int = 3) -> [String] {
    let wanted = name.lowercased()
    let reach = max(2, wanted.count / 3)
    let near = names.compactMap { candidate -> (distance: Int, name: String)? in
      let lower = candidate.lowercased()
      let distance = distance(Array(wanted), Array(lower))
      if distance <= reach { return (distance, candidate) }
      let isPart = !wanted.isEmpty && (lower.contains(wanted) || wanted.contains(lower))
      return isPart ? (reach + 1, candidate) : nil
    }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(most).map(\.name)
  }

  /// Letters to change, add or drop (Levenshtein).
  private static func distance(_ first: [Character], _ second: [Character]) -> Int {
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in second.enumerated() {
        let cost = min(diagonal + (letter == other ? 0 : 1), row[column] + 1, row[column + 1] + 1)
        diagonal = row[column + 1]
        row[column + 1] = cost
      }
    }
    return row[second.count]
  }
}
