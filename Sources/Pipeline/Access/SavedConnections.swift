import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Databases under names of the user's own, in a file that only its owner may read, with passwords encrypted.
public struct SavedConnections: Sendable {
  public struct Saved: Sendable, Hashable {
    public let name: String
    /// What libpq takes, without a password.
    public let target: String
    public let hasPassword: Bool
  }

  private struct Stored: Codable {
    var target: String
    /// A Fernet token.
    var password: String?
  }

  /// The file's name in the data folder.
  public static let fileName = "connections.json"

  private let path: String
  private let dataFolder: String
  private let environment: [String: String]

  /// - Parameters:
  ///   - dataFolder: where the file and, unless `RISKDECK_FERNET_KEY` is set, its key live.
  ///   - environment: where `RISKDECK_FERNET_KEY` may stand.
  public init(dataFolder: String, environment: [String: String]) {
    path = dataFolder + "/" + Self.fileName
    self.dataFolder = dataFolder
    self.environment = environment
  }

  /// By name.
  /// - Throws: `PrivacyError` where the file is open to others or damaged.
  public func all() throws -> [Saved] {
    try read().map { Saved(name: $0.key, target: $0.value.target, hasPassword: $0.value.password != nil) }
      .sorted { $0.name < $1.name }
  }

  /// What libpq takes for the name, with its password.
  /// - Throws: ``AccessError`` where there is none of that name, `PrivacyError` where its key is another.
  public func target(_ name: String) throws -> String {
    guard let stored = try read()[name] else { throw unknown(name) }
    guard let token = stored.password else { return stored.target }
    let password = String(decoding: try fernet().decrypt(token), as: UTF8.self)
    return ConnectionTarget.adding(password: password, to: stored.target)
  }

  /// Adds a connection, or replaces the one of that name.
  /// - Parameters:
  ///   - target: what libpq takes; may hold no password.
  ///   - now: seconds since 1970.
  /// - Throws: ``AccessError`` for a name or target that cannot be kept.
  public func add(_ name: String, target: String, password: String?, now: UInt64) throws {
    guard Self.isName(name) else {
      throw AccessError(.invalid, "\"\(PrintableText.clean(name))\" is no name; use letters, digits, - and _")
    }
    guard target.contains("://") || target.contains("=") else {
      throw AccessError(
        .invalid, "give a URL such as postgresql://user@host/database, or key=value pairs, for \(name)")
    }
    guard !ConnectionTarget.hasPassword(target) else {
      throw AccessError(
        .invalid, "leave the password out of the target; it is asked for, or read from standard input")
    }
    // What was written may hold a password that libpq takes for something else, so it is not shown.
    guard ConnectionTarget.isReadable(target) else {
      throw AccessError(
        .invalid,
        "the target of \(name) is no address of a database; write postgresql://USER@HOST:PORT/DATABASE")
    }
    var stored = try read()
    stored[name] = Stored(
      target: target, password: try password.map { try fernet().encrypt(Array($0.utf8), at: now) })
    try write(stored)
  }

  /// - Throws: ``AccessError`` where there is none of that name.
  public func remove(_ name: String) throws {
    var stored = try read()
    guard stored.removeValue(forKey: name) != nil else { throw unknown(name) }
    try write(stored)
  }

  /// Encrypts all passwords anew: with the first key of `RISKDECK_FERNET_KEY`, or, where keys come from the file, with a new
  /// one that takes the place of all others there. A crash in between leaves keys for every password.
  /// - Returns: how many passwords were encrypted anew.
  public func rotate() throws -> Int {
    var stored = try read()
    let keys = environment[Fernet.variable].map { $0.isEmpty ? [] : Fernet.keys(in: $0) } ?? []
    let isFromFile = keys.isEmpty
    let rotating: Fernet
    var made = ""
    if isFromFile {
      _ = try fernet()
      made = try Fernet.generateKey()
      rotating = try Fernet.addKey(made, dataFolder: dataFolder)
    } else {
      rotating = try Fernet(keys: keys)
    }
    var count = 0
    for (name, connection) in stored {
      guard let token = connection.password else { continue }
      stored[name]?.password = try rotating.rotate(token)
      count += 1
    }
    try write(stored)
    if isFromFile { try Fernet.keepOnly(made, dataFolder: dataFolder) }
    return count
  }

  /// True for what a connection may be called; anything else is a target.
  public static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private func fernet() throws -> Fernet {
    try Fernet.load(environment: environment, dataFolder: dataFolder)
  }

  private func unknown(_ name: String) -> AccessError {
    AccessError(
      .notFound,
      "there is no connection \(PrintableText.clean(name)); riskdeck connection list shows those there are")
  }

  private func read() throws -> [String: Stored] {
    guard let bytes = try PrivateFile.read(path) else { return [:] }
    do {
      return try JSONDecoder().decode([String: Stored].self, from: Data(bytes))
    } catch {
      throw PrivacyError(
        code: .keyFile, path: path, problem: "does not hold saved connections; remove it and add them anew")
    }
  }

  private func write(_ stored: [String: Stored]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try PrivateFile.replace(path, Array(try encoder.encode(stored)) + [UInt8(ascii: "\n")])
  }
}
