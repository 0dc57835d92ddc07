import Postgres

/// A few connections for the questions of one workstation: opened when needed, kept, and replaced when lost.
///
/// A question is known by a number, by which it can be cancelled while it waits or runs.
public actor DeskConnections {
  private let database: String
  private let most: Int
  private var idle: [Connection] = []
  private var opened = 0
  private var running: [Int: Connection] = [:]
  private var cancelled: Set<Int> = []
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameter most: connections at the same time; further questions wait for a free one.
  public init(database: String, most: Int = 3) {
    self.database = database
    self.most = most
  }

  /// Runs `body` on a free connection.
  /// - Throws: ``PostgresError`` with code `cancelled` where the question was cancelled before or while it ran.
  public func answer<Answer: Sendable>(
    _ question: Int, _ body: @Sendable (Connection) async throws -> Answer
  ) async throws -> Answer {
    while opened >= most && idle.isEmpty {
      await withCheckedContinuation { waiting.append($0) }
    }
    let connection: Connection
    if let free = idle.popLast() {
      connection = free
    } else {
      opened += 1
      do { connection = try await Connection.open(database, applicationName: "riskdeck workstation") } catch {
        opened -= 1
        wakeOne()
        throw error
      }
    }
    defer { running[question] = nil }
    guard cancelled.remove(question) == nil else {
      release(connection)
      throw PostgresError(code: .cancelled, message: "cancelled")
    }
    running[question] = connection
    do {
      let answer = try await body(connection)
      cancelled.remove(question)
      release(connection)
      return answer
    } catch {
      cancelled.remove(question)
      if let error = error as? PostgresError, error.code == .connectionLost {
        opened -= 1
        await connection.close()
        wakeOne()
      } else {
        release(connection)
      }
      throw error
    }
  }

  /// Cancels the question's statement in the server, or keeps it from starting. Questions that are answered already are
  /// left alone.
  public func cancel(_ question: Int) {
    if let connection = running[question] {
      connection.cancel()
    } else if !waiting.isEmpty {
      cancelled.insert(question)
    }
  }

  /// Ends all idle connections; those at work end with their question.
  public func close() async {
    let connections = idle
    idle = []
    opened -= connections.count
    for connection in connections { await connection.close() }
  }

  private func release(_ connection: Connection) {
    idle.append(connection)
    wakeOne()
  }

  private func wakeOne() {
    if !waiting.isEmpty { waiting.removeFirst().resume() }
  }
}
