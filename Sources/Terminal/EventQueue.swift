import Glibc
import Synchronization

/// Events of other threads on their way to the loop: a locked list and a pipe that wakes the poll.
final class EventQueue<Event: Sendable>: Sendable {
  private struct Contents {
    var events: [Event] = []
    var isOpen = true
  }

  private let contents = Mutex(Contents())
  /// What the loop polls.
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(TerminalError) {
    let ends = try Pipe.open()
    readEnd = ends.read
    writeEnd = ends.write
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Adds an event from any thread. After the session's end it is dropped.
  func post(_ event: Event) {
    contents.withLock { contents in
      guard contents.isOpen else { return }
      contents.events.append(event)
      // One byte wakes the loop for all that are there when it looks.
      if contents.events.count == 1 {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
      }
    }
  }

  /// All events, in the order in which they were posted.
  func takeAll() -> [Event] {
    contents.withLock { contents in
      _ = Pipe.drain(readEnd)
      defer { contents.events = [] }
      return contents.events
    }
  }

  /// Drops what is there and what will be posted.
  func finish() {
    contents.withLock {
      $0.isOpen = false
      $0.events = []
    }
  }
}
