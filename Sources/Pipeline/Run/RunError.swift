import Postgres

/// Why a run could not be started or did not succeed; one line for people.
public struct RunError: Retriable, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// Another run holds the lock.
    case busy
    /// Validation, a data test or a task failed.
    case failed
    /// Somebody asked for the end of the run.
    case cancelled
    /// A task took longer than it may.
    case timedOut
    /// A task, run or option that does not exist or does not fit.
    case invalid
  }

  public let code: Code
  public let description: String
  /// True where trying again may succeed.
  public let isTransient: Bool

  public init(_ code: Code, _ description: String, isTransient: Bool = false) {
    self.code = code
    self.description = description
    self.isTransient = isTransient
  }
}

/// An error that knows whether trying again may succeed.
public protocol Retriable: Error {
  var isTransient: Bool { get }
}

extension PostgresError: Retriable {}
