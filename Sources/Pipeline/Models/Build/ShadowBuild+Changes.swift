import Postgres

/// What a table was made from, kept as its comment, so that a build that adds to it knows whether its other rows are still those that
/// the model would make.
struct TableOrigin: Sendable, Hashable {
  let comment: String

  /// - Parameter parts: everything the rows follow from beside the data.
  init(_ parts: [String]) {
    comment = "riskdeck: made from " + Crypto.sha256Hex(parts.map { "\($0.utf8.count):\($0)" }.joined())
  }
}

/// Builds in proportion to what changed: which models add to their published tables, and which rows tests have to look at.
extension ShadowBuild {
  /// Decides for which models `is_incremental()` holds. As in dbt: the model is incremental, its table is there, and nobody asked for
  /// a full refresh. A model with a list of changes besides: its table was made by the same SQL, all that it reads included, and
  /// few changed.
  func chooseIncrements(isFullRefresh: Bool) async throws {
    for model in project.models where model.isIncremental {
      let changes = project.changes(of: model.id)
      if changes != nil { origins[model.id] = await origin(of: model) }
      let isWhole = isFullRefresh || project.environment.isFullRefresh
      guard let table = published[model.relation], table.kind == .table,
        !(model.configuration["full_refresh"]?.boolean ?? isWhole)
      else { continue }
      if let changes {
        guard let origin = origins[model.id], table.comment == origin.comment else { continue }
        // SQL-safe: a quoted relation.
        let rows = try await count("select count(*) from \(model.relation)")
        listedAmong[changes.source] = max(rows, listedAmong[changes.source] ?? 0)
        guard try await isShort(changes) else { continue }
      }
      incremental.insert(model.id)
    }
  }

  /// Nil where a template fails, which the model's own job tells.
  private func origin(of model: Model) async -> TableOrigin? {
    var parts: [String] = []
    for id in graph.sorted(graph.ancestors(of: model.id).union([model.id])) {
      if let seed = project.seeds.first(where: { $0.id == id }) { parts.append(seed.digest) }
      guard let other = project.model(id) else { continue }
      guard let sql = try? await rendered(with: wholeRenderer, { try $0.sql(of: other) }) else { return nil }
      parts.append(sql)
    }
    parts += model.configuration.entries.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.json.text)" }
    return TableOrigin(parts)
  }

  private func wholeRenderer() -> ProjectRenderer {
    var renderer = ProjectRenderer(project)
    renderer.columns = columns
    return renderer
  }

  private func count(_ statement: String) async throws -> Int64 {
    try await pool.first.query(statement).first?.integer(0) ?? 0
  }

  /// True where so few are listed that looking at them costs less than looking at all.
  private func isShort(_ changes: ChangeList) async throws -> Bool {
    guard let rows = listedAmong[changes.source] else { return false }
    // SQL-safe: a quoted relation.
    let listed = try await count("select count(*) from \(changes.relation)")
    return Double(listed) <= ChangeList.largestShare * Double(rows)
  }

  /// The rows of nodes that may differ from those of the last publication, as queries by id; nodes of which that is not known, or
  /// that were made whole, are left out.
  func changedRows(_ nodes: Set<String>) async throws -> [String: String] {
    var found: [String: String] = [:]
    var isShortList: [String: Bool] = [:]
    for node in nodes {
      guard let changes = project.changes(of: node), let relation = renderer().relation(node) else {
        continue
      }
      switch made[node]?.form {
      // SQL-safe: a quoted relation.
      case .increment(let plan): found[node] = "select * from \(plan.delta)"
      case .table: continue
      case .view, nil:
        let isShort =
          if let known = isShortList[changes.source] { known } else { try await isShort(changes) }
        isShortList[changes.source] = isShort
        guard isShort else { continue }
        let column = try quotedIdentifier(changes.column)
        let listed = "select \(column) from \(changes.relation)"
        // SQL-safe: quoted relations and a quoted column.
        found[node] = "select * from \(relation) where \(column) in (\(listed))"
      }
    }
    return found
  }

  /// The tables that this build made whole.
  public var wholeTables: [Relation] {
    made.values.filter { $0.form == .table }.compactMap { project.relation($0.id) }
  }
}
