import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// Two analysts in two terminals on one database.
@Suite("two workstations", .serialized)
struct TwoWorkstationsTests {
  @Test("each sees at once what the other takes, notes, sets and closes, and none gets the other's case")
  func together() async throws {
    let workstation = try await PreparedWorkstation.make("two_workstations")
    let connection = try await Connection.open(workstation.database)
    let free = try await connection.query(
      "select case_id from desk.cases where state = 'new' order by priority, score desc, customer_id limit 2")
    let numbers = free.rows.compactMap { $0[0] }
    try #require(numbers.count == 2)
    let ann = try workstation.open("cases", arguments: ["--as", "ann"], width: 160, height: 30)
    let bob = try workstation.open("cases", arguments: ["--as", "bob"], width: 160, height: 30)
    try #require(ann.wait(for: "Open cases"))
    try #require(bob.wait(for: "Open cases"))

    // Each takes the next one; the other's queue says whose it is.
    ann.send("n")
    try #require(ann.wait(for: "Case \(numbers[0])"))
    #expect(bob.wait { $0.text.contains("ann") })
    bob.send("n")
    try #require(bob.wait(for: "Case \(numbers[1])"))
    ann.send("\u{1B}")
    #expect(ann.wait { $0.text.contains("Open cases") && $0.text.contains("bob") })

    // A note and a level set by hand appear on the other's page of the same case.
    bob.send("\u{1B}")
    try #require(bob.wait(for: "Open cases"))
    bob.send("g\r")
    try #require(bob.wait(for: "Case \(numbers[0])"))
    ann.send("g\r")
    try #require(ann.wait(for: "Case \(numbers[0])"))
    // A page that is still being read takes no notes.
    ann.settle(milliseconds: 1_000)
    ann.send("icalled her\r")
    #expect(bob.wait(for: "called her"))
    ann.send("Ol\t\tknown to us\r")
    #expect(bob.wait(for: "known to us"))

    // Closing: the reason stands on the other's page, whose keys say what is left to do.
    ann.send("x")
    try #require(ann.wait(for: "Outcome"))
    ann.send("f\thers after all\r")
    #expect(bob.wait { $0.text.contains("false positive") && $0.text.contains("hers after all") })
    bob.send("i")
    #expect(bob.wait(for: "the case is closed; X opens it again"))
    ann.send("U")
    #expect(bob.wait { !$0.text.contains("Outcome") && $0.text.contains("undone") })

    for program in [ann, bob] {
      program.send("q")
      #expect(program.waitForEnd() == .exited(0))
    }
    let events = try await connection.query(
      "select kind, actor from desk.case_events where case_id = $1 and kind <> 'opened' order by event_id",
      [.text(numbers[0])])
    #expect(events.rows.map { $0[0] } == ["taken", "noted", "overridden", "closed", "undone"])
    #expect(events.rows.allSatisfy { $0[1] == "ann" })
    await connection.close()
  }

  @Test("a long note is written in $EDITOR, nothing of it is left behind, and the screen comes back")
  func editor() async throws {
    let workstation = try await PreparedWorkstation.ready()
    let temporary = FileManager.default.temporaryDirectory.path + "/riskdeck-notes-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let connection = try await Connection.open(workstation.database)
    let number = try #require(
      try await connection.query("select case_id from desk.cases where state = 'new' limit 1").first?[0])
    let program = try workstation.open(
      "case/\(number)", width: 160, height: 30,
      environment: [
        "EDITOR":
          "edit() { for f in \"$1~\" \"$1\"; do printf 'first line\\nsecond line\\n' > \"$f\"; done; }; edit",
        "VISUAL": "", "TMPDIR": temporary,
      ])
    try #require(program.wait(for: "What happened"))
    program.send("I")
    #expect(program.wait(for: "noted on case \(number)"))
    let note = try await connection.query(
      "select note from desk.case_events where case_id = $1 and kind = 'noted'", [.text(number)])
    #expect(note.first?[0] == "first line\nsecond line")
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
    await connection.close()
  }
}
