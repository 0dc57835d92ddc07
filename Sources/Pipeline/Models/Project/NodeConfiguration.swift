/// The configuration of a model, test, seed or source after everything that has a say was merged.
public struct NodeConfiguration: Sendable, Hashable {
  private(set) var entries: [ConfigurationValue.Entry] = []

  init() {}

  public subscript(key: String) -> ConfigurationValue? {
    entries.first { $0.key == key }?.value
  }

  /// Lets a later, more specific source override: tags add up, meta merges, everything else is replaced.
  mutating func merge(_ key: String, _ value: ConfigurationValue) {
    let name = key.replacing("-", with: "_")
    let old = self[name]
    let merged: ConfigurationValue
    switch name {
    case "tags":
      let tags = (old?.strings ?? []) + (value.strings ?? [])
      var seen: Set<String> = []
      merged = .list(tags.filter { seen.insert($0).inserted }.map { .string($0) })
    case "meta":
      merged = Self.merged(old, value)
    case "pre_hook", "post_hook":
      merged = .list(Self.items(old) + Self.items(value))
    default:
      merged = value
    }
    if let index = entries.firstIndex(where: { $0.key == name }) {
      entries[index] = ConfigurationValue.Entry(name, merged)
    } else {
      entries.append(ConfigurationValue.Entry(name, merged))
    }
  }

  mutating func merge(_ other: [ConfigurationValue.Entry]) {
    for entry in other { merge(entry.key, entry.value) }
  }

  private static func items(_ value: ConfigurationValue?) -> [ConfigurationValue] {
    switch value {
    case nil, .null: []
    case .list(let items): items
    case .some(let single): [single]
    }
  }

  private static func merged(_ old: ConfigurationValue?, _ new: ConfigurationValue) -> ConfigurationValue {
    guard case .map(var entries)? = old, case .map(let added) = new else { return new }
    for entry in added {
      if let index = entries.firstIndex(where: { $0.key == entry.key }) {
        entries[index] = entry
      } else {
        entries.append(entry)
      }
    }
    return .map(entries)
  }

  // MARK: - What the engine reads

  public var isEnabled: Bool { self["enabled"]?.boolean ?? true }
  public var tags: [String] { self["tags"]?.strings ?? [] }
  var schema: String? { self["schema"]?.string }
  var alias: String? { self["alias"]?.string }
  var database: String? { self["database"]?.string }
}
