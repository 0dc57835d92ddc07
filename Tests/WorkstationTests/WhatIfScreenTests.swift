import Pipeline
import Testing

@testable import Workstation

@Suite("What-if screen")
struct WhatIfScreenTests {
  private func opened(_ size: Size = Size(width: 120, height: 40)) throws -> Session {
    try Session("fraud", size: size)
  }

  private func screen(_ session: Session) throws -> WhatIfScreen {
    try #require(session.state.screen as? WhatIfScreen)
  }

  @Test("w on the Fraud screen opens it, on others it says where")
  func open() throws {
    var session = try opened()
    try session.press("w")
    #expect(session.shows("Numbers of ruleset"))
    #expect(session.shows("nobody changes level"))
    try session.press("Esc")
    #expect(session.state.place == .dashboard("fraud"))
    var other = try Session("vip")
    try other.press("w")
    #expect(other.shows("from the Fraud screen"))
  }

  @Test("plus and minus change the number, the levels follow at once, u takes it back")
  func steps() throws {
    var session = try opened()
    try session.press("w j +")
    #expect(try screen(session).tuning.values == [RulesetNumber(.levels, "high"): 0.61])
    try session.press("' 3 0 -")
    let moved = try screen(session)
    #expect(moved.tuning.values == [RulesetNumber(.levels, "high"): 0.31])
    #expect(moved.outcome?.up ?? 0 > 0)
    #expect(session.shows("up, "))
    try session.press("u u")
    #expect(try screen(session).tuning.isEmpty)
    #expect(try screen(session).outcome?.movers.isEmpty == true)
  }

  @Test("a value is recomputed with each letter typed; Escape brings back what was")
  func typing() throws {
    var session = try opened()
    try session.press("w j Enter ctrl-u \"0.4\"")
    #expect(try screen(session).tuning.values == [RulesetNumber(.levels, "high"): 0.4])
    try session.press("\"5\"")
    #expect(try screen(session).tuning.values == [RulesetNumber(.levels, "high"): 0.45])
    try session.press("Esc")
    #expect(try screen(session).tuning.isEmpty)
    try session.press("Enter \"0.5\" Enter")
    #expect(try screen(session).tuning.values == [RulesetNumber(.levels, "high"): 0.5])
    try session.press("0")
    #expect(try screen(session).tuning.isEmpty)
  }

  @Test(
    "what is no value of the number changes nothing, is said, and stays to be mended",
    arguments: [
      ("0,5", "0,5 is no number"), ("-5", "-5 is not from 0 to 1"), ("9e99", "9e99 is not from 0 to 1"),
    ])
  func mistyped(text: String, reason: String) throws {
    var session = try opened()
    try session.press("w j Enter \"\(text)\"")
    #expect(session.shows(reason))
    #expect(try screen(session).tuning.isEmpty)
    try session.press("Enter")
    #expect(session.shows(reason))
    try session.press("ctrl-u \"0.7\" Enter")
    #expect(try screen(session).tuning.values == [RulesetNumber(.levels, "high"): 0.7])
  }

  @Test("in 80 columns the number is seen that is being changed, with what it was and the mark")
  func narrow() throws {
    var session = try opened(Size(width: 80, height: 24))
    try session.press("w j +")
    let row = session.lines.first { $0.contains("level from high") } ?? ""
    #expect(row.contains("0.6 "))
    #expect(row.contains("0.61  +"))
  }

  @Test("numbers are saved with a note; nothing is saved where nothing changed or the levels do not rise")
  func save() throws {
    var session = try opened()
    try session.press("w w")
    #expect(session.shows("no number was changed"))
    try session.press("' 5 0 + w")
    #expect(session.shows("levels must rise"))
    try session.press("0 + w \"more of them\" Enter")
    var tuning = RulesetTuning()
    let ruleset = try #require(try screen(session).model?.ruleset)
    tuning.set(RulesetNumber(.levels, "medium"), to: 0.31, in: ruleset)
    #expect(
      session.effects.last
        == .changeRuleset(.save(tuning, base: ruleset.version, note: "more of them")))
  }

  @Test("a version is activated after a question, compared with Enter, and rolled back")
  func versions() throws {
    var session = try opened()
    try session.press("w Tab Tab Tab j a")
    #expect(session.shows("from the next run on?"))
    try session.press("y")
    #expect(session.effects.last == .changeRuleset(.activate("aaaabbbbcccc")))
    try session.press("Enter")
    #expect(session.effects.last == .compareRuleset("aaaabbbbcccc"))
    session.send(.rulesetCompared("aaaabbbbcccc", ["-  orders_1h: 1", "+  orders_1h: 0.5"]))
    #expect(session.shows("orders_1h: 0.5"))
    try session.press("Esc B y")
    #expect(session.effects.last == .changeRuleset(.rollBack))
  }

  @Test("who may not save or activate is told so")
  func rights() throws {
    var session = try opened()
    session.send(.accessChanged(Access(login: "ann", roles: [.viewer])))
    try session.press("w + w")
    #expect(session.shows("riskdeck_lead"))
  }

  @Test("Enter on a mover opens the customer")
  func mover() throws {
    var session = try opened()
    try session.press("w j ' 3 0 - Tab Tab Enter")
    guard case .customer = session.state.place else {
      Issue.record("no customer")
      return
    }
  }
}
