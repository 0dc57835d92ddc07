/// Fernet tokens (github.com/fernet/spec, version 0x80): AES-128-CBC under an HMAC-SHA-256, the format of Python's
/// `cryptography`, which reads what this writes and the other way round.
///
/// Several keys make a rotation: the first encrypts, each may decrypt.
public struct Fernet: Sendable {
  private struct Key: Sendable {
    let signing: KeyedHash
    let encryption: [UInt8]
  }

  private let first: Key
  private let keys: [Key]

  /// The name of the key's file in the data folder: one key a line, the newest first.
  public static let fileName = "fernet.key"

  /// - Parameter keys: each 32 bytes in URL-safe base64; the newest first.
  /// - Throws: `PrivacyError` where there is none, or one is no key.
  public init(keys: [String]) throws {
    let parsed = try keys.map { text -> Key in
      guard let bytes = Base64URL.decode(text), bytes.count == 32 else {
        throw Fernet.problem("a key is not valid")
      }
      return Key(signing: KeyedHash(key: bytes[..<16]), encryption: Array(bytes[16...]))
    }
    guard let first = parsed.first else { throw Fernet.problem("there is no key") }
    self.first = first
    self.keys = parsed
  }

  /// The keys of `RISKDECK_FERNET_KEY` (several parted by commas), else of the key file, which is made where it is
  /// missing.
  /// - Parameter dataFolder: exists already; used only where the environment has no key.
  /// - Throws: `PrivacyError`.
  public static func load(environment: [String: String], dataFolder: String) throws -> Fernet {
    if let keys = environment[variable], !keys.isEmpty { return try Fernet(keys: Fernet.keys(in: keys)) }
    let path = "\(dataFolder)/\(fileName)"
    if try PrivateFile.read(path) == nil { try PrivateFile.create(path, Array(generateKey().utf8)) }
    let text = String(decoding: try PrivateFile.read(path) ?? [], as: UTF8.self)
    return try Fernet(keys: keys(in: text))
  }

  /// The variable that holds keys, instead of the file.
  static let variable = "RISKDECK_FERNET_KEY"

  /// Keys parted by commas or white space.
  static func keys(in text: String) -> [String] {
    text.split { $0 == "," || $0.isWhitespace }.map(String.init)
  }

  /// Puts a key before those of the key file.
  static func addKey(_ key: String, dataFolder: String) throws -> Fernet {
    let path = "\(dataFolder)/\(fileName)"
    let all = [key] + keys(in: String(decoding: try PrivateFile.read(path) ?? [], as: UTF8.self))
    let fernet = try Fernet(keys: all)
    try PrivateFile.replace(path, Array((all.joined(separator: "\n") + "\n").utf8))
    return fernet
  }

  /// Leaves one key in the key file.
  static func keepOnly(_ key: String, dataFolder: String) throws {
    try PrivateFile.replace("\(dataFolder)/\(fileName)", Array((key + "\n").utf8))
  }

  /// A new random key.
  public static func generateKey() throws -> String {
    Base64URL.encode(try Crypto.randomBytes(32))
  }

  /// - Parameter time: seconds since 1970, stands in the token for everyone to read.
  public func encrypt(_ bytes: [UInt8], at time: UInt64) throws -> String {
    try encrypt(bytes, at: time, iv: Crypto.randomBytes(16))
  }

  func encrypt(_ bytes: [UInt8], at time: UInt64, iv: [UInt8]) throws -> String {
    let encrypted = try Crypto.aes128CBC(.encrypt, bytes, key: first.encryption, iv: iv)
    let signed = [Fernet.version] + withUnsafeBytes(of: time.bigEndian) { Array($0) } + iv + encrypted
    return Base64URL.encode(signed + first.signing.digest(signed))
  }

  /// - Parameters:
  ///   - lifetime: seconds after which a token counts no more; nil: never.
  ///   - now: seconds since 1970.
  /// - Throws: `PrivacyError` for anything that is not a token of one of the keys, without saying what is wrong.
  public func decrypt(_ token: String, lifetime: UInt64? = nil, now: UInt64 = 0) throws -> [UInt8] {
    try open(token, lifetime: lifetime, now: now).content
  }

  /// The same content and time under the first key.
  public func rotate(_ token: String) throws -> String {
    let (content, time) = try open(token, lifetime: nil, now: 0)
    return try encrypt(content, at: time)
  }

  // MARK: - Layout: version, time, initialisation vector, encrypted blocks, signature.

  private static let version: UInt8 = 0x80
  private static let headLength = 1 + 8 + 16
  private static let signatureLength = 32
  /// Clocks of two machines may differ by this many seconds.
  private static let maximumClockSkew: UInt64 = 60

  private func open(_ token: String, lifetime: UInt64?, now: UInt64) throws -> (
    content: [UInt8], time: UInt64
  ) {
    guard let bytes = Base64URL.decode(token), bytes.first == Fernet.version,
      bytes.count >= Fernet.headLength + 16 + Fernet.signatureLength,
      (bytes.count - Fernet.headLength - Fernet.signatureLength) % 16 == 0
    else { throw Fernet.invalid }
    let signed = Array(bytes.dropLast(Fernet.signatureLength))
    let signature = Array(bytes.suffix(Fernet.signatureLength))
    let time = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if let lifetime {
      let (end, isEndless) = time.addingReportingOverflow(lifetime)
      let (soonest, isNever) = now.addingReportingOverflow(Fernet.maximumClockSkew)
      guard isEndless || now <= end, isNever || time <= soonest else { throw Fernet.invalid }
    }
    guard let key = keys.first(where: { Crypto.isEqualInConstantTime($0.signing.digest(signed), signature) })
    else {
      throw Fernet.invalid
    }
    do {
      let content = try Crypto.aes128CBC(
        .decrypt, Array(signed[Fernet.headLength...]), key: key.encryption,
        iv: Array(signed[9..<Fernet.headLength]))
      return (content, time)
    } catch {
      throw Fernet.invalid
    }
  }

  private static let invalid = PrivacyError(
    code: .token, path: "Fernet", problem: "the token was changed, is too old, or belongs to another key")

  private static func problem(_ text: String) -> PrivacyError {
    PrivacyError(
      code: .token, path: "Fernet",
      problem: "\(text): give 32 bytes in URL-safe base64 as RISKDECK_FERNET_KEY")
  }
}
