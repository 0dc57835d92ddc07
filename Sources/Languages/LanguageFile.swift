import Yams

/// What is wrong with a file of `languages/`: one line with its place.
public struct LanguageError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    case unreadable, syntax, unknownKey, missingKey, places
  }

  public let code: Code
  public let description: String
}

extension Language {
  /// The sections of a file that hold texts, as `English: translation` pairs.
  static let sections = ["screens", "cards", "errors", "parser", "columns", "commands"]

  /// Reads the text of `languages/CODE.yml`.
  /// - Throws: ``LanguageError`` with file, line and column.
  public init(yaml: String, file: String) throws(LanguageError) {
    let root: Node?
    do { root = try Yams.compose(yaml: yaml, .basic) } catch {
      throw LanguageError(code: .syntax, description: "\(file): is not YAML")
    }
    guard let entries = root?.mapping else {
      throw LanguageError(code: .syntax, description: "\(file): must hold sections of texts")
    }
    var sections: [String: [String: String]] = [:]
    var words: [String: [String: String]] = [:]
    var names: [String: String] = [:]
    for (key, value) in entries {
      let name = key.string ?? ""
      switch name {
      case "code", "title": names[name] = value.string
      case "words": words = try Self.words(value, file: file)
      case let name where Self.sections.contains(name): sections[name] = try Self.texts(value, file: file)
      default:
        // What the file says wrongly may hold anything; only a plain word is quoted.
        let shown = name.allSatisfy { $0.isASCII && $0.isLetter } ? name : "?"
        throw Self.failure(.unknownKey, file, key, "'\(shown)' is no section of a language")
      }
    }
    guard let code = names["code"], let title = names["title"] else {
      throw LanguageError(code: .missingKey, description: "\(file): needs code and title")
    }
    let texts = ["commands", "columns", "parser", "errors", "cards", "screens"].reduce(
      into: [String: String]()
    ) { merged, name in
      merged.merge(sections[name] ?? [:]) { $1 }
    }
    self.init(
      code: code, title: title, texts: Catalogue(texts), columns: Catalogue(sections["columns"] ?? [:]),
      commands: Catalogue(sections["commands"] ?? [:]), words: words.mapValues { Catalogue($0) })
  }

  /// A list of groups: the columns that hold the words, and the words.
  private static func words(
    _ node: Node, file: String
  ) throws(LanguageError) -> [String: [String: String]] {
    guard let groups = node.sequence else {
      throw failure(.syntax, file, node, "words must be a list of columns with texts")
    }
    var words: [String: [String: String]] = [:]
    for group in groups {
      guard let entries = group.mapping, let columns = entries["columns"]?.sequence,
        let texts = entries["texts"], entries.count == 2
      else { throw failure(.syntax, file, group, "a group of words has columns and texts") }
      let pairs = try self.texts(texts, file: file)
      for column in columns.compactMap(\.string) { words[column, default: [:]].merge(pairs) { $1 } }
    }
    return words
  }

  private static func texts(_ node: Node, file: String) throws(LanguageError) -> [String: String] {
    guard let entries = node.mapping else {
      throw failure(.syntax, file, node, "a section holds 'English: translation' pairs")
    }
    var texts: [String: String] = [:]
    for (key, value) in entries {
      guard let english = key.string, let translation = value.string, !translation.isEmpty else {
        throw failure(.syntax, file, value, "a translation is a text")
      }
      let places = Template(english).places
      guard Set(Template(translation).places).isSubset(of: places) else {
        throw failure(.places, file, value, "the translation names a place that the text has not")
      }
      texts[english] = translation
    }
    return texts
  }

  private static func failure(
    _ code: LanguageError.Code, _ file: String, _ node: Node, _ problem: String
  ) -> LanguageError {
    let place = node.mark.map { ":\($0.line):\($0.column)" } ?? ""
    return LanguageError(code: code, description: "\(file)\(place): \(problem)")
  }
}
