import Foundation
import Glibc

/// `openssl s_server` on loopback with a certificate that signed itself, made for the occasion.
public final class SelfSignedServer {
  private let process: Process
  private let folder: String
  public let port: UInt16

  /// Nil where the program openssl is missing.
  public init?() throws {
    folder = FileManager.default.temporaryDirectory.path + "/riskdeck-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let certificate = SelfSignedServer.openssl([
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
      "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
    ])
    process = SelfSignedServer.openssl([
      "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "\(folder)/certificate.pem", "-key",
      "\(folder)/key.pem",
    ])
    let output = Pipe()
    process.standardOutput = output
    guard (try? certificate.run()) != nil else {
      _ = try? FileManager.default.removeItem(atPath: folder)
      return nil
    }
    certificate.pollUntilExit()
    try process.run()
    // It says "ACCEPT 127.0.0.1:PORT" once it listens.
    var text = ""
    while !text.contains("\n") || !text.contains("ACCEPT") {
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { break }
      text += String(decoding: bytes, as: UTF8.self)
    }
    let digits = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last
    guard let port = digits.flatMap({ UInt16($0.filter(\.isNumber)) }) else {
      kill(process.processIdentifier, SIGKILL)
      throw CocoaError(.executableLoad)
    }
    self.port = port
  }

  public func stop() {
    // The child inherits a thread's signal mask, in which SIGTERM may be blocked.
    kill(process.processIdentifier, SIGKILL)
    process.pollUntilExit()
    _ = try? FileManager.default.removeItem(atPath: folder)
  }

  private static func openssl(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    return process
  }
}

extension Process {
  /// Waits for the end without a run loop: `waitUntilExit` may never return on a thread of Swift's pool.
  public func pollUntilExit() {
    while isRunning { usleep(1_000) }
  }
}
