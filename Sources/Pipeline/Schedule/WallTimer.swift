import Dispatch
import Foundation

/// Wakes once at a time of the calendar's clock: also where that clock is set or the machine slept meanwhile.
final class WallTimer {
  private let source: any DispatchSourceTimer

  /// - Parameter time: seconds since 1970; a time that has passed wakes at once.
  init(at time: Double, _ wake: @escaping @Sendable () -> Void) {
    let source = DispatchSource.makeTimerSource()
    let seconds = time.rounded(.down)
    source.schedule(
      wallDeadline: DispatchWallTime(
        timespec: timespec(tv_sec: Int(seconds), tv_nsec: Int((time - seconds) * 1_000_000_000))))
    source.setEventHandler(handler: wake)
    source.activate()
    self.source = source
  }

  func cancel() { source.cancel() }
}
