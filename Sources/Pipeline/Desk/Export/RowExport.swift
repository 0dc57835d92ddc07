import Postgres
import Synchronization

/// Rows on their way from the server into an export, in constant memory.
public enum RowExport {
  /// Writes the rows of a statement as they arrive.
  /// - Parameter write: takes the text piece by piece.
  /// - Returns: How many rows there were.
  static func run(
    _ statement: String, _ binds: [Bind], as formatter: any TableFormatter,
    on connection: isolated Connection,
    write: @escaping @Sendable (String) throws -> Void
  ) throws -> Int64 {
    let writer = RowWriter(formatter, write)
    try connection.stream(
      statement, binds,
      onColumns: { try writer.begin($0.map(ExportColumn.init)) },
      onRow: { row in try writer.row(row) })
    return try writer.end()
  }

  /// Writes a whole table or view the role may read.
  /// - Parameter name: of a relation in `analytics`, or `schema.relation`.
  /// - Throws: ``DeskError`` where there is none, ``PostgresError`` otherwise.
  public static func table(
    _ name: String, as formatter: any TableFormatter, from connection: Connection,
    write: @escaping @Sendable (String) throws -> Void
  ) async throws -> Int64 {
    let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (schema, relation) = parts.count == 2 ? (parts[0], parts[1]) : ("analytics", name)
    return try await DashboardReader.reading(connection) { connection in
      let found = try connection.query(
        """
        select 1 from pg_catalog.pg_class relation join pg_catalog.pg_namespace schema on schema.oid = relnamespace
        where nspname = $1 and relname = $2 and relkind in ('r', 'p', 'v', 'm', 'f')
        """, [.text(schema), .text(relation)])
      guard found.rowCount > 0 else {
        throw DeskError(.notFound, "there is no table \(schema).\(relation); \(try tableHint(connection))")
      }
      let statement = "select * from \(try quotedIdentifier(schema)).\(try quotedIdentifier(relation))"
      return try run(statement, [], as: formatter, on: connection, write: write)
    }
  }

  private static func tableHint(_ connection: isolated Connection) throws -> String {
    let names = try connection.query(
      """
      select relname from pg_catalog.pg_class relation join pg_catalog.pg_namespace schema on schema.oid = relnamespace
      where nspname = 'analytics' and relkind in ('r', 'p', 'v', 'm') order by relname
      """
    ).rows.compactMap { $0[0] }
    return names.isEmpty
      ? DeskError.nothingPublished.description : "there are \(names.joined(separator: ", "))"
  }

  /// Writes all rows of a card.
  /// - Parameter filters: values of the dashboard's linked filters by name.
  public static func card(
    _ card: CardDefinition, filters: [String: String] = [:], as formatter: any TableFormatter,
    from connection: Connection, write: @escaping @Sendable (String) throws -> Void
  ) async throws -> Int64 {
    let query = NamedBinds(card.sql)
    let binds = query.names.map { Bind(filters[$0]) }
    return try await DashboardReader.reading(connection) { connection in
      do {
        return try run(query.sql, binds, as: formatter, on: connection, write: write)
      } catch let error as PostgresError where error.isMissingRelation {
        throw DeskError.nothingPublished
      }
    }
  }
}

/// Collects the text of rows until there is enough of it to write. The lock is never waited for: rows come one by one.
private final class RowWriter: Sendable {
  private struct State {
    var formatter: any TableFormatter
    var columns = 0
    var text = ""
    var rows: Int64 = 0
  }

  private let state: Mutex<State>
  private let write: @Sendable (String) throws -> Void
  private static let enough = 1 << 16

  init(_ formatter: any TableFormatter, _ write: @escaping @Sendable (String) throws -> Void) {
    state = Mutex(State(formatter: formatter))
    self.write = write
  }

  func begin(_ columns: [ExportColumn]) throws {
    state.withLock { state in
      state.columns = columns.count
      state.formatter.begin(columns, to: &state.text)
    }
  }

  func row(_ row: Row) throws {
    let piece = state.withLock { state -> String? in
      state.formatter.row((0..<state.columns).map { row[$0] }, to: &state.text)
      state.rows += 1
      return state.text.utf8.count >= Self.enough ? Self.take(&state) : nil
    }
    if let piece { try write(piece) }
  }

  func end() throws -> Int64 {
    let (piece, rows) = state.withLock { state in
      state.formatter.end(to: &state.text)
      return (Self.take(&state), state.rows)
    }
    try write(piece)
    return rows
  }

  private static func take(_ state: inout State) -> String {
    let text = state.text
    state.text = ""
    state.text.reserveCapacity(enough + 4_096)
    return text
  }
}
