/// How outcomes of closed cases feed the scores of later events.
public struct FeedbackSettings: Sendable, Hashable {
  /// Outcomes count once their event is that many whole days old.
  public var delayDays = 7
  public var counterpartyHalfLifeDays = 3.0
  public var customerHalfLifeDays = 5.0
  /// Weight of the prior, in events, and the usual share of fraud.
  public var priorEvents = 2.0
  public var priorShare = 0.008

  public init() {}

  /// max(0, ln[((F + a pi) / (N + a)) / pi]) for F frauds among N events.
  func evidence(frauds: Double, events: Double) -> Double {
    guard frauds > 0 else { return 0 }
    return max(
      0, Mathematics.ln((frauds + priorEvents * priorShare) / (events + priorEvents) / priorShare))
  }
}

/// One customer's outcomes by day: the last days wait in a ring until they are old enough to count.
struct OutcomeHistory: Sendable {
  private static let ringSize = 64
  private var waitingEvents = [Double](repeating: 0, count: ringSize)
  private var waitingFrauds = [Double](repeating: 0, count: ringSize)
  private var events = 0.0
  private var frauds = 0.0
  /// The newest day folded in; nil before the first event.
  private var foldedDay: Int?
  private var isEmpty = true

  mutating func removeAll() {
    guard !isEmpty else { return }
    for place in 0..<Self.ringSize {
      waitingEvents[place] = 0
      waitingFrauds[place] = 0
    }
    events = 0
    frauds = 0
    foldedDay = nil
    isEmpty = true
  }

  /// The evidence known at the event, then takes the event in.
  mutating func observe(_ event: ScoringEvent, day: Int, _ settings: FeedbackSettings) -> Double {
    isEmpty = false
    let newest = day - settings.delayDays - 1
    if let folded = foldedDay, newest > folded {
      // Whatever waits is at most a ring old; a longer pause only lets it decay.
      for next in (folded + 1)...min(newest, folded + Self.ringSize) {
        let place = next & (Self.ringSize - 1)
        if events > 0 || waitingEvents[place] > 0 {
          let decay = Mathematics.powerOfTwo(-1 / settings.customerHalfLifeDays)
          events = events * decay + waitingEvents[place]
          frauds = frauds * decay + waitingFrauds[place]
        }
        waitingEvents[place] = 0
        waitingFrauds[place] = 0
      }
      if newest > folded + Self.ringSize {
        let pause = Double(newest - folded - Self.ringSize)
        let decay = Mathematics.powerOfTwo(-pause / settings.customerHalfLifeDays)
        events *= decay
        frauds *= decay
      }
      foldedDay = newest
    } else if foldedDay == nil {
      foldedDay = newest
    }
    waitingEvents[day & (Self.ringSize - 1)] += 1
    if event.outcome == .fraud { waitingFrauds[day & (Self.ringSize - 1)] += 1 }
    return settings.evidence(frauds: frauds, events: events)
  }
}

/// Frauds and events of each counterparty by day, counted over all customers in the first pass.
public struct CounterpartyOutcomes: Sendable {
  private struct Day: Sendable {
    var day: Int
    var events: Double
    var frauds: Double
  }

  private var counts: [UInt64: [Int: (events: Int, frauds: Int)]] = [:]
  private var states: [UInt64: [Day]] = [:]
  private let settings: FeedbackSettings

  public init(settings: FeedbackSettings) { self.settings = settings }

  /// True where no fraud is known, so that nothing can follow.
  public var isEmpty: Bool { states.isEmpty }

  public mutating func add(_ events: ArraySlice<ScoringEvent>) {
    for event in events where event.counterparty != 0 && event.hasRealTime {
      let day = CalendarMoment(event.time).day
      counts[event.counterparty, default: [:]][day, default: (0, 0)].events += 1
      if event.outcome == .fraud {
        counts[event.counterparty, default: [:]][day, default: (0, 0)].frauds += 1
      }
    }
  }

  /// Ends the counting: keeps the decayed sums of counterparties with a fraud, the others cannot say anything.
  public mutating func finish() {
    let decayOfDay = Mathematics.powerOfTwo(-1 / settings.counterpartyHalfLifeDays)
    for (counterparty, days) in counts where days.values.contains(where: { $0.frauds > 0 }) {
      guard let first = days.keys.min(), let last = days.keys.max() else { continue }
      var state = Day(day: first, events: 0, frauds: 0)
      states[counterparty] = (first...last).map { day in
        let today = days[day] ?? (0, 0)
        state.day = day
        state.events = state.events * decayOfDay + Double(today.events)
        state.frauds = state.frauds * decayOfDay + Double(today.frauds)
        return state
      }
    }
    counts = [:]
  }

  /// What outcomes older than the delay say of that counterparty at that moment.
  func evidence(_ counterparty: UInt64, at time: Double) -> Double {
    guard let days = states[counterparty], let first = days.first, let last = days.last else { return 0 }
    let day = CalendarMoment(time).day - settings.delayDays - 1
    guard day >= first.day else { return 0 }
    let state = day >= last.day ? last : days[day - first.day]
    let decay = Mathematics.powerOfTwo(-Double(day - state.day) / settings.counterpartyHalfLifeDays)
    return settings.evidence(frauds: state.frauds * decay, events: state.events * decay)
  }
}
