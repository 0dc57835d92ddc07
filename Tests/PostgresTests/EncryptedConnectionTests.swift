import Foundation
import Glibc
import Testing

@testable import Postgres

/// A server that speaks TLS on loopback, with certificates made for the occasion; `sslmode` and `sslrootcert` are libpq's
/// own, and nothing of this program weakens them.
@Suite("encrypted connections")
struct EncryptedConnectionTests {
  /// An address of loopback at which nobody holds the server's port, not even a server that an ended run left behind.
  private static func freeAddress() throws -> String {
    for _ in 0..<100 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(5_432).bigEndian
      let text = "127.\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250))"
      #expect(inet_pton(AF_INET, text, &address.sin_addr) == 1)
      let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(probe) }
      let isFree = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if isFree { return text }
    }
    throw PostgresError(code: .embeddedServer, message: "no address of loopback has the port 5432 free")
  }

  private static func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning { usleep(1_000) }
    #expect(process.terminationStatus == 0, "openssl \(arguments.first ?? "")")
  }

  /// An authority `name.pem` with its key.
  private static func makeAuthority(_ name: String, in folder: String) throws {
    try openssl([
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=\(name)", "-keyout",
      "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem",
    ])
  }

  /// A certificate `name.pem` for localhost that the authority signed.
  private static func makeCertificate(_ name: String, signedBy authority: String, in folder: String) throws {
    try openssl([
      "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "\(folder)/\(name).key",
      "-out",
      "\(folder)/\(name).csr",
    ])
    try Data("subjectAltName=DNS:localhost\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).ext"))
    try openssl([
      "x509", "-req", "-days", "1", "-in", "\(folder)/\(name).csr", "-CA", "\(folder)/\(authority).pem",
      "-CAkey",
      "\(folder)/\(authority).key", "-CAcreateserial", "-extfile", "\(folder)/\(name).ext", "-out",
      "\(folder)/\(name).pem",
    ])
  }

  /// Puts a certificate and its key where the server reads them.
  private static func install(_ name: String, from folder: String, into data: String) throws {
    var owner = stat()
    #expect(stat(data, &owner) == 0)
    for (suffix, file) in [("pem", "server.crt"), ("key", "server.key")] {
      let path = data + "/" + file
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).\(suffix)")).write(
        to: URL(fileURLWithPath: path))
      #expect(chmod(path, 0o600) == 0 && chown(path, owner.st_uid, owner.st_gid) == 0)
    }
  }

  /// How a connection ends: the protocol's version, or the first words of what went wrong.
  private static func outcome(_ parameters: String, at address: String) async -> String {
    let target = "postgresql://riskdeck@/riskdeck?hostaddr=\(address)&connect_timeout=10&" + parameters
    do {
      let connection = try await Connection.open(target)
      let row = try await connection.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").first
      await connection.close()
      return row?.boolean(0) == true ? "encrypted" : "in clear: \(row?[0] ?? "?")"
    } catch {
      return "\(error)"
    }
  }

  @Test(
    "verify-full takes the right certificate and refuses a wrong host, an unknown authority and a self-signed one"
  )
  func verification() async throws {
    let address = try Self.freeAddress()
    func outcome(_ parameters: String) async -> String { await Self.outcome(parameters, at: address) }
    let folder = "/tmp/rd-tls-\(getpid())-\(UInt32.random(in: 0...0xffff))"
    let server = try EmbeddedServer(root: folder + "/server")
    let data = folder + "/server/data"
    func closing() async {
      try? await server.reset()
      try? FileManager.default.removeItem(atPath: folder)
    }
    do {
      try await server.start()
      try Self.makeAuthority("authority", in: folder)
      try Self.makeAuthority("stranger", in: folder)
      try Self.makeCertificate("signed", signedBy: "authority", in: folder)
      try Self.install("signed", from: folder, into: data)
      let rules = data + "/pg_hba.conf"
      let text = try String(contentsOfFile: rules, encoding: .utf8)
      try Data(("hostssl all all 127.0.0.0/8 trust\n" + text).utf8).write(
        to: URL(fileURLWithPath: rules))
      var owner = stat()
      #expect(stat(data, &owner) == 0 && chown(rules, owner.st_uid, owner.st_gid) == 0)
      let administrator = try await Connection.open(server.url)
      try await administrator.execute("alter system set listen_addresses = '\(address)'")
      try await administrator.execute("alter system set ssl = on")
      await administrator.close()
      try await server.stop()
      try await server.start()

      let full = "sslmode=verify-full&sslrootcert=\(folder)"
      let right = await outcome("host=localhost&\(full)/authority.pem")
      #expect(right == "encrypted")
      #expect(
        await outcome("host=shop.example&\(full)/authority.pem").contains("does not match host name"))
      #expect(await outcome("host=localhost&\(full)/stranger.pem").contains("certificate verify failed"))
      #expect(await outcome("host=localhost&\(full)/missing.pem").contains("does not exist"))
      #expect(await outcome("host=localhost&sslmode=disable").contains("no encryption"))
      let required = await outcome("host=localhost&sslmode=require")
      #expect(required == "encrypted")

      try Self.install("stranger", from: folder, into: data)
      let reloading = try await Connection.open(server.url)
      try await reloading.execute("select pg_reload_conf()")
      await reloading.close()
      var refused = ""
      // The server reads its files a moment after it was asked to.
      for _ in 0..<100 where !refused.contains("certificate verify failed") {
        refused = await outcome("host=localhost&\(full)/authority.pem")
        usleep(50_000)
      }
      #expect(refused.contains("certificate verify failed"), "a certificate that signed itself")
      await closing()
    } catch {
      await closing()
      throw error
    }
  }
}
