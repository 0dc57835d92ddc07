import Postgres

/// A table or view by its full name, written as dbt writes it: every part quoted.
public struct Relation: Sendable, Hashable, CustomStringConvertible {
  public let database: String
  public let schema: String
  public let identifier: String
  /// The parts as they stand in SQL.
  public let description: String

  /// - Throws: `PostgresError` for a name no identifier may have.
  public init(database: String, schema: String, identifier: String) throws(PostgresError) {
    self.database = database
    self.schema = schema
    self.identifier = identifier
    let parts = [
      try quotedIdentifier(database), try quotedIdentifier(schema), try quotedIdentifier(identifier),
    ]
    self.description = parts.joined(separator: ".")
  }

  /// An ephemeral model: a common table expression of the statement that reads it.
  init(commonTable name: String) {
    self.database = ""
    self.schema = ""
    self.identifier = name
    self.description = name
  }

  /// A name as it stands in SQL, through the one quoting function.
  static func quoted(_ name: String) throws(PostgresError) -> String {
    try quotedIdentifier(name)
  }

  /// The same table in another schema.
  func moved(to schema: String) throws(PostgresError) -> Relation {
    try Relation(database: database, schema: schema, identifier: identifier)
  }
}
