import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("the audit log")
struct AuditLogTests {
  private static func append(_ count: Int, _ connection: Connection) async throws {
    for number in 0..<count {
      try await AuditLog.append(
        .export, subject: "customers \(number)", detail: ["rows": "\(number)", "file": "a'b\"c"],
        origin: "ada@desk", on: connection)
    }
  }

  @Test("entries are numbered, chained and read newest first")
  func chain() async throws {
    try await TestCluster.withSchema { connection, _ in
      #expect(try await AuditLog.verify(on: connection).isWhole, "an empty log is whole")
      try await Self.append(3, connection)
      try await AuditLog.append(.unmask, subject: "customer 7", origin: "ada@desk", on: connection)
      let entries = try await AuditLog.entries(from: connection)
      #expect(entries.map(\.number) == [4, 3, 2, 1])
      #expect(
        entries[0].action == "unmask" && entries[0].login == "riskdeck" && entries[0].origin == "ada@desk")
      #expect(entries[1].detail == "{\"file\": \"a'b\\\"c\", \"rows\": \"2\"}")
      #expect(
        try await AuditLog.entries(before: 3, action: "export", limit: 1, from: connection).map(\.number) == [
          2
        ])
      let verdict = try await AuditLog.verify(expectedHead: entries[2].hash, on: connection)
      #expect(verdict.isWhole && verdict.entries == 4 && verdict.head == entries[0].hash)
    }
  }

  @Test("pages are read by entry number, and conditions find in every field, ignoring case")
  func pages() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.append(5, connection)
      try await AuditLog.append(
        .unmask, subject: "customer 7", detail: ["reason": "100%_sure"], origin: "Ada@desk", on: connection)
      func numbers(before: Int64? = nil, _ conditions: [AuditLog.Condition]) async throws -> [Int64] {
        try await AuditLog.page(
          AuditLog.Question(before: before, conditions: conditions), size: 2, from: connection
        ).entries.map(\.number)
      }
      #expect(try await numbers([]) == [6, 5])
      #expect(try await numbers(before: 5, []) == [4, 3])
      let last = try await AuditLog.page(AuditLog.Question(before: 2), size: 2, from: connection)
      #expect(last.isLast && last.entries.map(\.number) == [1])
      typealias Condition = AuditLog.Condition
      #expect(try await numbers([Condition(field: .action, text: "UNMASK")]) == [6])
      #expect(try await numbers([Condition(field: .subject, text: "unmask")]) == [])
      #expect(try await numbers([Condition(field: nil, text: "customers 3")]) == [4])
      #expect(try await numbers([Condition(field: nil, text: "0%_s")]) == [6])
      #expect(try await numbers([Condition(field: .detail, text: "a'b")]) == [5, 4])
      #expect(
        try await numbers([
          Condition(field: .origin, text: "ada"), Condition(field: .action, text: "unmask", isNegated: true),
        ]) == [5, 4])
    }
  }

  @Test("a role that may not read the log is told which may", arguments: Role.allCases)
  func reading(role: Role) async throws {
    try await RoleTests.withLogin(role) { _, url in
      let connection = try await Connection.open(url)
      if Act.readAudit.roles.contains(role) {
        #expect(try await AuditLog.page(AuditLog.Question(), from: connection).isLast)
      } else {
        let error = await #expect(throws: AccessError.self) {
          try await AuditLog.page(AuditLog.Question(), from: connection)
        }
        #expect(error?.description.contains("riskdeck_lead or riskdeck_owner") == true)
      }
      await connection.close()
    }
  }

  @Test(
    "a change of any field, a missing entry and a cut end are found",
    arguments: [
      "update audit.entries set subject = 'other' where entry = 3",
      "update audit.entries set detail = '{}' where entry = 3",
      "update audit.entries set happened_at = happened_at + interval '1 second' where entry = 3",
      "update audit.entries set login = 'other' where entry = 3",
      "update audit.entries set hash = audit.hash_of(entries) , origin = 'other' where entry = 3",
      "delete from audit.entries where entry = 3",
    ])
  func tampering(statement: String) async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.append(5, connection)
      try await connection.execute(statement)
      let broken = try await AuditLog.verify(on: connection).firstBroken
      #expect(broken == 3 || broken == 4)
    }
  }

  @Test(
    "an entry that was made up anew breaks the next one; a cut end is missed only where no head was noted")
  func rewriting() async throws {
    try await TestCluster.withSchema { connection, _ in
      try await Self.append(5, connection)
      let head = try await AuditLog.verify(on: connection).head
      try await connection.execute(
        """
        update audit.entries set subject = 'other' where entry = 3;
        update audit.entries e set hash = audit.hash_of(e) where entry = 3
        """)
      #expect(try await AuditLog.verify(on: connection).firstBroken == 4)
      try await connection.execute("delete from audit.entries where entry > 2")
      #expect(try await AuditLog.verify(on: connection).isWhole)
      #expect(try await !AuditLog.verify(expectedHead: head, on: connection).isWhole)
    }
  }

  @Test("twenty sessions append at once without a fork or a gap")
  func concurrent() async throws {
    try await TestCluster.withSchema { connection, url in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let session = try await Connection.open(url)
            try await Self.append(5, session)
            await session.close()
          }
        }
        try await group.waitForAll()
      }
      let verdict = try await AuditLog.verify(on: connection)
      #expect(verdict.isWhole && verdict.entries == 100)
    }
  }

  @Test(
    "nobody waits for a transaction that has appended and not ended; what it left unchained is chained by the reader"
  )
  func received() async throws {
    try await TestCluster.withSchema { connection, url in
      let slow = try await Connection.open(url)
      let quick = try await Connection.open(url)
      // Were the chain's lock waited for, this would end the statement with an error.
      try await quick.execute("set lock_timeout = '2s'")
      try await slow.execute("begin")
      try await Self.append(1, slow)
      try await Self.append(2, quick)
      #expect(
        try await connection.query("select count(*) from audit.entries").first?.integer(0) == 0,
        "the slow one holds the end of the chain")
      try await slow.execute("rollback")
      let entries = try await AuditLog.entries(from: connection)
      #expect(entries.map(\.subject) == ["customers 1", "customers 0"])
      #expect(try await AuditLog.verify(on: connection).isWhole)
      await slow.close()
      await quick.close()
    }
  }
}
