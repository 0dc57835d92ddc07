import Foundation
import Glibc
import TestSupport
import Testing

/// The driver through a real sshd on loopback, with a port and keys of its own.
@Suite(
  "Terminal session over SSH", .serialized,
  .enabled(if: RemoteShell.isAvailable, Comment(rawValue: RemoteShell.hint)))
struct RemoteTests {
  @Test("a session opens, takes keys and sizes, copies and ends with the terminal restored")
  func session() throws {
    let server = try RemoteShell()
    let program = try server.connect(to: PtyProgram.product("TerminalDemo"), width: 100, height: 30)
    try #require(program.wait(for: "last: none"))
    program.send("jj\u{1B}[B")
    try #require(program.wait(for: "detail of row 3"))
    program.resize(width: 120, height: 40)
    try #require(program.wait { $0.lines[0].hasPrefix(" TerminalDemo 120x40") })
    program.send("y")
    try #require(program.wait { $0.copies == ["c;cm93IDM="] })
    program.send("m")
    try #require(program.wait { $0.modes.contains(1000) })
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
    #expect(program.screen.text.contains("ended at row 3: quit"))
  }

  @Test("a line that is cut ends the program, which leaves nothing behind")
  func cut() throws {
    let server = try RemoteShell()
    let file = server.folder + "/pid"
    let program = try server.connect(
      to: "echo $$ > \(file); exec \(PtyProgram.product("TerminalDemo"))", width: 80, height: 24)
    try #require(program.wait(for: "last: none"))
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let remote = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(remote, 0) == 0)
    program.signal(SIGKILL)
    _ = program.waitForEnd()
    var isGone = false
    for _ in 0..<400 where !isGone {
      usleep(25_000)
      isGone = kill(remote, 0) != 0
    }
    #expect(isGone)
  }
}
