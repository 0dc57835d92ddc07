import Foundation
import Pipeline
import Workstation

/// What the workstation remembers, as JSON in the state folder. The user's own configuration is never written.
struct PreferenceFile {
  private struct Stored: Codable {
    var place: String
    var theme: String
    var mouse: Bool
    var sort: String
    var isDescending: Bool
    var columns: [String]
  }

  private let folder: String
  private var path: String { folder + "/workstation.json" }

  init(folder: String) {
    self.folder = folder
  }

  var exists: Bool { access(path, F_OK) == 0 }

  /// What was remembered; the defaults where there is nothing or it cannot be read.
  func load() -> Preferences {
    guard let bytes = try? PrivateFile.read(path, isSecret: false),
      let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes))
    else { return Preferences() }
    return Preferences(
      place: stored.place, theme: stored.theme, isMouseOn: stored.mouse,
      customerSort: CustomerListSort(field: stored.sort, isDescending: stored.isDescending),
      customerColumns: stored.columns)
  }

  func save(_ preferences: Preferences) throws {
    let stored = Stored(
      place: preferences.place, theme: preferences.theme, mouse: preferences.isMouseOn,
      sort: preferences.customerSort.field, isDescending: preferences.customerSort.isDescending,
      columns: preferences.customerColumns)
    try PrivateFile.makeFolder(folder)
    try PrivateFile.replace(path, [UInt8](try JSONEncoder().encode(stored)))
  }
}
