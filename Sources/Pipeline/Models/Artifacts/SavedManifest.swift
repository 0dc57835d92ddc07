/// What `state:` needs of a manifest that an earlier run, riskdeck's or dbt's, left behind.
public struct SavedManifest: Sendable {
  let fingerprints: [String: String]

  /// Reads `manifest.json`.
  /// - Throws: ``ModelError`` where the file is missing or no manifest.
  public static func read(_ folder: String) throws(ModelError) -> SavedManifest {
    let text = try ProjectFiles(directory: folder).text("manifest.json")
    var fingerprints: [String: String] = [:]
    do {
      var reader = JSONReader(Array(text.utf8))
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        guard key == "nodes" else { return try reader.skipValue() }
        try reader.readObject { (reader, id) throws(JSONReader.SyntaxError) in
          fingerprints[id] = try fingerprint(&reader)
        }
      }
    } catch {
      throw ModelError(.file, "\(folder)/manifest.json is no manifest in JSON")
    }
    return SavedManifest(fingerprints: fingerprints)
  }

  private static func fingerprint(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) -> String {
    var checksum = ""
    var raw = ""
    var type = ""
    var isGeneric = false
    var configuration: [(String, ConfigurationValue)] = []
    try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
      switch key {
      case "checksum":
        try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
          if key == "checksum" { checksum = try reader.optionalText() ?? "" } else { try reader.skipValue() }
        }
      case "resource_type": type = try reader.optionalText() ?? ""
      case "raw_code": raw = try reader.optionalText() ?? ""
      case "test_metadata":
        isGeneric = true
        try reader.skipValue()
      case "unrendered_config":
        try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
          configuration.append((key, try value(&reader)))
        }
      default: try reader.skipValue()
      }
    }
    if type == "test" { checksum = isGeneric ? "" : Crypto.sha256Hex(TemplateFilters.trimmed(raw)) }
    var merged = NodeConfiguration()
    for (key, value) in configuration { merged.merge(key, value) }
    return fingerprint(checksum: checksum, configuration: merged)
  }

  private static func value(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) -> ConfigurationValue {
    switch try reader.peekKind() {
    case .object:
      var entries: [ConfigurationValue.Entry] = []
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        entries.append(ConfigurationValue.Entry(key, try value(&reader)))
      }
      return .map(entries)
    case .array:
      var items: [ConfigurationValue] = []
      try reader.readArray { (reader) throws(JSONReader.SyntaxError) in items.append(try value(&reader)) }
      return .list(items)
    case .null:
      try reader.skipValue()
      return .null
    case .boolean: return .boolean(try reader.optionalBoolean() ?? false)
    case .string, .number: return .string(try reader.optionalText() ?? "")
    }
  }

  /// One text for everything that makes a node count as modified. Numbers and booleans compare by their text: a manifest
  /// of dbt writes some of them as texts.
  static func fingerprint(checksum: String, configuration: NodeConfiguration) -> String {
    let parts = configuration.entries.sorted { $0.key < $1.key }.map { $0.key + "=" + plain($0.value) }
    return checksum + "|" + parts.joined(separator: "|")
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
