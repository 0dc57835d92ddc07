/// Every macro a project can call: its own, and the built-in ones of the packages `dbt` and `dbt_utils`.
struct MacroLibrary: Sendable {
  private var packages: [String: [String: TemplateMacro]] = [:]
  private let projectName: String

  init(projectName: String) {
    self.projectName = projectName
    self.packages[projectName] = [:]
  }

  /// Names dbt gives meaning to and this engine does not, each with the reason.
  static let refusedNames: [String: String] = [
    "run_query": "models may not query while they render",
    "statement": "models may not query while they render",
    "load_result": "models may not query while they render",
    "adapter": "adapter functions depend on a database while the model renders",
    "graph": "the whole graph is not known to a model",
    "modules": "Python modules are not part of the template language",
    "api": "adapter functions depend on a database while the model renders",
    "selected_resources": "a model may not depend on the selection",
    "metric": "metrics are not built",
    "load_relation": "models may not query while they render",
    "submit_python_job": "Python models are not built",
  ]

  func hasPackage(_ name: String) -> Bool {
    packages[name] != nil
  }

  /// A macro of a package; without one, of the project and then of dbt itself.
  func macro(_ name: String, package: String? = nil) -> TemplateMacro? {
    if let package { return packages[package]?[name] }
    return packages[projectName]?[name] ?? packages["dbt"]?[name]
  }

  /// True where the project itself defines the macro.
  func isOwn(_ name: String) -> Bool {
    packages[projectName]?[name] != nil
  }

  /// The package a call without one means: the project's macro, or else dbt's.
  func package(of name: String) -> String? {
    [projectName, "dbt"].first { packages[$0]?[name] != nil }
  }

  /// Every macro with its package, in a stable order.
  var all: [(package: String, macro: TemplateMacro)] {
    packages.sorted { $0.key < $1.key }.flatMap { package, macros in
      macros.values.sorted { $0.name < $1.name }.map { (package, $0) }
    }
  }

  /// Adds the macros of a parsed file.
  /// - Throws: ``ModelError`` where a name is taken already.
  mutating func add(_ template: Template, package: String? = nil) throws(ModelError) {
    let package = package ?? projectName
    for case .macro(let macro) in template.body {
      if let other = packages[package]?[macro.name] {
        throw macro.source.error(
          .project, "the macro `\(macro.name)` exists already in \(other.source.file)", at: macro.offset)
      }
      packages[package, default: [:]][macro.name] = macro
    }
  }
}
