#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder that holds `queries/` and `themes/`.
public struct ProjectFolder: Sendable, Hashable {
  public let path: String

  public var queries: String { path + "/queries" }
  public var schema: String { queries + "/schema" }
  public var dashboards: String { queries + "/dashboards" }
  public var saved: String { queries + "/saved" }
  public var risk: String { queries + "/risk" }
  public var themes: String { path + "/themes" }

  public init(path: String) {
    self.path = path
  }

  /// Looks in this order: `explicit` (`--project-dir`), `RISKDECK_PROJECT_DIR`, the working folder and those above it,
  /// and what was installed beside the program (`<prefix>/share/riskdeck`).
  /// - Throws: ``ConfigurationError`` naming every place that was tried.
  public static func find(
    explicit: String?, variables: Variables, executable: String
  ) throws(ConfigurationError) -> ProjectFolder {
    let files = FileManager.default
    func isProject(_ path: String) -> Bool { files.fileExists(atPath: path + "/queries/dbt_project.yml") }
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") ? path : files.currentDirectoryPath + "/" + path
    }
    for (name, path) in [
      ("--project-dir", explicit), ("RISKDECK_PROJECT_DIR", variables["RISKDECK_PROJECT_DIR"]),
    ] {
      guard let path else { continue }
      guard isProject(path) else {
        throw ConfigurationError("\(name) names \(path), which holds no queries/dbt_project.yml")
      }
      return ProjectFolder(path: absolute(path))
    }
    var tried: [String] = []
    var folder = files.currentDirectoryPath
    while !folder.isEmpty {
      tried.append(folder)
      if isProject(folder) { return ProjectFolder(path: folder) }
      folder = folder.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }
    let parts = executable.split(separator: "/").dropLast(2)
    let installed = parts.map { "/" + $0 }.joined() + "/share/riskdeck"
    if isProject(installed) { return ProjectFolder(path: installed) }
    throw ConfigurationError(
      "no queries/dbt_project.yml in \(tried.first ?? "."), the folders above it or \(installed); "
        + "name the project with --project-dir")
  }
}
