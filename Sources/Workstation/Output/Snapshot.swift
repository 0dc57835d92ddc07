/// A session driven by a script, without a terminal: what `riskdeck snapshot` and tests use.
///
/// The caller executes effects (or answers them from fixtures) and feeds the events back, until none is left;
/// then presses the next key.
public enum Snapshot {
  /// Presses keys one after another; after each, effects are answered by `answer` until the core is content.
  ///
  /// - Parameters:
  ///   - state: As ``State/init(setup:size:now:)`` made it, not started yet.
  ///   - place: The screen to begin with; nil: the one of the preferences.
  ///   - answer: Executes one effect and returns the events that follow from it.
  /// - Returns: The state after the last key. Quitting ends the script.
  public static func drive(
    _ state: State, place: Place? = nil, keys: [Key], answer: (Effect) async throws -> [Event]
  ) async rethrows -> State {
    var state = state
    var effects = state.start()
    if let place { effects += state.go(to: place) }
    try await settle(&state, effects, answer)
    for key in keys {
      effects = state.handle(.input(.key(key)))
      if effects.contains(.quit) { break }
      try await settle(&state, effects, answer)
    }
    return state
  }

  private static func settle(
    _ state: inout State, _ effects: [Effect], _ answer: (Effect) async throws -> [Event]
  ) async rethrows {
    var waiting = effects
    // A core that asks again for every answer would never be content: a bound keeps the script finite.
    var rounds = 0
    while !waiting.isEmpty, rounds < 1_000 {
      rounds += 1
      let effect = waiting.removeFirst()
      for event in try await answer(effect) { waiting += state.handle(event) }
    }
  }
}

extension ScreenBuffer {
  /// The screen as text, without spaces at the ends of lines.
  public var plainText: String {
    lines.map { line in
      var line = line[...]
      while line.last == " " { line.removeLast() }
      return String(line) + "\n"
    }.joined()
  }
}
