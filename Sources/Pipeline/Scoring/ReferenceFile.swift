/// A fitted or shipped ``Reference`` as YAML text.
public struct ReferenceFile: Sendable {
  public let reference: Reference
  /// The ruleset it was fitted with; nil for priors, which go with any.
  public let rulesetVersion: String?

  public init(reference: Reference, rulesetVersion: String?) {
    self.reference = reference
    self.rulesetVersion = rulesetVersion
  }

  /// - Throws: ``ScoringError`` where the file is not there or wrong.
  public static func read(_ file: String) throws -> ReferenceFile {
    try parse(try RulesetFiles.text(file), file: file)
  }

  static func parse(_ yaml: String, file: String) throws(ScoringError) -> ReferenceFile {
    do {
      let root = try DashboardNode.compose(yaml: yaml, file: file)
      let fields = try Fields(
        root, "the reference", ["origin", "ruleset_version", "event_scale", "curves"],
        optional: ["ruleset_version"])
      let curves = try Fields(fields["curves"], "curves", Statistic.allCases.map(\.name))
      return ReferenceFile(
        reference: Reference(
          curves: try Statistic.allCases.map { try curve(curves[$0.name]) },
          eventScale: CompositeScale(
            knots: try RulesetReader.risingKnots(fields["event_scale"], "event_scale", count: 4)),
          origin: try fields["origin"].text("origin")),
        rulesetVersion: try fields.optional("ruleset_version")?.text("ruleset_version"))
    } catch let error as DashboardFileError {
      throw ScoringError(error)
    } catch let error as ScoringError {
      throw error
    } catch {
      throw ScoringError(.ruleset, place: file, "\(error)")
    }
  }

  private static func curve(_ node: DashboardNode) throws -> EvidenceCurve {
    let fields = try Fields(node, "a curve", ["knots", "beta", "sample"], optional: ["sample"])
    return EvidenceCurve(
      knots: try RulesetReader.risingKnots(fields["knots"], "knots", count: EvidenceCurve.knotCount),
      beta: try fields.number("beta", in: 0.000_001...1_000_000_000),
      sampleSize: Int(try fields.number("sample", in: 0...1e15, default: 0)))
  }

  /// The file's text; reading it gives the same reference to the last bit.
  public var yaml: String {
    func list(_ numbers: [Double]) -> String { "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]" }
    var text = "# Written by riskdeck risk fit: how the statistics are spread among ordinary orders.\n"
    text += "origin: \"\(reference.origin)\"\n"
    if let rulesetVersion { text += "ruleset_version: \"\(rulesetVersion)\"\n" }
    text += "event_scale: \(list(reference.eventScale.knots))\ncurves:\n"
    for statistic in Statistic.allCases {
      let curve = reference.curves[statistic.rawValue]
      text += "  \(statistic.name):\n    knots: \(list(curve.knots))\n    beta: \(curve.beta)\n"
      text += "    sample: \(curve.sampleSize)\n"
    }
    return text
  }
}
