/// One step of the guided tour: what a line says, and what leads to the next one.
struct TourStep: Sendable, Hashable {
  /// What the analyst is to do.
  enum Goal: Sendable, Hashable {
    /// A tab is shown.
    case tab(Place)
    /// A screen whose place's name begins with this is shown.
    case screen(prefix: String)
    /// Something was opened from a tab.
    case opened(Place)
    /// A key did what it is for.
    case performed(Action)
    /// The list of customers is narrowed by a filter, or is not any more.
    case filtered(Bool)
    /// Nothing: the last step.
    case never
  }

  /// The tab the step is taken on; nil: any.
  let tab: Place?
  /// Names of actions in braces stand for their keys: `Press {filter}`.
  let text: String
  let goal: Goal

  /// The tour over the dashboards there are. Steps on a screen that a project does not have are left out.
  static func all(dashboards: [String]) -> [TourStep] {
    let fraud = Place.dashboard("fraud")
    let steps = [
      TourStep(
        tab: .pipeline,
        text: """
          Customers and orders were read, masked, checked, scored and published: this run did it, task \
          by task. Press {fraud} for those who are risky.
          """,
        goal: .tab(fraud)),
      TourStep(
        tab: fraud,
        text: """
          A dashboard holds cards. Press {nextCard} to step to the next card.
          """,
        goal: .performed(.nextCard)),
      TourStep(
        tab: fraud,
        text: """
          Rows and bars can be chosen. Press {down} to choose another.
          """,
        goal: .performed(.down)),
      TourStep(
        tab: fraud,
        text: """
          Whatever is chosen opens. Press {open} to see who stands behind it.
          """,
        goal: .opened(fraud)),
      TourStep(
        tab: nil,
        text: """
          Every step deeper is one key back, with filter, order and row as they were. Press {back}.
          """,
        goal: .tab(fraud)),
      TourStep(
        tab: nil,
        text: """
          All customers are a screen of their own. Press {customers}.
          """,
        goal: .tab(.customers)),
      TourStep(
        tab: .customers,
        text: """
          A filter narrows millions of rows in the database. Press {filter}, type level:critical and \
          press {open}.
          """,
        goal: .filtered(true)),
      TourStep(
        tab: .customers,
        text: """
          Each row is one customer. Press {open} for orders, the six factors and their reasons in \
          words.
          """,
        goal: .screen(prefix: "customer/")),
      TourStep(
        tab: .customers,
        text: """
          Factors and reasons are sections, too; {nextCard} steps through them. Press {back} to go \
          back to the list.
          """,
        goal: .tab(.customers)),
      TourStep(
        tab: .customers,
        text: """
          Press {clearFilters} to see all customers again.
          """,
        goal: .filtered(false)),
      TourStep(
        tab: nil,
        text: """
          Whoever is critical becomes a case, to be worked off by several analysts. Press {cases}.
          """,
        goal: .tab(.cases)),
      TourStep(
        tab: .cases,
        text: """
          Press {takeNext} to take the most urgent case that nobody has.
          """,
        goal: .screen(prefix: "case/")),
      TourStep(
        tab: .cases,
        text: """
          Its keys are at the foot of the screen: notes, closing, escalating. Press {back} to go back \
          to the queue.
          """,
        goal: .tab(.cases)),
      TourStep(
        tab: nil,
        text: """
          Everything is found by a few of its letters. Press {palette}, type any, and leave with \
          {back}.
          """,
        goal: .performed(.palette)),
      TourStep(
        tab: nil,
        text: """
          Every screen explains its keys. Press {help}, and {back} to close it.
          """,
        goal: .performed(.help)),
      TourStep(
        tab: nil,
        text: """
          That was the tour. Look around as you like; {quit} leaves, and all of this is deleted.
          """,
        goal: .never),
    ]
    return steps.filter { step in
      for place in [step.tab, step.wantedTab] {
        if case .dashboard(let name)? = place, !dashboards.contains(name) { return false }
      }
      return true
    }
  }

  /// The tab its goal is to reach.
  var wantedTab: Place? {
    if case .tab(let place) = goal { return place }
    return nil
  }
}
