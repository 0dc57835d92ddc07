import CLibpq
import Glibc

/// A message another session sent by NOTIFY.
public struct Notification: Sendable, Hashable {
  public let channel: String
  public let payload: String
  /// The server process of the sender.
  public let senderProcessID: Int32
}

/// Listens on channels over a connection of its own and waits without polling.
public actor NotificationListener {
  private let connection: Connection
  private let wake: WakePipe

  private init(connection: Connection, wake: WakePipe) {
    self.connection = connection
    self.wake = wake
  }

  /// Connects and listens.
  public static func open(_ target: String, channels: [String]) async throws -> NotificationListener {
    let connection = try await Connection.open(target, applicationName: "riskdeck listener")
    for channel in channels {
      try await connection.execute("listen " + quotedIdentifier(channel))
    }
    return NotificationListener(connection: connection, wake: try WakePipe())
  }

  /// Waits for the next notifications. Returns an empty array after ``stop()``; throws when the connection is lost.
  public func next() async throws -> [Notification] {
    try await connection.waitForNotifications(wake: wake)
  }

  /// Ends the waiting call. Callable from any thread.
  public nonisolated func stop() {
    wake.signal()
  }

  /// Ends the session.
  public func close() async {
    await connection.close()
  }
}

extension Connection {
  fileprivate func waitForNotifications(wake: WakePipe) throws -> [Notification] {
    while true {
      let notifications = try takeNotifications()
      if !notifications.isEmpty { return notifications }
      var descriptors = [
        pollfd(fd: try socket, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&descriptors, 2, -1) < 0, errno != EINTR {
        throw PostgresError(code: .connectionLost, message: "waiting for notifications failed")
      }
      if descriptors[1].revents != 0 { return [] }
    }
  }
}

/// A pipe whose read end becomes readable when somebody wants the waiting thread back.
private final class WakePipe: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(PostgresError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw PostgresError(code: .protocolMisuse, message: "no pipe could be made: too many open files")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  func signal() {
    var byte: UInt8 = 1
    // A full pipe is as good as a signal: the reader wakes either way.
    _ = write(writeEnd, &byte, 1)
  }

  deinit {
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }
}
