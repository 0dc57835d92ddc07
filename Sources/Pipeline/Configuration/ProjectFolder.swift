#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder that holds `queries/` and `themes/`, or one with a `riskdeck.yml` that points at models and dashboards
/// elsewhere and leaves everything else to the shipped project.
public struct ProjectFolder: Sendable, Hashable {
  public let path: String
  /// The dbt project's folder.
  public let models: String
  /// A folder of dashboards, or one dashboard's file.
  public let dashboards: String
  /// Where everything comes from that is neither models nor dashboards.
  private let shipped: String

  /// The models and dashboards are another project's, so the database's tables are not this program's to make.
  public var isImported: Bool { shipped != path }
  public var schema: String { shipped + "/queries/schema" }
  public var saved: String { shipped + "/queries/saved" }
  public var risk: String { shipped + "/queries/risk" }
  public var themes: String { shipped + "/themes" }
  public var languages: String { shipped + "/languages" }

  public init(path: String) {
    self.path = path
    models = path + "/queries"
    dashboards = path + "/queries/dashboards"
    shipped = path
  }

  /// A folder with a pointer, and the project it leaves the rest to.
  init(path: String, pointer: ProjectPointer, shipped: ProjectFolder) {
    self.path = path
    models = pointer.models
    dashboards = pointer.dashboards ?? shipped.dashboards
    self.shipped = shipped.path
  }

  /// Looks in this order: `explicit` (`--project-dir`), `RISKDECK_PROJECT_DIR`, the working folder and those above it,
  /// and what was installed beside the program (`<prefix>/share/riskdeck`).
  /// - Throws: ``ConfigurationError`` naming every place that was tried.
  public static func find(
    explicit: String?, variables: Variables, executable: String
  ) throws(ConfigurationError) -> ProjectFolder {
    for (name, path) in [
      ("--project-dir", explicit), ("RISKDECK_PROJECT_DIR", variables["RISKDECK_PROJECT_DIR"]),
    ] {
      guard let path else { continue }
      guard let folder = try folder(absolute(path), executable: executable) else {
        throw ConfigurationError(
          "\(name) names \(path), which holds neither queries/dbt_project.yml nor \(ProjectPointer.fileName)")
      }
      return folder
    }
    let working = FileManager.default.currentDirectoryPath
    var path = working
    while !path.isEmpty {
      if let folder = try folder(path, executable: executable) { return folder }
      path = parent(of: path)
    }
    if let installed = installed(beside: executable) { return installed }
    throw ConfigurationError(
      "no queries/dbt_project.yml in \(working), the folders above it or \(sharedFolder(executable)); "
        + "name the project with --project-dir")
  }

  /// The project a folder holds or points at; nil: neither.
  private static func folder(
    _ path: String, executable: String
  ) throws(ConfigurationError) -> ProjectFolder? {
    if isProject(path) { return ProjectFolder(path: path) }
    guard let pointer = try ProjectPointer.read(inFolder: path) else { return nil }
    guard let shipped = shipped(executable: executable) else {
      throw ConfigurationError(
        "\(path)/\(ProjectPointer.fileName) leaves rules and themes to the shipped project, and there is none in "
          + sharedFolder(executable))
    }
    return ProjectFolder(path: path, pointer: pointer, shipped: shipped)
  }

  /// What ships with the program: installed beside it, or the source tree it was built in; nil: neither is there.
  public static func shipped(executable: String) -> ProjectFolder? {
    installed(beside: executable) ?? source(of: executable)
  }

  private static func isProject(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/queries/dbt_project.yml")
  }

  private static func sharedFolder(_ executable: String) -> String {
    parent(of: parent(of: executable)) + "/share/riskdeck"
  }

  private static func installed(beside executable: String) -> ProjectFolder? {
    let path = sharedFolder(executable)
    return isProject(path) ? ProjectFolder(path: path) : nil
  }

  /// The source tree a program lies in that was built there and not installed.
  private static func source(of executable: String) -> ProjectFolder? {
    var path = parent(of: executable)
    while !path.isEmpty {
      if isProject(path) { return ProjectFolder(path: path) }
      path = parent(of: path)
    }
    return nil
  }

  private static func parent(of path: String) -> String {
    path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}
