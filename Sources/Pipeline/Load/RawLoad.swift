import Postgres

/// Reads a source, masks it and brings the raw tables to it: readers and later stages see the tables of before, or all of the
/// new rows.
///
/// Each kind of record is extracted by itself, by COPY into an incoming table, so the four may run side by side on
/// connections of their own; memory stays flat however long they are. The replacement checks them against each other and
/// changes the `staging` tables in one transaction: what differs alone, or everything where much does (``RawChanges``). What cannot be loaded is counted and listed
/// in `staging.rejects`.
public struct RawLoad: Sendable {
  public typealias ProgressReceiver = @Sendable (LoadProgress) async -> Void

  /// A kind of record, in the order in which digests and rejects are put together.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case products, customers, orders, labels
  }

  /// What an extraction read; the replacement needs those of all kinds.
  public struct Extraction: Sendable {
    public let kind: Kind
    let tally: LoadTally
    /// True where the rows are those that changed alone.
    public let isChanges: Bool

    /// Customers, carts, products or labels.
    public var records: Int64 { tally.records }
    /// Rows in the incoming table.
    public var rows: Int64 { kind == .orders ? tally.lines : tally.records }
    public var rejects: Int64 { tally.rejectCount }
    public var bytes: Int64 { tally.bytes }
  }

  private let source: any Source
  private let masking: Masking
  private let runID: Int64
  private let rewrites: Bool
  private let progress: ProgressReceiver

  /// - Parameter rewrites: write every row of the raw tables anew, also those that are as they were.
  public init(
    source: any Source, masking: Masking, runID: Int64, rewrites: Bool = false,
    progress: @escaping ProgressReceiver = { _ in }
  ) {
    self.source = source
    self.masking = masking
    self.runID = runID
    self.rewrites = rewrites
    self.progress = progress
  }

  /// Extracts all kinds one after the other and replaces the raw tables.
  /// - Parameter connection: in no transaction.
  /// - Throws: `ExtractError`, `PostgresError` or `CancellationError`; the raw tables are not changed then.
  public func run(on connection: Connection) async throws -> LoadSummary {
    var extractions: [Extraction] = []
    for kind in Kind.allCases { extractions.append(try await extract(kind, on: connection)) }
    return try await replace(with: extractions, on: connection)
  }

  /// Reads one kind of record into its incoming table, in a transaction of its own.
  /// - Parameter connection: in no transaction.
  /// - Throws: `ExtractError`, `PostgresError` or `CancellationError`.
  public func extract(_ kind: Kind, on connection: Connection) async throws -> Extraction {
    let cursors = rewrites ? SourceCursors() : try await LoadCursors.read(ground, connection).cursors
    return try await extract(kind, since: cursors, on: connection)
  }

  /// What the cursors of this load rest on; nil where the source tells of no changes.
  private var ground: String? {
    (source as? any ChangeSource).map { $0.ground + " " + masking.fingerprint }
  }

  private func extract(
    _ kind: Kind, since cursors: SourceCursors, on connection: Connection
  ) async throws -> Extraction {
    try await transaction(on: connection) {
      var tally = LoadTally()
      var rows = RawRows(masking: masking, source: self.source.name)
      let source = (self.source as? any ChangeSource)?.changed(since: cursors) ?? self.source
      switch kind {
      case .products:
        try await copy(.products, RawTables.products, &tally, connection, source.products) {
          rows.append($0, to: &$1)
        }
      case .customers:
        try await copy(.customers, RawTables.customers, &tally, connection, source.customers) {
          rows.append($0, to: &$1)
        }
      case .orders:
        try await copy(.orders, RawTables.orders, &tally, connection, source.orders) {
          rows.append($0, to: &$1)
        }
      case .labels:
        try await copy(.labels, RawTables.labels, &tally, connection, source.labels) {
          rows.append($0, to: &$1)
        }
      }
      let cursor: Int64? =
        switch kind {
        case .customers: cursors.customers
        case .orders: cursors.orders
        case .products, .labels: nil
        }
      return Extraction(kind: kind, tally: tally, isChanges: cursor != nil)
    }
  }

  /// Replaces the raw tables with what was extracted.
  /// - Parameters:
  ///   - extractions: one of each kind, of this source.
  ///   - connection: in no transaction.
  /// - Throws: `PostgresError` or `CancellationError`; nothing is changed then.
  public func replace(with extractions: [Extraction], on connection: Connection) async throws -> LoadSummary {
    let stored = rewrites ? LoadCursors() : try await LoadCursors.read(ground, connection)
    var extractions = extractions
    // What did not change may take part in what did: then the orders are read whole.
    if let place = extractions.firstIndex(where: { $0.kind == .orders && $0.isChanges }),
      try await stored.needsAllOrders(connection)
    {
      extractions[place] = try await extract(.orders, since: SourceCursors(), on: connection)
    }
    let changes = Set(extractions.filter(\.isChanges).map(\.kind))
    var tally = LoadTally()
    for kind in Kind.allCases {
      for extraction in extractions where extraction.kind == kind { tally.merge(extraction.tally) }
    }
    await progress(tally.progress(.replace, isDone: false))
    let whole = tally
    let summary = try await transaction(on: connection) {
      let summary = try await RawTables.replace(
        connection, runID: runID, tally: whole, keepsCartsTogether: source.keepsCartsTogether,
        keepsIdentities: !masking.isEnabled, rewrites: rewrites, changes: changes, former: stored)
      try await stored.advanced(by: whole, changes, summary).store(ground, connection)
      return summary
    }
    await progress(tally.progress(.replace, isDone: true))
    return summary
  }

  private func transaction<Answer>(
    on connection: Connection, _ body: () async throws -> Answer
  ) async throws -> Answer {
    try await connection.execute("begin")
    do {
      // With the customers' ids hashed in one batch, lines keep their order and reach the key's index in it.
      try await connection.execute("set local synchronous_commit = off; set local work_mem = '64MB'")
      let answer = try await body()
      try await connection.execute("commit")
      return answer
    } catch {
      // The first error is the one to report; where the connection is gone the server rolls back by itself.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }

  /// Reads and stores at the same time, a bounded number of pages apart.
  private func copy<Record: Sendable>(
    _ stage: LoadProgress.Stage, _ table: RawTables.Table, _ tally: inout LoadTally, _ connection: Connection,
    _ reading: @escaping @Sendable (@escaping PageReceiver<Record>) async throws -> Void,
    _ append: (Record, inout BinaryCopy) -> Void
  ) async throws {
    try await connection.execute("truncate staging.\(try quotedIdentifier(table.incoming))")
    let queue = PageQueue<Record>()
    // The reading is part of this task: it ends with it, whichever of the two fails or is cancelled.
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await read(queue, reading) }
      do {
        try await store(queue, as: stage, in: table, &tally, connection, append)
      } catch {
        group.cancelAll()
        queue.close()
        throw error
      }
    }
  }

  /// Runs one reading and ends its queue with the result.
  private func read<Record: Sendable>(
    _ queue: PageQueue<Record>, _ reading: (@escaping PageReceiver<Record>) async throws -> Void
  ) async {
    do {
      try await reading { try await queue.send($0) }
      queue.finish(.success(()))
    } catch {
      queue.finish(.failure(error))
    }
  }

  private func store<Record: Sendable>(
    _ queue: PageQueue<Record>, as stage: LoadProgress.Stage, in table: RawTables.Table,
    _ tally: inout LoadTally,
    _ connection: Connection, _ append: (Record, inout BinaryCopy) -> Void
  ) async throws {
    var copy = BinaryCopy()
    try await connection.beginCopyIn(table.copy)
    do {
      while let page = try await queue.receive() {
        try Task.checkCancellation()
        for record in page.records {
          append(record, &copy)
          if copy.isWorthSending { try await send(copy.take(), connection, &tally) }
        }
        tally.add(page, to: stage)
        await progress(tally.progress(stage, isDone: false))
      }
      try await send(copy.takeLast(), connection, &tally)
    } catch {
      // What ended the data is the error to report; the server answers with its own.
      _ = try? await connection.copyAbort("the source ended with an error")
      throw error
    }
    try await connection.copyFinish()
    tally.digest.update(copy.digest.digest())
    await progress(tally.progress(stage, isDone: true))
  }

  private func send(_ bytes: [UInt8], _ connection: Connection, _ tally: inout LoadTally) async throws {
    tally.bytes += Int64(bytes.count)
    try await connection.copyWrite(bytes)
  }
}
