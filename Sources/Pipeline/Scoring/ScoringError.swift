/// What stops a scoring: a mistake in the rules, or data that cannot be read.
public struct ScoringError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    /// A file of `queries/risk` cannot be read or is wrong.
    case ruleset
    /// A reference was fitted with another ruleset.
    case reference
    /// The data do not have what the command needs.
    case data
  }

  public let code: Code
  /// File, line and column where it is a file.
  public let place: String?
  public let problem: String

  public init(_ code: Code, place: String? = nil, _ problem: String) {
    self.code = code
    self.place = place
    self.problem = problem
  }

  // What a file says wrongly is quoted, and may hold anything.
  public var description: String { PrintableText.clean(place.map { "\($0): \(problem)" } ?? problem) }
}
