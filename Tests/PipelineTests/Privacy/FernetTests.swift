import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("Fernet tokens")
struct FernetTests {
  // The key, the token and the broken tokens are those of the specification's acceptance tests.
  static let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
  static let token =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
  static let time: UInt64 = 499_162_800

  @Test("a token is made exactly as the specification's")
  func generate() throws {
    let fernet = try Fernet(keys: [Self.key])
    #expect(try fernet.encrypt(Array("hello".utf8), at: Self.time, iv: Array(0..<16)) == Self.token)
  }

  @Test("the specification's token opens, within its lifetime")
  func verify() throws {
    let fernet = try Fernet(keys: [Self.key])
    #expect(try fernet.decrypt(Self.token) == Array("hello".utf8))
    #expect(try fernet.decrypt(Self.token, lifetime: 60, now: Self.time + 1) == Array("hello".utf8))
    #expect(try fernet.decrypt(Self.token, lifetime: .max, now: .max) == Array("hello".utf8))
  }

  @Test("a token that is too old or from the future does not open")
  func lifetime() throws {
    let fernet = try Fernet(keys: [Self.key])
    #expect(throws: PrivacyError.self) { try fernet.decrypt(Self.token, lifetime: 60, now: Self.time + 61) }
    #expect(throws: PrivacyError.self) { try fernet.decrypt(Self.token, lifetime: 60, now: Self.time - 61) }
  }

  @Test(
    "the specification's broken tokens do not open",
    arguments: [
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
      "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
      "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
      "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
      "", "=", "gA==", "gAAAAAAdwJ6w", "ÿ", String(repeating: "A", count: 10_000),
    ])
  func broken(token: String) throws {
    let fernet = try Fernet(keys: [Self.key])
    let error = #expect(throws: PrivacyError.self) { try fernet.decrypt(token) }
    #expect(error?.code == .token)
  }

  @Test("any changed byte is noticed")
  func changed() throws {
    let fernet = try Fernet(keys: [Self.key])
    let bytes = try #require(Base64URL.decode(Self.token))
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect(throws: PrivacyError.self) { try fernet.decrypt(Base64URL.encode(changed)) }
    }
  }

  @Test("content of any length survives, empty and binary too")
  func roundTrip() throws {
    let fernet = try Fernet(keys: [Fernet.generateKey()])
    for length in [0, 1, 15, 16, 17, 1_000] {
      let content = try Crypto.randomBytes(length)
      let token = try fernet.encrypt(content, at: 1)
      #expect(try fernet.decrypt(token) == content)
      #expect(try fernet.encrypt(content, at: 1) != token)
    }
  }

  @Test("after a rotation the old tokens open, and are brought under the new key with their time")
  func rotation() throws {
    let new = try Fernet.generateKey()
    let both = try Fernet(keys: [new, Self.key])
    let rotated = try both.rotate(Self.token)
    #expect(try both.decrypt(Self.token) == Array("hello".utf8))
    #expect(try Fernet(keys: [new]).decrypt(rotated, lifetime: 5, now: Self.time) == Array("hello".utf8))
    #expect(throws: PrivacyError.self) { try Fernet(keys: [Self.key]).decrypt(rotated) }
  }

  @Test(
    "keys that are none are refused without being shown",
    arguments: ["", "short", key + "A", "not base64 at all!"])
  func badKeys(key: String) {
    let error = #expect(throws: PrivacyError.self) { try Fernet(keys: [key]) }
    #expect(key.isEmpty || error?.description.contains(key) == false)
    #expect(throws: PrivacyError.self) { try Fernet(keys: []) }
  }

  @Test("the key file is made once, readable by its owner alone, and read again")
  func keyFile() throws {
    try withTemporaryFolder { folder in
      let token = try Fernet.load(environment: [:], dataFolder: folder).encrypt([1, 2, 3], at: 0)
      #expect(try Fernet.load(environment: [:], dataFolder: folder).decrypt(token) == [1, 2, 3])
      #expect(try mode(of: "\(folder)/\(Fernet.fileName)") == 0o600)
      let other = try Fernet.load(environment: ["RISKDECK_FERNET_KEY": Self.key], dataFolder: folder)
      #expect(throws: PrivacyError.self) { try other.decrypt(token) }
    }
  }

  @Test("Python's cryptography reads our tokens and we read its own")
  func python() throws {
    let fernet = try Fernet(keys: [Self.key])
    let token = try fernet.encrypt(Array("grüße".utf8), at: 1_700_000_000)
    let script = """
      import sys
      from cryptography.fernet import Fernet
      fernet = Fernet(sys.argv[1])
      print(fernet.decrypt(sys.argv[2]).decode())
      print(fernet.encrypt("zurück".encode()).decode())
      """
    guard let output = run("python3", ["-c", script, Self.key, token]) else {
      print("notice: python3 with the package cryptography is not here, its test is skipped")
      return
    }
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.first == "grüße")
    #expect(try fernet.decrypt(lines.last ?? "") == Array("zurück".utf8))
  }

  /// The output of a program; nil where it is missing or fails.
  private func run(_ program: String, _ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.pollUntilExit()
    return process.terminationStatus == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}
