import Postgres

/// Reads a source whole, masks it and replaces the raw tables with it, in one transaction: readers and later stages
/// see the tables of before, or all of the new ones.
///
/// Rows travel by COPY into temporary tables and from there, checked against each other, into `staging`; memory stays
/// flat however long they are. The `staging` tables are locked only while they are replaced, not while the source is
/// read. What cannot be loaded is counted and listed in `staging.rejects`.
public struct RawLoad: Sendable {
  public typealias ProgressReceiver = @Sendable (LoadProgress) async -> Void

  private let source: any Source
  private let masking: Masking
  private let runID: Int64
  private let progress: ProgressReceiver

  public init(
    source: any Source, masking: Masking, runID: Int64, progress: @escaping ProgressReceiver = { _ in }
  ) {
    self.source = source
    self.masking = masking
    self.runID = runID
    self.progress = progress
  }

  /// - Parameter connection: in no transaction; the load opens and ends its own.
  /// - Throws: `ExtractError`, `PostgresError` or `CancellationError`; nothing is changed then.
  public func run(on connection: Connection) async throws -> LoadSummary {
    try await connection.execute("begin")
    do {
      // With the customers' ids hashed in one batch, lines keep their order and reach the key's index in it.
      try await connection.execute("set local synchronous_commit = off; set local work_mem = '64MB'")
      try await connection.execute(RawTables.createTemporary)
      let tally = try await copy(into: connection)
      await progress(tally.progress(.replace, isDone: false))
      let summary = try await RawTables.replace(
        connection, runID: runID, tally: tally, keepsCartsTogether: source.keepsCartsTogether)
      try await connection.execute("commit")
      await progress(tally.progress(.replace, isDone: true))
      return summary
    } catch {
      // The first error is the one to report; where the connection is gone the server rolls back by itself.
      _ = try? await connection.execute("rollback")
      throw error
    }
  }

  /// Reads the four kinds at the same time and stores them one after the other.
  private func copy(into connection: Connection) async throws -> LoadTally {
    let products = PageQueue<ProductRecord>()
    let customers = PageQueue<CustomerRecord>()
    let orders = PageQueue<OrderLineRecord>()
    let labels = PageQueue<LabelRecord>()
    let source = source
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await read(products) { try await source.products($0) } }
      group.addTask { await read(customers) { try await source.customers($0) } }
      group.addTask { await read(orders) { try await source.orders($0) } }
      group.addTask { await read(labels) { try await source.labels($0) } }
      do {
        var tally = LoadTally()
        var rows = RawRows(masking: masking, source: source.name)
        try await store(products, as: .products, in: RawTables.products, &tally, connection) { record, copy in
          rows.append(record, to: &copy)
        }
        try await store(customers, as: .customers, in: RawTables.customers, &tally, connection) {
          record, copy in
          rows.append(record, to: &copy)
        }
        try await store(orders, as: .orders, in: RawTables.orders, &tally, connection) { record, copy in
          rows.append(record, to: &copy)
        }
        try await store(labels, as: .labels, in: RawTables.labels, &tally, connection) { record, copy in
          rows.append(record, to: &copy)
        }
        return tally
      } catch {
        products.close()
        customers.close()
        orders.close()
        labels.close()
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
