/// A setting, folder or file of the program's own that is missing or wrong; one line for people.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
