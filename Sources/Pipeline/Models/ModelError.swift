/// A place in a file; lines and columns count from 1.
public struct FilePosition: Sendable, Hashable {
  public let file: String
  public let line: Int
  public let column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// What keeps a project of models from being read, rendered, built or tested.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// A file is missing or cannot be read or written.
    case file
    /// dbt_project.yml, a schema.yml or a seed says something that has no meaning.
    case project
    /// A template does not follow the grammar.
    case syntax
    /// A template asks for something that fails: a wrong type, a missing argument, `raise_compiler_error`.
    case evaluation
    /// A name nothing stands behind: variable, macro, model, source.
    case undefined
    /// A construct of dbt this engine refuses rather than renders wrongly.
    case unsupported
    /// Models that refer to each other in a circle.
    case cycle
    /// A selector that has no meaning or selects nothing.
    case selection
    /// Another build is at work.
    case busy
    /// The database refused what a model or test asked for.
    case database
  }

  public let code: Code
  public let message: String
  public let position: FilePosition?

  public init(_ code: Code, _ message: String, at position: FilePosition? = nil) {
    self.code = code
    self.message = message
    self.position = position
  }

  public var description: String {
    guard let position else { return message }
    return "\(position.file):\(position.line):\(position.column): \(message)"
  }
}
