/// One metric with its samples, in the text form that Prometheus and OpenMetrics read alike.
///
/// All are gauges: node_exporter's textfile collector reads the older form, which spells counters differently and knows
/// no state sets. `# EOF` is a comment there and the required end in OpenMetrics.
struct MetricFamily: Sendable, Hashable {
  struct Sample: Sendable, Hashable {
    let labels: [String]
    let value: Double
  }

  let name: String
  let help: String
  /// Names of the labels, in the order of each sample's values.
  let labels: [String]
  private(set) var samples: [Sample] = []

  init(_ name: String, _ help: String, labels: [String] = []) {
    self.name = name
    self.help = help
    self.labels = labels
  }

  /// A family of one sample without labels; none where the value is not known.
  init(_ name: String, _ help: String, _ value: Double?) {
    self.init(name, help)
    if let value { add([], value) }
  }

  mutating func add(_ labels: [String], _ value: Double) {
    samples.append(Sample(labels: labels, value: value))
  }

  /// A whole document; families without samples are left out.
  static func document(_ families: [MetricFamily]) -> String {
    families.filter { !$0.samples.isEmpty }.map(\.text).joined() + "# EOF\n"
  }

  private var text: String {
    var lines = "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) gauge\n"
    for sample in samples {
      let pairs = zip(labels, sample.labels).map { "\($0)=\"\(Self.escaped($1))\"" }
      lines += name + (pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}")
      lines += " \(Self.text(sample.value))\n"
    }
    return lines
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
