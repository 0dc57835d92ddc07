import Postgres

/// The analyst's own queries: one connection that may only read, and the rows of one query at a time, held by the server and
/// read piece by piece.
///
/// A query runs in a read-only transaction as the reading role, with a limit of time. Its rows then stay with the server as a
/// held cursor, which keeps no table locked, so that a run can publish while somebody reads them.
public actor QuerySession {
  /// Rows of a result by their place in it.
  public struct Page: Sendable, Hashable {
    public let columns: [ValueColumn]
    /// The place of the first row, from 0.
    public let start: Int
    public let rows: [[Value]]
    /// How many rows the result has.
    public let total: Int

    public init(columns: [ValueColumn], start: Int, rows: [[Value]], total: Int) {
      self.columns = columns
      self.start = start
      self.rows = rows
      self.total = total
    }
  }

  private let target: @Sendable () async throws -> String
  private var connection: Connection?
  /// What the server holds.
  private var held: (id: Int, columns: [ValueColumn], total: Int)?
  private var answers = 0
  /// The question at work; others wait for its end.
  private var working: Int?
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var cancelled: Set<Int> = []

  private let longestSeconds: Int

  /// Seconds a query may take.
  public static let longestSeconds = 60

  /// - Parameters:
  ///   - longestSeconds: how long a query may take.
  ///   - target: where to connect, asked for with the first question.
  public init(
    longestSeconds: Int = QuerySession.longestSeconds, target: @escaping @Sendable () async throws -> String
  ) {
    self.longestSeconds = longestSeconds
    self.target = target
  }

  /// Runs a query and returns its first rows with the number of the answer.
  /// - Parameter question: a number by which it can be cancelled.
  /// - Throws: ``DeskError`` where it is no question or a parameter is missing, ``PostgresError`` for what the server says.
  public func run(
    _ text: String, parameters: [String: String] = [:], limit: Int, question: Int
  ) async throws -> (page: Page, id: Int) {
    let (sql, binds) = try ReadOnlyQuery.prepared(text, parameters)
    return try await using(question) { connection in
      try await self.dropResult(on: connection)
      self.answers += 1
      let id = self.answers
      guard ReadOnlyQuery.returnsRowsOfTables(text) else {
        let table = try await ReadOnlyQuery.answer(text, parameters: parameters, from: connection)
        return (Page(columns: table.columns, start: 0, rows: table.rows, total: table.rows.count), id)
      }
      let first = try await self.hold(sql, binds, limit: limit, on: connection)
      self.held = (id, first.columns, first.rows.count)
      // The count costs a pass over what the server holds, no second run of the query.
      try await connection.execute("move absolute 0 in \(Self.cursor)")
      let counted = try await connection.execute("move forward all in \(Self.cursor)")
      let total = max(first.rows.count, Int(counted.affectedRows))
      self.held = (id, first.columns, total)
      return (Page(columns: first.columns, start: 0, rows: first.rows, total: total), id)
    }
  }

  private static let cursor = "riskdeck_result"

  private func hold(
    _ sql: String, _ binds: [Bind], limit: Int, on connection: Connection
  ) async throws -> ValueTable {
    let prefix = "declare \(Self.cursor) scroll cursor with hold for "
    let longestSeconds = longestSeconds
    let timeLimit = TimeLimit(seconds: longestSeconds, of: connection)
    do {
      let page = try await DashboardReader.reading(connection) { connection in
        try ReadOnlyQuery.restrict(connection, longestSeconds: longestSeconds)
        // SQL-safe: the query itself, which is the analyst's; the protocol takes one statement only, and the server lets a
        // cursor be declared for nothing but a query.
        try connection.query(prefix + sql, binds)
        // SQL-safe: a number of rows and the cursor's fixed name.
        let page = ValueTable(try connection.query("fetch forward \(max(1, limit)) from \(Self.cursor)"))
        try ReadOnlyQuery.refuseWrites(on: connection)
        return page
      }
      await timeLimit.end()
      return page
    } catch let error as PostgresError {
      if await timeLimit.end(), error.code == .cancelled {
        throw PostgresError(code: .cancelled, message: "canceling statement due to statement timeout")
      }
      throw error.placed(in: sql, after: prefix)
    } catch {
      await timeLimit.end()
      throw error
    }
  }

  /// Further rows of an answer.
  /// - Throws: ``DeskError`` where that answer's rows are held no longer.
  public func rows(of answer: Int, from start: Int, limit: Int, question: Int) async throws -> Page {
    try await using(question) { connection in
      guard let held = self.held, held.id == answer else {
        throw DeskError(.notFound, "the rows are no longer held; run the query again")
      }
      // SQL-safe: numbers of rows and the cursor's fixed name.
      try await connection.execute("move absolute \(max(0, start)) in \(Self.cursor)")
      let found = try await connection.query("fetch forward \(max(1, limit)) from \(Self.cursor)")
      return Page(
        columns: held.columns, start: max(0, start), rows: ValueTable(found).rows, total: held.total)
    }
  }

  /// How the server would answer the query, without running it.
  public func explain(
    _ text: String, parameters: [String: String] = [:], question: Int
  ) async throws -> ValueTable {
    let plan = ReadOnlyQuery.returnsRowsOfTables(text) ? "explain " + text : text
    return try await using(question) { connection in
      try await ReadOnlyQuery.answer(plan, parameters: parameters, from: connection)
    }
  }

  /// Writes all rows of a query, as ``ReadOnlyQuery/export(_:parameters:as:from:write:)`` does, on a connection of its own.
  public func export(
    _ text: String, parameters: [String: String], as formatter: any TableFormatter,
    write: @escaping @Sendable (String) throws -> Void
  ) async throws -> Int64 {
    let connection = try await Connection.open(try await target(), applicationName: "riskdeck query")
    do {
      let rows = try await ReadOnlyQuery.export(
        text, parameters: parameters, as: formatter, from: connection, write: write)
      await connection.close()
      return rows
    } catch {
      await connection.close()
      throw error
    }
  }

  /// What there is to query.
  public func catalogue(question: Int) async throws -> QueryCatalogue {
    try await using(question) { try await QueryCatalogue.read($0) }
  }

  /// Stops the question in the server, or keeps it from starting; returns once one under way has ended. Does nothing for
  /// one that was answered.
  public func cancel(_ question: Int) async {
    guard working == question else {
      // A cancel may come before its question. Those for questions that were answered are forgotten, the oldest first.
      cancelled.insert(question)
      if cancelled.count > 64, let oldest = cancelled.min() { cancelled.remove(oldest) }
      return
    }
    while working == question {
      connection?.cancel()
      // A cancel that falls between two statements hits none: it is sent again until the question has ended.
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
    }
  }

  public func close() async {
    await connection?.close()
    connection = nil
    held = nil
  }

  private func dropResult(on connection: Connection) async throws {
    guard held != nil else { return }
    held = nil
    try await connection.execute("close \(Self.cursor)")
  }

  /// Runs `body` on the connection, which is opened anew where it was lost; one question after the other.
  private func using<Answer: Sendable>(
    _ question: Int, _ body: (Connection) async throws -> Answer
  ) async throws -> Answer {
    while working != nil { await withCheckedContinuation { waiting.append($0) } }
    working = question
    defer {
      working = nil
      if !waiting.isEmpty { waiting.removeFirst().resume() }
    }
    guard cancelled.remove(question) == nil else {
      throw PostgresError(code: .cancelled, message: "cancelled")
    }
    if let connection, await connection.isEnded { await close() }
    let current: Connection
    if let connection {
      current = connection
    } else {
      current = try await Connection.open(try await target(), applicationName: "riskdeck query")
      connection = current
    }
    do {
      let answer = try await body(current)
      try await current.execute(Self.forgetting)
      return answer
    } catch {
      if let error = error as? PostgresError, error.code == .connectionLost {
        await current.close()
        (connection, held) = (nil, nil)
      } else {
        // A connection that cannot do so is found lost by the next question.
        _ = try? await current.execute(Self.forgetting)
      }
      throw error
    }
  }

  /// Whatever locks and settings a query left in its session go with it.
  private static let forgetting = "select pg_advisory_unlock_all(); reset role; reset all"
}

/// Cancels what a connection does once the time is over, and again until it ends. The server's own limit of a statement does not
/// count while a commit answers the rest of a held cursor's query.
private struct TimeLimit {
  private let task: Task<Void, any Error>
  private let over: ContinuousClock.Instant

  init(seconds: Int, of connection: Connection) {
    let end = ContinuousClock.now + .seconds(seconds)
    over = end
    task = Task {
      try await Task.sleep(until: end)
      while true {
        connection.cancel()
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// Returns once nothing is cancelled any more: whether the time was over.
  @discardableResult
  func end() async -> Bool {
    let isOver = ContinuousClock.now >= over
    task.cancel()
    _ = await task.result
    return isOver
  }
}

/// Tables and columns the analyst may read, for completion.
public struct QueryCatalogue: Sendable, Hashable {
  public struct Table: Sendable, Hashable {
    /// `schema.name`.
    public let name: String
    public let columns: [String]

    public init(name: String, columns: [String]) {
      self.name = name
      self.columns = columns
    }
  }

  public let tables: [Table]

  public init(tables: [Table]) {
    self.tables = tables
  }

  static func read(_ connection: Connection) async throws -> QueryCatalogue {
    let found = try await connection.query(
      """
      select nspname || '.' || relname, string_agg(attname, ' ' order by attnum)
      from pg_catalog.pg_class relation
      join pg_catalog.pg_namespace schema on schema.oid = relnamespace
      join pg_catalog.pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
      where relkind in ('r', 'p', 'v', 'm', 'f') and nspname !~ '^pg_' and nspname !~ '__' and nspname <> 'information_schema'
        and has_schema_privilege(schema.oid, 'usage') and has_table_privilege(relation.oid, 'select')
      group by 1 order by 1
      """)
    return QueryCatalogue(
      tables: found.rows.map { row in
        Table(
          name: row[0] ?? "", columns: (row[1] ?? "").split(separator: " ").map(String.init))
      })
  }
}

extension PostgresError {
  /// The same error with the line and column of the analyst's text.
  func placed(in text: String, after prefix: String) -> PostgresError {
    guard let position, position > prefix.count else { return self }
    let before = text.prefix(position - prefix.count - 1)
    let line = before.split(separator: "\n", omittingEmptySubsequences: false)
    let place = "line \(line.count), column \((line.last?.count ?? 0) + 1): "
    return PostgresError(
      code: code, sqlState: sqlState, message: place + serverMessage, hint: hint, position: nil,
      constraint: constraint, table: table, column: column)
  }
}
