import CCrypto

/// Digests, keyed hashes, random bytes and the cipher of Fernet tokens: the one place that calls libcrypto.
public enum Crypto {
  /// SHA-256 of the UTF-8 bytes, as 64 lower-case hexadecimal digits.
  public static func sha256Hex(_ text: String) -> String {
    var hash = SHA256Hash()
    hash.update(text)
    return hash.hex()
  }

  /// SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
  public static func sha256Hex(_ bytes: some Collection<UInt8>) -> String {
    var hash = SHA256Hash()
    hash.update(bytes)
    return hash.hex()
  }

  /// HMAC-SHA-256 (RFC 2104) of the UTF-8 bytes under a key of any length, as 64 lower-case hexadecimal digits.
  public static func hmacSHA256Hex(key: some Collection<UInt8>, _ text: String) -> String {
    KeyedHash(key: key).hex(text)
  }

  /// MD5 of the UTF-8 bytes, as 32 lower-case hexadecimal digits; for names that must equal another program's,
  /// never for security.
  /// - Throws: `CryptoError` where the system's policy forbids MD5.
  public static func md5Hex(_ text: String) throws -> String {
    var text = text
    var digest = [UInt8](repeating: 0, count: 16)
    var length: UInt32 = 16
    let isDone = text.withUTF8 { bytes in
      EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_md5(), nil) == 1
    }
    guard isDone, length == 16 else { throw CryptoError(code: .digest) }
    return hexadecimal(digest)
  }

  /// Bytes of the system's cryptographic generator.
  /// - Throws: `CryptoError` when the generator has no entropy.
  public static func randomBytes(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw CryptoError(code: .random) }
    return bytes
  }

  public enum Direction: Int32, Sendable { case decrypt, encrypt }

  /// AES-128 in cipher block chaining mode with PKCS #7 padding.
  /// - Parameters: `key` and `iv` have 16 bytes.
  /// - Throws: `CryptoError` where a length, or after decrypting the padding, is wrong.
  static func aes128CBC(_ direction: Direction, _ bytes: [UInt8], key: [UInt8], iv: [UInt8]) throws -> [UInt8]
  {
    guard key.count == 16, iv.count == 16, let context = EVP_CIPHER_CTX_new() else {
      throw CryptoError(code: .cipher)
    }
    defer { EVP_CIPHER_CTX_free(context) }
    var isDone = EVP_CipherInit_ex(context, EVP_aes_128_cbc(), nil, key, iv, direction.rawValue) == 1
    let result = [UInt8](unsafeUninitializedCapacity: bytes.count + 16) { buffer, count in
      var updated: Int32 = 0
      var finished: Int32 = 0
      isDone =
        isDone && EVP_CipherUpdate(context, buffer.baseAddress, &updated, bytes, Int32(bytes.count)) == 1
        && EVP_CipherFinal_ex(context, buffer.baseAddress?.advanced(by: Int(updated)), &finished) == 1
      count = isDone ? Int(updated + finished) : 0
    }
    guard isDone else { throw CryptoError(code: .cipher) }
    return result
  }

  /// Compares in a time that depends on the lengths alone.
  public static func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  /// Two lower-case hexadecimal digits a byte.
  public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(64)
    for byte in bytes {
      digits.append(hexadecimalDigit(byte >> 4))
      digits.append(hexadecimalDigit(byte & 15))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

/// A SHA-256 over bytes that arrive piece by piece.
public struct SHA256Hash: Sendable {
  private var state = SHA256_CTX()

  public init() {
    SHA256_Init(&state)
  }

  public mutating func update(_ bytes: some Collection<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ SHA256_Update(&state, $0.baseAddress, $0.count) }) == nil {
      let copy = Array(bytes)
      SHA256_Update(&state, copy, copy.count)
    }
  }

  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { _ = SHA256_Update(&state, $0.baseAddress, $0.count) }
  }

  /// The digest of everything so far, 32 bytes; more can be added afterwards.
  public func digest() -> [UInt8] {
    var state = state
    return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      SHA256_Final(buffer.baseAddress, &state)
      count = 32
    }
  }

  /// The digest of everything so far, as 64 lower-case hexadecimal digits.
  public func hex() -> String {
    Crypto.hexadecimal(digest())
  }
}

/// HMAC-SHA-256 (RFC 2104) under one key, prepared once for many values.
public struct KeyedHash: Sendable {
  private var inner = SHA256Hash()
  private var outer = SHA256Hash()

  /// - Parameter key: of any length; one over 64 bytes is replaced by its SHA-256, as the standard says.
  public init(key: some Collection<UInt8>) {
    var block = [UInt8](key)
    if block.count > 64 {
      var hash = SHA256Hash()
      hash.update(block)
      block = hash.digest()
    }
    block += [UInt8](repeating: 0, count: 64 - block.count)
    inner.update(block.map { $0 ^ 0x36 })
    outer.update(block.map { $0 ^ 0x5c })
  }

  /// The 32 bytes of the hash of the bytes.
  public func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var inner = inner
    inner.update(bytes)
    var outer = outer
    outer.update(inner.digest())
    return outer.digest()
  }

  /// The hash of the text's UTF-8 bytes, as 64 lower-case hexadecimal digits.
  public func hex(_ text: String) -> String {
    var inner = inner
    inner.update(text)
    var outer = outer
    outer.update(inner.digest())
    return outer.hex()
  }
}

/// libcrypto refused.
public struct CryptoError: Error, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    /// A digest is not available, as under a FIPS policy.
    case digest
    /// The system's random generator gave nothing.
    case random
    /// A cipher could not be set up, or what it should decrypt is not its own.
    case cipher
  }

  public let code: Code

  public var description: String {
    switch code {
    case .digest:
      "libcrypto refused to compute an MD5 name: allow MD5 in this system's OpenSSL configuration"
    case .random:
      "libcrypto has no random bytes: check that the system's entropy source (/dev/urandom) is readable"
    case .cipher:
      "libcrypto refused to encrypt or decrypt with AES-128-CBC: check the key, and this system's OpenSSL configuration"
    }
  }
}
