import Postgres

/// A view that reads a relation about to be replaced, with everything needed to make it anew.
struct DependentView: Sendable {
  let name: String
  let kind: PublishedRelation.Kind
  /// Statements that bring it back, in their order.
  let statements: [String]

  var dropStatement: String { "drop \(kind.keyword) \(name)" }

  /// All views that read the relations, themselves or through other views, in an order where each stands behind those it
  /// reads. Views among the relations are left out.
  static func all(of oids: [Int64], _ connection: isolated Connection) throws -> [DependentView] {
    guard !oids.isEmpty else { return [] }
    let result = try connection.query(
      """
      with recursive readers(oid, depth) as (
        select r.ev_class, 1
        from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid
        where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
          and d.refobjid = any ($1::oid[]) and r.ev_class <> d.refobjid
        union
        select r.ev_class, readers.depth + 1
        from readers
        join pg_catalog.pg_depend d on d.refobjid = readers.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
          and d.classid = 'pg_catalog.pg_rewrite'::regclass
        join pg_catalog.pg_rewrite r on r.oid = d.objid
        where r.ev_class <> readers.oid
      )
      select c.oid::bigint, n.nspname, c.relname, c.relkind, pg_catalog.pg_get_viewdef(c.oid),
        pg_catalog.array_to_string(c.reloptions, ', '), pg_catalog.pg_get_userbyid(c.relowner),
        pg_catalog.obj_description(c.oid, 'pg_class'), c.relispopulated
      from (select oid, max(depth) as depth from readers group by oid) as found
      join pg_catalog.pg_class c on c.oid = found.oid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('v', 'm') and c.oid <> all ($1::oid[])
      order by found.depth, c.oid
      """, [.text("{" + oids.map(String.init).joined(separator: ",") + "}")])
    return try result.rows.map { try DependentView($0, connection) }
  }

  private init(_ row: Row, _ connection: isolated Connection) throws {
    let oid = row.integer(0) ?? 0
    name = try quotedIdentifier(row[1] ?? "") + "." + quotedIdentifier(row[2] ?? "")
    kind = PublishedRelation.Kind(row[3])
    let options = row[5].map { " with (\($0))" } ?? ""
    let definition = SQLScan(row[4] ?? "").withoutTrailingSemicolon()
    let ending = kind == .materializedView && row.boolean(8) == false ? " with no data" : ""
    var statements = ["create \(kind.keyword) \(name)\(options) as \(definition)\(ending)"]
    statements.append("alter \(kind.keyword) \(name) owner to \(try quotedIdentifier(row[6] ?? ""))")
    if let comment = row[7] {
      statements.append("comment on \(kind.keyword) \(name) is \(try quotedLiteral(comment))")
    }
    let grants = try connection.query(
      """
      select a.privilege_type, coalesce(r.rolname, ''), a.is_grantable
      from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
      left join pg_catalog.pg_roles r on r.oid = a.grantee
      where c.oid = $1::bigint::oid and a.grantee <> c.relowner
      """, [.integer(oid)])
    for grant in grants.rows {
      let role = grant[1] ?? ""
      statements.append(
        "grant \(grant[0] ?? "") on \(name) to \(role.isEmpty ? "public" : try quotedIdentifier(role))"
          + (grant.boolean(2) == true ? " with grant option" : ""))
    }
    let details = try connection.query(
      """
      select pg_catalog.pg_get_indexdef(indexrelid), null, null from pg_catalog.pg_index where indrelid = $1::bigint::oid
      union all
      select null, a.attname, pg_catalog.col_description(a.attrelid, a.attnum) from pg_catalog.pg_attribute a
      where a.attrelid = $1::bigint::oid and a.attnum > 0
        and pg_catalog.col_description(a.attrelid, a.attnum) is not null
      """, [.integer(oid)])
    for row in details.rows {
      if let index = row[0] { statements.append(index) }
      if let column = row[1], let comment = row[2] {
        statements.append(
          "comment on column \(name).\(try quotedIdentifier(column)) is \(try quotedLiteral(comment))")
      }
    }
    self.statements = statements
  }

  /// - Throws: ``ModelError`` where the view no longer fits what it reads.
  func restore(_ connection: isolated Connection) throws {
    do {
      for statement in statements { try connection.execute(statement) }
    } catch let error as PostgresError {
      throw ModelError(
        .database,
        "nothing was published: the view \(name) reads a replaced table and no longer fits it: \(error)")
    }
  }
}
