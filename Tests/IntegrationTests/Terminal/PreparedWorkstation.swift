import Foundation
import Glibc
import Postgres
import TestSupport

/// The real program on a database of its own with a published run of 300 demo customers.
struct PreparedWorkstation: Sendable {
  let database: String
  /// Home, state and working folder of the program, so that nothing of the user's is read or written.
  let folder: String

  private static let forKeys = Task { try await make("workstation_on_pty") }

  /// For tests that leave the data as they are; made once for all of them.
  static func ready() async throws -> PreparedWorkstation {
    try await forKeys.value
  }

  /// One with a database of its own.
  /// - Parameter ownServer: a server that the test may stop; nil: the one that all tests share.
  static func make(_ name: String, on ownServer: EmbeddedServer? = nil) async throws -> PreparedWorkstation {
    let server: EmbeddedServer
    if let ownServer {
      server = ownServer
    } else {
      server = try await TestCluster.server()
    }
    let administrator = try await Connection.open(server.url(database: "postgres"))
    // Left behind by a run that was ended; the cluster is kept between runs.
    try await administrator.execute("drop database if exists \(quotedIdentifier(name)) with (force)")
    try await administrator.execute("create database \(quotedIdentifier(name))")
    await administrator.close()
    let folder = "/tmp/riskdeck-\(name)-\(getuid())-\(getpid())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let prepared = PreparedWorkstation(database: server.url(database: name), folder: folder)
    try prepared.run(["run", "--source", "demo", "--customers", "300"])
    return prepared
  }

  static var executable: String { PtyProgram.product("riskdeck") }

  var environment: [String: String] {
    [
      "RISKDECK_DATABASE_URL": database, "RISKDECK_PROJECT_DIR": Repository.path(""), "HOME": folder,
      "XDG_STATE_HOME": folder + "/state", "XDG_CONFIG_HOME": folder + "/config",
      "XDG_DATA_HOME": folder + "/data", "TZ": "UTC",
    ]
  }

  /// Opens it on a pty, with the screen it begins with.
  func open(
    _ screen: String = "pipeline", arguments: [String] = [], width: Int = 120, height: Int = 36,
    environment added: [String: String] = [:]
  ) throws -> PtyProgram {
    try PtyProgram(
      Self.executable, ["--screen", screen] + arguments, width: width, height: height,
      environment: environment.merging(added) { $1 })
  }

  /// The command line that opens it through a shell.
  func command(_ arguments: String) -> String {
    let settings = environment.map { "\($0.key)='\($0.value)'" }.sorted().joined(separator: " ")
    return "cd \(folder) && exec env \(settings) \(Self.executable) \(arguments)"
  }

  /// Runs a command of the program to its end.
  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.executable)
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.pollUntilExit()
    guard process.terminationStatus == 0 else {
      throw PtyProgram.Failure(description: "riskdeck \(arguments) ended with \(process.terminationStatus)")
    }
    return output
  }
}
