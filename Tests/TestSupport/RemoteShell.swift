import Foundation
import Glibc

/// An sshd on loopback with a port, keys and a configuration of its own; ended with this value.
public final class RemoteShell {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  static let server = "/usr/sbin/sshd"

  /// Whether the tools are installed.
  public static var isAvailable: Bool {
    [server, "/usr/bin/ssh", "/usr/bin/ssh-keygen"].allSatisfy { (path: String) in access(path, X_OK) == 0 }
  }

  /// What a skipped test says.
  public static let hint = "needs openssh-server and openssh-client"

  /// Where its keys are.
  public let folder: String
  private let port: Int
  private let process: PtyProgram

  public init() throws {
    folder = "/tmp/riskdeck-ssh-\(getpid())-\(UInt32.random(in: 0..<UInt32.max))"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in ["host", "user"] {
      try Self.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(folder)/\(name)"])
    }
    port = try Self.freePort()
    let configuration = """
      Port \(port)
      ListenAddress 127.0.0.1
      HostKey \(folder)/host
      AuthorizedKeysFile \(folder)/user.pub
      PidFile none
      LogLevel QUIET
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password
      StrictModes no
      AcceptEnv LANG LC_* COLORTERM
      """
    try configuration.write(toFile: "\(folder)/sshd_config", atomically: true, encoding: .utf8)
    // sshd as root wants this folder; packages make it when the service starts.
    if getuid() == 0 { mkdir("/run/sshd", 0o755) }
    // On a pty, as PtyProgram gives a child all signals unblocked, which Foundation does not.
    process = try PtyProgram(Self.server, ["-D", "-f", "\(folder)/sshd_config"])
    guard waitUntilListening() else { throw Failure(description: "sshd does not listen on port \(port)") }
  }

  deinit {
    process.signal(SIGTERM)
    _ = process.waitForEnd(seconds: 2)
    // Keys of this run are of no use to anybody; what cannot be removed stays in /tmp.
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs a command on a remote terminal of that size.
  public func connect(to command: String, width: Int, height: Int) throws -> PtyProgram {
    try PtyProgram(
      "/usr/bin/ssh",
      [
        "-tt", "-p", "\(port)", "-i", "\(folder)/user", "-F", "none", "-o", "IdentitiesOnly=yes",
        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        "-o", "SendEnv=LC_ALL COLORTERM", "127.0.0.1", command,
      ], width: width, height: height)
  }

  private func waitUntilListening() -> Bool {
    for _ in 0..<200 {
      if Self.isListening(port) { return true }
      usleep(25_000)
    }
    return false
  }

  private static func run(_ path: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    try process.run()
    process.pollUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: "\(path) failed") }
  }

  private static func withLoopback<Answer>(
    port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
  ) -> Answer {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    guard withLoopback(port: 0, { bind(descriptor, $0, $1) }) == 0 else {
      throw Failure(description: "no free port")
    }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return Int(in_port_t(bigEndian: address.sin_port))
  }

  private static func isListening(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return withLoopback(port: port) { Glibc.connect(descriptor, $0, $1) } == 0
  }
}
