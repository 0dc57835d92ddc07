import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// The database server goes away under an open workstation and comes back.
@Suite("a server restarted under a workstation", .serialized)
struct ServerRestartTests {
  @Test("it says so, connects again, acts on the keys typed meanwhile, and its data come back by themselves")
  func restart() async throws {
    let folder = "/tmp/rd-restart-\(getpid())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = try EmbeddedServer(
      root: EmbeddedServer.defaultRoot(dataFolder: folder, isExplicit: true))
    do {
      try await server.start()
      let workstation = try await PreparedWorkstation.make("server_restart", on: server)
      defer { try? FileManager.default.removeItem(atPath: workstation.folder) }
      try await comesBack(workstation, server)
      try await keysAreActedOn(workstation, server)
      try await screensAreRead(workstation, server)
      try await crashIsMended(workstation, server, folder)
    } catch {
      try await server.reset()
      throw error
    }
    try await server.reset()
  }

  /// The screen that is shown is read again, with what changed while nobody could tell.
  private func comesBack(_ workstation: PreparedWorkstation, _ server: EmbeddedServer) async throws {
    let program = try workstation.open("cases", arguments: ["--as", "ann"], width: 160)
    try #require(program.wait(for: "Open cases"))
    try await server.stop(immediately: true)
    try #require(program.wait(for: "NOT CONNECTED"), "\(program.screen.text)")
    try #require(program.screen.text.contains("Open cases"))
    try await server.start()
    #expect(program.wait { !$0.text.contains("NOT CONNECTED") }, "\(program.screen.text)")
    #expect(program.wait(for: "connected again"), "\(program.screen.text)")
    // News come again, too.
    try workstation.run(["cases", "next", "--as", "bob"])
    #expect(program.wait(for: "bob"), "\(program.screen.text)")
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }

  /// Filter, order and a jump to the end are in force once the server is back.
  private func keysAreActedOn(_ workstation: PreparedWorkstation, _ server: EmbeddedServer) async throws {
    let program = try workstation.open("customers", width: 160)
    try #require(program.wait(for: "1 of about 300"))
    try await server.stop(immediately: true)
    try #require(program.wait(for: "NOT CONNECTED"))
    program.send("f!level:critical\r")
    try #require(program.wait(for: "filter !level:critical"))
    program.send("jjG#")
    program.settle()
    try await server.start()
    // Only the filter line names the level.
    #expect(
      program.wait {
        $0.text.contains("near the end of ") && !$0.text.contains("about")
          && !$0.text.contains("NOT CONNECTED") && $0.lines.filter { $0.contains("critical") }.count == 1
      },
      "\(program.screen.text)")
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }

  /// The embedded server is the workstation's own to start after a crash, and nobody's but the user's after a stop.
  private func crashIsMended(
    _ workstation: PreparedWorkstation, _ server: EmbeddedServer, _ folder: String
  ) async throws {
    let program = try workstation.open(
      "cases", width: 160, environment: ["RISKDECK_DATABASE_URL": "", "RISKDECK_DATA_DIR": folder])
    try #require(program.wait(for: "Open cases"), "\(program.screen.text)")
    let process = try #require(server.status().processID)
    kill(process, SIGKILL)
    #expect(program.wait(for: "connected again"), "\(program.screen.text)")
    #expect(server.status().isRunning)
    try await server.stop()
    #expect(program.wait(for: "start it: riskdeck db start"), "\(program.screen.text)")
    program.settle(milliseconds: 1_500)
    #expect(!server.status().isRunning)
    try await server.start()
    #expect(program.wait(for: "connected again"), "\(program.screen.text)")
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }

  /// Screens that were opened while the server was away, and those left meanwhile, show their data once it is back.
  private func screensAreRead(_ workstation: PreparedWorkstation, _ server: EmbeddedServer) async throws {
    let program = try workstation.open("segmentation", width: 160)
    try #require(program.wait(for: "Customers by segment"))
    // As many connections as there are stand open when the server goes.
    program.send("345")
    try #require(program.wait(for: "1 of about 300"))
    try await server.stop(immediately: true)
    try #require(program.wait(for: "NOT CONNECTED"))
    program.send("\r")
    program.settle()
    try await server.start()
    #expect(
      program.wait { $0.text.contains("Identity") && $0.text.contains("Spending over time") },
      "\(program.screen.text)")
    #expect(program.wait { !$0.text.contains("NOT CONNECTED") }, "\(program.screen.text)")
    for (key, text) in [
      ("5", "1 of about 300"), ("2", "premium"), ("3", "Top 20 risk customers"), ("4", "%"),
    ] {
      program.send(key)
      #expect(program.wait(for: text), "\(program.screen.text)")
      program.settle()
      #expect(!program.screen.text.contains("NOT CONNECTED"), "\(program.screen.text)")
    }
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
  }
}
