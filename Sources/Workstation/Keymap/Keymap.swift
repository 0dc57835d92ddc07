import Yams

/// The key table in force.
public struct Keymap: Sendable {
  public private(set) var bindings: [KeyBinding]
  private var actions: [KeyContext: [Key: Action]] = [:]

  public static let standard = Keymap(bindings: defaultBindings)

  init(bindings: [KeyBinding]) {
    self.bindings = bindings
    index()
  }

  private mutating func index() {
    actions = [:]
    for binding in bindings {
      for context in binding.contexts {
        for key in binding.keys { actions[context, default: [:]][key] = binding.action }
      }
    }
  }

  /// The action of a key where these contexts hold, the most particular first.
  func action(for key: Key, in contexts: [KeyContext]) -> Action? {
    for context in contexts {
      if let action = actions[context]?[key] { return action }
    }
    return nil
  }

  func binding(_ action: Action) -> KeyBinding? {
    bindings.first { $0.action == action }
  }

  /// The first key of an action, as the footer shows it; empty where it has none.
  func keyName(_ action: Action) -> String {
    binding(action)?.keys.first?.name ?? ""
  }

  /// The table with the keys of a configuration's `keys` entry, and what is wrong with that configuration.
  ///
  /// The format is `keys: {sort: s, refresh: [ctrl-r, f5], quit: []}`: an action's keys replace its own. A key that
  /// another action holds in the same place goes to the configured one; where two configured actions want the
  /// same key, the first keeps it and the second is reported.
  public static func configured(yaml: String, file: String) -> (
    keymap: Keymap, problems: [ConfigurationError]
  ) {
    do throws(ConfigurationError) {
      let root = try yamlRoot(yaml, file: file)
      guard let entry = root.first(where: { $0.key.string == "keys" }) else { return (.standard, []) }
      guard let keys = entry.value.mapping else {
        throw ConfigurationError(.syntax, file: file, at: entry.value, "keys must hold `action: key` pairs")
      }
      return configured(keys, file: file)
    } catch {
      return (.standard, [error])
    }
  }

  private static func configured(
    _ entries: Node.Mapping, file: String
  ) -> (keymap: Keymap, problems: [ConfigurationError]) {
    var bindings = defaultBindings
    var problems: [ConfigurationError] = []
    var configured: [Int] = []
    for (name, node) in entries {
      guard let position = bindings.firstIndex(where: { $0.action.rawValue == name.string }) else {
        problems.append(
          ConfigurationError(
            .unknownName, file: file, at: name, "there is no action \(name.string ?? "?"); see docs/keys.md"))
        continue
      }
      var keys: [Key] = []
      for item in node.sequence.map(Array.init) ?? [node] {
        guard let key = item.string.flatMap(Key.init(name:)) else {
          problems.append(
            ConfigurationError(
              .badKey, file: file, at: item, "\(item.string ?? "?") is no key; see docs/keys.md"))
          continue
        }
        let rival = configured.first {
          bindings[$0].keys.contains(key) && bindings[$0].overlaps(bindings[position])
        }
        if let rival {
          problems.append(
            ConfigurationError(
              .conflict, file: file, at: item,
              "\(key.name) is already \(bindings[rival].action.rawValue); \(bindings[position].action.rawValue) "
                + "does not get it"))
          continue
        }
        keys.append(key)
      }
      bindings[position].keys = keys
      configured.append(position)
    }
    for position in bindings.indices where !configured.contains(position) {
      let binding = bindings[position]
      let taken = configured.map { bindings[$0] }.filter { $0.overlaps(binding) }.flatMap(\.keys)
      bindings[position].keys = binding.keys.filter { !taken.contains($0) }
    }
    if bindings.contains(where: { $0.action == .quit && $0.keys.isEmpty }) {
      problems.append(
        ConfigurationError(
          code: .conflict, file: file, line: nil, column: nil,
          message: "no key is left to quit; the command palette still can"))
    }
    return (Keymap(bindings: bindings), problems)
  }

  /// Actions that share a key in the same place; empty in a sound table.
  public var conflicts: [(Key, Action, Action)] {
    var found: [(Key, Action, Action)] = []
    for (position, binding) in bindings.enumerated() {
      for other in bindings[(position + 1)...] where binding.overlaps(other) {
        for key in binding.keys where other.keys.contains(key) {
          found.append((key, binding.action, other.action))
        }
      }
    }
    return found
  }
}

extension KeyBinding {
  /// Whether both hold at one place, so that a key can mean only one of them. A binding of one screen hides one
  /// that holds everywhere only by the user's own wish, so that counts as well.
  fileprivate func overlaps(_ other: KeyBinding) -> Bool {
    if !contexts.isDisjoint(with: other.contexts) { return true }
    let screens: Set<KeyContext> = [
      .pipeline, .dashboard, .customers, .customer, .query, .whatIf, .rows, .models, .cases, .fraudCase,
    ]
    return contexts.contains(.everywhere) && !other.contexts.isDisjoint(with: screens)
      || other.contexts.contains(.everywhere) && !contexts.isDisjoint(with: screens)
  }
}
