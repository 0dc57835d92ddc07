import CLibpq

/// What ``Connection/open(_:applicationName:)`` takes, changed.
public enum ConnectionTarget {
  /// True where libpq can read it: a URL, or `key=value` pairs. Nobody is asked whether the server exists.
  ///
  /// A password with `@` or `/` in it that was not percent-encoded puts its parts into host and port, which errors would quote:
  /// such a target counts as unreadable.
  public static func isReadable(_ target: String) -> Bool {
    guard let values = values(of: target) else { return false }
    let isNumber =
      values["port"]?.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ",") } ?? true
    return isNumber && values["host"]?.contains("@") != true
  }

  /// What libpq reads in a target, by keyword; nil where it cannot.
  private static func values(of target: String) -> [String: String]? {
    guard !target.utf8.contains(0), let options = PQconninfoParse(target, nil) else { return nil }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val, value.pointee != 0 {
        values[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    return values
  }

  /// The target with a role that the server sets as the session begins, as SET ROLE would: the login must be a member.
  /// - Parameter role: letters, digits and underscores.
  /// - Throws: ``PostgresError`` where the target names options in a way that cannot be added to.
  public static func acting(_ target: String, as role: String) throws(PostgresError) -> String {
    guard role.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || isLetterOrDigit($0) }) else {
      throw PostgresError(code: .protocolMisuse, message: "a role has letters, digits and underscores only")
    }
    guard target.hasPrefix("postgresql://") || target.hasPrefix("postgres://") else {
      guard !target.contains("options") else {
        throw PostgresError(
          code: .connectionFailed,
          message: "options in a key=value target leave no room for a role; name the database by a URL")
      }
      return target + " options='-c role=\(role)'"
    }
    var parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var parameters = parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : []
    let setting = "-c%20role%3D" + role
    if let index = parameters.firstIndex(where: { $0.hasPrefix("options=") }) {
      parameters[index] += "%20" + setting
    } else {
      parameters.append("options=" + setting)
    }
    parts = [parts[0], parameters.joined(separator: "&")]
    return parts.joined(separator: "?")
  }

  /// True where the target says a password, of the user or of a key, in whatever form libpq reads: in `user:password@`, as a
  /// URL's parameter, percent-encoded or not, or as a key.
  public static func hasPassword(_ target: String) -> Bool {
    // What libpq cannot read may be a name, or hold a password all the same.
    guard let values = values(of: target) else {
      return target.contains("password=") || isPasswordInAuthority(target)
    }
    let secrets: Set<String> = [
      "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
    ]
    return values.keys.contains(where: secrets.contains)
  }

  private static func isPasswordInAuthority(_ target: String) -> Bool {
    guard let scheme = target.firstRange(of: "://") else { return false }
    let authority = target[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    return authority.lastIndex(of: "@").map { authority[..<$0].contains(":") } ?? false
  }

  /// The target with a password.
  public static func adding(password: String, to target: String) -> String {
    guard target.contains("://") else {
      let escaped = password.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
      return target + " password='\(escaped)'"
    }
    return target + (target.contains("?") ? "&" : "?") + "password=" + percentEncoded(password)
  }

  /// The target with a further parameter of libpq; what it says of it already stands.
  public static func adding(_ parameter: String, _ value: String, to target: String) -> String {
    guard !target.contains(parameter + "=") else { return target }
    guard target.contains("://") else { return target + " \(parameter)=\(value)" }
    return target + (target.contains("?") ? "&" : "?") + parameter + "=" + percentEncoded(value)
  }

  /// A text as it may stand in any part of a URL.
  static func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte -> String in
      let isPlain = isLetterOrDigit(byte) || "-._~".utf8.contains(byte)
      if isPlain { return String(Character(Unicode.Scalar(byte))) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
