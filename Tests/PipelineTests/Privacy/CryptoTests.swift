import Testing

@testable import Pipeline

@Suite("Digests and keyed hashes")
struct CryptoTests {
  @Test("SHA-256 gives the standard's values")
  func sha256() {
    #expect(
      Crypto.sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Crypto.sha256Hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(Crypto.sha256Hex([UInt8]("abc".utf8)) == Crypto.sha256Hex("abc"))
  }

  @Test("a digest of pieces equals the digest of the whole")
  func pieces() {
    var hash = SHA256Hash()
    hash.update("a")
    let first = hash.hex()
    hash.update([UInt8]("bc".utf8))
    #expect(first == Crypto.sha256Hex("a"))
    #expect(hash.hex() == Crypto.sha256Hex("abc"))
  }

  @Test("HMAC-SHA-256 gives the values of RFC 4231, short and long key")
  func hmac() {
    #expect(
      Crypto.hmacSHA256Hex(key: "Jefe".utf8, "what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      Crypto.hmacSHA256Hex(
        key: [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First")
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test("MD5 gives the value dbt names long tests by")
  func md5() throws {
    #expect(try Crypto.md5Hex("abc") == "900150983cd24fb0d6963f7d28e17f72")
  }

  @Test("random bytes differ and have the asked length")
  func random() throws {
    let first = try Crypto.randomBytes(32)
    #expect(first.count == 32)
    #expect(try Crypto.randomBytes(32) != first)
    #expect(try Crypto.randomBytes(0).isEmpty)
  }

  @Test("constant-time comparison tells equal from unequal and from shorter")
  func constantTime() {
    #expect(Crypto.isEqualInConstantTime([1, 2], [1, 2]))
    #expect(!Crypto.isEqualInConstantTime([1, 2], [1, 3]))
    #expect(!Crypto.isEqualInConstantTime([1, 2], [1]))
  }
}
