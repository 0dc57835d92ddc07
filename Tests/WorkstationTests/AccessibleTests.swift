import Pipeline
import Testing

@testable import Workstation

@Suite("Screens as lines") struct AccessibleTests {
  @Test("a step down changes the line of the selected row alone")
  func steps() throws {
    var session = try Session("customers")
    let before = accessibleText(session.state)
    try session.press("Down")
    let after = accessibleText(session.state)
    #expect(zip(before, after).filter { $0 != $1 }.count == 2, "the row's number and the row itself")
    #expect(after.last?.hasPrefix("Selected: ") == true)
    #expect(before.contains { $0.hasPrefix("Rows 1 to ") }, "the rows of a page, not all that were read")
  }

  @Test("a screen that has nothing to show says why")
  func emptiness() throws {
    var session = try Session("customer/7")
    #expect(session.state.emptiness == nil)
    session.answersLate = true
    try session.press("Ctrl-R")
    guard case .loadCustomer(_, let request)? = session.unanswered.last else {
      Issue.record("the customer was not read again")
      return
    }
    session.send(.customerLoaded(nil, request: request))
    #expect(session.state.emptiness == "there is no customer 7 in the published data")
  }

  @Test("prompts and the palette ask for text, lists and screens for keys")
  func asks() throws {
    var session = try Session("customers")
    #expect(!session.state.asksForText)
    try session.press("f")
    #expect(session.state.asksForText)
    try session.press("Esc :")
    #expect(session.state.asksForText)
    try session.press("Esc T")
    #expect(!session.state.asksForText)
  }

  @Test("without a database the program ends")
  func unavailable() throws {
    var session = try Session()
    session.send(.unavailable)
    #expect(session.effects.contains(.quit))
  }

  @Test("an answer of a moment is not announced, a wait is")
  func wait() throws {
    var session = try Session("fraud")
    session.answersLate = true
    let before = session.screen
    try session.press("Ctrl-R")
    #expect(session.screen == before)
    session.send(.tick(Fixtures.now + 0.3))
    #expect(session.shows("esc cancels"))
  }
}
