import Postgres

/// A question of the desk that could not be answered; one line for people.
public struct DeskError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// No run has published anything yet.
    case nothingPublished
    /// A dashboard, card, field, query or customer of that name does not exist.
    case notFound
    /// A parameter of a query has no value.
    case missingParameter
    /// A statement that does something else than ask.
    case notAQuestion
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  static let nothingPublished = DeskError(
    .nothingPublished,
    "nothing has been published yet; run the pipeline first (riskdeck run, or r in the workstation)")
}

extension PostgresError {
  /// A table or schema the statement names is not there, as before the first run.
  var isMissingRelation: Bool { sqlState == "42P01" || sqlState == "3F000" }
}
