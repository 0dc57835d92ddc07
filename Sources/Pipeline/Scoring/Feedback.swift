/// How outcomes of closed cases feed the scores of later events.
public struct FeedbackSettings: Sendable, Hashable {
  /// Outcomes count once their event is that many days old.
  public var delayDays = 7
  public var counterpartyHalfLifeDays = 3.0
  public var customerHalfLifeDays = 5.0
  /// Weight of the prior, in events, and the usual share of fraud.
  public var priorEvents = 2.0
  public var priorShare = 0.008

  public init() {}

  func counterpartyDecay(days: Double) -> Double {
    Mathematics.powerOfTwo(-days / counterpartyHalfLifeDays)
  }

  func customerDecay(days: Double) -> Double { Mathematics.powerOfTwo(-days / customerHalfLifeDays) }

  /// max(0, ln[((F + a pi) / (N + a)) / pi]) for F frauds among N events.
  func evidence(frauds: Double, events: Double) -> Double {
    guard frauds > 0 else { return 0 }
    return max(
      0, Mathematics.ln((frauds + priorEvents * priorShare) / (events + priorEvents) / priorShare))
  }
}

/// One customer's outcomes: the last weeks wait in a ring of three-hour steps until they are old enough to count.
struct OutcomeHistory: Sendable {
  private static let stepSeconds = 10_800
  private static let stepsPerDay = 8
  /// Longer than the longest delay, 50 days.
  private static let ringSize = 512
  private var waitingEvents = [Double](repeating: 0, count: ringSize)
  private var waitingFrauds = [Double](repeating: 0, count: ringSize)
  private var events = 0.0
  private var frauds = 0.0
  /// The newest step folded in; nil before the first event.
  private var foldedStep: Int?

  mutating func removeAll() {
    guard foldedStep != nil else { return }
    for place in 0..<Self.ringSize {
      waitingEvents[place] = 0
      waitingFrauds[place] = 0
    }
    events = 0
    frauds = 0
    foldedStep = nil
  }

  /// The evidence known at the event, then takes the event in.
  mutating func observe(_ event: ScoringEvent, _ settings: FeedbackSettings) -> Double {
    let step = Int((event.time / Double(Self.stepSeconds)).rounded(.down))
    // The newest step that lies before the delay as a whole.
    let newest = step - settings.delayDays * Self.stepsPerDay - 1
    let folded = foldedStep ?? newest
    if newest > folded {
      let decayOfStep = settings.customerDecay(days: 1 / Double(Self.stepsPerDay))
      // Whatever waits is at most a ring old; a longer pause only lets it decay.
      for next in (folded + 1)...min(newest, folded + Self.ringSize) {
        let place = next & (Self.ringSize - 1)
        if events > 0 || waitingEvents[place] > 0 {
          events = events * decayOfStep + waitingEvents[place]
          frauds = frauds * decayOfStep + waitingFrauds[place]
          waitingEvents[place] = 0
          waitingFrauds[place] = 0
        }
      }
      if newest > folded + Self.ringSize {
        let pause = Double(newest - folded - Self.ringSize) / Double(Self.stepsPerDay)
        events *= settings.customerDecay(days: pause)
        frauds *= settings.customerDecay(days: pause)
      }
    }
    foldedStep = max(folded, newest)
    waitingEvents[step & (Self.ringSize - 1)] += 1
    if event.outcome == .fraud { waitingFrauds[step & (Self.ringSize - 1)] += 1 }
    return settings.evidence(frauds: frauds, events: events)
  }
}

/// Frauds and events of each counterparty over time, collected over all customers in the first pass.
public struct CounterpartyOutcomes: Sendable {
  /// Decayed sums with the event of that time in them.
  private struct State: Sendable {
    var time: Double
    var events: Double
    var frauds: Double
  }

  private var collected: [UInt64: [(time: Double, isFraud: Bool)]] = [:]
  private var states: [UInt64: [State]] = [:]
  private let settings: FeedbackSettings

  public init(settings: FeedbackSettings) { self.settings = settings }

  /// True where no fraud is known, so that nothing can follow.
  public var isEmpty: Bool { states.isEmpty }

  public mutating func add(_ events: ArraySlice<ScoringEvent>) {
    for event in events where event.counterparty != 0 && event.hasRealTime {
      collected[event.counterparty, default: []].append((event.time, event.outcome == .fraud))
    }
  }

  /// Ends the collecting: keeps the sums of counterparties with a fraud; the others cannot say anything.
  public mutating func finish() {
    for (counterparty, events) in collected where events.contains(where: \.isFraud) {
      var state = State(time: -.infinity, events: 0, frauds: 0)
      states[counterparty] = events.sorted { ($0.time, $1.isFraud ? 1 : 0) < ($1.time, $0.isFraud ? 1 : 0) }
        .map {
          let decay = settings.counterpartyDecay(days: ($0.time - state.time) / EventWindow.day)
          state = State(
            time: $0.time, events: state.events * decay + 1,
            frauds: state.frauds * decay + ($0.isFraud ? 1 : 0))
          return state
        }
    }
    collected = [:]
  }

  /// What outcomes older than the delay say of that counterparty at that moment.
  func evidence(_ counterparty: UInt64, at time: Double) -> Double {
    guard let states = states[counterparty] else { return 0 }
    let known = time - Double(settings.delayDays) * EventWindow.day
    var low = 0
    var high = states.count
    while low < high {
      let middle = (low + high) / 2
      if states[middle].time <= known { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    let state = states[low - 1]
    let decay = settings.counterpartyDecay(days: (known - state.time) / EventWindow.day)
    return settings.evidence(frauds: state.frauds * decay, events: state.events * decay)
  }
}
