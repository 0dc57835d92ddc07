/// Which macros the nodes of a project and its macros call, by the ids of dbt's manifest: `macro.package.name`.
///
/// It is read off the texts: a call counts whether or not a rendering gets to it.
struct MacroUses: Sendable {
  private var calls: [String: [String]] = [:]

  static func id(_ package: String, _ name: String) -> String { "macro.\(package).\(name)" }

  init(_ project: Project) {
    let library = project.environment.macros
    func ids(_ found: MacroCalls) -> [String] {
      found.calls.compactMap { call in
        let package = call.package ?? library.package(of: call.name)
        return package.flatMap { library.macro(call.name, package: $0) == nil ? nil : Self.id($0, call.name) }
      }
    }
    for (package, macro) in library.all { calls[Self.id(package, macro.name)] = ids(MacroCalls(macro)) }
    for model in project.models { calls[model.id] = ids(MacroCalls(model.template.body)) }
    for test in project.tests {
      switch test.kind {
      case .singular(let template, _): calls[test.id] = ids(MacroCalls(template.body))
      case .generic(let name, let package, _):
        calls[test.id] =
          (package ?? library.package(of: "test_" + name)).map { [Self.id($0, "test_" + name)] } ?? []
      }
    }
  }

  /// The macros a node or macro calls itself.
  func direct(of id: String) -> [String] { calls[id] ?? [] }

  /// The nodes and macros that call one of some macros, themselves or through others.
  func callers(of macros: Set<String>) -> Set<String> {
    guard !macros.isEmpty else { return [] }
    var callers: [String: [String]] = [:]
    for (caller, called) in calls { for id in called { callers[id, default: []].append(caller) } }
    var found: Set<String> = []
    var rest = Array(macros)
    while let id = rest.popLast() {
      for caller in callers[id] ?? [] where found.insert(caller).inserted { rest.append(caller) }
    }
    return found
  }
}
