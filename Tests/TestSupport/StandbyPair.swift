import Foundation
import Glibc
import Postgres

/// A PostgreSQL server and a streaming standby of it, made for one test from the machine's own binaries.
public final class StandbyPair: Sendable {
  private let root: String
  private let binaries: String
  private let account: ServerAccount

  public var primary: String { url("primary") }
  public var standby: String { url("standby") }

  /// Nil where the machine has no PostgreSQL server.
  public init?() throws {
    guard let installation = ServerInstallation.find().first else { return nil }
    binaries = installation.binaryFolder
    root = "/tmp/riskdeck-standby-\(UUID().uuidString.prefix(8))"
    account = try ServerAccount.current()
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    chown(root, account.userID, account.groupID)
    try run("initdb", "--pgdata", "\(root)/primary", "--username=riskdeck", "--auth=trust", "--no-sync")
    try start("primary")
    try run(
      "pg_basebackup", "--pgdata", "\(root)/standby", "--dbname", primary, "--write-recovery-conf",
      "--no-sync",
      "--checkpoint=fast")
    try start("standby")
  }

  private func url(_ name: String) -> String {
    "postgresql://riskdeck@/postgres?host=\(root)&port=\(name == "primary" ? 5432 : 5433)"
  }

  private func start(_ name: String) throws {
    let options =
      "-c listen_addresses='' -c unix_socket_directories=\(root) -p \(name == "primary" ? 5432 : 5433) -c fsync=off"
    try run(
      "pg_ctl", "start", "--pgdata", "\(root)/\(name)", "--wait", "--silent", "--log", "\(root)/\(name).log",
      "--options", options)
  }

  public func stopStandby() throws { try stop("standby") }

  private func stop(_ name: String) throws {
    try run("pg_ctl", "stop", "--pgdata", "\(root)/\(name)", "--wait", "--silent", "--mode", "immediate")
  }

  /// Ends both servers and removes them.
  public func end() {
    for name in ["standby", "primary"] { _ = try? stop(name) }
    _ = try? FileManager.default.removeItem(atPath: root)
  }

  private func run(_ tool: String, _ arguments: String...) throws {
    let outcome = try ChildProcess.run(account.command(["\(binaries)/\(tool)"] + arguments))
    guard outcome.status == 0 else { throw Failure(tool: tool, output: outcome.output) }
  }

  /// A tool that did not do its work.
  public struct Failure: Error {
    public let tool: String
    public let output: String
  }
}
