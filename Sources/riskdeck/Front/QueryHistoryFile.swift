import Foundation
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
    guard let bytes = try? PrivateFile.read(path, isSecret: false),
      let texts = try? JSONDecoder().decode([String].self, from: Data(bytes))
    else { return QueryHistory() }
    return QueryHistory(texts)
  }

  /// Adds a query to what other sessions may have added meanwhile.
  func add(_ text: String) throws {
    var history = load()
    history.add(text)
    try PrivateFile.makeFolder(folder)
    try PrivateFile.replace(path, [UInt8](try JSONEncoder().encode(history.texts)))
  }
}
