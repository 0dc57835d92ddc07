/// What `state:` needs of a manifest that an earlier run, riskdeck's or dbt's, left behind.
public struct SavedManifest: Sendable {
  let fingerprints: [String: NodeFingerprint]
  /// The texts of macros by their id.
  let macros: [String: String]

  /// Reads `manifest.json`.
  /// - Throws: ``ModelError`` where the file is missing or no manifest.
  public static func read(_ folder: String) throws(ModelError) -> SavedManifest {
    let text = try ProjectFiles(directory: folder).text("manifest.json")
    var fingerprints: [String: NodeFingerprint] = [:]
    var macros: [String: String] = [:]
    do {
      var reader = JSONReader(Array(text.utf8))
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        switch key {
        case "nodes":
          try reader.readObject { (reader, id) throws(JSONReader.SyntaxError) in
            fingerprints[id] = try fingerprint(&reader)
          }
        case "macros":
          try reader.readObject { (reader, id) throws(JSONReader.SyntaxError) in
            macros[id] = try macroText(&reader)
          }
        default: try reader.skipValue()
        }
      }
    } catch {
      throw ModelError(.file, "\(folder)/manifest.json is no manifest in JSON")
    }
    return SavedManifest(fingerprints: fingerprints, macros: macros)
  }

  private static func macroText(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) -> String {
    var text = ""
    try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
      if key == "macro_sql" { text = try reader.optionalText() ?? "" } else { try reader.skipValue() }
    }
    // dbt keeps a file's line breaks; templates read all of them alike.
    return text.replacing("\r\n", with: "\n")
  }

  private static func fingerprint(_ reader: inout JSONReader) throws(JSONReader.SyntaxError)
    -> NodeFingerprint
  {
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
    return NodeFingerprint(body: checksum, configuration: merged)
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
}
