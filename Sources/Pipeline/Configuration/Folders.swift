#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where this user's files live, after the XDG base directory specification.
public struct Folders: Sendable, Hashable {
  /// Databases and keys: `RISKDECK_DATA_DIR`, else `$XDG_DATA_HOME/riskdeck`, else `~/.local/share/riskdeck`.
  public let data: String
  /// True where the user named the data folder.
  public let isDataExplicit: Bool
  /// What the user writes: `$XDG_CONFIG_HOME/riskdeck`, else `~/.config/riskdeck`. Never written by the program.
  public let configuration: String
  /// What the program remembers: `$XDG_STATE_HOME/riskdeck`, else `~/.local/state/riskdeck`.
  public let state: String

  /// - Throws: ``ConfigurationError`` where neither the variable nor `HOME` tells a folder, or a path is relative.
  public init(_ variables: Variables) throws(ConfigurationError) {
    func folder(_ variable: String, _ fallback: String) throws(ConfigurationError) -> String {
      if let base = variables[variable], base.hasPrefix("/") { return base + "/riskdeck" }
      guard let home = variables["HOME"], home.hasPrefix("/") else {
        throw ConfigurationError(
          "neither \(variable) nor HOME names a folder; set one of them to an absolute path")
      }
      return home + "/" + fallback + "/riskdeck"
    }
    if let explicit = variables["RISKDECK_DATA_DIR"] {
      data = explicit.hasPrefix("/") ? explicit : FileManager.default.currentDirectoryPath + "/" + explicit
      isDataExplicit = true
    } else {
      data = try folder("XDG_DATA_HOME", ".local/share")
      isDataExplicit = false
    }
    configuration = try folder("XDG_CONFIG_HOME", ".config")
    state = try folder("XDG_STATE_HOME", ".local/state")
  }
}
