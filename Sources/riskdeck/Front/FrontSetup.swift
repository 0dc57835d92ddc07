import Foundation
import Languages
import Pipeline
import Workstation

/// What the first frame needs of the project's and the user's files, and no more: YAML is read beside it.
struct FrontSetup {
  let dashboards: [DashboardOutline]
  private let saved: SavedQueries
  let themes: [Theme]
  private let keymap: Keymap
  private let language: Language
  private let problems: [Workstation.ConfigurationError]
  private let preferences: Preferences
  /// Nothing is remembered of a session before.
  let isFirstStart: Bool
  private let history: QueryHistory

  init(_ session: Session) {
    dashboards = DashboardOutline.all(at: session.project.dashboards)
    saved = SavedQueries(folder: session.project.saved)
    var problems: [Workstation.ConfigurationError] = []
    var themes: [Theme] = []
    for folder in [session.project.themes, session.folders.configuration + "/themes"] {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      for name in names where name.hasSuffix(".yml") {
        guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
        let theme = Theme.deferred(
          yaml: String(decoding: data, as: UTF8.self), name: String(name.dropLast(4)),
          file: folder + "/" + name)
        themes.removeAll { $0.name == theme.name }
        themes.append(theme)
      }
    }
    self.themes = themes
    let file = session.folders.configuration + "/config.yml"
    let configured = FileManager.default.contents(atPath: file).map {
      UserConfiguration(yaml: String(decoding: $0, as: UTF8.self), file: file)
    }
    keymap = configured?.keymap ?? .standard
    problems += configured?.problems ?? []
    let language = ProgramLanguage.current
    self.language = language.language
    if let problem = language.problem {
      problems.append(
        ConfigurationError(code: .missing, file: file, line: nil, column: nil, message: problem))
    }
    self.problems = problems
    let remembered = PreferenceFile(folder: session.folders.state)
    preferences = remembered.load()
    isFirstStart = !remembered.exists
    history = QueryHistoryFile(folder: session.folders.state).load()
  }

  /// - Parameters:
  ///   - theme: a theme's name instead of the remembered one.
  ///   - readsSavedQueries: false: they come as an event.
  ///   - remembers: false: start as new, whatever the user did before.
  func setup(
    depth: ColorDepth, isASCII: Bool, theme: String? = nil, readsSavedQueries: Bool = true,
    remembers: Bool = true, analyst: String = ""
  ) -> Setup {
    var preferences = remembers ? preferences : Preferences()
    if let theme { preferences.theme = theme }
    var setup = Setup(
      dashboards: dashboards.map { Setup.Dashboard(name: $0.name, title: $0.title) },
      savedQueries: readsSavedQueries ? saved.all() : [],
      queryHistory: remembers ? history : QueryHistory(), themes: themes, depth: depth, isASCII: isASCII,
      keymap: keymap,
      text: ValueText(zone: .ofSystem(), language: language), preferences: preferences, problems: problems)
    setup.analyst = analyst
    return setup
  }
}
