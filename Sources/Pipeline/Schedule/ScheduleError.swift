/// What is wrong with a schedule, a hook or a limit; one line for people.
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// The cron expression cannot be read, or names no date there ever is.
    case expression
    case timeZone
    /// There is no schedule or hook of that name.
    case unknown
    /// The name is taken or empty.
    case name
    /// A hook, a header or a limit that cannot be.
    case invalid
    /// A hook could not be delivered, a process could not be started, a file could not be written.
    case failed
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
