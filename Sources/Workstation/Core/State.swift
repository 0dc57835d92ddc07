import Pipeline

/// What the front end is started with; nothing of it changes while it runs but the saved queries, which may come later.
public struct Setup: Sendable {
  /// A dashboard by the name of its file.
  public struct Dashboard: Sendable, Hashable {
    public let name: String
    public let title: String

    public init(name: String, title: String) {
      self.name = name
      self.title = title
    }
  }

  /// In the order of their tabs, between Pipeline and Customers; those after the third come after Query.
  public var dashboards: [Dashboard]
  public var savedQueries: [SavedQuery]
  /// Queries run in earlier sessions.
  public var queryHistory: QueryHistory
  public var themes: [Theme]
  public var depth: ColorDepth
  /// No UTF-8 locale: draw with ASCII alone.
  public var isASCII: Bool
  public var keymap: Keymap
  /// Number formats and time zone.
  public var text: ValueText
  public var preferences: Preferences
  /// The name cases are taken under.
  public var analyst = ""
  /// Begin with the guided tour.
  public var isTour = false
  /// The analyst was never here before: a few lines say where to begin.
  public var isFirstStart = false
  /// What was wrong with configuration files; shown once at the start.
  public var problems: [ConfigurationError]

  public init(
    dashboards: [Dashboard] = standardDashboards, savedQueries: [SavedQuery] = [],
    queryHistory: QueryHistory = QueryHistory(), themes: [Theme] = [],
    depth: ColorDepth = .truecolor, isASCII: Bool = false, keymap: Keymap = .standard,
    text: ValueText = ValueText(), preferences: Preferences = Preferences(),
    problems: [ConfigurationError] = []
  ) {
    self.dashboards = dashboards
    self.savedQueries = savedQueries
    self.queryHistory = queryHistory
    self.themes = themes
    self.depth = depth
    self.isASCII = isASCII
    self.keymap = keymap
    self.text = text
    self.preferences = preferences
    self.problems = problems
  }

  public static let standardDashboards = [
    Dashboard(name: "segmentation", title: "Segmentation"), Dashboard(name: "fraud", title: "Fraud"),
    Dashboard(name: "vip", title: "VIP"),
  ]
}

/// A screen reached by a number key.
struct Tab: Sendable, Hashable {
  let place: Place
  let title: String
}

/// All of the front end's state, a value. Changed by ``update(_:_:)`` alone, drawn by ``view(_:_:)``.
public struct State: Sendable {
  public internal(set) var setup: Setup
  public internal(set) var size: Size
  /// Seconds since 1970 as of the last tick.
  public internal(set) var now: Double
  var palette: Palette
  var themeName: String
  public internal(set) var isMouseOn: Bool
  var screen: any Screen
  /// Screens to go back to, the nearest last.
  var trail: [any Screen] = []
  /// Screens of tabs that are not shown, each with its trail.
  var parked: [Place: [any Screen]] = [:]
  var overlay: Overlay?
  /// The form whose values were sent, until they are taken: what was written is not lost where they are not.
  var submitted: Form?
  var notice: Notice?
  var lastRequest = 0
  /// Digits of a count being typed; nil: none.
  var count: String?
  var publication: Publication?
  var activeRun: RunReport?
  var serviceLevels: ServiceLevels?
  /// What the analyst may do; everything until the server has said.
  var access = Access.unlimited
  /// Names of models, for the palette; empty before any were read.
  var modelNames: [String] = []
  var connectionProblem: String?
  /// The guided tour under way.
  var tour: Tour?
  /// The lines of the first start are shown.
  var isGreeting = false
  /// How the replica stands that dashboards and lists are read from; nil: there is none.
  var replica: ReplicaStanding?
  var customerSort: CustomerListSort
  var customerColumns: [String]

  /// The state before any event; follow with ``start()`` to load the first screen.
  public init(setup: Setup, size: Size, now: Double) {
    self.setup = setup
    self.size = size
    self.now = now
    let preferences = setup.preferences
    let theme = setup.themes.first { $0.name == preferences.theme } ?? setup.themes.first ?? .plain
    themeName = theme.name
    palette = Theme.plain.palette(for: setup.depth)
    isMouseOn = preferences.isMouseOn
    customerSort = preferences.customerSort
    customerColumns = preferences.customerColumns
    let place = Place(name: preferences.place, dashboards: setup.dashboards.map(\.name)) ?? .pipeline
    screen = Self.screen(at: place, setup: setup)
    adoptPreferences(&screen)
    setTheme(theme)
    if setup.isTour { tour = Tour(dashboards: setup.dashboards.map(\.name)) }
    isGreeting = setup.isFirstStart && tour == nil
    if let problem = setup.problems.first {
      let more = setup.problems.count > 1 ? " (and \(setup.problems.count - 1) more)" : ""
      notice = Notice(text: problem.description + more, tone: .warning)
    }
  }

  /// Where the analyst is.
  public var place: Place { screen.place }

  /// Loads the data of the screen shown. Call once, before the first event.
  public mutating func start() -> [Effect] {
    var turn = Turn(now: now, lastRequest: lastRequest, text: setup.text)
    screen.open(&turn)
    overlay = turn.overlay
    lastRequest = turn.lastRequest
    settle()
    return turn.effects + [.setMouse(isOn: isMouseOn)]
  }

  /// Puts a theme in force; one that cannot be read leaves the colours as they are and is told.
  mutating func setTheme(_ theme: Theme?) {
    guard let theme else { return }
    do throws(ConfigurationError) {
      palette = try theme.loaded().palette(for: setup.depth)
    } catch {
      notice = Notice(text: error.description, tone: .warning)
    }
  }

  /// Shows another place as if it had been chosen, e.g. the one named on the command line.
  public mutating func go(to place: Place) -> [Effect] {
    var turn = Turn(now: now, lastRequest: lastRequest, text: setup.text)
    show(place, &turn)
    finish(&turn)
    return turn.effects
  }

  /// Whether a request has no answer yet.
  public var isLoading: Bool { screen.pending.contains { !$0.isQuiet } }

  /// Why the screen has nothing to show, one line; nil: it has, or is being read.
  public var emptiness: String? { screen.emptiness }

  /// Whether what is typed is a text and not keys: a prompt or the palette is open.
  public var asksForText: Bool {
    switch overlay {
    case .prompt, .palette: true
    default: false
    }
  }

  /// Seconds until the next tick is wanted: a spinner turns, a running task grows, a dashboard is to be read again; nil
  /// where only the minute in the header moves on (the edge may then sleep to the next minute).
  public var wantedTick: Double? {
    if isLoading { return 0.1 }
    let refresh = (screen as? DashboardScreen)?.refreshAt.map { max(0.1, $0 - now) }
    guard activeRun?.state == .running else { return refresh }
    return min(1, refresh ?? 1)
  }

  /// What is to be remembered.
  public var preferences: Preferences {
    Preferences(
      place: rootPlace.name, theme: themeName, isMouseOn: isMouseOn, customerSort: customerSort,
      customerColumns: customerColumns)
  }

  /// The tabs by their number keys.
  var tabs: [Tab] {
    let language = setup.text.language
    let dashboards = setup.dashboards.map { dashboard in
      // A tab is a word or two: where the title is longer, the file's name says enough.
      let isShort = displayWidth(dashboard.title) <= 14
      return Tab(
        place: .dashboard(dashboard.name),
        title: language(isShort ? dashboard.title : Column.title(ofName: dashboard.name)))
    }
    return [Tab(place: .pipeline, title: language("Pipeline"))] + dashboards.prefix(3)
      + [
        Tab(place: .customers, title: language("Customers")), Tab(place: .query, title: language("Query")),
        Tab(place: .cases, title: language("Cases")),
      ]
      + dashboards.dropFirst(3)
  }

  /// The tab the shown screen was reached from.
  var rootPlace: Place { trail.first?.place ?? screen.place }

  static func screen(at place: Place, setup: Setup) -> any Screen {
    switch place {
    case .pipeline: PipelineScreen()
    case .models: ModelsScreen()
    case .model(let name): ModelScreen(name: name)
    case .task(let runID, let task): TaskScreen(runID: runID, task: task)
    case .failingRows(let runID, let test): FailingRowsScreen(runID: runID, test: test)
    case .dashboard(let name):
      DashboardScreen(name: name, title: setup.dashboards.first { $0.name == name }?.title ?? name)
    case .cases: CasesScreen()
    case .fraudCase(let id): CaseScreen(id: id)
    case .customers: CustomersScreen()
    case .customer(let id): CustomerScreen(id: id)
    case .drill(let dashboard, let card, let values):
      DrillScreen(dashboard: dashboard, card: card, title: card, values: values)
    case .audit: AuditScreen()
    case .whatIf: WhatIfScreen()
    case .query: QueryScreen(queries: setup.savedQueries, history: setup.queryHistory)
    case .savedQuery(let name):
      QueryScreen(
        saved: setup.savedQueries.first { $0.name == name } ?? SavedQuery(name: name, text: ""),
        queries: setup.savedQueries, history: setup.queryHistory)
    }
  }

  func adoptPreferences(_ screen: inout any Screen) {
    guard var customers = screen as? CustomersScreen else { return }
    customers.adopt(
      Preferences(customerSort: customerSort, customerColumns: customerColumns))
    screen = customers
  }

  /// Where the screen is drawn: all but the header, the footer and the guidance above it.
  func body(in size: Size) -> Rect {
    Rect(x: 0, y: 1, width: size.width, height: size.height - 2 - guidanceLines(in: size).count)
  }

  mutating func settle() {
    screen.settle(in: body(in: size))
  }
}
