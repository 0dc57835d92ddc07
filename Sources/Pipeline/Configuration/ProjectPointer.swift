#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

import Yams

/// `riskdeck.yml`: where an imported project has its models and dashboards. Paths are relative to the file.
public struct ProjectPointer: Sendable, Hashable {
  public static let fileName = "riskdeck.yml"
  /// The keys of the file.
  static let keys = ["models", "dashboards"]

  /// The dbt project's folder, absolute.
  public let models: String
  /// A folder of dashboards or one dashboard's file, absolute; nil: the shipped ones.
  public let dashboards: String?

  /// Reads the pointer of a folder; nil: it has none.
  /// - Throws: ``ConfigurationError`` with file, line and column of what is wrong.
  static func read(inFolder folder: String) throws(ConfigurationError) -> ProjectPointer? {
    let file = folder + "/" + fileName
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    return try ProjectPointer(yaml: String(decoding: data, as: UTF8.self), file: file, folder: folder)
  }

  init(yaml: String, file: String, folder: String) throws(ConfigurationError) {
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch {
      throw ConfigurationError("\(file): is not YAML")
    }
    guard case .mapping(let entries)? = root else {
      throw ConfigurationError("\(file): must hold 'models: FOLDER'; docs/migrating.md says how")
    }
    func failure(_ node: Node, _ problem: String) -> ConfigurationError {
      let place = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
      // What the file says wrongly is quoted, and may hold anything.
      return ConfigurationError(PrintableText.clean("\(file)\(place): \(problem)"))
    }
    var values: [String: String] = [:]
    for (key, value) in entries {
      guard let name = key.string, Self.keys.contains(name) else {
        throw failure(
          key, "there is no key '\(key.string ?? "?")'; there are \(Self.keys.joined(separator: " and "))")
      }
      guard let path = value.string, !path.isEmpty else { throw failure(value, "\(name) must be a path") }
      let absolute = path.hasPrefix("/") ? path : path == "." ? folder : folder + "/" + path
      guard FileManager.default.fileExists(atPath: absolute) else {
        throw failure(value, "\(name): there is no \(absolute)")
      }
      values[name] = absolute
    }
    guard let models = values["models"] else { throw ConfigurationError("\(file): models is missing") }
    self.models = models
    dashboards = values["dashboards"]
  }

  /// The file's text for paths as the user named them.
  public static func text(models: String, dashboards: String?) -> String {
    var lines = [
      "# Models and dashboards of another project; rules, themes and saved queries are the shipped ones.",
      "models: \(quoted(models))",
    ]
    if let dashboards { lines.append("dashboards: \(quoted(dashboards))") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func quoted(_ path: String) -> String {
    "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
