import Foundation
import Glibc
import TestSupport
import Testing

/// `riskdeck tour` as a newcomer starts it: an embedded cluster in a temporary folder, and nothing left behind.
@Suite("Tour on a pty", .serialized)
struct TourOnPtyTests {
  /// A folder for the tour's folder and the files of a user who has none yet.
  private func withHome(_ body: (String) throws -> Void) throws {
    let home = "/tmp/rt-\(getpid())-\(UInt16.random(in: .min ... .max))"
    try FileManager.default.createDirectory(
      atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    defer { try? FileManager.default.removeItem(atPath: home) }
    try body(home)
  }

  private func start(_ home: String) throws -> PtyProgram {
    try PtyProgram(
      PreparedWorkstation.executable, ["tour", "--customers", "300"], width: 120, height: 36,
      environment: [
        "TMPDIR": home, "HOME": home, "RISKDECK_PROJECT_DIR": Repository.path(""), "TZ": "UTC",
        // A tour goes nowhere near the user's own database.
        "RISKDECK_DATABASE_URL": "postgresql://nobody@/none?host=/nonexistent",
      ])
  }

  private func leftovers(_ home: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: home)) ?? ["?"]
  }

  /// Waits for what another process does.
  private func waits(for condition: () -> Bool) -> Bool {
    for _ in 0..<1_200 where !condition() { usleep(50_000) }
    return condition()
  }

  @Test("walks over the real screens; leaving deletes database and folder")
  func walk() throws {
    try withHome { home in
      let program = try start(home)
      try #require(program.wait(seconds: 120) { $0.text.contains("Tour 1/") }, "\(program.screen.text)")
      try #require(program.wait(for: "Data tests"))
      let steps = [
        ("3", "Tour 2/"), ("\t", "Tour 3/"), ("\u{1B}[B", "Tour 4/"), ("\r", "Tour 5/"),
        ("\u{1B}", "Tour 6/"),
        ("5", "Tour 7/"), ("flevel:critical\r", "Tour 8/"),
      ]
      for (keys, text) in steps {
        program.send(keys)
        try #require(
          program.wait { $0.text.contains(text) && !$0.text.contains("cancels") }, "\(program.screen.text)")
        program.settle(milliseconds: 300)
      }
      program.send("\r")
      try #require(program.wait { $0.text.contains("Tour 9/") && $0.text.contains("Why") })
      program.send("\u{1B}")
      try #require(program.wait(for: "Tour 10/"))
      program.send("F")
      try #require(program.wait(for: "Tour 11/"))
      program.send("7")
      try #require(program.wait(for: "Tour 12/"))
      program.settle(milliseconds: 500)
      program.send("n")
      try #require(program.wait(for: "Tour 13/"), "\(program.screen.text)")
      program.send("\u{1B}")
      try #require(program.wait(for: "Tour 14/"))
      program.send("q")
      #expect(program.waitForEnd() == .exited(0))
      #expect(program.leftChanged.isEmpty)
      #expect(leftovers(home) == [])
    }
  }

  @Test("nothing is left after ctrl-c while it is made, nor after a kill", arguments: [SIGINT, SIGKILL])
  func ended(by number: Int32) throws {
    try withHome { home in
      let program = try start(home)
      if number == SIGKILL {
        try #require(program.wait(seconds: 120) { $0.text.contains("Tour 1/") }, "\(program.screen.text)")
      } else {
        try #require(waits { leftovers(home).contains { $0.hasPrefix("riskdeck-tour-") } })
      }
      program.signal(number)
      #expect(program.waitForEnd() != .exited(0))
      #expect(waits { leftovers(home).isEmpty }, "\(leftovers(home))")
    }
  }
}
