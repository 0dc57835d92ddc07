import Pipeline

/// What one event sets going: effects, moves between screens, a notice, an overlay.
struct Turn: Sendable {
  enum Move: Sendable {
    case open(any Screen)
    case back
  }

  let now: Double
  /// How values become text.
  let text: ValueText
  private(set) var effects: [Effect] = []
  private(set) var lastRequest: Int
  var moves: [Move] = []
  var notice: Notice?
  var overlay: Overlay?

  init(now: Double, lastRequest: Int, text: ValueText) {
    self.now = now
    self.text = text
    self.lastRequest = lastRequest
  }

  mutating func ask(_ effect: Effect) {
    effects.append(effect)
  }

  /// Sends a request with a new id.
  /// - Parameter isQuiet: it is not shown as a wait.
  mutating func request(isQuiet: Bool = false, _ effect: (RequestID) -> Effect) -> Pending {
    lastRequest += 1
    let id = RequestID(number: lastRequest)
    effects.append(effect(id))
    return Pending(id: id, since: now, isQuiet: isQuiet)
  }

  mutating func cancel(_ pending: [Pending]) {
    for request in pending { effects.append(.cancelQuery(request.id)) }
  }

  mutating func say(_ text: String, _ tone: Threshold.Tone = .neutral) {
    notice = Notice(text: text, tone: tone)
  }
}

/// A line for the analyst at the foot of the screen, until the next key.
struct Notice: Sendable, Hashable {
  let text: String
  let tone: Threshold.Tone

  static let connectedAgain = Notice(text: "connected again", tone: .good)
}
