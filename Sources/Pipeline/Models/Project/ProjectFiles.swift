#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files of a project's folder.
struct ProjectFiles: Sendable {
  let directory: String

  /// The text of a file.
  /// - Throws: ``ModelError`` where it cannot be read or is no UTF-8.
  func text(_ path: String) throws(ModelError) -> String {
    let full = directory + "/" + path
    guard let data = FileManager.default.contents(atPath: full) else {
      throw ModelError(.file, "\(path) cannot be read in \(directory)")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ModelError(.file, "not a text in UTF-8", at: FilePosition(file: path, line: 1, column: 1))
    }
    // A byte order mark, as some editors write it, belongs to no text.
    return text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: directory + "/" + path)
  }

  /// All files below a folder, as paths from the project's folder, in a stable order. Empty where it is missing.
  func list(_ folder: String) throws(ModelError) -> [String] {
    let full = directory + "/" + folder
    guard FileManager.default.fileExists(atPath: full) else { return [] }
    do {
      return try FileManager.default.subpathsOfDirectory(atPath: full)
        .filter { path in !path.split(separator: "/").contains { $0.hasPrefix(".") } }
        .sorted().map { folder + "/" + $0 }
    } catch {
      throw ModelError(.file, "the folder \(folder) cannot be read")
    }
  }
}
