import Yams

/// `config.yml` of the user: keys and language. The program never writes it.
public struct UserConfiguration: Sendable {
  /// What the file may hold.
  static let entries = ["keys", "language"]

  public let keymap: Keymap
  /// Everything that is wrong with the file.
  public let problems: [ConfigurationError]

  /// Without a file: everything as it ships.
  public static let standard = UserConfiguration(keymap: .standard, problems: [])

  private init(keymap: Keymap, problems: [ConfigurationError]) {
    self.keymap = keymap
    self.problems = problems
  }

  /// Reads the file's text; what is wrong with it leaves the rest in force.
  public init(yaml: String, file: String) {
    let (keymap, problems) = Keymap.configured(yaml: yaml, file: file)
    var all = problems
    if let root = try? yamlRoot(yaml, file: file) {
      all += root.compactMap { key, _ in
        guard let name = key.string, !Self.entries.contains(name) else { return nil }
        return ConfigurationError(
          .unknownName, file: file, at: key,
          "there is no setting \(name); there are \(Self.entries.joined(separator: " and "))")
      }
    }
    self.init(keymap: keymap, problems: all)
  }

  /// The language the file names, such as `es`; nil: none. Looks at the beginnings of lines, so that help and errors need
  /// not wait for the file to be read as YAML.
  public static func languageCode(yaml: String) -> String? {
    for line in yaml.split(separator: "\n") where line.hasPrefix("language:") {
      let value = line.dropFirst("language:".count).prefix { $0 != "#" }
      let code = value.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      return code.isEmpty ? nil : String(code)
    }
    return nil
  }
}
