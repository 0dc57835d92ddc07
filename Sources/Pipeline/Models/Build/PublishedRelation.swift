import Postgres

/// A relation as the catalogue knows it.
struct PublishedRelation: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case view, table, materializedView
    case other

    init(_ letter: String?) {
      switch letter {
      case "v": self = .view
      case "r", "p": self = .table
      case "m": self = .materializedView
      default: self = .other
      }
    }

    /// As `DROP` and `ALTER` name it.
    var keyword: String {
      switch self {
      case .view: "view"
      case .materializedView: "materialized view"
      case .table, .other: "table"
      }
    }
  }

  struct Column: Sendable, Hashable {
    let name: String
    let type: String
  }

  let oid: Int64
  let kind: Kind
  var comment: String?

  /// All relations of some schemas by name.
  static func all(in schemas: Set<String>, _ connection: Connection) async throws -> [Relation:
    PublishedRelation]
  {
    guard !schemas.isEmpty else { return [:] }
    let marks = (1...schemas.count).map { "$\($0)" }.joined(separator: ", ")
    let result = try await connection.query(
      // SQL-safe: only the numbers of binds.
      """
      select current_database(), n.nspname, c.relname, c.oid::bigint, c.relkind,
        pg_catalog.obj_description(c.oid, 'pg_class')
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname in (\(marks)) and c.relkind in ('r', 'p', 'v', 'm', 'f')
      """, schemas.sorted().map { .text($0) })
    var found: [Relation: PublishedRelation] = [:]
    for row in result.rows {
      guard let database = row[0], let schema = row[1], let name = row[2], let oid = row.integer(3) else {
        continue
      }
      found[try Relation(database: database, schema: schema, identifier: name)] = PublishedRelation(
        oid: oid, kind: Kind(row[4]), comment: row[5])
    }
    return found
  }

  /// The columns of a relation in their order, with their types as SQL writes them.
  /// - Throws: `PostgresError` where there is no such relation.
  static func columns(of relation: Relation, _ connection: Connection) async throws -> [Column] {
    let result = try await connection.query(
      """
      select attname, format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum
      """, [.text(relation.description)])
    return result.rows.compactMap { row in
      row[0].flatMap { name in row[1].map { Column(name: name, type: $0) } }
    }
  }

  /// The columns of all tables and views of some schemas, in their order, by relation.
  static func columns(in schemas: Set<String>, _ connection: Connection) async throws -> [Relation: [Column]]
  {
    let result = try await connection.query(
      """
      select current_database(), n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
      from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname in (select jsonb_array_elements_text($1::jsonb)) and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and a.attnum > 0 and not a.attisdropped
      order by n.nspname, c.relname, a.attnum
      """, [.text(JSONText.array(schemas.sorted().map { .string($0) }).text)])
    var found: [Relation: [Column]] = [:]
    for row in result.rows {
      guard let database = row[0], let schema = row[1], let name = row[2], let column = row[3],
        let type = row[4]
      else { continue }
      let relation = try Relation(database: database, schema: schema, identifier: name)
      found[relation, default: []].append(Column(name: column, type: type))
    }
    return found
  }
}
