import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("The desk on a database")
struct CaseDeskTests {
  @Test(
    "a case goes from new to closed and back, every step an event with who, when, from where, old and new")
  func life() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(1, connection)
      let ann = DeskFixture.desk(connection, "ann")
      #expect(try await ann.takeNext()?.workflow.assignee == "ann")
      #expect(try await ann.takeNext() == nil)
      try await ann.take(.note("called her"), on: 1)
      try await ann.take(.escalate(reason: "bank asks"), on: 1)
      let bob = DeskFixture.desk(connection, "bob")
      try await bob.take(.take, on: 1)
      let closed = try await bob.take(.close(.confirmedFraud, reason: "stolen card"), on: 1)
      #expect(closed.workflow.outcome == .confirmedFraud)
      #expect(closed.version == 6)
      let refused = await DeskFixture.error { try await ann.take(.note("late"), on: 1) }
      #expect(refused?.description == "case 1 is closed (confirmed fraud); reopen it to change it")
      try await ann.take(.reopen(reason: "she called again"), on: 1)

      let events = try await CaseReader.page(1, from: connection).events
      #expect(events.map(\.kind) == [.taken, .noted, .escalated, .taken, .closed, .reopened])
      #expect(events.map(\.actor) == ["ann", "ann", "ann", "bob", "bob", "ann"])
      #expect(
        events.allSatisfy { $0.origin == "\($0.actor)@test" && !$0.databaseRole.isEmpty && $0.at > 1e9 })
      #expect(events[4].old["state"] == .some("escalated"))
      #expect(events[4].new["outcome"] == .some("confirmed_fraud"))
      #expect(events[1].note == "called her")
    }
  }

  @Test("who decided on an old version is told who was faster and with what; a note is written anyway")
  func optimisticLocking() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(1, connection)
      try await DeskFixture.desk(connection, "ann").take(.take, on: 1, seen: 1)
      let bob = DeskFixture.desk(connection, "bob")
      let error = await DeskFixture.error { try await bob.take(.take, on: 1, seen: 1) }
      #expect(error?.code == .overtaken)
      #expect(error?.description.hasPrefix("ann was faster: case 1 was taken ") == true)
      #expect(error?.description.hasSuffix("is now in review with ann") == true)
      try await bob.take(.note("I know her"), on: 1, seen: 1)
      let page = try await CaseReader.page(1, from: connection)
      #expect(page.fraudCase.workflow.assignee == "ann")
      #expect(page.events.map(\.kind) == [.taken, .noted])
    }
  }

  @Test("two steps at the same moment: one is taken, the other told")
  func race() async throws {
    try await TestCluster.withSchema { connection, url in
      try await DeskFixture.cases(20, connection)
      let other = try await Connection.open(url)
      for number in Int64(1)...20 {
        async let first = DeskFixture.error {
          try await DeskFixture.desk(connection, "ann").take(.take, on: number, seen: 1)
        }
        async let second = DeskFixture.error {
          try await DeskFixture.desk(other, "bob").take(.take, on: number, seen: 1)
        }
        let errors = await [first, second]
        #expect(errors.filter { $0 == nil }.count == 1)
        #expect(errors.compactMap { $0 }.allSatisfy { $0.code == .overtaken })
      }
      await other.close()
    }
  }

  @Test("undo takes back the last own step within a minute, wherever it was, and not twice")
  func undo() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(2, connection)
      let start = 1_800_000_000.0
      func ann(_ seconds: Double) -> CaseDesk { DeskFixture.desk(connection, "ann", at: start + seconds) }
      try await ann(0).take(.take, on: 1)
      try await ann(1).take(.close(.falsePositive, reason: "her new phone"), on: 1)
      let undone = try await ann(30).undo()
      #expect(undone.kind == .closed)
      var page = try await CaseReader.page(1, from: connection)
      #expect(page.fraudCase.workflow.state == .inReview)
      #expect(page.fraudCase.workflow.assignee == "ann")
      #expect(page.events.last?.undoes == undone.eventID)
      let twice = await DeskFixture.error { try await ann(31).undo() }
      #expect(twice?.description.contains("undone already") == true)

      try await ann(40).take(.note("hm"), on: 1)
      let late = await DeskFixture.error { try await ann(140).undo() }
      #expect(late?.description.contains("within a minute") == true)

      try await ann(200).take(.take, on: 2)
      try await DeskFixture.desk(connection, "bob", at: start + 201).take(.assign(to: "bob"), on: 2)
      let followed = await DeskFixture.error { try await ann(202).undo(on: 2) }
      #expect(followed?.description.contains("bob's") == true)
      page = try await CaseReader.page(2, from: connection)
      #expect(page.fraudCase.workflow.assignee == "bob")
    }
  }

  @Test("snooze, override and list entries are set, shown, replaced, undone and removed, each as an event")
  func settings() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(1, connection)
      let start = Date().timeIntervalSince1970
      let ann = DeskFixture.desk(connection, "ann", at: start)
      let device = String(repeating: "ab12", count: 8)
      let past = await DeskFixture.error {
        try await ann.snooze("burst", of: .fraudCase(1), until: start - 1, reason: "x")
      }
      #expect(past?.code == .invalid)
      try await ann.snooze("burst", of: .fraudCase(1), until: start + 86_400, reason: "sale")
      try await ann.override(.low, of: .customer(1), until: start + 3_600, reason: "known")
      try await ann.override(.critical, of: .customer(1), until: start + 7_200, reason: "not that known")
      try await ann.list(.device, device, on: .block, until: nil, reason: "farm", for: .fraudCase(1))
      var page = try await CaseReader.page(1, from: connection)
      #expect(page.snoozes.map(\.rule) == ["burst"])
      #expect(page.fraudCase.override?.level == .critical)
      #expect(page.fraudCase.level == .critical)
      #expect(page.events.map(\.kind) == [.snoozed, .overridden, .overridden, .listed])
      #expect(page.events[2].old["level"] == .some("low"))
      #expect(try await CaseReader.entries(from: connection).map(\.value) == [device])

      try await ann.undo()
      #expect(try await CaseReader.entries(from: connection).isEmpty)
      try await ann.removeOverride(of: .fraudCase(1))
      try await ann.undo(on: 1)
      page = try await CaseReader.page(1, from: connection)
      #expect(page.fraudCase.override?.level == .critical)
      #expect(page.fraudCase.override?.reason == "not that known")
      try await ann.wake("burst", of: .customer(1))
      let gone = await DeskFixture.error { try await ann.wake("burst", of: .customer(1)) }
      #expect(gone?.description == "there is no snooze of burst")
      let word = await DeskFixture.error {
        try await ann.list(.customer, "ann", on: .allow, until: nil, reason: "x")
      }
      #expect(word?.code == .invalid)
    }
  }

  @Test(
    "what rows hold as hashes is listed by its hash alone, whatever the clear value looks like, and not quoted",
    arguments: [
      (ListEntry.Kind.emailHash, "kara@shop.example"), (.emailHash, "kara at shop"),
      (.emailHash, "kara＠shop.example"),
      (.emailHash, DeskFixture.hash(1).uppercased() + "F"), (.device, "kara-phone"), (.ip, "192.0.2.7"),
    ])
  func clearValues(kind: ListEntry.Kind, value: String) async throws {
    try await TestCluster.withSchema { connection, _ in
      let ann = DeskFixture.desk(connection, "ann")
      let error = await DeskFixture.error {
        try await ann.list(kind, value, on: .block, until: nil, reason: "x")
      }
      #expect(error?.code == .invalid)
      #expect(error?.description.contains(value) == false)
      let entries = try await CaseReader.entries(from: connection)
      #expect(entries.isEmpty)
      let noted = try await connection.query("select from audit.entries")
      #expect(noted.rowCount == 0)
    }
  }

  @Test("an override that has expired is not shown")
  func expiry() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(1, connection)
      let longAgo = DeskFixture.desk(connection, "ann", at: 1_000_000_000)
      try await longAgo.override(.low, of: .customer(1), until: 1_000_003_600, reason: "known")
      #expect(try await CaseReader.page(1, from: connection).fraudCase.override == nil)
      #expect(try await CaseReader.page(1, from: connection).fraudCase.level == .high)
    }
  }

  @Test("the queue comes by priority, then score; filters leave the rest out and the counts tell")
  func queue() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await DeskFixture.cases(40, connection)
      try await connection.execute(
        """
        update desk.cases set primary_factor = 'amount' where case_id <= 10;
        update desk.cases set due_at = now() - interval '1 hour', opened_at = now() - interval '2 days' where case_id = 4
        """)
      try await DeskFixture.desk(connection, "ann").take(.take, on: 3)
      try await DeskFixture.desk(connection, "ann").take(.close(.inconclusive, reason: "x"), on: 5)
      let all = try await CaseReader.queue(CaseFilter(), from: connection)
      #expect([all.total, all.open, all.free, all.late] == [39, 39, 38, 1])
      let keys = all.cases.map { ($0.standing.priority, -$0.standing.score, $0.customerID) }
      #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
      func numbers(_ filter: CaseFilter) async throws -> Set<Int64> {
        Set(try await CaseReader.queue(filter, from: connection).cases.map(\.caseID))
      }
      #expect(try await numbers(CaseFilter(isLateOnly: true)) == [4])
      #expect(try await numbers(CaseFilter(leastAgeHours: 24)) == [4])
      #expect(try await numbers(CaseFilter(assignee: .named("ann"))) == [3])
      #expect(
        try await numbers(CaseFilter(factor: "amount", assignee: .nobody)) == [1, 2, 4, 6, 7, 8, 9, 10])
      #expect(try await numbers(CaseFilter(states: [.closed])) == [5])
      #expect(try await numbers(CaseFilter(levels: [.critical])).allSatisfy { $0 % 2 == 0 })
      let next = try await DeskFixture.desk(connection, "bob").takeNext(CaseFilter(factor: "amount"))
      #expect(next.map { [4, 6, 8, 10].contains($0.caseID) } == true)
    }
  }

  @Test(
    "fifty analysts work off the queue: each case closed once, every step logged, no deadlock, no lost step")
  func fiftyAnalysts() async throws {
    let count = 500
    try await TestCluster.withSchema { connection, url in
      try await DeskFixture.cases(count, connection)
      let closed = try await withThrowingTaskGroup(of: [Int64].self) { group in
        for analyst in 1...50 {
          group.addTask {
            let own = try await Connection.open(url)
            let desk = DeskFixture.desk(own, "analyst \(analyst)")
            var numbers: [Int64] = []
            while let next = try await desk.takeNext() {
              try await desk.take(.note("looked"), on: next.caseID, seen: next.version)
              try await desk.take(.close(.falsePositive, reason: "fine"), on: next.caseID)
              numbers.append(next.caseID)
            }
            await own.close()
            return numbers
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(closed.sorted() == (1...Int64(count)).map { $0 })
      let row = try #require(
        try await connection.query(
          """
          select (select count(*) from desk.cases where state = 'closed' and version = 4), count(*),
            count(distinct (case_id, kind)), count(*) filter (where kind = 'closed')
          from desk.case_events
          """
        ).first)
      #expect((0..<4).map { row.integer($0) } == [count, count * 3, count * 3, count].map { Int64($0) })
      let order = try await connection.query(
        """
        select case_id from desk.case_events group by case_id
        having array_agg(kind order by event_id) <> array['taken', 'noted', 'closed'] or count(distinct actor) <> 1
        """)
      #expect(order.rowCount == 0)
    }
  }

  @Test("a step tells every listener which case changed")
  func news() async throws {
    try await TestCluster.withSchema { connection, url in
      try await DeskFixture.cases(1, connection)
      let listener = try await NotificationListener.open(url, channels: [CaseDesk.channel])
      try await DeskFixture.desk(connection, "ann").take(.take, on: 1)
      #expect(try await listener.next().map(\.payload) == ["1"])
      await listener.close()
    }
  }

  @Test("an unknown case is not found")
  func unknown() async throws {
    try await TestCluster.withSchema { connection, _ in
      let ann = DeskFixture.desk(connection, "ann")
      #expect(
        await DeskFixture.error { try await ann.take(.take, on: 9) }?.description == "there is no case 9")
      #expect(
        await DeskFixture.error { _ = try await CaseReader.page(9, from: connection) }?.code == .notFound)
      #expect(await DeskFixture.error { try await ann.undo() }?.code == .refused)
      #expect(await DeskFixture.error { try await ann.removeOverride(of: .fraudCase(9)) }?.code == .notFound)
    }
  }
}
