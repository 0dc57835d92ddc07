import Foundation
import Pipeline
import Testing

@testable import Workstation

extension Fixtures {
  /// The folder of the package.
  static var root: URL {
    URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// The themes of the repository in the order of their names, dark first.
  static func themes() throws -> [Theme] { try loadedThemes.get() }

  private static let loadedThemes = Result { try loadThemes() }

  private static func loadThemes() throws -> [Theme] {
    let folder = root.appending(path: "themes")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yml" }.sorted { $0.path < $1.path }
    return try files.map { file in
      try Theme(
        yaml: String(contentsOf: file, encoding: .utf8), name: file.deletingPathExtension().lastPathComponent,
        file: "themes/\(file.lastPathComponent)")
    }
  }
}

/// A front end driven by keys, its effects answered from the fixtures.
struct Session {
  private(set) var state: State
  /// All effects asked for so far, those answered included.
  private(set) var effects: [Effect] = []
  var answersLate = false
  private(set) var unanswered: [Effect] = []

  init(
    _ place: String = "pipeline", size: Size = Size(width: 80, height: 24), setup: Setup? = nil
  ) throws {
    var setup = try setup ?? Fixtures.setup()
    setup.preferences.place = place
    state = State(setup: setup, size: size, now: Fixtures.now)
    answer(state.start())
  }

  private mutating func answer(_ asked: [Effect]) {
    var waiting = asked
    while !waiting.isEmpty {
      let effect = waiting.removeFirst()
      effects.append(effect)
      if answersLate {
        unanswered.append(effect)
        continue
      }
      for event in Fixtures.answer(effect) { waiting += state.handle(event) }
    }
  }

  mutating func send(_ event: Event) { answer(state.handle(event)) }

  /// Presses the keys of a script such as `3 Enter s`.
  mutating func press(_ script: String) throws {
    for key in try keyScript(script) { send(.input(.key(key))) }
  }

  /// Answers what was left unanswered.
  mutating func answerLate() {
    answersLate = false
    let waiting = unanswered
    unanswered = []
    answer(waiting)
  }

  /// Lets what was left unanswered fail.
  mutating func fail(_ message: String, isUnasked: Bool = false) {
    let failure = QueryFailure(message: message, isUnasked: isUnasked)
    let requests = unanswered.compactMap(\.requestID)
    unanswered = []
    for request in requests { answer(state.handle(.failed(failure, request: request))) }
  }

  var screen: ScreenBuffer { view(state, state.size) }
  var lines: [String] { screen.lines }
  var text: String { screen.plainText }

  func shows(_ text: String) -> Bool { self.text.contains(text) }
}

extension Effect {
  /// The request that an answer would name; nil: nothing answers by one.
  var requestID: RequestID? {
    switch self {
    case .loadDashboard(_, _, let id), .loadCustomers(_, let id), .countCustomers(_, let id),
      .loadCustomer(_, let id), .findCustomers(_, let id), .loadRuns(_, let id), .query(_, let id),
      .loadWhatIf(let id), .runDrill(_, _, _, let id), .loadPipeline(_, let id), .loadModels(let id),
      .loadCases(_, let id), .loadCase(_, let id):
      id
    default: nil
    }
  }
}

extension Session {
  /// The requests for pages of customers so far.
  var requests: [CustomerListRequest] {
    effects.compactMap { if case .loadCustomers(let request, _) = $0 { request } else { nil } }
  }

  var customers: CustomersScreen? { state.screen as? CustomersScreen }
  var deck: PanelDeck? { (state.screen as? any PanelScreen)?.deck }
}

extension Session: CustomTestStringConvertible {
  /// What a failed expectation shows of a session: its screen.
  var testDescription: String { text }
}
