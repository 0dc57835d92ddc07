/// What makes a node count as modified: its own text, and how it is configured.
struct NodeFingerprint: Sendable, Hashable {
  /// A digest of the node's text; empty for a generic test, whose arguments are part of its id.
  let body: String
  /// Numbers and booleans compare by their text: a manifest of dbt writes some of them as texts.
  let configuration: String

  init(body: String, configuration: NodeConfiguration) {
    self.body = body
    self.configuration = configuration.entries.sorted { $0.key < $1.key }
      .map { $0.key + "=" + Self.plain($0.value) }.joined(separator: "|")
  }

  private static func plain(_ value: ConfigurationValue) -> String {
    switch value {
    case .null: ""
    case .boolean(let flag): flag ? "true" : "false"
    case .integer, .number: value.templateValue.text
    case .string(let text): text
    case .list(let items): "[" + items.map(plain).joined(separator: ",") + "]"
    case .map(let entries):
      "{" + entries.sorted { $0.key < $1.key }.map { $0.key + ":" + plain($0.value) }.joined(separator: ",")
        + "}"
    }
  }
}

extension Project {
  /// What `state:` compares, by id.
  var fingerprints: [String: NodeFingerprint] {
    var fingerprints: [String: NodeFingerprint] = [:]
    for model in models {
      fingerprints[model.id] = NodeFingerprint(
        body: Crypto.sha256Hex(TemplateFilters.trimmed(model.text)), configuration: model.configuration)
    }
    for seed in seeds {
      fingerprints[seed.id] = NodeFingerprint(body: seed.digest, configuration: seed.configuration)
    }
    for test in tests {
      var body = ""
      if case .singular(_, let text) = test.kind { body = Crypto.sha256Hex(TemplateFilters.trimmed(text)) }
      fingerprints[test.id] = NodeFingerprint(body: body, configuration: test.configuration)
    }
    return fingerprints
  }
}
