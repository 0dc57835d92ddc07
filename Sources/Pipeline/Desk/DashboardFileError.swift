/// What is wrong with a file of `queries/dashboards`, and where.
public struct DashboardFileError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    /// The folder or a file cannot be read, or is no UTF-8 text.
    case unreadable
    /// The text is not YAML.
    case syntax
    /// A key the format does not know.
    case unknownKey
    /// A key the format asks for is not there.
    case missingKey
    /// A list where a mapping belongs, text where a number belongs.
    case wrongType
    /// The type is right, the value is not among the possible ones.
    case badValue
    /// The card's `.sql` file is not there, or holds no query.
    case missingQuery
  }

  public let code: Code
  public let file: String
  /// From 1; nil: the file as a whole.
  public let line: Int?
  /// From 1.
  public let column: Int?
  public let problem: String

  public init(code: Code, file: String, line: Int? = nil, column: Int? = nil, problem: String) {
    self.code = code
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
  }

  public var description: String {
    let place = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
    // What a file says wrongly is quoted, and may hold anything.
    return PrintableText.clean("\(file)\(place): \(problem)")
  }
}
