/// What a screen asked for and has not got yet, or could not get.
struct Reading: Sendable {
  fileprivate(set) var pending: [Pending] = []
  /// Why the last request has no answer, one line; nil: it has.
  fileprivate(set) var failure: String?
}

/// A screen that is filled by one request at a time.
protocol LoadingScreen: Screen, Refreshable {
  var reading: Reading { get set }
  /// There is something to show already.
  var hasData: Bool { get }
  /// The request that fills the screen.
  func loadEffect(_ request: RequestID) -> Effect
  /// Takes the answer to it.
  mutating func take(_ answer: Answer, _ turn: inout Turn)
}

extension LoadingScreen {
  var pending: [Pending] { reading.pending }
  var failure: String? { reading.failure }
  var emptiness: String? { hasData ? nil : failure }

  mutating func open(_ turn: inout Turn) {
    if !hasData, pending.isEmpty { refresh(&turn) }
  }

  mutating func refresh(_ turn: inout Turn) {
    turn.cancel(pending)
    reading.pending = [turn.request(loadEffect)]
  }

  /// Asks again without showing a wait: what is on screen stays meanwhile.
  mutating func refreshQuietly(_ turn: inout Turn) {
    turn.cancel(pending)
    reading.pending = [turn.request(isQuiet: true, loadEffect)]
  }

  mutating func forgetPending() { reading.pending = [] }

  mutating func receive(_ answer: Answer, request: RequestID, _ turn: inout Turn) {
    reading.pending.removeAll { $0.id == request }
    guard case .failure(let reason) = answer else {
      reading.failure = nil
      take(answer, &turn)
      return
    }
    reading.failure = reason.message
    // What is on screen stays there; the reason is told beside it.
    if hasData { turn.say(reason.message, .danger) }
  }
}
