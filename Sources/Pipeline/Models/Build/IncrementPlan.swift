import Postgres

/// How an incremental model is configured.
struct IncrementalSettings: Sendable {
  enum Strategy: String, Sendable {
    case append
    case deleteInsert = "delete+insert"
    case merge
  }

  enum SchemaChange: String, Sendable {
    case ignore, fail
    case appendNewColumns = "append_new_columns"
    case syncAllColumns = "sync_all_columns"
  }

  let strategy: Strategy
  let schemaChange: SchemaChange
  /// Columns, or expressions, as the configuration writes them.
  let key: [String]
  let mergeUpdate: [String]?
  let mergeExclude: [String]

  init(_ model: Model) throws(ModelError) {
    let position = FilePosition(file: model.file, line: 1, column: 1)
    let configuration = model.configuration
    key = configuration["unique_key"]?.strings ?? []
    let name = configuration["incremental_strategy"]?.string ?? "default"
    // dbt's default on PostgreSQL: with a key old rows give way to new ones, without one rows are added.
    guard
      let strategy = name == "default" ? (key.isEmpty ? .append : .deleteInsert) : Strategy(rawValue: name)
    else {
      throw ModelError(
        .unsupported,
        "the incremental strategy `\(name)` is not supported; use append, delete+insert or merge",
        at: position)
    }
    // As in dbt: without a key there is nothing to delete or to match by.
    self.strategy = key.isEmpty ? .append : strategy
    let change = configuration["on_schema_change"]?.string ?? "ignore"
    guard let schemaChange = SchemaChange(rawValue: change) else {
      throw ModelError(.project, "`on_schema_change: \(change)` has no meaning", at: position)
    }
    self.schemaChange = schemaChange
    mergeUpdate = configuration["merge_update_columns"]?.strings
    mergeExclude = configuration["merge_exclude_columns"]?.strings ?? []
    if let predicates = configuration["incremental_predicates"] ?? configuration["predicates"],
      predicates != .null
    {
      throw ModelError(.unsupported, "`incremental_predicates` are not supported", at: position)
    }
  }
}

/// New rows of an incremental model, and how they come into the published table.
///
/// Only the new rows are computed while the build runs. What reads the model meanwhile, models and tests, sees a view of
/// the published rows with the new ones laid over them; the publishing transaction then changes the published table by
/// the same rule. So a build costs what its new rows cost, not a copy of the table, and readers still see all or nothing.
struct IncrementPlan: Sendable, Hashable {
  let target: Relation
  let delta: Relation
  let columns: [String]
  let strategy: IncrementalSettings.Strategy
  let key: [String]
  /// The columns a merge overwrites.
  let updated: [String]
  /// Keys whose old rows go whether there are new ones or not.
  let covered: CoveredKeys?

  static func name(_ target: Relation, ending: String) -> String {
    // Names longer than 63 bytes would be cut by the server, and two cut names may be one.
    let name = target.identifier + "__" + ending
    return name.utf8.count <= 63 ? name : ending + "_" + String(target.identifier.hashDigits)
  }

  /// Lays new rows over the published table.
  /// - Returns: the form the model takes in the build, and the number of new rows.
  static func apply(
    _ settings: IncrementalSettings, delta: Relation, rows: Int64, covered: CoveredKeys?, shadow: Relation,
    target: Relation, _ connection: Connection
  ) async throws -> (ShadowBuild.MadeModel.Form, Int64?) {
    let new = try await PublishedRelation.columns(of: delta, connection)
    let old = try await PublishedRelation.columns(of: target, connection)
    let newNames = new.map(\.name)
    let added = new.filter { column in !old.contains { $0.name == column.name } }
    let removed = old.filter { !newNames.contains($0.name) }
    let retyped = new.filter { column in old.contains { $0.name == column.name && $0.type != column.type } }
    var columns = old
    switch settings.schemaChange {
    case .ignore: break
    case .fail:
      if let column = (added + removed + retyped).first {
        throw ModelError(
          .database, "the columns of \(target) changed (\(column.name)), and on_schema_change is fail")
      }
    case .appendNewColumns: columns += added
    case .syncAllColumns:
      let types = Dictionary(uniqueKeysWithValues: new.map { ($0.name, $0) })
      columns = old.filter { newNames.contains($0.name) }.map { types[$0.name] ?? $0 } + added
    }
    let inserted = columns.filter { newNames.contains($0.name) }
    if settings.schemaChange == .ignore, let missing = removed.first {
      throw ModelError(
        .database,
        "the column \(missing.name) of \(target) is missing in the model, and on_schema_change is ignore")
    }
    guard columns == old else {
      // The table's own shape changes, which is rare: it is copied into the shadow and swapped like any other.
      try await copy(target, old, as: columns, to: shadow, connection)
      let plan = try IncrementPlan(
        settings, target: shadow, delta: delta, columns: inserted.map(\.name), covered)
      for statement in try plan.statements() { try await connection.execute(statement) }
      return (.table, rows)
    }
    let plan = try IncrementPlan(
      settings, target: target, delta: delta, columns: inserted.map(\.name), covered)
    let overlay = try plan.overlay(all: columns.map(\.name))
    // SQL-safe: quoted relations.
    try await connection.execute("analyze \(delta)")
    if covered != nil, try await isMuch(rows, of: target, connection) {
      // SQL-safe: quoted relations and columns; keys are the project's own SQL.
      return (.table, try await connection.query("create table \(shadow) as\n\(overlay)").affectedRows)
    }
    // SQL-safe: as above.
    try await connection.execute("create view \(shadow) as\n\(overlay)")
    return (.increment(plan), rows)
  }

  /// Above a third of the rows a table is written anew: no dead rows, and every index is made once.
  private static func isMuch(_ rows: Int64, of target: Relation, _ connection: Connection) async throws
    -> Bool
  {
    // SQL-safe: a quoted relation.
    let all = try await connection.query("select count(*) from \(target)").first?.integer(0) ?? 0
    return rows * 3 > all
  }

  private init(
    _ settings: IncrementalSettings, target: Relation, delta: Relation, columns: [String],
    _ covered: CoveredKeys?
  ) throws(ModelError) {
    self.covered = covered
    self.target = target
    self.delta = delta
    self.columns = columns
    strategy = settings.strategy
    key = settings.key
    updated = settings.mergeUpdate ?? columns.filter { !settings.mergeExclude.contains($0) }
    if let unknown = (settings.mergeUpdate ?? []).first(where: { !columns.contains($0) }) {
      throw ModelError(.project, "merge_update_columns names \(unknown), which is no column of \(target)")
    }
  }

  private static func copy(
    _ target: Relation, _ old: [PublishedRelation.Column], as columns: [PublishedRelation.Column],
    to shadow: Relation,
    _ connection: Connection
  ) async throws {
    let list = try columns.map { column in
      let name = try quotedIdentifier(column.name)
      guard let former = old.first(where: { $0.name == column.name }) else {
        return "null::\(column.type) as \(name)"
      }
      return former.type == column.type ? name : "\(name)::\(column.type) as \(name)"
    }
    try await connection.execute(
      // SQL-safe: quoted relations and columns; keys are the project's own SQL.
      "create table \(shadow) as select \(list.joined(separator: ", ")) from \(target)")
  }

  // MARK: - SQL

  private func list(_ columns: [String], prefix: String = "") throws -> String {
    try columns.map { prefix + (try quotedIdentifier($0)) }.joined(separator: ", ")
  }

  private func match(_ left: String, _ right: String) -> String {
    key.map { "\(left).\($0) = \(right).\($0)" }.joined(separator: " and ")
  }

  /// The table as it will be.
  private func overlay(all: [String]) throws -> String {
    let old = try list(all, prefix: "old_rows.")
    let new = try all.map { columns.contains($0) ? "new_rows.\(try quotedIdentifier($0))" : "null" }.joined(
      separator: ", ")
    // SQL-safe: quoted relations and columns; keys are the project's own SQL.
    let added = "select \(new) from \(delta) as new_rows"
    // SQL-safe: quoted relations and columns; keys are the project's own SQL.
    guard strategy != .append else { return "select \(old) from \(target) as old_rows\nunion all\n\(added)" }
    let covering = covered.map { $0.matching("old_rows") }
    // SQL-safe: quoted relations and columns.
    let others = covering.map { "\nand not exists (select from \($0))" } ?? ""
    // SQL-safe: quoted relations and columns; keys are the project's own SQL.
    let kept = """
      select \(old) from \(target) as old_rows
      where not exists (select from \(delta) as new_rows where \(match("old_rows", "new_rows")))\(others)
      """
    guard strategy == .merge, Set(updated) != Set(columns) else { return "\(kept)\nunion all\n\(added)" }
    let merged = try all.map { column in
      (updated.contains(column) ? "new_rows." : "old_rows.") + (try quotedIdentifier(column))
    }
    // SQL-safe: quoted relations and columns; keys are the project's own SQL.
    return """
      \(kept)
      union all
      select \(merged.joined(separator: ", ")) from \(target) as old_rows
      join \(delta) as new_rows on \(match("old_rows", "new_rows"))
      union all
      \(added)
      where not exists (select from \(target) as old_rows where \(match("old_rows", "new_rows")))
      """
  }

  /// What changes the target.
  func statements() throws -> [String] {
    let names = try list(columns)
    // SQL-safe: quoted relations and columns; keys are the project's own SQL.
    let insert = "insert into \(target) (\(names)) select \(names) from \(delta)"
    let covering = covered.map { $0.matching("old_rows") }
    // SQL-safe: quoted relations and columns.
    let gone = covering.map { ["delete from \(target) as old_rows using \($0)"] } ?? []
    switch strategy {
    case .append: return [insert]
    case .deleteInsert:
      return gone + [
        // SQL-safe: quoted relations and columns; keys are the project's own SQL.
        "delete from \(target) as old_rows using \(delta) as new_rows where \(match("old_rows", "new_rows"))",
        insert,
      ]
    case .merge:
      let assignments = try updated.map {
        "\(try quotedIdentifier($0)) = new_rows.\(try quotedIdentifier($0))"
      }
      let update = assignments.isEmpty ? "do nothing" : "update set " + assignments.joined(separator: ", ")
      return [
        """
        merge into \(target) as old_rows using \(delta) as new_rows on \(match("old_rows", "new_rows"))
        when matched then \(update)
        when not matched then insert (\(names)) values (\(try list(columns, prefix: "new_rows.")))
        """
      ]
    }
  }
}

/// Keys for which new rows stand for all there are: an old row of such a key goes, also where no new one comes.
struct CoveredKeys: Sendable, Hashable {
  /// Holds the keys once ``note(_:)`` is done.
  let table: Relation
  private let column: String
  private let list: Relation

  /// - Throws: ``ModelError`` where the model's key is another one than that of its changes.
  init(
    _ changes: ChangeList, _ settings: IncrementalSettings, target: Relation, shadow: Relation
  ) throws {
    guard settings.key == [changes.column], settings.strategy == .deleteInsert else {
      throw ModelError(
        .project,
        "\(target.identifier) changes by \(changes.column): that must be its unique_key, and its strategy delete+insert"
      )
    }
    table = try Relation(
      database: shadow.database, schema: shadow.schema,
      identifier: IncrementPlan.name(target, ending: "covered"))
    column = try quotedIdentifier(changes.column)
    list = changes.relation
  }

  func note(_ connection: Connection) async throws {
    // SQL-safe: quoted relations and a quoted column.
    try await connection.execute(
      "create table \(table) as select distinct \(column) from \(list); analyze \(table)")
  }

  /// The keys beside rows of that name, and which belong together: for `using` and `from`.
  fileprivate func matching(_ rows: String) -> String {
    "\(table) as covered where covered.\(column) = \(rows).\(column)"
  }
}

extension String {
  /// A short stable digest for names the program makes itself.
  fileprivate var hashDigits: UInt64 {
    utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }
}
