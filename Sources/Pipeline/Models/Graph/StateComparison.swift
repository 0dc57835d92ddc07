/// What became of a project since a manifest was written, for `state:` selectors.
struct StateComparison {
  private let old: SavedManifest
  private let new: [String: NodeFingerprint]
  private let project: Project

  init(_ project: Project, _ state: SavedManifest) {
    self.project = project
    old = state
    new = project.fingerprints
  }

  /// The nodes that are `new`, `old`, `modified`, `unmodified`, or `modified.` in one respect.
  /// - Throws: ``ModelError`` for another word.
  func ids(_ value: String) throws(ModelError) -> Set<String> {
    switch value {
    case "new": return nodes { old, _ in old == nil }
    case "old": return nodes { old, _ in old != nil }
    case "modified": return modified
    case "unmodified": return Set(new.keys).subtracting(modified)
    case "modified.body": return nodes { old, new in old?.body != new.body }
    case "modified.configs": return nodes { old, new in old?.configuration != new.configuration }
    case "modified.macros": return nodes { old, _ in old == nil }.union(callersOfChangedMacros)
    default:
      throw ModelError(
        .selection,
        "`state:` takes modified, modified.body, modified.configs, modified.macros, unmodified, new or old")
    }
  }

  private var modified: Set<String> {
    nodes { $0 != $1 }.union(callersOfChangedMacros)
  }

  private func nodes(_ isMatch: (_ old: NodeFingerprint?, _ new: NodeFingerprint) -> Bool) -> Set<String> {
    Set(new.filter { isMatch(old.fingerprints[$0.key], $0.value) }.map(\.key))
  }

  /// The nodes that call, directly or not, a macro of the project that is new or reads otherwise now. Macros of packages
  /// come with the program, and dbt's manifest holds dbt's own texts of them.
  private var callersOfChangedMacros: Set<String> {
    let macros = project.environment.macros.all.filter { $0.package == project.settings.name }
    let changed = macros.compactMap { package, macro in
      let id = MacroUses.id(package, macro.name)
      return old.macros[id] == macro.text ? nil : id
    }
    return MacroUses(project).callers(of: Set(changed)).intersection(new.keys)
  }
}
