#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A ruleset with the priors that go with it.
public struct RulesetFiles: Sendable {
  public let ruleset: Ruleset
  public let priors: Reference

  /// Reads `ruleset.yml`, or another file of that format, and what it names beside it.
  /// - Parameter path: a folder that holds `ruleset.yml`, or the file itself.
  /// - Throws: ``ScoringError`` with file, line and column of the first mistake.
  public static func read(_ path: String) throws -> RulesetFiles {
    let (texts, file, priors) = try located(path)
    return try parse(texts, file: file, priorFile: priors)
  }

  /// The texts a ruleset is made of.
  /// - Parameter path: as in ``read(_:)``.
  static func texts(_ path: String) throws -> RulesetStore.Texts { try located(path).texts }

  private static func located(
    _ path: String
  ) throws -> (texts: RulesetStore.Texts, file: String, priorFile: String) {
    let file = path.hasSuffix(".yml") || path.hasSuffix(".yaml") ? path : path + "/ruleset.yml"
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    let read = { (name: String) throws -> (path: String, text: String) in
      let other = name.hasPrefix("/") || folder.isEmpty ? name : folder + "/" + name
      return (other, try text(other))
    }
    let yaml = try text(file)
    do {
      let reader = try RulesetReader(yaml: yaml, file: file)
      let priors = try read(reader.priorFile)
      return (
        RulesetStore.Texts(rules: yaml, domains: try read(reader.domainFile).text, priors: priors.text), file,
        priors.path
      )
    } catch let error as DashboardFileError {
      throw ScoringError(error)
    }
  }

  /// Reads a ruleset out of its texts.
  /// - Parameters:
  ///   - file: what the rules are called in errors.
  ///   - priorFile: what the priors are called there.
  static func parse(
    _ texts: RulesetStore.Texts, file: String, priorFile: String = "priors"
  ) throws -> RulesetFiles {
    do {
      var ruleset = try RulesetReader(yaml: texts.rules, file: file).ruleset
      ruleset.disposableDomains = Set(
        texts.domains.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") })
      ruleset.version = texts.version
      return RulesetFiles(
        ruleset: ruleset, priors: try ReferenceFile.parse(texts.priors, file: priorFile).reference)
    } catch let error as DashboardFileError {
      throw ScoringError(error)
    }
  }

  /// 12 digits of the SHA-256 of what a ruleset is made of.
  static func version(rules: String, domains: String, priors: String) -> String {
    String(Crypto.sha256Hex([rules, domains, priors].joined(separator: "\0")).prefix(12))
  }

  static func text(_ file: String) throws(ScoringError) -> String {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw ScoringError(.ruleset, place: file, "cannot be read; check the path and its permissions")
    }
    guard let text = String(bytes: data, encoding: .utf8) else {
      throw ScoringError(.ruleset, place: file, "is no UTF-8 text")
    }
    return text
  }
}

extension ScoringError {
  init(_ error: DashboardFileError) {
    let place = error.file + [error.line, error.column].compactMap { $0.map { ":\($0)" } }.joined()
    self.init(.ruleset, place: place, error.problem)
  }
}

/// The text of a `ruleset.yml` as a ``Ruleset``; strict: an unknown key is a mistake.
struct RulesetReader {
  private(set) var ruleset: Ruleset
  let domainFile: String
  let priorFile: String

  init(yaml: String, file: String) throws {
    let root = try DashboardNode.compose(yaml: yaml, file: file)
    let fields = try Fields(
      root, "the ruleset",
      [
        "evidence", "weights", "families", "carry", "customer", "feedback", "hard_rules", "block_list",
        "disposable_email_domains", "priors",
      ])
    let evidence = try Fields(fields["evidence"], "evidence", ["threshold", "cap"])
    let carry = try Fields(fields["carry"], "carry", ["event", "customer"])
    let customer = try Fields(fields["customer"], "customer", ["age_half_life_days", "scale", "levels"])
    let levels = try Fields(customer["levels"], "levels", ["medium", "high", "critical"])
    let (feedback, counterpartyWeight, customerWeight) = try Self.feedback(fields["feedback"])

    let bounds = try ["medium", "high", "critical"].map { try levels.number($0, in: 0...1) }
    guard bounds[0] < bounds[1], bounds[1] < bounds[2] else {
      throw try customer["levels"].error(.badValue, "levels must rise from medium to critical")
    }
    let threshold = try evidence.number("threshold", in: 0...3)
    ruleset = Ruleset(
      weights: try Self.weights(fields["weights"]), families: try Self.families(fields["families"]),
      counterpartyFeedbackWeight: counterpartyWeight, customerFeedbackWeight: customerWeight,
      evidenceThreshold: threshold, evidenceCap: try evidence.number("cap", in: threshold...700),
      eventCarry: try Self.carry(carry["event"]), customerCarry: try Self.carry(carry["customer"]),
      ageHalfLifeDays: try customer.number("age_half_life_days", in: 0.1...100_000),
      customerScale: CompositeScale(
        knots: try Self.risingKnots(customer["scale"], "scale", count: 4, isStrict: true)),
      levelBounds: bounds, feedback: feedback, rules: try Self.rules(fields["hard_rules"]),
      blockList: try Self.blockList(fields["block_list"]), disposableDomains: [], version: "")
    domainFile = try fields["disposable_email_domains"].text("disposable_email_domains")
    priorFile = try fields["priors"].text("priors")
  }

  private static func weights(_ node: DashboardNode) throws -> [Double] {
    let fields = try Fields(node, "weights", Statistic.allCases.map(\.name))
    return try Statistic.allCases.map { try fields.number($0.name, in: 0...1_000) }
  }

  private static func families(_ node: DashboardNode) throws -> [[Int]] {
    var taken: Set<Int> = []
    return try node.elements(of: "families").map { family in
      try family.elements(of: "a family").map { member in
        let name = try member.text("a statistic")
        guard let statistic = Statistic(name: name), !statistic.isOfProfile else {
          throw member.error(.badValue, "'\(name)' is no statistic of an event")
        }
        guard taken.insert(statistic.rawValue).inserted else {
          throw member.error(.badValue, "'\(name)' is in a family already")
        }
        return statistic.rawValue
      }
    }
  }

  private static func carry(_ node: DashboardNode) throws -> Carry {
    let fields = try Fields(node, "a carry", ["threshold", "half_life_hours", "weight"])
    return Carry(
      threshold: try fields.number("threshold", in: 0...1_000),
      halfLifeHours: try fields.number("half_life_hours", in: 0.01...100_000),
      weight: try fields.number("weight", in: 0...10))
  }

  private static func feedback(_ node: DashboardNode) throws -> (FeedbackSettings, Double, Double) {
    let fields = try Fields(
      node, "feedback", ["delay_days", "prior_events", "prior_share", "counterparty", "customer"])
    let counterparty = try Fields(
      fields["counterparty"], "counterparty", ["weight", "compromise_days", "fraud_share"])
    let customer = try Fields(fields["customer"], "customer", ["weight", "half_life_days"])
    var settings = FeedbackSettings()
    settings.delayDays = try fields.wholeNumber("delay_days", in: 0...50)
    settings.priorEvents = try fields.number("prior_events", in: 0.001...1_000_000)
    settings.priorShare = try fields.number("prior_share", in: 0.000_001...0.5)
    settings.compromiseDays = try counterparty.number("compromise_days", in: 0.1...10_000)
    settings.compromisedShare = try counterparty.number("fraud_share", in: 0.01...0.99)
    settings.customerHalfLifeDays = try customer.number("half_life_days", in: 0.1...10_000)
    return (
      settings, try counterparty.number("weight", in: 0...1_000), try customer.number("weight", in: 0...1_000)
    )
  }

  /// Numbers that do not fall.
  /// - Parameter isStrict: they must be above 0 and rise.
  static func risingKnots(
    _ node: DashboardNode, _ what: String, count: Int, isStrict: Bool = false
  ) throws -> [Double] {
    let elements = try node.elements(of: what)
    guard elements.count == count else {
      throw node.error(.badValue, "\(what) needs \(count) numbers, not \(elements.count)")
    }
    var knots: [Double] = []
    for element in elements {
      let knot = try element.number(what)
      if isStrict, knot <= knots.last ?? 0 {
        throw element.error(.badValue, "\(what) must rise, from above 0 on")
      }
      if let last = knots.last, knot < last { throw element.error(.badValue, "\(what) must not fall") }
      knots.append(knot)
    }
    return knots
  }

  // MARK: - Hard rules

  private static func rules(_ node: DashboardNode) throws -> [HardRule] {
    var names: Set<String> = []
    return try node.elements(of: "hard_rules").map { element in
      let fields = try Fields(
        element, "a rule", ["name", "factor", "points", "text", "when", "rearm_hours", "largest_share"],
        optional: ["rearm_hours", "largest_share"])
      let name = try fields["name"].text("name")
      guard names.insert(name).inserted, Statistic(name: name)?.isOfProfile != false else {
        throw try fields["name"].error(.badValue, "'\(name)' is taken already")
      }
      let condition = try condition(fields["when"])
      let scopes = Set(condition.features.map(\.scope))
      guard scopes.count == 1, let scope = scopes.first else {
        throw try fields["when"].error(
          .badValue, "a rule compares features of the order or of the customer, not both")
      }
      let text = try fields["text"].text("text")
      for name in EvidenceWords.placeholders(text) {
        guard RuleFeature(rawValue: name)?.scope == scope else {
          let known = RuleFeature.allCases.filter { $0.scope == scope }.map(\.rawValue)
          throw try fields["text"].error(
            .badValue,
            "no feature '\(name)' to fill in; a rule of the \(scope.rawValue) has \(quotedList(known))")
        }
      }
      return HardRule(
        name: name, factor: try fields["factor"].choice("factor", Factor.self), scope: scope,
        points: try fields.number("points", in: 0...1_000), text: text,
        condition: condition, rearmHours: try fields.number("rearm_hours", in: 0...100_000, default: 24),
        largestShare: try fields.number("largest_share", in: 0...1, default: 1))
    }
  }

  private static func condition(_ node: DashboardNode) throws -> RuleCondition {
    if case .scalar = node.node { return try comparison(node) }
    let pairs = try node.pairs(of: "a condition")
    guard pairs.count == 1, let (key, value) = pairs.first else {
      throw node.error(.badValue, "a condition has one of 'all', 'any' and 'not'")
    }
    switch try key.text("a key") {
    case "all": return .all(try parts(value))
    case "any": return .any(try parts(value))
    case "not": return .not(try condition(value))
    case let other: throw key.error(.unknownKey, "a condition knows 'all', 'any' and 'not', not '\(other)'")
    }
  }

  private static func parts(_ node: DashboardNode) throws -> [RuleCondition] {
    let parts = try node.elements(of: "the parts of a condition").map { try condition($0) }
    guard !parts.isEmpty else { throw node.error(.badValue, "a condition needs at least one part") }
    return parts
  }

  /// `feature >= number`.
  private static func comparison(_ node: DashboardNode) throws -> RuleCondition {
    let words = try node.text("a comparison").split(separator: " ")
    guard words.count == 3 else {
      throw node.error(.badValue, "a comparison reads 'feature >= number'")
    }
    guard let feature = RuleFeature(rawValue: String(words[0])) else {
      throw node.error(
        .badValue, "no feature '\(words[0])'; there are \(quotedList(RuleFeature.allCases.map(\.rawValue)))")
    }
    guard let comparison = RuleCondition.Comparison(rawValue: String(words[1])) else {
      throw node.error(
        .badValue,
        "no comparison '\(words[1])'; there are \(quotedList(RuleCondition.Comparison.allCases.map(\.rawValue)))"
      )
    }
    guard let bound = Double(words[2]), bound.isFinite else {
      throw node.error(.wrongType, "'\(words[2])' is no number")
    }
    return .compare(feature, comparison, bound)
  }

  private static func blockList(_ node: DashboardNode) throws -> BlockList {
    let fields = try Fields(
      node, "block_list", ["customers", "email_domains", "devices", "ips", "counterparties"])
    func texts(_ key: String) throws -> [String] {
      try fields[key].elements(of: key).map { try $0.text("an entry") }
    }
    var list = BlockList()
    for element in try fields["customers"].elements(of: "customers") {
      guard let id = Int64(try element.text("a customer")) else {
        throw element.error(.wrongType, "a customer is a whole number")
      }
      list.customers.insert(id)
    }
    list.emailDomains = Set(try texts("email_domains").map { $0.lowercased() })
    list.devices = Set(try texts("devices").map { stableHash($0) })
    list.ips = Set(try texts("ips").map { stableHash($0) })
    list.counterparties = Set(try texts("counterparties").map { stableHash($0) })
    return list
  }
}

/// A mapping whose keys are all known and all there.
struct Fields {
  private let fields: [String: DashboardNode]
  private let node: DashboardNode
  private let what: String

  init(_ node: DashboardNode, _ what: String, _ known: [String], optional: Set<String> = []) throws {
    fields = try node.fields(of: what, known: known)
    self.node = node
    self.what = what
    for key in known where fields[key] == nil && !optional.contains(key) {
      throw node.error(.missingKey, "\(what) needs the key '\(key)'")
    }
  }

  subscript(key: String) -> DashboardNode {
    get throws {
      guard let field = fields[key] else { throw node.error(.missingKey, "\(what) needs the key '\(key)'") }
      return field
    }
  }

  /// The node of an optional key.
  func optional(_ key: String) -> DashboardNode? { fields[key] }

  func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil) throws -> Double
  {
    if let fallback, fields[key] == nil { return fallback }
    let field = try self[key]
    let number = try field.number(key)
    guard range.contains(number) else {
      throw field.error(
        .badValue,
        "\(key) must be from \(EvidenceWords.number(range.lowerBound)) to \(EvidenceWords.number(range.upperBound))"
      )
    }
    return number
  }
}

extension Fields {
  func wholeNumber(_ key: String, in range: ClosedRange<Double>) throws -> Int {
    let number = try number(key, in: range)
    guard number == number.rounded() else {
      throw try self[key].error(.badValue, "\(key) must be a whole number")
    }
    return Int(number)
  }
}

extension Ruleset {
  /// The part of `ruleset.yml` that a calibration changes.
  public var weightText: String {
    func text(_ number: Double) -> String { "\((number * 10_000).rounded() / 10_000)" }
    var lines = ["weights:"]
    for statistic in Statistic.allCases {
      lines.append("  \(statistic.name): \(text(weights[statistic.rawValue]))")
    }
    lines.append("# carry.event.weight: \(text(eventCarry.weight))")
    lines.append("# feedback.counterparty.weight: \(text(counterpartyFeedbackWeight))")
    lines.append("# feedback.customer.weight: \(text(customerFeedbackWeight))")
    return lines.joined(separator: "\n") + "\n"
  }
}
