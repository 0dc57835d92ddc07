import Glibc

/// The time of day and a stopwatch.
enum Clock {
  /// Seconds since 1970, UTC.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Seconds that `body` takes, with its answer.
  static func measured<Answer>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Answer
  ) async rethrows -> (answer: Answer, seconds: Double) {
    let start = ContinuousClock.now
    let answer = try await body()
    return (answer, (ContinuousClock.now - start).seconds)
  }
}

extension Duration {
  /// The length in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
