/// The secret of the keyed hashes: `MASKING_SALT`, else a random one made once and kept in the data folder, readable
/// by its owner alone. There is no built-in key.
public struct MaskingKey: Sendable {
  public let bytes: [UInt8]

  /// A key of at least one byte.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The name of the key's file in the data folder.
  public static let fileName = "masking.key"

  /// - Parameters:
  ///   - environment: where `MASKING_SALT` may stand.
  ///   - dataFolder: exists already; used only where the environment has no key.
  /// - Throws: `PrivacyError` when the file cannot be made, is open to others, is a link or is damaged.
  public static func load(environment: [String: String], dataFolder: String) throws -> MaskingKey {
    if let salt = environment["MASKING_SALT"], !salt.isEmpty { return MaskingKey(bytes: Array(salt.utf8)) }
    let path = "\(dataFolder)/\(fileName)"
    if let bytes = try PrivateFile.read(path) { return try MaskingKey(parsing: bytes, path: path) }
    let key = Crypto.hexadecimal(try Crypto.randomBytes(32))
    try PrivateFile.create(path, Array(key.utf8))
    // Another process may have been first: what stands in the file is the key of both.
    guard let bytes = try PrivateFile.read(path) else {
      throw PrivacyError(code: .keyFile, path: path, problem: "vanished while it was made")
    }
    return try MaskingKey(parsing: bytes, path: path)
  }

  private init(parsing bytes: [UInt8], path: String) throws {
    let digits = bytes.filter { $0 > 0x20 }
    guard digits.count == 64, digits.allSatisfy({ JSONEscapes.hexadecimalValue($0) != nil }) else {
      throw PrivacyError(code: .keyFile, path: path, problem: "does not hold a key of 64 hexadecimal digits")
    }
    self.bytes = digits
  }
}

extension Masking {
  /// Masking as the environment asks for it: `ENABLE_PII_MASKING` (on unless it is false, 0, no or off) and the key.
  public static func load(environment: [String: String], dataFolder: String) throws -> Masking {
    let isEnabled: Bool
    switch environment["ENABLE_PII_MASKING"]?.lowercased() {
    case nil, "", "true", "1", "yes", "on": isEnabled = true
    case "false", "0", "no", "off": isEnabled = false
    case .some:
      throw PrivacyError(
        code: .setting, path: "ENABLE_PII_MASKING", problem: "is neither true nor false; set one of them")
    }
    let key = try MaskingKey.load(environment: environment, dataFolder: dataFolder)
    return Masking(key: key, isEnabled: isEnabled)
  }
}

/// Something about keys, masking or a file is not as it must be; nothing is stored meanwhile.
public struct PrivacyError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// The file that holds a key.
    case keyFile
    /// A file or folder that cannot be written.
    case file
    /// A setting with a value that is not understood.
    case setting
    /// A Fernet key or token that is not one, was changed, or belongs to another key.
    case token
  }

  public let code: Code
  /// The file or setting.
  public let path: String
  public let problem: String

  public init(code: Code, path: String, problem: String) {
    self.code = code
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}
