/// What happens to due times that passed while nobody was there to start their runs.
public enum CatchUp: String, Sendable, Hashable, CaseIterable {
  /// They are missed; the next one in the future is the next run.
  case none
  /// One run makes up for all of them.
  case one
  /// Each gets its run, in order, the last ``DuePlan/longestQueue`` of them.
  case all
}

/// What a schedule's due times since they were last looked at lead to.
struct DuePlan: Sendable, Hashable {
  /// Due times to run, in order; seconds since 1970.
  var queued: [Int] = []
  /// The latest due time without a run.
  var lastMissed: Int?
  var missedCount = 0

  /// A due time this many seconds ago is still on time.
  static let tolerance = 60
  /// Due times of one schedule that may wait.
  static let longestQueue = 100

  /// - Parameters:
  ///   - handledUntil: due times up to here, itself included, were dealt with.
  ///   - isQueued: an earlier due time of the schedule still waits for its run.
  init(
    _ expression: CronExpression, in clock: ZoneClock, catchUp: CatchUp, handledUntil: Int, now: Int,
    isQueued: Bool
  ) {
    // A ring of the latest due times: a schedule of every minute has many after a year of silence.
    var latest: [Int] = []
    var count = 0
    var displaced: Int?
    var instant = handledUntil
    while let due = expression.next(after: instant, in: clock), due <= now {
      if latest.count < Self.longestQueue {
        latest.append(due)
      } else {
        displaced = latest[count % Self.longestQueue]
        latest[count % Self.longestQueue] = due
      }
      count += 1
      instant = due
    }
    latest.sort()
    guard let last = latest.last else { return }
    switch catchUp {
    case .all: queued = latest
    case .one: queued = isQueued ? [] : [last]
    case .none: queued = isQueued || now - last > Self.tolerance ? [] : [last]
    }
    missedCount = count - queued.count
    if missedCount > 0 {
      lastMissed = latest.last { !queued.contains($0) } ?? displaced
    }
  }
}
