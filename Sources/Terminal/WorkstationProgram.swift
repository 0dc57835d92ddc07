import Workstation

extension TerminalProgram
where State == Workstation.State, Event == Workstation.Event, Effect == Workstation.Effect {
  /// The workstation on a terminal.
  ///
  /// - Parameters:
  ///   - clock: The time in seconds since 1970.
  ///   - perform: Starts an effect and returns at once; its answer is posted, from any thread. What concerns the
  ///     terminal (copy, mouse, redraw, suspend, quit) does not come here.
  public static func workstation(
    clock: @escaping () -> Double,
    perform: @escaping (Effect, @escaping @Sendable (Event) -> Void) -> Void
  ) -> Self {
    Self(
      input: { .input($0) },
      update: { state, event in
        let now = clock()
        if case .tick = event { return state.handle(.tick(now)) }
        // The last tick may be a minute old, and what this event begins is timed from the state's own time.
        let isStale = abs(now - state.now) > leastTick
        return (isStale ? state.handle(.tick(now)) : []) + state.handle(event)
      },
      view: Workstation.view,
      perform: { effect, post in
        switch effect {
        case .copy(let text): return [.copy(text)]
        case .setMouse(let isOn): return [.mouse(isOn)]
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .editNote(let caseID): return [.edit(tag: caseID)]
        case .quit: return [.quit]
        default:
          perform(effect, post)
          return []
        }
      },
      alarm: { state in
        let now = clock()
        // Nothing moves but the minutes in the header: until the next one.
        let delay = state.wantedTick ?? (60 - now.truncatingRemainder(dividingBy: 60))
        return (.seconds(delay), .tick(now + delay))
      },
      title: { "RiskDeck: \($0.place.name)" },
      edited: { .noteWritten($1, caseID: $0) })
  }
}

/// Seconds below which a state's time is not worth a tick.
private let leastTick = 0.05

extension LineSession {
  /// What a line means to the workstation: keys by their names, parted by spaces, such as `5 down enter`; where a text is
  /// asked for the text itself and Enter, or nothing to leave it.
  public static func workstationEvents(_ line: String, _ state: State) -> Reading<Event> {
    if state.asksForText {
      let typed = line.map { Key.character($0) }
      let keys = line.isEmpty ? [Key.escape] : [.control("u")] + typed + [.enter]
      return .events(keys.map { .input(.key($0)) })
    }
    do throws(KeyScriptError) {
      return .events(try keyScript(line).map { .input(.key($0)) })
    } catch {
      return .mistake("\(error)")
    }
  }
}
