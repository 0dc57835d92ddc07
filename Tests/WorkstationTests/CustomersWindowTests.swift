import Pipeline
import Testing

@testable import Workstation

/// The window over the customer list: keyset reads, bounded rows.
@Suite struct CustomersWindowTests {
  @Test("scrolling down reads on by keyset, keeps every row in order and the window bounded")
  func down() throws {
    var session = try Session("customers")
    var seen: [Int64] = []
    for _ in 0..<3_000 {
      guard case .integer(let id)? = session.customers?.grid.selectedRow?[0] else { break }
      seen.append(id)
      try session.press("j")
      #expect(session.customers?.grid.table.rows.count ?? 0 <= CustomersScreen.windowSize)
    }
    #expect(seen == Array(1...3_000))
    #expect(session.shows("3,001 of about 5,000"))
  }

  @Test("scrolling back up reads what was dropped, without a gap or a row twice")
  func up() throws {
    var session = try Session("customers")
    for _ in 0..<2_000 { try session.press("j") }
    for expected in (2..<2_001).reversed() {
      try session.press("k")
      #expect(session.customers?.grid.selectedRow?[0] == .integer(Int64(expected)))
    }
    try session.press("k k k")
    #expect(session.shows("1 of about 5,000"))
  }

  @Test("G reads the last rows, g the first ones, in one read each")
  func ends() throws {
    var session = try Session("customers")
    let before = session.requests.count
    try session.press("G")
    #expect(session.requests[before].start == .last)
    #expect(session.customers?.grid.selectedRow?[0] == .integer(5_000))
    #expect(session.shows("near the end of about 5,000"))
    try session.press("k k")
    #expect(session.customers?.grid.selectedRow?[0] == .integer(4_998))
    try session.press("g")
    #expect(session.customers?.grid.selectedRow?[0] == .integer(1))
  }

  @Test("a list read to its end knows its count; # counts exactly before that")
  func count() throws {
    var session = try Session("customers")
    #expect(session.shows("about 5,000"))
    try session.press("#")
    #expect(session.shows("1 of 5,000"))
    #expect(!session.shows("about"))
    try session.press("f \"id<5\" Enter")
    #expect(session.shows("1 of 4"))
  }

  @Test("a reload in the middle of the list keeps the row")
  func reload() throws {
    var session = try Session("customers")
    for _ in 0..<1_500 { try session.press("j") }
    try session.press("Ctrl-R")
    #expect(session.customers?.grid.selectedRow?[0] == .integer(1_501))
    #expect(session.customers?.grid.table.rows.count ?? 0 <= CustomersScreen.windowSize)
    for _ in 0..<900 { try session.press("k") }
    #expect(session.customers?.grid.selectedRow?[0] == .integer(601))
  }

  @Test("an empty list says so")
  func empty() throws {
    var session = try Session("customers")
    try session.press("f \"id<0\" Enter")
    #expect(session.shows("no customer passes the filter"))
    try session.press("j k g G Enter y")
    #expect(session.state.place == .customers)
  }

  @Test("a jump to the end and a count that could not be read are read once the server is back")
  func unread() throws {
    var session = try Session("customers")
    session.answersLate = true
    try session.press("# G")
    session.fail("the server is away", isUnasked: true)
    #expect(session.shows("the server is away"))
    session.answersLate = false
    session.send(.connectionChanged(problem: "the server is away"))
    session.send(.connectionChanged(problem: nil))
    #expect(session.shows("near the end of 5,000"))
  }

  @Test("a refresh while the list is read anew reads what was asked for")
  func refreshed() throws {
    var session = try Session("customers")
    session.answersLate = true
    try session.press("G")
    session.send(.published)
    session.answersLate = false
    session.answerLate()
    #expect(session.shows("near the end of about 5,000"))
  }

  @Test("a list that was left before its filter was answered is read on the way back")
  func left() throws {
    var session = try Session("customers")
    session.answersLate = true
    try session.press("f \"id<5\" Enter Enter")
    #expect(session.state.place == .customer(1))
    session.answersLate = false
    try session.press("Escape")
    #expect(session.shows("1 of 4"))
  }

  @Test("# counts again after a refresh that came before its answer")
  func countRefreshed() throws {
    var session = try Session("customers")
    session.answersLate = true
    try session.press("#")
    session.send(.published)
    session.answerLate()
    #expect(session.shows("1 of 5,000"))
    session.answersLate = true
    try session.press("#")
    session.fail("canceling statement due to statement timeout")
    session.answersLate = false
    try session.press("#")
    #expect(session.shows("1 of 5,000"))
  }
}
