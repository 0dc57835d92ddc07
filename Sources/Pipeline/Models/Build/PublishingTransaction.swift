import Postgres

/// The transaction that puts a build in place of what is published.
struct PublishingTransaction: Sendable {
  let project: Project
  /// In an order where everything stands behind what it reads.
  let made: [ShadowBuild.MadeModel]
  /// SQL of views that must be made anew because their shadows read an overlay.
  let views: [String: String]
  let shadowSchemas: [String]

  /// A role's privilege on a relation.
  private struct Grant: Sendable, Hashable {
    let privilege: String
    /// Empty: PUBLIC.
    let role: String
    let isGrantable: Bool

    func statement(on relation: String) throws -> String {
      let target = role.isEmpty ? "public" : try quotedIdentifier(role)
      return "grant \(privilege) on \(relation) to \(target)\(isGrantable ? " with grant option" : "")"
    }
  }

  func run(on connection: isolated Connection) async throws {
    _ = try connection.query(
      "select pg_advisory_xact_lock($1::int, $2::int)", AdvisoryLock.publication.binds)
    let swapped = made.filter { if case .increment = $0.form { false } else { true } }
    let finals = try swapped.map { try final(of: $0) }
    for schema in Set(finals.map(\.schema)).sorted() {
      try connection.execute("create schema if not exists \(try quotedIdentifier(schema))")
    }
    let old = try oldRelations(finals, connection)
    // Definitions are read with every name in full, whatever the session's path.
    try connection.execute("set local search_path = ''")
    let dependents = try DependentView.all(of: old.values.map(\.oid), connection)
    try connection.execute("set local search_path = default")
    let grants = try self.grants(finals, old, connection)

    for dependent in dependents.reversed() { try connection.execute(dependent.dropStatement) }
    // A relation stands before what reads it, so views go first.
    for relation in finals.reversed() {
      guard let former = old[relation] else { continue }
      try drop(relation, former.kind, connection)
    }
    try dropOverlays(connection)
    for model in made {
      switch model.form {
      case .increment(let plan):
        for statement in try plan.statements() { try execute(statement, of: model, connection) }
      case .view where model.readsOverlay:
        try execute(
          // SQL-safe: a quoted relation and the model's own SQL, out of the project.
          "create view \(try final(of: model)) as (\n\(views[model.id] ?? "")\n)", of: model, connection)
      case .view, .table:
        let kind = model.form == .view ? "view" : "table"
        let schema = try quotedIdentifier(try final(of: model).schema)
        try connection.execute("alter \(kind) \(model.shadow) set schema \(schema)")
      }
    }
    for dependent in dependents { try dependent.restore(connection) }
    for (relation, list) in grants {
      for grant in list { try connection.execute(try grant.statement(on: relation.description)) }
    }
    for schema in shadowSchemas {
      try connection.execute("drop schema if exists \(try quotedIdentifier(schema)) cascade")
    }
  }

  private func final(of model: ShadowBuild.MadeModel) throws -> Relation {
    guard let relation = project.relation(model.id) else {
      throw ModelError(.undefined, "the model \(model.id) has no relation")
    }
    return relation
  }

  private func execute(
    _ statement: String, of model: ShadowBuild.MadeModel, _ connection: isolated Connection
  ) throws {
    do {
      try connection.execute(statement)
    } catch let error as PostgresError {
      throw ModelError(.database, "publishing \(project.model(model.id)?.name ?? model.id) failed: \(error)")
    }
  }

  private func drop(_ relation: Relation, _ kind: PublishedRelation.Kind, _ connection: isolated Connection)
    throws
  {
    do {
      try connection.execute("drop \(kind.keyword) \(relation)")
    } catch let error as PostgresError where error.sqlState == "2BP01" {
      throw ModelError(
        .database,
        "nothing was published: an object other than a view depends on \(relation), and nothing is dropped on its account"
      )
    }
  }

  /// Views in the shadow that read an overlay, and the overlays: readers first.
  private func dropOverlays(_ connection: isolated Connection) throws {
    for model in made.reversed() {
      let isIncrement = if case .increment = model.form { true } else { false }
      if isIncrement || (model.form == .view && model.readsOverlay) {
        // SQL-safe: a quoted relation and the model's own SQL, out of the project.
        try connection.execute("drop view \(model.shadow)")
      }
    }
  }

  private func oldRelations(
    _ finals: [Relation], _ connection: isolated Connection
  ) throws -> [Relation: PublishedRelation] {
    var found: [Relation: PublishedRelation] = [:]
    for relation in finals {
      let result = try connection.query(
        """
        select c.oid::bigint, c.relkind from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2
        """, [.text(relation.schema), .text(relation.identifier)])
      guard let row = result.first, let oid = row.integer(0) else { continue }
      found[relation] = PublishedRelation(oid: oid, kind: PublishedRelation.Kind(row[1]))
    }
    return found
  }

  /// What the old relation granted, or what the schema grants to new ones: moving a table brings neither with it.
  private func grants(
    _ finals: [Relation], _ old: [Relation: PublishedRelation], _ connection: isolated Connection
  ) throws -> [(Relation, [Grant])] {
    try finals.map { relation in
      let result: QueryResult
      if let former = old[relation] {
        result = try connection.query(
          """
          select a.privilege_type, coalesce(r.rolname, ''), a.is_grantable
          from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
          left join pg_catalog.pg_roles r on r.oid = a.grantee
          where c.oid = $1::bigint::oid and a.grantee <> c.relowner
          """, [.integer(former.oid)])
      } else {
        result = try connection.query(
          """
          select a.privilege_type, coalesce(r.rolname, ''), a.is_grantable
          from pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
          left join pg_catalog.pg_roles r on r.oid = a.grantee
          where d.defaclobjtype = 'r' and d.defaclnamespace = pg_catalog.to_regnamespace($1)
            and d.defaclrole = current_user::regrole and a.grantee <> d.defaclrole
          """, [.text(try quotedIdentifier(relation.schema))])
      }
      return (
        relation,
        result.rows.map {
          Grant(privilege: $0[0] ?? "", role: $0[1] ?? "", isGrantable: $0.boolean(2) ?? false)
        }
      )
    }
  }
}
