import Pipeline
import Workstation

/// The project's dashboards and saved queries, read whole.
struct DeskFiles: Sendable {
  let dashboards: [String: DashboardDefinition]
  /// What is wrong with dashboards that could not be read, by their names.
  let dashboardErrors: [String: DashboardFileError]
  let savedQueries: [String: SavedQuery]

  init(_ project: ProjectFolder) throws {
    let contents = try DashboardFiles.read(at: project.dashboards)
    dashboards = Dictionary(contents.dashboards.map { ($0.name, $0) }) { first, _ in first }
    dashboardErrors = Dictionary(
      contents.errors.map { error in
        let file = error.file.split(separator: "/").last ?? ""
        return (String(file.dropLast(4)), error)
      }
    ) { first, _ in first }
    let saved = SavedQueries(folder: project.saved).all()
    savedQueries = Dictionary(saved.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The first thing that is wrong, with the number of the others; nil: nothing is.
  var problem: String? {
    guard let first = dashboardErrors.sorted(by: { $0.key < $1.key }).first?.value else { return nil }
    let more = dashboardErrors.count > 1 ? " (and \(dashboardErrors.count - 1) more)" : ""
    return first.description + more
  }

  /// - Throws: what is wrong with its file, or that there is none.
  func dashboard(_ name: String) throws -> DashboardDefinition {
    if let definition = dashboards[name] { return definition }
    if let error = dashboardErrors[name] { throw error }
    throw DeskError(.notFound, "there is no dashboard \(name) in queries/dashboards")
  }

  func savedQuery(_ name: String) throws -> SavedQuery {
    guard let query = savedQueries[name] else {
      throw DeskError(.notFound, "there is no saved query \(name) in queries/saved")
    }
    return query
  }
}
