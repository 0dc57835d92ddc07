/// Who is told, of what, and how.
public struct Hook: Sendable, Hashable {
  public enum Target: Sendable, Hashable {
    /// A program and its arguments, started without a shell; the JSON arrives on its standard input.
    case command([String])
    /// An address the JSON is sent to by POST; `env:NAME` takes the address out of that environment variable.
    /// Headers map a name to the environment variable that holds the value.
    case post(url: String, headers: [String: String])
  }

  public let name: String
  public let events: Set<HookEvent.Kind>
  public let target: Target
  /// Tries in all, 1 to 10.
  public let attempts: Int
  /// Seconds one try may take, up to 300.
  public let timeout: Double

  /// - Throws: ``ScheduleError`` where the name, the events, the target or a limit cannot be.
  public init(
    name: String, events: Set<HookEvent.Kind>, target: Target, attempts: Int = 3, timeout: Double = 10
  ) throws(ScheduleError) {
    guard !name.isEmpty, !name.contains(where: \.isNewline) else {
      throw ScheduleError(.name, "a hook's name is one line of text")
    }
    guard !events.isEmpty else {
      throw ScheduleError(.invalid, "a hook listens to failure, recovery or late, or several of them")
    }
    guard (1...10).contains(attempts), timeout > 0, timeout <= 300 else {
      throw ScheduleError(.invalid, "a hook has 1 to 10 attempts of up to 300 seconds each")
    }
    switch target {
    case .command(let words):
      guard let program = words.first, !program.isEmpty else {
        throw ScheduleError(.invalid, "a command hook names a program")
      }
    case .post(let url, let headers):
      guard url.hasPrefix("env:") ? Self.isVariable(url.dropFirst(4)) : HTTPURL(url) != nil else {
        throw ScheduleError(
          .invalid, "a hook posts to an http or https address without a password in it, or to env:NAME")
      }
      for (header, variable) in headers {
        guard Self.isHeader(header), Self.isVariable(variable[...]) else {
          throw ScheduleError(
            .invalid,
            "a header is NAME=VARIABLE, the environment variable that holds its value; values are not stored")
        }
      }
    }
    self.name = name
    self.events = events
    self.target = target
    self.attempts = attempts
    self.timeout = timeout
  }

  private static func isVariable(_ text: Substring) -> Bool {
    !text.isEmpty && !(text.first?.isNumber ?? true)
      && text.allSatisfy { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
  }

  private static func isHeader(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0 == "-" || $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
  }
}
