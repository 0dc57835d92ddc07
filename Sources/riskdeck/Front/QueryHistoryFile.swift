import Foundation
import Glibc
import Pipeline

/// The queries an analyst ran, in the state folder: a JSON array of texts, readable by its owner alone.
struct QueryHistoryFile {
  private let folder: String
  private var path: String { folder + "/queries.json" }

  init(folder: String) {
    self.folder = folder
  }

  /// What was remembered; nothing where the file is not there or cannot be read.
  func load() -> QueryHistory {
    guard let data = FileManager.default.contents(atPath: path),
      let texts = try? JSONDecoder().decode([String].self, from: data)
    else { return QueryHistory() }
    return QueryHistory(texts)
  }

  /// Adds a query to what other sessions may have added meanwhile.
  func add(_ text: String) throws {
    var history = load()
    history.add(text)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let file = try ExportFile(path)
    try file.write(String(decoding: try JSONEncoder().encode(history.texts), as: UTF8.self))
    try file.finish()
  }
}
