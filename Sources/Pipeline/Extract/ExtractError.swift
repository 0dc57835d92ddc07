/// A source could not be read. One line: where, what came, what to do.
public struct ExtractError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The `--source` or one of its options is not understood.
    case badSpecification
    /// A file is missing or cannot be read.
    case file
    /// HTML or something else came where JSON was expected.
    case notJSON
    /// JSON that ends too early.
    case truncated
    /// JSON with a syntax error.
    case malformed
    /// Nested too deeply, or one record or key is too long.
    case tooLarge
    /// The answer is longer than the limit.
    case bodyTooLarge
    /// An answer with a status that is no success and is not worth a retry, or all retries are used up.
    case status
    /// No connection, or it broke, after all retries.
    case connection
    /// No complete answer in time, after all retries.
    case timeout
    /// The server's certificate is not trusted, or no TLS could be agreed on.
    case tls
    /// A redirect that leaves the host or the scheme, or too many of them.
    case redirect
    /// The pages ended before the announced total.
    case incomplete
    /// The caller cancelled.
    case cancelled
  }

  public let code: Code
  /// A URL without a password, or a file; with a line or an offset where known.
  public let place: String
  public let problem: String
  public let advice: String

  public init(_ code: Code, place: String, problem: String, advice: String) {
    self.code = code
    self.place = place
    self.problem = problem
    self.advice = advice
  }

  public var description: String {
    "\(PrintableText.clean(place)): \(PrintableText.clean(problem)); \(advice)"
  }
}
