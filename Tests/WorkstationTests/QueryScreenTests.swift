import Pipeline
import Testing

@testable import Workstation

@Suite("Query screen")
struct QueryScreenTests {
  private func query(_ session: Session) throws -> QueryScreen {
    try #require(session.state.screen as? QueryScreen)
  }

  private func questions(_ session: Session) -> [QueryQuestion] {
    session.effects.compactMap { if case .query(let question, _) = $0 { question } else { nil } }
  }

  @Test("letters, digits and colons are typed, not taken for keys")
  func typing() throws {
    var session = try Session("query")
    try session.press("\"select 1::int as q?\" Enter \"from x\"")
    #expect(try query(session).editor.text == "select 1::int as q?\nfrom x")
    #expect(session.state.overlay == nil)
    #expect(session.state.place == .query)
  }

  @Test("ctrl-r runs what was typed and shows its rows; Escape and i change between rows and text")
  func run() throws {
    var session = try Session("query")
    try session.press("\"select 1\" ctrl-r")
    #expect(questions(session).last == .run("select 1", [:], limit: 200))
    #expect(session.effects.contains(.rememberQuery("select 1")))
    #expect(session.shows("Note"))
    #expect(try query(session).isEditing == false)
    try session.press("i Space x Esc")
    #expect(try query(session).editor.text == "select 1 x")
    #expect(try query(session).isEditing == false)
    try session.press("i")
    #expect(try query(session).isEditing)
  }

  @Test("nothing runs where nothing was typed")
  func empty() throws {
    var session = try Session("query")
    try session.press("Space Enter ctrl-r")
    #expect(questions(session) == [.catalogue])
    #expect(session.shows("there is no query to run"))
  }

  @Test("parameters are asked for in a form and sent as values; a second run offers the last ones")
  func parameters() throws {
    var session = try Session("query")
    try session.press("\"select :a, :b\" ctrl-r")
    guard case .form(let form)? = session.state.overlay else {
      Issue.record("no form")
      return
    }
    #expect(form.fields.map(\.caption) == ["a", "b"])
    try session.press("\"x'y\" Tab \"2\" Enter")
    #expect(questions(session).last == .run("select :a, :b", ["a": "x'y", "b": "2"], limit: 200))
    try session.press("ctrl-r")
    guard case .form(let again)? = session.state.overlay else {
      Issue.record("no form")
      return
    }
    #expect(again.fields.map(\.text) == ["x'y", "2"])
    let before = questions(session).count
    try session.press("Esc")
    #expect(session.state.overlay == nil)
    #expect(questions(session).count == before)
  }

  @Test("a saved query asks for its parameters with what they mean, and Enter runs with the defaults")
  func saved() throws {
    var session = try Session("query/new device and country")
    #expect(session.shows("how many customers"))
    try session.press("Enter")
    #expect(questions(session).last == .run("select 1 limit :limit::int", ["limit": "10"], limit: 200))
    #expect(!session.effects.contains(.rememberQuery("select 1 limit :limit::int")))
    try session.press("o Enter")
    #expect(questions(session).last == .run("select customer_id, note\nfrom chargebacks", [:], limit: 200))
  }

  @Test("tab completes tables, columns of the tables named, and words of the language")
  func completion() throws {
    var session = try Session("query")
    try session.press("\"sel\" Tab Space \"customer_s\" Tab")
    #expect(try query(session).editor.text == "select customer_segment")
    try session.press("Space \"from cust\" Tab")
    #expect(try query(session).editor.text == "select customer_segment from analytics.customer_segmentation")
    try session.press("Space \"s where s.tot\" Tab")
    #expect(try query(session).editor.text.hasSuffix("where s.total_spent"))
    // Tab again takes the next, shift-tab the one before.
    try session.press("Space \"c\" Tab")
    let first = try query(session).editor.text
    try session.press("Tab")
    #expect(try query(session).editor.text != first)
    try session.press("shift-tab")
    #expect(try query(session).editor.text == first)
  }

  @Test("the history is walked with ctrl-p and ctrl-n, and the text begun comes back")
  func history() throws {
    var session = try Session("query")
    try session.press("\"mine\" ctrl-p")
    #expect(try query(session).editor.text == "select 2\nfrom b")
    try session.press("ctrl-p ctrl-p ctrl-p")
    #expect(try query(session).editor.text == "select 1")
    try session.press("ctrl-n ctrl-n")
    #expect(try query(session).editor.text == "mine")
  }

  @Test("a large result is read piece by piece, and never more than 1,000 rows are held")
  func window() throws {
    var session = try Session("query", size: Size(width: 100, height: 30))
    try session.press("\"select * from big\" ctrl-r")
    #expect(session.shows("1 of 5,000"))
    for _ in 0..<60 { try session.press("pgdn pgdn") }
    let screen = try query(session)
    #expect(screen.deck.focused?.grid.table.rows.count ?? 0 <= QueryScreen.windowSize)
    let offset = try #require(screen.result?.offset)
    #expect(offset > 0)
    let grid = try #require(screen.deck.focused?.grid)
    #expect(grid.value(grid.selected, "customer_id") == .integer(Int64(offset + grid.selected + 1)))
    try session.press("G")
    #expect(session.shows("5,000 of 5,000"))
    try session.press("g")
    #expect(session.shows("1 of 5,000"))
    try session.press("' 2 5 0 0 g")
    #expect(session.shows("2,500 of 5,000"))
    let middle = try query(session)
    let held = try #require(middle.deck.focused?.grid)
    #expect(held.value(held.selected, "customer_id") == .integer(2_500))
    for _ in 0..<40 { try session.press("pgup pgup") }
    let back = try query(session)
    let rows = try #require(back.deck.focused?.grid)
    #expect(
      rows.value(rows.selected, "customer_id")
        == .integer(Int64((back.result?.offset ?? -1) + rows.selected + 1)))
  }

  @Test("rows that are not all held are not sorted here; small results are")
  func sorting() throws {
    var session = try Session("query")
    try session.press("\"select * from big\" ctrl-r s")
    #expect(session.shows("order and narrow them in the query"))
    try session.press("i ctrl-u \"select * from tiers\" ctrl-r s")
    #expect(session.shows("Sort by"))
  }

  @Test("an export of rows that are not all held is that of the query")
  func export() throws {
    var session = try Session("query")
    try session.press("\"select * from big\" ctrl-r e Enter")
    guard case .export(let order)? = session.effects.last else {
      Issue.record("no export")
      return
    }
    #expect(order.content == .query("select * from big", parameters: [:]))
  }

  @Test("t and b show the rows as charts")
  func charts() throws {
    var session = try Session("query", size: Size(width: 100, height: 30))
    try session.press("\"select * from tiers\" ctrl-r b s s Enter")
    #expect(try query(session).chart == .stackedBars)
    #expect(session.shows("Lost"))
    try session.press("t")
    #expect(session.shows("Status"))
  }

  @Test("a failure is told and the text stays to be mended")
  func failure() throws {
    var session = try Session("query")
    session.answersLate = true
    try session.press("\"selec\" ctrl-r")
    guard
      case .query(_, let request)? = session.unanswered.first(where: {
        if case .query(.run, _) = $0 { true } else { false }
      })
    else {
      Issue.record("not asked")
      return
    }
    session.send(.failed(QueryFailure(message: "line 1, column 1: syntax error"), request: request))
    #expect(session.shows("syntax error"))
    #expect(try query(session).isEditing)
    #expect(try query(session).editor.text == "selec")
  }

  @Test("a query that there was no server to ask is run once it is back; one that failed there is not")
  func unasked() throws {
    var session = try Session("query")
    session.answersLate = true
    try session.press("\"select 1\" ctrl-r")
    session.fail("the server is away", isUnasked: true)
    #expect(session.shows("the server is away"))
    session.answersLate = false
    session.send(.connectionChanged(problem: "the server is away"))
    session.send(.connectionChanged(problem: nil))
    #expect(!session.shows("the server is away"))
    #expect(try query(session).result?.sql == "select 1")
    session.answersLate = true
    try session.press("ctrl-r")
    session.fail("the server closed the connection")
    let count = session.effects.count
    session.send(.published)
    #expect(session.effects.count == count)
  }

  @Test("Escape cancels a query that is under way, and its late answer is dropped")
  func cancel() throws {
    var session = try Session("query")
    session.answersLate = true
    try session.press("\"select * from big\" ctrl-r")
    // An answer of a moment is no wait: the key cancels what is seen to be under way.
    session.send(.tick(Fixtures.now + 2))
    try session.press("Esc")
    #expect(session.effects.contains { if case .cancelQuery = $0 { true } else { false } })
    session.answerLate()
    #expect(!session.shows("of 5,000"))
  }

  @Test("a published run does not run the query again")
  func published() throws {
    var session = try Session("query")
    try session.press("\"select * from big\" ctrl-r")
    let before = questions(session).count
    session.send(.published)
    #expect(questions(session).count == before)
  }

  @Test("a paste with line ends goes into the editor as it is")
  func paste() throws {
    var session = try Session("query")
    session.send(.input(.paste("select 1,\n\t2\r\nfrom x")))
    #expect(try query(session).editor.text == "select 1,\n  2\nfrom x")
  }
}

@Suite("Text editor")
struct TextEditorTests {
  @Test("keys move over line ends and join lines")
  func lines() {
    var editor = TextEditor("ab\ncd")
    _ = editor.handle(.home)
    _ = editor.handle(.backspace)
    #expect(editor.text == "abcd")
    #expect(editor.column == 2)
    _ = editor.handle(.enter)
    _ = editor.handle(.left)
    _ = editor.handle(.delete)
    #expect(editor.text == "abcd")
    _ = editor.handle(.end)
    _ = editor.handle(.control("w"))
    #expect(editor.text == "")
  }

  @Test("marks join the character before them, and nothing grows without bound")
  func bounds() {
    var editor = TextEditor()
    editor.insert("e")
    editor.insert("\u{301}")
    #expect(editor.lines[0].count == 1)
    #expect(editor.column == 1)
    editor.insert(String(repeating: "x", count: 100_000))
    #expect(editor.text.count <= TextEditor.limit)
  }
}
