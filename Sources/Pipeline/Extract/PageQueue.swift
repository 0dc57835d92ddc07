import Synchronization

/// Hands pages from the task that reads a source to the task that stores them; the reader waits where it is more than
/// a few pages ahead.
///
/// One task sends and one receives.
final class PageQueue<Record: Sendable>: Sendable {
  private struct State: ~Copyable {
    var pages: [Page<Record>] = []
    var end: Result<Void, any Error>?
    var isClosed = false
    var receiver: CheckedContinuation<Page<Record>?, any Error>?
    var sender: CheckedContinuation<Void, any Error>?
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int = 3) {
    self.capacity = capacity
  }

  /// Gives a page away; waits while the queue is full.
  /// - Throws: `CancellationError` once nobody receives any more.
  func send(_ page: Page<Record>) async throws {
    try Task.checkCancellation()
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      state.withLock { state in
        if state.isClosed { return continuation.resume(throwing: CancellationError()) }
        if let receiver = state.receiver {
          state.receiver = nil
          receiver.resume(returning: page)
          return continuation.resume()
        }
        state.pages.append(page)
        if state.pages.count < capacity { continuation.resume() } else { state.sender = continuation }
      }
    }
  }

  /// Nothing more will be sent: the receiver sees the end, or the error, behind the pages that are there.
  func finish(_ end: Result<Void, any Error>) {
    state.withLock { state in
      state.end = end
      guard let receiver = state.receiver else { return }
      state.receiver = nil
      receiver.resume(with: end.map { nil })
    }
  }

  /// The next page; nil at the end.
  /// - Throws: the error the reading ended with.
  func receive() async throws -> Page<Record>? {
    try await withCheckedThrowingContinuation { continuation in
      state.withLock { state in
        if state.pages.isEmpty {
          guard let end = state.end else {
            state.receiver = continuation
            return
          }
          return continuation.resume(with: end.map { nil })
        }
        continuation.resume(returning: state.pages.removeFirst())
        state.sender?.resume()
        state.sender = nil
      }
    }
  }

  /// Nothing more will be received: a waiting sender is told so.
  func close() {
    state.withLock { state in
      state.isClosed = true
      state.pages = []
      state.sender?.resume(throwing: CancellationError())
      state.sender = nil
    }
  }
}
