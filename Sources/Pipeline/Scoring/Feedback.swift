/// How outcomes of closed cases feed the scores of later events.
public struct FeedbackSettings: Sendable, Hashable {
  /// Outcomes count once their event is that many days old.
  public var delayDays = 7
  public var customerHalfLifeDays = 5.0
  /// Weight of the prior, in events, and the usual share of fraud.
  public var priorEvents = 2.0
  public var priorShare = 0.008
  /// How long a counterparty stays compromised on average, and the share of its events that is fraud meanwhile.
  public var compromiseDays = 10.0
  public var compromisedShare = 0.5

  public init() {}

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
  /// Steps at which frauds become known later than the ring reaches; a customer has few cases.
  private var lateFrauds: [Int] = []
  private static let mostLate = 256

  mutating func removeAll() {
    guard foldedStep != nil else { return }
    lateFrauds.removeAll(keepingCapacity: true)
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
    if !lateFrauds.isEmpty {
      lateFrauds.removeAll { late in
        guard late <= newest else { return false }
        let weight = settings.customerDecay(days: Double(newest - late) / Double(Self.stepsPerDay))
        frauds += weight
        events += weight
        return true
      }
    }
    waitingEvents[step & (Self.ringSize - 1)] += 1
    if event.outcome == .fraud {
      if event.outcomeKnownAt > event.time {
        if lateFrauds.count == Self.mostLate { lateFrauds.removeFirst() }
        lateFrauds.append(Int((event.outcomeKnownAt / Double(Self.stepSeconds)).rounded(.down)))
      } else {
        waitingFrauds[step & (Self.ringSize - 1)] += 1
      }
    }
    return settings.evidence(frauds: frauds, events: events)
  }
}

/// What outcomes say of each counterparty over time, collected over all customers in the first pass.
///
/// A counterparty is either sound or compromised and changes from one to the other at random (a hidden Markov chain of
/// two states in continuous time). A share `prior_share` is compromised at any moment, for `compromise_days` on average;
/// meanwhile the share `fraud_share` of the events is fraud, otherwise half of `prior_share`. Bayes' rule turns the known
/// outcomes into the probability of being compromised now: a fraud raises it, genuine events and time lower it, and
/// where nothing has been heard for long it returns to the usual. A fraud that becomes known late counts from then on, for
/// as much as its age leaves of it; until then its event passes for genuine.
public struct CounterpartyOutcomes: Sendable {
  /// The probability of being compromised, with the outcomes of that minute in it.
  private struct State: Sendable {
    var minute: Int32
    var probability: Float
  }

  /// A fraud known only some time after its event.
  private struct LateFraud: Sendable {
    var minute: Int32
    var ageDays: Double
  }

  /// Twice the minute since 1970, plus one for a fraud.
  private var collected: [UInt64: [Int32]] = [:]
  private var late: [UInt64: [LateFraud]] = [:]
  private var states: [UInt64: [State]] = [:]
  private var knowsFraud = false
  private let settings: FeedbackSettings
  /// The predicted share of fraud at a counterparty whose last outcome, as young as the delay allows, proved it sound.
  private let lowestShare: Double

  public init(settings: FeedbackSettings) {
    self.settings = settings
    let sound = Self.relaxed(0, days: Double(settings.delayDays), settings)
    lowestShare = Self.share(sound, settings)
  }

  /// True where no fraud is known, so that nothing can follow.
  public var isEmpty: Bool { states.isEmpty }

  public mutating func add(_ events: ArraySlice<ScoringEvent>) {
    for event in events where event.counterparty != 0 && event.hasRealTime {
      var isFraud = event.outcome == .fraud
      knowsFraud = knowsFraud || isFraud
      let minute = Self.minute(event.time)
      if isFraud, event.outcomeKnownAt > event.time {
        isFraud = false
        late[event.counterparty, default: []].append(
          LateFraud(
            minute: Self.minute(event.outcomeKnownAt),
            ageDays: (event.outcomeKnownAt - event.time) / EventWindow.day))
      }
      collected[event.counterparty, default: []].append(minute << 1 | (isFraud ? 1 : 0))
    }
  }

  private static func minute(_ time: Double) -> Int32 {
    Int32(max(-1e9, min(1e9, (time / 60).rounded(.down))))
  }

  /// Ends the collecting.
  public mutating func finish() {
    if knowsFraud {
      for counterparty in Array(collected.keys) {
        states[counterparty] = history(
          collected.removeValue(forKey: counterparty) ?? [],
          late: (late[counterparty] ?? []).sorted { ($0.minute, $0.ageDays) < ($1.minute, $1.ageDays) })
      }
    }
    collected = [:]
    late = [:]
  }

  private func history(_ events: [Int32], late: [LateFraud]) -> [State] {
    var states: [State] = []
    states.reserveCapacity(events.count + late.count)
    var probability = settings.priorShare
    var last: Int32?
    func learn(_ minute: Int32, _ compromisedOdds: Double, _ soundOdds: Double) {
      if let last {
        probability = Self.relaxed(probability, days: Double(minute - last) / 1_440, settings)
      }
      last = minute
      probability = Self.updated(probability, compromisedOdds, soundOdds)
      states.append(State(minute: minute, probability: Float(probability)))
    }
    let sound = settings.priorShare / 2
    var waiting = late[...]
    func learnLate(until minute: Int32) {
      while let fraud = waiting.first, fraud.minute <= minute {
        waiting.removeFirst()
        // What that fraud alone would tell by now.
        let alone = Self.relaxed(
          Self.updated(settings.priorShare, settings.compromisedShare, sound), days: fraud.ageDays, settings)
        learn(
          fraud.minute, alone / (1 - alone), settings.priorShare / (1 - settings.priorShare))
      }
    }
    for event in events.sorted() {
      let minute = event >> 1
      learnLate(until: minute)
      if event & 1 == 1 {
        learn(minute, settings.compromisedShare, sound)
      } else {
        learn(minute, 1 - settings.compromisedShare, 1 - sound)
      }
    }
    learnLate(until: .max)
    return states
  }

  /// Bayes' rule.
  private static func updated(_ probability: Double, _ compromisedOdds: Double, _ soundOdds: Double) -> Double
  {
    probability * compromisedOdds / (probability * compromisedOdds + (1 - probability) * soundOdds)
  }

  /// The probability some days later, with nothing new known.
  private static func relaxed(_ probability: Double, days: Double, _ settings: FeedbackSettings) -> Double {
    let usual = settings.priorShare
    return usual + (probability - usual) * Mathematics.exponential(-days / settings.compromiseDays)
  }

  private static func share(_ probability: Double, _ settings: FeedbackSettings) -> Double {
    probability * settings.compromisedShare + (1 - probability) * settings.priorShare / 2
  }

  /// ln of how many times likelier a fraud is there at that moment than at a counterparty just proved sound; only
  /// outcomes older than the delay are known.
  func evidence(_ counterparty: UInt64, at time: Double) -> Double {
    guard !isEmpty else { return 0 }
    let states = states[counterparty] ?? []
    let minute = time / 60
    let known = minute - Double(settings.delayDays) * 1_440
    var low = 0
    var high = states.count
    while low < high {
      let middle = (low + high) / 2
      if Double(states[middle].minute) <= known { low = middle + 1 } else { high = middle }
    }
    var probability = settings.priorShare
    if low > 0 {
      let state = states[low - 1]
      probability = Self.relaxed(
        Double(state.probability), days: (minute - Double(state.minute)) / 1_440, settings)
    }
    return max(0, Mathematics.ln(Self.share(probability, settings) / lowestShare))
  }
}
