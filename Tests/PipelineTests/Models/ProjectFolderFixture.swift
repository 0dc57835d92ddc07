import Foundation
import Pipeline

/// A project's folder out of texts, in a temporary place, removed when the test is over.
struct ProjectFixture {
  let directory: String

  static let settings = """
    name: shop
    version: "1.0"
    config-version: 2
    profile: shop
    models:
      shop:
        +materialized: view
    """

  /// - Parameter files: texts by path; dbt_project.yml is added where it is missing.
  init(_ files: [String: String]) throws {
    directory = NSTemporaryDirectory() + "riskdeck-project-" + UUID().uuidString
    var files = files
    files["dbt_project.yml"] = files["dbt_project.yml"] ?? Self.settings
    for (path, text) in files {
      let full = directory + "/" + path
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: full, atomically: true, encoding: .utf8)
    }
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Makes the folder, reads the project for `target`, and removes the folder.
  static func project(
    _ files: [String: String], target: ModelTarget = ModelTarget(database: "shop"),
    variables: [String: ConfigurationValue] = [:], environment: [String: String] = [:],
    isFullRefresh: Bool = false
  ) throws -> Project {
    let fixture = try ProjectFixture(files)
    defer { fixture.remove() }
    return try Project.read(
      fixture.directory, target: target, variables: variables, environment: environment,
      isFullRefresh: isFullRefresh)
  }
}
