import Foundation
import Pipeline

/// The folder that `manifest.json` and the results are written to.
struct ModelsArtifacts {
  let path: String

  /// `named` (`--target-path`) where it is given; else the project's own target folder; where that cannot be written, as
  /// in an installed project, a folder among the user's own files, with one line that says so.
  init(of project: Project, named: String?, variables: Variables) throws {
    let own = project.directory + "/" + project.settings.targetPath
    if let named {
      path = named
      guard Self.canWrite(named) else {
        throw ModelError(.file, "\(named) cannot be written; name another folder with --target-path")
      }
    } else if Self.canWrite(own) {
      path = own
    } else {
      path = try Folders(variables).state + "/target/" + project.settings.name
      guard Self.canWrite(path) else {
        throw ModelError(
          .file, "neither \(own) nor \(path) can be written; name another folder with --target-path")
      }
      printError("\(own) cannot be written; manifest and results go to \(path)")
    }
  }

  /// Makes the folder where it is missing.
  private static func canWrite(_ folder: String) -> Bool {
    (try? PrivateFile.makeFolder(folder)) != nil && FileManager.default.isWritableFile(atPath: folder)
  }

  /// Writes a file whole or not at all.
  func write(_ text: String, to name: String) throws {
    try PrivateFile.replace([(path + "/" + name, text)])
  }
}
