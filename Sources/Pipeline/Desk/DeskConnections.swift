import Postgres

/// A few connections for the questions of one workstation: opened when needed, kept, and replaced when lost.
///
/// A question is known by a number, by which it can be cancelled while it waits or runs.
public actor DeskConnections {
  private let database: String
  private let most: Int
  private var idle: [Connection] = []
  private var opened = 0
  /// The questions that were asked and not yet answered.
  private var asked: Set<Int> = []
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
    asked.insert(question)
    defer {
      asked.remove(question)
      running[question] = nil
      cancelled.remove(question)
    }
    let connection = try await freeConnection()
    guard !cancelled.contains(question) else {
      release(connection)
      throw PostgresError(code: .cancelled, message: "cancelled")
    }
    running[question] = connection
    do {
      let answer = try await body(connection)
      release(connection)
      return answer
    } catch {
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

  /// One that is at rest and whose server has not ended it, or a new one.
  private func freeConnection() async throws -> Connection {
    while true {
      while opened >= most && idle.isEmpty {
        await withCheckedContinuation { waiting.append($0) }
      }
      guard let free = idle.popLast() else { break }
      guard await free.isEnded else { return free }
      opened -= 1
      await free.close()
      wakeOne()
    }
    opened += 1
    do {
      return try await Connection.open(database, applicationName: "riskdeck workstation")
    } catch {
      opened -= 1
      wakeOne()
      throw error
    }
  }

  /// Cancels the question's statement in the server, or keeps it from starting, and returns once it has ended. Questions
  /// that are answered already are left alone.
  public func cancel(_ question: Int) async {
    while asked.contains(question) {
      cancelled.insert(question)
      running[question]?.cancel()
      // A cancel that falls between two statements hits none: it is sent again until the question has ended.
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
    }
  }

  /// True from the asking of a question until its answer.
  func isAsked(_ question: Int) -> Bool { asked.contains(question) }

  /// True while a connection works for the question.
  func isRunning(_ question: Int) -> Bool { running[question] != nil }

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
