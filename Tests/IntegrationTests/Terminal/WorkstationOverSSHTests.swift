import Foundation
import Glibc
import TestSupport
import Testing

/// The real program through a real sshd on loopback.
@Suite(
  "Workstation over SSH", .serialized,
  .enabled(if: RemoteShell.isAvailable, Comment(rawValue: RemoteShell.hint)))
struct WorkstationOverSSHTests {
  @Test("a run started over SSH goes on when the line is cut, and is there when one comes back")
  func cutRun() async throws {
    let workstation = try await PreparedWorkstation.make("workstation_over_ssh")
    let server = try RemoteShell()
    let arguments = "--screen pipeline --source demo --customers 4000"
    let first = try server.connect(to: workstation.command(arguments), width: 110, height: 30)
    try #require(first.wait(for: "Data tests"))
    let runs = try Self.latestRun(workstation)
    first.send("r")
    try #require(first.wait(for: "y"))
    first.send("y")
    // The run is in the log as soon as the screen shows it, and works for seconds yet.
    try #require(first.wait(seconds: 60) { $0.text.contains("running") })
    first.signal(SIGKILL)
    _ = first.waitForEnd()

    let second = try server.connect(to: workstation.command(arguments), width: 110, height: 30)
    try #require(
      second.wait(seconds: 120) { $0.text.contains("Run \(runs + 1) ") && $0.text.contains("success,") })
    #expect(try Self.latestRun(workstation) == runs + 1)
    second.send("q")
    #expect(second.waitForEnd() == .exited(0))
  }

  private static func latestRun(_ workstation: PreparedWorkstation) throws -> Int {
    let answer = try workstation.run([
      "query", "select coalesce(max(run_id), 0) from monitoring.runs", "--format", "csv",
    ])
    let line = try #require(answer.split(whereSeparator: \.isNewline).last)
    return try #require(Int(line))
  }
}
