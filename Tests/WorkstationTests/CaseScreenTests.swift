import Pipeline
import Testing

@testable import Workstation

/// Keys in, steps out.
@Suite struct CaseScreenTests {
  private static func commands(_ session: Session) -> [CaseCommand] {
    session.effects.compactMap { if case .performCase(let command) = $0 { command } else { nil } }
  }

  @Test("the queue has a tab, shows what is free and late, and Enter opens a case")
  func queue() throws {
    var session = try Session(size: Size(width: 120, height: 30))
    try session.press("7")
    #expect(session.state.place == .cases)
    #expect(session.shows("5 open, 2 free, 1 late"))
    try session.press("Down Enter")
    #expect(session.state.place == .fraudCase(12))
    #expect(session.shows("phone does not answer"))
    #expect(session.shows("1,920 km in 41 min"))
    try session.press("C")
    #expect(session.state.place == .customer(4_012))
    try session.press("Esc Esc")
    #expect(session.state.place == .cases)
  }

  @Test("n takes the next free case and opens it")
  func next() throws {
    var session = try Session("cases")
    try session.press("n")
    #expect(Self.commands(session) == [.takeNext(CaseFilter())])
    #expect(session.state.place == .fraudCase(12))
  }

  @Test("steps without a question name the version that was seen")
  func steps() throws {
    var session = try Session("cases")
    try session.press("a Down p U")
    #expect(
      Self.commands(session) == [
        .step(.take, on: 11, seen: 1), .step(.release, on: 12, seen: 4), .undo(on: nil),
      ])
  }

  @Test("closing asks for outcome and reason, and takes no empty one")
  func close() throws {
    var session = try Session("case/12")
    try session.press("x Right Enter Enter")
    #expect(session.shows("a reason is needed"))
    #expect(Self.commands(session).isEmpty)
    try session.press("\"new phone\" Enter")
    #expect(
      Self.commands(session) == [.step(.close(.falsePositive, reason: "new phone"), on: 12, seen: 4)])
    #expect(session.state.overlay == nil)
  }

  @Test("a step that was not taken gives its form back with what was written, unless somebody was faster")
  func notTaken() throws {
    var session = try Session("case/12")
    try session.press("x Right Enter \"new phone\" Enter")
    session.send(.stepFailed("the connection to the server was lost", canRepeat: true))
    #expect(session.shows("the connection to the server was lost"))
    #expect(session.shows("new phone"))
    try session.press("Enter")
    #expect(Self.commands(session).count == 2)
    session.send(.stepTaken("case 12 is closed"))
    session.send(.stepFailed("there is nothing to undo", canRepeat: true))
    #expect(session.state.overlay == nil)
    try session.press("i \"a long thought\" Enter")
    session.send(.stepFailed("ben was faster", canRepeat: false))
    #expect(session.state.overlay == nil)
    #expect(session.shows("ben was faster"))
  }

  @Test("a note of the editor that was not taken waits in the window")
  func editedNoteNotTaken() throws {
    var session = try Session("case/12")
    session.send(.noteWritten("three thoughts", caseID: 12))
    session.send(.stepFailed("the server is not there", canRepeat: true))
    #expect(session.shows("three thoughts"))
  }

  @Test("notes: a line in the window, a long one from the editor")
  func notes() throws {
    var session = try Session("case/12")
    try session.press("i \"hm well\" Enter I")
    #expect(
      Self.commands(session) == [
        .step(.note("hm well"), on: 12, seen: nil),
        .step(.note("called her\nshe knows nothing of it"), on: 12, seen: nil),
      ])
    session.send(.noteWritten(nil, caseID: 12))
    #expect(session.shows("nothing is noted"))
  }

  @Test("assign, escalate, snooze, lists and level are asked for in a window each")
  func forms() throws {
    var session = try Session("case/12")
    try session.press("o Ctrl-U \"bob\" Enter")
    try session.press("E \"bank asks\" Enter")
    try session.press("w Tab Ctrl-U \"2d\" Tab \"sale\" Enter")
    try session.press("b Tab d Tab Tab Tab \"farm\" Enter")
    try session.press("O l Tab Tab \"known\" Enter")
    let month = Fixtures.now + 30 * 86_400
    #expect(
      Self.commands(session) == [
        .step(.assign(to: "bob"), on: 12, seen: 4), .step(.escalate(reason: "bank asks"), on: 12, seen: 4),
        .snooze(rule: "burst", of: .fraudCase(12), until: Fixtures.now + 2 * 86_400, reason: "sale"),
        .list(.device, "ab12", on: .block, until: nil, reason: "farm", for: .fraudCase(12)),
        .override(.low, of: .fraudCase(12), until: month, reason: "known"),
      ])
  }

  @Test("a date that is none, or in the past, is refused in the window")
  func dates() throws {
    var session = try Session("case/12")
    try session.press("O Tab Ctrl-U \"soon\" Tab \"x\" Enter")
    #expect(session.shows("write until when"))
    try session.press("S-Tab Ctrl-U \"2020-01-01\" Tab Enter")
    #expect(session.shows("in the past"))
    try session.press("Esc")
    #expect(session.state.overlay == nil)
    #expect(Self.commands(session).isEmpty)
  }

  @Test("what cannot be done says why: whose case it is, that it is closed, that a role is missing")
  func reasons() throws {
    var session = try Session("cases")
    try session.press("G a")
    #expect(session.shows("it is bob's"))
    session = try Session("case/99")
    try session.press("i")
    #expect(session.shows("the case is closed; X opens it again"))
    try session.press("X \"new claim\" Enter")
    #expect(Self.commands(session) == [.step(.reopen(reason: "new claim"), on: 99, seen: 6)])
    session.send(.accessChanged(Access(login: "vic", roles: [.viewer])))
    try session.press("n")
    #expect(session.shows("riskdeck_analyst"))
    session = try Session("case/12")
    session.send(.accessChanged(Access(login: "ann", roles: [.viewer, .analyst])))
    try session.press("O")
    #expect(session.shows("riskdeck_lead"))
    #expect(session.state.overlay == nil)
  }

  @Test("filters: mine, and a window for the rest; the title says what is shown")
  func filters() throws {
    var session = try Session("cases")
    try session.press("W")
    #expect(session.shows("Cases: ann's"))
    try session.press("W d Tab Right Right Right Enter Enter Enter Enter")
    #expect(session.shows("Cases: high"))
    #expect(!session.shows("critical"))
    try session.press("d Tab Tab Tab Tab \"x\" Tab Enter")
    #expect(session.shows("write an age"))
  }

  @Test("a change by somebody else is read at once, its cells are marked, the selected row stays")
  func live() throws {
    var session = try Session("cases", size: Size(width: 120, height: 24))
    try session.press("Down Down")
    session.answersLate = true
    session.send(.casesChanged)
    session.send(.casesChanged)
    guard case .loadCases(let filter, let request)? = session.unanswered.last else {
      Issue.record("the queue was not read again")
      return
    }
    #expect(session.unanswered.count == 1)
    var cases = CaseFixtures.cases
    cases[2] = CaseFixtures.fraudCase(13, state: .escalated, assignee: "lea", score: 44.25, dueIn: 1)
    session.send(
      .casesLoaded(
        CaseQueue(filter: filter, cases: cases, total: 5, open: 5, free: 2, late: 1), request: request))
    let grid = try #require(session.deck?.focused?.grid)
    #expect(grid.isChanged(2, "assignee"))
    #expect(!grid.isChanged(2, "score"))
    #expect(grid.selected == 2)
    // What came meanwhile is read after that.
    #expect(session.unanswered.count == 2)
  }

  @Test("the customer's page leads to the case, and a missing case says so")
  func missing() throws {
    let session = try Session("case/404")
    #expect(session.shows("there is no case 404"))
  }

  @Test("the window's keys: choices by arrow and letter, a paste, the cursor where one types")
  func window() throws {
    var session = try Session("case/12")
    try session.press("x i")
    #expect(session.shows("[inconclusive]"))
    try session.press("Tab")
    session.send(.input(.paste("two\nlines")))
    #expect(session.shows("two lines"))
    #expect(session.screen.cursor != nil)
    #expect(accessibleText(session.state).contains("Selected: Reason: two lines (needed)"))
  }
}
