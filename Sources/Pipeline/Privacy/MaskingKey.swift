import Glibc

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
    if let bytes = try SecretFile.read(path) { return try MaskingKey(parsing: bytes, path: path) }
    let key = Crypto.hexadecimal(try Crypto.randomBytes(32))
    try SecretFile.create(path, Array(key.utf8))
    // Another process may have been first: what stands in the file is the key of both.
    guard let bytes = try SecretFile.read(path) else {
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

/// A small file that only its owner may read.
enum SecretFile {
  /// The content, or nil where there is no such file.
  static func read(_ path: String) throws -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure(path, "cannot be opened")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw PrivacyError(
        code: .keyFile, path: path,
        problem: "must be a plain file of yours with mode 0600; run chmod 600 on it")
    }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = readInto(&bytes, descriptor)
    guard count >= 0 else { throw failure(path, "cannot be read") }
    return Array(bytes[..<count])
  }

  /// Named apart from `read(_:)` above, which hides the system's call.
  private static func readInto(_ bytes: inout [UInt8], _ descriptor: Int32) -> Int {
    Glibc.read(descriptor, &bytes, bytes.count)
  }

  /// Makes the file whole or not at all; one that exists is left as it is.
  static func create(_ path: String, _ content: [UInt8]) throws {
    let temporary = "\(path).\(getpid()).\(Crypto.hexadecimal(try Crypto.randomBytes(4)))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, "cannot be made") }
    defer { unlink(temporary) }
    let isWritten = write(descriptor, content, content.count) == content.count && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else { throw failure(path, "cannot be written") }
    guard link(temporary, path) == 0 || errno == EEXIST else { throw failure(path, "cannot be made") }
  }

  private static func failure(_ path: String, _ problem: String) -> PrivacyError {
    PrivacyError(code: .keyFile, path: path, problem: "\(problem): \(String(cString: strerror(errno)))")
  }
}

/// Something about keys or masking is not as it must be; nothing is stored meanwhile.
public struct PrivacyError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// The file that holds a key.
    case keyFile
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
