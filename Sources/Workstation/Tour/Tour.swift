/// The guided tour over the real screens: which step it is at. Keys mean what they always mean; the tour only looks on.
struct Tour: Sendable {
  let steps: [TourStep]
  private(set) var position = 0
  /// What the keys of the event under way did.
  private var performed: Set<Action> = []

  init(dashboards: [String]) {
    steps = TourStep.all(dashboards: dashboards)
  }

  var step: TourStep { steps[position] }

  mutating func note(_ action: Action) { performed.insert(action) }

  /// Goes on by one step where the event just handled reached its goal.
  mutating func advance(over state: State) {
    let isReached = reaches(step.goal, state)
    performed = []
    if isReached, position + 1 < steps.count { position += 1 }
  }

  private func reaches(_ goal: TourStep.Goal, _ state: State) -> Bool {
    switch goal {
    case .tab(let place): state.screen.place == place
    case .screen(let prefix): state.screen.place.name.hasPrefix(prefix)
    case .opened(let place): state.rootPlace == place && state.screen.place != place
    case .performed(let action): performed.contains(action) && isAtTab(state)
    case .filtered(let isWanted):
      (state.screen as? CustomersScreen).map { $0.filterText.isEmpty != isWanted } ?? false
    case .never: false
    }
  }

  /// Whether the step can be taken where the analyst is.
  func isAtTab(_ state: State) -> Bool { step.tab.map { $0 == state.rootPlace } ?? true }

  /// What the step says, with the keys as they are configured.
  func text(_ state: State) -> String {
    guard isAtTab(state) || state.screen.place == step.wantedTab else {
      let key = step.tab.map { keyName($0, state) } ?? ""
      let title = state.tabs.first { $0.place == step.tab }?.title ?? ""
      return "The tour goes on at \(title): press \(key)."
    }
    return withKeys(state.setup.text.language(step.text), state)
  }

  /// Replaces `{action}` by the action's first key, `{fraud}` and the like by the tab's.
  private func withKeys(_ text: String, _ state: State) -> String {
    var pieces = text.split(separator: "{", omittingEmptySubsequences: false).map(String.init)
    for index in pieces.indices.dropFirst() {
      guard let end = pieces[index].firstIndex(of: "}") else { continue }
      let name = String(pieces[index][..<end])
      let rest = pieces[index][pieces[index].index(after: end)...]
      pieces[index] = keyName(name, state) + rest
    }
    return pieces.joined()
  }

  private func keyName(_ name: String, _ state: State) -> String {
    if let place = Place(name: name, dashboards: state.setup.dashboards.map(\.name)),
      state.tabs.contains(where: { $0.place == place })
    {
      return keyName(place, state)
    }
    return Action(rawValue: name).map(state.setup.keymap.keyName) ?? name
  }

  private func keyName(_ place: Place, _ state: State) -> String {
    let index = state.tabs.firstIndex { $0.place == place } ?? 0
    return state.setup.keymap.keyName(Action.allCases.first { $0.screenIndex == index } ?? .palette)
  }
}
