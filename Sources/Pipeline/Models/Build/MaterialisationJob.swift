import Postgres

/// The statements that make one model or seed in its shadow.
struct MaterialisationJob: Sendable {
  enum Work: Sendable {
    case view(sql: String)
    case table(sql: String)
    /// New rows for a published table.
    case increment(sql: String, settings: IncrementalSettings, target: Relation, changes: ChangeList?)
    case seed(SeedTable)
  }

  let id: String
  let name: String
  let file: String
  let work: Work
  let shadow: Relation
  var before: [String] = []
  var after: [String] = []
  var indexes: [String] = []
  var readsOverlay = false
  var origin: TableOrigin?

  struct Answer: Sendable {
    let outcome: Result<(ShadowBuild.MadeModel.Form, Int64?), ModelError>
    let seconds: Double
    let startedAt: Double
  }

  /// True for a view without hooks, which costs next to nothing.
  var isView: Bool {
    if case .view = work { return before.isEmpty && after.isEmpty }
    return false
  }

  /// Runs the jobs one after another on one connection; a failure of one leaves the others alone.
  static func run(_ jobs: [MaterialisationJob], on connection: Connection) async -> [Answer] {
    var answers: [Answer] = []
    for job in jobs {
      let startedAt = Clock.now
      let (outcome, seconds) = await Clock.measured { await job.outcome(on: connection) }
      answers.append(Answer(outcome: outcome, seconds: seconds, startedAt: startedAt))
    }
    return answers
  }

  private func outcome(
    on connection: Connection
  ) async -> Result<(ShadowBuild.MadeModel.Form, Int64?), ModelError> {
    do {
      for hook in before { try await connection.execute(hook) }
      let made = try await make(on: connection)
      for statement in indexes where made.0 == .table { try await connection.execute(statement) }
      if made.0 == .table, let origin {
        // SQL-safe: a quoted relation and a quoted literal.
        try await connection.execute(
          "comment on table \(shadow) is \(try quotedLiteral(origin.comment))")
      }
      for hook in after { try await connection.execute(hook) }
      return .success(made)
    } catch let error as ModelError {
      return .failure(error)
    } catch let error as PostgresError {
      return .failure(
        ModelError(
          .database, "\(error)" + place(of: error), at: FilePosition(file: file, line: 1, column: 1)))
    } catch {
      return .failure(ModelError(.database, "\(error)"))
    }
  }

  /// Where in the compiled SQL the server found the mistake.
  private func place(of error: PostgresError) -> String {
    let start: Int
    let text: String
    switch work {
    case .view(let sql): (start, text) = (viewStart.count, sql)
    case .table(let sql): (start, text) = (tableStart(shadow).count, sql)
    case .increment, .seed: return ""
    }
    guard let position = error.position, position > start else { return "" }
    let line = text.unicodeScalars.prefix(position - start).count { $0 == "\n" } + 1
    return ", at line \(line) of the compiled SQL"
  }

  // SQL-safe: a quoted relation.
  private var viewStart: String { "create view \(shadow) as (\n" }

  // SQL-safe: a quoted relation.
  private func tableStart(_ relation: Relation) -> String { "create table \(relation) as (\n" }

  private func make(on connection: Connection) async throws -> (ShadowBuild.MadeModel.Form, Int64?) {
    switch work {
    case .view(let sql):
      try await connection.query(viewStart + sql + "\n)")
      return (.view, nil)
    case .table(let sql):
      return (.table, try await connection.query(tableStart(shadow) + sql + "\n)").affectedRows)
    case .increment(let sql, let settings, let target, let changes):
      // The list is read before the rows: who is listed later is in the rows perhaps, and never taken for gone.
      let covered = try changes.map { try CoveredKeys($0, settings, target: target, shadow: shadow) }
      if let covered { try await covered.note(connection) }
      let delta = try Relation(
        database: shadow.database, schema: shadow.schema,
        identifier: IncrementPlan.name(target, ending: "delta"))
      let rows = try await connection.query(tableStart(delta) + sql + "\n)").affectedRows
      return try await IncrementPlan.apply(
        settings, delta: delta, rows: rows, covered: covered, shadow: shadow, target: target, connection)
    case .seed(let table):
      return (.table, try await table.load(into: shadow, connection))
    }
  }

  func message(_ form: ShadowBuild.MadeModel.Form, _ rows: Int64?) -> String {
    switch form {
    case .view: "CREATE VIEW"
    case .table: if case .seed = work { "INSERT \(rows ?? 0)" } else { "SELECT \(rows ?? 0)" }
    case .increment: "INSERT 0 \(rows ?? 0)"
    }
  }
}

/// Hooks of a model: SQL texts that run before or after it is made.
enum ModelHooks {
  static func texts(_ value: ConfigurationValue?, of model: Model) throws(ModelError) -> [String] {
    let items: [ConfigurationValue]
    switch value {
    case nil, .null: return []
    case .list(let list): items = list
    case .some(let single): items = [single]
    }
    var texts: [String] = []
    for item in items {
      guard let text = item.string ?? item["sql"]?.string else {
        throw ModelError(
          .project, "a hook must be a text of SQL", at: FilePosition(file: model.file, line: 1, column: 1))
      }
      if !TemplateFilters.trimmed(text).isEmpty { texts.append(text) }
    }
    return texts
  }
}

/// The `indexes` of a table's configuration.
enum TableIndex {
  static func statements(for model: Model, on relation: Relation) throws -> [String] {
    guard let value = model.configuration["indexes"], model.materialization != .view else { return [] }
    guard case .list(let items) = value else {
      throw ModelError(
        .project, "`indexes` must be a list", at: FilePosition(file: model.file, line: 1, column: 1))
    }
    return try items.map { item in
      guard let columns = item["columns"]?.strings, !columns.isEmpty else {
        throw ModelError(
          .project, "an index needs `columns`", at: FilePosition(file: model.file, line: 1, column: 1))
      }
      let method = try item["type"]?.string.map { " using \(try quotedIdentifier($0))" } ?? ""
      let unique = item["unique"]?.boolean == true ? "unique " : ""
      return
        "create \(unique)index on \(relation)\(method) (\(try columns.map { try quotedIdentifier($0) }.joined(separator: ", ")))"
    }
  }
}
