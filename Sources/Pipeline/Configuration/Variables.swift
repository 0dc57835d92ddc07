#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

import Glibc
import Postgres

/// The settings a process was started with: its environment over a `.env` file in the working folder.
public struct Variables: Sendable {
  private let values: [String: String]
  /// What is odd about the `.env` file, one line for people; nil: nothing.
  public let warning: String?

  public init(_ values: [String: String]) {
    self.init(values, warning: nil)
  }

  private init(_ values: [String: String], warning: String?) {
    self.values = values
    self.warning = warning
  }

  /// The settings whose names begin with `RISKDECK_`.
  static let ownNames = [
    "RISKDECK_AS", "RISKDECK_DATABASE_URL", "RISKDECK_DATA_DIR", "RISKDECK_FERNET_KEY",
    "RISKDECK_PROJECT_DIR", "RISKDECK_READ_DATABASE", "RISKDECK_ROLE", "RISKDECK_SOURCE",
    "RISKDECK_TASK_TIMEOUTS",
  ]

  /// Names the settings of a file that look like riskdeck's own and are not; nil: there are none.
  static func warning(about names: some Collection<String>, path: String) -> String? {
    let unknown = names.filter { $0.hasPrefix("RISKDECK_") && !ownNames.contains($0) }.sorted()
    guard !unknown.isEmpty else { return nil }
    let words = unknown.map { name in
      name + (NearNames.of(name, in: ownNames, most: 1).first.map { " (did you mean \($0)?)" } ?? "")
    }
    return "\(path): no setting of riskdeck: \(words.joined(separator: ", "))"
  }

  /// The process's environment; names it does not set come from `.env` in the working folder, where there is one.
  /// - Parameter replaced: stands over both; an empty value takes the name away.
  /// - Throws: ``ConfigurationError`` where a line of `.env` is not `NAME=VALUE`.
  public static func current(
    replacing replaced: [String: String] = [:]
  ) throws(ConfigurationError) -> Variables {
    var values: [String: String] = [:]
    var warning: String?
    if let text = try ownText(".env") {
      values = try parse(text, path: ".env")
      warning = Self.warning(about: values.keys, path: ".env")
    }
    values.merge(ProcessInfo.processInfo.environment) { _, environment in environment }
    for (name, value) in replaced { values[name] = value.isEmpty ? nil : value }
    return Variables(values, warning: warning)
  }

  /// Bytes of the longest settings file.
  private static let longestFile = 1 << 16

  /// What a file says; nil where there is none that can be read, or a folder in its place.
  ///
  /// Somebody who plants one in a shared folder would choose the database that data go to, or their key: file and link must be
  /// the user's own or the system's. A pipe is not waited for.
  private static func ownText(_ path: String) throws(ConfigurationError) -> String? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var named = stat()
    var opened = stat()
    guard lstat(path, &named) == 0, fstat(descriptor, &opened) == 0 else { return nil }
    guard [named, opened].allSatisfy({ $0.st_uid == geteuid() || $0.st_uid == 0 }) else {
      throw ConfigurationError(
        "\(path) belongs to somebody else; take it over with chown, or start riskdeck in another folder")
    }
    if opened.st_mode & S_IFMT == S_IFDIR { return nil }
    guard opened.st_mode & S_IFMT == S_IFREG, opened.st_size <= longestFile else {
      throw ConfigurationError("\(path) is no plain file of at most \(longestFile) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: longestFile)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      length += count
    }
    return String(decoding: bytes[..<length], as: UTF8.self)
  }

  /// The settings of a `.env` file that nobody else should read: keys, passwords and addresses that hold one.
  public static func secretNames(inFile path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path),
      let values = try? parse(String(decoding: data, as: UTF8.self), path: path)
    else { return [] }
    let keys: Set<String> = ["MASKING_SALT", "RISKDECK_FERNET_KEY", "PGPASSWORD"]
    let databases: Set<String> = ["RISKDECK_DATABASE_URL", "RISKDECK_READ_DATABASE"]
    return values.filter { name, value in
      !value.isEmpty
        && (keys.contains(name)
          || databases.contains(name) && ConnectionTarget.hasPassword(value))
    }.keys.sorted()
  }

  /// The value, or nil where the name is not set or set to nothing.
  public subscript(_ name: String) -> String? {
    values[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// `true`, `1`, `yes`, `on` and their opposites in any case.
  /// - Throws: ``ConfigurationError`` for any other word.
  public func flag(_ name: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
    guard let word = self[name]?.lowercased() else { return fallback }
    if ["true", "1", "yes", "on"].contains(word) { return true }
    if ["false", "0", "no", "off"].contains(word) { return false }
    throw ConfigurationError("\(name) is neither true nor false; set it to one of them")
  }

  /// All names and values, for a child process.
  public var all: [String: String] { values }

  /// Reads `NAME=VALUE` lines; blank lines and `#` comments are passed over, `export ` before a name and quotes
  /// around a value are taken off.
  static func parse(_ text: String, path: String) throws(ConfigurationError) -> [String: String] {
    var values: [String: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var rest = line.trimmed
      if rest.isEmpty || rest.hasPrefix("#") { continue }
      if rest.hasPrefix("export ") { rest = rest.dropFirst(7).trimmed }
      guard let equals = rest.firstIndex(of: "=") else {
        throw ConfigurationError("\(path):\(index + 1):1: a line is NAME=VALUE or a # comment")
      }
      let name = rest[..<equals].trimmed
      guard !name.isEmpty, name.allSatisfy({ $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
        throw ConfigurationError("\(path):\(index + 1):1: a name has letters, digits and underscores only")
      }
      var value = rest[rest.index(after: equals)...].trimmed
      for quote: Character in ["\"", "'"]
      where value.count >= 2 && value.first == quote && value.last == quote {
        value = value.dropFirst().dropLast()
        break
      }
      values[String(name)] = String(value)
    }
    return values
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
