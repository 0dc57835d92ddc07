/// A number of a ruleset that people tune: a weight, a rule's points, a bound.
public struct RulesetNumber: Sendable, Hashable {
  public enum Group: String, Sendable, Hashable, CaseIterable {
    case levels, scale, rules, weights, outcomes
  }

  public let group: Group
  /// A statistic, a rule, a level, or the place of a knot.
  public let name: String

  public init(_ group: Group, _ name: String) {
    self.group = group
    self.name = name
  }

  /// What one press of a key changes it by.
  public var step: Double {
    switch group {
    case .levels: 0.01
    case .scale: 1
    case .rules: 5
    case .weights, .outcomes: 0.1
    }
  }

  public var range: ClosedRange<Double> { group == .levels ? 0...1 : 0...1_000 }

  /// Where it stands in `ruleset.yml`.
  var path: [String] {
    switch group {
    case .levels: ["customer", "levels", name]
    case .scale: ["customer", "scale", name]
    case .rules: ["hard_rules", name, "points"]
    case .weights: ["weights", name]
    case .outcomes: ["feedback", name, "weight"]
    }
  }
}

extension Ruleset {
  /// The numbers that can be tuned, in reading order.
  public var numbers: [RulesetNumber] {
    ["medium", "high", "critical"].map { RulesetNumber(.levels, $0) }
      + customerScale.knots.indices.map { RulesetNumber(.scale, String($0)) }
      + rules.map { RulesetNumber(.rules, $0.name) }
      + Statistic.allCases.map { RulesetNumber(.weights, $0.name) }
      + ["counterparty", "customer"].map { RulesetNumber(.outcomes, $0) }
  }

  /// The value of a number; nil: there is no such number.
  public func value(_ number: RulesetNumber) -> Double? {
    switch number.group {
    case .levels: Self.levelNames.firstIndex(of: number.name).map { levelBounds[$0] }
    case .scale:
      Int(number.name).flatMap { customerScale.knots.indices.contains($0) ? customerScale.knots[$0] : nil }
    case .rules: rules.first { $0.name == number.name }?.points
    case .weights: Statistic(name: number.name).map { weights[$0.rawValue] }
    case .outcomes: number.name == "counterparty" ? counterpartyFeedbackWeight : customerFeedbackWeight
    }
  }

  private static let levelNames = ["medium", "high", "critical"]
}

/// Numbers to put in place of a ruleset's own.
public struct RulesetTuning: Sendable, Hashable {
  public private(set) var values: [RulesetNumber: Double] = [:]

  public init() {}

  public var isEmpty: Bool { values.isEmpty }

  /// The number's value: the tuned one, else the ruleset's.
  public func value(_ number: RulesetNumber, in ruleset: Ruleset) -> Double {
    values[number] ?? ruleset.value(number) ?? 0
  }

  /// Sets a number, kept in its range; the ruleset's own value lifts the change.
  public mutating func set(_ number: RulesetNumber, to value: Double, in ruleset: Ruleset) {
    let bounded = min(max(value, number.range.lowerBound), number.range.upperBound)
    // Steps of a tenth add up to what people write.
    let rounded = (bounded * 10_000).rounded() / 10_000
    values[number] = rounded == ruleset.value(number) ? nil : rounded
  }

  /// Why these numbers make no ruleset; nil: they do.
  public func problem(in ruleset: Ruleset) -> String? {
    let levels = ["medium", "high", "critical"].map { value(RulesetNumber(.levels, $0), in: ruleset) }
    if levels[0] >= levels[1] || levels[1] >= levels[2] { return "levels must rise from medium to critical" }
    let knots = ruleset.customerScale.knots.indices.map {
      value(RulesetNumber(.scale, String($0)), in: ruleset)
    }
    if zip(knots, knots.dropFirst()).contains(where: { $0 > $1 }) { return "the scale must not fall" }
    return nil
  }

  /// The text of the ruleset with these numbers; comments and order stay.
  /// - Throws: ``ScoringError`` where the text does not have them in their place.
  public func applied(to yaml: String) throws -> String {
    var lines = yaml.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0) }
    do {
      let root = try DashboardNode.compose(yaml: yaml, file: "ruleset")
      let places = try values.map { number, value in (try root.place(of: number), value) }
      // From the end of each line, so that earlier columns stay where they are.
      for (place, value) in places.sorted(by: { ($0.0.line, $0.0.column) > ($1.0.line, $1.0.column) }) {
        let start = place.column - 1
        let line = lines[place.line - 1]
        let end = line[start...].firstIndex { " ,]}#".contains($0) } ?? line.count
        lines[place.line - 1].replaceSubrange(start..<end, with: Array(Self.text(value)))
      }
    } catch let error as DashboardFileError {
      throw ScoringError(error)
    }
    return lines.map { String($0) }.joined(separator: "\n")
  }

  /// A number as people write it.
  public static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }
}

extension DashboardNode {
  /// Line and column of a number's text, from 1.
  fileprivate func place(of number: RulesetNumber) throws(DashboardFileError) -> (line: Int, column: Int) {
    var node = self
    for step in number.path {
      switch node.node {
      case .mapping:
        guard let pair = try node.pairs(of: step).first(where: { $0.key.node.string == step }) else {
          throw node.error(.missingKey, "there is no '\(step)'")
        }
        node = pair.value
      default:
        let elements = try node.elements(of: step)
        if let index = Int(step), elements.indices.contains(index) {
          node = elements[index]
        } else {
          var found: DashboardNode?
          for element in elements
          where try element.pairs(of: "a rule").contains(where: {
            $0.key.node.string == "name" && $0.value.node.string == step
          }) {
            found = element
          }
          guard let found else { throw node.error(.missingKey, "there is no rule '\(step)'") }
          node = found
        }
      }
    }
    _ = try node.number(number.name)
    guard let mark = node.node.mark else { throw node.error(.badValue, "'\(number.name)' has no place") }
    return (mark.line, mark.column)
  }
}
