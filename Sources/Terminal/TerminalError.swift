/// Why the workstation cannot use this terminal.
public struct TerminalError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    case notATerminal, dumbTerminal, unknownTerminal, alreadyOpen, systemCall
  }

  public let code: Code
  /// One line: what, and what to do.
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
