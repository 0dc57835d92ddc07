import Testing

@testable import Workstation

@Suite("guided tour")
struct TourTests {
  private func tour(size: Size = Size(width: 100, height: 30), keymap: Keymap = .standard) throws -> Session {
    var setup = try Fixtures.setup()
    setup.isTour = true
    setup.keymap = keymap
    return try Session(size: size, setup: setup)
  }

  /// The line that says what to press.
  private func line(_ session: Session) -> String {
    let first = session.lines.firstIndex { $0.hasPrefix(" Tour ") } ?? session.lines.count - 1
    return session.lines[first..<(session.lines.count - 1)].joined(separator: " ")
  }

  @Test("every step leads to the next by the keys it names, to the end")
  func wholeTour() throws {
    var session = try tour()
    let keys = [
      "3", "Tab", "Down", "Enter", "Escape", "5", "f \"level:critical\" Enter", "Enter", "Escape", "F", "7",
      "n",
      "Escape", ": \"cus\" Escape", "? Escape",
    ]
    let count = TourStep.all(dashboards: ["segmentation", "fraud", "vip"]).count
    #expect(count == keys.count + 1)
    for (index, key) in keys.enumerated() {
      #expect(line(session).hasPrefix(" Tour \(index + 1)/\(count) "), "\(session.text)")
      // What is to be pressed is named, by the name the footer uses.
      let named = key.split(separator: " ")[0].lowercased().replacing("escape", with: "esc")
      #expect(line(session).lowercased().contains("press \(named)"), "\(key): \(line(session))")
      try session.press(key)
    }
    #expect(line(session).hasPrefix(" Tour \(count)/\(count) "))
    #expect(line(session).contains("q leaves"))
    try session.press("q")
    #expect(session.effects.contains(.quit))
  }

  @Test("other keys mean what they always mean and lead no further")
  func otherKeys() throws {
    var session = try tour()
    try session.press("Tab Down z z ? Escape : Escape")
    #expect(line(session).hasPrefix(" Tour 1/"))
    try session.press("3 5")
    #expect(line(session).contains("The tour goes on at Fraud: press 3."))
    try session.press("3 Tab")
    #expect(line(session).hasPrefix(" Tour 3/"))
  }

  @Test("keys are named as they are configured")
  func configured() throws {
    let keymap = Keymap.configured(yaml: "keys: {screen3: F5, nextCard: '>'}", file: "config.yml").keymap
    var session = try tour(keymap: keymap)
    #expect(line(session).contains("Press f5 "))
    try session.press("F5")
    #expect(line(session).contains("Press > "))
  }

  @Test("steps over a dashboard that a project lacks are left out")
  func otherProject() throws {
    var setup = try Fixtures.setup()
    setup.isTour = true
    setup.dashboards = [Setup.Dashboard(name: "sales", title: "Sales")]
    var session = try Session(setup: setup)
    #expect(line(session).contains("Press 3."))
    try session.press("3")
    #expect(line(session).hasPrefix(" Tour 2/"))
    #expect(session.state.place == .customers)
  }

  @Test("the screen gives the lines their room, and a low screen shows none")
  func room() throws {
    for height in [10, 13, 14, 24, 60] {
      let session = try tour(size: Size(width: 80, height: height))
      #expect(session.lines.contains { $0.hasPrefix(" Tour ") } == (height >= 14))
      #expect(session.lines.last?.contains("help") == true)
    }
  }

  @Test("the first start shows three lines that lead to the tour, until a key is pressed")
  func firstStart() throws {
    var setup = try Fixtures.setup()
    setup.isFirstStart = true
    var session = try Session(size: Size(width: 100, height: 30), setup: setup)
    #expect(session.shows("riskdeck tour"))
    #expect(session.lines[26].hasPrefix(" Welcome"))
    #expect(accessibleText(session.state).contains { $0.contains("riskdeck tour") })
    try session.press("3")
    #expect(!session.shows("riskdeck tour"))
    #expect(session.state.place == .dashboard("fraud"))
  }
}
