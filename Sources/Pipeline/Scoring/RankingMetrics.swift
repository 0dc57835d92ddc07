/// How well scores order what is fraud before what is not.
public enum RankingMetrics {
  /// Area under the ROC curve: the share of pairs in the right order, ties counting half. Nil without both kinds.
  public static func areaUnderCurve(_ scores: [Double], _ labels: [Bool]) -> Double? {
    let positives = labels.count { $0 }
    let negatives = labels.count - positives
    guard positives > 0, negatives > 0 else { return nil }
    var below = 0
    var ordered = 0.0
    for group in tieGroups(scores, labels).reversed() {
      ordered += Double(group.positives) * (Double(below) + Double(group.negatives) / 2)
      below += group.negatives
    }
    return ordered / (Double(positives) * Double(negatives))
  }

  /// Average precision: the mean of the precision at each fraud, equal scores taken together. Nil without frauds.
  public static func averagePrecision(_ scores: [Double], _ labels: [Bool]) -> Double? {
    let positives = labels.count { $0 }
    guard positives > 0 else { return nil }
    var found = 0
    var seen = 0
    var sum = 0.0
    for group in tieGroups(scores, labels) where group.positives + group.negatives > 0 {
      found += group.positives
      seen += group.positives + group.negatives
      sum += Double(group.positives) / Double(positives) * Double(found) / Double(seen)
    }
    return sum
  }

  /// Groups of equal scores, highest first.
  private static func tieGroups(_ scores: [Double], _ labels: [Bool]) -> [(positives: Int, negatives: Int)] {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var groups: [(positives: Int, negatives: Int)] = []
    var last = Double.nan
    for place in order {
      if scores[place] != last { groups.append((0, 0)) }
      last = scores[place]
      if labels[place] {
        groups[groups.count - 1].positives += 1
      } else {
        groups[groups.count - 1].negatives += 1
      }
    }
    return groups
  }
}
