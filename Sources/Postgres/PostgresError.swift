import CLibpq

/// What went wrong between this program and a PostgreSQL server.
///
/// ``description`` is one line for people and never shows a value out of a row: for data and constraint errors
/// (SQLSTATE classes 22 and 23) the server's own sentence quotes the value, so it stays in ``serverMessage``.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// No connection could be made.
    case connectionFailed
    /// The connection broke while it was in use.
    case connectionLost
    /// The server answered with an error; ``PostgresError/sqlState`` says which.
    case server
    /// The statement was cancelled by this program or a timeout.
    case cancelled
    /// The library was used in a way the protocol does not allow.
    case protocolMisuse
    /// The embedded server could not be found, made or started.
    case embeddedServer
  }

  public let code: Code
  /// Five characters out of PostgreSQL's appendix A; nil where no server answered.
  public let sqlState: String?
  /// The server's primary message, which may quote values. Not for logs or screens of others.
  public let serverMessage: String
  public let hint: String?
  /// 1-based character position in the statement; nil where the server gave none.
  public let position: Int?
  public let constraint: String?
  public let table: String?
  public let column: String?

  public init(
    code: Code, sqlState: String? = nil, message: String, hint: String? = nil, position: Int? = nil,
    constraint: String? = nil, table: String? = nil, column: String? = nil
  ) {
    self.code = code
    self.sqlState = sqlState
    self.serverMessage = message
    self.hint = hint
    self.position = position
    self.constraint = constraint
    self.table = table
    self.column = column
  }

  /// True where trying again may succeed: lost or refused connections, serialization failures, deadlocks, a
  /// server that is starting or short of connections.
  public var isTransient: Bool {
    switch code {
    case .connectionFailed, .connectionLost: return true
    case .cancelled, .protocolMisuse, .embeddedServer: return false
    case .server:
      guard let sqlState else { return false }
      return sqlState.hasPrefix("08")
        || ["40001", "40P01", "53300", "57P01", "57P02", "57P03"].contains(sqlState)
    }
  }

  public var description: String {
    guard code == .server, let sqlState, sqlState.hasPrefix("22") || sqlState.hasPrefix("23") else {
      let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
      let advice = hint.map { "; \(oneLine($0))" } ?? ""
      return oneLine(serverMessage) + state + advice
    }
    var text = Self.dataConditions[sqlState] ?? "the database refused a value"
    if let table { text += " in table \(table)" }
    if let column { text += ", column \(column)" }
    if let constraint { text += ", constraint \(constraint)" }
    return text + " (SQLSTATE \(sqlState))"
  }

  private static let dataConditions: [String: String] = [
    "22001": "a text is too long for its column",
    "22003": "a number is out of range",
    "22007": "a date or time is not valid",
    "22008": "a date or time is out of range",
    "22012": "division by zero",
    "22021": "a text is not valid in the database's encoding",
    "22P02": "a value has the wrong form for its type",
    "22P04": "a COPY line has the wrong number of columns or a value of the wrong form",
    "23502": "a value is missing",
    "23503": "a row refers to one that does not exist",
    "23505": "a key exists twice",
    "23514": "a value breaks a check",
  ]
}

/// Folds line breaks and runs of blanks, so that a message from elsewhere stays one line.
func oneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}

extension PostgresError {
  /// The error a failed result carries.
  init(result: OpaquePointer?, connection: OpaquePointer) {
    func field(_ code: Character) -> String? {
      guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else {
        return nil
      }
      return String(cString: text)
    }
    let state = field("C")
    let isLost = PQstatus(connection) == CONNECTION_BAD
    let message = field("M") ?? String(cString: PQerrorMessage(connection))
    let code: Code =
      if state == "57014" { .cancelled } else if isLost { .connectionLost } else { .server }
    self.init(
      code: code, sqlState: state, message: message, hint: field("H"),
      position: field("P").flatMap { Int($0) },
      constraint: field("n"), table: field("t"), column: field("c"))
  }

  /// The error of the connection itself.
  init(connection: OpaquePointer?, code: Code) {
    let text = connection.map { String(cString: PQerrorMessage($0)) } ?? "out of memory"
    self.init(code: code, message: text)
  }
}
