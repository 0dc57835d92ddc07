/// The language of screens, help and errors. English is the source: its texts stand in the code, and any other language is
/// a catalogue of them, `languages/CODE.yml`. A text that a catalogue does not hold stays English.
public struct Language: Sendable {
  /// As in `LANG`: `en`, `es`.
  public let code: String
  /// Its name in itself.
  public let title: String
  /// Screens, notices and errors.
  private let texts: Catalogue
  /// Titles of columns, where they differ from the same word on a screen.
  private let columns: Catalogue
  /// Help of commands and options.
  private let commands: Catalogue
  /// Words that tables hold, by the name of their column.
  private let words: [String: Catalogue]

  /// The language of the source: every text stays as it is.
  public static let english = Language(code: "en", title: "English")

  init(
    code: String, title: String, texts: Catalogue = Catalogue([:]), columns: Catalogue = Catalogue([:]),
    commands: Catalogue = Catalogue([:]), words: [String: Catalogue] = [:]
  ) {
    self.code = code
    self.title = title
    self.texts = texts
    self.columns = columns
    self.commands = commands
    self.words = words
  }

  public var isEnglish: Bool { code == Language.english.code }

  /// A text of the program: a title, a notice, an error.
  public func callAsFunction(_ english: String) -> String {
    isEnglish ? english : texts.translation(of: english) ?? english
  }

  /// The title of a column.
  public func column(_ english: String) -> String {
    isEnglish ? english : columns.translation(of: english) ?? self(english)
  }

  /// The help of a command or an option.
  public func command(_ english: String) -> String {
    isEnglish ? english : commands.translation(of: english) ?? self(english)
  }

  /// The help of a command with what stands in its place `{1}`.
  public func command(_ english: String, with value: String) -> String {
    Template(command(english)).text(["1": value]) { $0 }
  }

  /// A word of the program's own in a table, such as a level or a state; other texts of the column stay as they are, so that
  /// nothing of the data is taken for a text.
  /// - Parameter column: the column's name in the table.
  public func word(_ english: String, in column: String) -> String {
    isEnglish ? english : words[column]?.text(english) ?? english
  }

  /// The word of the source that a language shows so; any other text is returned as it is.
  /// - Parameter column: the column's name in the table.
  public func source(ofWord shown: String, in column: String) -> String {
    words[column]?.source(of: shown) ?? shown
  }

  /// Whether a column holds words of the program's own.
  public func hasWords(in column: String) -> Bool { words[column] != nil }

  /// What a process's environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set, as `es` out of
  /// `es_MX.UTF-8`; nil: none is set, or it names no language (`C`, `POSIX`).
  public static func code(ofEnvironment variable: (String) -> String?) -> String? {
    let names: [String] = ["LC_ALL", "LC_MESSAGES", "LANG"]
    guard let locale = names.lazy.compactMap(variable).first(where: { !$0.isEmpty }) else { return nil }
    let code = locale.prefix { $0 != "_" && $0 != "." && $0 != "@" && $0 != "-" }.lowercased()
    return ["c", "posix"].contains(code) ? nil : code
  }
}

extension Language: Hashable {
  public static func == (left: Language, right: Language) -> Bool { left.code == right.code }

  public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
