import CLibpq

/// Whether a server takes connections, asked without making one.
public enum ServerAvailability: Sendable, Hashable {
  case accepting
  /// It is there and refuses for the moment: it starts, ends, or recovers from a crash.
  case rejecting
  /// Nobody answered, or the target cannot be read: connecting tells why.
  case unknown

  /// Asks the server; waits for its answer.
  /// - Parameter target: what ``Connection/open(_:applicationName:)`` takes.
  public static func of(_ target: String) -> ServerAvailability {
    switch PQping(target) {
    case PQPING_OK: .accepting
    case PQPING_REJECT: .rejecting
    default: .unknown
    }
  }

  /// Returns once the server does not refuse any more, or after the time is over.
  /// - Parameters:
  ///   - patience: seconds to wait at the most.
  ///   - ask: how to ask.
  /// - Returns: false where the time is over.
  @discardableResult
  public static func wait(
    for target: String, patience: Double = 60, interval: Duration = .milliseconds(100),
    ask: @Sendable (String) -> ServerAvailability = ServerAvailability.of
  ) async throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(patience)
    while ask(target) == .rejecting {
      guard clock.now < end else { return false }
      try await Task.sleep(for: interval)
    }
    return true
  }
}
