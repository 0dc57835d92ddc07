import CLibpq
import Glibc
import Synchronization

/// One session with a PostgreSQL server, owned by this actor and driven on a thread of its own.
///
/// One task uses a connection at a time: statements of two tasks would otherwise share a transaction. Every method
/// throws ``PostgresError``.
public actor Connection {
  private let executor = ConnectionExecutor()
  private let session: Session
  private let canceller = Canceller()
  /// Statements the server keeps for this session, by their text.
  private var prepared: [String: String] = [:]
  /// True where the last rows of a COPY were handed out and only nil is left to say.
  private var isCopyOutRead = false

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private init(session: Session) {
    self.session = session
  }

  /// Connects. `target` is whatever libpq takes: a `postgresql://` URL or `key=value` pairs; `.pgpass`, `PGSERVICE`,
  /// `sslmode` and the `PG*` environment work as they do in psql.
  /// - Parameter applicationName: shown in `pg_stat_activity` unless the target names one.
  public static func open(_ target: String, applicationName: String = "riskdeck") async throws -> Connection {
    let connection = Connection(session: Session())
    try await connection.connect(target, applicationName: applicationName)
    return connection
  }

  private func connect(_ target: String, applicationName: String) throws {
    try session.open(target, applicationName: applicationName)
    canceller.set(PQgetCancel(try session.handle()))
  }

  /// Ends the session; further calls throw. Safe to call twice.
  public func close() {
    canceller.set(nil)
    session.close()
  }

  /// Asks the server to stop the running statement; the call that waits for it throws ``PostgresError/Code/cancelled``.
  /// Callable while a statement runs, from any thread. Does nothing where none runs.
  public nonisolated func cancel() {
    canceller.cancel()
  }

  /// The server process that serves this session, for `pg_terminate_backend` and the run log.
  public var backendProcessID: Int32 {
    get throws { PQbackendPID(try session.handle()) }
  }

  /// True where the server has ended the session since it was last used. Looks at what has arrived and asks nothing.
  public var isEnded: Bool { session.isEnded }

  /// The server's version as a number: 150018 for 15.18.
  public var serverVersion: Int32 {
    get throws { PQserverVersion(try session.handle()) }
  }

  /// True while a transaction is open, failed ones included.
  public var isInTransaction: Bool {
    get throws {
      let status = PQtransactionStatus(try session.handle())
      return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }
  }

  /// Runs one statement or several parted by semicolons, without binds; several are one transaction unless they hold
  /// transaction statements of their own. Returns the last statement's answer.
  @discardableResult
  public func execute(_ sql: String) throws -> QueryResult {
    try session.checked(PQexec(try session.handle(), sql))
  }

  /// Runs one statement with binds (`$1`, `$2`, ...) and returns its whole answer.
  @discardableResult
  public func query(_ sql: String, _ binds: [Bind] = []) throws -> QueryResult {
    let handle = try session.handle()
    return try session.checked(
      withWireTexts(binds) { pointers in
        PQexecParams(handle, sql, Int32(binds.count), nil, pointers, nil, nil, 0)
      })
  }

  /// Runs one statement like ``query(_:_:)``, parsed once for this session and kept by the server, which also stops
  /// planning it where that gains nothing. For fixed texts that are run again and again: what is kept is never freed.
  @discardableResult
  public func queryPrepared(_ sql: String, _ binds: [Bind] = []) throws -> QueryResult {
    let handle = try session.handle()
    let name: String
    if let known = prepared[sql] {
      name = known
    } else {
      name = "riskdeck_\(prepared.count + 1)"
      _ = try session.checked(PQprepare(handle, name, sql, 0, nil))
      prepared[sql] = name
    }
    return try session.checked(
      withWireTexts(binds) { pointers in
        PQexecPrepared(handle, name, Int32(binds.count), pointers, nil, nil, 0)
      })
  }

  /// Runs one statement and hands its rows to `onRow` one by one as they arrive, in constant memory.
  /// An error thrown by `onRow` or `onColumns` cancels the statement and is rethrown.
  /// - Parameter onColumns: called once before the first row, and where there are no rows.
  public func stream(
    _ sql: String, _ binds: [Bind] = [], onColumns: @Sendable ([ResultColumn]) throws -> Void = { _ in },
    onRow: @Sendable (Row) throws -> Void
  ) throws {
    let handle = try session.handle()
    let sent = withWireTexts(binds) { pointers in
      PQsendQueryParams(handle, sql, Int32(binds.count), nil, pointers, nil, nil, 0)
    }
    guard sent == 1, PQsetSingleRowMode(handle) == 1 else {
      throw PostgresError(connection: handle, code: .connectionLost)
    }
    var failure: (any Error)?
    var isDescribed = false
    while let result = PQgetResult(handle) {
      do {
        let answer = try session.checked(result)
        if failure == nil, !isDescribed {
          isDescribed = true
          try onColumns(answer.columns)
        }
        if failure == nil, let row = answer.first { try onRow(row) }
      } catch {
        if failure == nil {
          failure = error
          canceller.cancel()
        }
      }
    }
    if let failure { throw failure }
  }

  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  /// - Parameter mode: what follows `BEGIN`, such as `isolation level repeatable read, read only`.
  public func transaction<Answer: Sendable>(
    _ mode: String = "", _ body: @Sendable (isolated Connection) async throws -> Answer
  ) async throws -> Answer {
    try execute("begin " + mode)
    do {
      let answer = try await body(self)
      try execute("commit")
      return answer
    } catch {
      // The first error is the one to report; a rollback can only fail where the connection is gone, which ends
      // the transaction as well.
      _ = try? execute("rollback")
      throw error
    }
  }

  // MARK: - COPY

  /// Starts `COPY ... FROM STDIN`; follow with ``copyWrite(_:)`` and ``copyFinish()`` or ``copyAbort(_:)``.
  public func beginCopyIn(_ sql: String) throws {
    try session.expect(PQexec(try session.handle(), sql), PGRES_COPY_IN)
  }

  /// Sends a piece of the data; pieces need not end at a line.
  public func copyWrite(_ bytes: [UInt8]) throws {
    let handle = try session.handle()
    let sent = bytes.withUnsafeBytes { buffer in
      PQputCopyData(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
    }
    guard sent == 1 else { throw PostgresError(connection: handle, code: .connectionLost) }
  }

  /// Ends the data and returns the number of rows the server took.
  @discardableResult
  public func copyFinish() throws -> Int64 {
    let handle = try session.handle()
    guard PQputCopyEnd(handle, nil) == 1 else {
      throw PostgresError(connection: handle, code: .connectionLost)
    }
    return try session.finish().affectedRows
  }

  /// Ends the data as failed: the server keeps none of it.
  public func copyAbort(_ reason: String) throws {
    let handle = try session.handle()
    guard PQputCopyEnd(handle, reason) == 1 else {
      throw PostgresError(connection: handle, code: .connectionLost)
    }
    // The server confirms by failing the statement, which is what was asked for.
    _ = try? session.finish()
  }

  /// Starts `COPY ... TO STDOUT`; follow with ``copyRead(atLeast:)`` until it returns nil.
  public func beginCopyOut(_ sql: String) throws {
    isCopyOutRead = false
    try session.expect(PQexec(try session.handle(), sql), PGRES_COPY_OUT)
  }

  /// Reads whole rows until `atLeast` bytes are there or the data end; nil after the last.
  public func copyRead(atLeast: Int = 65_536) throws -> [UInt8]? {
    let handle = try session.handle()
    if isCopyOutRead {
      isCopyOutRead = false
      return nil
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(atLeast + 4_096)
    while bytes.count < atLeast {
      var row: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(handle, &row, 0)
      if count > 0, let row {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(count)))
        PQfreemem(row)
      } else if count == -1 {
        // The command's own result follows once. libpq knows no second end: the next read is told by a mark.
        try session.finish()
        isCopyOutRead = !bytes.isEmpty
        break
      } else {
        throw PostgresError(connection: handle, code: .connectionLost)
      }
    }
    return bytes.isEmpty ? nil : bytes
  }

  // MARK: - Notifications

  /// The socket to wait on for readability; owned by libpq.
  var socket: Int32 {
    get throws { PQsocket(try session.handle()) }
  }

  /// Takes what has arrived without waiting.
  func takeNotifications() throws -> [Notification] {
    let handle = try session.handle()
    guard PQconsumeInput(handle) == 1 else { throw PostgresError(connection: handle, code: .connectionLost) }
    var notifications: [Notification] = []
    while let notification = PQnotifies(handle) {
      notifications.append(
        Notification(
          channel: String(cString: notification.pointee.relname),
          payload: String(cString: notification.pointee.extra),
          senderProcessID: notification.pointee.be_pid))
      PQfreemem(notification)
    }
    return notifications
  }
}

/// The libpq handle with the checks around it. Used by its actor alone.
private final class Session {
  private var pointer: OpaquePointer?

  deinit {
    PQfinish(pointer)
  }

  func open(_ target: String, applicationName: String) throws {
    let keywords = ["dbname", "fallback_application_name", "client_encoding", "connect_timeout"]
    // libpq takes the later of two settings of one keyword, and the expanded dbname overrides what stands before it:
    // a target that names its own connect_timeout keeps it by coming last.
    let values = [target, applicationName, "UTF8", "10"]
    let order = [3, 1, 2, 0]
    let connection = withCStrings(order.map { keywords[$0] }) { keywordPointers in
      withCStrings(order.map { values[$0] }) { valuePointers in
        PQconnectdbParams(keywordPointers, valuePointers, 1)
      }
    }
    guard let connection, PQstatus(connection) == CONNECTION_OK else {
      let error = PostgresError(connection: connection, code: .connectionFailed)
      PQfinish(connection)
      throw error
    }
    // Notices belong to nobody's screen; what matters arrives as a result.
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
    pointer = connection
  }

  func close() {
    PQfinish(pointer)
    pointer = nil
  }

  /// A session at rest hears nothing but settings and its end, so all that has arrived is read.
  var isEnded: Bool {
    guard let pointer else { return true }
    var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
    while PQstatus(pointer) == CONNECTION_OK, poll(&descriptor, 1, 0) > 0 {
      guard PQconsumeInput(pointer) == 1 else { return true }
    }
    return PQstatus(pointer) != CONNECTION_OK
  }

  func handle() throws(PostgresError) -> OpaquePointer {
    guard let pointer else { throw PostgresError(code: .connectionLost, message: "the connection is closed") }
    return pointer
  }

  /// The result, or the error it stands for.
  func checked(_ result: OpaquePointer?) throws -> QueryResult {
    let handle = try handle()
    guard let result else { throw PostgresError(connection: handle, code: .connectionLost) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
      return QueryResult(result)
    case PGRES_COPY_IN:
      PQclear(result)
      _ = PQputCopyEnd(handle, "COPY was not expected here")
      drain(handle)
      throw PostgresError(code: .protocolMisuse, message: "COPY FROM STDIN needs beginCopyIn")
    case PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      drain(handle)
      throw PostgresError(code: .protocolMisuse, message: "COPY TO STDOUT needs beginCopyOut")
    default:
      defer { PQclear(result) }
      throw PostgresError(result: result, connection: handle)
    }
  }

  func expect(_ result: OpaquePointer?, _ status: ExecStatusType) throws {
    guard PQresultStatus(result) == status else {
      _ = try checked(result)
      throw PostgresError(code: .protocolMisuse, message: "the statement is not the COPY it should be")
    }
    PQclear(result)
  }

  /// Takes the remaining results of a statement and returns the last one.
  @discardableResult
  func finish() throws -> QueryResult {
    let handle = try handle()
    var last: QueryResult?
    var failure: (any Error)?
    while let result = PQgetResult(handle) {
      do { last = try checked(result) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    guard let last else { throw PostgresError(connection: handle, code: .connectionLost) }
    return last
  }

  private func drain(_ handle: OpaquePointer) {
    var row: UnsafeMutablePointer<CChar>?
    while PQgetCopyData(handle, &row, 0) > 0 { PQfreemem(row) }
    while let result = PQgetResult(handle) { PQclear(result) }
  }
}

/// Cancels from any thread: libpq documents PQcancel as safe beside a running call, and the lock keeps the cancel
/// object alive meanwhile.
private final class Canceller: Sendable {
  private let object = Mutex<UInt>(0)

  func set(_ pointer: OpaquePointer?) {
    object.withLock { current in
      PQfreeCancel(OpaquePointer(bitPattern: current))
      current = UInt(bitPattern: pointer)
    }
  }

  func cancel() {
    object.withLock { current in
      guard let pointer = OpaquePointer(bitPattern: current) else { return }
      var message = [CChar](repeating: 0, count: 256)
      // A cancel that cannot be delivered changes nothing; the waiting call keeps its own error.
      _ = PQcancel(pointer, &message, Int32(message.count))
    }
  }

  deinit {
    set(nil)
  }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Answer>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
) -> Answer {
  withWirePointers(texts, body)
}

private func withWireTexts<Answer>(
  _ binds: [Bind], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
) -> Answer {
  withWirePointers(binds.map(\.wireText), body)
}

/// Lays all texts into one buffer that lives for the length of the call; nil texts become NULL pointers.
private func withWirePointers<Answer>(
  _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
) -> Answer {
  var bytes: [CChar] = []
  var offsets: [Int?] = []
  for text in texts {
    guard let text else {
      offsets.append(nil)
      continue
    }
    offsets.append(bytes.count)
    bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
    bytes.append(0)
  }
  return bytes.withUnsafeBufferPointer { buffer in
    var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in
      offset.flatMap { buffer.baseAddress?.advanced(by: $0) }
    }
    pointers.append(nil)
    return body(pointers)
  }
}
