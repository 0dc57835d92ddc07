import ArgumentParser
import Foundation
import Pipeline

/// `riskdeck import-dbt`: makes a dbt project that lies elsewhere one that `--project-dir` takes.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-dbt",
    abstract: "Check a dbt project of your own and point riskdeck at it.",
    discussion: """
      Reads the whole project and names everything riskdeck does not take, with file and line. Where there is nothing of \
      that kind it writes riskdeck.yml, which makes the folder one that --project-dir and RISKDECK_PROJECT_DIR take. \
      No database is asked and no file of the project is changed.
      """)

  @Argument(help: "The folder with dbt_project.yml.") var folder: String
  @Option(help: "A dashboard's file, or a folder of them, instead of the shipped dashboards.")
  var dashboards: String?
  @Option(help: "The folder to write riskdeck.yml into; default: the project's.") var out: String?
  @Flag(help: "Check alone, write nothing.") var check = false
  @Flag(help: "Replace a riskdeck.yml that says something else.") var replace = false

  func run() throws {
    let project = try Self.absolute(folder, isFolder: true)
    let (found, findings) = try Project.survey(
      project, target: ModelTarget(name: "riskdeck", database: "riskdeck", schema: "analytics", threads: 1),
      environment: ProcessInfo.processInfo.environment)
    let shown = try dashboards.map { try DashboardFiles.read(at: try Self.absolute($0, isFolder: nil)) }
    for finding in findings { printError(finding.description) }
    for error in shown?.errors ?? [] { printError(error.description) }
    let count = findings.count + (shown?.errors.count ?? 0)
    guard let found, count == 0 else {
      printError("nothing was written; to be changed first: \(count)")
      throw ExitCode(ExitStatus.failed.rawValue)
    }
    for notice in found.notices { printError("\(notice); read over") }
    print(
      "project \(found.settings.name): \(found.models.count) models, \(found.seeds.count) seeds, "
        + "\(found.sources.count) sources, \(found.tests.count) tests")
    for dashboard in shown?.dashboards ?? [] {
      print("dashboard \(dashboard.name): \(dashboard.cards.count) cards")
    }
    if !check { try write(project) }
  }

  private func write(_ project: String) throws {
    let target = try out.map { try Self.absolute($0, isFolder: true) } ?? project
    func named(_ path: String) -> String {
      path == target ? "." : path.hasPrefix(target + "/") ? String(path.dropFirst(target.count + 1)) : path
    }
    let text = ProjectPointer.text(
      models: named(project), dashboards: try dashboards.map { named(try Self.absolute($0, isFolder: nil)) })
    let file = target + "/" + ProjectPointer.fileName
    let old = FileManager.default.contents(atPath: file)
    if let old, old != Data(text.utf8), !replace {
      throw ConfigurationError("\(file) says something else already; --replace replaces it")
    }
    if old != Data(text.utf8) { try PrivateFile.replace([(file, text)]) }
    print("\(file) points there; next: riskdeck build --project-dir \(target)")
  }

  /// - Parameter isFolder: what the path must be; nil: either.
  private static func absolute(_ path: String, isFolder: Bool?) throws -> String {
    let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory) else {
      throw ConfigurationError("there is no \(path)")
    }
    if let isFolder, isFolder != isDirectory.boolValue { throw ConfigurationError("\(path) is no folder") }
    return URL(fileURLWithPath: full).standardizedFileURL.path
  }
}
