import Pipeline
import Testing

@testable import Workstation

/// Keys in, lines out.
@Suite struct InteractionTests {
  @Test("number keys open the screens")
  func numberKeys() throws {
    var session = try Session()
    #expect(session.state.place == .pipeline)
    for (key, place) in [
      ("2", Place.dashboard("segmentation")), ("3", .dashboard("fraud")), ("4", .dashboard("vip")),
      ("5", .customers), ("1", .pipeline),
    ] {
      try session.press(key)
      #expect(session.state.place == place)
    }
    try session.press("9")
    #expect(session.shows("there is no screen 9"))
  }

  @Test("Enter on a bar opens the customers behind it, Enter on one its page, Esc leads back")
  func drill() throws {
    var session = try Session("fraud")
    try session.press("Tab Tab")
    try session.press("[ [ Down Enter")
    #expect(session.shows("Customers: Level = high"))
    let filter = CustomerListFilter(field: "risk_level", comparison: .equals, value: .text("high"))
    #expect(session.requests.last?.filters == [filter])
    try session.press("Down Down Enter")
    guard case .customer(let id) = session.state.place else {
      Issue.record("no customer page")
      return
    }
    #expect(session.shows("CRITICAL"))
    try session.press("Esc")
    #expect(session.state.place == .customers)
    #expect(session.customers?.grid.selected == 2)
    #expect(session.customers?.grid.value(2, "customer_id") == .integer(id))
    try session.press("Esc")
    #expect(session.state.place == .dashboard("fraud"))
    #expect(session.deck?.focused?.grid.selected == 1)
  }

  @Test("a bar of a range drills with both of its ends")
  func rangeDrill() throws {
    var session = try Session("segmentation")
    try session.press("[ Right Right Enter")
    #expect(
      session.requests.last?.filters == [
        CustomerListFilter(field: "customer_activity_score", comparison: .atLeast, value: .integer(20)),
        CustomerListFilter(field: "customer_activity_score", comparison: .below, value: .integer(30)),
      ])
  }

  @Test("a heat map is walked by its cells and drills with row and column")
  func heatMap() throws {
    var session = try Session("vip")
    try session.press("Tab Tab Right Down Enter")
    #expect(
      session.requests.last?.filters == [
        CustomerListFilter(field: "customer_segment", comparison: .equals, value: .text("regular")),
        CustomerListFilter(field: "value_tier", comparison: .equals, value: .text("High Value")),
      ])
  }

  @Test("back and forth between tabs keeps filter, sort and row of each")
  func tabsKeepTheirView() throws {
    var session = try Session("customers")
    try session.press("f \"spent>100\" Enter s \"o\" Enter Down Down Down")
    let before = session.lines.dropFirst()
    try session.press("3 2 5")
    #expect(session.lines.dropFirst() == before)
  }

  @Test("a filter is sent to the database, shown, undone and lifted")
  func filter() throws {
    var session = try Session("customers")
    try session.press("f \"level:high !segment:new spent>=1000 ann\" Enter")
    #expect(
      session.requests.last?.filters == [
        CustomerListFilter(field: "risk_level", comparison: .contains, value: .text("high")),
        CustomerListFilter(field: "customer_segment", comparison: .notContains, value: .text("new")),
        CustomerListFilter(field: "total_spent", comparison: .atLeast, value: .integer(1_000)),
        CustomerListFilter(field: "full_name", comparison: .contains, value: .text("ann")),
      ])
    #expect(session.shows("filter level:high"))
    try session.press("u")
    #expect(session.requests.last?.filters == [])
    try session.press("f \"42\" Enter")
    #expect(
      session.requests.last?.filters == [
        CustomerListFilter(field: "customer_id", comparison: .equals, value: .integer(42))
      ])
    try session.press("F")
    #expect(session.requests.last?.filters == [])
  }

  @Test("a filter that cannot be read stays to be mended, with the reason")
  func badFilter() throws {
    var session = try Session("customers", size: Size(width: 120, height: 30))
    let count = session.requests.count
    try session.press("f \"spent>lots\" Enter")
    #expect(session.shows("lots after > is no number"))
    try session.press("Backspace Backspace Backspace Backspace \"5\" Enter")
    #expect(session.requests.count == count + 1)
    #expect(!session.shows("is no number"))
  }

  @Test("sorting asks the database for another order; the same column again turns it round")
  func sort() throws {
    var session = try Session("customers")
    try session.press("s g Down Down Down Down Enter")
    #expect(session.requests.last?.sort == CustomerListSort(field: "total_spent", isDescending: true))
    #expect(session.shows("Spent ▼"))
    try session.press("S")
    #expect(session.requests.last?.sort == CustomerListSort(field: "total_spent", isDescending: false))
    #expect(session.shows("Spent ▲"))
    try session.press("u u")
    #expect(session.requests.last?.sort.field == "score")
  }

  @Test("a card sorts, filters and searches its own rows")
  func cardRows() throws {
    var session = try Session("segmentation", size: Size(width: 120, height: 40))
    try session.press("Tab Tab")
    #expect(session.deck?.focused?.id == "top")
    try session.press("s \"n\" Enter")
    #expect(session.deck?.focused?.grid.sort == SortOrder(column: "full_name", isDescending: false))
    try session.press("f \"spent>40000\" Enter")
    #expect(session.deck?.focused?.grid.count == 4)
    try session.press("/ \"zo\" Enter")
    #expect(session.deck?.focused?.grid.selectedRow?[1] == .text("Zo\u{65}\u{301} D****"))
    try session.press("/ \"nobody\" Enter")
    #expect(session.shows("nobody is not among the rows read"))
  }

  @Test("NULL and the empty text look different")
  func nulls() throws {
    var session = try Session("customer/42", size: Size(width: 120, height: 40))
    #expect(session.lines.contains { $0.contains("Phone") && $0.contains("NULL") })
    #expect(session.lines.contains { $0.contains("City") && !$0.contains("NULL") })
    try session.press("Tab f \"value=null\" Enter")
    #expect(session.deck?.focused?.grid.count == 1)
  }

  @Test("the chart of a card becomes its table and back; zoom fills the screen")
  func tableAndZoom() throws {
    var session = try Session("segmentation")
    try session.press("t")
    #expect(session.shows("Segment  Customers"))
    try session.press("z")
    #expect(!session.shows("Revenue by value tier"))
    try session.press("Esc")
    #expect(session.shows("Revenue by value tier"))
    try session.press("u u")
    #expect(!session.shows("Segment  Customers"))
  }

  @Test("columns hide and move; the last one stays")
  func columns() throws {
    var session = try Session("customers")
    try session.press("c Down Space Esc")
    #expect(!session.lines[2].contains("Name"))
    try session.press("c J Esc")
    #expect(session.customers?.columns.map(\.name).prefix(2) == ["full_name", "customer_id"])
    try session.press("u u")
    #expect(session.lines[2].contains("Name"))
    try session.press("2 Tab Tab c Space j Space j Space j Space j Space Esc")
    #expect(session.deck?.focused?.grid.visibleColumns.count == 1)
  }

  @Test("a run is asked for first; n leaves it")
  func run() throws {
    var session = try Session()
    try session.press("r n")
    #expect(!session.effects.contains(.startRun(.all)))
    try session.press("r Esc")
    #expect(!session.effects.contains(.startRun(.all)))
    try session.press("r y")
    #expect(session.effects.contains(.startRun(.all)))
  }

  @Test("the progress of a run shows on every screen, its end is told, the data are read again")
  func runProgress() throws {
    var session = try Session(size: Size(width: 160, height: 48))
    try session.press("3")
    session.send(.runChanged(Fixtures.run(43, state: .running, done: 5)))
    #expect(session.shows("run 43 5/13 validate"))
    try session.press("r")
    #expect(session.shows("run 43 is under way"))
    try session.press("1")
    #expect(session.shows("running 5/13"))
    try session.press("c y")
    #expect(session.effects.contains(.cancelRun(runID: 43)))
    session.send(.runChanged(Fixtures.run(43, state: .failed, done: 7)))
    #expect(session.shows("run 43 failed"))
    #expect(session.shows("critical data test failed"))
    let dashboards = { (effects: [Effect]) in
      effects.count { if case .loadDashboard = $0 { true } else { false } }
    }
    let runs = { (effects: [Effect]) in
      effects.count { if case .loadRuns = $0 { true } else { false } }
    }
    let (loads, lists) = (dashboards(session.effects), runs(session.effects))
    try session.press("3")
    #expect(dashboards(session.effects) == loads, "nothing was published: nothing is read")
    session.send(.published)
    #expect(dashboards(session.effects) == loads + 1)
    try session.press("1")
    #expect(runs(session.effects) == lists + 1, "the screen that was not shown reads when it is")
  }

  @Test("answers that come late, after a newer request or to a screen that was left, are dropped")
  func lateAnswers() throws {
    var session = try Session("customers")
    session.answersLate = true
    try session.press("f \"level:high\" Enter")
    let late = try #require(session.unanswered.last)
    try session.press("f \"level:low\" Enter")
    #expect(session.effects.contains { if case .cancelQuery = $0 { true } else { false } })
    let before = session.text
    for event in Fixtures.answer(late) { session.send(event) }
    #expect(session.text == before)
    session.answerLate()
    #expect(session.customers?.grid.table.rows.allSatisfy { $0[8] == .text("low") } == true)
  }

  @Test("Esc cancels a query that is under way; the spinner shows its time")
  func cancel() throws {
    var session = try Session("fraud")
    session.answersLate = true
    try session.press("Ctrl-R")
    session.send(.tick(Fixtures.now + 2.5))
    #expect(session.shows("2.5 s  esc cancels"))
    #expect(session.state.wantedTick == 0.1)
    try session.press("Esc")
    #expect(session.shows("query cancelled"))
    #expect(session.state.wantedTick == nil)
  }

  @Test("keys pressed before any data arrive do no harm")
  func keysBeforeData() throws {
    for place in ["pipeline", "fraud", "customers", "customer/1", "query/chargebacks"] {
      var session = try Session(place)
      session.answersLate = true
      try session.press("Ctrl-R Esc")
      var fresh = State(setup: try Fixtures.setup(place: place), size: Size(width: 80, height: 24), now: 0)
      _ = fresh.start()
      for key in try keyScript("Enter j k g G s Esc / \"a\" Enter n N t z Tab c Esc v e y Y u F u") {
        _ = fresh.handle(.input(.key(key)))
        #expect(view(fresh, fresh.size).size == fresh.size)
      }
    }
  }

  @Test("a failed query is told in one line and can be tried again")
  func failure() throws {
    var session = try Session("fraud")
    session.answersLate = true
    try session.press("Ctrl-R")
    guard case .loadDashboard(_, _, let request)? = session.unanswered.last else {
      Issue.record("nothing was asked for")
      return
    }
    session.send(
      .failed(QueryFailure(message: "relation analytics.fraud_analytics does not exist"), request: request))
    #expect(session.shows("does not exist"))
    #expect(!session.state.isLoading)
  }

  @Test("a reload keeps the row and marks the cells that changed")
  func reload() throws {
    var session = try Session("segmentation", size: Size(width: 120, height: 40))
    try session.press("Down Down")
    session.answersLate = true
    try session.press("Ctrl-R")
    guard case .loadDashboard(_, _, let id)? = session.unanswered.last else { return }
    let old = Fixtures.segmentation()
    let rows: [[Value]] = [
      [.text("premium"), .integer(790)], [.text("regular"), .integer(2_911)],
      [.text("new"), .integer(1_302)],
    ]
    let changed = Fixtures.card(
      "segments", "Customers by segment", .bars,
      Fixtures.table([("customer_segment", .text), ("customers", .number)], rows),
      roles: ["label": "customer_segment", "value": "customers"])
    session.send(
      .dashboardLoaded(
        Fixtures.dashboard("segmentation", "Segmentation", [changed] + old.cards.dropFirst()), request: id))
    let grid = try #require(session.deck?.focused?.grid)
    #expect(grid.selectedRow?[0] == .text("premium"))
    #expect(grid.isChanged(0, "customers"))
    #expect(!grid.isChanged(1, "customers"))
  }

  @Test("copying takes the value, the row or nothing over the cap")
  func copy() throws {
    var session = try Session("customers")
    try session.press("j y Y")
    let copies = session.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }
    #expect(copies.first == "2")
    #expect(copies.last?.split(separator: "\t").count ?? 0 > 8)
  }

  @Test("what is copied does nothing more than be text where it is pasted")
  func copiedControls() throws {
    var session = try Session("segmentation", size: Size(width: 120, height: 40))
    session.answersLate = true
    try session.press("Ctrl-R")
    guard case .loadDashboard(_, _, let id)? = session.unanswered.last else { return }
    let hostile = "premium\u{1B}[201~\r\u{9B}\u{202E}rm\nx"
    let card = Fixtures.card(
      "segments", "Customers by segment", .bars,
      Fixtures.table(
        [("customer_segment", .text), ("customers", .number)], [[.text(hostile), .integer(1)]]),
      roles: ["label": "customer_segment", "value": "customers"])
    session.send(
      .dashboardLoaded(
        Fixtures.dashboard(
          "segmentation", "Segmentation", [card] + Fixtures.segmentation().cards.dropFirst()),
        request: id))
    try session.press("Y")
    let copies = session.effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }
    let copied = try #require(copies.last)
    #expect(copied.hasPrefix("premium␛[201~ ") && copied.contains("rm\nx\t"), "\(copied)")
    #expect(!copied.unicodeScalars.contains { $0 != "\n" && $0 != "\t" && HiddenText.contains($0) })
  }

  @Test("export of the customer list is that of all rows, of a card its own")
  func export() throws {
    var session = try Session("customers")
    try session.press("f \"level:high\" Enter e Enter")
    guard case .export(let list)? = session.effects.last, case .customers(let request) = list.content else {
      Issue.record("no export")
      return
    }
    #expect(request.filters.count == 1)
    #expect(list.format == .csv)
    try session.press("2 e n Enter")
    guard case .export(let card)? = session.effects.last, case .table(let table) = card.content else {
      Issue.record("no export")
      return
    }
    #expect(card.name == "segmentation-segments")
    #expect(card.format == .ndjson)
    #expect(table.rows.count == 3)
  }

  @Test("a whole dashboard is exported with its filters, and Escape exports nothing")
  func exportDashboard() throws {
    var session = try Session("fraud")
    let before = session.effects.count
    try session.press("e Esc")
    #expect(session.effects.count == before)
    try session.press("d \"segment:premium\" Enter e w Enter")
    guard case .export(let order)? = session.effects.last else {
      Issue.record("no export")
      return
    }
    #expect(order.content == .dashboard("fraud", filters: ["segment": "premium"]))
    #expect(order.format == .html)
  }

  @Test("the palette finds screens, actions, customers, saved queries and themes by a few letters")
  func palette() throws {
    var session = try Session()
    try session.press(": \"frd\" Enter")
    #expect(session.state.place == .dashboard("fraud"))
    try session.press(": \"chargeb\" Enter")
    #expect(session.state.place == .savedQuery("chargebacks"))
    try session.press(": \"4711\" Enter")
    #expect(session.state.place == .customer(4_711))
    try session.press(": \"theme light\" Enter")
    #expect(session.state.themeName == "light")
    try session.press("5 : \"row\" Esc : \"17\" Down Enter")
    #expect(session.customers?.grid.selected == 16)
    try session.press(": \"zzzzqqq\"")
    #expect(session.shows("Customers named zzzzqqq"))
  }

  @Test("the palette shows customers from the server while one types, one question at a time")
  func paletteCustomers() throws {
    var session = try Session()
    try session.press(": \"łu\"")
    #expect(session.shows("Łukasz W****"))
    #expect(session.shows("customer 7, critical"))
    try session.press("PgDn Enter")
    #expect(session.state.place == .customer(57))

    session = try Session()
    session.answersLate = true
    try session.press(": \"47\"")
    try session.press("\"11\"")
    #expect(session.unanswered.count == 1, "the first question has no answer yet")
    let first = try #require(session.unanswered.first)
    session.answersLate = false
    for event in Fixtures.answer(first) { session.send(event) }
    #expect(
      session.effects.compactMap { if case .findCustomers(let text, _) = $0 { text } else { nil } } == [
        "4", "4711",
      ])
    let late = session.text
    try session.press("Esc")
    for event in Fixtures.answer(first) { session.send(event) }
    #expect(session.text != late, "an answer to a palette that was closed opens nothing")
    #expect(session.state.overlay == nil)
  }

  @Test("themes are previewed; Esc keeps the old one")
  func themes() throws {
    var session = try Session()
    let before = session.screen
    try session.press("T Down")
    #expect(session.screen[0, 0].style != before[0, 0].style || session.screen != before)
    try session.press("Esc")
    #expect(session.state.palette.theme == "dark")
    #expect(session.screen == before)
    try session.press("T Down Enter")
    #expect(session.state.palette.theme != "dark")
    #expect(session.effects.contains { if case .savePreferences = $0 { true } else { false } })
  }

  @Test("help tells why an action does nothing now")
  func help() throws {
    var session = try Session("pipeline", size: Size(width: 120, height: 80))
    try session.press("?")
    #expect(session.shows("Cancel the run (asks first) (no run is under way)"))
    try session.press("?")
    #expect(!session.shows("Keys: Pipeline"))
  }

  @Test("a reason that has no room beside its key is told whole on lines of its own")
  func longReasons() throws {
    var session = try Session("pipeline", size: Size(width: 60, height: 200))
    try session.press("?")
    #expect(session.shows("Cancel the run (asks first)"))
    #expect(session.shows("(no run is under way)"))
  }

  @Test("a count repeats a move")
  func count() throws {
    var session = try Session("customers")
    try session.press("' 1 2 j")
    #expect(session.customers?.grid.selected == 12)
    try session.press("' 5 G")
    #expect(session.customers?.grid.selected == 4)
  }

  @Test("linked filters are sent with the dashboard and checked")
  func linkedFilters() throws {
    var session = try Session("fraud", size: Size(width: 120, height: 30))
    try session.press("d \"segment:premium\" Enter")
    #expect(
      session.effects.contains { effect in
        if case .loadDashboard("fraud", let filters, _) = effect {
          filters == ["segment": "premium"]
        } else {
          false
        }
      })
    #expect(session.lines[1].contains("Only segment:premium"))
    #expect(session.lines[2].hasPrefix("╭─ "))
    try session.press("d Space \"segment:gold\" Enter")
    #expect(session.shows("segment is one of premium, regular, new"))
  }

  @Test("after new data were published, every screen on the way back reads them, once")
  func staleTrail() throws {
    var session = try Session("segmentation")
    try session.press("Enter Enter")
    try session.press("Tab Tab")
    let before = session.effects.count
    session.send(.published)
    #expect(session.effects.count == before + 1)
    try session.press("Esc")
    #expect(session.state.place == .customers)
    #expect(session.effects.count == before + 2)
    try session.press("Esc")
    #expect(session.effects.count == before + 3)
    try session.press("Enter")
    try session.press("Esc")
    #expect(session.effects.count == before + 4, "the list was new; the dashboard is not read again")
  }

  @Test("further sections of a customer's page are tables; a peer opens its own page, Esc comes back")
  func customerSections() throws {
    var session = try Session("customer/42", size: Size(width: 160, height: 60))
    #expect(session.shows("Cases") && session.shows("called back, no answer"))
    try session.press("[ [")
    #expect(session.deck?.focused?.title == "Peers of the same segment")
    try session.press("Down Enter")
    #expect(session.state.place == .customer(44))
    try session.press("Esc")
    #expect(session.state.place == .customer(42))
    #expect(session.deck?.focused?.grid.selected == 1)
  }

  @Test("a dashboard with a refresh interval reads itself again, and wants the tick for it")
  func refreshInterval() throws {
    var session = try Session("vip")
    let content = Fixtures.segmentation()
    let definition = DashboardDefinition(
      name: "vip", title: "VIP", cards: content.cards.map(\.card), refresh: 30)
    session.answersLate = true
    try session.press("Ctrl-R")
    guard case .loadDashboard(_, _, let request)? = session.unanswered.last else { return }
    session.send(
      .dashboardLoaded(
        DashboardContent(definition: definition, cards: content.cards, publication: nil), request: request))
    #expect(session.state.wantedTick == 30)
    let count = session.effects.count
    session.send(.tick(Fixtures.now + 29))
    #expect(session.effects.count == count)
    session.send(.tick(Fixtures.now + 31))
    #expect(session.effects.count == count + 1)
  }

  @Test("a bracketed paste goes into the line as one line, and nowhere else")
  func paste() throws {
    var session = try Session("customers")
    session.send(.input(.paste("q\nr")))
    #expect(session.state.place == .customers)
    try session.press("f")
    session.send(.input(.paste("spent>10\nlevel:low")))
    #expect(session.shows("filter: spent>10 level:low"))
  }

  @Test("the mouse selects, opens by a second click, changes tabs, and can be switched off")
  func mouse() throws {
    var session = try Session("customers")
    let click = { (x: Int, y: Int) in
      Event.input(.mouse(MouseEvent(action: .press(.left), position: Point(x: x, y: y))))
    }
    session.send(click(10, 6))
    #expect(session.customers?.grid.selected == 3)
    session.send(click(10, 6))
    #expect(session.state.place == .customer(4))
    session.send(click(7, 0))
    #expect(session.state.place == .dashboard("fraud"))
    session.send(.input(.mouse(MouseEvent(action: .wheelDown, position: Point(x: 1, y: 1)))))
    try session.press("m")
    #expect(session.effects.contains(.setMouse(isOn: false)))
    session.send(click(5, 0))
    #expect(session.state.place == .dashboard("fraud"))
  }

  @Test("a screen under 40x10 says so, and one grown again shows what it was")
  func tooSmall() throws {
    var session = try Session("fraud")
    let before = session.text
    session.send(.input(.resize(Size(width: 39, height: 10))))
    #expect(session.shows("too small"))
    session.send(.input(.resize(Size(width: 40, height: 9))))
    #expect(session.shows("needs 40x10"))
    session.send(.input(.resize(Size(width: 80, height: 24))))
    #expect(session.text == before)
  }

  @Test("the cursor stands on the selected row, for braille displays and screen readers")
  func cursor() throws {
    var session = try Session("customers")
    #expect(session.screen.cursor == Point(x: 2, y: 3))
    try session.press("j j")
    #expect(session.screen.cursor == Point(x: 2, y: 5))
    try session.press("/ \"ab\"")
    #expect(session.screen.cursor?.y == 23)
  }

  @Test("quitting stores where one was")
  func quit() throws {
    var session = try Session()
    try session.press("3 Enter q")
    #expect(session.effects.last == .quit)
    let stored = session.effects.compactMap {
      if case .savePreferences(let preferences) = $0 { preferences } else { nil }
    }
    #expect(stored.last?.place == "fraud")
  }

  @Test("a lost connection is told until it is back, then the data are read again")
  func connection() throws {
    var session = try Session("fraud")
    session.send(.connectionChanged(problem: "the server closed the connection; trying again in 2 s"))
    #expect(session.shows("NOT CONNECTED"))
    let count = session.effects.count
    session.send(.connectionChanged(problem: nil))
    #expect(!session.shows("NOT CONNECTED"))
    #expect(session.effects.count == count + 1)
  }

  @Test("the header says how far the replica is behind, and why the primary is read instead")
  func replica() throws {
    var session = try Session("fraud")
    #expect(!session.shows("replica"))
    session.send(.replicaChanged(.answering(lag: 0.2)))
    #expect(session.shows("replica"))
    session.send(.replicaChanged(.answering(lag: 12)))
    #expect(session.shows("replica 12.0 s behind"))
    session.send(.replicaChanged(.unreachable(reason: "connection refused")))
    #expect(session.shows("NO REPLICA"))
    #expect(session.shows("the replica does not answer, the primary does: connection refused"))
    session.send(.replicaChanged(.answering(lag: 0)))
    #expect(!session.shows("NO REPLICA"))
  }

  @Test("unmasked data are marked in the header")
  func unmasked() throws {
    var session = try Session("customers")
    session.send(
      .publicationChanged(
        Publication(
          runID: 9, publishedAt: Fixtures.now, source: "files", hasSyntheticTimes: false, isMasked: false)))
    #expect(session.lines[0].contains("UNMASKED"))
    #expect(!session.lines[0].contains("synthetic"))
  }

  @Test("problems of configuration files are told at the start")
  func problems() throws {
    var setup = try Fixtures.setup()
    setup.problems = [
      ConfigurationError(code: .badKey, file: "config.yml", line: 3, column: 9, message: "ctrl-ß is no key")
    ]
    let session = try Session(setup: setup)
    #expect(session.shows("config.yml:3:9: ctrl-ß is no key"))
  }
}
